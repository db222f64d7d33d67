/* backlog.c: what a device has not been given yet, over all its chats, in the
 * order it was written.
 * A merge by id: each pending chat looks a few rows ahead in the index on
 * (chat, seq), which holds the id, so no row is touched before it is due. A
 * look that is used up is followed by one of twice the size: many small chats
 * cost a short look each, and one long chat costs few. First looks and the
 * messages are read many in a statement: one each would be a round trip each. */
#include <assert.h>

#include "store/message_row.h"

#define LOOK_FIRST 8
#define LOOK_MAX 512
#define PAGE_BYTES_MAX ((size_t)64 * 1024) /* of contents; one message more is taken than fits */
#define DUE_FIRST 8 /* messages that are read at once before it is seen how long they are; then QUERY_BATCH */

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

/* The first looks of up to QUERY_LOOKS chats. */
static enum err runs_look(struct db *db, struct arena *arena, struct run *runs, size_t count, size_t size)
{
    struct query_call call = call_start(db, QUERY_MESSAGE_LOOKS);
    for (size_t i = 0; i < QUERY_LOOKS; i++) {
        call_i64(&call, i < count ? runs[i].chat->chat : 0);
        call_i64(&call, i < count ? runs[i].chat->delivered : 0);
        call_i64(&call, i < count ? runs[i].chat->head : 0);
        call_i64(&call, (int64_t)size);
    }
    for (size_t i = 0; i < count; i++) {
        runs[i].looks = arena_alloc(arena, size * sizeof *runs[i].looks);
        runs[i].size = size;
    }
    while (call_row(&call)) {
        int64_t chat = call_column_i64(&call, 0);
        size_t i = 0;
        while (i < count && runs[i].chat->chat != chat)
            i++;
        assert(i < count && runs[i].count < size);
        /* What a union gives has no order of its own. */
        struct look look = { .seq = call_column_i64(&call, 1), .id = call_column_i64(&call, 2) };
        size_t at = runs[i].count++;
        for (; at > 0 && runs[i].looks[at - 1].seq > look.seq; at--)
            runs[i].looks[at] = runs[i].looks[at - 1];
        runs[i].looks[at] = look;
    }
    enum err err = call_end(&call);
    for (size_t i = 0; err == OK && i < count; i++)
        if (runs[i].count == 0)
            runs[i].chat->delivered = runs[i].chat->head;
    return err;
}

static enum err merge_start(struct db *db, struct arena *arena, struct merge *merge, struct member_chat *chats,
                            size_t count, size_t limit)
{
    size_t first = limit < LOOK_FIRST ? limit : LOOK_FIRST;
    size_t pending = 0;
    enum err err = OK;
    merge->runs = arena_alloc(arena, count * sizeof *merge->runs);
    merge->count = 0;
    for (size_t i = 0; i < count; i++)
        if (chats[i].delivered < chats[i].head)
            merge->runs[pending++] = (struct run){ .chat = &chats[i] };
    for (size_t i = 0, some; err == OK && i < pending; i += some) {
        some = pending - i < QUERY_LOOKS ? pending - i : QUERY_LOOKS;
        err = some == 1 ? run_look(db, arena, &merge->runs[i], first)
                        : runs_look(db, arena, &merge->runs[i], some, first);
    }
    for (size_t i = 0; err == OK && i < pending; i++)
        if (merge->runs[i].count > 0)
            merge->runs[merge->count++] = merge->runs[i];
    for (size_t at = merge->count / 2; at-- > 0;)
        merge_sink(merge, at);
    return err;
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

/* A row that is due, and where its chat stood before it. */
struct due {
    int64_t id;
    struct member_chat *chat;
    int64_t delivered;
};

/* Takes up to max from the merge, whose order they keep. */
static enum err due_take(struct db *db, struct arena *arena, struct merge *merge, struct due *due, size_t max,
                         size_t *count)
{
    enum err err = OK;
    for (*count = 0; err == OK && *count < max && merge->count > 0; ++*count) {
        const struct run *top = &merge->runs[0];
        due[*count] = (struct due){ .id = run_id(top), .chat = top->chat, .delivered = top->chat->delivered };
        err = merge_advance(db, arena, merge);
    }
    return err;
}

/* Reads what is due until the page is full. *given: so many of them are in it, or are gone. */
static enum err due_read(struct db *db, struct arena *arena, const struct due *due, size_t count, size_t *bytes,
                         struct message_list *out, size_t *given)
{
    struct query_call call = call_start(db, count == 1 ? QUERY_MESSAGE_BY_ID : QUERY_MESSAGE_BY_IDS);
    for (size_t i = 0; i < (count == 1 ? 1 : QUERY_BATCH); i++)
        call_i64(&call, due[i < count ? i : count - 1].id);
    while (*bytes < PAGE_BYTES_MAX && call_row(&call)) {
        struct message *message = &out->rows[out->count++];
        message_read(&call, arena, message);
        *bytes += message->content.size;
    }
    *given = count;
    if (*bytes >= PAGE_BYTES_MAX)
        for (*given = 0; due[*given].id <= out->rows[out->count - 1].id && ++*given < count;)
            ;
    return call_end(&call);
}

/* Those after the first given ones stay where they were. */
static void due_give_back(const struct due *due, size_t given, size_t count)
{
    while (count-- > given)
        due[count].chat->delivered = due[count].delivered;
}

enum err message_backlog(struct db *db, struct arena *arena, struct member_chat *chats, size_t count, size_t limit,
                         struct message_list *out, bool *more)
{
    struct merge merge;
    struct due due[QUERY_BATCH];
    size_t bytes = 0;
    size_t at_once = DUE_FIRST;
    *out = (struct message_list){ 0 };
    *more = false;
    assert(limit > 0);
    enum err err = merge_start(db, arena, &merge, chats, count, limit);
    while (err == OK && merge.count > 0 && out->count < limit && bytes < PAGE_BYTES_MAX) {
        size_t room = limit - out->count;
        size_t taken;
        size_t given = 0;
        err = due_take(db, arena, &merge, due, room < at_once ? room : at_once, &taken);
        at_once = QUERY_BATCH;
        if (err == OK && out->rows == NULL)
            out->rows = arena_alloc(arena, (merge.count > 0 ? limit : taken) * sizeof *out->rows);
        if (err == OK)
            err = due_read(db, arena, due, taken, &bytes, out, &given);
        if (err == OK)
            due_give_back(due, given, taken);
        *more |= given < taken;
    }
    *more |= merge.count > 0;
    return err;
}
