/* route_system.c: what machines ask: alive, ready, how much. */
#include "api/call.h"

#include "api/file_stores.h"
#include "chat/marks.h"
#include "chat/shared.h"
#include "media/pictures.h"
#include "os/clock.h"
#include "search/search.h"
#include "store/file.h"
#include "store/sticker.h"
#include "store/upload.h"

#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#define TROUBLE_MS 1000 /* a shared store that can't be used for longer makes a node not ready */
#define BEHIND_MS 5000  /* and so does not knowing for longer what the other nodes do */

#define TEXT_TYPE "text/plain;charset=utf-8"

static void health_run(struct call *call, struct reader *reader)
{
    (void)reader;
    call_reply_raw(call, 200, TEXT_TYPE, STR("ok\n"));
}

/* Ready; and what does not work, where the rest does. */
static void ready_reply(struct call *call)
{
    struct pictures_stats stats = { 0 };
    struct buf text = { 0 };
    if (call->service->pictures != NULL)
        pictures_stats(call->service->pictures, &stats);
    buf_append_str(&text, STR("ready\n"));
    if (stats.broken)
        buf_append_format(&text, "pictures are refused: the media worker can't run: %s\n", stats.text);
    if (atomic_load(&call->service->store_failed_ms) != 0) /* Everything but files goes on: send people here. */
        buf_append_str(&text, STR("the bucket can't be used\n"));
    struct router_stats router;
    call->service->router->v->stats(call->service->router, &router);
    if (router.configured && !router.well) /* Other nodes are heard of later, and limits hold for each by itself. */
        buf_append_format(&text, "Redis can't be used: %s\n", router.why);
    call_reply_raw(call, 200, TEXT_TYPE, buf_str(&text));
    buf_release(&text);
}

static void ready_run(struct call *call, struct reader *reader)
{
    struct str epoch;
    struct shared_stats shared;
    core_shared_stats(call->service->core, &shared);
    if (atomic_load(&call->service->draining))
        call_reply_raw(call, 503, TEXT_TYPE, STR("draining\n"));
    else if (meta_get(reader->db, &call->arena, "epoch", &epoch) != OK)
        call_reply_raw(call, 503, TEXT_TYPE, STR("the store can't be read\n"));
    else if (core_trouble_ms(call->service->core) > TROUBLE_MS)
        call_reply_raw(call, 503, TEXT_TYPE, STR("the store can't be written to\n"));
    else if (shared.shared && shared.behind_ms > BEHIND_MS)
        call_reply_raw(call, 503, TEXT_TYPE, STR("this node is behind the others\n"));
    else if (core_queued(call->service->core) >= (size_t)call->service->conf->queue_max / 2)
        call_reply_raw(call, 503, TEXT_TYPE, STR("the writer is behind\n"));
    else
        ready_reply(call);
}

/* GET /chat that asks for no upgrade. */
static void chat_run(struct call *call, struct reader *reader)
{
    (void)reader;
    buf_append_str(&call->headers, STR("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"));
    call_reply_status(call, 426, 2100, "请使用WebSocket连接");
}

/* Resident memory in bytes; 0 when /proc does not say. */
static double resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long total = 0;
    unsigned long resident = 0;
    if (file == NULL)
        return 0;
    if (fscanf(file, "%lu %lu", &total, &resident) != 2)
        resident = 0;
    fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static void pictures_write(struct pictures *pictures, struct buf *out)
{
    struct pictures_stats stats = { 0 };
    uint64_t count = 0;
    if (pictures != NULL)
        pictures_stats(pictures, &stats);
    metric_line_append(out, "im_picture_worker_up", "gauge", "Whether pictures can be taken.",
                       pictures != NULL && !stats.broken ? 1 : 0);
    metric_line_append(out, "im_picture_worker_restarts_total", "counter",
                       "Media workers that died, were killed, or could not start.", (double)stats.restarts);
    metric_line_append(out, "im_pictures_waiting", "gauge", "Pictures waiting for a worker.", (double)stats.waiting);
    buf_append_str(out, STR("# HELP im_pictures_total Pictures that came in, by what became of them.\n"
                            "# TYPE im_pictures_total counter\n"));
    for (unsigned i = 0; i < PICTURE_STATUSES; i++)
        buf_append_format(out, "im_pictures_total{result=\"%s\"} %llu\n", picture_status_name((enum picture_status)i),
                          (unsigned long long)stats.results[i]);
    buf_append_str(out, STR("# HELP im_picture_seconds From a picture's last byte to its result.\n"
                            "# TYPE im_picture_seconds histogram\n"));
    for (unsigned i = 0; i < PICTURES_BUCKETS; i++) {
        count += stats.seconds_in[i];
        if (i < PICTURES_BUCKETS - 1)
            buf_append_format(out, "im_picture_seconds_bucket{le=\"%g\"} %llu\n", pictures_buckets_s[i],
                              (unsigned long long)count);
    }
    buf_append_format(out,
                      "im_picture_seconds_bucket{le=\"+Inf\"} %llu\nim_picture_seconds_sum %.15g\n"
                      "im_picture_seconds_count %llu\n",
                      (unsigned long long)count, stats.seconds_sum, (unsigned long long)count);
}

static void router_write(struct router *router, struct buf *out)
{
    struct router_stats stats;
    router->v->stats(router, &stats);
    if (!stats.configured)
        return;
    metric_line_append(out, "im_redis_up", "gauge", "Whether Redis can be used.", stats.well);
    metric_line_append(out, "im_redis_reconnects_total", "counter", "Connections to Redis that were lost.",
                       (double)stats.reconnects);
    metric_line_append(out, "im_redis_published_total", "counter", "Hints to other nodes.", (double)stats.published);
    metric_line_append(out, "im_redis_received_total", "counter", "Hints of other nodes.", (double)stats.received);
    metric_line_append(out, "im_redis_questions_total", "counter", "Limits asked of Redis.", (double)stats.questions);
    metric_line_append(out, "im_redis_unanswered_total", "counter", "Those that this node decided by itself.",
                       (double)stats.unanswered);
    metric_line_append(out, "im_redis_breaker_open", "gauge", "Whether nothing is asked, since an answer was late.",
                       stats.breaker_open);
    metric_line_append(out, "im_redis_breaker_opened_total", "counter", "Answers that were waited for in vain.",
                       (double)stats.breaker_opened);
    metric_line_append(out, "im_redis_round_trips_total", "counter", "Replies of Redis.", (double)stats.round_trips);
    metric_line_append(out, "im_redis_round_trip_seconds_total", "counter", "Time until they came, added up.",
                       (double)stats.round_trip_us_sum / 1e6);
    metric_line_append(out, "im_redis_round_trip_seconds", "gauge", "That of the last one.",
                       (double)stats.round_trip_us / 1e6);
    metric_line_append(out, "im_redis_round_trip_seconds_max", "gauge", "The longest so far.",
                       (double)stats.round_trip_us_max / 1e6);
}

static void shared_write(struct service *service, const struct writer_stats *writer, struct buf *out)
{
    struct shared_stats stats;
    core_shared_stats(service->core, &stats);
    if (!stats.shared)
        return;
    metric_line_append(out, "im_node_id", "gauge", "Which node this is.", (double)stats.node);
    metric_line_append(out, "im_nodes", "gauge", "Nodes over this store.", (double)stats.nodes);
    metric_line_append(out, "im_journal_number", "gauge", "The last batch of any node that is known here.",
                       (double)stats.number);
    metric_line_append(out, "im_journal_look_seconds", "gauge", "Since it was last known what other nodes committed.",
                       (double)stats.behind_ms / 1e3);
    metric_line_append(out, "im_journal_foreign_total", "counter", "Batches of other nodes.", (double)stats.foreign);
    metric_line_append(out, "im_journal_carried_total", "counter", "Of these, those that came along with a hint.",
                       (double)stats.carried);
    metric_line_append(out, "im_journal_missed_total", "counter", "Times that all sessions had to begin anew.",
                       (double)stats.missed);
    metric_line_append(out, "im_journal_syncs_total", "counter",
                       "Looks that committed something so that what they saw could be told.", (double)stats.syncs);
    metric_line_append(out, "im_writer_lock_seconds_total", "counter",
                       "Time spent waiting for other nodes' batches and taking them over.",
                       (double)writer->open_us / 1e6);
    metric_line_append(out, "im_writer_reruns_total", "counter", "Transactions that were lost and run again.",
                       (double)writer->reruns);
    metric_line_append(out, "im_writer_trouble_seconds", "gauge", "For how long the store has not been reachable.",
                       (double)core_trouble_ms(service->core) / 1e3);
    buf_append_format(out,
                      "# HELP im_writer_unclear_total Commits that the connection did not survive, by what was found.\n"
                      "# TYPE im_writer_unclear_total counter\n"
                      "im_writer_unclear_total{found=\"kept\"} %llu\n"
                      "im_writer_unclear_total{found=\"lost\"} %llu\n"
                      "im_writer_unclear_total{found=\"nothing\"} %llu\n",
                      (unsigned long long)writer->unsure_kept, (unsigned long long)writer->unsure_lost,
                      (unsigned long long)writer->unsure_forever);
}

static void metrics_write(struct call *call, struct reader *reader, struct buf *out)
{
    int64_t files = 0;
    int64_t uploads = 0;
    int64_t packs = 0;
    struct service *service = call->service;
    struct metrics **loops = arena_alloc(&call->arena, service->shard_count * sizeof(*loops));
    for (unsigned i = 0; i < service->shard_count; i++)
        loops[i] = &service->shards[i]->metrics;
    metrics_append(out, loops, service->shard_count);

    struct writer_stats writer;
    core_stats(service->core, &writer);
    metric_line_append(out, "im_users_online", "gauge", "Users with a session.",
                       (double)service->router->v->online_count(service->router));
    metric_line_append(out, "im_writer_queue", "gauge", "Jobs waiting for the writer.",
                       (double)core_queued(service->core));
    metric_line_append(out, "im_writer_batches_total", "counter", "Transactions committed.", (double)writer.batches);
    metric_line_append(out, "im_writer_jobs_total", "counter", "Jobs in them.", (double)writer.jobs);
    metric_line_append(out, "im_writer_failed_batches_total", "counter", "Transactions that were lost.",
                       (double)writer.failed_batches);
    metric_line_append(out, "im_writer_apply_seconds_total", "counter", "Time spent in statements.",
                       (double)writer.apply_us / 1e6);
    metric_line_append(out, "im_writer_commit_seconds_total", "counter", "Time spent in synced commits.",
                       (double)writer.commit_us / 1e6);
    metric_line_append(out, "im_writer_commit_seconds_max", "gauge", "The longest commit so far.",
                       (double)writer.commit_us_max / 1e6);
    metric_line_append(out, "im_marks_waiting", "gauge", "Read and send marks not written yet.",
                       (double)marks_waiting(service->marks));
    struct search_stats search = { 0 };
    if (service->search != NULL)
        search_stats(service->search, &search);
    metric_line_append(out, "im_search_indexed_id", "gauge", "The last message that the search index has seen.",
                       (double)search.last);
    metric_line_append(out, "im_search_lag", "gauge", "Messages that it has not seen yet.",
                       (double)(search.head - search.last));
    metric_line_append(out, "im_search_documents", "gauge", "Messages that can be found.", (double)search.indexed);
    metric_line_append(out, "im_search_segments", "gauge", "Finished parts of the index.", (double)search.segments);
    metric_line_append(out, "im_search_rebuilds_total", "counter", "Times it was begun anew since the start.",
                       (double)search.rebuilds);
    metric_line_append(out, "im_readers_queue", "gauge", "Calls waiting for a reader.",
                       (double)pool_queued(service->readers));
    metric_line_append(out, "im_hashers_queue", "gauge", "Passwords waiting to be hashed.",
                       (double)pool_queued(service->hashers));
    if (file_count(reader->db, &files) == OK)
        metric_line_append(out, "im_files", "gauge", "Files kept.", (double)files);
    if (upload_count_all(reader->db, &uploads) == OK)
        metric_line_append(out, "im_uploads_unfinished", "gauge", "Uploads in parts that are not complete.",
                           (double)uploads);
    if (pack_count_all(reader->db, &packs) == OK)
        metric_line_append(out, "im_sticker_packs", "gauge", "Sticker packs.", (double)packs);
    metric_line_append(out, "im_uploads", "gauge", "Uploads under way.", (double)atomic_load(&service->uploads));
    metric_line_append(out, "im_media_queue", "gauge", "Reads and writes of files waiting.",
                       (double)pool_queued(service->media));
    pictures_write(service->pictures, out);
    file_stores_metrics(service, out);
    shared_write(service, &writer, out);
    router_write(service->router, out);
    metric_line_append(out, "process_resident_memory_bytes", "gauge", "Resident memory.", resident_bytes());
    metric_line_append(out, "process_start_time_seconds", "gauge", "When the server started, Unix time.",
                       (double)service->started_ms / 1e3);
}

/* A Bearer token where one is configured; else only this machine, asked directly. */
static bool metrics_allowed(const struct call *call)
{
    struct str expected = str_from(call->service->conf->metrics_token);
    if (expected.size == 0)
        return !call->proxied && (strncmp(call->peer, "127.", 4) == 0 || strcmp(call->peer, "::1") == 0);
    struct str given = call->header_authorization;
    struct str scheme = STR("Bearer ");
    return given.size == scheme.size + expected.size && memcmp(given.ptr, scheme.ptr, scheme.size) == 0 &&
           sodium_memcmp(given.ptr + scheme.size, expected.ptr, expected.size) == 0;
}

static void metrics_run(struct call *call, struct reader *reader)
{
    if (!metrics_allowed(call)) {
        call_reply_raw(call, 401, "text/html;charset=utf-8", STR("未经授权的请求"));
        return;
    }
    struct buf text = { 0 };
    metrics_write(call, reader, &text);
    call_reply_raw(call, 200, "text/plain; version=0.0.4; charset=utf-8", buf_str(&text));
    buf_release(&text);
}

static const struct route rows[] = {
    { HTTP_GET, "/healthz", ROUTE_OPEN, health_run, NULL },
    { HTTP_GET, "/readyz", ROUTE_OPEN, ready_run, NULL },
    { HTTP_GET, "/chat", 0, chat_run, NULL },
    { HTTP_GET, "/metrics", ROUTE_OPEN, metrics_run, NULL },
};
const struct route_list routes_system = { rows, sizeof(rows) / sizeof(rows[0]) };
