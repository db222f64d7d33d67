/* test_leaf.c: tokens and their postings in one row, and what is no such row. */
#include "store_fixture.h"

#include "search/leaf.h"

#include <stdio.h>
#include <stdlib.h>

static struct str content(struct leaf *leaf)
{
    return buf_str(&leaf->bytes);
}

static bool next(struct leaf_reader *reader)
{
    bool ok = true;
    bool there = leaf_next(reader, &ok);
    assert_true(ok);
    return there;
}

static void entries_come_back(void **state)
{
    (void)state;
    static const char *const tokens[] = { "a", "ab", "abc", "abd", "b", "ba" };
    struct leaf leaf = { 0 };
    char large[9000];
    memset(large, 'x', sizeof(large));
    for (size_t i = 0; i < 6; i++)
        leaf_add(&leaf, str_from(tokens[i]), (struct str){ large, i == 3 ? sizeof(large) : i });
    assert_str("a", leaf_first(&leaf));
    struct leaf_reader reader = { .rest = content(&leaf) };
    for (size_t i = 0; i < 6; i++) {
        assert_true(next(&reader));
        assert_str(tokens[i], leaf_token(&reader));
        assert_int_equal(reader.postings.size, i == 3 ? sizeof(large) : i);
        assert_memory_equal(reader.postings.ptr, large, reader.postings.size);
    }
    assert_false(next(&reader));
    leaf_clear(&leaf);
    leaf_add(&leaf, STR("abc"), STR("p")); /* It shares nothing with what was there before. */
    reader = (struct leaf_reader){ .rest = content(&leaf) };
    assert_true(next(&reader));
    assert_str("abc", leaf_token(&reader));
    assert_str("abc", leaf_first(&leaf));
    leaf_release(&leaf);
}

static void any_byte_and_the_longest_token_come_back(void **state)
{
    (void)state;
    struct leaf leaf = { 0 };
    char token[TERMS_KEY_SIZE_MAX] = { 0 };
    for (unsigned byte = 0; byte < 256; byte++) {
        token[TERMS_KEY_SIZE_MAX - 1] = (char)byte;
        leaf_add(&leaf, (struct str){ token, sizeof(token) }, (struct str){ "\0\xff", byte % 3 });
    }
    struct leaf_reader reader = { .rest = content(&leaf) };
    for (unsigned byte = 0; byte < 256; byte++) {
        assert_true(next(&reader));
        assert_int_equal(reader.size, TERMS_KEY_SIZE_MAX);
        assert_int_equal((unsigned char)reader.token[TERMS_KEY_SIZE_MAX - 1], byte);
        assert_int_equal(reader.postings.size, byte % 3);
    }
    assert_false(next(&reader));
    leaf_release(&leaf);
}

static void a_leaf_is_full_before_it_is_too_large(void **state)
{
    (void)state;
    struct leaf leaf = { 0 };
    char large[LEAF_SIZE + 1];
    char token[16];
    memset(large, 'x', sizeof(large));
    assert_false(leaf_full(&leaf, STR("a"), (struct str){ large, sizeof(large) })); /* It has to be somewhere. */
    size_t count = 0;
    for (; count < 10000; count++) {
        snprintf(token, sizeof(token), "%08zu", count);
        if (leaf_full(&leaf, str_from(token), STR("12")))
            break;
        leaf_add(&leaf, str_from(token), STR("12"));
    }
    assert_in_range(leaf.bytes.size, LEAF_SIZE - 30, LEAF_SIZE);
    assert_true(count > LEAF_SIZE / 10); /* What tokens share is there once. */
    leaf_release(&leaf);
}

static void tokens_are_ordered_by_their_bytes(void **state)
{
    (void)state;
    static const char *const ordered[] = { "a", "aa", "ab", "b", "\xe4\xb8\x80", "\xff" };
    for (size_t i = 0; i < 6; i++)
        for (size_t j = 0; j < 6; j++) {
            int order = leaf_compare(str_from(ordered[i]), str_from(ordered[j]));
            assert_int_equal(order < 0 ? -1 : order > 0, i < j ? -1 : i > j);
        }
}

/* To its end, whatever it is; the bytes lie alone, so that whoever reads beyond them is found out. */
static bool readable(struct str bytes)
{
    char *copy = malloc(bytes.size == 0 ? 1 : bytes.size);
    memcpy(copy, bytes.ptr, bytes.size);
    struct leaf_reader reader = { .rest = { copy, bytes.size } };
    bool ok = true;
    while (leaf_next(&reader, &ok))
        assert_in_range(reader.size, 1, TERMS_KEY_SIZE_MAX);
    free(copy);
    return ok;
}

static void what_is_no_leaf_is_refused(void **state)
{
    (void)state;
    assert_true(readable((struct str){ "\0\1a\0", 4 }));
    assert_false(readable(STR("\0")));
    assert_false(readable((struct str){ "\0\0\0", 3 }));   /* a token of no bytes */
    assert_false(readable((struct str){ "\1\1ab\0", 5 })); /* shares with none */
    assert_false(readable((struct str){ "\0\1a", 3 }));    /* no size */
    assert_false(readable((struct str){ "\0\1a\2x", 5 })); /* fewer postings than it says */
    assert_false(readable((struct str){ "\0\x21"
                                        "a\0",
                                        4 })); /* a token that is too long */
    assert_false(readable((struct str){ "\0\1a\xff\xff\xff\xff", 7 }));
}

static void damaged_leaves_harm_nobody(void **state)
{
    (void)state;
    uint64_t seed = seed_take();
    struct leaf leaf = { 0 };
    char token[16];
    for (size_t i = 0; i < 40; i++) {
        snprintf(token, sizeof(token), "token%02zu", i);
        leaf_add(&leaf, str_from(token), STR("abc"));
    }
    for (size_t size = 0; size < leaf.bytes.size; size++)
        readable((struct str){ leaf.bytes.ptr, size });
    for (size_t i = 0; i < 20000; i++) {
        size_t at = seed_next(&seed) % leaf.bytes.size;
        leaf.bytes.ptr[at] = (char)seed_next(&seed);
        readable(content(&leaf));
    }
    leaf_release(&leaf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_come_back),
        cmocka_unit_test(any_byte_and_the_longest_token_come_back),
        cmocka_unit_test(a_leaf_is_full_before_it_is_too_large),
        cmocka_unit_test(tokens_are_ordered_by_their_bytes),
        cmocka_unit_test(what_is_no_leaf_is_refused),
        cmocka_unit_test(damaged_leaves_harm_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
