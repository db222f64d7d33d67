/* backlog.c: what a device has not been given yet, over all its chats, in the
 * order it was written.
 * A merge by id: each pending chat looks a few rows ahead in the index on
 * (chat, seq), which holds the id, so no row is touched before it is due. A
 * look that is used up is followed by one of twice the size: many small chats
 * cost a short look each, and one long chat costs few. */
#include <assert.h>

#include "store/message_row.h"

#define LOOK_FIRST 8
#define LOOK_MAX 512
#define PAGE_BYTES_MAX ((size_t)64 * 1024) /* of contents; one message more is taken than fits */

struct look {
    int64_t seq;
    int64_t id;
};

/* One pending chat's part of the merge. */
struct run {
    struct member_chat *chat;
    struct look *looks;
    size_t at;
    size_t count;
    size_t size; /* of the latest look; fewer rows than this were its last */
};

/* A heap of runs, the smallest next id on top. */
struct merge {
    struct run *runs;
    size_t count;
};

static int64_t run_id(const struct run *run)
{
    return run->looks[run->at].id;
}

static void merge_sink(struct merge *merge, size_t at)
{
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < merge->count; child++)
            if (run_id(&merge->runs[child]) < run_id(&merge->runs[least]))
                least = child;
        if (least == at)
            return;
        struct run run = merge->runs[at];
        merge->runs[at] = merge->runs[least];
        merge->runs[least] = run;
        at = least;
    }
}

/* Reads the next looks of the run. None left: the chat is wholly delivered. */
static enum err run_look(struct db *db, struct arena *arena, struct run *run, size_t size)
{
    if (size > run->size)
        run->looks = arena_alloc(arena, size * sizeof *run->looks);
    run->at = 0;
    run->count = 0;
    run->size = size;
    struct query_call call = call_start(db, QUERY_MESSAGE_LOOK);
    call_i64(&call, run->chat->chat);
    call_i64(&call, run->chat->delivered);
    call_i64(&call, run->chat->head);
    call_i64(&call, (int64_t)size);
    while (call_row(&call)) {
        assert(run->count < size);
        run->looks[run->count++] = (struct look){ .seq = call_column_i64(&call, 0), .id = call_column_i64(&call, 1) };
    }
    enum err err = call_end(&call);
    if (err == OK && run->count == 0)
        run->chat->delivered = run->chat->head;
    return err;
}

static enum err merge_start(struct db *db, struct arena *arena, struct merge *merge, struct member_chat *chats,
                            size_t count, size_t limit)
{
    size_t first = limit < LOOK_FIRST ? limit : LOOK_FIRST;
    merge->runs = arena_alloc(arena, count * sizeof *merge->runs);
    merge->count = 0;
    for (size_t i = 0; i < count; i++) {
        if (chats[i].delivered >= chats[i].head)
            continue;
        struct run run = { .chat = &chats[i] };
        enum err err = run_look(db, arena, &run, first);
        if (err != OK)
            return err;
        if (run.count > 0)
            merge->runs[merge->count++] = run;
    }
    for (size_t at = merge->count / 2; at-- > 0;)
        merge_sink(merge, at);
    return OK;
}

/* Moves the top run past its next row, which was taken. */
static enum err merge_advance(struct db *db, struct arena *arena, struct merge *merge)
{
    struct run *top = &merge->runs[0];
    top->chat->delivered = top->looks[top->at++].seq;
    if (top->at == top->count) {
        bool more = top->count == top->size && top->chat->delivered < top->chat->head;
        top->count = 0;
        if (more) {
            enum err err = run_look(db, arena, top, top->size < LOOK_MAX ? top->size * 2 : LOOK_MAX);
            if (err != OK)
                return err;
        } else {
            top->chat->delivered = top->chat->head;
        }
        if (top->count == 0)
            *top = merge->runs[--merge->count];
    }
    merge_sink(merge, 0);
    return OK;
}

static enum err take_message(struct db *db, struct arena *arena, int64_t id, struct message_list *out)
{
    struct query_call call = call_start(db, QUERY_MESSAGE_BY_ID);
    call_i64(&call, id);
    if (call_row(&call))
        message_read(&call, arena, &out->rows[out->count++]);
    return call_end(&call);
}

enum err message_backlog(struct db *db, struct arena *arena, struct member_chat *chats, size_t count, size_t limit,
                         struct message_list *out, bool *more)
{
    struct merge merge;
    size_t capacity = 0;
    size_t bytes = 0;
    *out = (struct message_list){ 0 };
    *more = false;
    assert(limit > 0);
    enum err err = merge_start(db, arena, &merge, chats, count, limit);
    while (err == OK && merge.count > 0 && out->count < limit && bytes < PAGE_BYTES_MAX) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof *out->rows);
        err = take_message(db, arena, run_id(&merge.runs[0]), out);
        if (err == OK && out->count > 0)
            bytes += out->rows[out->count - 1].content.size;
        if (err == OK)
            err = merge_advance(db, arena, &merge);
    }
    *more = merge.count > 0;
    return err;
}
