/* What a power cut leaves at the worst: of each file the bytes of its last
 * sync, and of what was written later any part. A VFS around SQLite's own
 * keeps a copy of both files at every sync; at random moments the test builds
 * such a disk from them, opens it, and asks for every committed row. */
#include "store_fixture.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sql/sqlite_checkpoint.h"
#include "util/buf.h"

#define PAGE 4096

enum kind { KIND_DB, KIND_WAL, KINDS };

static struct {
    pthread_mutex_t mutex;
    sqlite3_file *files[KINDS]; /* the writer's */
    struct buf synced[KINDS];
    const sqlite3_io_methods *methods[KINDS]; /* SQLite's, and with our sync in them */
    sqlite3_io_methods wrapped[KINDS];
    sqlite3_vfs vfs;
    sqlite3_vfs *base;
    bool watch; /* files opened now are the writer's */
} disk = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static void file_copy(sqlite3_file *file, struct buf *out)
{
    sqlite3_int64 size = 0;
    assert_int_equal(SQLITE_OK, file->pMethods->xFileSize(file, &size));
    buf_clear(out);
    buf_reserve(out, (size_t)size + 1);
    if (size > 0)
        (void)file->pMethods->xRead(file, out->ptr, (int)size, 0);
    out->size = (size_t)size;
}

/* The copy is taken before the sync: what is written meanwhile is not sure. */
static int wrapped_sync(sqlite3_file *file, int flags)
{
    (void)flags;
    pthread_mutex_lock(&disk.mutex);
    for (enum kind kind = 0; kind < KINDS; kind++)
        if (disk.files[kind] == file)
            file_copy(file, &disk.synced[kind]);
    pthread_mutex_unlock(&disk.mutex);
    return SQLITE_OK; /* no real sync, for speed: only the copies are at stake */
}

static int wrapped_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    (void)vfs;
    int rc = disk.base->xOpen(disk.base, name, file, flags, out_flags);
    if (rc != SQLITE_OK || (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) == 0)
        return rc;
    enum kind kind = flags & SQLITE_OPEN_WAL ? KIND_WAL : KIND_DB;
    if (disk.methods[kind] == NULL) {
        disk.methods[kind] = file->pMethods;
        disk.wrapped[kind] = *file->pMethods;
        disk.wrapped[kind].xSync = wrapped_sync;
    }
    assert_ptr_equal(disk.methods[kind], file->pMethods);
    file->pMethods = &disk.wrapped[kind];
    if (disk.watch && disk.files[kind] == NULL) { /* the writer opens first */
        disk.files[kind] = file;
        file_copy(file, &disk.synced[kind]);
    }
    return rc;
}

static void vfs_install(void)
{
    disk.base = sqlite3_vfs_find(NULL);
    disk.vfs = *disk.base;
    disk.vfs.zName = "power_cut";
    disk.vfs.xOpen = wrapped_open;
    assert_int_equal(SQLITE_OK, sqlite3_vfs_register(&disk.vfs, 1));
}

static void vfs_remove(void)
{
    sqlite3_vfs_unregister(&disk.vfs);
    sqlite3_vfs_register(disk.base, 1);
    for (enum kind kind = 0; kind < KINDS; kind++) {
        buf_release(&disk.synced[kind]);
        disk.files[kind] = NULL;
    }
}

/* The synced bytes, with a random choice of the later pages. */
static void write_mixed(const char *path, enum kind kind, uint64_t *seed)
{
    struct buf now = { 0 };
    const struct buf *sure = &disk.synced[kind];
    uint64_t later = seed_next(seed) % 4; /* of four pages so many made it */
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    file_copy(disk.files[kind], &now);
    for (size_t at = 0; at < now.size || at < sure->size; at += PAGE) {
        bool take = at < now.size && (at >= sure->size || seed_next(seed) % 4 < later);
        if (take && at >= sure->size && later == 0)
            break; /* nothing that came after */
        const struct buf *from = take ? &now : sure;
        size_t size = from->size - at < PAGE ? from->size - at : PAGE;
        assert_int_equal(size, fwrite(from->ptr + at, 1, size, file));
    }
    fclose(file);
    buf_release(&now);
}

static void cut(struct store *store, int64_t committed, uint64_t *seed)
{
    struct store after = { 0 };
    char wal[128];
    snprintf(after.path, sizeof after.path, "%s/cut.db", store->dir);
    snprintf(wal, sizeof wal, "%s-wal", after.path);
    pthread_mutex_lock(&disk.mutex);
    write_mixed(after.path, KIND_DB, seed);
    write_mixed(wal, KIND_WAL, seed);
    pthread_mutex_unlock(&disk.mutex);
    assert_ok(db_open(&sql_sqlite, after.path, SQL_WRITER, &after.db));
    assert_int_equal(1, store_number(&after, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"));
    assert_int_equal(committed, store_number(&after, "SELECT COUNT(*) FROM message"));
    db_close(&after.db);
    unlink(after.path);
    unlink(wal);
}

static void write_batch(struct store *store, int64_t *rows, uint64_t *seed)
{
    struct sql *sql = db_sql(store->db);
    static char content[20000];
    memset(content, 'x', sizeof content);
    assert_ok(sql->v->begin(sql));
    for (uint64_t i = seed_next(seed) % 40; i-- > 0;) {
        content[seed_next(seed) % sizeof content] = '\0'; /* where it ends */
        message_make(store, *rows + 1, 1000 + (int64_t)(seed_next(seed) % 50), *rows + 1, content);
        memset(content, 'x', sizeof content);
        ++*rows;
    }
    assert_ok(sql->v->commit(sql));
}

/* A reader that comes and goes, and so holds checkpoints back. */
static void read_sometimes(struct db *reader, bool *reading, uint64_t *seed)
{
    int64_t head = 0;
    if (seed_next(seed) % 8 != 0)
        return;
    if (*reading) {
        db_read_end(reader);
    } else {
        assert_ok(db_read_begin(reader));
        assert_ok(message_head(reader, 1000, &head));
    }
    *reading = !*reading;
}

static void a_power_cut_at_any_moment_loses_no_commit(void **state)
{
    struct store *store = *state;
    uint64_t seed = seed_take();
    int64_t rows = 0;
    bool reading = false;
    db_close(&store->db);
    vfs_install();
    disk.watch = true;
    assert_ok(db_open(&sql_sqlite, store->path, SQL_WRITER, &store->db));
    struct sql *sql = db_sql(store->db);
    sqlite_set_checkpoint_pages(sql, 200);
    struct db *reader = store_reader(store);
    disk.watch = false;
    for (int i = 0; i < 250; i++) {
        write_batch(store, &rows, &seed);
        read_sometimes(reader, &reading, &seed);
        assert_ok(sql->v->maintain(sql, false));
        if (seed_next(&seed) % 4 == 0)
            cut(store, rows, &seed);
        if (seed_next(&seed) % 100 == 0 && !reading)
            assert_ok(sql->v->maintain(sql, true));
    }
    if (reading)
        db_read_end(reader);
    db_close(&store->reader);
    db_close(&store->db);
    vfs_remove();
    assert_ok(db_open(&sql_sqlite, store->path, SQL_WRITER, &store->db));
    assert_int_equal(rows, store_number(store, "SELECT COUNT(*) FROM message"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_power_cut_at_any_moment_loses_no_commit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
