/* json.c: any bytes as a JSON document. What is taken is written out again,
 * and must then be taken again and be the same tree. */
#include "fuzz.h"

#include "util/json.h"
#include "util/jsonw.h"
#include "util/utf8.h"

static void value_write(struct buf *out, const struct json *value)
{
    switch (value->type) {
    case JSON_NULL:
        jsonw_raw(out, STR("null"));
        break;
    case JSON_FALSE:
    case JSON_TRUE:
        jsonw_bool(out, value->type == JSON_TRUE);
        break;
    case JSON_NUMBER:
        jsonw_raw(out, value->text);
        break;
    case JSON_STRING:
        jsonw_str(out, value->text);
        break;
    case JSON_ARRAY:
        jsonw_open(out, '[');
        for (const struct json *child = value->first; child != NULL; child = child->next)
            value_write(out, child);
        jsonw_close(out, ']');
        break;
    case JSON_OBJECT:
        /* jsonw's keys are literals of ours: a stranger's key goes out as a value before its own. */
        jsonw_open(out, '[');
        for (const struct json *child = value->first; child != NULL; child = child->next) {
            jsonw_str(out, child->key);
            value_write(out, child);
        }
        jsonw_close(out, ']');
        break;
    }
}

/* What holds of every value in a tree. */
static void value_check(const struct json *value, struct str bytes, unsigned depth)
{
    MUST(depth <= JSON_DEPTH_MAX);
    struct str text;
    int64_t number;
    bool truth;
    bool has_text = json_text(value, &text);
    MUST(has_text == (value->type == JSON_STRING || value->type == JSON_NUMBER));
    MUST(!has_text || utf8_valid(text));
    MUST(!json_i64(value, &number) || has_text);
    json_bool(value, &truth);
    size_t count = 0;
    for (const struct json *child = value->first; child != NULL; child = child->next) {
        value_check(child, bytes, depth + 1);
        if (value->type == JSON_OBJECT)
            MUST(utf8_valid(child->key));
        count++;
    }
    MUST(count == value->count);
    if (value->type == JSON_ARRAY || value->type == JSON_OBJECT)
        MUST(value->raw.ptr >= bytes.ptr && value->raw.ptr + value->raw.size <= bytes.ptr + bytes.size);
    json_get(value, "cmd");
}

/* The first tree's objects went out as arrays: compare by writing both. */
static void round_trip_check(struct json_parser *parser, const struct json *document)
{
    struct arena arena = { 0 };
    struct buf first = { 0 };
    struct buf second = { 0 };
    struct json *again = NULL;
    value_write(&first, document);
    MUST(json_parse(parser, &arena, buf_str(&first), &again) == OK);
    value_write(&second, again);
    MUST(str_equal(buf_str(&first), buf_str(&second)));
    buf_release(&first);
    buf_release(&second);
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct json_parser *parser;
    if (parser == NULL)
        parser = json_parser_new();
    char *copy = malloc(size + 1); /* NULL is no buffer, and its end is the allocation's */
    if (size > 0)
        memcpy(copy, data, size);
    struct arena arena = { 0 };
    struct json *document = NULL;
    struct str bytes = { copy, size };
    enum err err = json_parse(parser, &arena, bytes, &document);
    MUST(err == OK || err == ERR_PARSE || err == ERR_TOO_LARGE);
    if (err == OK) {
        MUST(utf8_valid(bytes));
        value_check(document, bytes, 0);
        round_trip_check(parser, document);
    }
    arena_release(&arena);
    free(copy);
    return 0;
}
