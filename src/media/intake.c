/* intake.c: form → type and bound → hash → disk. */
#include "media/intake.h"

#include "media/multipart.h"
#include "os/file.h"
#include "util/mem.h"
#include "util/utf8.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>

#define WRITE_OUT_BYTES (INT64_C(4) * 1024 * 1024)

struct intake {
    const struct blobs *blobs;
    struct intake_limits limits;
    struct multipart *form; /* NULL: the body is the file */
    EVP_MD_CTX *sha256;
    char *path;
    int fd;
    int64_t out; /* what the disk has begun with */
    bool typed;
    bool settled;
    char first[SNIFF_BYTES];
    char fid[FID_SIZE];
    char name[INTAKE_NAME_MAX];
    struct intake_result result;
};

static_assert(SNIFF_BYTES <= 4096, "on the way to every write");

/* The separators that a page may take for a line's end, and what turns the reading direction around. */
static bool code_point_odd(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0x200e || c == 0x200f ||
           (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

struct str intake_name(struct str name)
{
    for (size_t i = name.size; i > 0; i--) {
        if (name.ptr[i - 1] == '/' || name.ptr[i - 1] == '\\') {
            name = (struct str){ name.ptr + i, name.size - i };
            break;
        }
    }
    if (name.ptr == NULL || name.size > INTAKE_NAME_MAX || !utf8_valid(name) || str_equal(name, STR(".")) ||
        str_equal(name, STR("..")))
        return STR("");
    for (size_t at = 0; at < name.size;)
        if (code_point_odd(utf8_next(name, &at)))
            return STR("");
    return name;
}

static void name_keep(struct intake *intake, struct str name)
{
    name = intake_name(name);
    memcpy(intake->name, name.ptr, name.size);
    intake->result.name = (struct str){ intake->name, name.size };
}

static bool is_form(struct str content_type)
{
    struct str start = STR("multipart/");
    return content_type.size >= start.size && str_equal_nocase((struct str){ content_type.ptr, start.size }, start);
}

enum err intake_new(const struct blobs *blobs, const struct intake_limits *limits, struct str content_type,
                    struct str name, struct intake **out)
{
    struct intake *intake = mem_zalloc(sizeof(*intake));
    intake->blobs = blobs;
    intake->limits = *limits;
    intake->fd = -1;
    intake->result.name = STR("");
    if (name.ptr != NULL)
        name_keep(intake, name);
    if (is_form(content_type)) {
        intake->form = mem_zalloc(sizeof(*intake->form));
        if (multipart_init(intake->form, content_type) != OK) {
            intake_free(&intake);
            return ERR_PARSE;
        }
    }
    *out = intake;
    return OK;
}

void intake_free(struct intake **intake_ptr)
{
    struct intake *intake = *intake_ptr;
    if (intake == NULL)
        return;
    file_close(&intake->fd);
    if (intake->path != NULL && !intake->settled)
        blob_remove(intake->blobs, intake->result.fid);
    EVP_MD_CTX_free(intake->sha256);
    free(intake->form);
    free(intake->path);
    free(intake);
    *intake_ptr = NULL;
}

/* At the first byte: a name and a hash. */
static enum err file_begin(struct intake *intake)
{
    fid_make(intake->fid);
    intake->result.fid = (struct str){ intake->fid, FID_SIZE };
    intake->sha256 = EVP_MD_CTX_new();
    if (intake->sha256 == NULL || EVP_DigestInit_ex(intake->sha256, EVP_sha256(), NULL) != 1)
        return ERR_CRYPTO;
    enum err err = blob_create(intake->blobs, intake->result.fid, "", &intake->fd);
    if (err == OK)
        intake->path = blob_incoming_path(intake->blobs, intake->result.fid, "");
    return err;
}

static int64_t size_max(const struct intake *intake)
{
    int64_t most = 0;
    if (intake->typed)
        return intake->limits.size_max[intake->result.type.kind];
    for (size_t i = 0; i < 4; i++)
        if (intake->limits.size_max[i] > most)
            most = intake->limits.size_max[i];
    return most;
}

static void type_look(struct intake *intake, bool ended)
{
    if (intake->typed || (!ended && intake->result.size < (int64_t)SNIFF_BYTES))
        return;
    size_t size = intake->result.size < (int64_t)SNIFF_BYTES ? (size_t)intake->result.size : SNIFF_BYTES;
    intake->result.type = media_sniff((struct str){ intake->first, size });
    intake->typed = true;
}

static enum err data_take(void *context, struct str bytes)
{
    struct intake *intake = context;
    enum err err = intake->path == NULL ? file_begin(intake) : OK;
    if (err != OK)
        return err;
    if (intake->result.size < (int64_t)SNIFF_BYTES) {
        size_t room = SNIFF_BYTES - (size_t)intake->result.size;
        memcpy(intake->first + intake->result.size, bytes.ptr, bytes.size < room ? bytes.size : room);
    }
    intake->result.size += (int64_t)bytes.size;
    type_look(intake, false);
    if (intake->result.size > size_max(intake))
        return ERR_TOO_LARGE;
    if (EVP_DigestUpdate(intake->sha256, bytes.ptr, bytes.size) != 1)
        return ERR_CRYPTO;
    err = file_append(intake->fd, intake->path, bytes);
    if (err == OK && intake->result.size - intake->out >= WRITE_OUT_BYTES) {
        file_write_out(intake->fd, (uint64_t)intake->out, (uint64_t)(intake->result.size - intake->out));
        intake->out = intake->result.size;
    }
    return err;
}

enum err intake_feed(struct intake *intake, struct str bytes)
{
    if (intake->form == NULL)
        return bytes.size == 0 ? OK : data_take(intake, bytes);
    enum err err = multipart_feed(intake->form, bytes, data_take, intake);
    return err == ERR_ARG ? ERR_EXISTS : err;
}

enum err intake_finish(struct intake *intake)
{
    unsigned size = INTAKE_SHA256_SIZE;
    if (intake->form != NULL && !multipart_done(intake->form))
        return intake->form->file_seen ? ERR_PARSE : ERR_ARG;
    if (intake->path == NULL)
        return ERR_ARG;
    if (intake->form != NULL && intake->result.name.size == 0)
        name_keep(intake, str_from(intake->form->name));
    type_look(intake, true);
    if (intake->result.size > size_max(intake))
        return ERR_TOO_LARGE;
    if (EVP_DigestFinal_ex(intake->sha256, intake->result.sha256, &size) != 1)
        return ERR_CRYPTO;
    enum err err = intake->limits.leave_images && intake->result.type.kind == MEDIA_IMAGE
                       ? OK
                       : blob_place(intake->blobs, intake->result.fid, "", intake->fd);
    file_close(&intake->fd);
    return err;
}

void intake_settle(struct intake *intake)
{
    intake->settled = true;
    blob_settle(intake->blobs, intake->result.fid, "");
}

const struct intake_result *intake_result(const struct intake *intake)
{
    return &intake->result;
}
