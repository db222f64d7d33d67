/* object.h: rows as v2 shows them. Nothing is escaped but for JSON; null fields are left out. */
#ifndef IM_ACTION_OBJECT_H
#define IM_ACTION_OBJECT_H

#include "store/message.h"
#include "store/user.h"
#include "util/buf.h"

/* One message, as frames 10 and 11 and every list of messages have it. sender_email and dst are filled. A message
 * that is gone has neither content nor attributes, but says recalled or deleted. */
void object_message(struct buf *out, const struct message *message);
/* Its members alone, for an object that is open. */
void object_message_members(struct buf *out, const struct message *message);

/* A user, never with a token. */
void object_user(struct buf *out, const struct user *user, bool online);
/* Its members alone. */
void object_user_members(struct buf *out, const struct user *user, bool online);

/* "chat":10,"dstObj":"…" as members of an object that is open. */
void object_chat(struct buf *out, int64_t chat, struct str dst);

/* An avatar or icon: a file's address goes out signed. Left out when ptr is NULL. */
void object_picture(struct buf *out, const char *key, struct str url);

#endif
