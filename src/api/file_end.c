/* file_end.c: a media thread reads the whole once more while nobody can write
 * to it, then the writer makes it a file and ends its upload in one
 * transaction. What is not what was promised goes, all of it: which part is
 * wrong can't be known. */
#include "api/file_end.h"

#include "api/file_direct.h"
#include "api/new_picture.h"
#include "api/part.h"
#include "media/hold.h"
#include "media/parts.h"
#include "media/whole.h"
#include "os/clock.h"
#include "store/upload.h"

#define PARTS_MISSING "还有分片没有上传"
#define UNDER_WAY "这个上传正在进行，请稍后再试"

struct ending {
    struct upload row;
    struct whole *whole;
    struct intake_result result;
    struct new_file file;
    struct new_picture picture;
    bool held;
    bool direct;  /* its bytes are in the other store, not here */
    bool removed; /* its row: the bytes go, too */
    enum err err;
};

static struct ending *ending_of(const struct call *call)
{
    return call->state;
}

/* All but the type. */
static void result_begin(struct ending *ending)
{
    const struct upload *row = &ending->row;
    ending->result = (struct intake_result){ .fid = row->fid, .name = row->name, .size = row->size };
    memcpy(ending->result.sha256, row->sha256.ptr, sizeof(ending->result.sha256));
}

/* Before the reply: what the client sends upon it must not meet the hold. */
static void hold_release(struct call *call)
{
    struct ending *ending = ending_of(call);
    if (ending->held)
        hold_end(call->service->holds, ending->row.fid);
    ending->held = false;
}

/* With the call, on its loop. */
static void dropped(struct call *call)
{
    struct ending *ending = ending_of(call);
    whole_free(&ending->whole);
    if (ending->held) { /* The writer had no room. */
        blob_unplace(call->service->blobs, ending->row.fid);
        hold_release(call);
    }
}

/* ---- complete ---- */

static void complete_reply(struct call *call, struct ending *ending)
{
    switch (ending->err) {
    case OK:
        new_file_reply(call, &ending->file.row, false);
        break;
    case ERR_NOT_FOUND:
        new_file_reply_missing(call);
        break;
    case ERR_BUSY:
    case ERR_REJECTED:
        if (!new_picture_refuse(&ending->picture, call))
            call_reply_error(call, 2111, "内容与声明的大小或sha256不符，请重新上传");
        break;
    default:
        new_file_refuse(call, &ending->file, ending->err);
    }
}

/* On a media thread. */
static void complete_conclude(struct call *call)
{
    struct ending *ending = ending_of(call);
    const struct blobs *blobs = call->service->blobs;
    if (ending->err == OK && ending->direct)
        blob_remove(blobs, ending->row.fid); /* the place for the parts */
    else if (ending->err == OK)
        blob_settle(blobs, ending->row.fid, "");
    else if (ending->removed || ending->err == ERR_NOT_FOUND)
        blob_remove(blobs, ending->row.fid);
    else
        blob_unplace(blobs, ending->row.fid); /* It can be completed later. */
    whole_free(&ending->whole);
    hold_release(call);
    complete_reply(call, ending);
}

static enum err complete_write(struct call *call, struct core_tx *tx)
{
    struct ending *ending = ending_of(call);
    enum err err = upload_delete(tx->db, ending->row.id, INT64_MAX);
    new_file_take(&ending->file, call, &ending->result);
    new_picture_take(&ending->picture, &ending->file.row);
    return err == OK ? new_file_insert(call, tx, &ending->file) : err;
}

static void complete_written(struct call *call, enum err result)
{
    struct ending *ending = ending_of(call);
    ending->err = result;
    metric_add(&call->shard->metrics, METRIC_FILES_STORED, result == OK ? 1 : 0);
    metric_add(&call->shard->metrics, METRIC_FILES_OVER_QUOTA, ending->file.over_quota ? 1 : 0);
    call_media(call, complete_conclude);
}

static enum err refuse_write(struct call *call, struct core_tx *tx)
{
    return upload_delete(tx->db, ending_of(call)->row.id, INT64_MAX);
}

static void refuse_written(struct call *call, enum err result)
{
    struct ending *ending = ending_of(call);
    ending->removed = result == OK || result == ERR_NOT_FOUND;
    if (!ending->removed)
        ending->err = result;
    call_media(call, complete_conclude);
}

/* Its bytes are not here: the disk lost them and the upload ends, or another node has completed it this very moment. */
static void lost_written(struct call *call, enum err result)
{
    if (result == OK) {
        refuse_written(call, result);
        return;
    }
    hold_release(call);
    if (result == ERR_NOT_FOUND)
        new_file_reply_missing(call);
    else
        call_reply_broken(call, result);
}

/* Another node reads it, or writes a part of it. */
static void elsewhere(struct call *call)
{
    hold_release(call);
    call_reply_busy(call, 429, 1, UNDER_WAY);
}

/* ---- complete, of what was sent to the other store ---- */

static enum err direct_write(struct call *call, struct core_tx *tx)
{
    struct ending *ending = ending_of(call);
    enum err err = file_direct_arrive(call, tx, ending->row.fid, ending->row.size);
    ending->file.arrived = true;
    return err == OK ? complete_write(call, tx) : err;
}

static void direct_written(struct call *call, enum err result)
{
    if (result == ERR_NOT_FOUND) { /* Too late: it must come another way. */
        hold_release(call);
        call_reply_error(call, 2100, PARTS_MISSING);
        return;
    }
    metric_add(&call->shard->metrics, METRIC_FILES_DIRECT, result == OK ? 1 : 0);
    complete_written(call, result);
}

static void direct_looked_at(struct call *call, enum err err)
{
    struct ending *ending = ending_of(call);
    struct intake_limits limits = new_file_limits(call->service->conf);
    struct media_type type = ending->result.type;
    ending->direct = true;
    if (err == OK && new_picture_is(call, &ending->result)) {
        hold_release(call);
        call_reply_error(call, 2100, "图片须经服务器上传，请上传分片");
        return;
    }
    if (err == OK && ending->row.size > limits.size_max[type.kind])
        err = ERR_TOO_LARGE;
    ending->err = err;
    if (err == OK) {
        call_write(call, false, direct_write, direct_written);
    } else if (err == ERR_REJECTED || err == ERR_TOO_LARGE) {
        call_write(call, false, refuse_write, refuse_written);
    } else {
        hold_release(call);
        if (err == ERR_NOT_FOUND)
            call_reply_error(call, 2100, PARTS_MISSING);
        else
            new_file_refuse(call, &ending->file, ERR_FULL);
    }
}

/* On a fetcher. */
static void direct_run(struct pool_job *job, void *link)
{
    struct call *call = (struct call *)((char *)job - offsetof(struct call, pool));
    struct ending *ending = ending_of(call);
    direct_looked_at(call, file_direct_look(call, link, &ending->row, &ending->result.type));
}

static void direct_begin(struct call *call)
{
    result_begin(ending_of(call));
    call->pool.run = direct_run;
    if (pool_submit(call->service->fetchers, &call->pool) != OK)
        direct_looked_at(call, ERR_BUSY);
}

/* ---- complete, of what is here ---- */

/* On the loop: what a worker said of it. */
static void complete_looked_at(struct call *call)
{
    struct ending *ending = ending_of(call);
    ending->err = ending->picture.job.err;
    if (ending->err == OK)
        call_write(call, false, complete_write, complete_written);
    else if (ending->err == ERR_REJECTED)
        call_write(call, false, refuse_write, refuse_written);
    else
        call_media(call, complete_conclude);
}

/* On a media thread. */
static void complete_step(struct call *call)
{
    struct ending *ending = ending_of(call);
    enum err err = whole_step(ending->whole, &ending->result.type);
    if (err == ERR_MORE) {
        call_media(call, complete_step);
    } else if (err == OK && new_picture_is(call, &ending->result)) {
        new_picture_begin(&ending->picture, call, &ending->result, complete_looked_at);
    } else if (err == OK) {
        call_write(call, false, complete_write, complete_written);
    } else {
        ending->err = err;
        if (err == ERR_REJECTED || err == ERR_TOO_LARGE)
            call_write(call, false, refuse_write, refuse_written);
        else
            complete_conclude(call);
    }
}

static void complete_begin(struct call *call)
{
    struct ending *ending = ending_of(call);
    struct intake_limits limits = new_file_limits(call->service->conf);
    const struct upload *row = &ending->row;
    ending->err = whole_new(call->service->blobs, &limits, row->fid, row->size, row->sha256, &ending->whole);
    result_begin(ending);
    if (ending->err == OK)
        complete_step(call);
    else if (ending->err == ERR_NOT_FOUND)
        call_write(call, false, refuse_write, lost_written);
    else if (ending->err == ERR_BUSY)
        elsewhere(call);
    else
        complete_conclude(call);
}

/* What was completed before is answered again: the first answer may have been lost. */
static void complete_again(struct call *call, struct reader *reader, struct str fid)
{
    struct file file;
    enum err err = fid_valid(fid) ? file_by_fid(reader->db, &call->arena, fid, clock_wall_ms(), &file) : ERR_NOT_FOUND;
    if (err == ERR_NOT_FOUND || (err == OK && file.owner != call->user))
        new_file_reply_missing(call);
    else if (err != OK)
        call_reply_broken(call, err);
    else
        new_file_reply(call, &file, false);
}

void file_complete_run(struct call *call, struct reader *reader)
{
    struct ending *ending = arena_zalloc(&call->arena, sizeof(*ending));
    struct parts parts;
    struct str fid = call_body_text(call, "fid");
    call->state = ending;
    call_transfer(call, dropped);
    bool direct = call->service->fetchers != NULL && call->service->conf->s3_direct;
    enum err err = part_find(call, reader->db, fid, clock_wall_ms(), &ending->row, &parts);
    bool busy = err == OK && hold_any(call->service->holds, fid);
    /* Who may not, or lacks parts, holds up nobody's parts. */
    if (err == OK && (parts_whole(&parts) || direct)) {
        ending->held = hold_whole(call->service->holds, fid) == OK;
        busy = !ending->held;
        if (ending->held) /* What is found now stays as it is. */
            err = part_find(call, reader->db, fid, clock_wall_ms(), &ending->row, &parts);
    }
    ending->row.fid = fid;
    if (err == OK && ending->held && parts_whole(&parts)) {
        call_media(call, complete_begin);
        return;
    }
    if (err == OK && ending->held && direct) {
        direct_begin(call);
        return;
    }
    hold_release(call);
    if (err == ERR_NOT_FOUND)
        complete_again(call, reader, fid);
    else if (err != OK)
        call_reply_broken(call, err);
    else if (busy)
        call_reply_busy(call, 429, 1, UNDER_WAY);
    else
        call_reply_error(call, 2100, PARTS_MISSING);
}

/* ---- cancel ---- */

static void cancel_conclude(struct call *call)
{
    blob_remove(call->service->blobs, ending_of(call)->row.fid);
    call_reply_true(call);
}

static enum err cancel_write(struct call *call, struct core_tx *tx)
{
    return upload_delete(tx->db, ending_of(call)->row.id, INT64_MAX);
}

static void cancel_written(struct call *call, enum err result)
{
    if (result == OK)
        call_media(call, cancel_conclude);
    else if (result == ERR_NOT_FOUND)
        new_file_reply_missing(call);
    else
        call_reply_broken(call, result);
}

void file_cancel_run(struct call *call, struct reader *reader)
{
    struct ending *ending = arena_zalloc(&call->arena, sizeof(*ending));
    struct parts parts;
    call->state = ending;
    call_transfer(call, dropped);
    enum err err = part_find(call, reader->db, call_body_text(call, "fid"), clock_wall_ms(), &ending->row, &parts);
    if (err == ERR_NOT_FOUND)
        new_file_reply_missing(call);
    else if (err != OK)
        call_reply_broken(call, err);
    else
        call_write(call, false, cancel_write, cancel_written);
}
