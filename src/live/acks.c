/* acks.c: cursors of named devices. */
#include "live/acks.h"

#include "action/action.h"

#include "chat/policy.h"
#include "store/device_name.h"
#include "util/mem.h"

#include <stdlib.h>

#define BATCH_MAX ((size_t)4096)
#define LOOK_BACK ((size_t)64) /* the same device's ack of the same chat is looked for among so many */

struct ack {
    int64_t user;
    int64_t device;
    enum chat_kind kind; /* 0: the user's pver, in seq */
    struct str dst;      /* in the batch's arena */
    int64_t seq;
    int64_t mver;
};

struct ack_job {
    struct core_job job; /* first */
    struct arena arena;
    struct ack *items;
    size_t count;
    size_t capacity;
};

static void ack_job_free(struct ack_job *batch)
{
    arena_release(&batch->arena);
    free(batch->items);
    free(batch);
}

static enum err ack_save(struct core_tx *tx, const struct ack *ack)
{
    struct chat_ref ref = { 0 };
    if (ack->kind == 0)
        return device_cursor_done(tx->db, ack->user, ack->device, ack->seq);
    enum err err = policy_chat(tx, ack->user, ack->kind, ack->dst, &ref);
    if (err != OK)
        return err == ERR_NOT_FOUND || err == ERR_DENIED ? OK : err; /* It was there when the client had it. */
    return device_cursor_save(tx->db, ack->user, ack->device, ref.chat, ack->seq, ack->mver);
}

static enum err ack_job_run(struct core_job *job, struct core_tx *tx)
{
    struct ack_job *batch = (struct ack_job *)job;
    enum err err = OK;
    for (size_t i = 0; err == OK && i < batch->count; i++)
        err = ack_save(tx, &batch->items[i]);
    return err;
}

static void ack_job_finished(struct core_job *job)
{
    ack_job_free((struct ack_job *)job);
}

static struct ack *ack_find(struct ack_job *batch, const struct ack *like)
{
    for (size_t i = 0; i < LOOK_BACK && i < batch->count; i++) {
        struct ack *ack = &batch->items[batch->count - 1 - i];
        if (ack->device == like->device && ack->user == like->user && ack->kind == like->kind &&
            str_equal(ack->dst, like->dst))
            return ack;
    }
    return NULL;
}

static void ack_keep(struct shard *shard, const struct ack *ack)
{
    if (shard->acks == NULL) {
        shard->acks = mem_zalloc(sizeof(*shard->acks));
        shard->acks->job.run = ack_job_run;
        shard->acks->job.finished = ack_job_finished;
    }
    struct ack_job *batch = shard->acks;
    struct ack *same = ack_find(batch, ack);
    if (same != NULL) {
        same->seq = ack->seq > same->seq ? ack->seq : same->seq;
        same->mver = ack->mver > same->mver ? ack->mver : same->mver;
        return;
    }
    if (batch->count == BATCH_MAX) {
        acks_flush(shard);
        if (shard->acks == NULL)
            ack_keep(shard, ack);
        return; /* Or the writer is full: the device may get this again. */
    }
    if (batch->count == batch->capacity) {
        batch->capacity = batch->capacity == 0 ? 16 : batch->capacity * 2;
        batch->items = mem_realloc(batch->items, batch->capacity * sizeof(*batch->items));
    }
    struct ack *kept = &batch->items[batch->count++];
    *kept = *ack;
    kept->dst = ack->dst.size == 0 ? STR_NONE : arena_str(&batch->arena, ack->dst);
}

enum err ack_taken(struct session *session, const struct json *frame)
{
    struct action_call call = { .args = frame };
    struct ack ack = { .user = session->user, .device = session->named };
    if (json_get(frame, "pver") != NULL && json_get(frame, "chat") == NULL) {
        if (!arg_i64(&call, "pver", &ack.seq) || ack.seq < 0)
            return ERR_ARG;
    } else if (!arg_chat(&call, &ack.kind, &ack.dst) || !arg_i64(&call, "seq", &ack.seq) ||
               !arg_i64(&call, "mver", &ack.mver) || ack.seq < 0 || ack.mver < 0) {
        return ERR_ARG;
    }
    ack_keep(session->shard, &ack);
    return OK;
}

void acks_flush(struct shard *shard)
{
    if (shard->acks == NULL)
        return;
    if (core_submit(shard->service->core, &shard->acks->job) == OK)
        shard->acks = NULL;
}

void acks_drop(struct shard *shard)
{
    if (shard->acks != NULL)
        ack_job_free(shard->acks);
    shard->acks = NULL;
}
