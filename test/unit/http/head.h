/* head.h: a request head held up to the parser, for the tests of this folder. */
#ifndef TEST_HTTP_HEAD_H
#define TEST_HTTP_HEAD_H

#include "http/parser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static inline enum err head_parse(struct str bytes, struct http_request *request, size_t *head_size)
{
    *head_size = 0;
    return http_parse_head(bytes, request, head_size);
}

static inline void assert_str(struct str actual, const char *expected)
{
    assert_int_equal(actual.size, strlen(expected));
    assert_non_null(actual.ptr);
    assert_memory_equal(actual.ptr, expected, actual.size);
}

#endif
