/* head.h: a request head held up to the parser, whole and in every prefix: a
 * prefix of a good head wants more, and nothing that is refused is ever taken
 * because it came in pieces. */
#ifndef TEST_HTTP_HEAD_H
#define TEST_HTTP_HEAD_H

#include "http/parser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#define HOST_LINE "Host: a.example\r\n"

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

/* Parses, and checks that the answer does not depend on how the bytes come. */
static inline enum err parse(struct str bytes, struct http_request *request)
{
    size_t head_size;
    enum err whole = head_parse(bytes, request, &head_size);
    struct http_request piece;
    for (size_t size = 0; size < bytes.size; size++) {
        char *copy = malloc(size == 0 ? 1 : size); /* its own memory: a sanitizer sees a read beyond it */
        if (size > 0)
            memcpy(copy, bytes.ptr, size);
        size_t piece_size;
        enum err err = head_parse((struct str){ copy, size }, &piece, &piece_size);
        free(copy);
        if (whole == OK && size >= head_size) {
            assert_int_equal(err, OK);
            assert_int_equal(piece_size, head_size);
        } else if (err != ERR_MORE) {
            assert_int_not_equal(whole, OK);
            assert_int_equal(err, whole);
        }
    }
    return whole;
}

static inline enum err parse_text(const char *text, struct http_request *request)
{
    return parse(str_from(text), request);
}

static inline void assert_refused(const char *text)
{
    struct http_request request;
    enum err err = parse_text(text, &request);
    if (err != ERR_PARSE)
        print_error("not refused (%d): %s\n", (int)err, text);
    assert_int_equal(err, ERR_PARSE);
}

static inline void assert_taken(const char *text, struct http_request *request)
{
    enum err err = parse_text(text, request);
    if (err != OK)
        print_error("not taken (%d): %s\n", (int)err, text);
    assert_int_equal(err, OK);
}

#endif
