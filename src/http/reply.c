/* reply.c: status line, headers, body. */
#include "http/reply.h"

#include "os/clock.h"

#include <time.h>

const char *http_status_text(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 204:
        return "No Content";
    case 206:
        return "Partial Content";
    case 302:
        return "Found";
    case 304:
        return "Not Modified";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 408:
        return "Request Timeout";
    case 413:
        return "Content Too Large";
    case 416:
        return "Range Not Satisfiable";
    case 426:
        return "Upgrade Required";
    case 429:
        return "Too Many Requests";
    case 431:
        return "Request Header Fields Too Large";
    case 500:
        return "Internal Server Error";
    case 503:
        return "Service Unavailable";
    default:
        return "Unknown";
    }
}

/* RFC 9110 section 6.6.1. The text is made once a second for each thread. */
static void date_append(struct buf *out)
{
    static _Thread_local int64_t second;
    static _Thread_local char line[48];
    static _Thread_local size_t size;
    int64_t now = clock_wall_ms() / 1000;
    if (now != second || size == 0) {
        time_t time = (time_t)now;
        struct tm parts;
        gmtime_r(&time, &parts);
        size = strftime(line, sizeof(line), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
        second = now;
    }
    buf_append(out, line, size);
}

void http_reply_append(struct buf *out, const struct http_reply *reply)
{
    buf_reserve(out, 256 + reply->extra_headers.size + (reply->head_only ? 0 : reply->body.size));
    buf_append_format(out, "HTTP/1.1 %d %s\r\n", reply->status, http_status_text(reply->status));
    date_append(out);
    if (reply->content_type.ptr != NULL) {
        buf_append_str(out, STR("Content-Type: "));
        buf_append_str(out, reply->content_type);
        buf_append_str(out, STR("\r\n"));
    }
    if (reply->status != 204 && reply->status != 304)
        buf_append_format(out, "Content-Length: %zu\r\n", reply->body.size);
    if (reply->close)
        buf_append_str(out, STR("Connection: close\r\n"));
    else if (reply->http_1_0)
        buf_append_str(out, STR("Connection: keep-alive\r\n"));
    buf_append_str(out, reply->extra_headers);
    buf_append_str(out, STR("\r\n"));
    if (!reply->head_only && reply->status != 204 && reply->status != 304)
        buf_append_str(out, reply->body);
}

static bool origin_listed(struct str origins, struct str origin)
{
    while (origins.size > 0) {
        const char *comma = memchr(origins.ptr, ',', origins.size);
        struct str item = { origins.ptr, comma == NULL ? origins.size : (size_t)(comma - origins.ptr) };
        if (str_equal_nocase(str_trim(item), origin))
            return true;
        if (comma == NULL)
            return false;
        origins.size -= item.size + 1;
        origins.ptr = comma + 1;
    }
    return false;
}

void http_cors_append(struct buf *out, const struct http_cors *cors, struct str origin)
{
    if (cors->any) {
        buf_append_str(out, STR("Access-Control-Allow-Origin: *\r\n"));
    } else if (cors->origins.size > 0) {
        buf_append_str(out, STR("Vary: Origin\r\n"));
        if (origin.ptr != NULL && origin_listed(cors->origins, origin)) {
            buf_append_str(out, STR("Access-Control-Allow-Origin: "));
            buf_append_str(out, origin);
            buf_append_str(out, STR("\r\n"));
        }
    }
}

void http_cors_preflight_append(struct buf *out, struct str methods, struct str requested_headers)
{
    buf_append_str(out, STR("Access-Control-Allow-Methods: "));
    buf_append_str(out, methods);
    buf_append_str(out, STR("\r\nAccess-Control-Allow-Headers: "));
    buf_append_str(out, requested_headers.size > 0 ? requested_headers : STR("Content-Type, email, token, v"));
    buf_append_str(out, STR("\r\nAccess-Control-Max-Age: 86400\r\n"));
}
