/* http.c: any bytes as a request head, as a chunked body and as encoded text.
 * How the bytes are cut must not change what they are taken for, and every
 * slice given out must lie in what was parsed. */
#include "fuzz.h"

#include "http/parser.h"

#define BODY_MAX 1000

static bool inside(struct str slice, struct str bytes)
{
    if (slice.ptr == NULL || str_equal(slice, STR("/"))) /* "/" stands for the empty path of an absolute form */
        return true;
    return slice.ptr >= bytes.ptr && slice.ptr + slice.size <= bytes.ptr + bytes.size;
}

static void encoded_check(struct str text)
{
    char *out = malloc(text.size + 1);
    size_t size = 0;
    enum err err = http_percent_decode(text, true, out, &size);
    MUST(err == ERR_PARSE || (err == OK && size <= text.size));
    free(out);
    struct str value = http_query_get(text, "a");
    MUST(inside(value, text));
    http_query_get(text, "token");
}

static void request_check(const struct http_request *request, struct str head)
{
    MUST(request->method_text.size > 0 && inside(request->method_text, head));
    MUST(request->path.size > 0 && inside(request->path, head) && inside(request->query, head));
    MUST(request->minor == 0 || request->minor == 1);
    MUST(request->header_count <= HTTP_HEADERS_MAX);
    MUST(!request->chunked || request->content_length == 0);
    MUST(!request->upgrade_websocket || request->method == HTTP_GET);
    for (size_t i = 0; i < request->header_count; i++) {
        struct str value = request->headers[i].value;
        MUST(request->headers[i].name.size > 0 && inside(request->headers[i].name, head));
        MUST(inside(value, head));
        for (size_t at = 0; at < value.size; at++)
            MUST((unsigned char)value.ptr[at] >= ' ' || value.ptr[at] == '\t');
    }
    encoded_check(request->path);
    encoded_check(request->query);
    MUST(request->minor == 0 || http_header_get(request, "host").ptr != NULL);
}

static void head_check(struct str bytes)
{
    struct http_request request;
    size_t head_size = 0;
    enum err whole = http_parse_head(bytes, &request, &head_size);
    MUST(whole == OK || whole == ERR_MORE || whole == ERR_PARSE || whole == ERR_TOO_LARGE);
    MUST(whole != ERR_MORE || bytes.size < HTTP_HEAD_MAX);
    if (whole == OK) {
        MUST(head_size > 0 && head_size <= bytes.size && head_size <= HTTP_HEAD_MAX);
        request_check(&request, (struct str){ bytes.ptr, head_size });
    }
    for (size_t size = 0; size < bytes.size && size < 600; size++) {
        size_t piece_size = 0;
        enum err err = http_parse_head((struct str){ bytes.ptr, size }, &request, &piece_size);
        MUST(err == ERR_MORE || err == whole);
        MUST(err != OK || piece_size == head_size);
        MUST(whole != OK || (err == OK) == (size >= head_size));
    }
}

/* Feeds in pieces of piece_size; what was consumed of bytes is taken off. */
static enum err chunked_run(struct str *bytes, struct buf *body, size_t piece_size)
{
    struct http_chunked chunked = { 0 };
    enum err err = ERR_MORE;
    while (err == ERR_MORE && bytes->size > 0) {
        size_t size = piece_size < bytes->size ? piece_size : bytes->size;
        struct str piece = { bytes->ptr, size };
        err = http_chunked_feed(&chunked, &piece, body, BODY_MAX);
        MUST(err != ERR_MORE || piece.size == 0);
        MUST(body->size <= BODY_MAX);
        size_t taken = size - piece.size;
        *bytes = (struct str){ bytes->ptr + taken, bytes->size - taken };
    }
    return err;
}

static void chunked_check(struct str bytes)
{
    struct buf whole_body = { 0 };
    struct str whole_rest = bytes;
    enum err whole = chunked_run(&whole_rest, &whole_body, SIZE_MAX);
    for (size_t piece_size = 1; piece_size <= 3; piece_size++) {
        struct buf body = { 0 };
        struct str rest = bytes;
        MUST(chunked_run(&rest, &body, piece_size) == whole);
        MUST(rest.size == whole_rest.size);
        MUST(str_equal(buf_str(&body), buf_str(&whole_body)));
        buf_release(&body);
    }
    buf_release(&whole_body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = { (const char *)data, size };
    head_check(bytes);
    chunked_check(bytes);
    encoded_check(bytes);
    return 0;
}
