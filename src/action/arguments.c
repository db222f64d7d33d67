/* arguments.c: what an action was given, taken carefully. */
#include "action/action.h"

static const struct json *member(const struct action_call *call, const char *key)
{
    return json_get(call->args, key);
}

struct str arg_text(const struct action_call *call, const char *key)
{
    struct str text;
    return json_text(member(call, key), &text) ? text : STR_NONE;
}

bool arg_i64(const struct action_call *call, const char *key, int64_t *value)
{
    const struct json *given = member(call, key);
    return given == NULL || json_i64(given, value);
}

bool arg_bool(const struct action_call *call, const char *key, bool *value)
{
    const struct json *given = member(call, key);
    struct str text;
    if (given == NULL || json_bool(given, value))
        return true;
    if (given->type != JSON_STRING || !json_text(given, &text))
        return false;
    *value = str_equal(text, STR("true")) || str_equal(text, STR("1"));
    return *value || str_equal(text, STR("false")) || str_equal(text, STR("0"));
}

bool arg_chat(const struct action_call *call, enum chat_kind *kind, struct str *dst)
{
    int64_t chat = 0;
    if (!arg_i64(call, "chat", &chat) || (chat != CHAT_DIRECT && chat != CHAT_GROUP))
        return false;
    *kind = (enum chat_kind)chat;
    *dst = arg_text(call, "dstObj");
    return dst->size > 0 && dst->size <= 255;
}

bool arg_texts(const struct action_call *call, const char *key, size_t max, struct str **texts, size_t *count)
{
    const struct json *given = member(call, key);
    struct str one;
    *texts = NULL;
    *count = 0;
    if (given == NULL)
        return true;
    if (given->type != JSON_ARRAY) {
        if (!json_text(given, &one))
            return false;
        *texts = arena_alloc(call->arena, sizeof(**texts));
        (*texts)[(*count)++] = one;
        return true;
    }
    if (given->count > max)
        return false;
    *texts = arena_alloc(call->arena, (given->count + 1) * sizeof(**texts));
    for (const struct json *item = given->first; item != NULL; item = item->next)
        if (!json_text(item, &(*texts)[(*count)++]))
            return false;
    return true;
}

bool arg_i64s(const struct action_call *call, const char *key, size_t max, int64_t **values, size_t *count)
{
    const struct json *given = member(call, key);
    *values = NULL;
    *count = 0;
    if (given == NULL)
        return true;
    if (given->type != JSON_ARRAY || given->count > max)
        return false;
    *values = arena_alloc(call->arena, (given->count + 1) * sizeof(**values));
    for (const struct json *item = given->first; item != NULL; item = item->next)
        if (!json_i64(item, &(*values)[(*count)++]))
            return false;
    return true;
}

bool arg_limit(const struct action_call *call, size_t fallback, size_t max, size_t *limit)
{
    int64_t given = (int64_t)fallback;
    if (!arg_i64(call, "limit", &given) || given < 1)
        return false;
    *limit = given > (int64_t)max ? max : (size_t)given;
    return true;
}
