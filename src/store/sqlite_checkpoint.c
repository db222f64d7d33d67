/* sqlite_checkpoint.c: moving the WAL into the database file.
 * A checkpoint is cheap but for its sync: the pages lie all over the file,
 * and a disk takes 40 µs and more for each, tens of milliseconds in which
 * nothing could be committed. So the sync is left to a thread of its own:
 *
 *  1. A second, reading connection opens a snapshot: the pin. While it
 *     stands, SQLite does not start the WAL over.
 *  2. The writer checkpoints without a sync and goes on committing, which
 *     appends to the same WAL.
 *  3. The thread syncs the database file. Then the pin goes.
 *
 * Whenever the power fails, every page that was copied but not synced is
 * still in the WAL, which was synced at its commits. What was appended
 * meanwhile is less than before, and another round makes it less again; once
 * a few pages are left, one ordinary synced checkpoint takes them, and SQLite
 * starts the WAL over. Under a load that never lets it become few, that
 * checkpoint comes at the WAL's bound.
 *
 * There is still only one connection that writes and checkpoints, on one
 * thread; the sync is no SQLite operation but fdatasync on its file. */
#include "store/sqlite_checkpoint.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "os/log.h"
#include "store/sqlite_settings.h"
#include "util/mem.h"

enum sync_state { SYNC_NONE, SYNC_WANTED, SYNC_DONE, SYNC_END };

struct sqlite_checkpoint {
    sqlite3 *writer;
    sqlite3 *pin;
    sqlite3_stmt *pin_read;
    sqlite3_file *file; /* the writer's database file */
    int pages_due;      /* SQLITE_CHECKPOINT_PAGES */
    int wal_pages;      /* in the WAL after the last commit */
    int wal_written;    /* of those, already in the database file */
    int round_pages;    /* what the latest round had to copy */
    bool syncing;       /* the pin stands, the thread was asked */
    bool broken;        /* a sync failed: the WAL is all that is sure */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t change;
    /* Under the mutex. */
    enum sync_state state;
    int sync_rc;
};

static int wal_committed(void *context, sqlite3 *handle, const char *name, int pages)
{
    struct sqlite_checkpoint *cp = context;
    (void)handle;
    (void)name;
    if (pages < cp->wal_pages) /* it started over, so all of the old was written */
        cp->wal_written = 0;
    cp->wal_pages = pages;
    return SQLITE_OK;
}

static enum err report(sqlite3 *handle, int rc, const char *doing)
{
    if (rc == SQLITE_OK)
        return OK;
    log_error("store", "checkpoint failed", LOG_TEXT("doing", doing), LOG_TEXT("error", sqlite3_errstr(rc)),
              LOG_I64("errno", sqlite3_system_errno(handle)));
    return (rc & 0xff) == SQLITE_FULL ? ERR_DISK_FULL : ERR_IO;
}

static void *sync_main(void *argument)
{
    struct sqlite_checkpoint *cp = argument;
    pthread_mutex_lock(&cp->mutex);
    while (cp->state != SYNC_END) {
        if (cp->state != SYNC_WANTED) {
            pthread_cond_wait(&cp->change, &cp->mutex);
            continue;
        }
        pthread_mutex_unlock(&cp->mutex);
        int rc = cp->file->pMethods->xSync(cp->file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
        pthread_mutex_lock(&cp->mutex);
        cp->sync_rc = rc;
        cp->state = SYNC_DONE;
        pthread_cond_broadcast(&cp->change);
    }
    pthread_mutex_unlock(&cp->mutex);
    return NULL;
}

static void set_state(struct sqlite_checkpoint *cp, enum sync_state state)
{
    pthread_mutex_lock(&cp->mutex);
    cp->state = state;
    pthread_cond_broadcast(&cp->change);
    pthread_mutex_unlock(&cp->mutex);
}

/* Whether the sync has ended; waits for it when told to. */
static bool sync_ended(struct sqlite_checkpoint *cp, bool wait)
{
    pthread_mutex_lock(&cp->mutex);
    while (wait && cp->state != SYNC_DONE)
        pthread_cond_wait(&cp->change, &cp->mutex);
    bool ended = cp->state == SYNC_DONE;
    pthread_mutex_unlock(&cp->mutex);
    return ended;
}

static enum err pin_open(struct sqlite_checkpoint *cp)
{
    const char *path = sqlite3_db_filename(cp->writer, "main");
    int rc = sqlite3_open_v2(path, &cp->pin, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(cp->pin, SQLITE_SETTINGS_READER, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_db_config(cp->pin, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v3(cp->pin, "SELECT 1 FROM sqlite_schema", -1, SQLITE_PREPARE_PERSISTENT, &cp->pin_read,
                                NULL);
    return report(cp->pin, rc, "pin open");
}

enum err sqlite_checkpoint_new(sqlite3 *writer, struct sqlite_checkpoint **out)
{
    struct sqlite_checkpoint *cp = mem_zalloc(sizeof *cp);
    cp->writer = writer;
    cp->pages_due = SQLITE_CHECKPOINT_PAGES;
    int rc = sqlite3_file_control(writer, "main", SQLITE_FCNTL_FILE_POINTER, &cp->file);
    enum err err = rc == SQLITE_OK ? pin_open(cp) : report(writer, rc, "file");
    if (err == OK) {
        pthread_mutex_init(&cp->mutex, NULL);
        pthread_cond_init(&cp->change, NULL);
        if (pthread_create(&cp->thread, NULL, sync_main, cp) != 0)
            err = ERR_SYSTEM;
    }
    if (err != OK) {
        sqlite3_finalize(cp->pin_read);
        sqlite3_close(cp->pin);
        free(cp);
        return err;
    }
    (void)pthread_setname_np(cp->thread, "im-sync");
    sqlite3_wal_hook(writer, wal_committed, cp);
    *out = cp;
    return OK;
}

void sqlite_checkpoint_free(struct sqlite_checkpoint **checkpoint)
{
    struct sqlite_checkpoint *cp = *checkpoint;
    if (cp == NULL)
        return;
    if (cp->syncing)
        (void)sync_ended(cp, true);
    set_state(cp, SYNC_END);
    pthread_join(cp->thread, NULL);
    pthread_cond_destroy(&cp->change);
    pthread_mutex_destroy(&cp->mutex);
    sqlite3_wal_hook(cp->writer, NULL, NULL);
    if (cp->broken || cp->syncing) /* the next start reads the WAL again */
        sqlite3_db_config(cp->writer, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
    sqlite3_finalize(cp->pin_read);
    sqlite3_close(cp->pin);
    free(cp);
    *checkpoint = NULL;
}

/* Readers at work are no failure: what they hold back the next one writes. */
static enum err copy(struct sqlite_checkpoint *cp, int mode, int wait_ms)
{
    int pages = -1;
    int written = -1;
    sqlite3_busy_timeout(cp->writer, wait_ms);
    int rc = sqlite3_wal_checkpoint_v2(cp->writer, NULL, mode, &pages, &written);
    sqlite3_busy_timeout(cp->writer, SQLITE_BUSY_MS);
    if (pages >= 0 && written >= 0) {
        cp->wal_pages = pages;
        cp->wal_written = written;
    }
    if ((rc & 0xff) == SQLITE_BUSY)
        return mode == SQLITE_CHECKPOINT_TRUNCATE ? ERR_BUSY : OK;
    return report(cp->writer, rc, "checkpoint");
}

static enum err pin_down(struct sqlite_checkpoint *cp)
{
    int rc = sqlite3_exec(cp->pin, "BEGIN", NULL, NULL, NULL);
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(cp->pin_read); /* a snapshot opens at the first read */
        rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
        sqlite3_reset(cp->pin_read);
    }
    return report(cp->pin, rc, "pin");
}

static void pin_up(struct sqlite_checkpoint *cp)
{
    if (sqlite3_get_autocommit(cp->pin) == 0)
        (void)sqlite3_exec(cp->pin, "ROLLBACK", NULL, NULL, NULL);
}

/* Copies what the WAL holds and asks the thread for the sync. */
static enum err round_start(struct sqlite_checkpoint *cp)
{
    enum err err = pin_down(cp);
    if (err == OK)
        err = report(cp->writer, sqlite3_exec(cp->writer, "PRAGMA synchronous=OFF", NULL, NULL, NULL), "sync off");
    if (err != OK) {
        pin_up(cp);
        return err;
    }
    cp->round_pages = cp->wal_pages - cp->wal_written;
    err = copy(cp, SQLITE_CHECKPOINT_PASSIVE, 0);
    int rc = sqlite3_exec(cp->writer, "PRAGMA synchronous=FULL", NULL, NULL, NULL);
    assert(rc == SQLITE_OK); /* commits would not be durable */
    (void)rc;
    /* A copy that failed may have copied some pages: they are synced, too. */
    cp->syncing = true;
    set_state(cp, SYNC_WANTED);
    return err;
}

/* After a failed sync the kernel may call lost pages clean: only the WAL is
 * sure. So the pin stays, the WAL grows, and the next start recovers from it. */
static enum err round_end(struct sqlite_checkpoint *cp)
{
    enum err err = report(cp->writer, cp->sync_rc, "sync");
    if (err != OK) {
        log_error("store", "the database file could not be synced: restart after the disk is repaired");
        cp->broken = true;
        return err;
    }
    cp->syncing = false;
    pin_up(cp);
    return OK;
}

enum err sqlite_checkpoint_run(struct sqlite_checkpoint *cp)
{
    bool over = cp->wal_pages >= SQLITE_WAL_PAGES_MAX;
    enum err err = OK;
    if (cp->broken) /* reported when it happened */
        return OK;
    bool again = cp->syncing;
    if (cp->syncing) {
        if (!sync_ended(cp, over))
            return OK;
        err = round_end(cp);
        if (err != OK)
            return err;
    }
    int left = cp->wal_pages - cp->wal_written;
    if (over)
        return copy(cp, SQLITE_CHECKPOINT_RESTART, SQLITE_WAL_RESTART_MS);
    if (again && left <= SQLITE_CHECKPOINT_FEW_PAGES)
        return copy(cp, SQLITE_CHECKPOINT_PASSIVE, 0);
    /* A round that has much less to do than the one before comes closer to few. */
    if (left >= cp->pages_due || (again && left < cp->round_pages / 2))
        return round_start(cp);
    return OK;
}

enum err sqlite_checkpoint_final(struct sqlite_checkpoint *cp)
{
    enum err err = OK;
    if (cp->broken)
        return ERR_IO;
    if (cp->syncing) {
        (void)sync_ended(cp, true);
        err = round_end(cp);
    }
    return err != OK ? err : copy(cp, SQLITE_CHECKPOINT_TRUNCATE, SQLITE_BUSY_MS);
}

void sqlite_checkpoint_set_pages(struct sqlite_checkpoint *cp, int pages)
{
    cp->pages_due = pages;
}
