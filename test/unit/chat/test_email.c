/* test_email.c: PROTOCOL.md's addresses: HTML's type=email, a dot in the
 * domain, at most 64 characters. */
#include "unit.h"

#include "chat/email.h"

static void repeat(char *out, char c, size_t count)
{
    memset(out, c, count);
    out[count] = '\0';
}

static bool valid(const char *before, char c, size_t count, const char *after)
{
    char text[512];
    size_t size = strlen(before);
    memcpy(text, before, size);
    repeat(text + size, c, count);
    strcat(text, after);
    return email_valid(str_from(text));
}

static void ordinary_addresses_are_taken(void **state)
{
    (void)state;
    static const char *const taken[] = {
        "a@b.c",
        "alice@test.com",
        "first.last+tag@sub.example.co.uk",
        "x_y-z@a-b.io",
        "1@2.3",
        "A@B.CN",
        ".!#$%&'*+/=?^_`{|}~-@b.cc",
        "..a..@b.cc",
        "a@b.c-d.e",
        "a@xn--fiqs8s.xn--fiqs8s",
        "a@1.2.3.4",
    };
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        if (!email_valid(str_from(taken[i])))
            fail_msg("refused %s", taken[i]);
}

static void what_is_no_address_is_refused(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "",
        "@",
        "a",
        "a@",
        "@b.cc",
        "a@b",
        "a@localhost",
        "a@b.",
        "a@.b",
        "a@.b.cc",
        "a@b..cc",
        "a@b.cc.",
        "a@-b.cc",
        "a@b-.cc",
        "a@b.-cc",
        "a@b.cc-",
        "a@@b.cc",
        "a@b@c.cc",
        "a b@c.cc",
        " a@b.cc",
        "a@b.cc ",
        "a@b.cc\n",
        "a@b_c.cc",
        "a\"b@c.cc",
        "a(b)@c.cc",
        "a,b@c.cc",
        "a:b@c.cc",
        "a;b@c.cc",
        "<a@b.cc>",
        "a[b]@c.cc",
        "a\\b@c.cc",
        "a\tb@c.cc",
        "a\x7f@b.cc",
        "\xe5\xbc\xa0@b.cc",
        "a@\xe4\xb8\xad.cn",
        "a@b.c/d",
        "a@[127.0.0.1]",
        "a@b.cc?x",
        "null",
    };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        if (email_valid(str_from(refused[i])))
            fail_msg("took %s", refused[i]);
    assert_false(email_valid(STR_NONE));
    assert_false(email_valid(STR("a\0b@c.cc")));
    assert_false(email_valid(STR("a@b.cc\0")));
    assert_false(email_valid(STR("a@b\0.cc")));
}

/* Every byte there is, at each kind of place. */
static void exactly_htmls_characters_are_taken(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool local = alnum || (c != 0 && c < 128 && strchr(".!#$%&'*+/=?^_`{|}~-", (int)c) != NULL);
        char text[] = { 'a', (char)c, 'b', '@', 'c', 'd', 'e', '.', 'f', 'g' };
        struct str email = { text, sizeof(text) };
        if (c != '@')
            assert_int_equal(email_valid(email), local);
        text[1] = 'a';
        text[5] = (char)c;
        assert_int_equal(email_valid(email), alnum || c == '-' || c == '.');
    }
}

static void an_address_ends_at_64_characters(void **state)
{
    (void)state;
    assert_true(valid("", 'a', 64 - 5, "@b.cc"));
    assert_false(valid("", 'a', 65 - 5, "@b.cc"));
    assert_true(valid("a@", 'b', 64 - 5, ".cc"));
    assert_false(valid("a@", 'b', 65 - 5, ".cc"));
    assert_false(valid("a@", 'b', 63, ".cc")); /* a label's own bound is out of reach */
    assert_false(valid("", 'a', 400, "@b.cc"));
}

static void addresses_compare_without_regard_to_ascii_case(void **state)
{
    (void)state;
    char key[EMAIL_SIZE_MAX];
    email_key(STR("Alice+X@Test.COM"), key);
    assert_memory_equal(key, "alice+x@test.com", 16);
    email_key(STR("[@`{AZaz"), key); /* the neighbours of the letters stay */
    assert_memory_equal(key, "[@`{azaz", 8);
    assert_true(email_equal(STR("Alice@Test.COM"), STR("aLICE@tEST.com")));
    assert_false(email_equal(STR("alice@test.com"), STR("alice@test.co")));
    assert_false(email_equal(STR("a@b.cc"), STR("a`b.cc")));
    assert_true(email_equal(STR_NONE, STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_addresses_are_taken),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(exactly_htmls_characters_are_taken),
        cmocka_unit_test(an_address_ends_at_64_characters),
        cmocka_unit_test(addresses_compare_without_regard_to_ascii_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
