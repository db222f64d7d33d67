/* writer_fixture.c: a scripted database, and jobs that note what becomes of them. */
#include "writer_fixture.h"

#include "os/clock.h"
#include "util/mem.h"

struct script script;

static enum err scripted_begin(struct sql *sql)
{
    unsigned at = atomic_fetch_add(&script.begun, 1);
    return at < 64 && script.begins[at] == PLAY_BUSY ? ERR_BUSY : sql_sqlite.begin(sql);
}

static enum err scripted_commit(struct sql *sql)
{
    unsigned at = atomic_fetch_add(&script.committed, 1);
    switch (at < 16 ? script.commits[at] : PLAY_REST) {
    case PLAY_BUSY:
        sql_sqlite.rollback(sql);
        return ERR_BUSY;
    case PLAY_LOST_UNSURE:
        sql_sqlite.rollback(sql);
        return ERR_UNSURE;
    case PLAY_KEPT_UNSURE: {
        enum err err = sql_sqlite.commit(sql);
        return err == OK ? ERR_UNSURE : err;
    }
    default:
        return sql_sqlite.commit(sql);
    }
}

static struct sql_driver scripted;

static enum err probe_apply(struct write_job *job, struct db *db)
{
    struct probe *probe = (struct probe *)job;
    struct message message = { .id = probe->id, .chat = 1000, .seq = probe->id, .content = STR("x") };
    probe->applied++;
    probe->harness->applied++;
    return probe->harness->writes_nothing ? OK : message_insert(db, &message);
}

static void probe_done(struct write_job *job)
{
    struct probe *probe = (struct probe *)job;
    struct harness *harness = probe->harness;
    pthread_mutex_lock(&harness->mutex);
    probe->order = ++harness->done;
    pthread_cond_broadcast(&harness->change);
    pthread_mutex_unlock(&harness->mutex);
}

static enum err shared_open(void *context, struct db *db)
{
    (void)db;
    struct harness *harness = context;
    unsigned at = harness->opens++;
    if (at < 2 && harness->comer_counts[at] > 0)
        submit(harness, harness->comers[at], harness->comer_counts[at]);
    harness->applied = 0;
    harness->opened_us = clock_mono_us();
    return OK;
}

static enum err shared_close(void *context, struct db *db, bool *wrote)
{
    (void)db;
    *wrote = !((struct harness *)context)->writes_nothing;
    return OK;
}

static bool shared_full(void *context)
{
    struct harness *harness = context;
    return harness->full_after > 0 && harness->applied >= harness->full_after;
}

static void shared_again(void *context)
{
    ((struct harness *)context)->agains++;
}

static enum err shared_resolve(void *context, struct db *db, bool *happened)
{
    struct harness *harness = context;
    int64_t last = 0;
    pthread_mutex_lock(&harness->mutex);
    harness->done_at_resolve = harness->done;
    harness->resolves++;
    pthread_mutex_unlock(&harness->mutex);
    if (harness->resolve_failures > 0) {
        harness->resolve_failures--;
        return harness->resolve_first;
    }
    enum err err = message_last_id(db, &last);
    *happened = last > 0;
    return err;
}

static void shared_poked(void *context, struct db *db)
{
    struct harness *harness = context;
    assert_false(db_sql(db)->v->in_transaction(db_sql(db)));
    pthread_mutex_lock(&harness->mutex);
    harness->pokes++;
    pthread_cond_broadcast(&harness->change);
    pthread_mutex_unlock(&harness->mutex);
}

static unsigned shared_crowd(void *context)
{
    struct harness *harness = context;
    harness->crowd_asked++;
    return harness->crowd;
}

static void batch_end(void *context, enum err result)
{
    struct harness *harness = context;
    pthread_mutex_lock(&harness->mutex);
    if (harness->ends < 16)
        harness->batches[harness->ends] = harness->done;
    harness->ends++;
    harness->last_end = result;
    pthread_cond_broadcast(&harness->change);
    pthread_mutex_unlock(&harness->mutex);
}

static const struct writer_shared hooks = {
    .open = shared_open,
    .close = shared_close,
    .full = shared_full,
    .again = shared_again,
    .resolve = shared_resolve,
    .poked = shared_poked,
    .crowd = shared_crowd,
};

void harness_start(struct harness *harness, void **state, size_t queue_max)
{
    *harness = (struct harness){ .store = *state };
    script = (struct script){ 0 };
    scripted = sql_sqlite;
    scripted.shared = true;
    scripted.begin = scripted_begin;
    scripted.commit = scripted_commit;
    db_sql(harness->store->db)->v = &scripted;
    pthread_mutex_init(&harness->mutex, NULL);
    pthread_cond_init(&harness->change, NULL);
    struct writer_options options = { .queue_max = queue_max,
                                      .batch_max = 100,
                                      .db = harness->store->db,
                                      .batch_end = batch_end,
                                      .context = harness,
                                      .shared = &hooks };
    assert_ok(writer_new(&options, &harness->writer));
}

void harness_stop(struct harness *harness)
{
    writer_free(&harness->writer);
    pthread_cond_destroy(&harness->change);
    pthread_mutex_destroy(&harness->mutex);
    db_sql(harness->store->db)->v = &sql_sqlite;
}

void await(struct harness *harness, const size_t *number, size_t value)
{
    pthread_mutex_lock(&harness->mutex);
    while (*number < value)
        pthread_cond_wait(&harness->change, &harness->mutex);
    pthread_mutex_unlock(&harness->mutex);
}

struct probe *probes_make(struct harness *harness, size_t count)
{
    struct probe *probes = mem_zalloc(count * sizeof(*probes));
    for (size_t i = 0; i < count; i++) {
        probes[i].job = (struct write_job){ .single = i % 2 == 0, .apply = probe_apply, .done = probe_done };
        probes[i].harness = harness;
        probes[i].id = (int64_t)i + 1;
    }
    return probes;
}

void submit(struct harness *harness, struct probe *probes, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++)
        probes[i].job.next = &probes[i + 1].job;
    assert_ok(writer_submit_all(harness->writer, &probes[0].job, &probes[count - 1].job, count));
}

int64_t stored(struct harness *harness)
{
    return store_number(harness->store, "SELECT COUNT(*) FROM message");
}
