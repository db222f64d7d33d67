/* route_community.c: /community/…, groups. */
#include "api/call.h"

#include "action/group.h"
#include "api/objects.h"
#include "chat/group.h"
#include "os/clock.h"
#include "util/jsonw.h"

#define SEARCH_ROWS_MAX ((size_t)50)

static void groups_reply(struct call *call, enum err err, const struct group_list *groups)
{
    if (err != OK) {
        call_reply_broken(call, err);
        return;
    }
    struct buf *out = call_data(call);
    if (!call_is_v2(call)) {
        groups_append(out, groups, call_escapes(call));
    } else {
        jsonw_open(out, '[');
        for (size_t i = 0; i < groups->count; i++)
            group_object(out, &groups->rows[i], call->service->conf->whole_history);
        jsonw_close(out, ']');
    }
    call_reply_data(call);
}

static void search_run(struct call *call, struct reader *reader)
{
    struct str info = call_query_text(call, "info");
    struct group_list groups = { 0 };
    if (info.size == 0)
        call_reply_error(call, 2000, "参数错误");
    else
        groups_reply(call, group_search(reader->db, &call->arena, info, SEARCH_ROWS_MAX, &groups), &groups);
}

static void list_run(struct call *call, struct reader *reader)
{
    struct group_list groups = { 0 };
    groups_reply(call, group_list(reader->db, &call->arena, call->user, &groups), &groups);
}

struct create_state {
    struct group_draft draft;
    struct group group;
};

static enum err create_write(struct call *call, struct core_tx *tx)
{
    struct create_state *state = call->state;
    return group_create(tx, &state->draft, &call->arena, &state->group);
}

static void create_written(struct call *call, enum err result)
{
    struct create_state *state = call->state;
    if (result == ERR_ARG) {
        call_reply_error(call, 2100, "群名称、图标或简介不合法");
        return;
    }
    if (result != OK) {
        call_reply_refused(call, result, 1);
        return;
    }
    if (call_is_v2(call))
        group_object(call_data(call), &state->group, call->service->conf->whole_history);
    else
        group_append(call_data(call), &state->group, call_escapes(call));
    call_reply_data(call);
}

static void create_run(struct call *call, struct reader *reader)
{
    (void)reader;
    struct create_state *state = arena_zalloc(&call->arena, sizeof(*state));
    struct action_call args = { .args = call->json, .arena = &call->arena };
    struct str *members;
    unsigned retry_after_s;
    call->state = state;
    state->draft = (struct group_draft){
        .name = call_body_text(call, "name"),
        .icon = call_body_text(call, "icon"),
        .memo = call_body_text(call, "memo"),
        .owner = call->user,
        .owner_email = call->email,
    };
    bool listed = arg_texts(&args, "members", GROUP_INVITES_MAX, &members, &state->draft.member_count);
    state->draft.members = members;
    if (group_draft_check(&state->draft) != OK)
        call_reply_error(call, 2100, "群名称、图标或简介不合法");
    else if (!listed)
        call_reply_refused(call, ERR_ARG, 0);
    else if (state->draft.member_count > 0 &&
             !limiter_take(call->service->messages, (uint64_t)call->user, clock_mono_ms(), &retry_after_s))
        call_reply_refused(call, ERR_LIMITED, retry_after_s);
    else
        call_write(call, false, create_write, create_written);
}

static const struct route rows[] = {
    { HTTP_GET, "/community/search_community", 0, search_run, NULL },
    { HTTP_GET, "/community/community_list", 0, list_run, NULL },
    { HTTP_POST, "/community/create", ROUTE_JSON, create_run, NULL },
    { HTTP_POST, "/community/join", ROUTE_JSON, NULL, &action_group_join },
    { HTTP_POST, "/community/leave", ROUTE_JSON, NULL, &action_group_leave },
    { HTTP_POST, "/community/dismiss", ROUTE_JSON, NULL, &action_group_dismiss },
    { HTTP_POST, "/community/invite", ROUTE_JSON, NULL, &action_group_invite },
    { HTTP_POST, "/community/kick", ROUTE_JSON, NULL, &action_group_kick },
    { HTTP_POST, "/community/role", ROUTE_JSON, NULL, &action_group_role },
    { HTTP_POST, "/community/mute", ROUTE_JSON, NULL, &action_group_mute },
    { HTTP_POST, "/community/mute_all", ROUTE_JSON, NULL, &action_group_mute_all },
    { HTTP_POST, "/community/transfer", ROUTE_JSON, NULL, &action_group_transfer },
    { HTTP_POST, "/community/respond", ROUTE_JSON, NULL, &action_group_respond },
    { HTTP_PUT, "/community/edit", ROUTE_JSON, NULL, &action_group_edit },
    { HTTP_PUT, "/community/notice", ROUTE_JSON, NULL, &action_group_notice },
    { HTTP_GET, "/community/members", 0, NULL, &action_group_members },
    { HTTP_GET, "/community/applicants", 0, NULL, &action_group_applicants },
    { HTTP_GET, "/community/info", 0, NULL, &action_group_info },
};
const struct route_list routes_community = { rows, sizeof(rows) / sizeof(rows[0]) };
