/* s3_http.c: libcurl's part of it. The body is hashed before it is sent, and
 * the hash is signed: what arrives is what was meant, or is refused. */
#include "media/s3_http.h"

#include "os/clock.h"
#include "os/file.h"
#include "os/log.h"
#include "util/mem.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <strings.h>

#define CONNECT_MS 5000L
#define PIECE_BYTES ((size_t)128 * 1024)

/* ---- addresses ---- */

static char *text_of(struct buf *buf)
{
    buf_append_byte(buf, '\0');
    return buf->ptr;
}

bool s3_place_read(const char *endpoint, const char *bucket, bool path_style, struct s3_place *place)
{
    struct buf origin = { 0 };
    struct buf host = { 0 };
    bool tls = strncmp(endpoint, "https://", 8) == 0;
    if (!tls && strncmp(endpoint, "http://", 7) != 0)
        return false;
    const char *at = endpoint + (tls ? 8 : 7);
    size_t size = strcspn(at, "/");
    if (size == 0 || (at[size] == '/' && at[size + 1] != '\0') || strcspn(at, "@?#\\ ") < size)
        return false;
    size_t shown = size; /* The port that goes without saying is not in Host. */
    const char *usual = tls ? ":443" : ":80";
    if (size > strlen(usual) && strncmp(at + size - strlen(usual), usual, strlen(usual)) == 0)
        shown -= strlen(usual);
    if (!path_style)
        buf_append_format(&host, "%s.", bucket);
    buf_append(&host, at, shown);
    buf_append_format(&origin, "%s://%.*s", tls ? "https" : "http", (int)host.size, host.ptr);
    place->origin = text_of(&origin);
    place->host = text_of(&host);
    return true;
}

void s3_place_release(struct s3_place *place)
{
    free(place->origin);
    free(place->host);
    *place = (struct s3_place){ 0 };
}

void s3_path(const struct s3 *s3, struct str name, struct buf *out)
{
    buf_append_byte(out, '/');
    if (s3->options.path_style)
        buf_append_format(out, "%s/", s3->options.bucket);
    buf_append_str(out, str_from(s3->options.prefix));
    buf_append_str(out, name);
}

/* ---- the body's hash ---- */

static enum err payload_hash(const struct s3_request *request, char hex[65])
{
    unsigned char hash[32];
    unsigned hash_size = sizeof(hash);
    enum err err = OK;
    EVP_MD_CTX *sha256 = EVP_MD_CTX_new();
    char *piece = request->fd >= 0 ? mem_alloc(PIECE_BYTES) : NULL;
    if (sha256 == NULL || EVP_DigestInit_ex(sha256, EVP_sha256(), NULL) != 1 ||
        EVP_DigestUpdate(sha256, request->text.ptr, request->text.size) != 1)
        err = ERR_CRYPTO;
    for (uint64_t at = 0; err == OK && request->fd >= 0 && at < request->size;) {
        size_t size = request->size - at < PIECE_BYTES ? (size_t)(request->size - at) : PIECE_BYTES;
        err = file_read_at(request->fd, "a file", request->offset + at, piece, size);
        if (err == OK && EVP_DigestUpdate(sha256, piece, size) != 1)
            err = ERR_CRYPTO;
        at += size;
    }
    if (err == OK && EVP_DigestFinal_ex(sha256, hash, &hash_size) != 1)
        err = ERR_CRYPTO;
    for (size_t i = 0; err == OK && i < sizeof(hash); i++) {
        hex[2 * i] = "0123456789abcdef"[hash[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[hash[i] & 15];
    }
    hex[64] = '\0';
    EVP_MD_CTX_free(sha256);
    free(piece);
    return err;
}

/* ---- what libcurl calls ---- */

struct exchange {
    struct s3 *s3;
    struct s3_link *link;
    struct s3_request *request;
    uint64_t sent;
};

static size_t body_read(char *bytes, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;
    struct s3_request *request = exchange->request;
    uint64_t left = request->size - exchange->sent;
    size_t room = size * count;
    size_t piece = left < room ? (size_t)left : room;
    if (piece > 0 && file_read_at(request->fd, "a file", request->offset + exchange->sent, bytes, piece) != OK)
        return CURL_READFUNC_ABORT;
    exchange->sent += piece;
    return piece;
}

static int body_seek(void *context, curl_off_t offset, int origin)
{
    struct exchange *exchange = context;
    if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > exchange->request->size)
        return CURL_SEEKFUNC_FAIL;
    exchange->sent = (uint64_t)offset;
    return CURL_SEEKFUNC_OK;
}

static size_t answer_take(char *bytes, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;
    struct s3_request *request = exchange->request;
    size_t total = size * count;
    long status = 0;
    exchange->s3->curl->easy_getinfo(exchange->link->curl, CURLINFO_RESPONSE_CODE, &status);
    if (request->into != NULL && status >= 200 && status < 300) {
        if (total > request->size - request->taken)
            return 0; /* More than was asked for. */
        memcpy(request->into + request->taken, bytes, total);
        request->taken += total;
    } else {
        size_t room = S3_ANSWER_MAX - request->answer.size;
        buf_append(&request->answer, bytes, total < room ? total : room);
    }
    return total;
}

/* The value of a header of this name, if the line is one and it has room. */
static void value_take(struct str line, const char *name, char *out, size_t room)
{
    size_t size = strlen(name);
    if (line.size <= size || line.ptr[size] != ':' || strncasecmp(line.ptr, name, size) != 0)
        return;
    struct str value = str_trim((struct str){ line.ptr + size + 1, line.size - size - 1 });
    while (value.size > 0 && (value.ptr[value.size - 1] == '\r' || value.ptr[value.size - 1] == '\n'))
        value.size--;
    if (value.size < room) {
        memcpy(out, value.ptr, value.size);
        out[value.size] = '\0';
    }
}

static size_t header_take(char *bytes, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;
    struct str line = { bytes, size * count };
    value_take(line, "etag", exchange->request->etag, S3_ETAG_MAX);
    value_take(line, S3_CHECKSUM_HEADER, exchange->request->checksum, S3_CHECKSUM_SIZE);
    return line.size;
}

static int progressed(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
    struct exchange *exchange = context;
    (void)down_total;
    (void)down;
    (void)up_total;
    (void)up;
    return s3_link_ending(exchange->link) ? 1 : 0;
}

/* ---- the request ---- */

static struct curl_slist *header_add(const struct curl_api *api, struct curl_slist *list, const char *name,
                                     struct str value)
{
    struct buf line = { 0 };
    buf_append_format(&line, "%s: %.*s", name, (int)value.size, value.ptr);
    list = api->slist_append(list, text_of(&line));
    buf_release(&line);
    return list;
}

static struct curl_slist *headers_make(const struct s3 *s3, const struct s3_request *request, const char *payload)
{
    char date[SIGV4_DATE_SIZE];
    struct buf path = { 0 };
    struct buf authorization = { 0 };
    int64_t now_s = clock_wall_ms() / 1000;
    sigv4_date(now_s, date);
    s3_path(s3, request->name, &path);
    const struct sigv4_pair headers[] = {
        { STR("host"), str_from(s3->place.host) },
        { STR("x-amz-content-sha256"), str_from(payload) },
        { STR("x-amz-date"), str_from(date) },
        { STR("x-amz-checksum-mode"), STR("ENABLED") },
    };
    size_t count = sizeof(headers) / sizeof(headers[0]) - (request->checks ? 0 : 1);
    const struct sigv4_request signed_request = {
        .method = str_from(request->method),
        .path = buf_str(&path),
        .query = request->query,
        .query_count = request->query_count,
        .headers = headers,
        .header_count = count,
        .payload = str_from(payload),
        .time_s = now_s,
    };
    sigv4_sign(&s3->key, &signed_request, &authorization);
    struct curl_slist *list = NULL;
    for (size_t i = 0; i < count; i++)
        list = header_add(s3->curl, list, headers[i].name.ptr, headers[i].value);
    list = header_add(s3->curl, list, "authorization", buf_str(&authorization));
    if (request->fd >= 0 || request->text.size > 0)
        list = header_add(s3->curl, list, "content-type", STR(OBJECT_TYPE));
    list = s3->curl->slist_append(list, "Expect:");
    buf_release(&authorization);
    buf_release(&path);
    return list;
}

static char *url_make(const struct s3 *s3, const struct s3_request *request)
{
    struct buf path = { 0 };
    struct buf url = { 0 };
    s3_path(s3, request->name, &path);
    buf_append_str(&url, str_from(s3->place.origin));
    sigv4_encode(&url, buf_str(&path), true);
    if (request->query_count > 0) {
        buf_append_byte(&url, '?');
        sigv4_query(&url, request->query, request->query_count);
    }
    buf_release(&path);
    return text_of(&url);
}

static void options_set(struct exchange *exchange, const char *url, struct curl_slist *headers)
{
    const struct s3 *s3 = exchange->s3;
    const struct s3_request *request = exchange->request;
    CURL *curl = exchange->link->curl;
    CURLcode (*set)(CURL *, CURLoption, ...) = s3->curl->easy_setopt;
    long silent_s = (long)((s3->options.timeout_ms + 999) / 1000);
    s3->curl->easy_reset(curl); /* Connections stay. */
    exchange->link->error[0] = '\0';
    set(curl, CURLOPT_URL, url);
    set(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    set(curl, CURLOPT_PATH_AS_IS, 1L);
    set(curl, CURLOPT_NOSIGNAL, 1L);
    set(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    set(curl, CURLOPT_HTTPHEADER, headers);
    set(curl, CURLOPT_ERRORBUFFER, exchange->link->error);
    set(curl, CURLOPT_CONNECTTIMEOUT_MS,
        s3->options.timeout_ms < CONNECT_MS ? (long)s3->options.timeout_ms : CONNECT_MS);
    set(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(curl, CURLOPT_LOW_SPEED_TIME, silent_s);
    set(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, silent_s);
    set(curl, CURLOPT_NOPROGRESS, 0L);
    set(curl, CURLOPT_XFERINFOFUNCTION, progressed);
    set(curl, CURLOPT_XFERINFODATA, exchange);
    set(curl, CURLOPT_WRITEFUNCTION, answer_take);
    set(curl, CURLOPT_WRITEDATA, exchange);
    set(curl, CURLOPT_HEADERFUNCTION, header_take);
    set(curl, CURLOPT_HEADERDATA, exchange);
    if (request->fd >= 0) {
        set(curl, CURLOPT_UPLOAD, 1L);
        set(curl, CURLOPT_READFUNCTION, body_read);
        set(curl, CURLOPT_READDATA, exchange);
        set(curl, CURLOPT_SEEKFUNCTION, body_seek);
        set(curl, CURLOPT_SEEKDATA, exchange);
        set(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->size);
    } else if (strcmp(request->method, "POST") == 0) {
        set(curl, CURLOPT_POST, 1L);
        set(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->text.size);
        set(curl, CURLOPT_POSTFIELDS, request->text.size > 0 ? request->text.ptr : "");
    } else if (strcmp(request->method, "HEAD") == 0) {
        set(curl, CURLOPT_NOBODY, 1L);
    } else if (strcmp(request->method, "GET") != 0) {
        set(curl, CURLOPT_CUSTOMREQUEST, request->method);
    }
}

static enum err outcome(const struct exchange *exchange, CURLcode code)
{
    const struct s3_request *request = exchange->request;
    long status = 0;
    exchange->s3->curl->easy_getinfo(exchange->link->curl, CURLINFO_RESPONSE_CODE, &status);
    if (s3_link_ending(exchange->link))
        return ERR_CLOSED;
    if (code == CURLE_READ_ERROR || code == CURLE_ABORTED_BY_CALLBACK)
        return ERR_IO;
    if (code == CURLE_WRITE_ERROR)
        return ERR_REJECTED;
    if (code == CURLE_OPERATION_TIMEDOUT)
        return ERR_TIMEOUT;
    if (code != CURLE_OK)
        return ERR_CLOSED;
    if (status >= 200 && status < 300)
        return request->into == NULL || request->taken == request->size ? OK : ERR_REJECTED;
    return status == 404                                    ? ERR_NOT_FOUND
           : status == 401 || status == 403                 ? ERR_DENIED
           : status == 408 || status == 429 || status > 499 ? ERR_BUSY
                                                            : ERR_REJECTED;
}

static void failure_log(const struct exchange *exchange, CURLcode code, enum err err)
{
    const struct s3_request *request = exchange->request;
    long status = 0;
    exchange->s3->curl->easy_getinfo(exchange->link->curl, CURLINFO_RESPONSE_CODE, &status);
    struct str said = buf_str(&request->answer); /* An XML document that names what was wrong. */
    if (said.size > 300)
        said.size = 300;
    if (code != CURLE_OK)
        said = str_from(exchange->link->error[0] != '\0' ? exchange->link->error
                                                         : exchange->s3->curl->easy_strerror(code));
    log_warn("media", "a request to the bucket failed", LOG_TEXT("method", request->method),
             LOG_STR("name", request->name), LOG_I64("status", status), LOG_TEXT("reason", err_text(err)),
             LOG_STR("said", said));
}

enum err s3_http(struct s3 *s3, struct s3_link *link, struct s3_request *request)
{
    char payload[65];
    struct exchange exchange = { .s3 = s3, .link = link, .request = request };
    request->taken = 0;
    request->etag[0] = '\0';
    request->checksum[0] = '\0';
    buf_clear(&request->answer);
    enum err err = payload_hash(request, payload);
    if (err != OK)
        return err;
    char *url = url_make(s3, request);
    struct curl_slist *headers = headers_make(s3, request, payload);
    if (request->ranged) {
        struct buf range = { 0 };
        buf_append_format(&range, "bytes=%llu-%llu", (unsigned long long)request->offset,
                          (unsigned long long)(request->offset + request->size - 1));
        headers = header_add(s3->curl, headers, "range", buf_str(&range));
        buf_release(&range);
    }
    options_set(&exchange, url, headers);
    CURLcode code = s3->curl->easy_perform(link->curl);
    curl_off_t length = -1;
    s3->curl->easy_getinfo(link->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    request->length = length;
    err = outcome(&exchange, code);
    bool asks = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
    if (err != OK && !(err == ERR_NOT_FOUND && asks) && !s3_link_ending(link))
        failure_log(&exchange, code, err);
    s3->curl->slist_free_all(headers);
    free(url);
    return err;
}
