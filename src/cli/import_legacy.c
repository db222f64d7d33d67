/* import_legacy.c: the original's data into the store of a data directory that nobody serves. */
#include "cli/import_legacy.h"

#include "api/server.h"
#include "cli/arguments.h"
#include "legacy/import.h"
#include "os/file.h"
#include "os/log.h"
#include "store/node.h"
#include "util/buf.h"

#include <stdio.h>
#include <unistd.h>

struct job {
    const struct conf *conf;
    const char *from;
    const char *redis; /* NULL: none */
    const char *to;    /* NULL: the store in force */
    struct file_lock lock;
    struct db *db;
    struct source *source;
    struct mailboxes *mailboxes;
    struct import *import;
};

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "im_service: %s: %s\n", what, why);
    return 1;
}

static int store_open(struct job *job)
{
    struct buf path = { 0 };
    enum err served = OK;
    buf_append_format(&path, "%s/%s", job->conf->data, SERVER_LOCK_FILE);
    buf_append_byte(&path, '\0');
    enum err err = file_make_dir(job->conf->data);
    if (err == OK)
        err = file_lock(path.ptr, &job->lock);
    if (err != OK)
        job->lock.fd = -1;
    if (err == OK) {
        buf_clear(&path);
        buf_append_format(&path, "%s/%s", job->conf->data, SERVER_STORE_FILE);
        buf_append_byte(&path, '\0');
        struct db_place place = db_place_of(job->to != NULL ? job->to : job->conf->store_url, path.ptr);
        err = db_place_open(&place, SQL_WRITER, &job->db);
        if (err == OK)
            err = db_migrate(job->db);
        db_place_release(&place);
        if (err == OK)
            served = node_none_serves(job->db);
    }
    buf_release(&path);
    if (err == ERR_BUSY)
        return fail(job->conf->data, "a server runs on it; stop it first");
    if (served == ERR_BUSY)
        return fail(job->to != NULL ? "--to" : "store.url",
                    "nodes serve that database; stop them first (one that was killed counts for 20 s)");
    if (err == OK)
        err = served;
    return err == OK ? 0 : fail(job->conf->data, err_text(err));
}

static int sources_open(struct job *job)
{
    if (source_open(job->from, &job->source) != OK)
        return fail("--from", source_why(job->source));
    if (job->redis != NULL && mailboxes_open(job->redis, &job->mailboxes) != OK)
        return fail("--redis", mailboxes_why(job->mailboxes));
    return 0;
}

static int run(struct job *job)
{
    size_t mismatches = 0;
    job->import = import_new(job->db, job->source, job->mailboxes);
    enum err err = import_run(job->import);
    if (err == ERR_EXISTS)
        return fail(job->conf->data, "there are messages or groups in it that did not come from the original, "
                                     "and ids would meet: import into an empty directory");
    report_print(import_report(job->import), stdout);
    const char *why = source_why(job->source);
    if (err != OK && why[0] == '\0' && job->mailboxes != NULL)
        why = mailboxes_why(job->mailboxes);
    if (err != OK)
        return fail("not finished, run it again to go on", why[0] != '\0' ? why : err_text(err));
    err = import_verify(job->import, stderr, &mismatches);
    if (err != OK)
        return fail("could not be verified", err_text(err));
    if (mismatches > 0)
        return 1;
    puts("verified: every chat has the messages of the original, in order");
    return 0;
}

static void release(struct job *job)
{
    import_free(&job->import);
    mailboxes_close(&job->mailboxes);
    source_close(&job->source);
    db_close(&job->db);
    if (job->lock.fd >= 0)
        file_unlock(&job->lock);
}

int import_legacy_main(int argc, char **argv)
{
    struct flag flags[] = { { .name = "from", .required = true }, { .name = "redis" }, { .name = "to" } };
    struct conf conf;
    if (arguments_load(&conf, flags, 3, argc - 1, argv + 1) != OK)
        return 2;
    log_init(LOG_LEVEL_WARN, STDERR_FILENO);
    struct job job = {
        .conf = &conf, .from = flags[0].value, .redis = flags[1].value, .to = flags[2].value, .lock = { .fd = -1 }
    };
    int status = store_open(&job);
    if (status == 0)
        status = sources_open(&job);
    if (status == 0)
        status = run(&job);
    release(&job);
    conf_release(&conf);
    return status;
}
