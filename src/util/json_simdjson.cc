// json_simdjson.cc: the tree builder over simdjson's on-demand parser.
// Its first stage checks UTF-8, quotes and control characters of the whole
// input and finds where tokens start; then the document is walked to its end,
// so that nothing in it goes unchecked. The recursion is bounded by our own
// depth count.
#include "util/json.h"
#include "util/json_text.h"

#include <simdjson.h>

#include <new>
#include <utility>

#include "util/mem.h"

namespace od = simdjson::ondemand;

// The parser reads up to SIMDJSON_PADDING bytes past its input, so it works
// on a copy in scratch; raw is translated back to the caller's bytes.
struct json_parser {
    od::parser parser;
    char *scratch;
    size_t scratch_size;
};

namespace
{

struct walk {
    struct arena *arena;
    struct str source; // the caller's bytes
    const char *copy;  // the same, in scratch
};

bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct str trim_end(const char *begin, size_t size)
{
    while (size > 0 && is_space(begin[size - 1]))
        size--;
    return { begin, size };
}

// The text between the quotes of a string that starts after `inside`.
bool string_read(const walk &w, const char *inside, struct str *text, size_t *size)
{
    bool escaped;
    *size = json_string_size(inside, &escaped);
    if (escaped)
        return json_unescape(w.arena, { inside, *size }, text);
    *text = arena_str(w.arena, { inside, *size });
    return true;
}

enum err scalar_read(const walk &w, struct str token, struct json *out)
{
    if (token.size == 0)
        return ERR_PARSE;
    if (token.ptr[0] == '"') {
        size_t size;
        out->type = JSON_STRING;
        return string_read(w, token.ptr + 1, &out->text, &size) && size + 2 == token.size ? OK : ERR_PARSE;
    }
    if (str_equal(token, STR("true")))
        out->type = JSON_TRUE;
    else if (str_equal(token, STR("false")))
        out->type = JSON_FALSE;
    else if (str_equal(token, STR("null")))
        out->type = JSON_NULL;
    else if (json_number_valid(token)) {
        out->type = JSON_NUMBER;
        out->text = arena_str(w.arena, token);
    } else
        return ERR_PARSE;
    return OK;
}

// Where the value that was just read to its end stops: before the next token.
struct str raw_until(const walk &w, const char *begin, simdjson::simdjson_result<const char *> location)
{
    const char *end;
    if (std::move(location).get(end) != simdjson::SUCCESS)
        end = w.copy + w.source.size;
    struct str raw = trim_end(begin, static_cast<size_t>(end - begin));
    return { w.source.ptr + (begin - w.copy), raw.size };
}

enum err value_read(const walk &w, od::value value, unsigned depth, struct json *out);

struct json *child_new(const walk &w, struct json *parent, struct json **last)
{
    auto *child = static_cast<struct json *>(arena_zalloc(w.arena, sizeof(struct json)));
    if (*last == nullptr)
        parent->first = child;
    else
        (*last)->next = child;
    *last = child;
    parent->count++;
    return child;
}

enum err object_read(const walk &w, od::value value, unsigned depth, struct json *out)
{
    od::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS)
        return ERR_PARSE;
    struct json *last = nullptr;
    out->type = JSON_OBJECT;
    for (auto result : object) {
        od::field field;
        if (std::move(result).get(field) != simdjson::SUCCESS)
            return ERR_PARSE;
        struct json *child = child_new(w, out, &last);
        size_t size;
        if (!string_read(w, field.key().raw(), &child->key, &size))
            return ERR_PARSE;
        enum err err = value_read(w, field.value(), depth, child);
        if (err != OK)
            return err;
    }
    return OK;
}

enum err array_read(const walk &w, od::value value, unsigned depth, struct json *out)
{
    od::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS)
        return ERR_PARSE;
    struct json *last = nullptr;
    out->type = JSON_ARRAY;
    for (auto result : array) {
        od::value item;
        if (std::move(result).get(item) != simdjson::SUCCESS)
            return ERR_PARSE;
        enum err err = value_read(w, item, depth, child_new(w, out, &last));
        if (err != OK)
            return err;
    }
    return OK;
}

enum err value_read(const walk &w, od::value value, unsigned depth, struct json *out)
{
    std::string_view token = value.raw_json_token();
    const char *begin = token.data();
    if (token.empty() || (*begin != '{' && *begin != '['))
        return scalar_read(w, trim_end(begin, token.size()), out);
    if (depth == JSON_DEPTH_MAX)
        return ERR_TOO_LARGE;
    enum err err = *begin == '{' ? object_read(w, value, depth + 1, out) : array_read(w, value, depth + 1, out);
    if (err == OK)
        out->raw = raw_until(w, begin, value.current_location());
    return err;
}

enum err document_read(const walk &w, struct json_parser *parser, struct json *root)
{
    od::document document;
    simdjson::padded_string_view view(w.copy, w.source.size, parser->scratch_size);
    if (parser->parser.iterate(view).get(document) != simdjson::SUCCESS)
        return ERR_PARSE;
    bool scalar;
    if (document.is_scalar().get(scalar) != simdjson::SUCCESS)
        return ERR_PARSE;
    if (scalar) { // On demand, a bare scalar is no value: it is the whole trimmed input.
        struct str token = trim_end(w.copy, w.source.size);
        for (; token.size > 0 && is_space(token.ptr[0]); token.size--)
            token.ptr++;
        return scalar_read(w, token, root);
    }
    od::value value;
    if (document.get_value().get(value) != simdjson::SUCCESS)
        return ERR_PARSE;
    enum err err = value_read(w, value, 0, root);
    if (err != OK)
        return err;
    const char *trailing;
    return document.current_location().get(trailing) == simdjson::OUT_OF_BOUNDS ? OK : ERR_PARSE;
}

void scratch_fill(struct json_parser *parser, struct str bytes)
{
    size_t needed = bytes.size + simdjson::SIMDJSON_PADDING;
    if (needed > parser->scratch_size) {
        parser->scratch = static_cast<char *>(mem_realloc(parser->scratch, needed));
        parser->scratch_size = needed;
    }
    memcpy(parser->scratch, bytes.ptr, bytes.size);
    memset(parser->scratch + bytes.size, ' ', simdjson::SIMDJSON_PADDING);
}

} // namespace

struct json_parser *json_parser_new(void)
{
    return new (mem_zalloc(sizeof(struct json_parser))) json_parser();
}

void json_parser_free(struct json_parser **parser)
{
    if (*parser == nullptr)
        return;
    free((*parser)->scratch);
    (*parser)->~json_parser();
    free(*parser);
    *parser = nullptr;
}

enum err json_parse(struct json_parser *parser, struct arena *arena, struct str bytes, struct json **out)
{
    if (bytes.size == 0)
        return ERR_PARSE;
    scratch_fill(parser, bytes);
    auto *root = static_cast<struct json *>(arena_zalloc(arena, sizeof(struct json)));
    enum err err = document_read({ arena, bytes, parser->scratch }, parser, root);
    if (err == OK)
        *out = root;
    return err;
}
