/* migrate.c: SQLite's store into MySQL's, and looked at before anybody uses it. */
#include "cli/migrate.h"

#include "api/server.h"
#include "cli/arguments.h"
#include "os/file.h"
#include "os/log.h"
#include "store/copy.h"
#include "store/node.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define SCHEME "sqlite:"

struct job {
    const char *directory;
    const char *to;
    struct file_lock lock;
    struct db *source;
    struct db *target;
};

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "im_service: %s: %s\n", what, why);
    return 1;
}

static void path_in(const char *directory, const char *name, struct buf *out)
{
    buf_clear(out);
    buf_append_format(out, "%s/%s", directory, name);
    buf_append_byte(out, '\0');
}

static enum err opened(const struct db_place *place, enum err (*migrate)(struct db *), struct db **out)
{
    enum err err = db_place_open(place, SQL_WRITER, out);
    return err == OK ? migrate(*out) : err;
}

static int source_open(struct job *job)
{
    struct buf path = { 0 };
    path_in(job->directory, SERVER_STORE_FILE, &path);
    if (access(path.ptr, R_OK) != 0) {
        buf_release(&path);
        return fail(job->directory, "there is no store in it");
    }
    struct db_place place = db_place_of(NULL, path.ptr);
    path_in(job->directory, SERVER_LOCK_FILE, &path);
    enum err err = file_lock(path.ptr, &job->lock);
    if (err != OK)
        job->lock.fd = -1;
    else
        err = opened(&place, db_migrate, &job->source);
    db_place_release(&place);
    buf_release(&path);
    if (err == ERR_BUSY)
        return fail(job->directory, "a server runs on it; stop it first");
    return err == OK ? 0 : fail(job->directory, err_text(err));
}

static int target_open(struct job *job)
{
    struct db_place place = db_place_of(job->to, NULL);
    struct buf shown = { 0 };
    enum err err = opened(&place, db_migrate_target, &job->target);
    db_place_show(&place, &shown);
    buf_append_byte(&shown, '\0');
    int status = err == OK ? 0 : fail(shown.ptr, err_text(err));
    buf_release(&shown);
    db_place_release(&place);
    return status;
}

static int run(struct job *job)
{
    struct copy_report report;
    size_t mismatches = 0;
    enum err err = copy_finished(job->source, job->target);
    if (err == OK) {
        puts("done before: all of it was copied and verified, and has not changed since; nothing to do");
        return 0;
    }
    if (err == ERR_DENIED)
        return fail("--to", "a migration into that database is finished, of another store or of this one before it "
                            "changed; nothing was written: name an empty one");
    if (err != ERR_NOT_FOUND)
        return fail("not begun", err_text(err));
    err = node_none_serves(job->target);
    if (err == ERR_BUSY)
        return fail("--to", "nodes serve that database; stop them first (one that was killed counts for 20 s)");
    if (err == OK)
        err = copy_run(job->source, job->target, &report);
    if (err == ERR_EXISTS)
        return fail("--to", "there is other data in that database: name an empty one");
    if (err == ERR_DENIED)
        return fail("--to", "it holds a part of another store, or this one went on since then: name an empty one");
    if (err != OK)
        return fail("not finished, run it again to go on", err_text(err));
    printf("copied: %" PRId64 " rows\n", report.rows);
    fflush(stdout);
    err = copy_verify(job->source, job->target, stderr, &report, &mismatches);
    if (err != OK)
        return fail("could not be verified, run it again", err_text(err));
    if (mismatches > 0)
        return fail("--to", "what is there differs from the source: begin anew with an empty database");
    printf("verified: all tables, %" PRId64 " messages in %" PRId64 " chats\n", report.messages, report.chats);
    printf(
        "Start the server with the same data directory, which keeps the files, and store.url set to that database.\n");
    return 0;
}

static void release(struct job *job)
{
    db_close(&job->source);
    db_close(&job->target);
    if (job->lock.fd >= 0)
        file_unlock(&job->lock);
}

int migrate_main(int argc, char **argv)
{
    struct flag flags[] = { { .name = "from", .required = true }, { .name = "to", .required = true } };
    struct conf conf;
    if (arguments_load(&conf, flags, 2, argc - 1, argv + 1) != OK)
        return 2;
    conf_release(&conf);
    log_init(LOG_LEVEL_WARN, STDERR_FILENO);
    if (strncmp(flags[0].value, SCHEME, sizeof SCHEME - 1) != 0 || flags[0].value[sizeof SCHEME - 1] == '\0') {
        fprintf(stderr, "im_service: --from: give it as sqlite:DIR, the data directory\n");
        return 2;
    }
    struct job job = { .directory = flags[0].value + sizeof SCHEME - 1, .to = flags[1].value, .lock = { .fd = -1 } };
    int status = source_open(&job);
    if (status == 0)
        status = target_open(&job);
    if (status == 0)
        status = run(&job);
    release(&job);
    return status;
}
