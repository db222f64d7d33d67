/* server.c: builds the parts, runs them, takes them down in reverse.
 * A second process over the same data directory is refused by the lock. */
#include "api/server.h"

#include "api/epoch.h"
#include "api/file_stores.h"
#include "auth/ticket.h"
#include "chat/carried.h"
#include "chat/heads.h"
#include "chat/marks.h"
#include "live/deliver.h"
#include "api/gateway.h"
#include "api/housekeeping.h"
#include "api/listeners.h"
#include "api/node.h"
#include "api/secret.h"
#include "live/session.h"
#include "api/shutdown.h"
#include "media/blob.h"
#include "media/hold.h"
#include "media/pictures.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/log.h"
#include "os/random.h"
#include "search/search.h"
#include "store/file.h"
#include "store/object.h"
#include "store/upload.h"
#include "util/mem.h"

#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define LIMITER_KEYS_MAX ((size_t)100000)
#define SETTLE_MS 2000 /* for other nodes to say whom they have */
#define READER_QUEUE_MAX ((size_t)20000)
#define MEDIA_QUEUE_MAX ((size_t)1000000)      /* each connection has one job there at most */
#define SHARED_QUIET_MS (INT64_C(3600) * 1000) /* what other nodes have not touched for so long is left of a crash */
#define HASHER_NICE 19                         /* hashing must not slow the loops */

struct server {
    const struct conf *conf;
    struct service service;
    struct file_lock lock;
    struct db *db; /* the writer's, until core has it */
    struct db_place store;
    struct tls *tls;
    struct listeners listeners;
    struct housekeeping *housekeeping;
    struct arena node; /* the name of this one */
    unsigned char carry_key[CARRIED_KEY_SIZE];
    pthread_t *threads;
    unsigned threads_running;
};

static char *path_in(const struct conf *conf, const char *name)
{
    struct buf path = { 0 };
    buf_append_format(&path, "%s/%s", conf->data, name);
    buf_append_byte(&path, '\0');
    return path.ptr;
}

/* ---- the store and what stands on it ---- */

static enum err store_open(struct server *server)
{
    char *lock_path = path_in(server->conf, SERVER_LOCK_FILE);
    char *store_path = path_in(server->conf, SERVER_STORE_FILE);
    server->store = db_place_of(server->conf->store_url, store_path);
    enum err err = file_make_dir(server->conf->data);
    if (err == OK)
        err = file_lock(lock_path, &server->lock);
    if (err != OK) {
        server->lock.fd = -1;
        log_error("server",
                  err == ERR_BUSY ? "another im_service uses this data directory" : "the data directory can't be used",
                  LOG_TEXT("data", server->conf->data), LOG_TEXT("reason", err_text(err)));
    } else {
        err = db_place_open(&server->store, SQL_WRITER, &server->db);
        if (err == OK)
            err = db_migrate(server->db);
        if (err == OK && !db_sql(server->db)->v->shared) /* Else in the batch by which this node joins the others. */
            err = marks_replay(server->db);
        if (err == OK)
            err = epoch_settle(server->db, server->conf->data, server->service.epoch);
        if (err != OK) {
            struct buf shown = { 0 };
            db_place_show(&server->store, &shown);
            log_error("server", "the store can't be opened", LOG_STR("store", buf_str(&shown)),
                      LOG_TEXT("reason", err_text(err)));
            buf_release(&shown);
        }
    }
    free(store_path);
    free(lock_path);
    return err;
}

static enum blob_state file_state(void *context, struct str fid)
{
    struct arena arena = { 0 };
    struct upload upload;
    struct object object;
    bool exists = true; /* What can't be asked stays. */
    enum err err = file_exists(context, fid, &exists);
    bool there = err == OK && exists && object_there(context, &arena, fid, &object) == OK;
    if (err == OK && !exists)
        err = upload_by_fid(context, &arena, fid, &upload);
    arena_release(&arena);
    if (err == ERR_NOT_FOUND)
        return BLOB_UNKNOWN;
    return there ? BLOB_ELSEWHERE : exists ? BLOB_STORED : BLOB_COMING;
}

/* The files, and the key of their addresses; what a crash left is put in order. */
static enum err files_open(struct server *server)
{
    unsigned char key[SECRET_SIZE];
    bool shared = *server->conf->media_directory != '\0';
    char *own = path_in(server->conf, "files");
    enum err err = blobs_open(shared ? server->conf->media_directory : own, &server->service.blobs);
    server->service.holds = holds_new();
    if (err == OK)
        err = blobs_recover(server->service.blobs, shared ? clock_wall_ms() - SHARED_QUIET_MS : INT64_MAX, file_state,
                            server->db);
    free(own);
    if (err == OK)
        err = secret_settle(server->db, server->conf->data, key);
    if (err == OK) {
        file_url_setup(key, server->conf->url_ttl_ms);
        carried_key(key, server->carry_key);
    }
    if (err == OK)
        server->service.tickets = tickets_new(key, server->conf->redis_url[0] == '\0' ? NULL : server->service.router);
    else
        log_error("server", "the files can't be used", LOG_TEXT("data", server->conf->data),
                  LOG_TEXT("reason", err_text(err)));
    return err == OK ? file_stores_open(&server->service, server->db) : err;
}

static enum err reader_open(void *context, void **thread_context)
{
    struct server *server = context;
    struct reader *reader = mem_zalloc(sizeof(*reader));
    enum err err = db_place_open(&server->store, SQL_READER, &reader->db);
    if (err != OK) {
        free(reader);
        return err;
    }
    reader->json = json_parser_new();
    *thread_context = reader;
    return OK;
}

static void reader_close(void *thread_context)
{
    struct reader *reader = thread_context;
    db_close(&reader->db);
    json_parser_free(&reader->json);
    free(reader);
}

static enum err pools_start(struct server *server)
{
    const struct conf *conf = server->conf;
    struct pool_options readers = {
        .name = "im-reader",
        .threads = (unsigned)conf->readers,
        .queue_max = READER_QUEUE_MAX,
        .thread_open = reader_open,
        .thread_close = reader_close,
        .context = server,
    };
    struct pool_options hashers = {
        .name = "im-hasher",
        .threads = (unsigned)conf->hash_threads,
        .queue_max = (size_t)conf->hash_queue,
        .nice = HASHER_NICE,
    };
    struct pool_options media = {
        .name = "im-media",
        .threads = (unsigned)conf->media_threads,
        .queue_max = MEDIA_QUEUE_MAX,
    };
    enum err err = pool_new(&readers, &server->service.readers);
    if (err == OK)
        err = pool_new(&media, &server->service.media);
    if (err == OK)
        err = pool_new(&hashers, &server->service.hashers);
    if (err == OK)
        err = file_stores_start(&server->service);
    return err;
}

static enum err pictures_start(struct server *server)
{
    const struct conf *conf = server->conf;
    struct pictures_options options = {
        .blobs = server->service.blobs,
        .workers = (unsigned)conf->picture_workers,
        .queue_max = (size_t)conf->uploads_max,
        .limits = { .time_ms = conf->picture_ms,
                    .pixels_max = (uint64_t)conf->pixels_max,
                    .size_max = (uint64_t)conf->image_max },
    };
    if (options.workers > 0)
        return pictures_new(&options, &server->service.pictures);
    log_warn("media", "pictures are stored as they came, with what cameras wrote into them: media.workers is 0");
    return OK;
}

/* ---- loops ---- */

static void loops_new(struct server *server)
{
    struct service *service = &server->service;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned count = server->conf->loops > 0 ? (unsigned)server->conf->loops : cores > 0 ? (unsigned)cores : 1;
    service->shard_count = count;
    service->loops = mem_zalloc(count * sizeof(*service->loops));
    service->shards = mem_zalloc(count * sizeof(*service->shards));
    for (unsigned i = 0; i < count; i++) {
        service->loops[i] = loop_new(i);
        service->shards[i] = shard_new(service, service->loops[i]);
        gateway_open(service->shards[i]);
    }
}

static void log_grew(void *search)
{
    if (search != NULL)
        search_wake(search);
}

static enum err search_start(struct server *server)
{
    if (!server->conf->search)
        return OK; /* What it has of one stays, and is caught up with when it is wanted again. */
    char *path = path_in(server->conf, SERVER_SEARCH_FILE);
    enum err err = search_new(&server->store, path, &server->service.search);
    free(path);
    return err;
}

static enum err core_start(struct server *server)
{
    struct shared_joined joined;
    enum err err = node_join(server->db, server->conf, server->carry_key, &server->node, &joined);
    if (err != OK)
        return err;
    struct core_options options = {
        .shared = joined.node != 0 ? &joined : NULL,
        .db = server->db,
        .queue_max = (size_t)server->conf->queue_max,
        .batch_max = (size_t)server->conf->batch_max,
        .policy = core_policy_of(server->conf),
        .router = server->service.router,
        .heads = server->service.heads,
        .marks = server->service.marks,
        .log_grew = log_grew,
        .log_grew_context = server->service.search,
        .loops = server->service.loops,
        .loop_count = server->service.shard_count,
        .deliver = deliver_events,
        .deliver_contexts = (void *const *)server->service.shards,
    };
    err = core_new(&options, &server->service.core);
    arena_release(&joined.arena);
    return err;
}

static void *loop_thread(void *context)
{
    loop_run(context);
    return NULL;
}

static enum err loops_start(struct server *server)
{
    struct service *service = &server->service;
    server->threads = mem_zalloc(service->shard_count * sizeof(*server->threads));
    for (unsigned i = 0; i < service->shard_count; i++) {
        if (pthread_create(&server->threads[i], NULL, loop_thread, service->loops[i]) != 0)
            return ERR_SYSTEM;
        char name[16];
        snprintf(name, sizeof(name), "im-loop-%u", i % 1000);
        pthread_setname_np(server->threads[i], name);
        server->threads_running++;
    }
    return OK;
}

/* ---- life ---- */

static void files_raise(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void service_init(struct server *server)
{
    const struct conf *conf = server->conf;
    struct service *service = &server->service;
    service->conf = conf;
    service->heads = heads_new();
    service->marks = marks_new();
    service->messages = limiter_new_burst((double)conf->message_per_s, (double)conf->message_burst, LIMITER_KEYS_MAX);
    service->logins = limiter_new((unsigned)conf->login_per_min, LIMITER_KEYS_MAX);
    service->login_failures = limiter_new((unsigned)conf->login_fail_per_min, LIMITER_KEYS_MAX);
    service->registrations = limiter_new((unsigned)conf->register_per_min, LIMITER_KEYS_MAX);
    service->password_cost = (struct password_cost){ .memory_bytes = (uint64_t)conf->argon2_memory_kib * 1024,
                                                     .passes = (uint64_t)conf->argon2_passes };
    service->registration = strcmp(conf->registration, "open") == 0     ? REGISTRATION_OPEN
                            : strcmp(conf->registration, "invite") == 0 ? REGISTRATION_INVITE
                                                                        : REGISTRATION_CLOSED;
    service->cors.any = strcmp(conf->cors_origin, "*") == 0;
    if (!service->cors.any)
        service->cors.origins = str_from(conf->cors_origin);
    service->started_ms = clock_wall_ms();
}

static void limits_share(struct service *service)
{
    limiter_share(service->messages, service->router, "messages");
    limiter_share(service->logins, service->router, "logins");
    limiter_share(service->login_failures, service->router, "login_failures");
    limiter_share(service->registrations, service->router, "registrations");
}

static enum err router_open(struct server *server)
{
    const struct conf *conf = server->conf;
    if (conf->redis_url[0] == '\0') {
        server->service.router = router_local_new();
        return OK;
    }
    enum err err = router_redis_new(conf->redis_url, conf->redis_prefix, &server->service.router);
    if (err == ERR_ARG)
        log_error("server", "redis.url is no redis://[[USER]:PASSWORD@]HOST[:PORT][/NUMBER]");
    if (err == OK)
        limits_share(&server->service);
    return err;
}

static void signals_block(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void serve(struct server *server, const sigset_t *signals)
{
    for (;;) {
        int number = 0;
        if (sigwait(signals, &number) != 0)
            continue;
        if (number != SIGHUP)
            return;
        if (server->tls != NULL && tls_reload(server->tls) == OK)
            log_info("server", "the certificate was read again");
    }
}

/* Everything that server_run may have built, whatever of it there is. */
static void server_release(struct server *server)
{
    struct service *service = &server->service;
    /* Calls go from readers to hashers, the media threads or the core, so they end in that order; what comes back
     * to a loop and goes on from there has ended before (shard->transfers). */
    if (service->readers != NULL)
        pool_free(&service->readers);
    if (service->hashers != NULL)
        pool_free(&service->hashers);
    file_stores_stop(service);
    if (service->media != NULL)
        pool_free(&service->media);
    pictures_free(&service->pictures);
    if (service->router != NULL)
        service->router->v->listen(service->router, NULL, NULL);
    search_stop(service->search); /* Nobody reads while the core's end empties the log of the database. */
    if (service->core != NULL)
        core_stop(service->core);
    search_free(&service->search);
    shutdown_stop_loops(service, server->threads_running);
    for (unsigned i = 0; i < server->threads_running; i++)
        pthread_join(server->threads[i], NULL);
    housekeeping_free(&server->housekeeping);
    listeners_free(&server->listeners);
    for (unsigned i = 0; i < service->shard_count; i++) {
        http_server_free(&service->shards[i]->http);
        shard_free(&service->shards[i]);
        loop_free(&service->loops[i]);
    }
    core_free(&service->core); /* Its last mails were taken, by the loops or at their end. */
    free(service->shards);
    free(service->loops);
    free(server->threads);
    tls_free(&server->tls);
    file_stores_free(service);
    blobs_free(&service->blobs);
    holds_free(&service->holds);
    router_free(&service->router);
    heads_free(&service->heads);
    marks_free(&service->marks);
    tickets_free(&service->tickets);
    limiter_free(&service->messages);
    limiter_free(&service->logins);
    limiter_free(&service->login_failures);
    limiter_free(&service->registrations);
    db_close(&server->db);
    if (server->lock.fd >= 0)
        file_unlock(&server->lock);
    db_place_release(&server->store);
    arena_release(&server->node);
    sodium_memzero(server->carry_key, sizeof(server->carry_key));
}

static void committed_elsewhere(void *core, uint64_t number, struct str rows)
{
    core_committed_elsewhere(core, number, rows);
}

enum err server_run(const struct conf *conf)
{
    struct server server = { .conf = conf, .lock = { .fd = -1 } };
    sigset_t signals;
    uint64_t seed;
    signals_block(&signals);
    files_raise();
    random_bytes(&seed, sizeof(seed));
    hash_seed(seed);
    service_init(&server);

    enum err err = router_open(&server);
    if (err == OK)
        err = store_open(&server);
    if (err != OK)
        goto out;
    err = files_open(&server);
    if (err != OK)
        goto out;
    loops_new(&server);
    err = search_start(&server);
    if (err == OK)
        err = core_start(&server);
    if (err != OK)
        goto out;
    server.db = NULL; /* The core's now. */
    for (unsigned i = 0; i < server.service.shard_count; i++)
        server.service.shards[i]->jobs.core = server.service.core;
    err = pools_start(&server);
    if (err == OK)
        err = pictures_start(&server);
    if (err != OK)
        goto out;
    server.housekeeping = housekeeping_new(server.service.shards[0]);
    server.service.router->v->listen(server.service.router, committed_elsewhere, server.service.core);
    core_settle(server.service.core, SETTLE_MS);
    if (conf->tls_cert[0] != '\0')
        err = tls_new(conf->tls_cert, conf->tls_key, &server.tls);
    if (err == OK)
        err = listeners_open(&server.service, server.tls, &server.listeners);
    if (err == OK)
        err = loops_start(&server);
    if (err != OK)
        goto out;
    log_info("server", "ready", LOG_TEXT("version", IM_VERSION), LOG_TEXT("data", conf->data),
             LOG_I64("loops", (int64_t)server.service.shard_count));
    serve(&server, &signals);
    log_info("server", "going down");
    atomic_store(&server.service.draining, true);
    listeners_stop(&server.listeners);
    shutdown_drain(&server.service, &signals, conf->shutdown_ms);
out:
    server_release(&server);
    if (err == OK)
        log_info("server", "ended");
    return err;
}
