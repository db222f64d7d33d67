/* message.h: sending. */
#ifndef IM_CHAT_MESSAGE_H
#define IM_CHAT_MESSAGE_H

#include "chat/core.h"

/* PROTOCOL.md: content up to 64 KiB. */
#define CONTENT_SIZE_MAX ((size_t)64 * 1024)

struct message_draft {
    int64_t sender;
    struct str sender_email;
    enum chat_kind kind;
    struct str dst; /* dstObj: an email, or a group id in digits */
    int64_t msg_type;
    struct str content; /* UTF-8, at most CONTENT_SIZE_MAX */
};

/* Gives the message the next seq of its chat and tells everybody concerned.
 * Needs no savepoint (one insert). ERR_NOT_FOUND, ERR_DENIED as the policy
 * says; a store error otherwise. */
enum err message_send(struct core_tx *tx, const struct message_draft *draft);

#endif
