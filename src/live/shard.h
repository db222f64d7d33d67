/* shard.h: what lives on one loop: its HTTP connections, its sessions, and who
 * of them is in which group. Touched by the loop's thread alone. */
#ifndef IM_LIVE_SHARD_H
#define IM_LIVE_SHARD_H

#include "live/metrics.h"
#include "live/service.h"
#include "http/server.h"
#include "util/map.h"

struct session;
struct ws_deflate;

struct shard {
    struct service *service;
    struct loop *loop;
    struct http_server *http;
    struct map sessions; /* session id → struct session */
    struct map users;    /* user → first of that user's sessions */
    struct map rooms;    /* chat → struct room */
    struct map watched;  /* user → who watches him (live/watch.h) */
    struct map admins;   /* id → open connection of the admin socket */
    uint64_t last_session_id;
    uint64_t last_watch;        /* number of the last question of frame 33 */
    uint64_t delivered_number;  /* the last batch of events handled */
    uint64_t left_number;       /* the last one in which somebody left a group */
    struct session *active;     /* sessions with pushes that no ping covers yet */
    struct cursor_job *cursors; /* confirmed, on their way to the store; NULL: none */
    struct ack_job *acks;       /* of v2 devices, likewise */
    struct seen_job *seen;      /* whose last session ended, likewise */
    atomic_uint transfers;      /* uploads and downloads under way: the last to end at a shutdown */
    bool sweeping;              /* a round of file_sweep is under way */
    bool moving;                /* one of file_carry */
    int64_t move_pause_ms;      /* before its next, after failures */
    int64_t move_next_ms;
    unsigned ticks;
    struct core_outbox jobs; /* for the writer, at the end of the turn */
    struct loop_timer *tick;
    struct loop_timer *drain; /* NULL: it is not going down */
    size_t leaving_v1;        /* sessions that were there when it began to */
    struct core_job saving;   /* behind the cursors of those that go next */
    bool is_saving;
    int64_t last_sweep_ms;
    size_t sweep_cursor; /* where the next look at silent sessions starts */
    struct json_parser *json;
    struct arena arena;              /* of the frame at hand */
    struct buf frame;                /* scratch of the frame being built */
    struct ws_deflate *deflate;      /* NULL until a session takes permessage-deflate */
    struct payload *compressed_from; /* the payload compressed last, and its compressed form */
    struct payload *compressed;
    struct metrics metrics;
};

struct shard *shard_new(struct service *service, struct loop *loop);
void shard_free(struct shard **shard);

/* SIGTERM: every session is told to go (1001), HTTP ends after its replies. Once (live/drain.c). */
void shard_drain(struct shard *shard);
/* This node missed what the others did: every session is told to come again, at spread-out times. */
void shard_renew(struct shard *shard);

#endif
