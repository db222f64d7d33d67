/* vips_api.h: what we call of libvips, found when the worker starts.
 * The server never loads it: with all that it stands on it takes a tenth of a
 * second and 25 MB. Declared here, so that to build and run needs the library
 * alone, not the 250 packages of its headers; test/unit/media/test_vips_api.c
 * holds these lines to the headers. A NULL ends the optional arguments of a
 * function. What returns int is 0, or not. */
#ifndef IM_MEDIA_VIPS_API_H
#define IM_MEDIA_VIPS_API_H

#include <stdbool.h>
#include <stddef.h>

#define VIPS_API_LIBRARY "libvips.so.42" /* 8.14 of Debian 12, and all later 8.x so far */

struct _VipsImage;

enum vips_api_value {
    VIPS_API_SEQUENTIAL = 1,    /* VipsAccess */
    VIPS_API_FAIL_ON_ERROR = 2, /* VipsFailOn */
    VIPS_API_SIZE_DOWN = 2,     /* VipsSize */
    VIPS_API_COORD_MAX = 10000000,
};

struct vips_api {
    int (*init)(const char *argv0);
    void (*block_untrusted)(int state);
    void (*operation_block)(const char *name, int state);
    void (*cache_set_max)(int max);
    void (*concurrency_set)(int concurrency);
    const char *(*error_buffer)(void);
    void (*error_clear)(void);
    int (*jpegload)(void *bytes, size_t size, struct _VipsImage **out, ...);
    int (*pngload)(void *bytes, size_t size, struct _VipsImage **out, ...);
    int (*gifload)(void *bytes, size_t size, struct _VipsImage **out, ...);
    int (*webpload)(void *bytes, size_t size, struct _VipsImage **out, ...);
    int (*jpegsave)(struct _VipsImage *in, void **bytes, size_t *size, ...);
    int (*pngsave)(struct _VipsImage *in, void **bytes, size_t *size, ...);
    int (*webpsave)(struct _VipsImage *in, void **bytes, size_t *size, ...);
    int (*width)(const struct _VipsImage *image);
    int (*page_height)(struct _VipsImage *image);
    int (*pages)(struct _VipsImage *image);
    void (*set_int)(struct _VipsImage *image, const char *name, int value);
    int (*remove)(struct _VipsImage *image, const char *name); /* whether it was there */
    struct _VipsImage *(*copy_memory)(struct _VipsImage *image);
    int (*autorot)(struct _VipsImage *in, struct _VipsImage **out, ...);
    int (*thumbnail)(struct _VipsImage *in, struct _VipsImage **out, int width, ...);
    int (*crop)(struct _VipsImage *in, struct _VipsImage **out, int left, int top, int width, int height, ...);
    int (*gaussblur)(struct _VipsImage *in, struct _VipsImage **out, double sigma, ...);
    int (*avg)(struct _VipsImage *in, double *out, ...);
    void (*unref)(void *object); /* of GLib, as the next */
    void (*free)(void *memory);
};

/* Loads the library for the life of the process. False: error, of error_size bytes, says why. */
bool vips_api_load(struct vips_api *api, char *error, size_t error_size);

#endif
