/* forward.c: copies out of the log. */
#include "chat/forward.h"

#include "chat/history.h"
#include "chat/policy.h"
#include "store/personal.h"
#include "util/json.h"
#include "util/jsonw.h"

static enum err source_get(struct core_tx *tx, int64_t user, int64_t chat, int64_t min, int64_t seq,
                           struct message *out)
{
    bool hidden = false;
    if (seq < min)
        return ERR_NOT_FOUND;
    enum err err = message_get(tx->db, tx->arena, chat, seq, out);
    if (err == OK)
        err = hidden_exists(tx->db, user, chat, seq, &hidden);
    if (err != OK)
        return err;
    if (hidden || out->state != MESSAGE_THERE)
        return ERR_NOT_FOUND;
    return out->type == MESSAGE_TYPE_NOTICE ? ERR_ARG : OK;
}

/* Reads members of the original's attrs; NULL when it has none. */
static const struct json *source_attrs(struct core_tx *tx, const struct message *source)
{
    struct json *json = NULL;
    if (source->attrs.ptr == NULL)
        return NULL;
    struct str text = arena_format(tx->arena, "{%.*s}", (int)source->attrs.size, source->attrs.ptr);
    return json_parse(tx->json, tx->arena, text, &json) == OK ? json : NULL;
}

static void raw_put(struct buf *out, const char *key, const struct json *value)
{
    if (value == NULL || value->type != JSON_OBJECT)
        return;
    jsonw_key(out, key);
    jsonw_raw(out, value->raw);
}

static void item_append(struct core_tx *tx, struct buf *out, const struct message *source)
{
    const struct json *attrs = source_attrs(tx, source);
    jsonw_open(out, '{');
    jsonw_put_str(out, "userEmail", source->sender_email);
    jsonw_put_i64(out, "msgType", source->type);
    jsonw_put_str(out, "content", source->content);
    jsonw_put_i64(out, "createAt", source->created_ms);
    raw_put(out, "ext", json_get(attrs, "ext"));
    raw_put(out, "fwd", json_get(attrs, "fwd"));
    jsonw_close(out, '}');
}

/* The members that a single forward adds to the sender's own. */
static void single_append(struct core_tx *tx, struct buf *out, const struct message *source)
{
    const struct json *attrs = source_attrs(tx, source);
    const struct json *fwd = json_get(attrs, "fwd");
    if (source->type == MESSAGE_TYPE_MERGED && fwd != NULL) {
        raw_put(out, "fwd", fwd);
    } else {
        jsonw_key(out, "fwd");
        jsonw_open(out, '{');
        jsonw_put_str(out, "userEmail", source->sender_email);
        jsonw_put_i64(out, "createAt", source->created_ms);
        jsonw_close(out, '}');
    }
    raw_put(out, "ext", json_get(attrs, "ext"));
}

static enum err merged_append(struct core_tx *tx, const struct message_draft *draft, int64_t chat, int64_t min,
                              struct buf *out)
{
    enum err err = OK;
    jsonw_key(out, "fwd");
    jsonw_open(out, '{');
    jsonw_key(out, "items");
    jsonw_open(out, '[');
    for (size_t i = 0; err == OK && i < draft->forward_count; i++) {
        struct message source;
        err = source_get(tx, draft->sender, chat, min, draft->forward_seqs[i], &source);
        if (err == OK)
            item_append(tx, out, &source);
        if (err == OK && out->size > CONTENT_SIZE_MAX)
            err = ERR_TOO_LARGE;
    }
    jsonw_close(out, ']');
    jsonw_close(out, '}');
    return err;
}

enum err forward_fill(struct core_tx *tx, const struct message_draft *draft, struct message *message)
{
    struct chat_ref ref;
    struct message source;
    struct buf attrs = { 0 };
    int64_t min;
    bool merged = draft->msg_type == MESSAGE_TYPE_MERGED;
    enum err err = policy_chat(tx, draft->sender, draft->forward_kind, draft->forward_dst, &ref);
    if (err == OK && !merged && draft->forward_count != 1)
        err = ERR_ARG;
    if (err == OK)
        err = policy_oldest(tx->db, draft->sender, ref.chat, tx->policy->whole_history, &min);
    if (err != OK)
        return err;
    /* An object for jsonw's sake, without its braces in the end. */
    jsonw_open(&attrs, '{');
    if (draft->attrs.ptr != NULL)
        buf_append_str(&attrs, draft->attrs);
    if (merged) {
        err = merged_append(tx, draft, ref.chat, min, &attrs);
    } else {
        err = source_get(tx, draft->sender, ref.chat, min, draft->forward_seqs[0], &source);
        if (err == OK) {
            single_append(tx, &attrs, &source);
            message->type = source.type;
            message->content = source.content;
        }
    }
    if (err == OK)
        message->attrs = arena_str(tx->arena, (struct str){ attrs.ptr + 1, attrs.size - 1 });
    buf_release(&attrs);
    return err;
}
