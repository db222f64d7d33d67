/* conf_fixture.h: conf_load with a file, a few flags and variables, and its one sentence. */
#ifndef IM_TEST_CONF_FIXTURE_H
#define IM_TEST_CONF_FIXTURE_H

#include "unit.h"

#include "conf/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ITEMS_MAX 16

/* Flags and variables as NULL-terminated lists; NULL is an empty one. */
struct sources {
    const char *file;
    const char *flags[ITEMS_MAX];
    const char *variables[ITEMS_MAX];
};

static struct conf conf;
static struct buf error;
static char ini_path[64];

static inline enum err load(struct sources sources)
{
    int count = 0;
    while (sources.flags[count] != NULL)
        count++;
    conf_release(&conf);
    buf_clear(&error);
    return conf_load(&conf, sources.file, count, (char *const *)(const void *)sources.flags,
                     (char *const *)(const void *)sources.variables, &error);
}

#define LOAD(...) load((struct sources){ __VA_ARGS__ })
#define FLAGS(...) .flags = { __VA_ARGS__ }
#define VARIABLES(...) .variables = { __VA_ARGS__ }

static inline void unit_assert_error(enum err err, struct str sentence, const char *file, int line)
{
    if (err != ERR_ARG)
        print_error("taken, but expected: %s\n", sentence.ptr);
    _assert_int_equal(err, ERR_ARG, file, line);
    unit_assert_str(buf_str(&error), sentence, file, line);
}

#define assert_refused(sentence, ...) unit_assert_error(LOAD(__VA_ARGS__), STR(sentence), __FILE__, __LINE__)

/* Writes the text to a file of its own and gives its path. */
static inline const char *ini(struct str text)
{
    FILE *file = fopen(ini_path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text.ptr, 1, text.size, file), text.size);
    fclose(file);
    return ini_path;
}

/* The directory is the working directory, so that errors have short paths. */
static inline int enter_directory(void **state)
{
    static char root[] = "/tmp/im-test-conf-XXXXXX";
    (void)state;
    strcpy(ini_path, "t.ini");
    return mkdtemp(root) == NULL || chdir(root) != 0;
}

static inline int leave_directory(void **state)
{
    char root[64];
    (void)state;
    conf_release(&conf);
    buf_release(&error);
    unlink(ini_path);
    return getcwd(root, sizeof(root)) == NULL || chdir("/") != 0 || rmdir(root) != 0;
}

#endif
