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

bool call_is_v2(const struct call *call)
{
    struct str version = call->header_version.ptr != NULL ? call->header_version : http_query_get(call->query, "v");
    return str_equal(version, STR("2"));
}

bool call_escapes(struct call *call)
{
    return call->service->conf->escape_html && !call_is_v2(call);
}

/* NULL: not UTF-8 or badly encoded. */
static struct json *pair_read(struct arena *arena, struct str pair)
{
    const char *equals = pair.size == 0 ? NULL : memchr(pair.ptr, '=', pair.size);
    size_t name_size = equals == NULL ? pair.size : (size_t)(equals - pair.ptr);
    struct str parts[] = { { pair.ptr, name_size },
                           { pair.ptr + name_size + (equals != NULL), pair.size - name_size - (equals != NULL) } };
    for (size_t i = 0; i < 2; i++) {
        char *text = arena_alloc(arena, parts[i].size + 1);
        size_t size;
        if (http_percent_decode(parts[i], true, text, &size) != OK)
            return NULL;
        parts[i] = (struct str){ text, size };
        if (!utf8_valid(parts[i]))
            return NULL;
    }
    struct json *member = arena_zalloc(arena, sizeof(*member));
    *member = (struct json){ .type = JSON_STRING, .key = parts[0], .text = parts[1] };
    return member;
}

const struct json *call_query_object(struct call *call)
{
    struct json *object = arena_zalloc(&call->arena, sizeof(*object));
    struct json **last = &object->first;
    struct str rest = call->query;
    object->type = JSON_OBJECT;
    while (rest.size > 0) {
        const char *end = memchr(rest.ptr, '&', rest.size);
        struct str pair = { rest.ptr, end == NULL ? rest.size : (size_t)(end - rest.ptr) };
        size_t used = pair.size + (end != NULL);
        rest = (struct str){ rest.ptr + used, rest.size - used };
        struct json *member = pair.size == 0 ? NULL : pair_read(&call->arena, pair);
        if (member == NULL)
            continue;
        *last = member;
        last = &member->next;
        object->count++;
    }
    return object;
}
