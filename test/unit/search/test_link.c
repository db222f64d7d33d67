/* test_link.c: what looks like the address of a page. */
#include "store_fixture.h"

#include <stdlib.h>

#include "search/link.h"

static void links_are_found_by_how_they_look(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is;
    } rows[] = {
        { "", false },
        { "tea at four", false },
        { "http and https are words, www too", false },
        { "http://", false },
        { "https:// nothing", false },
        { "http:/x", false },
        { "://x", false },
        { "see http://localhost:8080/a", true },
        { "HTTPS://X", true },
        { "(https://例子.测试/路)", true },
        { "example.com", true },
        { "Look at EXAMPLE.Com!", true },
        { "example.com.", true },
        { "example.com, and more", true },
        { "example.com...", true },
        { "example.com:8080/a?b=c.d", true },
        { "a.b-c.example.de/x", true },
        { "www.example.co.uk", true },
        { "看 example.cn，好", true },
        { "看（example.cn）", true },
        { "例子.xyz", true },
        { "x.xn--p1ai", true },
        { "example.co", false },
        { "www.word7", false },
        { "x.commerce", false },
        { "x.com-y", false },
        { "x.com_y", false },
        { "x.com.y", false },
        { "x.com.y.de", true },
        { ".com", false },
        { "..com", false },
        { "a..com", false },
        { "com", false },
        { "x. com", false },
        { "v2.0, 3.14, a.b.c", false },
        { "li@example.com", false },
        { "mail li@example.com or www.example.com", true },
        { "li@x.y，example.com", true },
        { "@example.com", false },
        { "@example.com/x.de", true },
        { "see:example.com", true },
        { "ftp://a.b http://c", true },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct str text = str_from(rows[i].text);
        if (link_in(text) != rows[i].is)
            print_error("%.*s\n", (int)text.size, text.ptr);
        assert_true(link_in(text) == rows[i].is);
    }
}

static void texts_and_links_show_them(void **state)
{
    (void)state;
    assert_true(link_shown(1, STR("http://x")));
    assert_true(link_shown(5, STR("http://x")));
    assert_false(link_shown(2, STR("http://x/a.png")));
    assert_false(link_shown(1, STR("none")));
    assert_false(link_shown(1, STR_NONE));
}

/* Of exactly its size, so that a sanitizer sees a look beyond; what stands behind takes no link away from before a blank. */
static void any_bytes_are_a_text(void **state)
{
    (void)state;
    static const char pieces[] = "htps:/.comde@-_ \xe4\xb8\xad\0X";
    uint64_t seed = seed_take();
    for (int round = 0; round < 20000; round++) {
        size_t size = seed_next(&seed) % 24;
        char *text = malloc(size + 1);
        for (size_t i = 0; i < size; i++)
            text[i] = pieces[seed_next(&seed) % (sizeof(pieces) - 1)];
        char *exact = malloc(size == 0 ? 1 : size);
        memcpy(exact, text, size);
        bool is = link_in((struct str){ exact, size });
        text[size] = ' ';
        assert_true(link_in((struct str){ text, size + 1 }) == is);
        free(exact);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_are_found_by_how_they_look),
        cmocka_unit_test(texts_and_links_show_them),
        cmocka_unit_test(any_bytes_are_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
