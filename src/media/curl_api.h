/* curl_api.h: what we call of libcurl, found when a bucket is configured.
 * Else it is never loaded: with the two dozen libraries it stands on it would
 * cost every start and every process memory that few servers need. */
#ifndef IM_MEDIA_CURL_API_H
#define IM_MEDIA_CURL_API_H

#define CURL_DISABLE_TYPECHECK /* its macros name functions that are not linked */
#include <curl/curl.h>
#include <stdbool.h>

#define CURL_API_LIBRARY "libcurl.so.4"

struct curl_api {
    CURLcode (*global_init)(long flags);
    CURL *(*easy_init)(void);
    void (*easy_cleanup)(CURL *curl);
    void (*easy_reset)(CURL *curl);
    CURLcode (*easy_setopt)(CURL *curl, CURLoption option, ...);
    CURLcode (*easy_perform)(CURL *curl);
    CURLcode (*easy_getinfo)(CURL *curl, CURLINFO info, ...);
    const char *(*easy_strerror)(CURLcode code);
    struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
    void (*slist_free_all)(struct curl_slist *list);
};

/* Loads the library for the life of the process. NULL: error, of error_size bytes, says why. */
const struct curl_api *curl_api_load(char *error, size_t error_size);

#endif
