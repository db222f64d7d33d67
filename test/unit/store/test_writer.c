/* The group-commit queue. */
#include "store_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/mem.h"

/* A job that writes one message, and what became of it. */
struct probe {
    struct write_job job;
    struct harness *harness;
    int64_t id;
    int64_t size;      /* of the content */
    enum err fail;     /* returned after writing */
    bool lose;         /* ends the transaction, as a full disk may */
    size_t done_order; /* from 1; 0: not yet */
};

/* Counts under a mutex; gate holds the writer inside a batch. */
struct harness {
    struct store *store;
    struct writer *writer;
    pthread_mutex_t mutex;
    pthread_cond_t change;
    size_t done;
    size_t begins, ends;
    size_t batch_done; /* since the last begin */
    enum err last_end;
    bool gate_shut;
    bool at_gate;
};

static void batch_begin(void *context)
{
    struct harness *harness = context;
    pthread_mutex_lock(&harness->mutex);
    harness->begins++;
    harness->batch_done = 0;
    harness->at_gate = true;
    pthread_cond_broadcast(&harness->change);
    while (harness->gate_shut)
        pthread_cond_wait(&harness->change, &harness->mutex);
    harness->at_gate = false;
    pthread_mutex_unlock(&harness->mutex);
}

static void batch_end(void *context, enum err result)
{
    struct harness *harness = context;
    pthread_mutex_lock(&harness->mutex);
    harness->ends++;
    harness->last_end = result;
    pthread_cond_broadcast(&harness->change);
    pthread_mutex_unlock(&harness->mutex);
}

static enum err probe_apply(struct write_job *job, struct db *db)
{
    struct probe *probe = (struct probe *)job;
    char *content = mem_zalloc((size_t)probe->size + 1);
    struct message message = {
        .id = probe->id, .chat = 1000, .seq = probe->id, .content = { content, (size_t)probe->size }
    };
    enum err err = message_insert(db, &message);
    free(content);
    if (probe->lose)
        db_sql(db)->v->rollback(db_sql(db));
    return err != OK ? err : probe->fail;
}

static void probe_done(struct write_job *job)
{
    struct probe *probe = (struct probe *)job;
    struct harness *harness = probe->harness;
    pthread_mutex_lock(&harness->mutex);
    probe->done_order = ++harness->done;
    harness->batch_done++;
    pthread_cond_broadcast(&harness->change);
    pthread_mutex_unlock(&harness->mutex);
}

static void harness_start(struct harness *harness, struct store *store, size_t queue_max, size_t batch_max)
{
    *harness = (struct harness){ .store = store };
    pthread_mutex_init(&harness->mutex, NULL);
    pthread_cond_init(&harness->change, NULL);
    struct writer_options options = { .queue_max = queue_max,
                                      .batch_max = batch_max,
                                      .db = store->db,
                                      .batch_begin = batch_begin,
                                      .batch_end = batch_end,
                                      .context = harness };
    assert_ok(writer_new(&options, &harness->writer));
}

static void harness_stop(struct harness *harness)
{
    writer_free(&harness->writer);
    assert_null(harness->writer);
    pthread_cond_destroy(&harness->change);
    pthread_mutex_destroy(&harness->mutex);
}

static void gate(struct harness *harness, bool shut)
{
    pthread_mutex_lock(&harness->mutex);
    harness->gate_shut = shut;
    pthread_cond_broadcast(&harness->change);
    pthread_mutex_unlock(&harness->mutex);
}

static void await(struct harness *harness, const size_t *number, size_t value)
{
    pthread_mutex_lock(&harness->mutex);
    while (*number < value)
        pthread_cond_wait(&harness->change, &harness->mutex);
    pthread_mutex_unlock(&harness->mutex);
}

static struct probe *probes_make(struct harness *harness, size_t count)
{
    struct probe *probes = mem_zalloc(count * sizeof *probes);
    for (size_t i = 0; i < count; i++)
        probes[i] = (struct probe){ .job = { .single = i % 2 == 0, .apply = probe_apply, .done = probe_done },
                                    .harness = harness,
                                    .id = (int64_t)i + 1,
                                    .size = 10 };
    return probes;
}

/* Submits probes 1.. as one batch behind probe 0, which the gate holds. */
static void submit_as_one_batch(struct harness *harness, struct probe *probes, size_t count)
{
    gate(harness, true);
    assert_ok(writer_submit(harness->writer, &probes[0].job));
    pthread_mutex_lock(&harness->mutex);
    while (!harness->at_gate)
        pthread_cond_wait(&harness->change, &harness->mutex);
    pthread_mutex_unlock(&harness->mutex);
    for (size_t i = 1; i < count; i++)
        assert_ok(writer_submit(harness->writer, &probes[i].job));
    assert_int_equal(count - 1, writer_queued(harness->writer));
    gate(harness, false);
}

static int64_t rows(struct store *store)
{
    int64_t count = -1;
    struct arena arena = { 0 };
    struct message_list list;
    assert_ok(message_page(store_reader(store), &arena, 1000, 0, 1000000, &list));
    count = (int64_t)list.count;
    arena_release(&arena);
    return count;
}

static void jobs_are_done_in_order_and_stored_before(void **state)
{
    struct harness harness;
    harness_start(&harness, *state, 10000, 64);
    struct probe *probes = probes_make(&harness, 1000);
    submit_as_one_batch(&harness, probes, 1000);
    await(&harness, &harness.done, 1000);
    assert_int_equal(1000, rows(*state)); /* another connection sees them already */
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(i + 1, probes[i].done_order);
        assert_ok(probes[i].job.result);
    }
    harness_stop(&harness);
    assert_int_equal(harness.begins, harness.ends);
    assert_int_equal(1 + 16, harness.begins); /* 999 in batches of at most 64 */
    free(probes);
}

static void a_failing_job_fails_alone(void **state)
{
    struct store *store = *state;
    struct harness harness;
    harness_start(&harness, store, 100, 100);
    struct probe *probes = probes_make(&harness, 10);
    probes[3].fail = ERR_DENIED; /* wrote, in a savepoint, then failed */
    probes[6].id = 2;            /* single: the row is taken */
    probes[7].id = 3;            /* the same, in a savepoint */
    submit_as_one_batch(&harness, probes, 10);
    await(&harness, &harness.ends, 2);
    assert_ok(harness.last_end);
    for (size_t i = 0; i < 10; i++) {
        enum err expected = i == 3 ? ERR_DENIED : i == 6 || i == 7 ? ERR_EXISTS : OK;
        assert_int_equal(expected, probes[i].job.result);
    }
    harness_stop(&harness);
    assert_int_equal(7, rows(store));
    assert_int_equal(0, store_number(store, "SELECT COUNT(*) FROM message WHERE seq IN (4, 7, 8)"));
    free(probes);
}

static void a_lost_transaction_fails_its_whole_batch(void **state)
{
    struct store *store = *state;
    struct harness harness;
    harness_start(&harness, store, 100, 100);
    struct probe *probes = probes_make(&harness, 11);
    probes[4].lose = true;
    probes[4].fail = ERR_IO;
    submit_as_one_batch(&harness, probes, 10);
    await(&harness, &harness.ends, 2);
    assert_err(ERR_IO, harness.last_end);
    assert_ok(probes[0].job.result); /* a batch of its own */
    for (size_t i = 1; i < 10; i++)
        assert_err(ERR_IO, probes[i].job.result);
    assert_int_equal(1, rows(store));
    assert_ok(writer_submit(harness.writer, &probes[10].job));
    await(&harness, &harness.done, 11);
    assert_ok(probes[10].job.result);
    harness_stop(&harness);
    assert_int_equal(2, rows(store));
    free(probes);
}

static void a_full_store_fails_batches_and_works_again_with_room(void **state)
{
    struct store *store = *state;
    struct harness harness;
    (void)store_number(store, "PRAGMA max_page_count = 100");
    harness_start(&harness, store, 100, 100);
    struct probe *probes = probes_make(&harness, 60);
    for (size_t i = 0; i < 60; i++)
        probes[i].size = 10000; /* 60 of them do not fit */
    submit_as_one_batch(&harness, probes, 60);
    await(&harness, &harness.ends, 2);
    size_t stored = 0;
    for (size_t i = 0; i < 60; i++) {
        assert_true(probes[i].job.result == OK || probes[i].job.result == ERR_DISK_FULL);
        stored += probes[i].job.result == OK;
    }
    assert_true(stored < 60);
    harness_stop(&harness);
    assert_int_equal(stored, rows(store));

    (void)store_number(store, "PRAGMA max_page_count = 100000");
    harness_start(&harness, store, 100, 100);
    struct probe *again = probes_make(&harness, 60);
    for (size_t i = 0; i < 60; i++) {
        again[i].id += 1000;
        again[i].size = 10000;
    }
    submit_as_one_batch(&harness, again, 60);
    await(&harness, &harness.ends, 2);
    for (size_t i = 0; i < 60; i++)
        assert_ok(again[i].job.result);
    harness_stop(&harness);
    assert_int_equal(stored + 60, rows(store));
    free(again);
    free(probes);
}

static enum err nothing_apply(struct write_job *job, struct db *db)
{
    (void)job;
    (void)db;
    return OK;
}

static void a_batch_without_writes_is_reported(void **state)
{
    struct harness harness;
    harness_start(&harness, *state, 100, 100);
    struct probe *probes = probes_make(&harness, 5);
    for (size_t i = 0; i < 5; i++)
        probes[i].job.apply = nothing_apply;
    submit_as_one_batch(&harness, probes, 5);
    await(&harness, &harness.ends, 2);
    assert_int_equal(5, harness.done);
    assert_int_equal(4, harness.batch_done);
    for (size_t i = 0; i < 5; i++)
        assert_ok(probes[i].job.result);
    harness_stop(&harness);
    free(probes);
}

static void the_queue_is_bounded(void **state)
{
    struct harness harness;
    harness_start(&harness, *state, 3, 100);
    struct probe *probes = probes_make(&harness, 6);
    gate(&harness, true);
    assert_ok(writer_submit(harness.writer, &probes[0].job));
    await(&harness, &harness.begins, 1);
    for (size_t i = 1; i <= 3; i++)
        assert_ok(writer_submit(harness.writer, &probes[i].job));
    assert_err(ERR_FULL, writer_submit(harness.writer, &probes[4].job));
    assert_int_equal(3, writer_queued(harness.writer));
    gate(&harness, false);
    await(&harness, &harness.ends, 2);
    assert_ok(writer_submit(harness.writer, &probes[5].job));
    await(&harness, &harness.done, 5);
    harness_stop(&harness);
    assert_int_equal(0, probes[4].done_order);
    free(probes);
}

static void ending_commits_what_waits(void **state)
{
    struct store *store = *state;
    struct harness harness;
    harness_start(&harness, store, 1000, 10);
    struct probe *probes = probes_make(&harness, 500);
    for (size_t i = 0; i < 500; i++)
        assert_ok(writer_submit(harness.writer, &probes[i].job));
    harness_stop(&harness);
    assert_int_equal(500, harness.done);
    assert_int_equal(500, rows(store));
    free(probes);
}

static void statistics_add_up(void **state)
{
    struct harness harness;
    struct writer_stats stats;
    harness_start(&harness, *state, 100, 100);
    struct probe *probes = probes_make(&harness, 21);
    probes[15].lose = true;
    probes[15].fail = ERR_STORE;
    submit_as_one_batch(&harness, probes, 20);
    await(&harness, &harness.ends, 2);
    assert_ok(writer_submit(harness.writer, &probes[20].job)); /* so that the second is counted */
    await(&harness, &harness.ends, 3);
    writer_stats(harness.writer, &stats);
    assert_in_range(stats.batches, 2, 3);
    assert_in_range(stats.jobs, 20, 21);
    assert_int_equal(1, stats.failed_batches);
    assert_true(stats.commit_us_max <= stats.commit_us);
    harness_stop(&harness);
    free(probes);
}

/* Many threads submit at once; each one's jobs keep their order. */
struct submitter {
    pthread_t thread;
    struct harness *harness;
    struct probe *probes;
    size_t count;
};

static void *submit_all(void *argument)
{
    struct submitter *submitter = argument;
    for (size_t i = 0; i < submitter->count; i++)
        while (writer_submit(submitter->harness->writer, &submitter->probes[i].job) == ERR_FULL)
            usleep(100);
    return NULL;
}

static void many_threads_submit_at_once(void **state)
{
    struct store *store = *state;
    struct harness harness;
    struct submitter submitters[4];
    harness_start(&harness, store, 200, 50);
    struct probe *probes = probes_make(&harness, 2000);
    for (size_t i = 0; i < 4; i++) {
        submitters[i] = (struct submitter){ .harness = &harness, .probes = probes + i * 500, .count = 500 };
        assert_int_equal(0, pthread_create(&submitters[i].thread, NULL, submit_all, &submitters[i]));
    }
    for (size_t i = 0; i < 4; i++)
        pthread_join(submitters[i].thread, NULL);
    harness_stop(&harness);
    for (size_t i = 0; i < 2000; i++) {
        assert_ok(probes[i].job.result);
        assert_true(i % 500 == 0 || probes[i - 1].done_order < probes[i].done_order);
    }
    assert_int_equal(2000, rows(store));
    free(probes);
}

/* The child of the kill test: writes until it dies, reporting over a pipe. */
static int report_fd;

static void report_done(struct write_job *job)
{
    struct probe *probe = (struct probe *)job;
    if (job->result == OK && write(report_fd, &probe->id, sizeof probe->id) != sizeof probe->id)
        _exit(2);
    free(probe);
}

static void child_run(const char *path)
{
    struct db *db = NULL;
    struct writer *writer = NULL;
    if (db_open(&sql_sqlite, path, SQL_WRITER, &db) != OK)
        _exit(3);
    int64_t id = 0;
    if (message_last_id(db, &id) != OK)
        _exit(4);
    struct writer_options options = { .queue_max = 300, .batch_max = 100, .db = db };
    if (writer_new(&options, &writer) != OK)
        _exit(5);
    for (;;) {
        struct probe *probe = mem_zalloc(sizeof *probe);
        probe->job = (struct write_job){ .single = true, .apply = probe_apply, .done = report_done };
        probe->id = ++id;
        probe->size = 200;
        while (writer_submit(writer, &probe->job) == ERR_FULL)
            usleep(50);
    }
}

/* Kills a writing child after a while; the greatest id it reported. */
static int64_t child_kill(struct store *store, unsigned after_us)
{
    int fds[2];
    int status = 0;
    int64_t id = 0;
    int64_t last = 0;
    assert_int_equal(0, pipe(fds));
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(fds[0]);
        report_fd = fds[1];
        child_run(store->path);
    }
    close(fds[1]);
    /* The clock starts with the first report, so that every round has one. */
    while (read(fds[0], &id, sizeof id) == sizeof id) {
        if (last == 0) {
            usleep(after_us);
            kill(pid, SIGKILL);
        }
        assert_true(id > last);
        last = id;
    }
    close(fds[0]);
    assert_int_equal(pid, waitpid(pid, &status, 0));
    assert_true(WIFSIGNALED(status));
    return last;
}

static void everything_reported_survives_a_kill(void **state)
{
    struct store *store = *state;
    uint64_t seed = seed_take();
    db_close(&store->db);
    for (int round = 0; round < 20; round++) {
        int64_t last = child_kill(store, (unsigned)(seed_next(&seed) % 20000));
        assert_ok(db_open(&sql_sqlite, store->path, SQL_WRITER, &store->db));
        int64_t head = 0;
        assert_ok(message_head(store->db, 1000, &head));
        assert_true(last > 0);
        assert_true(head >= last);
        assert_int_equal(head, store_number(store, "SELECT COUNT(*) FROM message")); /* no gaps */
        assert_int_equal(1, store_number(store, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"));
        db_close(&store->db);
    }
    assert_ok(db_open(&sql_sqlite, store->path, SQL_WRITER, &store->db));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(everything_reported_survives_a_kill), /* forks: before any thread */
        test(jobs_are_done_in_order_and_stored_before),
        test(a_failing_job_fails_alone),
        test(a_lost_transaction_fails_its_whole_batch),
        test(a_full_store_fails_batches_and_works_again_with_room),
        test(a_batch_without_writes_is_reported),
        test(the_queue_is_bounded),
        test(ending_commits_what_waits),
        test(statistics_add_up),
        test(many_threads_submit_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
