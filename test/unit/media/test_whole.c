/* test_whole.c: a file that came in parts becomes one, or is refused; and a second name for one. */
#include "unit.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "media/whole.h"
#include "os/file.h"

#define FID "0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210"

static char home[64];
static struct blobs *blobs;
static const struct intake_limits limits = { .size_max = { 40000000, 1000, 1000, 1000 } };

static int setup(void **state)
{
    (void)state;
    snprintf(home, sizeof(home), "/tmp/im_whole_XXXXXX");
    assert_non_null(mkdtemp(home));
    assert_int_equal(blobs_open(home, &blobs), OK);
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

static void incoming_make(struct str bytes)
{
    int fd;
    assert_int_equal(blob_prepare(blobs, STR(FID)), OK);
    assert_int_equal(blob_open_write(blobs, STR(FID), &fd), OK);
    size_t half = bytes.size / 2; /* the later half first */
    assert_int_equal(file_write_at(fd, "", half, (struct str){ bytes.ptr + half, bytes.size - half }), OK);
    assert_int_equal(file_write_at(fd, "", 0, (struct str){ bytes.ptr, half }), OK);
    file_close(&fd);
}

static enum err whole_run(int64_t size, struct str promised, struct media_type *type, unsigned *steps)
{
    unsigned char sha256[INTAKE_SHA256_SIZE];
    struct whole *whole = NULL;
    assert_int_equal(EVP_Digest(promised.ptr, promised.size, sha256, NULL, EVP_sha256(), NULL), 1);
    enum err err =
        whole_new(blobs, &limits, STR(FID), size, (struct str){ (const char *)sha256, sizeof(sha256) }, &whole);
    for (*steps = 0; whole != NULL && (*steps == 0 || err == ERR_MORE); (*steps)++)
        err = whole_step(whole, type);
    whole_free(&whole);
    return err;
}

static bool placed(const char *fid)
{
    int fd;
    uint64_t size;
    bool there = blob_open(blobs, str_from(fid), "", &fd, &size) == OK;
    file_close(&fd);
    return there;
}

static void what_was_promised_has_its_place_and_its_type(void **state)
{
    (void)state;
    struct media_type type = { 0 };
    unsigned steps;
    incoming_make(STR("%PDF-1.7 and so on"));
    assert_int_equal(whole_run(18, STR("%PDF-1.7 and so on"), &type, &steps), OK);
    assert_string_equal(type.mime, "application/pdf");
    assert_int_equal(steps, 1);
    assert_true(placed(FID));
    blob_unplace(blobs, STR(FID));
    assert_false(placed(FID));
    assert_int_equal(whole_run(18, STR("%PDF-1.7 and so on"), &type, &steps), OK);
    blob_settle(blobs, STR(FID), "");
    assert_true(placed(FID));
    assert_int_equal(whole_run(18, STR("%PDF-1.7 and so on"), &type, &steps), ERR_NOT_FOUND);
    blob_remove(blobs, STR(FID));
}

static void a_large_one_is_read_in_steps(void **state)
{
    (void)state;
    struct str bytes = { calloc(1, 20000000), 20000000 };
    struct media_type type;
    unsigned steps;
    incoming_make(bytes);
    assert_int_equal(whole_run(20000000, bytes, &type, &steps), OK);
    assert_int_equal(steps, 3);
    free((char *)(uintptr_t)bytes.ptr);
    blob_remove(blobs, STR(FID));
}

static void other_bytes_or_another_size_are_refused_and_have_no_place(void **state)
{
    (void)state;
    struct media_type type;
    unsigned steps;
    incoming_make(STR("hello"));
    assert_int_equal(whole_run(5, STR("hellO"), &type, &steps), ERR_REJECTED);
    assert_int_equal(whole_run(6, STR("hello"), &type, &steps), ERR_REJECTED);
    assert_int_equal(whole_run(4, STR("hell"), &type, &steps), ERR_REJECTED);
    assert_false(placed(FID));
    assert_int_equal(whole_run(5, STR("hello"), &type, &steps), OK);
    blob_remove(blobs, STR(FID));
}

static void a_kind_has_its_bound(void **state)
{
    (void)state;
    struct media_type type;
    unsigned steps;
    char bytes[1001] = "GIF89a";
    struct str text = { bytes, sizeof(bytes) };
    incoming_make(text);
    assert_int_equal(whole_run(1001, text, &type, &steps), ERR_TOO_LARGE);
    assert_false(placed(FID));
    blob_remove(blobs, STR(FID));
}

static void a_copy_has_the_same_bytes_and_outlives_the_first(void **state)
{
    (void)state;
    struct media_type type;
    unsigned steps;
    int fd;
    uint64_t size;
    char bytes[5];
    assert_int_equal(blob_copy(blobs, STR(FID), STR(OTHER)), ERR_NOT_FOUND);
    incoming_make(STR("hello"));
    assert_int_equal(whole_run(5, STR("hello"), &type, &steps), OK);
    blob_settle(blobs, STR(FID), "");
    assert_int_equal(blob_copy(blobs, STR(FID), STR(OTHER)), OK);
    assert_int_equal(blob_copy(blobs, STR(FID), STR(OTHER)), ERR_EXISTS);
    blob_settle(blobs, STR(OTHER), "");
    blob_remove(blobs, STR(FID));
    assert_int_equal(blob_open(blobs, STR(OTHER), "", &fd, &size), OK);
    assert_int_equal(size, 5);
    assert_int_equal(file_read_at(fd, "", 0, bytes, 5), OK);
    assert_memory_equal(bytes, "hello", 5);
    file_close(&fd);
    blob_remove(blobs, STR(OTHER));
    assert_int_equal(blob_open_write(blobs, STR(OTHER), &fd), ERR_NOT_FOUND);
}

/* Held by the file itself, so that nodes which share the directory see it. */
static void nobody_writes_to_what_is_read_whole_nor_the_other_way_round(void **state)
{
    (void)state;
    static const unsigned char promised[INTAKE_SHA256_SIZE] = { 0 };
    struct str sha256 = { (const char *)promised, sizeof(promised) };
    struct whole *whole = NULL;
    struct whole *second = NULL;
    struct media_type type;
    int part;
    int other;
    incoming_make(STR("hello"));
    assert_int_equal(blob_open_write(blobs, STR(FID), &part), OK);
    assert_int_equal(blob_open_write(blobs, STR(FID), &other), OK);
    assert_int_equal(whole_new(blobs, &limits, STR(FID), 5, sha256, &whole), ERR_BUSY);
    file_close(&part);
    assert_int_equal(whole_new(blobs, &limits, STR(FID), 5, sha256, &whole), ERR_BUSY);
    file_close(&other);
    assert_int_equal(whole_new(blobs, &limits, STR(FID), 5, sha256, &whole), OK);
    assert_int_equal(blob_open_write(blobs, STR(FID), &part), ERR_BUSY);
    assert_int_equal(part, -1);
    assert_int_equal(whole_new(blobs, &limits, STR(FID), 5, sha256, &second), ERR_BUSY);
    assert_int_equal(whole_step(whole, &type), ERR_REJECTED);
    whole_free(&whole);
    assert_int_equal(blob_open_write(blobs, STR(FID), &part), OK);
    file_close(&part);
    blob_remove(blobs, STR(FID));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_promised_has_its_place_and_its_type),
        cmocka_unit_test(a_large_one_is_read_in_steps),
        cmocka_unit_test(other_bytes_or_another_size_are_refused_and_have_no_place),
        cmocka_unit_test(a_kind_has_its_bound),
        cmocka_unit_test(nobody_writes_to_what_is_read_whole_nor_the_other_way_round),
        cmocka_unit_test(a_copy_has_the_same_bytes_and_outlives_the_first),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
