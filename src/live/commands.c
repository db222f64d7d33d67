/* commands.c: the command table. A command is a row and a function.
 * The sender is the session's user, whatever the frame says. */
#include "live/commands.h"

#include "chat/contact.h"
#include "chat/message.h"
#include "util/mem.h"

#include <stdlib.h>

enum { TYPE_TEXT = 1, TYPE_ADD_FRIEND = 6, TYPE_ADD_GROUP = 7 };

struct command {
    int64_t cmd;
    const char *name;
    enum err (*run)(struct session *session, const struct command *command, const struct json *frame);
};

/* A frame on its way through the writer. */
struct frame_job {
    struct core_job job; /* first */
    struct shard *shard;
    uint64_t session;
    int64_t user;
    struct str email;
    struct str dst;
    struct str content;
    enum chat_kind kind;
    int64_t msg_type;
    char text[]; /* what the slices point into */
};

static enum err heart_run(struct session *session, const struct command *command, const struct json *frame);
static enum err send_run(struct session *session, const struct command *command, const struct json *frame);
static enum err add_run(struct session *session, const struct command *command, const struct json *frame);

static const struct command commands[] = {
    { .cmd = 0, .name = "heart", .run = heart_run },
    { .cmd = CHAT_DIRECT, .name = "send_direct", .run = send_run },
    { .cmd = CHAT_GROUP, .name = "send_group", .run = send_run },
    { .cmd = 15, .name = "add_contact", .run = add_run },
};

static const struct command *command_find(int64_t cmd)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (commands[i].cmd == cmd)
            return &commands[i];
    return NULL;
}

void command_run(struct session *session, struct str text)
{
    struct shard *shard = session->shard;
    struct json *frame = NULL;
    int64_t cmd;
    enum err err = json_parse(shard->json, &shard->arena, text, &frame);
    if (err == OK && (frame->type != JSON_OBJECT || !json_i64(json_get(frame, "cmd"), &cmd)))
        err = ERR_PARSE;
    const struct command *command = err == OK ? command_find(cmd) : NULL;
    if (err == OK)
        err = command == NULL ? ERR_NOT_FOUND : command->run(session, command, frame);
    if (err != OK)
        metric_add(&shard->metrics, METRIC_FRAMES_REJECTED, 1);
    arena_release(&shard->arena);
}

static enum err heart_run(struct session *session, const struct command *command, const struct json *frame)
{
    (void)session;
    (void)command;
    (void)frame;
    return OK; /* That bytes came is noted already. */
}

static struct str text_keep(char **at, struct str text)
{
    struct str kept = { *at, text.size };
    memcpy(*at, text.ptr, text.size);
    *at += text.size;
    return kept;
}

static void frame_job_finished(struct core_job *job)
{
    struct frame_job *work = (struct frame_job *)job;
    enum err result = job->write.result;
    struct session *session = session_find(work->shard, work->session);
    if (result != OK)
        metric_add(&work->shard->metrics, METRIC_FRAMES_REJECTED, 1);
    else if (work->kind != 0)
        metric_add(&work->shard->metrics, METRIC_MESSAGES_STORED, 1);
    free(work);
    if (session != NULL)
        session_job_done(session);
}

/* Copies what the writer will need; the frame's bytes are the loop's. */
static struct frame_job *frame_job_new(struct session *session, struct str dst, struct str content)
{
    struct str email = session_email(session);
    struct frame_job *work = mem_alloc(sizeof(*work) + email.size + dst.size + content.size);
    memset(work, 0, sizeof(*work));
    char *at = work->text;
    work->email = text_keep(&at, email);
    work->dst = text_keep(&at, dst);
    work->content = content.size == 0 ? STR("") : text_keep(&at, content);
    work->shard = session->shard;
    work->session = session->id;
    work->user = session->user;
    work->job.loop = session->shard->loop;
    work->job.finished = frame_job_finished;
    return work;
}

static enum err frame_job_submit(struct session *session, struct frame_job *work)
{
    session_job_begun(session);
    core_outbox_push(&session->shard->jobs, &work->job);
    return OK;
}

static enum err send_apply(struct core_job *job, struct core_tx *tx)
{
    struct frame_job *work = (struct frame_job *)job;
    return message_send(tx, &(struct message_draft){
                                .sender = work->user,
                                .sender_email = work->email,
                                .kind = work->kind,
                                .dst = work->dst,
                                .msg_type = work->msg_type,
                                .content = work->content,
                            });
}

static enum err send_run(struct session *session, const struct command *command, const struct json *frame)
{
    struct str dst;
    struct str content = STR("");
    int64_t msg_type = TYPE_TEXT;
    const struct json *type = json_get(frame, "msgType");
    const struct json *text = json_get(frame, "content");
    if (!json_text(json_get(frame, "dstObj"), &dst) || dst.size > 255)
        return ERR_ARG;
    if ((text != NULL && !json_text(text, &content)) || (type != NULL && !json_i64(type, &msg_type)))
        return ERR_ARG;
    if (msg_type < 0 || msg_type > INT32_MAX)
        return ERR_ARG;
    if (content.size > CONTENT_SIZE_MAX) {
        session_close(session, WS_CLOSE_TOO_LARGE, STR("content is over 64 KiB"));
        return ERR_TOO_LARGE;
    }
    struct frame_job *work = frame_job_new(session, dst, content);
    work->kind = (enum chat_kind)command->cmd;
    work->msg_type = msg_type;
    work->job.write.single = true;
    work->job.run = send_apply;
    return frame_job_submit(session, work);
}

static enum err add_apply(struct core_job *job, struct core_tx *tx)
{
    struct frame_job *work = (struct frame_job *)job;
    struct contact_actor actor = { work->user, work->email };
    return work->msg_type == TYPE_ADD_FRIEND ? contact_add(tx, &actor, work->dst) : contact_join(tx, &actor, work->dst);
}

static enum err add_run(struct session *session, const struct command *command, const struct json *frame)
{
    (void)command;
    struct str dst;
    int64_t msg_type;
    if (!json_text(json_get(frame, "dstObj"), &dst) || dst.size > 255 ||
        !json_i64(json_get(frame, "msgType"), &msg_type))
        return ERR_ARG;
    if (msg_type != TYPE_ADD_FRIEND && msg_type != TYPE_ADD_GROUP)
        return ERR_ARG;
    struct frame_job *work = frame_job_new(session, dst, STR_NONE);
    work->msg_type = msg_type;
    work->job.run = add_apply;
    return frame_job_submit(session, work);
}
