/* service.h: what every request needs and nobody changes after the start.
 * Built by api/server.c; handlers borrow it. */
#ifndef IM_LIVE_SERVICE_H
#define IM_LIVE_SERVICE_H

#include <stdatomic.h>

#include "auth/limiter.h"
#include "auth/password.h"
#include "chat/core.h"
#include "conf/conf.h"
#include "http/reply.h"
#include "os/pool.h"
#include "route/router.h"
#include "util/json.h"

struct blobs;
struct file_store;
struct pictures;
struct holds;
struct shard;

#define UPLOAD_SLOTS 4096

enum registration { REGISTRATION_OPEN, REGISTRATION_INVITE, REGISTRATION_CLOSED };

struct service {
    const struct conf *conf;
    struct core *core;
    struct router *router;
    struct pool *readers; /* thread context: struct reader */
    struct pool *hashers; /* thread context: NULL */
    struct pool *media;   /* reads and writes files; thread context: NULL */
    struct blobs *blobs;
    struct pictures *pictures; /* NULL: pictures are stored as they came */
    struct file_store *store;  /* where files may be instead of the disk; NULL: nowhere */
    struct pool *carriers;     /* to that store (api/file_carry.h); thread context: a link of it */
    struct pool *fetchers;     /* from it, for downloads; likewise */
    atomic_llong store_waiting_files;
    atomic_llong store_waiting_bytes; /* for the carriers, as of their last round */
    atomic_llong store_failed_ms;     /* since when the store can't be used; 0: it can */
    atomic_ullong store_redirects;
    struct holds *holds;                  /* of files that come in parts */
    atomic_uint uploads;                  /* under way */
    atomic_uint uploads_of[UPLOAD_SLOTS]; /* of users, by the rest of their ids */
    struct shard **shards;
    struct loop **loops;
    unsigned shard_count;
    char epoch[64]; /* of the store */
    struct heads *heads;
    struct marks *marks;
    struct search *search; /* NULL: this node has none */
    struct tickets *tickets;
    struct limiter *messages;       /* by user */
    struct limiter *logins;         /* by address */
    struct limiter *login_failures; /* by account and address together */
    struct limiter *registrations;  /* by address */
    struct password_cost password_cost;
    enum registration registration;
    struct http_cors cors;
    int64_t started_ms;
    atomic_bool draining;
};

/* A worker thread's own: its connection to the store and its parser. */
struct reader {
    struct db *db;
    struct json_parser *json;
};

#endif
