/* file_carry.c: a reader lists what is due, the writer notes that it leaves,
 * the carriers carry or remove, the writer notes how that went, and a media
 * thread takes what has arrived off the disk. The row says COMING before the
 * first byte leaves and THERE after the last has arrived; until then the bytes
 * on the disk are the file. So a crash at any point costs a repetition. */
#include "api/file_carry.h"

#include "media/blob.h"
#include "media/file_store.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/log.h"
#include "store/object.h"
#include "util/mem.h"

#include <stddef.h>
#include <stdlib.h>

#define ROUND_OBJECTS ((size_t)16)
#define AGAIN_MS (INT64_C(5) * 1000) /* for one that failed; others come first */
#define PAUSE_MS_MIN INT64_C(1000)   /* after a round in which all failed, */
#define PAUSE_MS_MAX INT64_C(15000)  /* doubling up to this */

/* How long other nodes leave a file alone that one has begun to carry: after that it is held to have died. */
#define CLAIM_MS (INT64_C(10) * 60 * 1000)
#define CLAIM_BYTES_PER_MS 100

struct move_round;

struct move {
    struct pool_job pool; /* first */
    struct move_round *round;
    struct object object;
    bool removes;
    bool again;    /* some of it may have been carried */
    int64_t forms; /* that have arrived */
    enum err err;
    bool arrived; /* its row says so */
    bool begun;   /* it was wanted, and is coming by this round's claim */
    bool ended;   /* likewise: it was offered, and goes */
};

struct move_round {
    struct core_job job; /* first */
    struct pool_job pool;
    struct loop_mail mail;
    struct shard *shard;
    struct arena arena;
    struct move moves[ROUND_OBJECTS];
    size_t count;
    atomic_size_t under_way;
};

static void round_end(struct loop_mail *mail, struct loop *loop)
{
    struct move_round *round = (struct move_round *)((char *)mail - offsetof(struct move_round, mail));
    struct shard *shard = round->shard;
    size_t failed = 0;
    for (size_t i = 0; i < round->count; i++)
        failed += round->moves[i].err != OK && round->moves[i].err != ERR_NOT_FOUND;
    shard->moving = false;
    if (round->count > 0 && failed == round->count) {
        int64_t pause_ms = shard->move_pause_ms * 2;
        shard->move_pause_ms = pause_ms < PAUSE_MS_MIN   ? PAUSE_MS_MIN
                               : pause_ms > PAUSE_MS_MAX ? PAUSE_MS_MAX
                                                         : pause_ms;
    } else if (round->count > 0) {
        shard->move_pause_ms = 0;
    }
    shard->move_next_ms = loop_now_ms(loop) + shard->move_pause_ms;
    bool more = round->count == ROUND_OBJECTS && shard->move_pause_ms == 0;
    atomic_fetch_sub(&shard->transfers, 1);
    arena_release(&round->arena);
    free(round);
    if (more)
        file_carry(shard);
}

static void round_post(struct move_round *round)
{
    round->mail.run = round_end;
    loop_post(round->shard->loop, &round->mail);
}

static void write_submit(struct move_round *round, enum err (*run)(struct core_job *job, struct core_tx *tx),
                         void (*finished)(struct core_job *job))
{
    round->job = (struct core_job){ .run = run, .finished = finished, .loop = round->shard->loop };
    if (core_submit(round->shard->service->core, &round->job) != OK)
        round_post(round); /* A later round does it. */
}

/* ---- off the disk ---- */

static void clean_run(struct pool_job *job, void *thread_context)
{
    (void)thread_context;
    struct move_round *round = (struct move_round *)((char *)job - offsetof(struct move_round, pool));
    for (size_t i = 0; i < round->count; i++)
        if (round->moves[i].arrived)
            blob_remove(round->shard->service->blobs, round->moves[i].object.fid);
    round_post(round);
}

/* ---- how it went ---- */

static enum err move_record(struct core_tx *tx, struct move *move)
{
    const struct object *object = &move->object;
    enum err err;
    move->arrived = false;
    if (move->err != OK && move->err != ERR_NOT_FOUND)
        return object_delay(tx->db, object->fid, tx->now_ms + AGAIN_MS);
    if (move->removes || move->err == ERR_NOT_FOUND) {
        err = object_delete(tx->db, object->fid, object->state);
    } else {
        err = object_set(tx->db, object->fid, OBJECT_COMING, OBJECT_THERE, move->forms);
        move->arrived = err == OK;
    }
    return err == ERR_NOT_FOUND ? OK : err; /* The file went meanwhile: a later round removes the objects. */
}

static enum err record_run(struct core_job *job, struct core_tx *tx)
{
    struct move_round *round = (struct move_round *)job;
    enum err err = OK;
    for (size_t i = 0; err == OK && i < round->count; i++)
        err = move_record(tx, &round->moves[i]);
    return err;
}

static void record_finished(struct core_job *job)
{
    struct move_round *round = (struct move_round *)job;
    for (size_t i = 0; job->write.result != OK && i < round->count; i++)
        round->moves[i].arrived = false;
    round->pool.run = clean_run;
    if (pool_submit(round->shard->service->media, &round->pool) != OK)
        round_post(round); /* The next start takes them off the disk. */
}

/* ---- over the network ---- */

static struct str name_of(struct buf *out, const struct object *object, const char *form)
{
    buf_clear(out);
    buf_append_str(out, object->name);
    if (*form != '\0')
        buf_append_format(out, ".%s", form);
    return buf_str(out);
}

static enum err form_carry(struct move *move, void *link, unsigned form, struct str name)
{
    const struct service *service = move->round->shard->service;
    struct file_store *store = service->store;
    uint64_t size = 0;
    int fd = -1;
    enum err err = blob_open(service->blobs, move->object.fid, blob_form(form), &fd, &size);
    if (err != OK)
        return err;
    err = store->v->put(store, link, name, fd, size, move->again);
    file_close(&fd);
    if (err == OK)
        move->forms |= INT64_C(1) << form;
    return err;
}

/* ERR_NOT_FOUND: the disk has not even the file itself. */
static enum err carry(struct move *move, void *link)
{
    struct buf name = { 0 };
    enum err err = OK;
    for (unsigned form = 0; err == OK && blob_form(form) != NULL; form++) {
        err = form_carry(move, link, form, name_of(&name, &move->object, blob_form(form)));
        if (err == ERR_NOT_FOUND && form > 0)
            err = OK; /* It has no such form. */
    }
    buf_release(&name);
    if (err == OK) /* So that a start after a crash looks at it, and takes it off the disk. */
        err = blob_mark(move->round->shard->service->blobs, move->object.fid);
    return err;
}

static enum err take_away(struct move *move, void *link)
{
    struct file_store *store = move->round->shard->service->store;
    struct buf name = { 0 };
    enum err err = OK;
    for (unsigned form = 0; err == OK && blob_form(form) != NULL; form++)
        if (move->object.forms == 0 || (move->object.forms >> form & 1) != 0)
            err = store->v->remove(store, link, name_of(&name, &move->object, blob_form(form)));
    buf_release(&name);
    return err;
}

/* For /readyz: since when the store can't be used. */
static void health_note(struct service *service, enum err err)
{
    bool down = err == ERR_DENIED || err == ERR_BUSY || err == ERR_TIMEOUT || err == ERR_CLOSED;
    long long none = 0;
    if (!down && atomic_exchange(&service->store_failed_ms, 0) != 0)
        log_info("media", "the bucket can be used again");
    else if (down && atomic_compare_exchange_strong(&service->store_failed_ms, &none, clock_wall_ms()))
        log_error("media", "the bucket can't be used: files wait on the disk", LOG_TEXT("reason", err_text(err)));
}

static void move_run(struct pool_job *job, void *link)
{
    struct move *move = (struct move *)job;
    struct move_round *round = move->round;
    struct service *service = round->shard->service;
    if (atomic_load(&service->draining)) {
        move->err = ERR_CLOSED;
    } else {
        move->err = move->removes ? take_away(move, link) : carry(move, link);
        if (!atomic_load(&service->draining))
            health_note(service, move->err);
    }
    if (atomic_fetch_sub(&round->under_way, 1) == 1)
        write_submit(round, record_run, record_finished);
}

/* ---- what is due ---- */

/* Nodes that share the directory share what is due. */
static enum err move_claim(const struct move *move, struct core_tx *tx)
{
    const struct object *object = &move->object;
    int64_t lease_ms = CLAIM_MS + object->size / CLAIM_BYTES_PER_MS;
    if (*move->round->shard->service->conf->media_directory == '\0')
        return OK;
    return object_claim(tx->db, object->fid, tx->now_ms, tx->now_ms + lease_ms);
}

static enum err claim_run(struct core_job *job, struct core_tx *tx)
{
    struct move_round *round = (struct move_round *)job;
    enum err err = OK;
    for (size_t i = 0; err == OK && i < round->count; i++) {
        struct move *move = &round->moves[i];
        if (move->object.state == OBJECT_WANTED || move->begun) { /* begun: in a batch that was lost and runs again */
            move->begun = true;
            err = object_set(tx->db, move->object.fid, OBJECT_WANTED, OBJECT_COMING, 0);
            move->object.state = OBJECT_COMING;
        }
        if (move->object.state == OBJECT_OFFERED || move->ended) {
            move->ended = true;
            err = object_offer_end(tx->db, &move->object);
            move->object.state = OBJECT_GONE;
        }
        if (err == OK)
            err = move_claim(move, tx);
        if (err ==
            ERR_NOT_FOUND) { /* The file went this very moment, and nothing of it has left; or it is another's. */
            move->err = ERR_NOT_FOUND;
            err = OK;
        }
    }
    return err;
}

static void claim_finished(struct core_job *job)
{
    struct move_round *round = (struct move_round *)job;
    if (job->write.result != OK) {
        round->count = 0;
        round_post(round);
        return;
    }
    size_t kept = 0;
    for (size_t i = 0; i < round->count; i++)
        if (round->moves[i].err == OK)
            round->moves[kept++] = round->moves[i];
    round->count = kept;
    if (kept == 0) {
        round_post(round);
        return;
    }
    atomic_store(&round->under_way, kept);
    for (size_t i = 0; i < kept; i++) {
        struct move *move = &round->moves[i];
        move->pool.run = move_run;
        if (pool_submit(round->shard->service->carriers, &move->pool) != OK) { /* It has room for a round: never. */
            move->err = ERR_BUSY;
            if (atomic_fetch_sub(&round->under_way, 1) == 1)
                write_submit(round, record_run, record_finished);
        }
    }
}

static void list_run(struct pool_job *job, void *thread_context)
{
    struct move_round *round = (struct move_round *)((char *)job - offsetof(struct move_round, pool));
    struct reader *reader = thread_context;
    struct service *service = round->shard->service;
    struct object_list list = { 0 };
    int64_t files;
    int64_t bytes;
    /* When all failed, one tells whether it is better. */
    size_t limit = round->shard->move_pause_ms > 0 ? 1 : ROUND_OBJECTS;
    enum err err = object_waiting(reader->db, &files, &bytes);
    if (err == OK) {
        atomic_store(&service->store_waiting_files, files);
        atomic_store(&service->store_waiting_bytes, bytes);
        err = object_due(reader->db, &round->arena, clock_wall_ms(), limit, &list);
    }
    for (size_t i = 0; err == OK && i < list.count; i++)
        round->moves[round->count++] = (struct move){
            .round = round,
            .object = list.rows[i],
            .again = list.rows[i].state == OBJECT_COMING,
            .removes = list.rows[i].state >= OBJECT_GONE || !service->conf->store_s3,
        };
    if (round->count > 0)
        write_submit(round, claim_run, claim_finished);
    else
        round_post(round);
}

void file_carry(struct shard *shard)
{
    if (shard->moving || shard->service->store == NULL || atomic_load(&shard->service->draining) ||
        loop_now_ms(shard->loop) < shard->move_next_ms)
        return;
    struct move_round *round = mem_zalloc(sizeof(*round));
    round->shard = shard;
    round->pool.run = list_run;
    if (pool_submit(shard->service->readers, &round->pool) != OK) {
        free(round); /* The next look does it. */
        return;
    }
    shard->moving = true;
    atomic_fetch_add(&shard->transfers, 1); /* It needs carriers and media threads: they end after it. */
}
