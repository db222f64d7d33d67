/* curl_api.c: names and pointers. */
#include "media/curl_api.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define AT(member) offsetof(struct curl_api, member)

static const struct {
    const char *name;
    size_t at;
} rows[] = {
    { "curl_global_init", AT(global_init) },   { "curl_easy_init", AT(easy_init) },
    { "curl_easy_cleanup", AT(easy_cleanup) }, { "curl_easy_reset", AT(easy_reset) },
    { "curl_easy_setopt", AT(easy_setopt) },   { "curl_easy_perform", AT(easy_perform) },
    { "curl_easy_getinfo", AT(easy_getinfo) }, { "curl_easy_strerror", AT(easy_strerror) },
    { "curl_slist_append", AT(slist_append) }, { "curl_slist_free_all", AT(slist_free_all) },
};

static struct curl_api api;

const struct curl_api *curl_api_load(char *error, size_t error_size)
{
    void *library = dlopen(CURL_API_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        snprintf(error, error_size, "%s", dlerror());
        return NULL;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        void *symbol = dlsym(library, rows[i].name);
        if (symbol == NULL) {
            snprintf(error, error_size, "%s has no %s", CURL_API_LIBRARY, rows[i].name);
            return NULL;
        }
        memcpy((char *)&api + rows[i].at, &symbol, sizeof(symbol)); /* POSIX says that this is a function's address. */
    }
    if (api.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        snprintf(error, error_size, "%s can't be used", CURL_API_LIBRARY);
        return NULL;
    }
    return &api;
}
