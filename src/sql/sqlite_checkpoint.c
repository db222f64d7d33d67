/* sqlite_checkpoint.c: moving the WAL into the database file.
 * Copying pages is cheap; syncing them is not, since they lie all over the
 * file and a disk takes 40 µs and more for each: tens of milliseconds in
 * which nothing could be committed. So the sync is left to a thread:
 *
 *  1. Every few thousand pages the writer copies what the WAL holds, without
 *     a sync. Before, a second, reading connection opens a snapshot: the pin.
 *     While one stands, SQLite does not start the WAL over.
 *  2. When much was copied, the thread writes the file's dirty pages out, a
 *     stretch at a time, so that the syncs of commits find the disk's queue
 *     short, and then syncs the file. The writer goes on committing, which
 *     appends to the same WAL.
 *  3. What was appended meanwhile is less than before, and another round
 *     makes it less again. Once few pages are left, one ordinary synced
 *     checkpoint without the pin takes them, and SQLite starts the WAL over.
 *     Under a load that never lets it become few, that comes at the WAL's bound.
 *
 * Whenever the power fails, every page that was copied but not synced is
 * still in the WAL, which was synced at its commits. There is still only one
 * connection that writes and checkpoints, on one thread; what the other
 * thread does is no SQLite operation, but fdatasync on its file. */
#include "sql/sqlite_checkpoint.h"

#include <assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/log.h"
#include "sql/sqlite_settings.h"
#include "util/mem.h"

enum sync_state { SYNC_NONE, SYNC_WANTED, SYNC_DONE, SYNC_END };

/* Written out at once; holds few dirty pages, for they are scattered. */
#define STRETCH_BYTES (1 << 20)
#define STRETCH_ROUND_PAGES 1024 /* fewer are synced at once */
#define SYNC_FLAGS (SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY)

struct sqlite_checkpoint {
    sqlite3 *writer;
    sqlite3 *pin;
    sqlite3_stmt *pin_read;
    sqlite3_file *file; /* the writer's database file */
    int fd;             /* the same file, for the thread */
    int pages_due;      /* SQLITE_CHECKPOINT_PAGES */
    int wal_pages;      /* in the WAL after the last commit */
    int wal_written;    /* of those, already in the database file */
    int wal_synced;     /* of those, known to be on the disk or being synced */
    int round_pages;    /* what the latest sync was asked for */
    int restart_pages;  /* over the bound: the length at which starting over is tried next */
    bool syncing;       /* the thread was asked */
    bool complete;      /* all is in the database file and synced: the next commit may start the WAL over */
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
    if (cp->complete || pages < cp->wal_pages) /* it started over, or may have */
        cp->wal_written = cp->wal_synced = cp->restart_pages = 0;
    cp->wal_pages = pages;
    cp->complete = false;
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

/* Starts and awaits the writing of each stretch; sync alone makes it sure. */
static void write_out(int fd)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return;
    for (off_t at = 0; at < info.st_size; at += STRETCH_BYTES)
        (void)sync_file_range(fd, at, STRETCH_BYTES, SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
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
        if (cp->round_pages >= STRETCH_ROUND_PAGES)
            write_out(cp->fd);
        int rc = cp->file->pMethods->xSync(cp->file, SYNC_FLAGS);
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
    cp->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (cp->fd < 0)
        return report(cp->writer, SQLITE_CANTOPEN, "open for syncing");
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
    cp->fd = -1;
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
        if (cp->fd >= 0)
            close(cp->fd);
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
    /* Closing would drop the WAL without a sync of what was copied: the next start reads it again. */
    if (cp->broken || cp->syncing || cp->wal_written > cp->wal_synced)
        sqlite3_db_config(cp->writer, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
    sqlite3_finalize(cp->pin_read);
    sqlite3_close(cp->pin);
    close(cp->fd); /* and with it go this process's POSIX locks on the file; the data directory has its own */
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

/* Copies what the WAL holds, without a sync, under a new pin. Nothing is
 * written between the old pin and the new, so the WAL cannot start over. */
static enum err copy_pinned(struct sqlite_checkpoint *cp)
{
    assert(cp->wal_pages > cp->wal_written); /* else a snapshot needs no WAL, and pins nothing */
    pin_up(cp);
    enum err err = pin_down(cp);
    if (err == OK)
        err = report(cp->writer, sqlite3_exec(cp->writer, "PRAGMA synchronous=OFF", NULL, NULL, NULL), "sync off");
    if (err != OK)
        return err;
    err = copy(cp, SQLITE_CHECKPOINT_PASSIVE, 0);
    int rc = sqlite3_exec(cp->writer, "PRAGMA synchronous=FULL", NULL, NULL, NULL);
    assert(rc == SQLITE_OK); /* commits would not be durable */
    (void)rc;
    return err;
}

static void sync_start(struct sqlite_checkpoint *cp)
{
    cp->round_pages = cp->wal_written - cp->wal_synced;
    cp->wal_synced = cp->wal_written;
    cp->syncing = true;
    set_state(cp, SYNC_WANTED);
}

/* After a failed sync the kernel may call lost pages clean: only the WAL is
 * sure. So the pin stays, the WAL grows, and the next start recovers from it. */
static enum err sync_result(struct sqlite_checkpoint *cp, int rc)
{
    enum err err = report(cp->writer, rc, "sync");
    if (err != OK) {
        log_error("store", "the database file could not be synced: restart after the disk is repaired");
        cp->broken = true;
    }
    return err;
}

static enum err sync_end(struct sqlite_checkpoint *cp)
{
    cp->syncing = false;
    return sync_result(cp, cp->sync_rc);
}

/* Copies and syncs all that is left, the pin gone: SQLite starts the WAL over
 * at the next write, unless a reader stands in the way. SQLite itself syncs
 * only when it had something to copy, so earlier copies are synced first. */
static enum err finish(struct sqlite_checkpoint *cp, int mode, int wait_ms)
{
    enum err err = OK;
    if (cp->wal_written > cp->wal_synced)
        err = sync_result(cp, cp->file->pMethods->xSync(cp->file, SYNC_FLAGS));
    if (err != OK)
        return err;
    cp->wal_synced = cp->wal_written;
    pin_up(cp);
    int written = cp->wal_written;
    err = copy(cp, mode, wait_ms);
    cp->complete = err == OK && cp->wal_written == cp->wal_pages;
    /* SQLite syncs a copy only when nothing of the WAL is left. */
    cp->wal_synced = cp->complete ? cp->wal_written : written;
    return err;
}

/* A sync has just ended: go on while each round leaves less than the one
 * before, and be done when few are left and it does not get much better. */
static enum err round_next(struct sqlite_checkpoint *cp)
{
    int few = SQLITE_CHECKPOINT_FEW_PAGES;
    int left = cp->wal_pages - cp->wal_synced;
    if (left <= few / 4 || (left <= few && left >= cp->round_pages / 4 * 3))
        return finish(cp, SQLITE_CHECKPOINT_PASSIVE, 0);
    if (left >= cp->round_pages / 8 * 7) /* the load, or a reader, keeps it from becoming few */
        return OK;
    enum err err = copy_pinned(cp);
    if (err == OK)
        sync_start(cp);
    return err;
}

enum err sqlite_checkpoint_run(struct sqlite_checkpoint *cp)
{
    int step = cp->pages_due / SQLITE_CHECKPOINT_COPIES;
    bool over = cp->wal_pages >= SQLITE_WAL_PAGES_MAX && cp->wal_pages >= cp->restart_pages;
    enum err err = OK;
    if (cp->broken) /* reported when it happened */
        return OK;
    if (cp->syncing) {
        if (!sync_ended(cp, over))
            return OK;
        err = sync_end(cp);
        if (err == OK && !over)
            err = round_next(cp);
        if (err != OK || cp->syncing)
            return err;
    }
    if (over) {
        cp->restart_pages = cp->wal_pages + step; /* a long reader shall not cost every batch the wait */
        return finish(cp, SQLITE_CHECKPOINT_RESTART, SQLITE_WAL_RESTART_MS);
    }
    int left = cp->wal_pages - cp->wal_written;
    if (left == 0 || left < step)
        return OK;
    err = copy_pinned(cp);
    if (err == OK && cp->wal_written - cp->wal_synced >= cp->pages_due)
        sync_start(cp);
    return err;
}

enum err sqlite_checkpoint_final(struct sqlite_checkpoint *cp)
{
    enum err err = OK;
    if (cp->broken)
        return ERR_IO;
    if (cp->syncing) {
        (void)sync_ended(cp, true);
        err = sync_end(cp);
    }
    return err != OK ? err : finish(cp, SQLITE_CHECKPOINT_TRUNCATE, SQLITE_BUSY_MS);
}

void sqlite_checkpoint_set_pages(struct sqlite_checkpoint *cp, int pages)
{
    cp->pages_due = pages;
}
