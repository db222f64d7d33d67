/* route_file.c: /file/…. Uploads come in as streams (api/upload.h); here is
 * who may have a file, and what a browser is told about it. */
#include "api/call.h"

#include "api/download.h"
#include "api/file_end.h"
#include "api/file_init.h"
#include "api/file_place.h"
#include "api/part.h"
#include "chat/policy.h"
#include "media/picture.h"
#include "media/sniff.h"
#include "media/url.h"
#include "os/clock.h"

#define PREFIX STR("/file/")
#define WIDTH_ANY 1000000u /* more than any picture has */
#define CACHE_CONTROL "private, max-age=31536000, immutable"

/* An upload without a body. */
static void upload_run(struct call *call, struct reader *reader)
{
    (void)reader;
    call_reply_error(call, 2100, "没有文件，或文件是空的");
}

/* /file/<fid>, /file/<fid>/<width>; *width 0: none. */
static bool path_read(struct str path, struct str *fid, uint64_t *width)
{
    *width = 0;
    *fid = (struct str){ path.ptr + PREFIX.size, path.size - PREFIX.size };
    if (fid->size > FID_SIZE && fid->ptr[FID_SIZE] == '/') {
        for (size_t i = FID_SIZE + 1; i < fid->size; i++) {
            if (fid->ptr[i] < '0' || fid->ptr[i] > '9')
                return false;
            if (*width <= WIDTH_ANY)
                *width = *width * 10 + (uint64_t)(fid->ptr[i] - '0');
        }
        fid->size = FID_SIZE;
    }
    return fid_valid(*fid);
}

/* RFC 8187: the name as it is, and nothing of it to end the header. */
static void name_append(struct buf *out, struct str name)
{
    buf_append_str(out, STR("; filename*=UTF-8''"));
    for (size_t i = 0; i < name.size; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
                     c == '-' || c == '_';
        if (plain)
            buf_append_byte(out, (char)c);
        else
            buf_append_format(out, "%%%02X", c);
    }
}

static struct str type_of(const struct file *file, const char *variant)
{
    return *variant == '\0' ? file->mime : str_from(PICTURE_THUMB_MIME);
}

static struct str disposition_of(struct call *call, const struct file *file, const char *variant)
{
    struct buf out = { 0 };
    buf_append_str(&out, media_inline((enum media_kind)file->kind) ? STR("inline") : STR("attachment"));
    if (file->name.size > 0 && *variant == '\0')
        name_append(&out, file->name);
    struct str kept = arena_str(&call->arena, buf_str(&out));
    buf_release(&out);
    return kept;
}

/* Whatever it is, a browser takes it for nothing else, runs nothing of it, and shows only what can't be run. The
 * bytes behind an fid never change. */
static void headers_append(struct call *call, const struct file *file, const char *variant)
{
    struct buf *out = &call->headers;
    struct str disposition = disposition_of(call, file, variant);
    buf_append_str(out, STR("X-Content-Type-Options: nosniff\r\n"
                            "Content-Security-Policy: sandbox; default-src 'none'\r\n"
                            "Cross-Origin-Resource-Policy: cross-origin\r\n"
                            "Referrer-Policy: no-referrer\r\n"
                            "Cache-Control: " CACHE_CONTROL "\r\n"));
    buf_append_format(out, "Content-Disposition: %.*s\r\n", (int)disposition.size, disposition.ptr);
    call->content_type = type_of(file, variant);
}

/* The smallest form that is at least so wide; the file itself, where there is none. */
static const char *variant_for(const struct file *file, uint64_t width)
{
    for (unsigned i = 0; width > 0 && i < PICTURE_WIDTHS; i++)
        if (picture_widths[i] >= width && (file->thumbs & INT64_C(1) << i) != 0)
            return picture_variants[i];
    return "";
}

/* Whether the caller may have it: by the address's signature, else by who he is. False: it was answered. */
static bool allowed(struct call *call, struct reader *reader, struct str fid, bool *trusted)
{
    struct str signature = call_query_text(call, "s");
    *trusted = signature.ptr != NULL && file_url_verify(fid, signature, clock_wall_ms());
    if (*trusted)
        return true;
    if (signature.ptr != NULL && call->header_token.ptr == NULL) {
        call_reply_status(call, 403, 2101, "链接无效或已过期");
        return false;
    }
    return call_authenticate(call, reader);
}

/* From the disk, or from where it was carried. */
static void file_reply(struct call *call, struct reader *reader, const struct file *file, const char *variant)
{
    struct str object;
    enum err err = file_place_find(call, reader->db, file, variant, &object);
    if (err != OK) {
        call_reply_broken(call, err);
    } else if (object.ptr != NULL && !call->service->conf->s3_proxy) {
        file_place_redirect(call, object,
                            &(struct file_store_told){ .type = type_of(file, variant),
                                                       .disposition = disposition_of(call, file, variant),
                                                       .cache_control = STR(CACHE_CONTROL) });
    } else {
        headers_append(call, file, variant);
        download_begin(call, file, variant, object);
    }
}

static void file_run(struct call *call, struct reader *reader)
{
    struct str fid;
    struct file file;
    bool trusted;
    uint64_t width;
    bool named = path_read(call->path, &fid, &width);
    if (!allowed(call, reader, fid, &trusted))
        return;
    enum err err = named ? file_by_fid(reader->db, &call->arena, fid, clock_wall_ms(), &file) : ERR_NOT_FOUND;
    if (err == OK && !trusted)
        err = policy_see_file(reader->db, &call->arena, call->user, &file, call->service->conf->whole_history);
    if (err == ERR_NOT_FOUND || err == ERR_DENIED) { /* Who may not have it does not learn that it is there. */
        call_reply_status(call, 404, 2109, "文件不存在");
        return;
    }
    if (err != OK) {
        call_reply_broken(call, err);
        return;
    }
    file_reply(call, reader, &file, variant_for(&file, width));
}

static const struct route rows[] = {
    { HTTP_POST, "/file/upload", 0, upload_run, NULL },
    { HTTP_POST, "/file/init", ROUTE_JSON, file_init_run, NULL },
    { HTTP_PUT, "/file/part", 0, part_empty_run, NULL },
    { HTTP_POST, "/file/complete", ROUTE_JSON, file_complete_run, NULL },
    { HTTP_POST, "/file/cancel", ROUTE_JSON, file_cancel_run, NULL },
    { HTTP_GET, "/file/*", ROUTE_OPEN, file_run, NULL },
};
const struct route_list routes_file = { rows, sizeof(rows) / sizeof(rows[0]) };
