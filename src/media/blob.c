/* blob.c: names and syncs. */
#include "media/blob.h"

#include "os/file.h"
#include "os/random.h"
#include "util/mem.h"

#include <stdlib.h>

struct blobs {
    char *files; /* the directory */
};

/* Pictures have smaller forms of themselves (media/picture.h); clean is only coming in. */
static const char *const variants[] = { "", "160", "320", "640", "1280", BLOB_CLEAN };
#define VARIANTS (sizeof(variants) / sizeof(variants[0]))

static char *path_of(const struct blobs *blobs, bool incoming, struct str fid, const char *variant)
{
    struct buf path = { 0 };
    const char *dot = *variant == '\0' ? "" : ".";
    if (incoming)
        buf_append_format(&path, "%s/tmp/%.*s%s%s", blobs->files, (int)fid.size, fid.ptr, dot, variant);
    else
        buf_append_format(&path, "%s/%.2s/%.2s/%.*s%s%s", blobs->files, fid.ptr, fid.ptr + 2, (int)fid.size, fid.ptr,
                          dot, variant);
    buf_append_byte(&path, '\0');
    return path.ptr;
}

enum err blobs_open(const char *files, struct blobs **out)
{
    struct buf path = { 0 };
    buf_append_format(&path, "%s/tmp", files);
    buf_append_byte(&path, '\0');
    enum err err = file_make_dir(path.ptr);
    if (err != OK) {
        buf_release(&path);
        return err;
    }
    path.ptr[path.size - sizeof("/tmp")] = '\0';
    *out = mem_zalloc(sizeof(**out));
    (*out)->files = path.ptr;
    return OK;
}

void blobs_free(struct blobs **blobs)
{
    if (*blobs == NULL)
        return;
    free((*blobs)->files);
    free(*blobs);
    *blobs = NULL;
}

enum err blobs_key(const char *data, unsigned char key[FILE_URL_KEY_SIZE])
{
    struct buf path = { 0 };
    struct buf bytes = { 0 };
    buf_append_format(&path, "%s/" BLOB_KEY_FILE, data);
    buf_append_byte(&path, '\0');
    enum err err = file_read(path.ptr, FILE_URL_KEY_SIZE, &bytes);
    if (err == ERR_NOT_FOUND) {
        buf_clear(&bytes);
        buf_reserve(&bytes, FILE_URL_KEY_SIZE);
        random_bytes(bytes.ptr, FILE_URL_KEY_SIZE);
        bytes.size = FILE_URL_KEY_SIZE;
        err = file_write_atomic(path.ptr, buf_str(&bytes), 0600);
    }
    if (err == OK && bytes.size != FILE_URL_KEY_SIZE)
        err = ERR_PARSE;
    if (err == OK)
        memcpy(key, bytes.ptr, FILE_URL_KEY_SIZE);
    buf_release(&bytes);
    buf_release(&path);
    return err;
}

void fid_make(char fid[FID_SIZE])
{
    unsigned char bytes[FID_SIZE / 2];
    random_bytes(bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        fid[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        fid[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
}

enum err blob_create(const struct blobs *blobs, struct str fid, const char *variant, int *fd)
{
    char *path = path_of(blobs, true, fid, variant);
    enum err err = file_create(path, fd);
    free(path);
    return err;
}

enum err blob_place(const struct blobs *blobs, struct str fid, const char *variant, int fd)
{
    char *path = path_of(blobs, true, fid, variant);
    char *name = path_of(blobs, false, fid, variant);
    enum err err = file_sync(fd, path);
    if (err == OK)
        err = file_link(path, name);
    free(path);
    free(name);
    return err;
}

void blob_settle(const struct blobs *blobs, struct str fid, const char *variant)
{
    char *path = path_of(blobs, true, fid, variant);
    (void)file_remove(path);
    free(path);
}

enum err blob_place_made(const struct blobs *blobs, struct str fid, const char *variant, int fd)
{
    bool whole = strcmp(variant, BLOB_CLEAN) == 0;
    char *path = path_of(blobs, true, fid, variant);
    char *name = path_of(blobs, false, fid, whole ? "" : variant);
    enum err err = file_sync(fd, path);
    if (err == OK)
        err = file_move(path, name);
    if (err == OK && whole)
        err = file_sync_name(name);
    free(path);
    free(name);
    return err;
}

void blob_unplace(const struct blobs *blobs, struct str fid)
{
    for (size_t i = 0; i < VARIANTS; i++) {
        char *name = path_of(blobs, false, fid, variants[i]);
        (void)file_remove(name);
        free(name);
    }
}

enum err blob_prepare(const struct blobs *blobs, struct str fid)
{
    int fd = -1;
    char *path = path_of(blobs, true, fid, "");
    enum err err = file_create(path, &fd);
    file_close(&fd);
    if (err == OK)
        err = file_sync_name(path);
    free(path);
    return err;
}

enum err blob_open_write(const struct blobs *blobs, struct str fid, int *fd)
{
    char *path = path_of(blobs, true, fid, "");
    enum err err = file_open_write(path, fd);
    if (err == OK)
        err = file_hold(*fd, path, FILE_SHARED);
    if (err != OK)
        file_close(fd);
    free(path);
    return err;
}

enum err blob_open_whole(const struct blobs *blobs, struct str fid, int *fd, uint64_t *size)
{
    char *path = path_of(blobs, true, fid, "");
    enum err err = file_open(path, fd, size);
    if (err == OK)
        err = file_hold(*fd, path, FILE_ALONE);
    if (err != OK)
        file_close(fd);
    free(path);
    return err;
}

enum err blob_open_incoming(const struct blobs *blobs, struct str fid, int *fd, uint64_t *size)
{
    char *path = path_of(blobs, true, fid, "");
    enum err err = file_open(path, fd, size);
    free(path);
    return err;
}

/* One more name for a form of from. */
static enum err name_add(const struct blobs *blobs, struct str from, const char *variant, struct str fid, bool incoming)
{
    char *path = path_of(blobs, false, from, variant);
    char *name = path_of(blobs, incoming, fid, variant);
    enum err err = file_link(path, name);
    free(path);
    free(name);
    return err;
}

enum err blob_copy(const struct blobs *blobs, struct str from, struct str fid)
{
    enum err err = name_add(blobs, from, "", fid, true);
    for (size_t i = 0; err == OK && i < VARIANTS; i++) {
        err = name_add(blobs, from, variants[i], fid, false);
        if (err == ERR_NOT_FOUND && *variants[i] != '\0')
            err = OK; /* It has no such form. */
    }
    return err;
}

enum err blob_mark(const struct blobs *blobs, struct str fid)
{
    char *path = path_of(blobs, false, fid, "");
    char *name = path_of(blobs, true, fid, "");
    enum err err = file_link(path, name);
    free(path);
    free(name);
    return err == ERR_EXISTS || err == ERR_NOT_FOUND ? OK : err;
}

void blob_remove(const struct blobs *blobs, struct str fid)
{
    for (size_t i = 0; i < VARIANTS; i++) {
        char *name = path_of(blobs, false, fid, variants[i]);
        (void)file_remove(name);
        free(name);
        blob_settle(blobs, fid, variants[i]);
    }
}

enum err blob_open(const struct blobs *blobs, struct str fid, const char *variant, int *fd, uint64_t *size)
{
    char *path = path_of(blobs, false, fid, variant);
    enum err err = file_open(path, fd, size);
    free(path);
    return err;
}

char *blob_incoming_path(const struct blobs *blobs, struct str fid, const char *variant)
{
    return path_of(blobs, true, fid, variant);
}

const char *blob_form(unsigned number)
{
    return number < VARIANTS ? variants[number] : NULL;
}

struct recovery {
    const struct blobs *blobs;
    int64_t before_ms;
    enum blob_state (*state_of)(void *context, struct str fid);
    void *context;
};

static bool recover_is_old(const struct recovery *recovery, const char *path)
{
    int64_t written_ms;
    return recovery->before_ms == INT64_MAX ||
           (file_written_ms(path, &written_ms) == OK && written_ms < recovery->before_ms);
}

static void recover_one(void *context, const char *name)
{
    struct recovery *recovery = context;
    struct str fid = { name, strcspn(name, ".") };
    struct buf path = { 0 };
    buf_append_format(&path, "%s/tmp/%s", recovery->blobs->files, name);
    buf_append_byte(&path, '\0');
    if (!recover_is_old(recovery, path.ptr)) {
        buf_release(&path);
        return;
    }
    if (fid_valid(fid)) {
        enum blob_state state = recovery->state_of(recovery->context, fid);
        for (size_t i = 0; state == BLOB_STORED && i < VARIANTS; i++)
            blob_settle(recovery->blobs, fid, variants[i]);
        if (state == BLOB_COMING)
            blob_unplace(recovery->blobs, fid);
        else if (state == BLOB_UNKNOWN || state == BLOB_ELSEWHERE)
            blob_remove(recovery->blobs, fid);
    } else {
        (void)file_remove(path.ptr);
    }
    buf_release(&path);
}

enum err blobs_recover(const struct blobs *blobs, int64_t before_ms,
                       enum blob_state (*state_of)(void *context, struct str fid), void *context)
{
    struct recovery recovery = { blobs, before_ms, state_of, context };
    struct buf path = { 0 };
    buf_append_format(&path, "%s/tmp", blobs->files);
    buf_append_byte(&path, '\0');
    enum err err = file_list(path.ptr, recover_one, &recovery);
    buf_release(&path);
    return err;
}
