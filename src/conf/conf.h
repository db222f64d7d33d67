/* conf.h: the server's settings, one const struct read once at start.
 * Every option is a row of one table (conf/options.c): name, type, bounds,
 * default, help. The ini file, IM_… environment variables, flags, --help and
 * docs/CONFIGURATION.md all come from that table. Later sources win:
 * default, file, environment, flag. */
#ifndef IM_CONF_CONF_H
#define IM_CONF_CONF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "util/buf.h"
#include "util/err.h"

struct conf {
    /* [server] */
    const char *listen;        /* server.listen: "host:port", "[::1]:9000", ":9000" */
    const char *data;          /* server.data: directory of everything kept */
    int64_t loops;             /* server.loops: 0 = one per core */
    int64_t readers;           /* server.readers: threads for reading queries */
    int64_t connections_max;   /* server.connections_max, all loops together */
    int64_t shutdown_ms;       /* server.shutdown: longest flush at SIGTERM */
    const char *metrics_token; /* server.metrics_token: Bearer token of /metrics; empty: local peers only */
    const char *log_level;     /* server.log_level: debug|info|warn|error */
    /* [http] */
    const char *cors_origin; /* http.cors_origin: "*" (default), "" off, or a comma-separated list of origins */
    int64_t head_timeout_ms; /* http.head_timeout, 10 s */
    int64_t idle_timeout_ms; /* http.idle_timeout, 75 s */
    int64_t body_max;        /* http.body_max, 1 MiB */
    bool forwarded;          /* http.forwarded: believe X-Forwarded-For from proxies */
    const char *proxies;     /* http.proxies: where they are (util/network.h) */
    /* [ws] */
    int64_t ping_ms;    /* ws.ping, 30 s: idle sockets are pinged */
    int64_t dead_ms;    /* ws.dead, 80 s without a sign of life: closed (within 90 s) */
    int64_t outbox_max; /* ws.outbox_max, bytes, 1 MiB */
    bool deflate;       /* ws.deflate, off */
    /* [tls] */
    const char *tls_cert; /* tls.cert: PEM chain; with tls.key turns TLS on */
    const char *tls_key;
    const char *tls_listen; /* tls.listen: its own host:port; empty: the same port as server.listen */
    /* [accounts] */
    const char *registration;   /* accounts.registration: open|invite|closed */
    int64_t argon2_memory_kib;  /* accounts.argon2_memory, 19456 at least */
    int64_t argon2_passes;      /* accounts.argon2_passes, 2 */
    int64_t hash_threads;       /* accounts.hash_threads, 1 */
    int64_t hash_queue;         /* accounts.hash_queue, 64 */
    int64_t tokens_max;         /* accounts.tokens_max per user, 32 */
    int64_t token_idle_ms;      /* accounts.token_idle, 30 d */
    int64_t login_per_min;      /* limits.login_per_min per address, 60; 0 off */
    int64_t login_fail_per_min; /* limits.login_fail_per_min per account and address, 10; 0 off */
    int64_t message_per_s;      /* limits.message_per_s per user, 100; 0 off */
    int64_t message_burst;      /* limits.message_burst, 500 */
    int64_t register_per_min;   /* limits.register_per_min per address, 20; 0 off */
    /* [policy] [history] [compat] */
    bool strangers;         /* policy.strangers: deny|allow */
    bool contact_requests;  /* contact.policy: auto|request */
    bool whole_history;     /* group.history: joined|all */
    int64_t group_size_max; /* group.size_max, 100000 */
    int64_t recall_ms;      /* recall.window, 2 min */
    int64_t edit_ms;        /* edit.window, 24 h */
    int64_t v1_limit;       /* history.v1_limit, 1000 */
    bool escape_html;       /* compat.escape_html, on */
    /* [media] */
    int64_t image_max;           /* media.image_max, 10 MiB */
    int64_t video_max;           /* media.video_max, 100 MiB */
    int64_t audio_max;           /* media.audio_max, 50 MiB */
    int64_t file_max;            /* media.file_max, 100 MiB */
    int64_t quota;               /* media.quota per user, 2 GiB; 0 off */
    int64_t url_ttl_ms;          /* media.url_ttl, 7 d */
    int64_t part_size;           /* media.part_size, 4 MiB */
    int64_t upload_ttl_ms;       /* media.upload_ttl, 24 h: an upload in parts that nothing comes to goes */
    int64_t unfinished_max;      /* media.unfinished_per_user, 100 */
    int64_t unused_ms;           /* media.unused, 24 h: an upload that nothing refers to goes */
    int64_t sticker_max;         /* media.sticker_max, 1 MiB */
    bool sticker_sharing;        /* media.sticker_sharing: operators|users */
    const char *media_directory; /* media.directory; empty: DATA/files */
    int64_t media_threads;       /* media.threads, 4 */
    int64_t uploads_max;         /* media.uploads_max at once, 256 */
    int64_t picture_workers;     /* media.workers, 1; 0: pictures are stored as they came */
    int64_t picture_ms;          /* media.picture_time, 10 s */
    int64_t pixels_max;          /* media.pixels_max, 50 million, of all frames */
    int64_t uploads_per_user;    /* media.uploads_per_user at once, 16 */
    bool store_s3;               /* media.store, disk */
    const char *s3_endpoint;     /* media.s3_endpoint; the next eleven likewise */
    const char *s3_public;
    const char *s3_region;
    const char *s3_bucket;
    const char *s3_prefix;
    const char *s3_key;
    const char *s3_secret;
    bool s3_path_style;     /* on */
    bool s3_proxy;          /* media.s3_serve, redirect */
    bool s3_direct;         /* media.s3_receive, server */
    int64_t s3_url_ttl_ms;  /* 10 min */
    int64_t s3_timeout_ms;  /* 30 s */
    int64_t s3_threads;     /* 2 */
    int64_t s3_part_size;   /* 64 MiB */
    int64_t s3_waiting_max; /* 10 GiB on the disk */
    /* [store] */
    const char *store_url;
    int64_t batch_max; /* store.batch_max: jobs in one commit, 2000 */
    int64_t queue_max; /* store.queue_max: jobs waiting, 65536 */
    /* [cluster] */
    int64_t poll_ms;         /* cluster.poll, 200 ms */
    bool search;             /* cluster.search, on */
    bool carry;              /* cluster.carry, on */
    int64_t lease_ms;        /* cluster.lease, 10 s */
    int64_t journal_keep_ms; /* cluster.journal_keep, 5 min */
    /* [redis] */
    const char *redis_url;    /* empty: none */
    const char *redis_prefix; /* im: */

    void *texts; /* owns the strings above */
};

/* Sources in one go. file may be NULL (then DIR/im_service.ini below data is read if it is there);
 * args are "--name=value" or "--name value" pairs, and take both the full name
 * (--server.listen) and, for listen, data, loops and log-level, the short one. Anything unknown, doubled or
 * out of bounds: ERR_ARG, and error says in one sentence what to do. */
enum err conf_load(struct conf *conf, const char *file, int argc, char *const *argv, char *const *environ_list,
                   struct buf *error);
void conf_release(struct conf *conf);
void conf_help(FILE *out);                           /* the table as --help prints it */
void conf_markdown(FILE *out);                       /* the table as docs/CONFIGURATION.md holds it */
void conf_print(const struct conf *conf, FILE *out); /* as an ini file */

#endif
