/* new_file.c: quota, row and answer. */
#include "api/new_file.h"

#include "media/url.h"
#include "store/object.h"
#include "util/jsonw.h"

#define RETRY_S 30

struct intake_limits new_file_limits(const struct conf *conf)
{
    return (struct intake_limits){
        .size_max = { [MEDIA_FILE] = conf->file_max,
                      [MEDIA_IMAGE] = conf->image_max,
                      [MEDIA_VIDEO] = conf->video_max,
                      [MEDIA_AUDIO] = conf->audio_max },
        .leave_images = conf->picture_workers > 0,
    };
}

int64_t new_file_size_max(const struct conf *conf)
{
    struct intake_limits limits = new_file_limits(conf);
    int64_t most = 0;
    for (size_t i = 0; i < sizeof(limits.size_max) / sizeof(limits.size_max[0]); i++)
        if (limits.size_max[i] > most)
            most = limits.size_max[i];
    return most;
}

enum err new_file_room(struct call *call, struct db *db, struct new_file *file, int64_t size)
{
    int64_t used;
    int64_t quota = call->service->conf->quota;
    if (quota == 0)
        return OK;
    enum err err = file_usage(db, call->user, &used);
    if (err == OK && (used >= quota || size > quota - used))
        err = ERR_TOO_LARGE;
    file->over_quota = err == ERR_TOO_LARGE;
    return err;
}

bool new_file_waits(const struct call *call)
{
    const struct service *service = call->service;
    return service->conf->store_s3 && atomic_load(&service->store_waiting_bytes) >= service->conf->s3_waiting_max;
}

void new_file_take(struct new_file *file, const struct call *call, const struct intake_result *result)
{
    file->row = (struct file){
        .fid = result->fid,
        .owner = call->user,
        .size = result->size,
        .kind = (int64_t)result->type.kind,
        .mime = str_from(result->type.mime),
        .name = result->name,
        .sha256 = { (const char *)result->sha256, sizeof(result->sha256) },
    };
}

enum err new_file_insert(struct call *call, struct core_tx *tx, struct new_file *file)
{
    enum err err = new_file_room(call, tx->db, file, file->row.size);
    file->row.created_ms = tx->now_ms;
    file->row.expires_ms = tx->now_ms + call->service->conf->unused_ms;
    if (err == OK)
        err = file_insert(tx->db, &file->row);
    if (err == OK && file->shared_with.ptr != NULL)
        err = object_share(tx->db, file->shared_with, file->row.fid);
    else if (err == OK && call->service->conf->store_s3 && !file->arrived)
        err = object_want(tx->db, file->row.fid, file->row.size);
    return err;
}

void new_file_reply(struct call *call, const struct file *row, bool known)
{
    struct buf *out = call_data(call);
    struct file_url room;
    struct str url = arena_format(&call->arena, "/file/%.*s", (int)row->fid.size, row->fid.ptr);
    jsonw_open(out, '{');
    jsonw_put_str(out, "fid", row->fid);
    jsonw_put_str(out, "url", url);
    jsonw_put_str(out, "signed", file_url_out(url, &room));
    jsonw_put_str(out, "name", row->name);
    jsonw_put_i64(out, "size", row->size);
    jsonw_put_str(out, "mime", row->mime);
    jsonw_put_str(out, "kind", str_from(media_kind_name((enum media_kind)row->kind)));
    if (row->width > 0) {
        jsonw_put_i64(out, "width", row->width);
        jsonw_put_i64(out, "height", row->height);
    }
    if (row->blur.ptr != NULL)
        jsonw_put_str(out, "blur", row->blur);
    if (known)
        jsonw_put_bool(out, "done", true);
    jsonw_close(out, '}');
    call_reply_data(call);
}

void new_file_reply_missing(struct call *call)
{
    call_reply_status(call, 404, 2109, "没有这个上传，或已过期");
}

void new_file_refuse(struct call *call, const struct new_file *file, enum err err)
{
    switch (err) {
    case ERR_TOO_LARGE:
        call_reply_error(call, 2106, file->over_quota ? "存储空间不足" : "文件过大");
        break;
    case ERR_ARG:
        call_reply_error(call, 2100, "没有文件，或文件是空的");
        break;
    case ERR_PARSE:
        call_reply_error(call, 2100, "表单格式错误");
        break;
    case ERR_EXISTS:
        call_reply_error(call, 2100, "一次只能上传一个文件");
        break;
    case ERR_FULL:
        call_reply_busy(call, 503, RETRY_S, "文件存储暂不可用，请稍后再试");
        break;
    default:
        call_reply_broken(call, err);
    }
}
