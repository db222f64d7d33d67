/* arguments.c: what a call was given, taken carefully. */
#include "api/call.h"

#include "util/utf8.h"

struct str call_query_text(struct call *call, const char *name)
{
    struct str raw = http_query_get(call->query, name);
    if (raw.ptr == NULL)
        return STR_NONE;
    char *text = arena_alloc(&call->arena, raw.size + 1);
    size_t size;
    if (http_percent_decode(raw, true, text, &size) != OK)
        return STR_NONE;
    struct str decoded = { text, size };
    return utf8_valid(decoded) ? decoded : STR_NONE;
}

struct str call_body_text(const struct call *call, const char *key)
{
    struct str text;
    return json_text(json_get(call->json, key), &text) ? text : STR_NONE;
}

enum err call_user(struct call *call, struct reader *reader, struct str email, struct user *user)
{
    enum err err = user_by_email(reader->db, &call->arena, email, user);
    if (err != ERR_NOT_FOUND || memchr(email.ptr, ' ', email.size) == NULL)
        return err;
    char *text = arena_alloc(&call->arena, email.size);
    for (size_t i = 0; i < email.size; i++)
        text[i] = email.ptr[i] == ' ' ? '+' : email.ptr[i];
    return user_by_email(reader->db, &call->arena, (struct str){ text, email.size }, user);
}

bool call_escapes(struct call *call)
{
    if (!call->service->conf->escape_html)
        return false;
    struct str version = call->header_version.ptr != NULL ? call->header_version : http_query_get(call->query, "v");
    return !str_equal(version, STR("2"));
}
