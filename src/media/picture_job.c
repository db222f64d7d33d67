/* picture_job.c: opens what the worker reads, creates what it writes, and
 * puts that into its places: smaller forms first, then the file itself, which
 * takes the place of what was uploaded. A crash in between leaves names in
 * tmp, of a file without a row, and they go at the next start. */
#include "media/picture_job.h"

#include "media/sniff.h"
#include "os/file.h"
#include "os/log.h"

#include <stdlib.h>
#include <unistd.h>

struct files {
    int fds[PICTURE_FDS];
};

static const char *variant_of(unsigned fd)
{
    return fd == PICTURE_FD_CLEAN ? BLOB_CLEAN : picture_variants[fd - PICTURE_FD_THUMB];
}

static enum err files_open(struct files *files, const struct blobs *blobs, struct str fid, uint64_t *size)
{
    for (unsigned i = 0; i < PICTURE_FDS; i++)
        files->fds[i] = -1;
    enum err err = blob_open_incoming(blobs, fid, &files->fds[PICTURE_FD_IN], size);
    for (unsigned i = PICTURE_FD_CLEAN; err == OK && i < PICTURE_FDS; i++)
        err = blob_create(blobs, fid, variant_of(i), &files->fds[i]);
    return err;
}

/* What has no place by then goes. */
static void files_close(struct files *files, const struct blobs *blobs, struct str fid)
{
    for (unsigned i = 0; i < PICTURE_FDS; i++) {
        bool created = i != PICTURE_FD_IN && files->fds[i] >= 0;
        file_close(&files->fds[i]);
        if (created)
            blob_settle(blobs, fid, variant_of(i));
    }
}

/* Whether that is a file of such a type, and of that size. */
static bool is_picture(int fd, const char *mime, uint64_t size)
{
    char first[SNIFF_BYTES];
    size_t count = size < sizeof(first) ? (size_t)size : sizeof(first);
    off_t end = lseek(fd, 0, SEEK_END);
    if (size == 0 || end < 0 || (uint64_t)end != size || file_read_at(fd, "a picture", 0, first, count) != OK)
        return false;
    return strcmp(media_sniff((struct str){ first, count }).mime, mime) == 0;
}

static const char *mime_of(enum picture_format format)
{
    static const char *const names[] = { "", "image/png", "image/jpeg", "image/gif", "image/webp" };
    return names[format];
}

static enum err thumbs_place(struct picture_job *job, struct files *files, const struct blobs *blobs)
{
    enum err err = OK;
    for (unsigned i = 0; err == OK && i < PICTURE_WIDTHS; i++) {
        int *fd = &files->fds[PICTURE_FD_THUMB + i];
        if ((job->thumbs & 1u << i) == 0)
            continue;
        off_t size = lseek(*fd, 0, SEEK_END);
        if (size <= 0 || !is_picture(*fd, PICTURE_THUMB_MIME, (uint64_t)size))
            return ERR_REJECTED;
        err = blob_place_made(blobs, job->fid, picture_variants[i], *fd);
    }
    return err;
}

static enum err results_place(struct picture_job *job, const struct picture_answer *answer, struct files *files,
                              const struct blobs *blobs)
{
    enum err err = thumbs_place(job, files, blobs);
    int *clean = &files->fds[PICTURE_FD_CLEAN];
    if (err == OK && answer->clean_size > 0) {
        if (!is_picture(*clean, mime_of(job->format), answer->clean_size))
            return ERR_REJECTED;
        job->size = (int64_t)answer->clean_size;
        return blob_place_made(blobs, job->fid, BLOB_CLEAN, *clean);
    }
    return err == OK ? blob_place(blobs, job->fid, "", files->fds[PICTURE_FD_IN]) : err;
}

static enum err answer_take(struct picture_job *job, const struct picture_answer *answer, struct files *files,
                            const struct blobs *blobs)
{
    job->status = (enum picture_status)answer->status;
    if (answer->text[0] != '\0')
        log_info("media", "a picture was refused", LOG_TEXT("reason", answer->text), LOG_I64("user", job->user));
    if (answer->status != PICTURE_OK)
        return answer->status == PICTURE_NO_SPACE ? ERR_DISK_FULL : ERR_REJECTED;
    job->width = answer->width;
    job->height = answer->height;
    job->thumbs = answer->thumbs;
    memcpy(job->blur, answer->blur, sizeof(job->blur));
    return results_place(job, answer, files, blobs);
}

enum err picture_job_run(struct picture_job *job, const struct blobs *blobs, struct picture_worker *worker,
                         const struct picture_limits *limits)
{
    struct files files;
    struct picture_answer answer;
    uint64_t size = 0;
    job->err = files_open(&files, blobs, job->fid, &size);
    enum err asked = OK;
    if (job->err == OK) {
        struct picture_request request = {
            .magic = PICTURE_MAGIC, .format = (uint32_t)job->format, .size = size, .pixels_max = limits->pixels_max
        };
        job->size = (int64_t)size;
        asked = picture_worker_ask(worker, limits, &request, files.fds, &answer);
    }
    if (asked == ERR_TIMEOUT) {
        job->status = PICTURE_TOO_SLOW;
        job->err = ERR_REJECTED;
    } else if (job->err == OK && asked == OK) {
        job->err = answer_take(job, &answer, &files, blobs);
    }
    files_close(&files, blobs, job->fid);
    return asked == ERR_TIMEOUT ? OK : asked;
}
