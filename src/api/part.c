/* part.c: one part, from a connection to its place in the file.
 * It counts when its bytes are synced and its bit is committed; until then it
 * may come again, from its start. One that is there already is read over. */
#include "api/part.h"

#include "api/new_file.h"
#include "api/receive.h"
#include "media/hold.h"
#include "media/parts.h"
#include "os/clock.h"
#include "os/file.h"
#include "store/upload.h"

#define NO_PART "没有这个分片"
#define WRONG_SIZE "分片大小不符"

struct part {
    struct receive receive; /* first */
    struct str fid;
    int64_t number;
    struct part_range range;
    int64_t taken;
    int fd;
    bool held;
    bool completing; /* by another call */
    bool there;      /* already */
    const char *why; /* of ERR_ARG */
};

enum err part_find(struct call *call, struct db *db, struct str fid, int64_t now_ms, struct upload *row,
                   struct parts *parts)
{
    if (!fid_valid(fid))
        return ERR_NOT_FOUND;
    enum err err = upload_by_fid(db, &call->arena, fid, row);
    if (err == OK && (row->owner != call->user || row->expires_ms <= now_ms))
        err = ERR_NOT_FOUND;
    if (err == OK && parts_load(parts, row->size, row->part_size, row->parts) != OK)
        err = ERR_STORE;
    return err;
}

static enum err part_refuse(struct part *part, const char *why)
{
    part->why = why;
    return ERR_ARG;
}

static enum err admit(struct receive *receive, struct reader *reader)
{
    struct part *part = (struct part *)receive;
    struct call *call = receive->call;
    struct upload row;
    struct parts parts;
    part->fid = call_query_text(call, "fid");
    if (!fid_valid(part->fid))
        return ERR_NOT_FOUND;
    /* First the hold: what is found then can't be completed before it ends. */
    part->held = hold_part(call->service->holds, part->fid) == OK;
    enum err err = part_find(call, reader->db, part->fid, clock_wall_ms(), &row, &parts);
    if (err != OK)
        return err;
    if (!part->held) {
        part->completing = true;
        return ERR_LIMITED;
    }
    if (!str_to_i64(call_query_text(call, "n"), &part->number) || !parts_range(&parts, part->number, &part->range))
        return part_refuse(part, NO_PART);
    if (receive->length != 0 && receive->length != part->range.size)
        return part_refuse(part, WRONG_SIZE);
    part->there = parts_has(&parts, part->number);
    return OK;
}

static enum err write_piece(struct part *part, struct str bytes)
{
    enum err err = OK;
    if (part->fd < 0)
        err = blob_open_write(part->receive.call->service->blobs, part->fid, &part->fd);
    if (err == ERR_BUSY) { /* On another node. */
        part->completing = true;
        return ERR_LIMITED;
    }
    if (err == OK)
        err = file_write_at(part->fd, "a part", (uint64_t)(part->range.from + part->taken), bytes);
    return err;
}

static enum err take(struct receive *receive, struct str bytes, bool last)
{
    struct part *part = (struct part *)receive;
    enum err err = OK;
    if ((int64_t)bytes.size > part->range.size - part->taken)
        return part_refuse(part, WRONG_SIZE);
    if (!part->there && bytes.size > 0)
        err = write_piece(part, bytes);
    part->taken += (int64_t)bytes.size;
    if (err != OK || !last)
        return err;
    if (part->taken != part->range.size)
        return part_refuse(part, WRONG_SIZE);
    return part->there ? OK : file_sync(part->fd, "a part");
}

static enum err commit(struct receive *receive, struct core_tx *tx)
{
    struct part *part = (struct part *)receive;
    struct upload row;
    struct parts parts;
    enum err err = part_find(receive->call, tx->db, part->fid, tx->now_ms, &row, &parts);
    if (err != OK || part->there)
        return err;
    parts_add(&parts, part->number);
    return upload_set(tx->db, row.id, parts_bits(&parts), tx->now_ms + receive->call->service->conf->upload_ttl_ms);
}

static void part_end(struct part *part)
{
    file_close(&part->fd);
    if (part->held)
        hold_end(part->receive.call->service->holds, part->fid);
    part->held = false;
}

static void conclude(struct receive *receive)
{
    struct part *part = (struct part *)receive;
    struct call *call = receive->call;
    part_end(part);
    if (receive->err == OK)
        call_reply_true(call);
    else if (receive->err == ERR_NOT_FOUND)
        new_file_reply_missing(call);
    else if (receive->err == ERR_ARG)
        call_reply_error(call, 2100, part->why);
    else if (part->completing)
        call_reply_busy(call, 429, 1, "这个上传正在完成");
    else if (receive->err == ERR_LIMITED || receive->err == ERR_CLOSED)
        receive_busy(receive);
    else
        call_reply_broken(call, receive->err);
}

static void ended(struct receive *receive)
{
    metric_add(&receive->call->shard->metrics, METRIC_FILE_PARTS, receive->committed ? 1 : 0);
}

static void dropped(struct receive *receive)
{
    part_end((struct part *)receive);
}

static const struct receive_calls calls = {
    .admit = admit, .take = take, .commit = commit, .conclude = conclude, .ended = ended, .dropped = dropped
};

struct http_stream *part_begin(struct shard *shard, struct http_conn *conn, const struct http_request *request)
{
    struct call *call = call_new(shard, conn, request, STR_NONE);
    struct part *part = arena_zalloc(&call->arena, sizeof(*part));
    part->receive.calls = &calls;
    part->fd = -1;
    return receive_begin(&part->receive, call, request);
}

void part_empty_run(struct call *call, struct reader *reader)
{
    struct upload row;
    struct parts parts;
    struct part_range range;
    int64_t number;
    enum err err = part_find(call, reader->db, call_query_text(call, "fid"), clock_wall_ms(), &row, &parts);
    if (err == ERR_NOT_FOUND)
        new_file_reply_missing(call);
    else if (err != OK)
        call_reply_broken(call, err);
    else if (!str_to_i64(call_query_text(call, "n"), &number) || !parts_range(&parts, number, &range))
        call_reply_error(call, 2100, NO_PART);
    else
        call_reply_error(call, 2100, WRONG_SIZE);
}
