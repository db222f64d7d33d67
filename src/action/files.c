/* files.c: what a chat shows of pictures, videos and files: what stands in the log, found by what refers to a file. */
#include "action/message.h"

#include "action/object.h"
#include "action/page.h"
#include "chat/policy.h"
#include "util/jsonw.h"

#define FILES_DEFAULT 50
#define FILES_MAX 100

#define BIT(type) ((uint32_t)1 << (type))

static const struct {
    const char *kind;
    uint32_t types; /* msgTypes, as bits */
} kinds[] = {
    { "media", BIT(2) | BIT(3) },
    { "file", BIT(8) },
    { "voice", BIT(9) },
};

static bool kind_take(const struct action_call *call, uint32_t *types)
{
    struct str kind = arg_text(call, "kind");
    *types = 0;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (json_get(call->args, "kind") == NULL || str_equal(kind, str_from(kinds[i].kind)))
            *types |= kinds[i].types;
    return *types != 0;
}

static enum err arguments_take(const struct action_call *call, struct files_wanted *wanted)
{
    bool begun = json_get(call->args, "cursor") != NULL;
    wanted->ascend = json_get(call->args, "after") != NULL;
    bool fine = arg_i64(call, "cursor", &wanted->before) && (!begun || wanted->before >= 1) &&
                arg_i64(call, "after", &wanted->after) && wanted->after >= 0 && wanted->after < INT64_MAX &&
                !(begun && wanted->ascend) && kind_take(call, &wanted->types) &&
                arg_limit(call, FILES_DEFAULT, FILES_MAX, &wanted->limit);
    return fine ? OK : ERR_ARG;
}

static enum err files_read(struct action_call *call, const struct action_env *env)
{
    struct reading reading = page_reading(call, env);
    struct files_wanted wanted = { 0 };
    struct message_list found;
    struct chat_ref ref;
    enum chat_kind kind;
    struct str dst;
    int64_t next;
    if (!arg_chat(call, &kind, &dst))
        return ERR_ARG;
    enum err err = policy_open(env->db, call->arena, call->actor.id, kind, dst, &ref);
    if (err == OK)
        err = arguments_take(call, &wanted);
    if (err == OK) {
        wanted.chat = ref.chat;
        err = history_files(&reading, &wanted, &found, &next);
    }
    if (err != OK)
        return err;
    struct buf *out = &call->data;
    jsonw_open(out, '{');
    object_chat(out, ref.chat, ref.dst);
    jsonw_key(out, "msgs");
    if (page_append(out, &found, false, page_bytes_max(env)))
        next = found.rows[found.count - 1].seq;
    if (next != 0)
        jsonw_put_str(out, "cursor", arena_format(call->arena, "%lld", (long long)next));
    jsonw_close(out, '}');
    return OK;
}

const struct action action_files = { .name = "files", .flags = ACTION_LIMITED, .read = files_read };
