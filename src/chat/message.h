/* message.h: sending. */
#ifndef IM_CHAT_MESSAGE_H
#define IM_CHAT_MESSAGE_H

#include "chat/core.h"
#include "chat/update.h"

/* PROTOCOL.md: content up to 64 KiB. */
#define CONTENT_SIZE_MAX ((size_t)64 * 1024)
#define CID_SIZE_MAX ((size_t)64)
#define EXT_SIZE_MAX ((size_t)4096)
#define MENTIONS_MAX ((size_t)50)
#define TTL_S_MAX ((int64_t)365 * 24 * 3600)

/* All but the first six fields are v2's and may be left zero. */
struct message_draft {
    int64_t sender;
    struct str sender_email;
    enum chat_kind kind;
    struct str dst; /* dstObj: an email, or a group id in digits */
    int64_t msg_type;
    struct str content; /* UTF-8, at most CONTENT_SIZE_MAX */

    struct str cid;       /* ptr NULL: none */
    int64_t digest;       /* with cid: of everything that makes a resend the same (PROTOCOL.md) */
    struct str attrs;     /* reply, at, ttl, ext, ct as members of a JSON object, without braces; ptr NULL: none */
    int64_t reply;        /* the seq replied to; 0: none */
    int64_t ttl_s;        /* 0: stays */
    bool at_all;          /* everybody is mentioned */
    const struct str *at; /* emails mentioned */
    size_t at_count;
    /* A forward (chat/forward): the messages come from this chat of the sender's; seq_count 0: none. Of a single
     * one type and content are the original's; of several (msg_type 12) the content given is the title. */
    enum chat_kind forward_kind;
    struct str forward_dst;
    const int64_t *forward_seqs;
    size_t forward_count;
};

struct message_sent {
    int64_t id;
    int64_t chat;
    int64_t seq;
    int64_t created_ms;
    bool dup; /* it was stored before, under the same cid */
};

/* Whether message_send writes with one statement only (write_job.single). */
bool message_is_single(const struct message_draft *draft);

/* Gives the message the next seq of its chat and tells everybody concerned; sent may be NULL.
 * The same cid with the same digest again: OK and dup, whatever has changed since; with another: ERR_REUSED.
 * ERR_NOT_FOUND, ERR_BLOCKED, ERR_NOT_MEMBER, ERR_MUTED as the policy says; ERR_ARG: a reply to what is not
 * there; ERR_DENIED: @all by a plain member; a store error otherwise. */
enum err message_send(struct core_tx *tx, const struct message_draft *draft, struct message_sent *sent);

/* What happened to a group, as a message of type 13 in its log, by the actor; content is
 * {"op":…,"users":[…]} (PROTOCOL.md, cmd 31). v1 never sees it. */
enum err message_notice(struct core_tx *tx, const struct actor *actor, int64_t group, struct str content);

#endif
