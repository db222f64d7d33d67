/* catchup.c: from the store to a live session.
 * Between the snapshot and the moment the session goes live, events go on
 * arriving. Three things make the seam tight: an event that came before the
 * session was known here is noticed by the batches' numbers and the snapshot
 * taken again; one that comes while pages are pushed waits; and one that the
 * snapshot already held is recognised by its seq. */
#include "live/catchup.h"

#include "live/frame_v1.h"
#include "chat/history.h"
#include "os/log.h"
#include "store/device.h"
#include "store/user.h"
#include "util/mem.h"

#include <stdlib.h>

#define PAGE_MESSAGES ((size_t)256)

/* A snapshot or its next page with a worker. */
struct load_job {
    struct pool_job pool; /* first */
    struct loop_mail mail;
    struct shard *shard;
    uint64_t session;
    int64_t user;
    int64_t device;
    bool v2;
    struct snapshot *snapshot; /* NULL: a new one is loaded */
    struct pushed_list have;   /* for a new one: the session's own, copied */
    enum err result;
};

struct snapshot *snapshot_new(void)
{
    return mem_zalloc(sizeof(struct snapshot));
}

void snapshot_free(struct snapshot **snapshot)
{
    if (*snapshot == NULL)
        return;
    arena_release(&(*snapshot)->arena);
    free(*snapshot);
    *snapshot = NULL;
}

static enum err page_load(struct reader *reader, int64_t user, struct snapshot *snapshot)
{
    snapshot->page = (struct message_list){ 0 };
    snapshot->more = false;
    return history_backlog(reader->db, &snapshot->arena, user, snapshot->chats.rows, snapshot->chats.count,
                           PAGE_MESSAGES, &snapshot->page, &snapshot->more);
}

/* The device's cursors lag behind what this session has been pushed: a snapshot
 * that is taken again goes on where the last one ended. */
static void positions_advance(struct member_chat_list *chats, const struct pushed_list *have)
{
    for (size_t i = 0; i < chats->count; i++) {
        int64_t seq = pushed_seq(have, chats->rows[i].chat);
        if (seq > chats->rows[i].delivered)
            chats->rows[i].delivered = seq;
    }
}

enum err snapshot_load(struct service *service, struct reader *reader, int64_t user, int64_t device, bool v2,
                       const struct pushed_list *have, struct snapshot *snapshot)
{
    enum err err = core_read_begin(service->core, reader->db, &snapshot->published_before);
    if (err != OK)
        return err;
    struct device login;
    err = device_get(reader->db, device, &login);
    if (err != OK) {
        db_read_end(reader->db);
        return err == ERR_NOT_FOUND ? ERR_DENIED : err;
    }
    err = v2 ? member_ids(reader->db, &snapshot->arena, user, &snapshot->chats)
             : member_chats(reader->db, &snapshot->arena, user, device, &snapshot->chats);
    snapshot->fence = core_fence(service->core, snapshot->published_before);
    if (err == OK && have != NULL)
        positions_advance(&snapshot->chats, have);
    if (err == OK)
        err = page_load(reader, user, snapshot);
    db_read_end(reader->db);
    return err;
}

static void load_free(struct load_job *load)
{
    snapshot_free(&load->snapshot);
    pushed_release(&load->have);
    free(load);
}

static void load_arrived(struct loop_mail *mail, struct loop *loop);

static void load_run(struct pool_job *job, void *thread_context)
{
    struct load_job *load = (struct load_job *)job;
    struct reader *reader = thread_context;
    if (load->snapshot == NULL) {
        load->snapshot = snapshot_new();
        load->result = snapshot_load(load->shard->service, reader, load->user, load->device, load->v2, &load->have,
                                     load->snapshot);
    } else {
        load->result = page_load(reader, load->user, load->snapshot);
    }
    load->mail.run = load_arrived;
    loop_post(load->shard->loop, &load->mail);
}

/* snapshot NULL asks for a new one; else for the next page of that one. */
static void load_submit(struct session *session, struct snapshot *snapshot)
{
    struct load_job *load = mem_zalloc(sizeof(*load));
    load->pool.run = load_run;
    load->shard = session->shard;
    load->session = session->id;
    load->user = session->user;
    load->device = session->device;
    load->v2 = session->v2;
    load->snapshot = snapshot;
    if (snapshot == NULL)
        pushed_copy(&session->pushed, &load->have);
    session->loading = true;
    if (pool_submit(session->shard->service->readers, &load->pool) != OK) {
        load_free(load);
        session_close(session, WS_CLOSE_TRY_LATER, STR("busy"));
    }
}

static void go_live(struct session *session)
{
    session->live = true;
    if (session->v2)
        session_hello(session);
    session->fence = session->snapshot->fence;
    snapshot_free(&session->snapshot);
    struct waiting_list waiting = session->waiting;
    session->waiting = (struct waiting_list){ 0 };
    for (uint32_t i = 0; i < waiting.count; i++) {
        const struct waiting *frame = &waiting.items[i];
        if (frame->chat == 0)
            session_push(session, frame->payload);
        else
            session_push_message(session, frame->chat, frame->seq, frame->payload);
    }
    waiting_release(&waiting);
    if (session->v2)
        session_resume(session); /* What it sent meanwhile. */
}

/* The whole page leaves as one payload. Returns how many were pushed; what is not shown is passed all the same, so
 * that the device's cursor moves on. */
static size_t page_push(struct session *session)
{
    struct shard *shard = session->shard;
    const struct message_list *page = &session->snapshot->page;
    bool escape = shard->service->conf->escape_html;
    size_t count = 0;
    size_t passed = 0;
    buf_clear(&shard->frame);
    for (size_t i = 0; i < page->count; i++) {
        const struct message *message = &page->rows[i];
        if (pushed_seq(&session->pushed, message->chat) >= message->seq)
            continue;
        session_pushed(session, message->chat, message->seq);
        passed++;
        if (message->type == MESSAGE_TYPE_NOTICE || message->hidden)
            continue;
        struct v1_message shown = v1_message_stored(message);
        frame_v1_message_append(&shard->frame, &shown, escape);
        count++;
    }
    if (count > 0) {
        struct payload *payload = payload_from(buf_str(&shard->frame));
        session_send(session, payload);
        payload_unref(&payload);
        metric_add(&shard->metrics, METRIC_FRAMES_OUT, (int64_t)count);
        metric_add(&shard->metrics, METRIC_BACKLOG_PUSHED, (int64_t)count);
    }
    if (passed > 0)
        session_ping(session);
    session->snapshot->page = (struct message_list){ 0 };
    return count;
}

/* What to do after a page has left, or when it was empty. */
static void catchup_next(struct session *session)
{
    struct snapshot *snapshot = session->snapshot;
    if (snapshot->more) {
        /* The chats' positions move to a fresh arena: a long backlog must not
         * be kept in memory page by page. */
        struct arena fresh = { 0 };
        size_t size = snapshot->chats.count * sizeof(*snapshot->chats.rows);
        struct member_chat *rows = arena_alloc(&fresh, size);
        memcpy(rows, snapshot->chats.rows, size);
        arena_release(&snapshot->arena);
        snapshot->arena = fresh;
        snapshot->chats.rows = rows;
        session->snapshot = NULL;
        load_submit(session, snapshot);
    } else if (session->again) {
        session->again = false;
        waiting_drop_messages(&session->waiting);
        snapshot_free(&session->snapshot);
        load_submit(session, NULL);
    } else if (session->named == 0 || session->placed) {
        go_live(session);
    } /* Else catchup_placed goes on. */
}

static void snapshot_take(struct session *session)
{
    if (page_push(session) == 0)
        catchup_next(session);
    /* Else the outbox tells when the page has left. */
}

static void rooms_enter(struct session *session)
{
    const struct member_chat_list *chats = &session->snapshot->chats;
    for (size_t i = 0; i < chats->count; i++)
        if (!chat_id_is_direct(chats->rows[i].chat))
            room_enter(session->shard, session, chats->rows[i].chat);
}

void catchup_begin(struct session *session)
{
    rooms_enter(session);
    if (session->shard->delivered_number > session->snapshot->published_before)
        session->again = true;
    snapshot_take(session);
}

void catchup_drained(struct session *session)
{
    if (!session->loading && session->snapshot != NULL)
        catchup_next(session);
}

void catchup_placed(struct shard *shard, uint64_t id)
{
    struct session *session = session_find(shard, id);
    if (session == NULL || session->closing)
        return;
    session->placed = true;
    catchup_drained(session);
}

static void load_arrived(struct loop_mail *mail, struct loop *loop)
{
    (void)loop;
    struct load_job *load = (struct load_job *)((char *)mail - offsetof(struct load_job, mail));
    struct session *session = session_find(load->shard, load->session);
    if (session != NULL && !session->closing && load->result == ERR_DENIED) {
        session_end(session, "revoked", 0);
    } else if (session != NULL && !session->closing && load->result != OK) {
        log_error("session", "a backlog could not be read", LOG_TEXT("reason", err_text(load->result)));
        session_close(session, WS_CLOSE_INTERNAL, STR("the store can't be read"));
    } else if (session != NULL && !session->closing) {
        session->loading = false;
        session->snapshot = load->snapshot;
        load->snapshot = NULL;
        rooms_enter(session);
        snapshot_take(session);
    }
    load_free(load);
}
