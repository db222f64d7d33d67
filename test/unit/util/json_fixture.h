/* json_fixture.h: one parser and one arena for a test program. */
#ifndef IM_TEST_JSON_FIXTURE_H
#define IM_TEST_JSON_FIXTURE_H

#include "unit.h"

#include "util/json.h"

#include <stdlib.h>

static struct json_parser *parser;
static struct arena arena;

static inline int open_parser(void **state)
{
    (void)state;
    parser = json_parser_new();
    return 0;
}

static inline int close_parser(void **state)
{
    (void)state;
    arena_release(&arena);
    json_parser_free(&parser);
    return parser != NULL;
}

/* From a heap copy of exact size, so that a sanitizer sees a read past it. */
static inline enum err parse(struct str text, struct json **out)
{
    char *copy = malloc(text.size + 1);
    memcpy(copy, text.ptr, text.size);
    *out = NULL;
    enum err err = json_parse(parser, &arena, (struct str){ copy, text.size }, out);
    free(copy);
    return err;
}

static inline const struct json *parsed(const char *text)
{
    struct json *root;
    if (parse(str_from(text), &root) != OK)
        fail_msg("refused: %s", text);
    return root;
}

#endif
