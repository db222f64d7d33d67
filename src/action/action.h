/* action.h: what a v2 client can ask for, once for both doors.
 * An action takes its arguments out of a JSON object, asks chat/ to do it and
 * leaves its answer as JSON. Frames (live/commands.c) and REST calls
 * (api/route_*.c) are rows that name an action; where PROTOCOL.md has a frame
 * and a call for the same thing, both name the same one. Either it reads (on a
 * worker, with a connection of its own, in one snapshot) or it writes (on the
 * writer's thread, in the batch's transaction). */
#ifndef IM_ACTION_ACTION_H
#define IM_ACTION_ACTION_H

#include "chat/actor.h"
#include "chat/core.h"
#include "conf/conf.h"
#include "store/chat.h"
#include "util/buf.h"
#include "util/json.h"

struct heads;
struct marks;
struct search;

struct action_call {
    struct actor actor;
    int64_t login;           /* the token's row */
    int64_t device;          /* of a session: the named device; 0: none */
    const struct json *args; /* an object, or NULL: no arguments. From a query, every member is text */
    struct arena *arena;     /* dies with the call */
    struct buf data;         /* the answer, one JSON value; empty stands for true. The caller releases it */
};

/* What a reading action has at hand. */
struct action_env {
    struct db *db;
    struct heads *heads;
    uint64_t heads_mark; /* taken before the snapshot was opened */
    struct marks *marks;
    struct router *router;
    struct search *search; /* there for ACTION_SEARCHES */
    const struct conf *conf;
    int64_t now_ms;
};

enum action_flag {
    ACTION_LIMITED = 1,  /* counts against the user's rate (limits.message_per_s) */
    ACTION_SEARCHES = 2, /* needs the index of messages, which not every node of many has (cluster.search) */
};

/* Errors are those of chat/refusal.h, or the store's. */
struct action {
    const char *name;
    unsigned flags;
    enum err (*read)(struct action_call *call, const struct action_env *env); /* or */
    enum err (*write)(struct action_call *call, struct core_tx *tx);
};

/* ---- arguments ---- */

/* ptr NULL when absent or no text. */
struct str arg_text(const struct action_call *call, const char *key);
/* false when it is there and no integer; *value is untouched when it is absent. */
bool arg_i64(const struct action_call *call, const char *key, int64_t *value);
/* The same for true and false (and 1, 0, "1", "0", "true", "false"). */
bool arg_bool(const struct action_call *call, const char *key, bool *value);
/* chat (10 or 11) and dstObj; the chat itself is the policy's business. false: one is missing or impossible. */
bool arg_chat(const struct action_call *call, enum chat_kind *kind, struct str *dst);
/* An array of texts, in the arena. *count 0 when absent. false: no array, more than max, or other things in it.
 * A single text counts as an array of one. */
bool arg_texts(const struct action_call *call, const char *key, size_t max, struct str **texts, size_t *count);
/* An array of integers, likewise. */
bool arg_i64s(const struct action_call *call, const char *key, size_t max, int64_t **values, size_t *count);
/* limit between 1 and max; fallback when absent. false: no number, or below 1. */
bool arg_limit(const struct action_call *call, size_t fallback, size_t max, size_t *limit);

#endif
