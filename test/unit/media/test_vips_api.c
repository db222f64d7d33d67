/* test_vips_api.c: our declarations of libvips are its own. Most of it is said to the compiler. */
#include "unit.h"

#include <assert.h>
#include <string.h>

#include <vips/vips.h>

#include "media/vips_api.h"

static_assert((int)VIPS_API_SEQUENTIAL == (int)VIPS_ACCESS_SEQUENTIAL, "");
static_assert((int)VIPS_API_FAIL_ON_ERROR == (int)VIPS_FAIL_ON_ERROR, "");
static_assert((int)VIPS_API_SIZE_DOWN == (int)VIPS_SIZE_DOWN, "");

/* A pointer of another type does not compile. */
static const struct vips_api theirs = {
    .init = vips_init,
    .block_untrusted = vips_block_untrusted_set,
    .operation_block = vips_operation_block_set,
    .cache_set_max = vips_cache_set_max,
    .concurrency_set = vips_concurrency_set,
    .error_buffer = vips_error_buffer,
    .error_clear = vips_error_clear,
    .jpegload = vips_jpegload_buffer,
    .pngload = vips_pngload_buffer,
    .gifload = vips_gifload_buffer,
    .webpload = vips_webpload_buffer,
    .jpegsave = vips_jpegsave_buffer,
    .pngsave = vips_pngsave_buffer,
    .webpsave = vips_webpsave_buffer,
    .width = vips_image_get_width,
    .page_height = vips_image_get_page_height,
    .pages = vips_image_get_n_pages,
    .set_int = vips_image_set_int,
    .remove = vips_image_remove,
    .copy_memory = vips_image_copy_memory,
    .autorot = vips_autorot,
    .thumbnail = vips_thumbnail_image,
    .crop = vips_crop,
    .gaussblur = vips_gaussblur,
    .avg = vips_avg,
    .unref = g_object_unref,
    .free = g_free,
};

static void every_function_is_found_by_its_name(void **state)
{
    (void)state;
    char error[200] = "";
    struct vips_api api;
    memset(&api, 0, sizeof(api));
    assert_true(vips_api_load(&api, error, sizeof(error)));
    assert_memory_equal(&api, &theirs, sizeof(api));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_function_is_found_by_its_name) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
