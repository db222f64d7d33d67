/* s3.c: objects. A large one goes in parts, of which nothing is seen before
 * the last; what a cut left of them is asked for and cleared away. */
#include "media/s3.h"

#include "media/xml_text.h"
#include "os/clock.h"
#include "os/log.h"
#include "util/mem.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define TRIES 3            /* of each part */
#define PARTS_MAX_S3 10000 /* of one object, says the API */
#define ID_MAX ((size_t)1024)

static struct s3 *s3_of(struct file_store *store)
{
    return (struct s3 *)store;
}

static enum err counted(struct file_store *store, enum file_store_op op, int64_t began_us, enum err err)
{
    atomic_fetch_add(err == OK ? &store->stats.done[op] : &store->stats.failed[op], 1);
    atomic_fetch_add(&store->stats.us[op], (unsigned long long)(clock_mono_us() - began_us));
    return err;
}

/* ---- links ---- */

static enum err link_new(struct file_store *store, const atomic_bool *ending, void **out)
{
    struct s3_link *link = mem_zalloc(sizeof(*link));
    link->curl = s3_of(store)->curl->easy_init();
    if (link->curl == NULL) {
        free(link);
        return ERR_SYSTEM;
    }
    link->ending = ending;
    *out = link;
    return OK;
}

static void link_free(struct file_store *store, void *link_ptr)
{
    struct s3_link *link = link_ptr;
    s3_of(store)->curl->easy_cleanup(link->curl);
    free(link);
}

/* ---- put ---- */

static bool worth_a_try(const struct s3_link *link, enum err err)
{
    return (err == ERR_BUSY || err == ERR_TIMEOUT || err == ERR_CLOSED) && !s3_link_ending(link);
}

static enum err parts_send(struct s3 *s3, struct s3_link *link, struct s3_request *part, struct str id, uint64_t size,
                           uint64_t part_size, struct buf *list)
{
    enum err err = OK;
    unsigned number = 0;
    buf_append_str(list, STR("<CompleteMultipartUpload>"));
    for (uint64_t at = 0; err == OK && at < size; at += part_size) {
        char text[16];
        snprintf(text, sizeof(text), "%u", ++number);
        const struct sigv4_pair query[] = { { STR("partNumber"), str_from(text) }, { STR("uploadId"), id } };
        part->query = query;
        part->query_count = 2;
        part->offset = at;
        part->size = size - at < part_size ? size - at : part_size;
        for (unsigned i = 0; i == 0 || (i < TRIES && worth_a_try(link, err)); i++)
            err = s3_http(s3, link, part);
        if (err == OK && part->etag[0] == '\0')
            err = ERR_REJECTED;
        buf_append_format(list, "<Part><PartNumber>%u</PartNumber><ETag>", number);
        xml_text_append(list, str_from(part->etag));
        buf_append_str(list, STR("</ETag></Part>"));
    }
    buf_append_str(list, STR("</CompleteMultipartUpload>"));
    return err;
}

static enum err upload_abort(struct s3 *s3, struct s3_link *link, struct str name, struct str id)
{
    const struct sigv4_pair query[] = { { STR("uploadId"), id } };
    struct s3_request request = { .method = "DELETE", .name = name, .query = query, .query_count = 1, .fd = -1 };
    enum err err = s3_http(s3, link, &request);
    buf_release(&request.answer);
    return err == ERR_NOT_FOUND ? OK : err;
}

/* Parts of that name of which nothing became an object. */
static enum err uploads_clear(struct s3 *s3, struct s3_link *link, struct str name)
{
    struct buf full = { 0 };
    buf_append_str(&full, str_from(s3->options.prefix));
    buf_append_str(&full, name);
    const struct sigv4_pair query[] = { { STR("uploads"), STR("") }, { STR("prefix"), buf_str(&full) } };
    struct s3_request request = { .method = "GET", .query = query, .query_count = 2, .fd = -1 };
    /* The list is asked of the bucket, not of a name in it. */
    struct s3 bucket = { .curl = s3->curl, .options = s3->options, .place = s3->place, .key = s3->key };
    bucket.options.prefix = "";
    enum err err = s3_http(&bucket, link, &request);
    struct str rest = buf_str(&request.answer);
    struct str key;
    while (err == OK && xml_text_next(&rest, STR("Key"), &key)) {
        struct str id;
        if (!xml_text_next(&rest, STR("UploadId"), &id))
            break;
        if (str_equal(key, buf_str(&full)))
            err = upload_abort(s3, link, name, id);
    }
    buf_release(&request.answer);
    buf_release(&full);
    return err == ERR_NOT_FOUND || err == ERR_REJECTED ? OK : err; /* Not every store has such a list. */
}

static enum err put_parts(struct s3 *s3, struct s3_link *link, struct str name, int fd, uint64_t size)
{
    const struct sigv4_pair begin_query[] = { { STR("uploads"), STR("") } };
    struct s3_request begin = { .method = "POST", .name = name, .query = begin_query, .query_count = 1, .fd = -1 };
    struct s3_request part = { .method = "PUT", .name = name, .fd = fd };
    struct buf list = { 0 };
    struct str found;
    struct str id = STR("");
    uint64_t part_size = (uint64_t)s3->options.part_size;
    if (size / part_size >= PARTS_MAX_S3)
        part_size = size / (PARTS_MAX_S3 - 1);
    enum err err = s3_http(s3, link, &begin);
    struct str rest = buf_str(&begin.answer);
    if (err == OK && xml_text_next(&rest, STR("UploadId"), &found) && found.size > 0 && found.size <= ID_MAX)
        id = found;
    else if (err == OK)
        err = ERR_REJECTED;
    if (err == OK)
        err = parts_send(s3, link, &part, id, size, part_size, &list);
    if (err == OK) {
        const struct sigv4_pair query[] = { { STR("uploadId"), id } };
        struct s3_request end = {
            .method = "POST", .name = name, .query = query, .query_count = 1, .text = buf_str(&list), .fd = -1
        };
        err = s3_http(s3, link, &end);
        rest = buf_str(&end.answer);
        if (err == OK && !xml_text_next(&rest, STR("ETag"), &found))
            err = ERR_BUSY; /* 200 may hold an error here. */
        buf_release(&end.answer);
    }
    if (err != OK && id.size > 0 && !s3_link_ending(link))
        (void)upload_abort(s3, link, name, id);
    buf_release(&list);
    buf_release(&part.answer);
    buf_release(&begin.answer);
    return err;
}

static enum err put_whole(struct s3 *s3, struct s3_link *link, struct str name, int fd, uint64_t size)
{
    struct s3_request request = { .method = "PUT", .name = name, .fd = fd, .size = size };
    enum err err = s3_http(s3, link, &request);
    buf_release(&request.answer);
    return err;
}

static enum err put(struct file_store *store, void *link, struct str name, int fd, uint64_t size, bool again)
{
    struct s3 *s3 = s3_of(store);
    int64_t began_us = clock_mono_us();
    bool large = size > (uint64_t)s3->options.part_size;
    enum err err = large && again ? uploads_clear(s3, link, name) : OK;
    if (err == OK)
        err = large ? put_parts(s3, link, name, fd, size) : put_whole(s3, link, name, fd, size);
    return counted(store, FILE_STORE_PUT, began_us, err == ERR_NOT_FOUND ? ERR_DENIED : err); /* no such bucket */
}

/* ---- the rest ---- */

static enum err read_range(struct file_store *store, void *link, struct str name, uint64_t offset, char *bytes,
                           size_t size)
{
    int64_t began_us = clock_mono_us();
    struct s3_request request = {
        .method = "GET", .name = name, .fd = -1, .offset = offset, .size = size, .into = bytes, .ranged = true
    };
    enum err err = s3_http(s3_of(store), link, &request);
    buf_release(&request.answer);
    return counted(store, FILE_STORE_READ, began_us, err);
}

static enum err object_size(struct file_store *store, void *link, struct str name, uint64_t *size)
{
    int64_t began_us = clock_mono_us();
    struct s3_request request = { .method = "HEAD", .name = name, .fd = -1 };
    enum err err = s3_http(s3_of(store), link, &request);
    buf_release(&request.answer);
    if (err == OK && request.length < 0)
        err = ERR_REJECTED;
    *size = err == OK ? (uint64_t)request.length : 0;
    return counted(store, FILE_STORE_READ, began_us, err);
}

static enum err object_remove(struct file_store *store, void *link, struct str name)
{
    int64_t began_us = clock_mono_us();
    struct s3_request request = { .method = "DELETE", .name = name, .fd = -1 };
    enum err err = s3_http(s3_of(store), link, &request);
    struct str rest = buf_str(&request.answer);
    struct str code;
    if (err == ERR_NOT_FOUND) /* Of an object that is the aim; of the whole bucket a mistake. */
        err = xml_text_next(&rest, STR("Code"), &code) && str_equal(code, STR("NoSuchBucket")) ? ERR_DENIED : OK;
    buf_release(&request.answer);
    return counted(store, FILE_STORE_REMOVE, began_us, err);
}

static void url(struct file_store *store, struct str method, struct str name, const struct file_store_told *told,
                int64_t now_ms, struct buf *out)
{
    const struct s3 *s3 = s3_of(store);
    int64_t half_ms = s3->options.url_ttl_ms / 2;
    struct buf path = { 0 };
    s3_path(s3, name, &path);
    const struct sigv4_pair headers[] = { { STR("host"), str_from(s3->public_place.host) } };
    const struct sigv4_pair query[] = {
        { STR("response-cache-control"), told->cache_control },
        { STR("response-content-disposition"), told->disposition },
        { STR("response-content-type"), told->type },
    };
    const struct sigv4_request request = {
        .method = method,
        .path = buf_str(&path),
        .query = query,
        .query_count = sizeof(query) / sizeof(query[0]),
        .headers = headers,
        .header_count = 1,
        .time_s = (now_ms - now_ms % half_ms) / 1000,
    };
    buf_append_str(out, str_from(s3->public_place.origin));
    sigv4_encode(out, buf_str(&path), true);
    buf_append_byte(out, '?');
    sigv4_presign(&s3->key, &request, (s3->options.url_ttl_ms + 999) / 1000, out);
    buf_release(&path);
}

/* ---- what others put ---- */

static void checksum_make(const unsigned char sha256[32], char out[S3_CHECKSUM_SIZE])
{
    EVP_EncodeBlock((unsigned char *)out, sha256, 32);
}

static void offer(struct file_store *store, struct str name, uint64_t size, const unsigned char sha256[32],
                  int64_t now_ms, int64_t until_ms, struct file_store_offer *out)
{
    const struct s3 *s3 = s3_of(store);
    char length[24];
    struct buf path = { 0 };
    *out = (struct file_store_offer){ .type = STR(OBJECT_TYPE), .header = S3_CHECKSUM_HEADER };
    checksum_make(sha256, out->checksum);
    snprintf(length, sizeof(length), "%llu", (unsigned long long)size);
    s3_path(s3, name, &path);
    const struct sigv4_pair headers[] = {
        { STR("host"), str_from(s3->public_place.host) },
        { STR("content-length"), str_from(length) },
        { STR("content-type"), out->type },
        { STR(S3_CHECKSUM_HEADER), str_from(out->checksum) },
    };
    const struct sigv4_request request = {
        .method = STR("PUT"),
        .path = buf_str(&path),
        .headers = headers,
        .header_count = sizeof(headers) / sizeof(headers[0]),
        .time_s = now_ms / 1000,
    };
    buf_append_str(&out->url, str_from(s3->public_place.origin));
    sigv4_encode(&out->url, buf_str(&path), true);
    buf_append_byte(&out->url, '?');
    sigv4_presign(&s3->key, &request, until_ms / 1000 - request.time_s, &out->url);
    buf_release(&path);
}

static enum err offered(struct file_store *store, void *link, struct str name, uint64_t size,
                        const unsigned char sha256[32])
{
    char checksum[S3_CHECKSUM_SIZE];
    int64_t began_us = clock_mono_us();
    struct s3_request request = { .method = "HEAD", .name = name, .fd = -1, .checks = true };
    enum err err = s3_http(s3_of(store), link, &request);
    buf_release(&request.answer);
    checksum_make(sha256, checksum);
    if (err == OK && (request.length != (int64_t)size || strcmp(request.checksum, checksum) != 0)) {
        log_warn("media", "the bucket does not say that it has what was signed: can it check x-amz-checksum-sha256?",
                 LOG_STR("name", name), LOG_I64("length", request.length), LOG_TEXT("checksum", request.checksum));
        err = ERR_REJECTED;
    }
    return counted(store, FILE_STORE_READ, began_us, err);
}

static struct str origin(const struct file_store *store)
{
    return str_from(((const struct s3 *)store)->public_place.origin);
}

static void s3_free(struct file_store *store)
{
    struct s3 *s3 = s3_of(store);
    s3_place_release(&s3->place);
    s3_place_release(&s3->public_place);
    free(s3);
}

static const struct file_store_calls calls = {
    .free = s3_free,
    .link_new = link_new,
    .link_free = link_free,
    .put = put,
    .read = read_range,
    .size = object_size,
    .remove = object_remove,
    .url = url,
    .origin = origin,
    .offer = offer,
    .offered = offered,
};

/* What may stand in a path or a host as it is. */
static bool plain(const char *text, const char *more)
{
    for (const char *c = text; *c != '\0'; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '-' ||
              *c == '.' || *c == '_' || strchr(more, *c) != NULL))
            return false;
    return true;
}

enum err s3_new(const struct s3_options *options, struct file_store **out, struct buf *error)
{
    char said[256] = "";
    bool own_public = options->public_endpoint[0] != '\0';
    struct s3 *s3 = mem_zalloc(sizeof(*s3));
    s3->store.v = &calls;
    s3->options = *options;
    s3->key = (struct sigv4_key){ str_from(options->key), str_from(options->secret), str_from(options->region) };
    if (options->bucket[0] == '\0' || !plain(options->bucket, ""))
        buf_append_str(error, STR("media.s3_bucket must be the name of a bucket"));
    else if (options->region[0] == '\0' || !plain(options->region, ""))
        buf_append_str(error, STR("media.s3_region must be the name of a region"));
    else if (!plain(options->prefix, "/") || options->prefix[0] == '/')
        buf_append_str(error, STR("media.s3_prefix must be of letters, digits, - . _ and /, and not begin with /"));
    else if (options->key[0] == '\0' || options->secret[0] == '\0')
        buf_append_str(error, STR("media.s3_key and media.s3_secret must be given"));
    else if (!s3_place_read(options->endpoint, options->bucket, options->path_style, &s3->place))
        buf_append_str(error, STR("media.s3_endpoint must be like https://s3.example or http://127.0.0.1:9000"));
    else if (!s3_place_read(own_public ? options->public_endpoint : options->endpoint, options->bucket,
                            options->path_style, &s3->public_place))
        buf_append_str(error, STR("media.s3_public_endpoint must be like https://files.example"));
    else if ((s3->curl = curl_api_load(said, sizeof(said))) == NULL)
        buf_append_format(error, "libcurl is needed for a bucket: %s", said);
    if (error->size > 0) {
        s3_free(&s3->store);
        return ERR_ARG;
    }
    *out = &s3->store;
    return OK;
}
