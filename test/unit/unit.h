/* unit.h: cmocka with what it needs before it, and slices compared. */
#ifndef IM_TEST_UNIT_H
#define IM_TEST_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/str.h"

/* Prints both where they differ, which cmocka's assert_memory_equal does not. */
#define assert_str(...) unit_assert_str(__VA_ARGS__, __FILE__, __LINE__)

static inline void unit_assert_str(struct str actual, struct str expected, const char *file, int line)
{
    if (str_equal(actual, expected))
        return;
    print_error("got      \"%.*s\" (%zu bytes)\n", (int)actual.size, actual.size == 0 ? "" : actual.ptr, actual.size);
    print_error("expected \"%.*s\" (%zu bytes)\n", (int)expected.size, expected.size == 0 ? "" : expected.ptr,
                expected.size);
    _fail(file, line);
}

#endif
