/* commands.c: the command table. A command is a row and a function.
 * The sender is the session's user, whatever the frame says. */
#include "live/commands.h"

#include "live/acks.h"
#include "live/act.h"
#include "live/frame_v2.h"
#include "live/send.h"
#include "live/watch.h"
#include "action/conv.h"
#include "action/message.h"
#include "action/typing.h"
#include "chat/cmd.h"
#include "os/clock.h"
#include "util/json.h"

static enum err heart_run(struct session *session, const struct command *command, const struct json *frame);
static enum err ack_run(struct session *session, const struct command *command, const struct json *frame);

static const struct command rows[] = {
    { .cmd = CMD_HEART, .name = "heart", .flags = COMMAND_V1, .run = heart_run },
    { .cmd = CMD_ACK, .name = "ack", .run = ack_run },
    { .cmd = CMD_DIRECT, .name = "send_direct", .flags = COMMAND_V1 | COMMAND_LIMITED, .run = send_run },
    { .cmd = CMD_GROUP, .name = "send_group", .flags = COMMAND_V1 | COMMAND_LIMITED, .run = send_run },
    { .cmd = CMD_SYNC, .name = "sync", .action = &action_sync, .answer = CMD_DELTA },
    { .cmd = CMD_PULL, .name = "pull", .action = &action_pull, .answer = CMD_PAGE },
    { .cmd = CMD_READ, .name = "read", .action = &action_read },
    { .cmd = CMD_SET, .name = "set", .action = &action_set },
    { .cmd = CMD_TYPING, .name = "typing", .action = &action_typing },
    { .cmd = CMD_RECALL, .name = "recall", .action = &action_recall },
    { .cmd = CMD_EDIT, .name = "edit", .action = &action_edit },
    { .cmd = CMD_DELETE, .name = "delete", .action = &action_delete },
    { .cmd = CMD_REACT, .name = "react", .action = &action_react },
    { .cmd = CMD_PIN, .name = "pin", .action = &action_pin },
    { .cmd = CMD_WATCH, .name = "watch", .flags = COMMAND_LIMITED, .run = watch_run },
    { .cmd = CMD_ADD, .name = "add_contact", .flags = COMMAND_V1 | COMMAND_LIMITED, .run = add_run },
};
const struct command_list command_table = { rows, sizeof(rows) / sizeof(rows[0]) };

static const struct command *command_find(int64_t cmd, bool v2)
{
    for (size_t i = 0; i < command_table.count; i++)
        if (rows[i].cmd == cmd && (v2 || (rows[i].flags & COMMAND_V1) != 0))
            return &rows[i];
    return NULL;
}

/* A user's frames are counted over all his sessions. v2 is told when it was too many; v1, which can't be told, is
 * read from more slowly (session.c). */
static enum err rate_take(struct session *session, const struct command *command, unsigned *retry_after_s)
{
    struct limiter *limiter = session->shard->service->messages;
    bool limited = (command->flags & COMMAND_LIMITED) != 0 ||
                   (command->action != NULL && (command->action->flags & ACTION_LIMITED) != 0);
    *retry_after_s = 0;
    if (!limited)
        return OK;
    int64_t now_ms = loop_now_ms(session->shard->loop);
    bool passed;
    if (session->v2) {
        passed = limiter_take(limiter, (uint64_t)session->user, now_ms, retry_after_s);
    } else {
        int64_t wait_ms = limiter_charge(limiter, (uint64_t)session->user, now_ms);
        passed = wait_ms == 0;
        if (!passed)
            session->throttled_ms = now_ms + wait_ms;
    }
    if (!passed)
        metric_add(&session->shard->metrics, METRIC_RATE_LIMITED, 1);
    return passed || !session->v2 ? OK : ERR_LIMITED;
}

static enum err command_do(struct session *session, const struct command *command, const struct json *frame,
                           struct str text, unsigned *retry_after_s)
{
    enum err err = rate_take(session, command, retry_after_s);
    if (err != OK)
        return err;
    return command->run != NULL ? command->run(session, command, frame) : act_run(session, command, text);
}

void command_run(struct session *session, struct str text)
{
    struct shard *shard = session->shard;
    struct json *frame = NULL;
    int64_t cmd = 0;
    unsigned retry_after_s = 0;
    enum err err = json_parse(shard->json, &shard->arena, text, &frame);
    if (err != OK || frame->type != JSON_OBJECT || !json_i64(json_get(frame, "cmd"), &cmd))
        err = ERR_PARSE;
    const struct command *command = err == OK ? command_find(cmd, session->v2) : NULL;
    if (err == OK)
        err = command == NULL ? ERR_ARG : command_do(session, command, frame, text, &retry_after_s);
    if (err != OK)
        metric_add(&shard->metrics, METRIC_FRAMES_REJECTED, 1);
    if (err != OK && session->v2) {
        struct str cid = STR_NONE;
        if (frame != NULL && (!json_text(json_get(frame, "cid"), &cid) || cid.size > CID_SIZE_MAX))
            cid = STR_NONE;
        session_refuse(session, cmd, cid, err, retry_after_s);
    }
    arena_release(&shard->arena);
}

/* That bytes came is noted already; v1 expects no answer. */
static enum err heart_run(struct session *session, const struct command *command, const struct json *frame)
{
    (void)command;
    (void)frame;
    if (session->v2) {
        struct buf out = { 0 };
        struct buf data = { 0 };
        buf_append_format(&data, "{\"time\":%lld}", (long long)clock_wall_ms());
        frame_v2_answer_append(&out, CMD_HEART, buf_str(&data));
        session_answer(session, &out);
        buf_release(&data);
        buf_release(&out);
    }
    return OK;
}

static enum err ack_run(struct session *session, const struct command *command, const struct json *frame)
{
    (void)command;
    return ack_taken(session, frame);
}
