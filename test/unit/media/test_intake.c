/* test_intake.c: from bytes to a file in its place, or to nothing at all. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "media/intake.h"
#include "os/clock.h"
#include "os/file.h"

static char home[64];
static struct blobs *blobs;
static const struct intake_limits limits = { .size_max = { 2000, 1000, 1000, 1000 } };

static int setup(void **state)
{
    (void)state;
    snprintf(home, sizeof(home), "/tmp/im_intake_XXXXXX");
    assert_non_null(mkdtemp(home));
    char files[80];
    snprintf(files, sizeof(files), "%s/files", home);
    assert_int_equal(blobs_open(files, &blobs), OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    char command[128];
    blobs_free(&blobs);
    snprintf(command, sizeof(command), "rm -rf '%s'", home);
    return system(command);
}

static size_t incoming(void)
{
    char command[160];
    unsigned count = 0;
    snprintf(command, sizeof(command), "find '%s/files' -type f | wc -l", home);
    FILE *pipe = popen(command, "r");
    assert_int_equal(fscanf(pipe, "%u", &count), 1);
    pclose(pipe);
    return count;
}

static void a_settled_file_is_all_that_stays(void **state)
{
    (void)state;
    struct intake *intake = NULL;
    int fd;
    uint64_t size;
    char bytes[5];
    assert_int_equal(intake_new(blobs, &limits, STR("text/plain"), STR("a/b.txt"), &intake), OK);
    assert_int_equal(intake_feed(intake, STR("he")), OK);
    assert_int_equal(intake_feed(intake, STR("llo")), OK);
    assert_int_equal(intake_finish(intake), OK);
    struct intake_result result = *intake_result(intake);
    assert_str(result.name, STR("b.txt"));
    assert_int_equal(result.size, 5);
    assert_int_equal(result.sha256[0], 0x2c); /* of hello */
    assert_int_equal(result.sha256[31], 0x24);
    assert_int_equal(incoming(), 2);
    intake_settle(intake);
    assert_int_equal(incoming(), 1);
    assert_int_equal(blob_open(blobs, result.fid, "", &fd, &size), OK);
    assert_int_equal(size, 5);
    assert_int_equal(file_read_at(fd, "", 0, bytes, 5), OK);
    assert_memory_equal(bytes, "hello", 5);
    assert_int_equal(file_read_at(fd, "", 1, bytes, 5), ERR_IO);
    file_close(&fd);
    blob_remove(blobs, result.fid);
    intake_free(&intake);
    assert_int_equal(incoming(), 0);
}

static void what_is_not_settled_goes(void **state)
{
    (void)state;
    for (unsigned step = 0; step < 3; step++) {
        struct intake *intake = NULL;
        assert_int_equal(intake_new(blobs, &limits, STR_NONE, STR_NONE, &intake), OK);
        if (step > 0)
            assert_int_equal(intake_feed(intake, STR("hello")), OK);
        if (step > 1)
            assert_int_equal(intake_finish(intake), OK);
        intake_free(&intake);
        assert_int_equal(incoming(), 0);
    }
}

static void a_kind_has_its_bound_also_where_it_is_known_late(void **state)
{
    (void)state;
    char bytes[2001] = "\x89PNG\r\n\x1a\n";
    struct intake *intake = NULL;
    intake_new(blobs, &limits, STR_NONE, STR_NONE, &intake);
    assert_int_equal(intake_feed(intake, (struct str){ bytes, 1000 }), OK);
    assert_int_equal(intake_feed(intake, (struct str){ bytes, 1 }), ERR_TOO_LARGE);
    intake_free(&intake);
    memset(bytes, 'x', sizeof(bytes));
    intake_new(blobs, &limits, STR_NONE, STR_NONE, &intake);
    for (size_t i = 0; i < 2000; i++)
        assert_int_equal(intake_feed(intake, (struct str){ bytes, 1 }), OK);
    assert_int_equal(intake_feed(intake, (struct str){ bytes, 1 }), ERR_TOO_LARGE);
    intake_free(&intake);
    struct intake_limits small = { .size_max = { 100, 10, 100, 100 } };
    intake_new(blobs, &small, STR_NONE, STR_NONE, &intake);
    assert_int_equal(intake_feed(intake, STR("GIF89a.....")), OK);
    assert_int_equal(intake_finish(intake), ERR_TOO_LARGE); /* A short file is known at its end. */
    intake_free(&intake);
    assert_int_equal(incoming(), 0);
}

static void an_empty_file_is_none(void **state)
{
    (void)state;
    struct intake *intake = NULL;
    intake_new(blobs, &limits, STR_NONE, STR_NONE, &intake);
    assert_int_equal(intake_feed(intake, STR("")), OK);
    assert_int_equal(intake_finish(intake), ERR_ARG);
    intake_free(&intake);
    assert_int_equal(intake_new(blobs, &limits, STR("multipart/form-data"), STR_NONE, &intake), ERR_PARSE);
    assert_null(intake);
}

static void names_lose_what_is_not_a_name(void **state)
{
    (void)state;
    assert_str(intake_name(STR("a.txt")), STR("a.txt"));
    assert_str(intake_name(STR("/etc/passwd")), STR("passwd"));
    assert_str(intake_name(STR("..\\..\\x")), STR("x"));
    assert_str(intake_name(STR("\xe7\x85\xa7.png")), STR("\xe7\x85\xa7.png"));
    static const char *const bad[] = {
        "", "dir/", "a/..", ".", "..", "a\nb", "a\x7f", "\xff", "\xe2\x80\xaegpj.exe", "\xe2\x80\xa8", "\xc2\x85"
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_str(intake_name(str_from(bad[i])), STR(""));
    assert_str(intake_name(STR_NONE), STR(""));
}

static enum blob_state state_of(void *context, struct str fid)
{
    const char *stored = context;
    return fid.ptr[0] == stored[0] ? BLOB_STORED : fid.ptr[0] == 'c' ? BLOB_COMING : BLOB_UNKNOWN;
}

static void recovery_keeps_what_has_a_row_and_nothing_else(void **state)
{
    (void)state;
    static const char *const fids[] = { "a0000000000000000000000000000000", "b0000000000000000000000000000000",
                                        "c0000000000000000000000000000000" };
    for (size_t i = 0; i < 3; i++) {
        int fd;
        struct str fid = str_from(fids[i]);
        assert_int_equal(blob_create(blobs, fid, "", &fd), OK);
        assert_int_equal(blob_create(blobs, fid, "", &fd), ERR_EXISTS);
        char *path = blob_incoming_path(blobs, fid, "");
        assert_int_equal(file_open(path, &fd, &(uint64_t){ 0 }), OK);
        assert_int_equal(blob_place(blobs, fid, "", fd), OK);
        file_close(&fd);
        free(path);
    }
    assert_int_equal(incoming(), 6);
    assert_int_equal(blobs_recover(blobs, INT64_MAX, state_of, (void *)(uintptr_t) "a"), OK);
    assert_int_equal(incoming(), 2);
    int fd;
    uint64_t size;
    assert_int_equal(blob_open(blobs, str_from(fids[0]), "", &fd, &size), OK);
    file_close(&fd);
    assert_int_equal(blob_open(blobs, str_from(fids[2]), "", &fd, &size), ERR_NOT_FOUND);
    assert_int_equal(blob_open_incoming(blobs, str_from(fids[2]), &fd, &size), OK);
    file_close(&fd);
    blob_remove(blobs, str_from(fids[2]));
    assert_int_equal(blob_mark(blobs, str_from(fids[0])), OK);
    assert_int_equal(blob_mark(blobs, str_from(fids[0])), OK);
    assert_int_equal(blob_mark(blobs, str_from(fids[1])), OK);
    assert_int_equal(incoming(), 2);
    assert_int_equal(blobs_recover(blobs, INT64_MAX, state_of, (void *)(uintptr_t) "x"), OK);
    assert_int_equal(incoming(), 0);
}

static void recovery_leaves_alone_what_another_process_may_be_at_work_on(void **state)
{
    (void)state;
    struct str fid = STR("d0000000000000000000000000000000");
    int fd;
    assert_int_equal(blob_create(blobs, fid, "", &fd), OK);
    file_close(&fd);
    int64_t now_ms = clock_wall_ms();
    assert_int_equal(blobs_recover(blobs, now_ms - 60000, state_of, (void *)(uintptr_t) "a"), OK);
    assert_int_equal(incoming(), 1);
    assert_int_equal(blobs_recover(blobs, now_ms + 60000, state_of, (void *)(uintptr_t) "a"), OK);
    assert_int_equal(incoming(), 0);
}

static void the_key_is_made_once(void **state)
{
    (void)state;
    unsigned char first[FILE_URL_KEY_SIZE];
    unsigned char second[FILE_URL_KEY_SIZE];
    assert_int_equal(blobs_key(home, first), OK);
    assert_int_equal(blobs_key(home, second), OK);
    assert_memory_equal(first, second, sizeof(first));
    char path[128];
    snprintf(path, sizeof(path), "%s/" BLOB_KEY_FILE, home);
    assert_int_equal(truncate(path, 5), 0);
    assert_int_equal(blobs_key(home, second), ERR_PARSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_settled_file_is_all_that_stays),
        cmocka_unit_test(what_is_not_settled_goes),
        cmocka_unit_test(a_kind_has_its_bound_also_where_it_is_known_late),
        cmocka_unit_test(an_empty_file_is_none),
        cmocka_unit_test(names_lose_what_is_not_a_name),
        cmocka_unit_test(recovery_keeps_what_has_a_row_and_nothing_else),
        cmocka_unit_test(recovery_leaves_alone_what_another_process_may_be_at_work_on),
        cmocka_unit_test(the_key_is_made_once),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
