/* picture.c: bytes → what is kept, smaller forms, a blur.
 * libvips is given what strip.c left of the file, with the format's own
 * loader, and has to decode all of it: what can't be decoded to its end is no
 * picture. So its parsers of Exif, XMP and the like see nothing of a
 * stranger's. Sizes were checked before, by the numbers in the file. */
#include "media/picture.h"

#include "media/vips_api.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define HEIGHT_FACTOR 4
#define BLUR_SIDE 24 /* 12, where that is too much: transparency costs */
#define BLUR_SIGMA 0.8
#define BLUR_URL "data:image/webp;base64,"

const unsigned picture_widths[PICTURE_WIDTHS] = { 160, 320, 640, 1280 };
const char *const picture_variants[PICTURE_WIDTHS] = { "160", "320", "640", "1280" };

struct work {
    const struct vips_api *vips;
    const int *fds;
    struct picture_answer *answer;
    struct strip_info info;
    enum picture_format format;
    struct _VipsImage *image; /* decoded as far as was needed */
    int width;                /* of it, as it is shown */
    int height;               /* of a frame */
    int frames;
};

static bool fail(struct work *work, enum picture_status status, const char *text)
{
    if (work->answer->status == PICTURE_OK) {
        work->answer->status = status;
        snprintf(work->answer->text, sizeof(work->answer->text), "%s", text);
    }
    return false;
}

/* libvips said no: its words are for the log. */
static bool fail_vips(struct work *work)
{
    fail(work, PICTURE_BROKEN, work->vips->error_buffer());
    work->vips->error_clear();
    return false;
}

static void drop(struct work *work, struct _VipsImage *image)
{
    if (image != NULL)
        work->vips->unref(image);
}

static void image_replace(struct work *work, struct _VipsImage *image)
{
    drop(work, work->image);
    work->image = image;
}

static bool write_out(struct work *work, enum picture_fd fd, struct str bytes)
{
    while (bytes.size > 0) {
        ssize_t put = write(work->fds[fd], bytes.ptr, bytes.size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return fail(work, PICTURE_NO_SPACE, strerror(errno));
        bytes.ptr += put;
        bytes.size -= (size_t)put;
    }
    return true;
}

/* ---- in ---- */

static bool bounded(struct work *work, uint64_t width, uint64_t height, uint64_t frames, uint64_t pixels_max)
{
    if (width <= pixels_max && height <= pixels_max && frames <= STRIP_FRAMES_MAX &&
        width * height <= pixels_max / (frames == 0 ? 1 : frames))
        return true;
    char text[100];
    snprintf(text, sizeof(text), "%llu x %llu pixels, %llu frames", (unsigned long long)width,
             (unsigned long long)height, (unsigned long long)frames);
    return fail(work, PICTURE_TOO_LARGE, text);
}

static bool load(struct work *work, struct buf *bytes, uint64_t pixels_max)
{
    const struct vips_api *vips = work->vips;
    const char *none = NULL;
    int result = -1;
    switch (work->format) {
    case PICTURE_PNG:
        result = vips->pngload(bytes->ptr, bytes->size, &work->image, "access", VIPS_API_SEQUENTIAL, "fail_on",
                               VIPS_API_FAIL_ON_ERROR, none);
        break;
    case PICTURE_JPEG:
        result = vips->jpegload(bytes->ptr, bytes->size, &work->image, "access", VIPS_API_SEQUENTIAL, "fail_on",
                                VIPS_API_FAIL_ON_ERROR, none);
        break;
    case PICTURE_GIF:
        result = vips->gifload(bytes->ptr, bytes->size, &work->image, "access", VIPS_API_SEQUENTIAL, "fail_on",
                               VIPS_API_FAIL_ON_ERROR, "n", -1, none);
        break;
    case PICTURE_WEBP:
        result = vips->webpload(bytes->ptr, bytes->size, &work->image, "access", VIPS_API_SEQUENTIAL, "fail_on",
                                VIPS_API_FAIL_ON_ERROR, "n", -1, none);
        break;
    }
    if (result != 0)
        return fail_vips(work);
    work->width = vips->width(work->image);
    work->height = vips->page_height(work->image);
    work->frames = vips->pages(work->image);
    return bounded(work, (uint64_t)work->width, (uint64_t)work->height, (uint64_t)work->frames, pixels_max);
}

/* ---- as it is kept ---- */

static int save_again(struct work *work, void **bytes, size_t *size)
{
    const struct vips_api *vips = work->vips;
    const char *none = NULL;
    unsigned quality = work->info.quality == 0 ? 90 : work->info.quality;
    quality = quality < 70 ? 70 : quality > 95 ? 95 : quality;
    switch (work->format) {
    case PICTURE_JPEG:
        return vips->jpegsave(work->image, bytes, size, "Q", (int)quality, "optimize_coding", 1, none);
    case PICTURE_WEBP:
        return vips->webpsave(work->image, bytes, size, "Q", 90, "lossless", (int)work->info.lossless, none);
    default:
        return vips->pngsave(work->image, bytes, size, none);
    }
}

/* Turned as Exif said, since that goes. */
static bool turn(struct work *work, struct buf *clean)
{
    const struct vips_api *vips = work->vips;
    const char *none = NULL;
    struct _VipsImage *turned = NULL;
    struct _VipsImage *whole = vips->copy_memory(work->image);
    if (whole == NULL)
        return fail_vips(work);
    image_replace(work, whole);
    vips->set_int(whole, "orientation", (int)work->info.orientation);
    if (vips->autorot(whole, &turned, none) != 0)
        return fail_vips(work);
    image_replace(work, turned);
    whole = vips->copy_memory(turned);
    if (whole == NULL)
        return fail_vips(work);
    image_replace(work, whole);
    work->width = vips->width(whole);
    work->height = vips->page_height(whole);
    void *bytes = NULL;
    size_t size = 0;
    struct strip_info again;
    if (save_again(work, &bytes, &size) != 0)
        return fail_vips(work);
    buf_clear(clean);
    enum err err = strip_picture(work->format, (struct str){ bytes, size }, clean, &again);
    vips->free(bytes);
    return err == OK || fail(work, PICTURE_BROKEN, "what was turned can't be read");
}

/* ---- smaller forms ---- */

static bool smaller(const struct work *work, unsigned width)
{
    return (unsigned)work->width > width || (unsigned)work->height > width * HEIGHT_FACTOR;
}

/* Of a frame, at that width; at least 1. */
static uint64_t pixels_at(const struct work *work, unsigned width)
{
    double scale = (double)width / work->width;
    double other = (double)width * HEIGHT_FACTOR / work->height;
    scale = other < scale ? other : scale;
    scale = scale > 1 ? 1 : scale;
    return (uint64_t)(work->width * scale * work->height * scale) + 1;
}

static bool wanted(const struct work *work, unsigned width)
{
    return smaller(work, width) &&
           (work->frames == 1 || pixels_at(work, width) * (uint64_t)work->frames <= PICTURE_MOVING_PIXELS);
}

static struct _VipsImage *thumbnail(struct work *work, struct _VipsImage *image, unsigned width, unsigned height)
{
    const char *none = NULL;
    struct _VipsImage *small = NULL;
    struct _VipsImage *whole = NULL;
    if (work->vips->thumbnail(image, &small, (int)width, "height", (int)height, "size", VIPS_API_SIZE_DOWN,
                              "export_profile", "srgb", none) == 0)
        whole = work->vips->copy_memory(small);
    drop(work, small);
    if (whole == NULL)
        fail_vips(work);
    return whole;
}

/* sRGB as all browsers take it without a profile; and nothing that libvips adds. */
static bool webp_make(struct work *work, struct _VipsImage *image, int quality, int effort, struct buf *out)
{
    const char *none = NULL;
    void *bytes = NULL;
    size_t size = 0;
    struct strip_info info;
    (void)work->vips->remove(image, "icc-profile-data");
    buf_clear(out);
    if (work->vips->webpsave(image, &bytes, &size, "Q", quality, "alpha_q", quality, "effort", effort, none) != 0)
        return fail_vips(work);
    enum err err = strip_picture(PICTURE_WEBP, (struct str){ bytes, size }, out, &info);
    work->vips->free(bytes);
    return err == OK || fail(work, PICTURE_BROKEN, "what was made smaller can't be read");
}

static bool thumb_write(struct work *work, struct _VipsImage *image, unsigned i)
{
    struct buf out = { 0 };
    bool written = webp_make(work, image, 78, work->frames > 1 ? 1 : 3, &out) &&
                   write_out(work, PICTURE_FD_THUMB + i, buf_str(&out));
    buf_release(&out);
    work->answer->thumbs |= written ? 1u << i : 0;
    return written;
}

/* All pixels are looked at, if only to be forgotten; then image is the largest of the smaller forms, in memory, from
 * which the others are made. */
static bool decode(struct work *work)
{
    const char *none = NULL;
    unsigned base = PICTURE_WIDTHS;
    while (base > 0 && !wanted(work, picture_widths[base - 1]))
        base--;
    bool all = base == 0 && work->frames == 1; /* It is small. */
    if (base == 0 && !all) {
        double mean;
        return work->vips->avg(work->image, &mean, none) == 0 || fail_vips(work);
    }
    unsigned width = all ? (unsigned)work->width : picture_widths[base - 1];
    unsigned height = all ? (unsigned)work->height : width * HEIGHT_FACTOR;
    struct _VipsImage *whole = thumbnail(work, work->image, width, height);
    if (whole == NULL)
        return false;
    image_replace(work, whole);
    return true;
}

static bool thumbs_write(struct work *work)
{
    bool good = true;
    for (unsigned i = PICTURE_WIDTHS; good && i-- > 0;) {
        if (!wanted(work, picture_widths[i]))
            continue;
        struct _VipsImage *small = thumbnail(work, work->image, picture_widths[i], picture_widths[i] * HEIGHT_FACTOR);
        good = small != NULL && thumb_write(work, small, i);
        drop(work, small);
    }
    return good;
}

/* ---- the blur ---- */

static void blur_put(struct work *work, struct str bytes)
{
    char *out = work->answer->blur;
    size_t room = sizeof(work->answer->blur);
    if (sizeof(BLUR_URL) - 1 + sodium_base64_ENCODED_LEN(bytes.size, sodium_base64_VARIANT_ORIGINAL) > room)
        return;
    memcpy(out, BLUR_URL, sizeof(BLUR_URL) - 1);
    sodium_bin2base64(out + sizeof(BLUR_URL) - 1, room - (sizeof(BLUR_URL) - 1), (const unsigned char *)bytes.ptr,
                      bytes.size, sodium_base64_VARIANT_ORIGINAL);
}

/* The first frame, small and soft. */
static struct _VipsImage *soft_make(struct work *work, int side)
{
    const struct vips_api *vips = work->vips;
    const char *none = NULL;
    struct _VipsImage *first = NULL;
    struct _VipsImage *small = NULL;
    struct _VipsImage *soft = NULL;
    int height = vips->page_height(work->image);
    if (vips->crop(work->image, &first, 0, 0, vips->width(work->image), height, none) != 0)
        return NULL;
    vips->set_int(first, "page-height", height);
    vips->set_int(first, "n-pages", 1);
    if (vips->thumbnail(first, &small, side, "height", side, "export_profile", "srgb", none) == 0)
        (void)vips->gaussblur(small, &soft, BLUR_SIGMA, none);
    drop(work, first);
    drop(work, small);
    return soft;
}

/* A picture without a blur is fine, too. */
static bool blur_make(struct work *work)
{
    struct buf out = { 0 };
    bool good = true;
    for (int side = BLUR_SIDE; good && work->answer->blur[0] == '\0' && side >= BLUR_SIDE / 2; side /= 2) {
        struct _VipsImage *soft = soft_make(work, side);
        work->vips->error_clear();
        for (int quality = 40; soft != NULL && good && work->answer->blur[0] == '\0' && quality > 0; quality -= 15) {
            good = webp_make(work, soft, quality, 4, &out);
            if (good)
                blur_put(work, buf_str(&out));
        }
        drop(work, soft);
    }
    buf_release(&out);
    return good;
}

/* ---- all of it ---- */

static bool run(struct work *work, struct str bytes, struct buf *clean, uint64_t pixels_max)
{
    enum err err = strip_picture(work->format, bytes, clean, &work->info);
    if (err != OK)
        return fail(work, err == ERR_TOO_LARGE ? PICTURE_TOO_LARGE : PICTURE_BROKEN, "its parts are not in order");
    if (!bounded(work, work->info.width, work->info.height, work->info.frames, pixels_max) ||
        !load(work, clean, pixels_max))
        return false;
    /* libvips reads from clean until the pixels are in memory; what is turned has a buffer of its own. */
    struct buf turned = { 0 };
    bool good = true;
    if (work->info.orientation != 1 && work->frames == 1)
        good = turn(work, &turned);
    good = good && decode(work);
    if (good) {
        struct str kept = turned.size > 0 ? buf_str(&turned) : buf_str(clean);
        if (!str_equal(kept, bytes)) {
            work->answer->clean_size = kept.size;
            good = write_out(work, PICTURE_FD_CLEAN, kept);
        }
    }
    good = good && thumbs_write(work);
    good = good && blur_make(work);
    buf_release(&turned);
    return good;
}

void picture_work(const struct vips_api *vips, const struct picture_request *request, const int fds[PICTURE_FDS],
                  struct picture_answer *answer)
{
    struct work work = { .vips = vips, .fds = fds, .answer = answer, .format = (enum picture_format)request->format };
    struct buf clean = { 0 };
    *answer = (struct picture_answer){ .magic = PICTURE_MAGIC };
    void *bytes =
        request->size == 0 ? MAP_FAILED : mmap(NULL, request->size, PROT_READ, MAP_PRIVATE, fds[PICTURE_FD_IN], 0);
    if (bytes == MAP_FAILED) {
        fail(&work, PICTURE_TOO_LARGE, "it does not fit into memory");
        return;
    }
    if (run(&work, (struct str){ bytes, request->size }, &clean, request->pixels_max)) {
        answer->width = (uint32_t)work.width;
        answer->height = (uint32_t)work.height;
        answer->frames = (uint32_t)work.frames;
    }
    drop(&work, work.image);
    buf_release(&clean);
    munmap(bytes, request->size);
}
