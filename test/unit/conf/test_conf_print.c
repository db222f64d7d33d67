/* test_conf_print.c: what is printed reads back, and the documents hold what the table says. */
#include "conf_fixture.h"

/* All that print writes; the caller frees it. */
static char *printed(void (*print)(FILE *out))
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    print(out);
    fclose(out);
    return text;
}

static void print_conf(FILE *out)
{
    conf_print(&conf, out);
}

static void what_conf_prints_is_a_file_with_the_same_meaning(void **state)
{
    (void)state;
    assert_int_equal(LOAD(FLAGS("--listen=[::1]:80", "--ws.ping=1500ms", "--ws.dead=2m", "--http.body_max=3000",
                                "--ws.outbox_max=96K", "--policy.strangers=allow", "--compat.escape_html=off",
                                "--server.shutdown=0", "--http.cors_origin=https://a.example,https://b.example")),
                     OK);
    char *first = printed(print_conf);
    assert_non_null(strstr(first, "ping = 1500ms\n"));
    assert_non_null(strstr(first, "dead = 2m\n"));
    assert_non_null(strstr(first, "body_max = 3000\n"));
    assert_non_null(strstr(first, "outbox_max = 96K\n"));
    assert_non_null(strstr(first, "strangers = allow\n"));
    assert_int_equal(LOAD(.file = ini(str_from(first))), OK);
    char *second = printed(print_conf);
    assert_string_equal(first, second);
    free(first);
    free(second);
}

static void a_secret_is_not_printed(void **state)
{
    (void)state;
    assert_int_equal(LOAD(FLAGS("--server.metrics_token=abcdef")), OK);
    char *text = printed(print_conf);
    assert_null(strstr(text, "abcdef"));
    assert_non_null(strstr(text, "; metrics_token is set, and not shown\n"));
    free(text);
}

static void help_fits_a_terminal_and_names_every_option(void **state)
{
    (void)state;
    char *help = printed(conf_help);
    assert_int_equal(LOAD(.file = NULL), OK);
    char *ini_text = printed(print_conf);
    char section[32] = "";
    char name[96];
    for (char *line = strtok(ini_text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        char key[64];
        if (sscanf(line, "[%31[^]]]", section) == 1)
            continue;
        assert_int_equal(sscanf(line, "%63s =", key), 1);
        snprintf(name, sizeof(name), "  --%s.%s", section, key);
        if (strstr(help, name) == NULL)
            fail_msg("--help does not name %s", name);
    }
    for (char *line = strtok(help, "\n"); line != NULL; line = strtok(NULL, "\n"))
        assert_true(strlen(line) <= 80);
    free(help);
    free(ini_text);
}

static void the_documentation_holds_what_the_table_says(void **state)
{
    (void)state;
    char *expected = printed(conf_markdown);
    FILE *file = fopen(IM_CONFIGURATION_MD, "r");
    assert_non_null(file);
    static char text[65536];
    size_t size = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[size] = '\0';
    if (strstr(text, expected) == NULL)
        fail_msg("docs/CONFIGURATION.md is older than the table: put this in it\n%s", expected);
    free(expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_conf_prints_is_a_file_with_the_same_meaning),
        cmocka_unit_test(a_secret_is_not_printed),
        cmocka_unit_test(help_fits_a_terminal_and_names_every_option),
        cmocka_unit_test(the_documentation_holds_what_the_table_says),
    };
    return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
