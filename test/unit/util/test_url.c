/* test_url.c: addresses of databases, good and bad. */
#include "unit.h"

#include "util/url.h"

static void every_part_is_taken_and_decoded(void **state)
{
    (void)state;
    struct url url;
    assert_int_equal(url_parse("mysql://im:p%40ss%3Aword@db.example.com:3307/im_db", "mysql", &url), OK);
    assert_string_equal(url.user, "im");
    assert_string_equal(url.password, "p@ss:word");
    assert_string_equal(url.host, "db.example.com");
    assert_int_equal(url.port, 3307);
    assert_string_equal(url.path, "im_db");
}

static void what_is_not_given_is_empty(void **state)
{
    (void)state;
    struct url url;
    assert_int_equal(url_parse("redis://localhost", "redis", &url), OK);
    assert_string_equal(url.host, "localhost");
    assert_string_equal(url.user, "");
    assert_string_equal(url.password, "");
    assert_string_equal(url.path, "");
    assert_int_equal(url.port, 0);
    assert_int_equal(url_parse("redis://:secret@h:1/2", "redis", &url), OK);
    assert_string_equal(url.password, "secret");
    assert_string_equal(url.path, "2");
    assert_int_equal(url_parse("mysql://root@h/d", "mysql", &url), OK);
    assert_string_equal(url.user, "root");
}

static void what_is_no_such_address_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "mysql",
        "mysql:/h/d",
        "mysql://",
        "mysql:///d",
        "redis://h",
        "mysql://@",
        "mysql://h:0/d",
        "mysql://h:x/d",
        "mysql://h:/d",
        "mysql://h:65536/d",
        "mysql://h/%",
        "mysql://h/%4",
        "mysql://h/%zz",
        "mysql://h/%00",
        "MYSQL://h/d",
        "mysql://u:p@/d",
    };
    struct url url;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (url_parse(bad[i], "mysql", &url) != ERR_ARG)
            fail_msg("%s was taken", bad[i]);
}

static void a_part_has_a_bound(void **state)
{
    (void)state;
    struct url url;
    char text[URL_PART_MAX + 32];
    memset(text, 'a', sizeof(text));
    memcpy(text, "mysql://", 8);
    text[8 + URL_PART_MAX - 1] = '\0';
    assert_int_equal(url_parse(text, "mysql", &url), OK);
    text[8 + URL_PART_MAX - 1] = 'a';
    text[8 + URL_PART_MAX] = '\0';
    assert_int_equal(url_parse(text, "mysql", &url), ERR_ARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_is_taken_and_decoded),
        cmocka_unit_test(what_is_not_given_is_empty),
        cmocka_unit_test(what_is_no_such_address_is_refused),
        cmocka_unit_test(a_part_has_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
