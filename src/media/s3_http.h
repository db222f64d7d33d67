/* s3_http.h: one signed request to a bucket, over a connection that is kept.
 * A link belongs to one thread at a time; everything but s3_http_open blocks,
 * within timeout_ms without a byte moving. */
#ifndef IM_MEDIA_S3_HTTP_H
#define IM_MEDIA_S3_HTTP_H

#include "media/curl_api.h"
#include "media/file_store.h"
#include "media/sigv4.h"

#define S3_ANSWER_MAX ((size_t)64 * 1024)
#define S3_ETAG_MAX 128
#define S3_CHECKSUM_SIZE ((size_t)45)          /* with a NUL */
#define OBJECT_TYPE "application/octet-stream" /* of all objects: what browsers make of one is in its address */
#define S3_CHECKSUM_HEADER "x-amz-checksum-sha256"

struct s3_options {
    const char *endpoint;        /* http://host[:port], https:// */
    const char *public_endpoint; /* for browsers; "": the same */
    const char *region;
    const char *bucket;
    const char *key;
    const char *secret;
    const char *prefix; /* of names */
    bool path_style;    /* host/bucket/name, else bucket.host/name */
    int64_t timeout_ms;
    int64_t url_ttl_ms;
    int64_t part_size; /* larger files are put in parts */
};

/* One of the two addresses of a bucket. */
struct s3_place {
    char *origin; /* scheme://host */
    char *host;   /* as in Host */
};

struct s3 {
    struct file_store store; /* first */
    const struct curl_api *curl;
    struct s3_options options; /* its texts are the configuration's */
    struct s3_place place;
    struct s3_place public_place;
    struct sigv4_key key;
};

struct s3_link {
    CURL *curl;
    const atomic_bool *ending; /* may be NULL */
    char error[CURL_ERROR_SIZE];
};

struct s3_request {
    const char *method;
    struct str name;                /* without the prefix */
    const struct sigv4_pair *query; /* may be none */
    size_t query_count;
    struct str text; /* a body, or */
    int fd;          /* size bytes of this file from offset on; -1: no such body */
    uint64_t offset;
    uint64_t size;
    char *into;  /* NULL, or where size bytes of the answer go */
    bool ranged; /* only these bytes are asked for */
    bool checks; /* the checksum is asked for */
    /* The answer. */
    struct buf answer; /* what is not in into, at most S3_ANSWER_MAX of it; the caller releases it */
    char etag[S3_ETAG_MAX];
    char checksum[S3_CHECKSUM_SIZE]; /* SHA-256 in base64; "": none */
    int64_t length;                  /* Content-Length; -1: none */
    uint64_t taken;                  /* bytes in into */
};

/* A host and how it is reached. False: no such address. */
bool s3_place_read(const char *endpoint, const char *bucket, bool path_style, struct s3_place *place);
void s3_place_release(struct s3_place *place);

/* The path of a name in the address. */
void s3_path(const struct s3 *s3, struct str name, struct buf *out);

static inline bool s3_link_ending(const struct s3_link *link)
{
    return link->ending != NULL && atomic_load(link->ending);
}

/* ERR_NOT_FOUND: 404. Else as file_store_calls has it. */
enum err s3_http(struct s3 *s3, struct s3_link *link, struct s3_request *request);

#endif
