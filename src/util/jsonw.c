/* jsonw.c: values appended one by one.
 * What needs escaping is rare, so text is copied in runs: a table says which
 * bytes end one. */
#include "util/jsonw.h"

#include <assert.h>

enum { PLAIN = 0, JSON_ESCAPED = 1, HTML_ESCAPED = 2, BOTH_ESCAPED = 3 };

/* A quote is escaped either way, but becomes an entity first. */
static const unsigned char byte_class[256] = {
    [0x00] = JSON_ESCAPED, [0x01] = JSON_ESCAPED, [0x02] = JSON_ESCAPED, [0x03] = JSON_ESCAPED, [0x04] = JSON_ESCAPED,
    [0x05] = JSON_ESCAPED, [0x06] = JSON_ESCAPED, [0x07] = JSON_ESCAPED, [0x08] = JSON_ESCAPED, [0x09] = JSON_ESCAPED,
    [0x0a] = JSON_ESCAPED, [0x0b] = JSON_ESCAPED, [0x0c] = JSON_ESCAPED, [0x0d] = JSON_ESCAPED, [0x0e] = JSON_ESCAPED,
    [0x0f] = JSON_ESCAPED, [0x10] = JSON_ESCAPED, [0x11] = JSON_ESCAPED, [0x12] = JSON_ESCAPED, [0x13] = JSON_ESCAPED,
    [0x14] = JSON_ESCAPED, [0x15] = JSON_ESCAPED, [0x16] = JSON_ESCAPED, [0x17] = JSON_ESCAPED, [0x18] = JSON_ESCAPED,
    [0x19] = JSON_ESCAPED, [0x1a] = JSON_ESCAPED, [0x1b] = JSON_ESCAPED, [0x1c] = JSON_ESCAPED, [0x1d] = JSON_ESCAPED,
    [0x1e] = JSON_ESCAPED, [0x1f] = JSON_ESCAPED, ['\\'] = JSON_ESCAPED, ['"'] = BOTH_ESCAPED,  ['&'] = HTML_ESCAPED,
    ['<'] = HTML_ESCAPED,  ['>'] = HTML_ESCAPED,  ['\''] = HTML_ESCAPED,
};

static void append_json_escape(struct buf *out, char byte)
{
    static const char hex[] = "0123456789abcdef";
    char short_form = 0;
    switch (byte) {
    case '"':
    case '\\':
        short_form = byte;
        break;
    case '\b':
        short_form = 'b';
        break;
    case '\f':
        short_form = 'f';
        break;
    case '\n':
        short_form = 'n';
        break;
    case '\r':
        short_form = 'r';
        break;
    case '\t':
        short_form = 't';
        break;
    default:
        break;
    }
    if (short_form != 0) {
        buf_append(out, (char[]){ '\\', short_form }, 2);
    } else {
        unsigned char code = (unsigned char)byte;
        buf_append(out, (char[]){ '\\', 'u', '0', '0', hex[code >> 4], hex[code & 15] }, 6);
    }
}

static void append_html_escape(struct buf *out, char byte)
{
    switch (byte) {
    case '&':
        buf_append_str(out, STR("&amp;"));
        break;
    case '<':
        buf_append_str(out, STR("&lt;"));
        break;
    case '>':
        buf_append_str(out, STR("&gt;"));
        break;
    case '"':
        buf_append_str(out, STR("&quot;"));
        break;
    default:
        assert(byte == '\'');
        buf_append_str(out, STR("&#39;"));
        break;
    }
}

static void append_escaped(struct buf *out, struct str text, bool html)
{
    const unsigned special = html ? JSON_ESCAPED | HTML_ESCAPED : JSON_ESCAPED;
    size_t begin = 0;
    for (size_t at = 0; at < text.size; at++) {
        unsigned class = byte_class[(unsigned char)text.ptr[at]] & special;
        if (class == PLAIN)
            continue;
        buf_append(out, text.ptr + begin, at - begin);
        if ((class & HTML_ESCAPED) != 0)
            append_html_escape(out, text.ptr[at]);
        else
            append_json_escape(out, text.ptr[at]);
        begin = at + 1;
    }
    if (begin < text.size)
        buf_append(out, text.ptr + begin, text.size - begin);
}

/* A comma, unless this is the first of its parent or follows a key. */
static void separate(struct buf *out)
{
    if (out->size == 0)
        return;
    char last = out->ptr[out->size - 1];
    if (last != '{' && last != '[' && last != ':')
        buf_append_byte(out, ',');
}

void jsonw_open(struct buf *out, char bracket)
{
    assert(bracket == '{' || bracket == '[');
    separate(out);
    buf_append_byte(out, bracket);
}

void jsonw_close(struct buf *out, char bracket)
{
    assert(bracket == '}' || bracket == ']');
    buf_append_byte(out, bracket);
}

void jsonw_key(struct buf *out, const char *key)
{
    size_t size = strlen(key);
    separate(out);
    buf_reserve(out, size + 3);
    buf_append_byte(out, '"');
    buf_append(out, key, size);
    buf_append(out, "\":", 2);
}

static void append_quoted(struct buf *out, struct str text, bool html)
{
    separate(out);
    buf_reserve(out, text.size + 2);
    buf_append_byte(out, '"');
    append_escaped(out, text, html);
    buf_append_byte(out, '"');
}

void jsonw_str(struct buf *out, struct str text)
{
    append_quoted(out, text, false);
}

void jsonw_str_html(struct buf *out, struct str text)
{
    append_quoted(out, text, true);
}

void jsonw_escape(struct buf *out, struct str text)
{
    append_escaped(out, text, false);
}

void jsonw_i64(struct buf *out, int64_t value)
{
    separate(out);
    buf_append_i64(out, value);
}

void jsonw_bool(struct buf *out, bool value)
{
    separate(out);
    buf_append_str(out, value ? STR("true") : STR("false"));
}

void jsonw_raw(struct buf *out, struct str json)
{
    separate(out);
    buf_append_str(out, json);
}

void jsonw_put_str(struct buf *out, const char *key, struct str text)
{
    if (text.ptr == NULL)
        return;
    jsonw_key(out, key);
    jsonw_str(out, text);
}

void jsonw_put_i64(struct buf *out, const char *key, int64_t value)
{
    jsonw_key(out, key);
    jsonw_i64(out, value);
}

void jsonw_put_bool(struct buf *out, const char *key, bool value)
{
    jsonw_key(out, key);
    jsonw_bool(out, value);
}
