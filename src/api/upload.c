/* upload.c: a file in one go. The connection may end at any time: then what
 * was written goes, unless its row was committed before. */
#include "api/upload.h"

#include "api/new_picture.h"
#include "api/receive.h"

#define FORM_BYTES_MAX INT64_C(70000) /* what a form adds to its file, see media/multipart.h */

struct upload {
    struct receive receive; /* first */
    struct intake *intake;
    struct new_file file;
    struct new_picture picture;
};

static enum err admit(struct receive *receive, struct reader *reader)
{
    struct upload *upload = (struct upload *)receive;
    struct call *call = receive->call;
    const struct conf *conf = call->service->conf;
    struct intake_limits limits = new_file_limits(conf);
    if (receive->length > new_file_size_max(conf) + FORM_BYTES_MAX)
        return ERR_TOO_LARGE;
    int64_t least = receive->length > FORM_BYTES_MAX ? receive->length - FORM_BYTES_MAX : 0;
    enum err err = new_file_waits(call) ? ERR_FULL : new_file_room(call, reader->db, &upload->file, least);
    if (err == OK)
        err = intake_new(call->service->blobs, &limits, call->header_type, call_query_text(call, "name"),
                         &upload->intake);
    return err;
}

static enum err take(struct receive *receive, struct str bytes, bool last)
{
    struct upload *upload = (struct upload *)receive;
    enum err err = intake_feed(upload->intake, bytes);
    return err == OK && last ? intake_finish(upload->intake) : err;
}

static void looked_at(struct call *call)
{
    struct upload *upload = call->state;
    receive_prepared(&upload->receive, upload->picture.job.err);
}

static bool prepare(struct receive *receive)
{
    struct upload *upload = (struct upload *)receive;
    const struct intake_result *result = intake_result(upload->intake);
    if (!new_picture_is(receive->call, result))
        return false;
    new_picture_begin(&upload->picture, receive->call, result, looked_at);
    return true;
}

/* The file has its place; from the commit on it is there. */
static enum err commit(struct receive *receive, struct core_tx *tx)
{
    struct upload *upload = (struct upload *)receive;
    new_file_take(&upload->file, receive->call, intake_result(upload->intake));
    new_picture_take(&upload->picture, &upload->file.row);
    return new_file_insert(receive->call, tx, &upload->file);
}

static void conclude(struct receive *receive)
{
    struct upload *upload = (struct upload *)receive;
    if (receive->err == OK) {
        intake_settle(upload->intake);
        new_file_reply(receive->call, &upload->file.row, false);
        return;
    }
    intake_free(&upload->intake);
    if (receive->err == ERR_LIMITED || receive->err == ERR_CLOSED)
        receive_busy(receive);
    else if (receive->err != upload->picture.job.err || !new_picture_refuse(&upload->picture, receive->call))
        new_file_refuse(receive->call, &upload->file, receive->err);
}

static void ended(struct receive *receive)
{
    const struct upload *upload = (struct upload *)receive;
    struct metrics *metrics = &receive->call->shard->metrics;
    metric_add(metrics, METRIC_FILES_STORED, receive->committed ? 1 : 0);
    metric_add(metrics, METRIC_FILES_OVER_QUOTA, upload->file.over_quota ? 1 : 0);
}

static void dropped(struct receive *receive)
{
    struct upload *upload = (struct upload *)receive;
    intake_free(&upload->intake); /* Its file was settled or removed before. */
}

static const struct receive_calls calls = { .admit = admit,
                                            .take = take,
                                            .prepare = prepare,
                                            .commit = commit,
                                            .conclude = conclude,
                                            .ended = ended,
                                            .dropped = dropped };

struct http_stream *upload_begin(struct shard *shard, struct http_conn *conn, const struct http_request *request)
{
    struct call *call = call_new(shard, conn, request, STR_NONE);
    struct upload *upload = arena_zalloc(&call->arena, sizeof(*upload));
    upload->receive.calls = &calls;
    return receive_begin(&upload->receive, call, request);
}
