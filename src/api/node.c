/* node.c: the name by which a server is known from one start to the next. */
#include "api/node.h"

#include "conf/conf.h"
#include "os/file.h"
#include "os/log.h"
#include "os/random.h"

#define NAME_BYTES 16

static struct str hex_of(struct arena *arena, const unsigned char *bytes, size_t size)
{
    char *text = arena_alloc(arena, 2 * size);
    for (size_t i = 0; i < size; i++) {
        text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    return (struct str){ text, 2 * size };
}

/* A directory is one node's, its lock being held. */
static enum err name_settle(const char *data, struct arena *arena, struct str *name)
{
    struct buf text = { 0 };
    struct str path = arena_format(arena, "%s/" NODE_FILE, data);
    enum err err = file_read(path.ptr, NODE_NAME_SIZE_MAX, &text);
    *name = arena_str(arena, str_trim(buf_str(&text)));
    if (err == ERR_NOT_FOUND || (err == OK && name->size == 0)) {
        unsigned char bytes[NAME_BYTES];
        random_bytes(bytes, sizeof(bytes));
        *name = arena_str(arena, hex_of(arena, bytes, sizeof(bytes)));
        err = file_write_atomic(path.ptr, *name, 0600);
    }
    buf_release(&text);
    return err;
}

enum err node_join(struct db *db, const struct conf *conf, const unsigned char *carry_key, struct arena *arena,
                   struct shared_joined *out)
{
    struct str name;
    *out = (struct shared_joined){ 0 };
    if (!db_sql(db)->v->shared)
        return OK;
    enum err err = name_settle(conf->data, arena, &name);
    struct shared_options options = {
        .name = name.ptr,
        .lease_ms = conf->lease_ms,
        .keep_ms = conf->journal_keep_ms,
        .carry_key = conf->carry && conf->redis_url[0] != '\0' ? carry_key : NULL,
    };
    if (err == OK)
        err = shared_join(db, &options, out);
    if (err == OK)
        log_info("node", "joined", LOG_I64("node", out->node), LOG_I64("others", (int64_t)out->others.count),
                 LOG_I64("number", (int64_t)out->number));
    else
        log_error("node", "can't join the other nodes", LOG_TEXT("reason", err_text(err)));
    return err;
}
