/* group_news.h: telling people what happened to a group, live (cmd 31) and in
 * its history (a message of type 13). Both say {"op":…,"users":[…],"by":…} and
 * what the op adds; a client reads them alike. */
#ifndef IM_CHAT_GROUP_NEWS_H
#define IM_CHAT_GROUP_NEWS_H

#include "chat/update.h"
#include "util/buf.h"

/* Begins what is to be said in an empty buffer; more members may follow (jsonw_put_…). */
void news_open(struct buf *text, const char *op, const struct actor *users, size_t count, struct str by);
/* Ends it: the members of an object, without braces, in the transaction's arena. Releases the buffer. */
struct str news_close(struct core_tx *tx, struct buf *text);
/* An op that adds nothing. */
struct str news_of(struct core_tx *tx, const char *op, const struct actor *users, size_t count, struct str by);

/* To all who are in the group at this point of the batch's events. */
void news_tell(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, struct str news);
/* To owner and admins alone, and to that user when there is one (0: none). */
enum err news_tell_staff(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, int64_t user,
                         struct str news);
/* Into the history. */
enum err news_note(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, struct str news);

/* The person's sessions hear the group from here on; v1 is told the news, unless he founded it. */
void news_joined(struct core_tx *tx, const struct chat_ref *ref, const struct actor *person, bool founded);
/* They hear it no more. person 0: nobody does. */
void news_left(struct core_tx *tx, const struct chat_ref *ref, int64_t person);

#endif
