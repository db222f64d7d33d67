/* file_init.c: a reader looks whether the content is one that the caller may
 * see, or has begun to send; a media thread makes the file's names; the writer
 * makes its row.
 * Only what the caller may see counts as known: else a hash alone would tell
 * what others have, and give it away. A known file that is the caller's own
 * and has that name is the answer itself; of any other he gets a file of his
 * own, with an fid, a quota and an end of its own, and the same bytes. */
#include "api/file_init.h"

#include "api/file_direct.h"
#include "api/new_file.h"
#include "chat/policy.h"
#include "media/parts.h"
#include "os/clock.h"
#include "os/file.h"
#include "store/upload.h"
#include "util/jsonw.h"

#define KNOWN_MAX ((size_t)32) /* files of one content that are looked at */

enum way {
    WAY_BEGIN,
    WAY_RESUME, /* row is begun */
    WAY_COPY,   /* of source */
    WAY_OWN,    /* source itself */
};

struct init {
    struct str sha256;
    struct str name;
    int64_t size;
    enum way way;
    struct file source;
    struct upload row;
    struct str lost; /* the fid of an upload whose bytes are not there */
    struct parts parts;
    struct file_direct direct;
    struct new_file file;
    char fid[FID_SIZE];
    bool made; /* fid has names on the disk, */
    bool kept; /* and a row */
    enum err err;
};

static struct init *init_of(const struct call *call)
{
    return call->state;
}

static struct str fid_of(const struct init *init)
{
    return (struct str){ init->fid, FID_SIZE };
}

/* ---- what is asked ---- */

static int digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool sha256_read(struct call *call, struct str hex, struct str *out)
{
    char *bytes = arena_alloc(&call->arena, FILE_SHA256_SIZE);
    if (hex.size != 2 * FILE_SHA256_SIZE)
        return false;
    for (size_t i = 0; i < FILE_SHA256_SIZE; i++) {
        int high = digit(hex.ptr[2 * i]);
        int low = digit(hex.ptr[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (char)(high * 16 + low);
    }
    *out = (struct str){ bytes, FILE_SHA256_SIZE };
    return true;
}

static enum err arguments_read(struct call *call, struct init *init)
{
    struct intake_limits limits = new_file_limits(call->service->conf);
    struct str name = call_body_text(call, "name");
    if (!sha256_read(call, call_body_text(call, "sha256"), &init->sha256) ||
        !json_i64(json_get(call->json, "size"), &init->size) || init->size < 1)
        return ERR_ARG;
    init->name = name.ptr == NULL ? STR("") : intake_name(name);
    enum media_kind claimed = media_kind_claimed(call_body_text(call, "mime"));
    init->direct.wanted = file_direct_wanted(call, init->size, claimed);
    return init->size > limits.size_max[claimed] ? ERR_TOO_LARGE : OK;
}

/* ---- on a reader ---- */

/* The content, where the caller may see it. ERR_NOT_FOUND. */
static enum err known_find(struct call *call, struct db *db, struct init *init)
{
    struct file_list files;
    enum err err = file_with(db, &call->arena, init->sha256, call->user, clock_wall_ms(), KNOWN_MAX, &files);
    init->way = WAY_BEGIN;
    for (size_t i = 0; err == OK && i < files.count; i++) {
        const struct file *file = &files.rows[i];
        bool same = file->owner == call->user && str_equal(file->name, init->name);
        bool cleaned = file->kind == MEDIA_IMAGE; /* Its size is of what was left. */
        if ((file->size != init->size && !cleaned) || (init->way == WAY_COPY && !same))
            continue;
        err = policy_see_file(db, &call->arena, call->user, file, call->service->conf->whole_history);
        if (err == OK) {
            init->way = same ? WAY_OWN : WAY_COPY;
            init->source = *file;
        }
        if (init->way == WAY_OWN)
            return OK;
        err = err == ERR_DENIED || err == ERR_NOT_FOUND ? OK : err;
    }
    return err;
}

static enum err way_find(struct call *call, struct db *db, struct init *init)
{
    enum err err = known_find(call, db, init);
    if (err != OK || init->way != WAY_BEGIN)
        return err;
    err = upload_with(db, &call->arena, call->user, init->sha256, init->size, init->name, &init->row);
    if (err == OK)
        init->way = WAY_RESUME;
    return err == ERR_NOT_FOUND ? OK : err;
}

/* ---- on the writer ---- */

static enum err upload_begin_row(struct call *call, struct core_tx *tx, struct init *init)
{
    const struct conf *conf = call->service->conf;
    int64_t count = 0;
    enum err err = upload_count(tx->db, call->user, &count);
    if (err == OK && count >= conf->unfinished_max)
        err = ERR_LIMITED;
    if (err == OK)
        err = new_file_room(call, tx->db, &init->file, init->size);
    if (err != OK)
        return err;
    parts_init(&init->parts, init->size, conf->part_size);
    init->row = (struct upload){
        .fid = fid_of(init),
        .owner = call->user,
        .sha256 = init->sha256,
        .size = init->size,
        .name = init->name,
        .part_size = init->parts.part_size,
        .parts = parts_bits(&init->parts),
        .expires_ms = tx->now_ms + conf->upload_ttl_ms,
    };
    err = upload_insert(tx->db, &init->row);
    if (err == OK)
        err = file_direct_offer(call, tx, init->row.fid, init->row.size, &init->direct);
    init->kept = err == OK;
    return err;
}

/* What was begun goes on, and has its time anew. */
static enum err upload_write(struct call *call, struct core_tx *tx)
{
    struct init *init = init_of(call);
    enum err err = upload_with(tx->db, &call->arena, call->user, init->sha256, init->size, init->name, &init->row);
    if (err == OK && str_equal(init->row.fid, init->lost))
        err = upload_delete(tx->db, init->row.id, INT64_MAX) == OK ? ERR_NOT_FOUND : ERR_STORE;
    if (err == OK && parts_load(&init->parts, init->row.size, init->row.part_size, init->row.parts) != OK)
        err = ERR_STORE;
    if (err == OK)
        err = upload_set(tx->db, init->row.id, init->row.parts, tx->now_ms + call->service->conf->upload_ttl_ms);
    if (err == OK)
        return file_direct_offer(call, tx, init->row.fid, init->row.size, &init->direct);
    if (err != ERR_NOT_FOUND)
        return err;
    return init->made ? upload_begin_row(call, tx, init) : ERR_BUSY; /* It was ended this very moment. */
}

static enum err copy_write(struct call *call, struct core_tx *tx)
{
    struct init *init = init_of(call);
    enum err err = new_file_insert(call, tx, &init->file);
    init->kept = err == OK;
    return err;
}

static enum err own_write(struct call *call, struct core_tx *tx)
{
    return file_keep(tx->db, init_of(call)->source.id, tx->now_ms, tx->now_ms + call->service->conf->unused_ms);
}

/* ---- the end, on a media thread ---- */

static void reply_upload(struct call *call, const struct init *init)
{
    struct buf *out = call_data(call);
    jsonw_open(out, '{');
    jsonw_put_str(out, "fid", init->row.fid);
    jsonw_put_i64(out, "partSize", init->parts.part_size);
    jsonw_put_i64(out, "parts", init->parts.count);
    jsonw_key(out, "have");
    jsonw_open(out, '[');
    for (int64_t i = 0; i < init->parts.count; i++)
        if (parts_has(&init->parts, i))
            jsonw_i64(out, i);
    jsonw_close(out, ']');
    file_direct_put(call, &init->row, &init->direct, out);
    jsonw_close(out, '}');
    call_reply_data(call);
}

static void init_conclude(struct call *call)
{
    struct init *init = init_of(call);
    const struct blobs *blobs = call->service->blobs;
    if (init->made && !init->kept)
        blob_remove(blobs, fid_of(init));
    else if (init->way == WAY_COPY)
        blob_settle(blobs, fid_of(init), "");
    init->made = false;
    if (init->err == ERR_LIMITED)
        call_reply_busy(call, 429, 60, "未完成的上传过多，请先完成或取消");
    else if (init->err == ERR_BUSY)
        call_reply_busy(call, 503, 1, "服务器繁忙，请稍后再试");
    else if (init->err != OK)
        new_file_refuse(call, &init->file, init->err);
    else if (init->way == WAY_OWN || init->way == WAY_COPY)
        new_file_reply(call, init->way == WAY_OWN ? &init->source : &init->file.row, true);
    else
        reply_upload(call, init);
}

static void init_written(struct call *call, enum err result)
{
    struct init *init = init_of(call);
    init->err = result;
    init->kept = init->kept && result == OK;
    metric_add(&call->shard->metrics, METRIC_FILES_OVER_QUOTA, init->file.over_quota ? 1 : 0);
    if (result == OK && (init->way == WAY_OWN || init->way == WAY_COPY))
        metric_add(&call->shard->metrics, METRIC_FILES_KNOWN, 1);
    call_media(call, init_conclude);
}

/* ---- on a media thread, before ---- */

static void copy_take(struct call *call, struct init *init)
{
    init->file.row = init->source;
    init->file.row.id = 0;
    init->file.row.fid = fid_of(init);
    init->file.row.owner = call->user;
    init->file.row.name = init->name;
}

static void copy_written(struct call *call, enum err result);

static void names_make(struct call *call)
{
    struct init *init = init_of(call);
    const struct blobs *blobs = call->service->blobs;
    enum err err = OK;
    int fd = -1;
    uint64_t size;
    fid_make(init->fid);
    if (init->way == WAY_COPY) {
        init->made = true;
        copy_take(call, init);
        err = blob_copy(blobs, init->source.fid, fid_of(init));
        if (err == ERR_NOT_FOUND && call->service->store != NULL) { /* In the other store, it may be. */
            init->file.shared_with = init->source.fid;
        } else if (err != OK) { /* Removed this very moment, or it has too many names. */
            blob_remove(blobs, fid_of(init));
            init->way = WAY_BEGIN;
        }
        err = OK;
    } else if (init->way == WAY_RESUME) {
        err = blob_open_incoming(blobs, init->row.fid, &fd, &size);
        file_close(&fd);
        if (err == ERR_NOT_FOUND) {
            init->lost = init->row.fid;
            init->way = WAY_BEGIN;
            err = OK;
        }
    }
    if (err == OK && init->way == WAY_BEGIN && new_file_waits(call))
        err = ERR_FULL;
    if (err == OK && init->way == WAY_BEGIN) {
        err = blob_prepare(blobs, fid_of(init));
        init->made = true;
    }
    if (err == OK) {
        if (init->way == WAY_COPY)
            call_write(call, false, copy_write, copy_written);
        else
            call_write(call, false, upload_write, init_written);
        return;
    }
    init->err = err;
    init_conclude(call);
}

static void copy_written(struct call *call, enum err result)
{
    struct init *init = init_of(call);
    if (result == ERR_NOT_FOUND) { /* The other store has it no more, either. */
        init->file = (struct new_file){ 0 };
        init->kept = false;
        init->way = WAY_BEGIN;
        call_media(call, names_make);
    } else {
        init_written(call, result);
    }
}

static void own_written(struct call *call, enum err result)
{
    struct init *init = init_of(call);
    if (result == ERR_NOT_FOUND) { /* It went this very moment. */
        init->way = WAY_BEGIN;
        call_media(call, names_make);
    } else {
        init_written(call, result);
    }
}

/* With the call, on its loop: what a reply out of turn left. */
static void dropped(struct call *call)
{
    struct init *init = init_of(call);
    if (init->made && !init->kept)
        blob_remove(call->service->blobs, fid_of(init));
}

void file_init_run(struct call *call, struct reader *reader)
{
    unsigned retry_after_s;
    struct init *init = arena_zalloc(&call->arena, sizeof(*init));
    call->state = init;
    call_transfer(call, dropped);
    if (!limiter_take(call->service->messages, (uint64_t)call->user, clock_mono_ms(), &retry_after_s)) {
        call_reply_refused(call, ERR_LIMITED, retry_after_s);
        return;
    }
    enum err err = arguments_read(call, init);
    if (err == ERR_ARG) {
        call_reply_error(call, 2100, "参数错误");
        return;
    }
    if (err == OK)
        err = way_find(call, reader->db, init);
    if (err != OK)
        new_file_refuse(call, &init->file, err);
    else if (init->way == WAY_OWN)
        call_write(call, false, own_write, own_written);
    else
        call_media(call, names_make);
}
