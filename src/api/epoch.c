/* epoch.c: the store's name and the directory's memory of it. */
#include "api/epoch.h"

#include "os/file.h"
#include "os/log.h"

#include <stdio.h>

static enum err file_says(const char *path, struct buf *out)
{
    enum err err = file_read(path, EPOCH_SIZE_MAX + 1, out);
    return err == ERR_NOT_FOUND || err == ERR_TOO_LARGE ? OK : err;
}

/* The store first: stopped in between, the next start finds them different and does it again. */
static enum err epoch_renew(struct db *db, struct arena *arena, const char *path, struct str *epoch)
{
    enum err err = db_new_epoch(db, arena, epoch);
    if (err == OK)
        err = file_write_atomic(path, *epoch, 0600);
    if (err == OK)
        log_info("server", "the store has a new epoch: clients read everything anew", LOG_STR("epoch", *epoch));
    return err;
}

enum err epoch_settle(struct db *db, const char *data, char *out)
{
    struct arena arena = { 0 };
    struct buf known = { 0 };
    struct str epoch;
    struct str path = arena_format(&arena, "%s/%s", data, EPOCH_FILE);
    enum err err = meta_get(db, &arena, "epoch", &epoch);
    bool shared = db_sql(db)->v->shared;
    if (err == ERR_NOT_FOUND && shared)
        err = db_new_epoch(db, &arena, &epoch);
    if (err == OK)
        err = file_says(path.ptr, &known);
    if (err == OK && !str_equal(str_trim(buf_str(&known)), epoch))
        err = shared ? file_write_atomic(path.ptr, epoch, 0600) : epoch_renew(db, &arena, path.ptr, &epoch);
    if (err == OK)
        snprintf(out, EPOCH_SIZE_MAX + 1, "%.*s", (int)epoch.size, epoch.ptr);
    buf_release(&known);
    arena_release(&arena);
    return err;
}
