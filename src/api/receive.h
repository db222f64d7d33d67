/* receive.h: a body that goes to the disk as it comes.
 * Two buffers: while a media thread writes one, the next collects; when that
 * is full, too, the client is not read from. What the body is, and what
 * becomes of it, say the calls of whoever embeds this (api/upload.c,
 * api/part.c). The connection may end at any time, the call goes on to its
 * end. Bodies under way are bounded, of all (media.uploads_max) and of each
 * user (media.uploads_per_user). */
#ifndef IM_API_RECEIVE_H
#define IM_API_RECEIVE_H

#include "api/call.h"

struct receive;

/* Each of them has the call for itself. What one returns other than OK ends the receiving, and is err in conclude. */
struct receive_calls {
    /* On a reader: whether the user, who is known, may send this. The body is not read from before. */
    enum err (*admit)(struct receive *receive, struct reader *reader);
    /* On a media thread: the next bytes, in order. last: the body has ended; there may be none. */
    enum err (*take)(struct receive *receive, struct str bytes, bool last);
    /* On the loop, when all was taken: whether something else is to be done first. Then the call is where that is done,
     * and comes back by receive_prepared. May be NULL. */
    bool (*prepare)(struct receive *receive);
    /* On the writer, after that: what makes it count. */
    enum err (*commit)(struct receive *receive, struct core_tx *tx);
    /* On a media thread, always: settles or removes what was written, and replies. err ERR_CLOSED: the connection
     * ended; ERR_LIMITED: too many at once (receive_busy says so). */
    void (*conclude)(struct receive *receive);
    /* On the loop, before conclude, with the same err: for counting. May be NULL. */
    void (*ended)(struct receive *receive);
    /* On the loop, with the call. */
    void (*dropped)(struct receive *receive);
};

struct receive {
    struct http_stream stream; /* first */
    const struct receive_calls *calls;
    struct call *call;
    struct buf collecting; /* the loop's */
    struct buf writing;    /* of whoever has the call */
    int64_t length;        /* of the whole body; 0: not told */
    bool working;          /* the call is with another thread */
    bool admitted;         /* bytes may be written */
    bool last;             /* nothing more comes */
    bool gone;             /* the connection ended */
    bool over;             /* a reply is on its way */
    /* Of whoever has the call; apart from the loop's, which are read together in one word. */
    enum err err;
    bool counted; /* among those of its user */
    bool writing_last;
    bool committed;
};

/* Starts it. receive is zeroed, calls are set; it and what embeds it lie in the call's arena. */
struct http_stream *receive_begin(struct receive *receive, struct call *call, const struct http_request *request);

/* On the loop: what prepare began is done. */
void receive_prepared(struct receive *receive, enum err err);

/* Replies to ERR_CLOSED and ERR_LIMITED. */
void receive_busy(struct receive *receive);

#endif
