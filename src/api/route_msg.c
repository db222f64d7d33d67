/* route_msg.c: /msg/…, history. */
#include "api/call.h"

#include "action/conv.h"
#include "action/message.h"
#include "action/search.h"
#include "api/objects.h"
#include "chat/history.h"
#include "os/clock.h"

/* before (a seq) and limit, both optional. false: one of them is no number. */
static bool bounds_take(struct call *call, int64_t *before, int64_t *limit)
{
    struct str text = call_query_text(call, "before");
    *before = 0;
    *limit = call->service->conf->v1_limit;
    if (text.ptr != NULL && (!str_to_i64(text, before) || *before < 1))
        return false;
    text = call_query_text(call, "limit");
    int64_t wanted;
    if (text.ptr == NULL)
        return true;
    if (!str_to_i64(text, &wanted) || wanted < 1)
        return false;
    if (wanted < *limit)
        *limit = wanted;
    return true;
}

static void page_reply(struct call *call, struct reader *reader, int64_t chat)
{
    int64_t before;
    int64_t limit;
    if (!bounds_take(call, &before, &limit)) {
        call_reply_error(call, 2000, "参数错误");
        return;
    }
    struct message_list messages = { 0 };
    struct reading reading = {
        .db = reader->db,
        .arena = &call->arena,
        .user = call->user,
        .whole_history = call->service->conf->whole_history,
        .now_ms = clock_wall_ms(),
    };
    enum err err = history_page(&reading, chat, before, (size_t)limit, &messages);
    if (err == ERR_DENIED) {
        call_reply_error(call, 2101, "没有权限");
    } else if (err != OK) {
        call_reply_broken(call, err);
    } else {
        messages_append(call_data(call), &messages, call_escapes(call));
        call_reply_data(call);
    }
}

static void friend_run(struct call *call, struct reader *reader)
{
    struct str names[] = { call_query_text(call, "userEmail"), call_query_text(call, "dstObj") };
    struct user users[2];
    if (names[0].size == 0 || names[1].size == 0) {
        call_reply_error(call, 2000, "参数错误");
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        enum err err = call_user(call, reader, names[i], &users[i]);
        if (err == ERR_NOT_FOUND) {
            /* Nobody there has written anything. */
            buf_append_str(call_data(call), STR("[]"));
            call_reply_data(call);
            return;
        }
        if (err != OK) {
            call_reply_broken(call, err);
            return;
        }
    }
    page_reply(call, reader, chat_id_direct(users[0].id, users[1].id));
}

static void community_run(struct call *call, struct reader *reader)
{
    struct str group = call_query_text(call, "dstObj");
    int64_t chat;
    if (group.size == 0)
        call_reply_error(call, 2000, "参数错误");
    else if (!str_to_i64(group, &chat) || chat < 1 || chat_id_is_direct(chat))
        call_reply_error(call, 2101, "没有权限");
    else
        page_reply(call, reader, chat);
}

static const struct route rows[] = {
    { HTTP_GET, "/msg/friend_msg_list", 0, friend_run, NULL },
    { HTTP_GET, "/msg/community_msg_list", 0, community_run, NULL },
    { HTTP_POST, "/msg/send", ROUTE_JSON, NULL, &action_send },
    { HTTP_POST, "/msg/recall", ROUTE_JSON, NULL, &action_recall },
    { HTTP_POST, "/msg/edit", ROUTE_JSON, NULL, &action_edit },
    { HTTP_POST, "/msg/delete", ROUTE_JSON, NULL, &action_delete },
    { HTTP_POST, "/msg/react", ROUTE_JSON, NULL, &action_react },
    { HTTP_POST, "/msg/pin", ROUTE_JSON, NULL, &action_pin },
    { HTTP_GET, "/msg/pins", 0, NULL, &action_pins },
    { HTTP_GET, "/msg/files", 0, NULL, &action_files },
    { HTTP_GET, "/msg/pull", 0, NULL, &action_pull },
    { HTTP_GET, "/msg/search", 0, NULL, &action_search },
    { HTTP_GET, "/msg/readers", 0, NULL, &action_readers },
};
const struct route_list routes_msg = { rows, sizeof(rows) / sizeof(rows[0]) };
