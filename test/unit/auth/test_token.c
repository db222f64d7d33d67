/* test_token.c: the form of tokens, and their digests. */
#include "unit.h"

#include "auth/token.h"
#include "os/random.h"

static void a_token_is_32_upper_case_hex_digits(void **state)
{
    (void)state;
    char token[TOKEN_SIZE + 1];
    unsigned seen[128] = { 0 };
    for (unsigned round = 0; round < 200; round++) {
        token[TOKEN_SIZE] = '!';
        token_issue(token);
        assert_int_equal(token[TOKEN_SIZE], '!');
        for (size_t i = 0; i < TOKEN_SIZE; i++) {
            char c = token[i];
            assert_true((c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'));
            seen[(unsigned char)c]++;
        }
    }
    for (const char *c = "0123456789ABCDEF"; *c != '\0'; c++) /* 400 each expected */
        assert_in_range(seen[(unsigned char)*c], 250, 550);
}

static unsigned char next_byte;
static void counting_fill(void *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)out)[i] = next_byte++;
}

static void all_bits_of_the_random_source_are_in_the_token(void **state)
{
    (void)state;
    char token[TOKEN_SIZE];
    random_replace(counting_fill);
    next_byte = 0xf8;
    token_issue(token);
    random_replace(NULL);
    assert_str(((struct str){ token, TOKEN_SIZE }), STR("F8F9FAFBFCFDFEFF0001020304050607"));
}

static void no_token_comes_twice(void **state)
{
    (void)state;
    static char tokens[500][TOKEN_SIZE];
    for (size_t i = 0; i < 500; i++) {
        token_issue(tokens[i]);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(tokens[i], tokens[j], TOKEN_SIZE);
    }
}

static void a_digest_depends_on_every_digit(void **state)
{
    (void)state;
    char token[TOKEN_SIZE];
    unsigned char digest[TOKEN_DIGEST_SIZE];
    unsigned char again[TOKEN_DIGEST_SIZE];
    token_issue(token);
    assert_true(token_digest((struct str){ token, TOKEN_SIZE }, digest));
    assert_true(token_digest((struct str){ token, TOKEN_SIZE }, again));
    assert_memory_equal(digest, again, sizeof(digest));
    for (size_t i = 0; i < TOKEN_SIZE; i++) {
        char kept = token[i];
        token[i] = kept == '7' ? '8' : '7';
        assert_true(token_digest((struct str){ token, TOKEN_SIZE }, again));
        assert_memory_not_equal(digest, again, sizeof(digest));
        token[i] = kept;
    }
}

/* The store holds digests over restarts and versions, so this may never change: BLAKE2b-256 of the text. */
static void the_digest_is_the_one_stores_hold(void **state)
{
    (void)state;
    static const unsigned char expected[TOKEN_DIGEST_SIZE] = { 0x0d, 0xa8, 0xdc, 0x96, 0x18, 0xa9, 0xac, 0x26,
                                                               0x21, 0xda, 0x27, 0x88, 0xa1, 0xca, 0x88, 0xe7,
                                                               0xdd, 0x63, 0xe1, 0xa3, 0x8d, 0x56, 0x01, 0xc3,
                                                               0xc9, 0x1a, 0x7e, 0xe8, 0xfa, 0x2c, 0xd5, 0x05 };
    unsigned char digest[TOKEN_DIGEST_SIZE];
    assert_true(token_digest(STR("0123456789ABCDEF0123456789ABCDEF"), digest));
    assert_memory_equal(digest, expected, sizeof(digest));
}

static void what_has_not_a_tokens_form_has_no_digest(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "",
        "null",
        "0123456789ABCDEF0123456789ABCDE",
        "0123456789ABCDEF0123456789ABCDEF0",
        "0123456789abcdef0123456789abcdef",
        "0123456789ABCDEF0123456789ABCDEG",
        "0123456789ABCDEF 123456789ABCDEF",
        "0123456789ABCDEF0123456789ABCD\xc3\xa9",
        "0123456789ABCDEF0123456789ABCDE/",
    };
    unsigned char digest[TOKEN_DIGEST_SIZE];
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_false(token_digest(str_from(refused[i]), digest));
    assert_false(token_digest(STR_NONE, digest));
    assert_false(token_digest(STR("0123456789ABCDEF\0"
                                  "123456789ABCDEF"),
                              digest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_32_upper_case_hex_digits),
        cmocka_unit_test(all_bits_of_the_random_source_are_in_the_token),
        cmocka_unit_test(no_token_comes_twice),
        cmocka_unit_test(a_digest_depends_on_every_digit),
        cmocka_unit_test(the_digest_is_the_one_stores_hold),
        cmocka_unit_test(what_has_not_a_tokens_form_has_no_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
