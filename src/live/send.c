/* send.c: messages from a frame to the writer, and their acks back.
 * A job is one piece of memory with what the writer needs behind it: the
 * frame's own bytes are the loop's. */
#include "live/send.h"

#include "action/draft.h"
#include "chat/cmd.h"
#include "chat/contact.h"
#include "chat/membership.h"
#include "live/frame_v2.h"
#include "util/mem.h"

#include <stdlib.h>

enum { TYPE_TEXT = 1, TYPE_ADD_FRIEND = 6, TYPE_ADD_GROUP = 7 };

/* A frame on its way through the writer. */
struct frame_job {
    struct core_job job; /* first */
    struct shard *shard;
    uint64_t session;
    int64_t cmd;
    struct message_draft draft;
    struct message_sent sent;
    char text[]; /* what the slices point into */
};

static struct str text_keep(char **at, struct str text)
{
    struct str kept = { *at, text.size };
    if (text.ptr == NULL)
        return STR_NONE;
    memcpy(*at, text.ptr, text.size);
    *at += text.size;
    return kept;
}

static void job_answer(struct session *session, const struct frame_job *work, enum err result)
{
    struct buf frame = { 0 };
    if (result != OK)
        session_refuse(session, work->cmd, work->draft.cid, result, 0);
    else if (work->cmd != CMD_ADD)
        frame_v2_ack_append(&frame, &work->sent, work->draft.dst, work->draft.cid);
    if (frame.size > 0)
        session_answer(session, &frame);
    buf_release(&frame);
}

static void job_finished(struct core_job *job)
{
    struct frame_job *work = (struct frame_job *)job;
    enum err result = job->write.result;
    struct session *session = session_find(work->shard, work->session);
    if (result != OK)
        metric_add(&work->shard->metrics, METRIC_FRAMES_REJECTED, 1);
    else if (work->cmd != CMD_ADD)
        metric_add(&work->shard->metrics, work->sent.dup ? METRIC_MESSAGES_REPEATED : METRIC_MESSAGES_STORED, 1);
    if (session != NULL && session->v2)
        job_answer(session, work, result);
    free(work);
    if (session != NULL)
        session_job_done(session);
}

static size_t mentions_size(const struct message_draft *draft)
{
    size_t size = 0;
    for (size_t i = 0; i < draft->at_count; i++)
        size += draft->at[i].size;
    return size;
}

/* The arrays first, for alignment; then the text. */
static struct frame_job *job_new(struct session *session, int64_t cmd, const struct message_draft *draft)
{
    struct str email = session_email(session);
    size_t mentions = draft->at_count * sizeof(*draft->at);
    size_t forwards = draft->forward_count * sizeof(*draft->forward_seqs);
    size_t size = mentions + forwards + email.size + draft->dst.size + draft->content.size + draft->cid.size +
                  draft->attrs.size + draft->forward_dst.size + mentions_size(draft);
    struct frame_job *work = mem_alloc(sizeof(*work) + size);
    memset(work, 0, sizeof(*work));
    work->cmd = cmd;
    work->draft = *draft;
    char *at = work->text;
    struct str *names = (struct str *)(void *)at;
    at += mentions;
    if (forwards > 0)
        work->draft.forward_seqs = memcpy(at, draft->forward_seqs, forwards);
    at += forwards;
    for (size_t i = 0; i < draft->at_count; i++)
        names[i] = text_keep(&at, draft->at[i]);
    work->draft.at = names;
    work->draft.sender = session->user;
    work->draft.sender_email = text_keep(&at, email);
    work->draft.dst = text_keep(&at, draft->dst);
    work->draft.content = draft->content.size == 0 ? STR("") : text_keep(&at, draft->content);
    work->draft.cid = text_keep(&at, draft->cid);
    work->draft.attrs = text_keep(&at, draft->attrs);
    work->draft.forward_dst = text_keep(&at, draft->forward_dst);
    work->shard = session->shard;
    work->session = session->id;
    work->job.loop = session->shard->loop;
    work->job.finished = job_finished;
    return work;
}

static enum err job_submit(struct session *session, struct frame_job *work)
{
    session_job_begun(session);
    core_outbox_push(&session->shard->jobs, &work->job);
    return OK;
}

static enum err send_apply(struct core_job *job, struct core_tx *tx)
{
    struct frame_job *work = (struct frame_job *)job;
    return message_send(tx, &work->draft, &work->sent);
}

/* v1's fields, as leniently as the original takes them. */
static enum err draft_take_v1(struct session *session, const struct json *frame, struct message_draft *draft)
{
    const struct json *type = json_get(frame, "msgType");
    const struct json *text = json_get(frame, "content");
    draft->msg_type = TYPE_TEXT;
    draft->content = STR("");
    if (!json_text(json_get(frame, "dstObj"), &draft->dst) || draft->dst.size > 255)
        return ERR_ARG;
    if ((text != NULL && !json_text(text, &draft->content)) || (type != NULL && !json_i64(type, &draft->msg_type)))
        return ERR_ARG;
    if (draft->msg_type < 0 || draft->msg_type > INT32_MAX || draft->msg_type == MESSAGE_TYPE_NOTICE)
        return ERR_ARG;
    if (draft->content.size > CONTENT_SIZE_MAX) {
        session_close(session, WS_CLOSE_TOO_LARGE, STR("content is over 64 KiB"));
        return ERR_TOO_LARGE;
    }
    return OK;
}

enum err send_run(struct session *session, const struct command *command, const struct json *frame)
{
    struct message_draft draft = { 0 };
    enum err err =
        session->v2 ? draft_take(frame, &session->shard->arena, &draft) : draft_take_v1(session, frame, &draft);
    if (err != OK)
        return err;
    draft.kind = (enum chat_kind)command->cmd;
    struct frame_job *work = job_new(session, command->cmd, &draft);
    work->job.write.single = message_is_single(&draft);
    work->job.run = send_apply;
    return job_submit(session, work);
}

static enum err add_apply(struct core_job *job, struct core_tx *tx)
{
    struct frame_job *work = (struct frame_job *)job;
    const struct message_draft *draft = &work->draft;
    struct actor actor = { draft->sender, draft->sender_email };
    bool waits;
    return draft->msg_type == TYPE_ADD_FRIEND ? contact_add(tx, &actor, draft->dst)
                                              : membership_join(tx, &actor, draft->dst, STR_NONE, &waits);
}

enum err add_run(struct session *session, const struct command *command, const struct json *frame)
{
    struct message_draft draft = { 0 };
    if (!json_text(json_get(frame, "dstObj"), &draft.dst) || draft.dst.size > 255 ||
        !json_i64(json_get(frame, "msgType"), &draft.msg_type))
        return ERR_ARG;
    if (draft.msg_type != TYPE_ADD_FRIEND && draft.msg_type != TYPE_ADD_GROUP)
        return ERR_ARG;
    if (!json_text(json_get(frame, "cid"), &draft.cid) || draft.cid.size > CID_SIZE_MAX)
        draft.cid = STR_NONE; /* Of use in a refusal alone. */
    struct frame_job *work = job_new(session, command->cmd, &draft);
    work->job.run = add_apply;
    return job_submit(session, work);
}
