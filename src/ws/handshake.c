/* handshake.c: from an HTTP upgrade to a WebSocket.
 * What makes a request an upgrade at all, Connection and Upgrade, the HTTP
 * parser has seen; here the WebSocket's own headers are judged and answered.
 * Of extensions only permessage-deflate is known, in terms that let one
 * compressed frame be shared by every session. */
#include "ws/handshake.h"

#include <openssl/evp.h>

#define KEY_SIZE 24    /* base64 of 16 bytes */
#define ACCEPT_SIZE 28 /* base64 of a SHA-1 */
#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

static enum err header_once(const struct http_request *request, const char *name, struct str *value);
static bool key_valid(struct str key);
static enum err accept_append(struct str key, struct buf *accept);
static enum err offers_parse(const struct http_request *request, struct ws_deflate_offer *offer);

enum err ws_handshake_check(const struct http_request *request, struct buf *accept, struct ws_deflate_offer *offer)
{
    *offer = (struct ws_deflate_offer){ 0 };
    if (!request->upgrade_websocket || request->chunked || request->content_length > 0)
        return ERR_PARSE;
    struct str version;
    enum err err = header_once(request, "sec-websocket-version", &version);
    if (err != OK)
        return err;
    if (!str_equal(version, STR("13")))
        return ERR_ARG;
    struct str key;
    err = header_once(request, "sec-websocket-key", &key);
    if (err != OK)
        return err;
    if (!key_valid(key))
        return ERR_PARSE;
    err = offers_parse(request, offer);
    if (err != OK)
        return err;
    return accept_append(key, accept);
}

void ws_handshake_reply(struct buf *out, struct str accept, const struct ws_deflate_offer *deflate,
                        struct str extra_headers)
{
    buf_append_str(out, STR("HTTP/1.1 101 Switching Protocols\r\n"
                            "Upgrade: websocket\r\n"
                            "Connection: Upgrade\r\n"
                            "Sec-WebSocket-Accept: "));
    buf_append_str(out, accept);
    buf_append_str(out, STR("\r\n"));
    if (deflate != NULL && deflate->wanted) {
        buf_append_str(out, STR("Sec-WebSocket-Extensions: permessage-deflate; "
                                "server_no_context_takeover; client_no_context_takeover"));
        if (deflate->server_window_bits != 0)
            buf_append_format(out, "; server_max_window_bits=%d", deflate->server_window_bits);
        buf_append_str(out, STR("\r\n"));
    }
    buf_append_str(out, extra_headers);
    buf_append_str(out, STR("\r\n"));
}

/* RFC 6455 section 11.3 has these headers at most once. An absent one is empty. */
static enum err header_once(const struct http_request *request, const char *name, struct str *value)
{
    bool seen = false;
    *value = STR_NONE;
    for (size_t i = 0; i < request->header_count; i++) {
        if (!str_equal_nocase(request->headers[i].name, str_from(name)))
            continue;
        if (seen)
            return ERR_PARSE;
        seen = true;
        *value = request->headers[i].value;
    }
    return OK;
}

static bool is_alnum(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static bool key_valid(struct str key)
{
    if (key.size != KEY_SIZE || key.ptr[KEY_SIZE - 1] != '=' || key.ptr[KEY_SIZE - 2] != '=')
        return false;
    for (size_t i = 0; i < KEY_SIZE - 2; i++) {
        if (!is_alnum(key.ptr[i]) && key.ptr[i] != '+' && key.ptr[i] != '/')
            return false;
    }
    return true;
}

static enum err accept_append(struct str key, struct buf *accept)
{
    char text[KEY_SIZE + sizeof(GUID) - 1];
    memcpy(text, key.ptr, KEY_SIZE);
    memcpy(text + KEY_SIZE, GUID, sizeof(GUID) - 1);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_size = 0;
    if (EVP_Digest(text, sizeof(text), digest, &digest_size, EVP_sha1(), NULL) != 1)
        return ERR_CRYPTO;
    unsigned char encoded[ACCEPT_SIZE + 1];
    EVP_EncodeBlock(encoded, digest, (int)digest_size);
    buf_append(accept, encoded, ACCEPT_SIZE);
    return OK;
}

/* The list of extensions (RFC 6455 section 9.1), taken apart from left to right:
 *   name *( ";" parameter [ "=" value ] ) *( "," … ), a value a token or that token quoted. */
struct list {
    const char *at;
    const char *end;
};

static void blanks_skip(struct list *list)
{
    while (list->at < list->end && (*list->at == ' ' || *list->at == '\t'))
        list->at++;
}

/* Whether the next byte, after blanks, is this one; then it is taken. */
static bool byte_take(struct list *list, char byte)
{
    blanks_skip(list);
    if (list->at == list->end || *list->at != byte)
        return false;
    list->at++;
    return true;
}

static struct str token_take(struct list *list)
{
    blanks_skip(list);
    const char *start = list->at;
    while (list->at < list->end && *list->at != '\0' &&
           (is_alnum(*list->at) || strchr("!#$%&'*+-.^_`|~", *list->at) != NULL))
        list->at++;
    return (struct str){ start, (size_t)(list->at - start) };
}

static enum err value_take(struct list *list, struct str *value)
{
    blanks_skip(list);
    bool quoted = byte_take(list, '"');
    *value = token_take(list);
    if (value->size == 0 || (quoted && !byte_take(list, '"')))
        return ERR_PARSE;
    return OK;
}

/* 8 to 15, without leading zeros (RFC 7692 section 7.1.2). */
static bool window_bits_read(struct str value, int *bits)
{
    int64_t number;
    if (value.size == 0 || value.ptr[0] == '0' || !str_to_i64(value, &number) || number < 8 || number > 15)
        return false;
    *bits = (int)number;
    return true;
}

/* One parameter of permessage-deflate, noted in the offer; value.ptr is NULL
 * without one. false: not to be taken (unknown, twice, a value that must not be or is wrong). */
static bool parameter_note(struct ws_deflate_offer *offer, unsigned *seen, struct str name, struct str value)
{
    static const struct str names[] = {
        { "server_no_context_takeover", 26 },
        { "client_no_context_takeover", 26 },
        { "server_max_window_bits", 22 },
        { "client_max_window_bits", 22 },
    };
    unsigned which = 0;
    while (which < 4 && !str_equal(name, names[which]))
        which++;
    if (which == 4 || (*seen & 1U << which) != 0)
        return false;
    *seen |= 1U << which;
    if (which < 2)
        return value.ptr == NULL;
    if (which == 2)
        return window_bits_read(value, &offer->server_window_bits) && offer->server_window_bits == 15;
    offer->client_window_bits = 15;
    return value.ptr == NULL || window_bits_read(value, &offer->client_window_bits);
}

/* One extension of the list; *offer is set when it is one we take. */
static enum err extension_parse(struct list *list, struct ws_deflate_offer *offer)
{
    struct ws_deflate_offer found = { 0 };
    unsigned seen = 0;
    struct str name = token_take(list);
    if (name.size == 0)
        return ERR_PARSE;
    found.wanted = str_equal(name, STR("permessage-deflate"));
    while (byte_take(list, ';')) {
        struct str parameter = token_take(list);
        struct str value = STR_NONE;
        if (parameter.size == 0 || (byte_take(list, '=') && value_take(list, &value) != OK))
            return ERR_PARSE;
        found.wanted = found.wanted && parameter_note(&found, &seen, parameter, value);
    }
    if (found.wanted && !offer->wanted)
        *offer = found;
    return OK;
}

static enum err extensions_parse(struct str value, struct ws_deflate_offer *offer)
{
    struct list list = { value.ptr, value.ptr + value.size };
    for (;;) {
        while (byte_take(&list, ',')) /* empty elements count for nothing, RFC 9110 section 5.6.1 */
            ;
        if (list.at == list.end)
            return OK;
        enum err err = extension_parse(&list, offer);
        if (err != OK)
            return err;
        if (!byte_take(&list, ',') && list.at != list.end)
            return ERR_PARSE;
    }
}

static enum err offers_parse(const struct http_request *request, struct ws_deflate_offer *offer)
{
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        if (!str_equal_nocase(header->name, STR("sec-websocket-extensions")))
            continue;
        enum err err = extensions_parse(header->value, offer);
        if (err != OK)
            return err;
    }
    return OK;
}
