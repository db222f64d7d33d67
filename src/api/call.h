/* call.h: one HTTP request on its way through the threads.
 * It starts on a loop, runs on a worker (token, arguments, reading), goes on
 * to the hashers (passwords) or to the writer (changes) when it has to, and
 * ends on its loop with a reply. At any moment exactly one thread has it.
 * If the connection dies meanwhile the reply finds nobody and is dropped. */
#ifndef IM_API_CALL_H
#define IM_API_CALL_H

#include "api/routes.h"
#include "action/action.h"
#include "live/shard.h"
#include "chat/core.h"
#include "store/user.h"
#include "util/arena.h"
#include "ws/handshake.h"

struct snapshot;

#define CALL_PEER_SIZE 64

struct call {
    struct core_job job; /* first */
    struct pool_job pool;
    struct loop_mail mail;
    struct shard *shard;
    struct service *service;
    uint64_t http_conn;
    struct route_match match;
    struct arena arena;
    enum http_method method;
    struct str query;
    struct str body;
    struct str origin;
    struct str header_email;
    struct str header_token;
    struct str header_version;
    struct str header_authorization;
    struct str path;        /* of /file/… only, as the four below */
    struct str header_type; /* Content-Type */
    struct str header_range;
    struct str header_if_range;
    struct str header_if_none_match;
    struct str requested_headers;
    char peer[CALL_PEER_SIZE]; /* the client's address */
    bool proxied;              /* X-Forwarded-For was there */
    const struct json *json;
    /* Who is asking; 0 for open routes. */
    int64_t user;
    int64_t device;
    int64_t used_ms; /* when the device's use was last noted */
    struct str email;
    struct str token;
    /* The WebSocket upgrade. */
    bool upgrade;
    enum err handshake;
    struct buf accept;
    struct ws_deflate_offer offer;
    struct snapshot *snapshot;
    struct str device_name; /* v2 */
    int64_t named;          /* the named device's row; 0: v1 */
    /* An action: its arguments and answer. */
    struct action_call action;
    /* The reply. */
    int status;
    struct str content_type;
    struct buf headers;
    struct buf out;
    int64_t began_us;
    bool close;
    bool http_1_0;
    bool plain;    /* not over TLS */
    bool transfer; /* counted in shard->transfers */
    bool again;    /* by call_again */
    /* The next step, and what a route keeps between steps. */
    void (*hash_step)(struct call *call);
    void (*media_step)(struct call *call);
    enum err (*write_step)(struct call *call, struct core_tx *tx);
    void (*written_step)(struct call *call, enum err result);
    void (*loop_step)(struct call *call);
    void *state;                        /* in the arena */
    void (*dropped)(struct call *call); /* at its end, on its loop, before the arena goes; may be NULL */
};

/* On the loop: copies what is needed of the request and starts the call. */
void call_begin(struct shard *shard, struct http_conn *conn, const struct http_request *request, struct str body);

/* The same without starting it. */
struct call *call_new(struct shard *shard, struct http_conn *conn, const struct http_request *request, struct str body);
/* Its end without a reply, or with one that was given already; on its loop. */
void call_free(struct call *call);
/* On the loop: the head of a reply whose body follows by itself, as status, content_type and headers say. */
void call_head_append(struct call *call, struct http_conn *conn, struct buf *out, uint64_t body_size);
/* Goes on with step on the call's loop. */
void call_to_loop(struct call *call, void (*step)(struct call *call));
/* Who asks; replies by itself and returns false where nobody does. */
bool call_authenticate(struct call *call, struct reader *reader);

/* Hands the call to the hashers; step runs there. */
void call_hash(struct call *call, void (*step)(struct call *call));
/* Hands the call to the media threads; step runs there. A call that does so from its loop is counted in
 * shard->transfers, by call_transfer. */
void call_media(struct call *call, void (*step)(struct call *call));
/* Runs the route once more from its beginning, on a reader; once in a call. On any thread that has the call. */
void call_again(struct call *call);
/* The call needs the media threads until its end: dropped (may be NULL) is set, a shutdown waits for it. */
void call_transfer(struct call *call, void (*dropped)(struct call *call));

/* Hands the call to the writer. write runs in its transaction, written on the
 * call's loop after the commit. single as in write_job. */
void call_write(struct call *call, bool single, enum err (*write)(struct call *call, struct core_tx *tx),
                void (*written)(struct call *call, enum err result));

/* Replies. Each ends the call for its caller. */
struct buf *call_data(struct call *call); /* {"code":0,"msg":"","data": has been written: append the value, then… */
void call_reply_data(struct call *call);
void call_reply_ok(struct call *call, struct str text); /* data is that string */
void call_reply_true(struct call *call);                /* data is true */
void call_reply_error(struct call *call, int code, const char *message);
void call_reply_status(struct call *call, int status, int code, const char *message);
void call_reply_busy(struct call *call, int status, unsigned retry_after_s, const char *message);
/* Any body. content_type is a literal, or NULL. */
void call_reply_raw(struct call *call, int status, const char *content_type, struct str body);
/* A store error nobody foresaw: logged, HTTP 500. */
void call_reply_broken(struct call *call, enum err err);

/* Arguments. Text that is not UTF-8 or badly encoded counts as absent. */
struct str call_query_text(struct call *call, const char *name);     /* decoded, in the arena; ptr NULL when absent */
struct str call_body_text(const struct call *call, const char *key); /* from the JSON body; ptr NULL when absent */
/* The living account of an address that came in a query: the page does not
 * encode it, so a blank may stand for '+'. ERR_NOT_FOUND. */
enum err call_user(struct call *call, struct reader *reader, struct str email, struct user *user);
/* Whether the caller asked for v=2, by a query parameter or a header. */
bool call_is_v2(const struct call *call);
/* All query parameters, as the members of an object; those badly encoded are left out. In the arena. */
const struct json *call_query_object(struct call *call);
/* A refusal of v2: HTTP 200 with its code, 429 for 2108; the server's own trouble as call_reply_broken. */
void call_reply_refused(struct call *call, enum err err, unsigned retry_after_s);
/* compat.escape_html, unless the caller asked for v=2. */
bool call_escapes(struct call *call);

#endif
