/* contact.c: actions about friends. */
#include "action/contact.h"

#include "action/object.h"
#include "chat/contact.h"
#include "chat/name.h"
#include "chat/policy.h"
#include "store/block.h"
#include "util/jsonw.h"

#define PAGE_DEFAULT ((size_t)50)
#define PAGE_MAX ((size_t)200)

static bool dst_take(const struct action_call *call, struct str *dst)
{
    *dst = arg_text(call, "dstObj");
    return dst->size > 0 && dst->size <= 255;
}

static enum err request_write(struct action_call *call, struct core_tx *tx)
{
    struct str dst;
    struct contact_asked asked;
    const struct json *content = json_get(call->args, "content");
    struct str words = arg_text(call, "content");
    if (!dst_take(call, &dst))
        return ERR_ARG;
    if (content != NULL && words.ptr == NULL)
        words = STR("\x01"); /* No text at all: refused where words are, after the permission. */
    enum err err = contact_ask(tx, &call->actor, dst, words, &asked);
    if (err != OK)
        return err;
    jsonw_open(&call->data, '{');
    jsonw_put_str(&call->data, "status", asked.accepted ? STR("accepted") : STR("pending"));
    if (!asked.accepted)
        jsonw_put_i64(&call->data, "id", asked.id);
    jsonw_close(&call->data, '}');
    return OK;
}

static enum err respond_write(struct action_call *call, struct core_tx *tx)
{
    int64_t id = 0;
    bool agree = false;
    struct contact_request request;
    if (!arg_i64(call, "id", &id) || id <= 0)
        return ERR_ARG;
    enum err err = contact_request_open(tx, &call->actor, id, &request);
    if (err != OK)
        return err;
    if (json_get(call->args, "agree") == NULL || !arg_bool(call, "agree", &agree))
        return ERR_ARG;
    return contact_respond(tx, &call->actor, &request, agree);
}

static enum err remove_write(struct action_call *call, struct core_tx *tx)
{
    struct str dst;
    return dst_take(call, &dst) ? contact_remove(tx, &call->actor, dst) : ERR_ARG;
}

static enum err block_write(struct action_call *call, struct core_tx *tx)
{
    struct str dst;
    return dst_take(call, &dst) ? contact_block(tx, &call->actor, dst) : ERR_ARG;
}

static enum err unblock_write(struct action_call *call, struct core_tx *tx)
{
    struct str dst;
    return dst_take(call, &dst) ? contact_unblock(tx, &call->actor, dst) : ERR_ARG;
}

/* As a JSON array, ptr NULL for none. */
static enum err tags_take(const struct action_call *call, struct str *out)
{
    struct str *tags;
    size_t count;
    struct buf json = { 0 };
    if (!arg_texts(call, "tags", TAGS_MAX, &tags, &count))
        return ERR_ARG;
    for (size_t i = 0; i < count; i++)
        if (tags[i].size == 0 || !name_acceptable(tags[i], TAG_CHARS_MAX))
            return ERR_ARG;
    *out = STR_NONE;
    if (count == 0)
        return OK;
    jsonw_open(&json, '[');
    for (size_t i = 0; i < count; i++)
        jsonw_str(&json, tags[i]);
    jsonw_close(&json, ']');
    *out = arena_str(call->arena, buf_str(&json));
    buf_release(&json);
    return OK;
}

static enum err remark_write(struct action_call *call, struct core_tx *tx)
{
    struct str dst;
    struct contact_note note;
    const struct json *remark = json_get(call->args, "remark");
    const struct json *tags = json_get(call->args, "tags");
    if (!dst_take(call, &dst))
        return ERR_ARG;
    enum err err = contact_open(tx, &call->actor, dst, &note);
    if (err != OK)
        return err;
    if (remark == NULL && tags == NULL)
        return ERR_ARG;
    if (remark != NULL && (!json_text(remark, &note.remark) || !name_acceptable(note.remark, REMARK_CHARS_MAX)))
        return ERR_ARG;
    if (note.remark.size == 0)
        note.remark = STR_NONE;
    if (tags != NULL)
        err = tags_take(call, &note.tags);
    return err == OK ? contact_remark(tx, &call->actor, &note) : err;
}

static const char *state_name(enum contact_request_state state)
{
    return state == REQUEST_ACCEPTED ? "accepted" : state == REQUEST_REJECTED ? "rejected" : "pending";
}

static void request_append(struct buf *out, const struct request_row *row, const struct actor *actor)
{
    const struct contact_request *request = &row->request;
    bool mine = request->sender == actor->id;
    jsonw_open(out, '{');
    jsonw_put_i64(out, "id", request->id);
    jsonw_put_str(out, "userEmail", mine ? actor->email : row->other.email);
    jsonw_put_str(out, "dstObj", row->other.email);
    jsonw_put_str(out, "uname", row->other.uname);
    object_picture(out, "avatar", row->other.avatar);
    jsonw_put_str(out, "content", request->content);
    jsonw_put_str(out, "state", str_from(state_name(request->state)));
    jsonw_put_i64(out, "createAt", request->created_ms);
    jsonw_put_bool(out, "mine", mine);
    jsonw_close(out, '}');
}

static enum err requests_read(struct action_call *call, const struct action_env *env)
{
    int64_t before = INT64_MAX;
    size_t limit;
    struct request_list list;
    if (!arg_i64(call, "cursor", &before) || before < 1 || !arg_limit(call, PAGE_DEFAULT, PAGE_MAX, &limit))
        return ERR_ARG;
    enum err err = request_page(env->db, call->arena, call->actor.id, before, limit + 1, &list);
    if (err != OK)
        return err;
    bool more = list.count > limit;
    size_t count = more ? limit : list.count;
    jsonw_open(&call->data, '{');
    jsonw_key(&call->data, "requests");
    jsonw_open(&call->data, '[');
    for (size_t i = 0; i < count; i++)
        request_append(&call->data, &list.rows[i], &call->actor);
    jsonw_close(&call->data, ']');
    if (more)
        jsonw_put_i64(&call->data, "cursor", list.rows[count - 1].request.id);
    jsonw_close(&call->data, '}');
    return OK;
}

static enum err blocked_read(struct action_call *call, const struct action_env *env)
{
    struct user_list users;
    enum err err = block_list(env->db, call->arena, call->actor.id, &users);
    if (err != OK)
        return err;
    jsonw_open(&call->data, '{');
    jsonw_key(&call->data, "users");
    jsonw_open(&call->data, '[');
    for (size_t i = 0; i < users.count; i++) {
        int64_t other = users.rows[i].id;
        bool seen = policy_see_presence(env->db, call->actor.id, other) == OK;
        object_user(&call->data, &users.rows[i], seen && env->router->v->online(env->router, other));
    }
    jsonw_close(&call->data, ']');
    jsonw_close(&call->data, '}');
    return OK;
}

const struct action action_contact_request = { .name = "contact_request",
                                               .flags = ACTION_LIMITED,
                                               .write = request_write };
const struct action action_contact_respond = { .name = "contact_respond",
                                               .flags = ACTION_LIMITED,
                                               .write = respond_write };
const struct action action_contact_remove = { .name = "contact_remove",
                                              .flags = ACTION_LIMITED,
                                              .write = remove_write };
const struct action action_contact_block = { .name = "contact_block", .flags = ACTION_LIMITED, .write = block_write };
const struct action action_contact_unblock = { .name = "contact_unblock",
                                               .flags = ACTION_LIMITED,
                                               .write = unblock_write };
const struct action action_contact_remark = { .name = "contact_remark",
                                              .flags = ACTION_LIMITED,
                                              .write = remark_write };
const struct action action_contact_requests = { .name = "contact_requests", .read = requests_read };
const struct action action_contact_blocked = { .name = "contact_blocked", .read = blocked_read };
