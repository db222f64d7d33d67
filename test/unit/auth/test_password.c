/* test_password.c: argon2id, and the original's MD5 computed here anew. */
#include "unit.h"

#include <openssl/evp.h>
#include <stdio.h>

#include "auth/password.h"

/* As small as libsodium lets it be: what is tested is not its strength. */
static const struct password_cost cheap = { .memory_bytes = 8192 * 2, .passes = 1 };
static const struct password_cost dearer = { .memory_bytes = 8192 * 4, .passes = 2 };

static void a_password_matches_its_hash_and_no_other_does(void **state)
{
    (void)state;
    struct buf hash = { 0 };
    bool stale = true;
    assert_int_equal(password_hash(&cheap, STR("abc123"), &hash), OK);
    assert_memory_equal(hash.ptr, "$argon2id$", 10);
    assert_true(password_matches(&cheap, buf_str(&hash), STR("abc123"), &stale));
    assert_false(stale);
    assert_false(password_matches(&cheap, buf_str(&hash), STR("abc124"), &stale));
    assert_false(password_matches(&cheap, buf_str(&hash), STR("abc1234"), &stale));
    assert_false(password_matches(&cheap, buf_str(&hash), STR("abc12"), &stale));
    assert_false(password_matches(&cheap, buf_str(&hash), STR("Abc123"), &stale));
    assert_false(password_matches(&cheap, buf_str(&hash), STR(""), &stale));
    assert_false(password_matches(&cheap, buf_str(&hash), STR("abc123\0"), &stale));
    assert_false(stale);
    buf_release(&hash);
}

static void the_same_password_is_never_hashed_the_same_twice(void **state)
{
    (void)state;
    struct buf one = { 0 };
    struct buf two = { 0 };
    assert_int_equal(password_hash(&cheap, STR("abc123"), &one), OK);
    assert_int_equal(password_hash(&cheap, STR("abc123"), &two), OK);
    assert_false(str_equal(buf_str(&one), buf_str(&two)));
    buf_release(&one);
    buf_release(&two);
}

static void a_hash_is_appended_and_fits_its_column(void **state)
{
    (void)state;
    struct buf out = { 0 };
    buf_append_str(&out, STR("before"));
    assert_int_equal(password_hash(&dearer, STR("abc123"), &out), OK);
    assert_memory_equal(out.ptr, "before$argon2id$", 16);
    assert_true(out.size - 6 <= 255);
    assert_null(memchr(out.ptr, '\0', out.size));
    buf_release(&out);
}

static void another_cost_than_ours_is_flagged_stale(void **state)
{
    (void)state;
    struct buf hash = { 0 };
    bool stale = false;
    assert_int_equal(password_hash(&cheap, STR("abc123"), &hash), OK);
    assert_true(password_matches(&dearer, buf_str(&hash), STR("abc123"), &stale));
    assert_true(stale);
    assert_false(password_matches(&dearer, buf_str(&hash), STR("wrong1"), &stale));
    assert_false(stale);
    buf_release(&hash);
}

static void a_cost_that_cannot_be_had_is_an_error(void **state)
{
    (void)state;
    struct buf hash = { 0 };
    assert_int_equal(password_hash(&(struct password_cost){ 1, 1 }, STR("abc123"), &hash), ERR_CRYPTO);
    assert_int_equal(password_hash(&(struct password_cost){ 8192 * 2, 0 }, STR("abc123"), &hash), ERR_CRYPTO);
    assert_int_equal(hash.size, 0);
    buf_release(&hash);
}

static void legacy_hash(char out[128], const char *password, const char *salt)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    char text[64];
    int length = snprintf(text, sizeof(text), "%s%s", password, salt);
    assert_int_equal(EVP_Digest(text, (size_t)length, digest, &size, EVP_md5(), NULL), 1);
    assert_int_equal(size, 16);
    int used = snprintf(out, 128, "md5$%s$", salt);
    for (unsigned i = 0; i < size; i++)
        used += snprintf(out + used, 128 - (size_t)used, "%02X", (unsigned)digest[i]);
}

static void the_originals_md5_is_taken_and_flagged_stale(void **state)
{
    (void)state;
    char stored[128];
    bool stale = false;
    legacy_hash(stored, "abc123", "Xy12zQ");
    assert_true(password_matches(&cheap, str_from(stored), STR("abc123"), &stale));
    assert_true(stale);
    assert_false(password_matches(&cheap, str_from(stored), STR("abc124"), &stale));
    assert_false(stale);
    assert_false(password_matches(&cheap, str_from(stored), STR("abc123X"), &stale));
    assert_false(password_matches(&cheap, str_from(stored), STR(""), &stale));
    /* RFC 1321's vector, with an empty salt and with the text split in two. */
    assert_true(password_matches(&cheap, STR("md5$$900150983CD24FB0D6963F7D28E17F72"), STR("abc"), &stale));
    assert_true(password_matches(&cheap, STR("md5$c$900150983CD24FB0D6963F7D28E17F72"), STR("ab"), &stale));
}

static void a_salt_may_hold_the_separator(void **state)
{
    (void)state;
    char stored[128];
    bool stale;
    legacy_hash(stored, "abc123", "a$b$c$");
    assert_true(password_matches(&cheap, str_from(stored), STR("abc123"), &stale));
}

static void what_is_no_hash_matches_nothing(void **state)
{
    (void)state;
    static const char *const stored[] = {
        "",
        "md5$",
        "md5$$",
        "md5$900150983CD24FB0D6963F7D28E17F72",
        "md5$abc900150983CD24FB0D6963F7D28E17F72",
        "md5$$900150983cd24fb0d6963f7d28e17f72", /* the original's are upper-case */
        "md5$$900150983CD24FB0D6963F7D28E17F7",
        "plain",
        "abc",
        "$argon2id$",
        "$argon2id$v=19$m=16,t=1,p=1$$",
        "$2b$10$abcdefghijklmnopqrstuv",
    };
    bool stale;
    for (size_t i = 0; i < sizeof(stored) / sizeof(stored[0]); i++) {
        assert_false(password_matches(&cheap, str_from(stored[i]), STR("abc"), &stale));
        assert_false(stale);
        assert_false(password_matches(&cheap, str_from(stored[i]), STR(""), &stale));
    }
    assert_false(password_matches(&cheap, STR_NONE, STR("abc"), &stale));
    char huge[4096];
    memset(huge, 'a', sizeof(huge));
    assert_false(password_matches(&cheap, (struct str){ huge, sizeof(huge) }, STR("abc"), &stale));
}

/* PROTOCOL.md: letters and digits, both present, 6 to 16. */
static void passwords_are_acceptable_within_the_protocols_bounds(void **state)
{
    (void)state;
    assert_true(password_acceptable(STR("abcde1")));
    assert_true(password_acceptable(STR("12345Z")));
    assert_true(password_acceptable(STR("abcdefgh12345678")));
    assert_false(password_acceptable(STR("abcd1")));
    assert_false(password_acceptable(STR("abcdefgh123456789")));
    assert_false(password_acceptable(STR("abcdef")));
    assert_false(password_acceptable(STR("123456")));
    assert_false(password_acceptable(STR("abc 123")));
    assert_false(password_acceptable(STR("abc-123")));
    assert_false(password_acceptable(STR("abc123\0")));
    assert_false(password_acceptable(STR("密码abc1")));
    assert_false(password_acceptable(STR("")));
    assert_false(password_acceptable(STR_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_matches_its_hash_and_no_other_does),
        cmocka_unit_test(the_same_password_is_never_hashed_the_same_twice),
        cmocka_unit_test(a_hash_is_appended_and_fits_its_column),
        cmocka_unit_test(another_cost_than_ours_is_flagged_stale),
        cmocka_unit_test(a_cost_that_cannot_be_had_is_an_error),
        cmocka_unit_test(the_originals_md5_is_taken_and_flagged_stale),
        cmocka_unit_test(a_salt_may_hold_the_separator),
        cmocka_unit_test(what_is_no_hash_matches_nothing),
        cmocka_unit_test(passwords_are_acceptable_within_the_protocols_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
