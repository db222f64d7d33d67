/* draft.c: from fields to a draft, with the digest that recognises a resend. */
#include "action/draft.h"

#include "chat/forward.h"
#include "util/jsonw.h"

#include <sodium.h>

enum {
    TYPE_TEXT = 1,
    TYPE_ADD_FRIEND = 6,
    TYPE_ADD_GROUP = 7,
    TYPE_KNOWN_MAX = MESSAGE_TYPE_STICKER,
    TYPE_APPLICATION_MIN = 100
};

static bool type_acceptable(int64_t type)
{
    if (type == TYPE_ADD_FRIEND || type == TYPE_ADD_GROUP || type == MESSAGE_TYPE_NOTICE)
        return false;
    return (type >= TYPE_TEXT && type <= TYPE_KNOWN_MAX) || (type >= TYPE_APPLICATION_MIN && type <= INT32_MAX);
}

static enum err mentions_take(const struct action_call *call, struct message_draft *draft, struct buf *attrs)
{
    struct str *at;
    if (!arg_texts(call, "at", MENTIONS_MAX, &at, &draft->at_count))
        return ERR_ARG;
    size_t kept = 0;
    if (draft->at_count > 0) {
        jsonw_key(attrs, "at");
        jsonw_open(attrs, '[');
    }
    for (size_t i = 0; i < draft->at_count; i++) {
        if (at[i].size == 0 || at[i].size > 255)
            return ERR_ARG;
        jsonw_str(attrs, at[i]);
        if (str_equal(at[i], STR("@all")))
            draft->at_all = true;
        else
            at[kept++] = at[i];
    }
    if (draft->at_count > 0)
        jsonw_close(attrs, ']');
    draft->at = at;
    draft->at_count = kept;
    return OK;
}

static enum err forward_take(struct action_call *call, struct message_draft *draft, const struct json *fwd)
{
    int64_t *seqs;
    struct action_call inner = { .args = fwd, .arena = call->arena };
    if (fwd == NULL)
        return OK;
    if (!arg_chat(&inner, &draft->forward_kind, &draft->forward_dst) ||
        !arg_i64s(&inner, "seqs", FORWARDS_MAX, &seqs, &draft->forward_count) || draft->forward_count == 0)
        return ERR_ARG;
    draft->forward_seqs = seqs;
    return OK;
}

/* reply, ttl, ct and ext, and what they say. */
static enum err attrs_take(struct action_call *call, struct message_draft *draft, struct buf *attrs)
{
    int64_t ct = 0;
    const struct json *ext = json_get(call->args, "ext");
    if (!arg_i64(call, "reply", &draft->reply) || draft->reply < 0 || !arg_i64(call, "ttl", &draft->ttl_s) ||
        draft->ttl_s < 0 || draft->ttl_s > TTL_S_MAX || (ext != NULL && ext->type != JSON_OBJECT))
        return ERR_ARG;
    if (!arg_i64(call, "createAt", &ct))
        ct = 0; /* The client's clock is the client's business. */
    if (ext != NULL && ext->raw.size > EXT_SIZE_MAX)
        return ERR_TOO_LARGE;
    if (draft->reply > 0)
        jsonw_put_i64(attrs, "reply", draft->reply);
    enum err err = mentions_take(call, draft, attrs);
    if (err != OK)
        return err;
    if (draft->ttl_s > 0)
        jsonw_put_i64(attrs, "ttl", draft->ttl_s);
    if (ct > 0)
        jsonw_put_i64(attrs, "ct", ct);
    if (ext != NULL) {
        jsonw_key(attrs, "ext");
        jsonw_raw(attrs, ext->raw);
    }
    return OK;
}

static void digest_add(struct buf *out, struct str text)
{
    uint64_t size = text.ptr == NULL ? UINT64_MAX : text.size;
    buf_append(out, &size, sizeof(size));
    buf_append_str(out, text);
}

/* createAt and the device do not count: a resend is the same message (PROTOCOL.md). Stored, so the key is fixed. */
static int64_t digest_of(const struct action_call *call, const struct message_draft *draft)
{
    static const unsigned char key[crypto_shorthash_KEYBYTES] = "im_service v2";
    static const char *const parts[] = { "at", "fwd", "ext" };
    unsigned char hash[crypto_shorthash_BYTES];
    int64_t numbers[] = { draft->msg_type, draft->reply, draft->ttl_s };
    struct buf text = { 0 };
    int64_t digest;
    buf_append(&text, numbers, sizeof(numbers));
    digest_add(&text, draft->content);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const struct json *part = json_get(call->args, parts[i]);
        digest_add(&text, part == NULL ? STR_NONE : part->raw.ptr != NULL ? part->raw : part->text);
    }
    crypto_shorthash(hash, (const unsigned char *)text.ptr, text.size, key);
    buf_release(&text);
    memcpy(&digest, hash, sizeof(digest));
    return digest;
}

enum err draft_take(const struct json *args, struct arena *arena, struct message_draft *draft)
{
    struct action_call call = { .args = args, .arena = arena };
    struct buf attrs = { 0 };
    const struct json *content = json_get(args, "content");
    draft->msg_type = TYPE_TEXT;
    draft->content = STR("");
    draft->dst = arg_text(&call, "dstObj");
    draft->cid = arg_text(&call, "cid");
    if (draft->dst.size == 0 || draft->dst.size > 255 || (content != NULL && !json_text(content, &draft->content)) ||
        !arg_i64(&call, "msgType", &draft->msg_type) || !type_acceptable(draft->msg_type))
        return ERR_ARG;
    if (draft->cid.size > CID_SIZE_MAX || (draft->cid.ptr != NULL && draft->cid.size == 0))
        return ERR_ARG;
    if (draft->content.size > CONTENT_SIZE_MAX)
        return ERR_TOO_LARGE;
    jsonw_open(&attrs, '{');
    enum err err = attrs_take(&call, draft, &attrs);
    if (err == OK)
        err = forward_take(&call, draft, json_get(args, "fwd"));
    if (err == OK && draft->msg_type == MESSAGE_TYPE_MERGED && draft->forward_count == 0)
        err = ERR_ARG;
    if (err == OK && attrs.size > 1)
        draft->attrs = arena_str(arena, (struct str){ attrs.ptr + 1, attrs.size - 1 });
    if (err == OK && draft->cid.ptr != NULL)
        draft->digest = digest_of(&call, draft);
    buf_release(&attrs);
    return err;
}
