/* parser.c: a request head, read in one pass from left to right.
 * What a byte means depends only on the bytes before it, so a head that comes
 * in pieces ends exactly as one that comes whole, and garbage is refused at
 * its first wrong byte. Only after the empty line do the headers get their
 * meaning: Host, the body's length, the connection's fate.
 * A request that two servers could read differently is refused, not repaired. */
#include "http/parser.h"

/* Bits of byte_class. */
enum {
    BYTE_TOKEN = 1, /* tchar, RFC 9110 section 5.6.2 */
    BYTE_TARGET =
        2, /* what we take in a target: no controls, blanks and '#'; raw UTF-8 as curl sends it is let through */
    BYTE_VALUE = 4, /* field-vchar, obs-text, blank and tab, RFC 9110 section 5.5 */
    BYTE_HOST = 8,  /* reg-name, IP-literal and port, RFC 3986 section 3.2 */
};

/* clang-format off */
static const uint8_t byte_class[256] = {
    0,  0,  0,  0,  0,  0,  0,  0,  0,  4,  0,  0,  0,  0,  0,  0,  /* 00 */
    0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  /* 10 */
    4,  15, 6,  5,  15, 15, 15, 15, 14, 14, 15, 15, 14, 15, 15, 6,  /* 20   ! " # $ % & ' ( ) * + , - . / */
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 14, 14, 6,  14, 6,  6,  /* 30 0-9 : ; < = > ? */
    6,  15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, /* 40 @ A-O */
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 14, 6,  14, 7,  15, /* 50 P-Z [ \ ] ^ _ */
    7,  15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, /* 60 ` a-o */
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 6,  7,  6,  15, 0,  /* 70 p-z { | } ~ */
    6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  /* 80 */
    6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,
    6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,
    6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,
    6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,
    6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,
    6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,
    6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,
};
/* clang-format on */

struct cursor {
    const char *at;
    const char *end;
};

/* What the headers say together, before it is judged. */
struct head_facts {
    unsigned hosts;
    unsigned lengths;
    unsigned encodings;
    bool close;
    bool keep_alive;
    bool upgrade;
    bool websocket;
    bool expect_continue;
};

static enum err request_line_parse(struct cursor *cursor, struct http_request *request);
static enum err headers_parse(struct cursor *cursor, struct http_request *request);
static enum err headers_judge(struct http_request *request);

enum err http_parse_head(struct str bytes, struct http_request *request, size_t *head_size)
{
    size_t size = bytes.size < HTTP_HEAD_MAX ? bytes.size : HTTP_HEAD_MAX;
    if (size == 0)
        return ERR_MORE;
    struct cursor cursor = { bytes.ptr, bytes.ptr + size };
    enum err err = request_line_parse(&cursor, request);
    if (err == OK)
        err = headers_parse(&cursor, request);
    if (err == ERR_MORE && size == HTTP_HEAD_MAX)
        err = ERR_TOO_LARGE;
    if (err == OK)
        err = headers_judge(request);
    if (err == OK)
        *head_size = (size_t)(cursor.at - bytes.ptr);
    return err;
}

struct str http_header_get(const struct http_request *request, const char *name)
{
    struct str wanted = str_from(name);
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        if (header->name.size == wanted.size && str_equal_nocase(header->name, wanted))
            return header->value;
    }
    return STR_NONE;
}

/* The longest run of bytes of a class; it may be empty. */
static struct str run_take(struct cursor *cursor, unsigned class)
{
    const char *start = cursor->at;
    const char *at = start;
    while (at < cursor->end && (byte_class[(unsigned char)*at] & class) != 0)
        at++;
    cursor->at = at;
    return (struct str){ start, (size_t)(at - start) };
}

static enum err byte_expect(struct cursor *cursor, char byte)
{
    if (cursor->at == cursor->end)
        return ERR_MORE;
    if (*cursor->at != byte)
        return ERR_PARSE;
    cursor->at++;
    return OK;
}

static enum err text_expect(struct cursor *cursor, const char *text)
{
    enum err err = OK;
    while (err == OK && *text != '\0')
        err = byte_expect(cursor, *text++);
    return err;
}

static enum http_method method_of(struct str text)
{
    static const struct {
        struct str text;
        enum http_method method;
    } rows[] = {
        { { "GET", 3 }, HTTP_GET },     { { "HEAD", 4 }, HTTP_HEAD },     { { "POST", 4 }, HTTP_POST },
        { { "PUT", 3 }, HTTP_PUT },     { { "DELETE", 6 }, HTTP_DELETE }, { { "OPTIONS", 7 }, HTTP_OPTIONS },
        { { "PATCH", 5 }, HTTP_PATCH },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (str_equal(text, rows[i].text))
            return rows[i].method;
    }
    return HTTP_OTHER;
}

/* "http://authority/path" → "/path". The authority is checked and dropped: there is one host here. */
static enum err authority_skip(struct str *target)
{
    static const char *const schemes[] = { "http://", "https://" };
    size_t scheme_size = 0;
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        struct str scheme = str_from(schemes[i]);
        if (target->size > scheme.size && str_equal_nocase((struct str){ target->ptr, scheme.size }, scheme))
            scheme_size = scheme.size;
    }
    if (scheme_size == 0)
        return ERR_PARSE;
    struct cursor cursor = { target->ptr + scheme_size, target->ptr + target->size };
    if (run_take(&cursor, BYTE_HOST).size == 0)
        return ERR_PARSE;
    if (cursor.at < cursor.end && *cursor.at != '/' && *cursor.at != '?')
        return ERR_PARSE;
    *target = (struct str){ cursor.at, (size_t)(cursor.end - cursor.at) };
    return OK;
}

/* RFC 9112 section 3.2: origin-form, absolute-form, asterisk-form for OPTIONS.
 * authority-form belongs to CONNECT, which a server that is no proxy refuses. */
static enum err target_split(struct http_request *request, struct str target)
{
    request->query = STR_NONE;
    if (str_equal(target, STR("*")) && request->method == HTTP_OPTIONS) {
        request->path = target;
        return OK;
    }
    if (target.ptr[0] != '/') {
        enum err err = authority_skip(&target);
        if (err != OK)
            return err;
    }
    request->path = target;
    const char *mark = target.size == 0 ? NULL : memchr(target.ptr, '?', target.size);
    if (mark != NULL) {
        request->path.size = (size_t)(mark - target.ptr);
        request->query = (struct str){ mark + 1, target.size - request->path.size - 1 };
    }
    if (request->path.size == 0)
        request->path = STR("/");
    return OK;
}

static enum err empty_lines_skip(struct cursor *cursor)
{
    enum err err = OK;
    while (err == OK && cursor->at < cursor->end && *cursor->at == '\r')
        err = text_expect(cursor, "\r\n");
    return err;
}

static enum err request_line_parse(struct cursor *cursor, struct http_request *request)
{
    enum err err = empty_lines_skip(cursor);
    if (err != OK)
        return err;

    request->method_text = run_take(cursor, BYTE_TOKEN);
    err = byte_expect(cursor, ' ');
    if (err != OK)
        return err;
    if (request->method_text.size == 0)
        return ERR_PARSE;
    request->method = method_of(request->method_text);

    struct str target = run_take(cursor, BYTE_TARGET);
    err = byte_expect(cursor, ' ');
    if (err != OK)
        return err;
    if (target.size == 0)
        return ERR_PARSE;
    err = target_split(request, target);
    if (err != OK)
        return err;

    err = text_expect(cursor, "HTTP/1.");
    if (err != OK)
        return err;
    if (cursor->at == cursor->end)
        return ERR_MORE;
    if (*cursor->at != '0' && *cursor->at != '1')
        return ERR_PARSE;
    request->minor = *cursor->at++ - '0';
    return text_expect(cursor, "\r\n");
}

/* Moves on over plain bytes of a value, eight at a time: none of them below
 * 0x20 and none 0x7F. The rest, tabs too, is run_take's. */
static void value_skip_wide(struct cursor *cursor)
{
    const uint64_t ones = 0x0101010101010101;
    const uint64_t tops = 0x8080808080808080;
    while (cursor->end - cursor->at >= 8) {
        uint64_t wide;
        memcpy(&wide, cursor->at, 8);
        uint64_t del = wide ^ (ones * 0x7F);
        uint64_t odd = ((wide - ones * 0x20) & ~wide) | ((del - ones) & ~del);
        if ((odd & tops) != 0)
            return;
        cursor->at += 8;
    }
}

static enum err header_parse(struct cursor *cursor, struct http_header *header)
{
    header->name = run_take(cursor, BYTE_TOKEN);
    enum err err = byte_expect(cursor, ':');
    if (err != OK)
        return err;
    if (header->name.size == 0)
        return ERR_PARSE;
    const char *start = cursor->at;
    value_skip_wide(cursor);
    run_take(cursor, BYTE_VALUE);
    header->value = str_trim((struct str){ start, (size_t)(cursor->at - start) });
    return text_expect(cursor, "\r\n");
}

static enum err headers_parse(struct cursor *cursor, struct http_request *request)
{
    request->header_count = 0;
    while (cursor->at < cursor->end) {
        if (*cursor->at == '\r')
            return text_expect(cursor, "\r\n");
        if (request->header_count == HTTP_HEADERS_MAX)
            return ERR_TOO_LARGE;
        enum err err = header_parse(cursor, &request->headers[request->header_count]);
        if (err != OK)
            return err;
        request->header_count++;
    }
    return ERR_MORE;
}

/* Whether a comma-separated list (RFC 9110 section 5.6.1) has the token. */
static bool list_has(struct str list, struct str token)
{
    while (list.size > 0) {
        const char *comma = memchr(list.ptr, ',', list.size);
        size_t size = comma == NULL ? list.size : (size_t)(comma - list.ptr);
        if (str_equal_nocase(str_trim((struct str){ list.ptr, size }), token))
            return true;
        size_t taken = comma == NULL ? size : size + 1;
        list = (struct str){ list.ptr + taken, list.size - taken };
    }
    return false;
}

static enum err host_note(struct http_request *request, struct head_facts *facts, struct str value)
{
    (void)request;
    facts->hosts++;
    struct cursor cursor = { value.ptr, value.ptr + value.size };
    return run_take(&cursor, BYTE_HOST).size == value.size ? OK : ERR_PARSE;
}

static enum err length_note(struct http_request *request, struct head_facts *facts, struct str value)
{
    facts->lengths++;
    uint64_t length = 0;
    for (size_t i = 0; i < value.size; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9')
            return ERR_PARSE;
        uint64_t digit = (uint64_t)(value.ptr[i] - '0');
        if (length > (UINT64_MAX - digit) / 10)
            return ERR_PARSE;
        length = length * 10 + digit;
    }
    request->content_length = length;
    return value.size > 0 ? OK : ERR_PARSE;
}

static enum err encoding_note(struct http_request *request, struct head_facts *facts, struct str value)
{
    facts->encodings++;
    request->chunked = true;
    return str_equal_nocase(value, STR("chunked")) ? OK : ERR_PARSE;
}

static enum err connection_note(struct http_request *request, struct head_facts *facts, struct str value)
{
    (void)request;
    facts->close = facts->close || list_has(value, STR("close"));
    facts->keep_alive = facts->keep_alive || list_has(value, STR("keep-alive"));
    facts->upgrade = facts->upgrade || list_has(value, STR("upgrade"));
    return OK;
}

static enum err upgrade_note(struct http_request *request, struct head_facts *facts, struct str value)
{
    (void)request;
    facts->websocket = facts->websocket || list_has(value, STR("websocket"));
    return OK;
}

static enum err expect_note(struct http_request *request, struct head_facts *facts, struct str value)
{
    (void)request;
    facts->expect_continue = facts->expect_continue || str_equal_nocase(value, STR("100-continue"));
    return OK;
}

static const struct {
    struct str name;
    enum err (*note)(struct http_request *request, struct head_facts *facts, struct str value);
} header_notes[] = {
    { { "host", 4 }, host_note },
    { { "content-length", 14 }, length_note },
    { { "transfer-encoding", 17 }, encoding_note },
    { { "connection", 10 }, connection_note },
    { { "upgrade", 7 }, upgrade_note },
    { { "expect", 6 }, expect_note },
};

static enum err header_note(struct http_request *request, struct head_facts *facts, const struct http_header *header)
{
    for (size_t i = 0; i < sizeof(header_notes) / sizeof(header_notes[0]); i++) {
        if (header->name.size == header_notes[i].name.size && str_equal_nocase(header->name, header_notes[i].name))
            return header_notes[i].note(request, facts, header->value);
    }
    return OK;
}

static enum err headers_judge(struct http_request *request)
{
    struct head_facts facts = { 0 };
    request->chunked = false;
    request->content_length = 0;
    for (size_t i = 0; i < request->header_count; i++) {
        enum err err = header_note(request, &facts, &request->headers[i]);
        if (err != OK)
            return err;
    }

    bool current = request->minor == 1;
    if (facts.hosts > 1 || (current && facts.hosts == 0))
        return ERR_PARSE;
    /* RFC 9112 section 6: one length, or one chunked, and chunked is of 1.1. */
    if (facts.lengths + facts.encodings > 1 || (request->chunked && !current))
        return ERR_PARSE;
    request->keep_alive = !facts.close && (current || facts.keep_alive);
    request->expect_continue = current && facts.expect_continue;
    request->upgrade_websocket = current && request->method == HTTP_GET && facts.upgrade && facts.websocket;
    return OK;
}
