/* contact.h: friends, requests to be friends, blocks. */
#ifndef IM_CHAT_CONTACT_H
#define IM_CHAT_CONTACT_H

#include "chat/actor.h"
#include "chat/core.h"
#include "chat/update.h"
#include "store/contact_request.h"

#define REQUEST_CHARS_MAX ((size_t)256)
#define REQUESTS_PENDING_MAX 500 /* of one sender */
#define BLOCKS_MAX 2000          /* of one user */
#define REMARK_CHARS_MAX ((size_t)64)
#define TAG_CHARS_MAX ((size_t)32)
#define TAGS_MAX ((size_t)20)

struct contact_asked {
    bool accepted; /* they are friends now */
    int64_t id;    /* else the request, which waits */
};

/* Friends at once, both ways, where contact.policy = auto or the other asked before; else a request. Of a request
 * that waits content replaces the words (ptr NULL: they stay), and the other is told at most once more.
 * ERR_ARG: oneself, or content is no good. ERR_NOT_FOUND: nobody has that address. ERR_EXISTS: friends already.
 * ERR_BLOCKED: one blocks the other. ERR_LIMITED: too many of the actor's wait. */
enum err contact_ask(struct core_tx *tx, const struct actor *actor, struct str email, struct str content,
                     struct contact_asked *out);

/* A request that waits for the actor's answer. ERR_NOT_FOUND: no such one, or not his to answer. */
enum err contact_request_open(struct core_tx *tx, const struct actor *actor, int64_t id, struct contact_request *out);
/* ERR_BLOCKED: agreed, but one blocks the other. ERR_NOT_FOUND: agreed, but the sender took it back. */
enum err contact_respond(struct core_tx *tx, const struct actor *actor, const struct contact_request *request,
                         bool agree);

/* Friends no more; what they wrote to each other stays theirs to read. ERR_NOT_FOUND: nobody. ERR_BLOCKED: no friend. */
enum err contact_remove(struct core_tx *tx, const struct actor *actor, struct str email);

/* Friends stay friends, but nothing passes between the two. Again: OK, and nothing happens. ERR_ARG: oneself.
 * ERR_NOT_FOUND: nobody. ERR_LIMITED: BLOCKS_MAX. */
enum err contact_block(struct core_tx *tx, const struct actor *actor, struct str email);
enum err contact_unblock(struct core_tx *tx, const struct actor *actor, struct str email);

/* What the actor alone keeps of a friend. */
struct contact_note {
    struct chat_ref ref;
    struct str remark; /* ptr NULL: none */
    struct str tags;   /* a JSON array; ptr NULL: none */
};
/* As it is. ERR_NOT_FOUND: nobody. ERR_BLOCKED: no friend. */
enum err contact_open(struct core_tx *tx, const struct actor *actor, struct str email, struct contact_note *out);
enum err contact_remark(struct core_tx *tx, const struct actor *actor, const struct contact_note *note);

/* contact_ask without words, for who needs not know what came of it. */
enum err contact_add(struct core_tx *tx, const struct actor *actor, struct str email);

#endif
