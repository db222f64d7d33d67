/* sigv4.h: AWS Signature Version 4, as every S3-compatible store checks it.
 * Source: Amazon S3 API Reference, "Authenticating Requests (AWS Signature
 * Version 4)". Pure: a request and a key in, text out; nothing is sent. */
#ifndef IM_MEDIA_SIGV4_H
#define IM_MEDIA_SIGV4_H

#include "util/buf.h"

#define SIGV4_PAIRS_MAX 16 /* headers or query parameters of one request */
#define SIGV4_UNSIGNED "UNSIGNED-PAYLOAD"
#define SIGV4_DATE_SIZE ((size_t)17) /* 20130524T000000Z and a NUL */

struct sigv4_key {
    struct str id;
    struct str secret;
    struct str region;
};

struct sigv4_pair {
    struct str name;
    struct str value; /* as it is meant, not encoded */
};

struct sigv4_request {
    struct str method;
    struct str path;                /* absolute, as it is meant, not encoded */
    const struct sigv4_pair *query; /* in any order; no name twice */
    size_t query_count;
    const struct sigv4_pair *headers; /* to be signed, with host; small letters, in any order */
    size_t header_count;
    struct str payload; /* SHA-256 of the body in hex, or SIGV4_UNSIGNED */
    int64_t time_s;     /* Unix time */
};

/* x-amz-date. */
void sigv4_date(int64_t time_s, char out[SIGV4_DATE_SIZE]);
/* As it stands in an address: all but letters, digits and -._~ is encoded; slash says whether / stays. */
void sigv4_encode(struct buf *out, struct str text, bool slash);
/* The query as it goes into the address, without the ?. */
void sigv4_query(struct buf *out, const struct sigv4_pair *query, size_t count);

/* The value of Authorization. Among headers must be x-amz-date and x-amz-content-sha256. */
void sigv4_sign(const struct sigv4_key *key, const struct sigv4_request *request, struct buf *out);
/* A query that makes the address work by itself for so many seconds; whoever uses it must send the headers other than
 * host as they were signed. payload is not looked at. */
void sigv4_presign(const struct sigv4_key *key, const struct sigv4_request *request, int64_t expires_s,
                   struct buf *out);

#endif
