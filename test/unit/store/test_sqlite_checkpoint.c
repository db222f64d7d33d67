/* The checkpoint that leaves its sync to a thread. */
#include "store_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sql/sqlite_checkpoint.h"
#include "sql/sqlite_settings.h"

/* A connection of the test's own, with the checkpoint under test. */
struct bed {
    sqlite3 *handle;
    struct sqlite_checkpoint *checkpoint;
    int64_t rows;
};

static void run(struct bed *bed, const char *text)
{
    assert_int_equal(SQLITE_OK, sqlite3_exec(bed->handle, text, NULL, NULL, NULL));
}

static int64_t number(sqlite3 *handle, const char *text)
{
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(SQLITE_OK, sqlite3_prepare_v2(handle, text, -1, &stmt, NULL));
    assert_int_equal(SQLITE_ROW, sqlite3_step(stmt));
    int64_t value = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return value;
}

static void bed_open(struct bed *bed, struct store *store, int pages)
{
    db_close(&store->db);
    assert_int_equal(SQLITE_OK, sqlite3_open(store->path, &bed->handle));
    run(bed, SQLITE_SETTINGS_WRITER);
    assert_ok(sqlite_checkpoint_new(bed->handle, &bed->checkpoint));
    sqlite_checkpoint_set_pages(bed->checkpoint, pages);
    bed->rows = number(bed->handle, "SELECT COUNT(*) FROM message");
}

static void bed_close(struct bed *bed)
{
    sqlite_checkpoint_free(&bed->checkpoint);
    assert_int_equal(SQLITE_OK, sqlite3_close(bed->handle));
}

static void write_rows(struct bed *bed, int count)
{
    char text[256];
    snprintf(text, sizeof text,
             "WITH RECURSIVE n (i) AS (SELECT %lld UNION ALL SELECT i + 1 FROM n WHERE i < %lld)"
             " INSERT INTO message (id, chat, seq, sender, type, created, content) SELECT i, 1000, i, 1, 1, 1, "
             "hex(zeroblob(500)) FROM n",
             (long long)bed->rows + 1, (long long)bed->rows + count);
    run(bed, text);
    bed->rows += count;
}

static int64_t wal_generation(struct store *store)
{
    /* Its header counts how often it started over (the checkpoint sequence number of the file format). */
    char path[128];
    unsigned char header[32] = { 0 };
    snprintf(path, sizeof path, "%s-wal", store->path);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(header, 1, sizeof header, file);
    fclose(file);
    assert_int_equal(sizeof header, size);
    return header[12] << 24 | header[13] << 16 | header[14] << 8 | header[15];
}

static void the_wal_starts_over_under_a_light_load(void **state)
{
    struct store *store = *state;
    struct bed bed;
    bed_open(&bed, store, 200);
    write_rows(&bed, 1);
    int64_t first = wal_generation(store);
    for (int i = 0; i < 2000 && wal_generation(store) < first + 3; i++) {
        write_rows(&bed, 30);
        assert_ok(sqlite_checkpoint_run(bed.checkpoint));
        usleep(1000);
    }
    assert_true(wal_generation(store) >= first + 3);
    assert_int_equal(bed.rows, number(bed.handle, "SELECT COUNT(*) FROM message"));
    bed_close(&bed);
}

static void commits_stay_synced_between_rounds(void **state)
{
    struct store *store = *state;
    struct bed bed;
    bed_open(&bed, store, 50);
    for (int i = 0; i < 50; i++) {
        write_rows(&bed, 30);
        assert_ok(sqlite_checkpoint_run(bed.checkpoint));
        assert_int_equal(2, number(bed.handle, "PRAGMA synchronous"));
    }
    bed_close(&bed);
}

static void a_long_reader_does_not_make_it_spin_or_fail(void **state)
{
    struct store *store = *state;
    struct bed bed;
    sqlite3 *reader = NULL;
    bed_open(&bed, store, 100);
    write_rows(&bed, 100);
    assert_int_equal(SQLITE_OK, sqlite3_open(store->path, &reader));
    assert_int_equal(SQLITE_OK, sqlite3_exec(reader, "BEGIN", NULL, NULL, NULL));
    assert_int_equal(100, number(reader, "SELECT COUNT(*) FROM message"));
    for (int i = 0; i < 100; i++) {
        write_rows(&bed, 30);
        assert_ok(sqlite_checkpoint_run(bed.checkpoint));
    }
    assert_int_equal(100, number(reader, "SELECT COUNT(*) FROM message"));
    assert_err(ERR_BUSY, sqlite_checkpoint_final(bed.checkpoint));
    assert_int_equal(SQLITE_OK, sqlite3_close(reader));
    assert_ok(sqlite_checkpoint_final(bed.checkpoint));
    assert_int_equal(3100, number(bed.handle, "SELECT COUNT(*) FROM message"));
    bed_close(&bed);
}

static void ending_in_the_middle_of_a_sync_loses_nothing(void **state)
{
    struct store *store = *state;
    for (int i = 0; i < 5; i++) {
        struct bed bed;
        bed_open(&bed, store, 10);
        write_rows(&bed, 200);
        assert_ok(sqlite_checkpoint_run(bed.checkpoint)); /* a round has begun */
        write_rows(&bed, 5);
        int64_t rows = bed.rows;
        bed_close(&bed);
        assert_ok(db_open(&sql_sqlite, store->path, SQL_WRITER, &store->db));
        assert_int_equal(rows, store_number(store, "SELECT COUNT(*) FROM message"));
        assert_int_equal(1, store_number(store, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"));
    }
}

/* What a power cut leaves: the WAL, which was synced, and a database file in
 * which any of the pages copied since its last sync may be missing. The worst
 * case is the file as it was before the rounds. */
static void the_wal_alone_restores_what_was_copied_but_not_synced(void **state)
{
    struct store *store = *state;
    struct bed bed;
    char command[1024];
    db_close(&store->db);
    snprintf(command, sizeof command, "cp %s %s.old", store->path, store->path);
    assert_int_equal(0, system(command));
    bed_open(&bed, store, 10);
    write_rows(&bed, 2000);
    assert_ok(sqlite_checkpoint_run(bed.checkpoint)); /* copied, its sync under way */
    write_rows(&bed, 7);
    int64_t rows = bed.rows;
    /* The WAL now, the file from before. */
    snprintf(command, sizeof command, "cp %s-wal %s.old-wal", store->path, store->path);
    assert_int_equal(0, system(command));
    bed_close(&bed);
    snprintf(command, sizeof command, "rm -f %s %s-wal %s-shm && mv %s.old %s && mv %s.old-wal %s-wal", store->path,
             store->path, store->path, store->path, store->path, store->path, store->path);
    assert_int_equal(0, system(command));
    assert_ok(db_open(&sql_sqlite, store->path, SQL_WRITER, &store->db));
    assert_int_equal(rows, store_number(store, "SELECT COUNT(*) FROM message"));
    assert_int_equal(1, store_number(store, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(the_wal_starts_over_under_a_light_load),
        test(commits_stay_synced_between_rounds),
        test(a_long_reader_does_not_make_it_spin_or_fail),
        test(ending_in_the_middle_of_a_sync_loses_nothing),
        test(the_wal_alone_restores_what_was_copied_but_not_synced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
