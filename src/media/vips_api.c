/* vips_api.c: names and pointers. */
#include "media/vips_api.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#define AT(member) offsetof(struct vips_api, member)

static const struct {
    const char *name;
    size_t at;
} rows[] = {
    { "vips_init", AT(init) },
    { "vips_block_untrusted_set", AT(block_untrusted) },
    { "vips_operation_block_set", AT(operation_block) },
    { "vips_cache_set_max", AT(cache_set_max) },
    { "vips_concurrency_set", AT(concurrency_set) },
    { "vips_error_buffer", AT(error_buffer) },
    { "vips_error_clear", AT(error_clear) },
    { "vips_jpegload_buffer", AT(jpegload) },
    { "vips_pngload_buffer", AT(pngload) },
    { "vips_gifload_buffer", AT(gifload) },
    { "vips_webpload_buffer", AT(webpload) },
    { "vips_jpegsave_buffer", AT(jpegsave) },
    { "vips_pngsave_buffer", AT(pngsave) },
    { "vips_webpsave_buffer", AT(webpsave) },
    { "vips_image_get_width", AT(width) },
    { "vips_image_get_page_height", AT(page_height) },
    { "vips_image_get_n_pages", AT(pages) },
    { "vips_image_set_int", AT(set_int) },
    { "vips_image_remove", AT(remove) },
    { "vips_image_copy_memory", AT(copy_memory) },
    { "vips_autorot", AT(autorot) },
    { "vips_thumbnail_image", AT(thumbnail) },
    { "vips_crop", AT(crop) },
    { "vips_gaussblur", AT(gaussblur) },
    { "vips_avg", AT(avg) },
    { "g_object_unref", AT(unref) },
    { "g_free", AT(free) },
};

bool vips_api_load(struct vips_api *api, char *error, size_t error_size)
{
    void *library = dlopen(VIPS_API_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        snprintf(error, error_size, "%s", dlerror());
        return false;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        void *symbol = dlsym(library, rows[i].name);
        if (symbol == NULL) {
            snprintf(error, error_size, "%s has no %s", VIPS_API_LIBRARY, rows[i].name);
            return false;
        }
        memcpy((char *)api + rows[i].at, &symbol, sizeof(symbol)); /* POSIX says that this is a function's address. */
    }
    return true;
}
