/* message.c: the log. */
#include "store/message.h"

#include "os/clock.h"
#include "store/message_row.h"

static enum err read_i64(struct query_call *call, int64_t *value)
{
    if (call_row(call))
        *value = call_column_i64(call, 0);
    return call_end(call);
}

enum err message_head(struct db *db, int64_t chat, int64_t *seq)
{
    struct query_call call = call_start(db, QUERY_MESSAGE_HEAD);
    call_i64(&call, chat);
    return read_i64(&call, seq);
}

enum err message_last_id(struct db *db, int64_t *id)
{
    struct query_call call = call_start(db, QUERY_MESSAGE_LAST_ID);
    return read_i64(&call, id);
}

enum err message_insert(struct db *db, const struct message *message)
{
    struct query_call call = call_start(db, QUERY_MESSAGE_INSERT);
    call_i64(&call, message->id);
    call_i64(&call, message->chat);
    call_i64(&call, message->seq);
    call_i64(&call, message->sender);
    call_i64(&call, message->type);
    call_i64(&call, message->created_ms);
    call_text(&call, message->content);
    call_text(&call, message->cid);
    if (message->cid.ptr != NULL)
        call_i64(&call, message->digest);
    else
        call_text(&call, STR_NONE);
    call_text(&call, message->attrs);
    if (message->expires_ms != 0)
        call_i64(&call, message->expires_ms);
    else
        call_text(&call, STR_NONE);
    return call_finish(&call);
}

enum err message_by_cid(struct db *db, int64_t chat, int64_t sender, struct str cid, struct message *out)
{
    enum err missing = ERR_NOT_FOUND;
    struct query_call call = call_start(db, QUERY_MESSAGE_BY_CID);
    call_text(&call, cid);
    call_i64(&call, chat);
    call_i64(&call, sender);
    if (call_row(&call)) {
        *out = (struct message){
            .id = call_column_i64(&call, 0),
            .chat = chat,
            .seq = call_column_i64(&call, 1),
            .sender = sender,
            .created_ms = call_column_i64(&call, 2),
            .digest = call_column_i64(&call, 3),
        };
        missing = OK;
    }
    enum err err = call_end(&call);
    return err != OK ? err : missing;
}

/* A message whose time has come is gone for whoever reads it, also before the row is emptied (chat/change.h). */
static bool message_over(const struct message *message)
{
    return message->expires_ms != 0 && message->expires_ms <= clock_wall_ms();
}

void message_read(struct query_call *call, struct arena *arena, struct message *out)
{
    *out = (struct message){
        .id = call_column_i64(call, 0),
        .chat = call_column_i64(call, 1),
        .seq = call_column_i64(call, 2),
        .sender = call_column_i64(call, 3),
        .type = call_column_i64(call, 4),
        .created_ms = call_column_i64(call, 5),
        .content = STR(""),
        .sender_email = call_column_text(call, arena, 7),
        .state = call_column_i64(call, 8),
        .flags = call_column_i64(call, 9) & ~(int64_t)MESSAGE_FLAGS_BYTE, /* Also of what is over: wiping asks. */
        .cid = call_column_text(call, arena, 10),
        .digest = call_column_i64(call, 11),
        .expires_ms = call_column_i64(call, 13),
    };
    if (out->state == MESSAGE_THERE && message_over(out)) {
        out->state = MESSAGE_DELETED;
        return;
    }
    out->content = call_column_text(call, arena, 6);
    out->attrs = call_column_text(call, arena, 12);
}

static void reverse(struct message_list *list)
{
    for (size_t i = 0; i < list->count / 2; i++) {
        struct message row = list->rows[i];
        list->rows[i] = list->rows[list->count - 1 - i];
        list->rows[list->count - 1 - i] = row;
    }
}

enum err mention_insert(struct db *db, int64_t user, int64_t chat, int64_t seq)
{
    struct query_call call = call_start(db, QUERY_MENTION_INSERT);
    call_i64(&call, user);
    call_i64(&call, chat);
    call_i64(&call, seq);
    enum err err = call_finish(&call);
    return err == ERR_EXISTS ? OK : err;
}

enum err message_senders_after(struct db *db, struct arena *arena, int64_t id, size_t limit, struct sent_list *out)
{
    size_t capacity = 0;
    struct query_call call = call_start(db, QUERY_MESSAGE_SENDERS);
    *out = (struct sent_list){ 0 };
    call_i64(&call, id);
    call_i64(&call, (int64_t)limit);
    while (call_row(&call)) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof *out->rows);
        out->rows[out->count++] = (struct sent){
            .id = call_column_i64(&call, 0),
            .chat = call_column_i64(&call, 1),
            .seq = call_column_i64(&call, 2),
            .user = call_column_i64(&call, 3),
        };
    }
    return call_end(&call);
}

enum err message_get(struct db *db, struct arena *arena, int64_t chat, int64_t seq, struct message *out)
{
    enum err missing = ERR_NOT_FOUND;
    struct query_call call = call_start(db, QUERY_MESSAGE_GET);
    call_i64(&call, chat);
    call_i64(&call, seq);
    if (call_row(&call)) {
        message_read(&call, arena, out);
        missing = OK;
    }
    enum err err = call_end(&call);
    return err != OK ? err : missing;
}

/* Up to QUERY_BATCH of them. The rows ascend. */
static enum err some_get(struct db *db, struct arena *arena, int64_t chat, const int64_t *seqs, size_t count,
                         struct message *out)
{
    size_t taken = 0;
    bool ascend = count > 1 && seqs[0] < seqs[1];
    struct query_call call = call_start(db, QUERY_MESSAGE_GET_SEQS);
    call_i64(&call, chat);
    for (size_t i = 0; i < QUERY_BATCH; i++)
        call_i64(&call, seqs[i < count ? i : count - 1]);
    for (; taken < count && call_row(&call); taken++)
        message_read(&call, arena, &out[ascend ? taken : count - 1 - taken]);
    enum err err = call_end(&call);
    return err == OK && taken < count ? ERR_NOT_FOUND : err;
}

enum err message_get_all(struct db *db, struct arena *arena, int64_t chat, const int64_t *seqs, size_t count,
                         struct message *out)
{
    enum err err = OK;
    for (size_t i = 0, some; err == OK && i < count; i += some) {
        some = count - i < QUERY_BATCH ? count - i : QUERY_BATCH;
        err = some == 1 ? message_get(db, arena, chat, seqs[i], &out[i])
                        : some_get(db, arena, chat, seqs + i, some, out + i);
    }
    return err;
}

enum err message_by_id(struct db *db, struct arena *arena, int64_t id, struct message *out)
{
    enum err missing = ERR_NOT_FOUND;
    struct query_call call = call_start(db, QUERY_MESSAGE_BY_ID);
    call_i64(&call, id);
    if (call_row(&call)) {
        message_read(&call, arena, out);
        missing = OK;
    }
    enum err err = call_end(&call);
    return err != OK ? err : missing;
}

enum err message_after(struct db *db, struct arena *arena, int64_t after, size_t limit, struct message_list *out)
{
    size_t capacity = 0;
    size_t bytes = 0;
    struct query_call call = call_start(db, QUERY_MESSAGE_AFTER);
    *out = (struct message_list){ 0 };
    call_i64(&call, after);
    call_i64(&call, (int64_t)limit);
    while (bytes < MESSAGE_AFTER_BYTES_MAX && call_row(&call)) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof *out->rows);
        message_read(&call, arena, &out->rows[out->count++]);
        bytes += out->rows[out->count - 1].content.size;
    }
    return call_end(&call);
}

/* Rows up to the bound of bytes; *full: it was reached. */
static enum err rows_read(struct query_call *call, struct arena *arena, struct message_list *out, bool *full)
{
    size_t capacity = 0;
    size_t bytes = 0;
    *out = (struct message_list){ 0 };
    while (bytes < MESSAGE_PAGE_BYTES_MAX && call_row(call)) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof *out->rows);
        message_read(call, arena, &out->rows[out->count++]);
        bytes += out->rows[out->count - 1].content.size;
    }
    *full = bytes >= MESSAGE_PAGE_BYTES_MAX;
    return call_end(call);
}

static enum err page_read(struct db *db, struct arena *arena, enum query query, int64_t chat, int64_t bound,
                          size_t limit, struct message_list *out)
{
    bool full;
    struct query_call call = call_start(db, query);
    call_i64(&call, chat);
    call_i64(&call, bound);
    call_i64(&call, (int64_t)limit);
    return rows_read(&call, arena, out, &full);
}

enum err message_page(struct db *db, struct arena *arena, int64_t chat, int64_t before, size_t limit,
                      struct message_list *out)
{
    enum err err = page_read(db, arena, QUERY_MESSAGE_PAGE, chat, before == 0 ? INT64_MAX : before, limit, out);
    reverse(out); /* read newest first */
    return err;
}

enum err message_page_from(struct db *db, struct arena *arena, int64_t chat, int64_t from, size_t limit,
                           struct message_list *out)
{
    return page_read(db, arena, QUERY_MESSAGE_PAGE_FROM, chat, from, limit, out);
}

static struct query_call view_start(struct db *db, enum query query, const struct message_range *range)
{
    struct query_call call = call_start(db, query);
    call_i64(&call, range->chat);
    call_i64(&call, range->from > range->min ? range->from : range->min);
    call_i64(&call, range->before == 0 ? INT64_MAX : range->before);
    call_i64(&call, range->user);
    return call;
}

enum err message_view(struct db *db, struct arena *arena, const struct message_range *range, struct message_list *out,
                      bool *more)
{
    bool forward = range->from > 0;
    struct query_call call = view_start(db, forward ? QUERY_MESSAGE_VIEW_FROM : QUERY_MESSAGE_VIEW_BEFORE, range);
    call_i64(&call, (int64_t)range->limit + 1); /* One row more says whether there is more. */
    enum err err = rows_read(&call, arena, out, more);
    if (out->count > range->limit) {
        out->count = range->limit;
        *more = true;
    }
    if (!forward)
        reverse(out);
    return err;
}

enum err message_view_v1(struct db *db, struct arena *arena, const struct message_range *range,
                         struct message_list *out)
{
    bool full;
    struct query_call call = view_start(db, QUERY_MESSAGE_VIEW_V1, range);
    call_i64(&call, (int64_t)range->limit);
    enum err err = rows_read(&call, arena, out, &full);
    reverse(out);
    return err;
}

/* The first message from that seq on. *found false: there is none. */
static enum err created_read(struct db *db, int64_t chat, int64_t from, int64_t *seq, int64_t *created_ms, bool *found)
{
    struct query_call call = call_start(db, QUERY_MESSAGE_CREATED);
    call_i64(&call, chat);
    call_i64(&call, from);
    *found = call_row(&call);
    if (*found) {
        *seq = call_column_i64(&call, 0);
        *created_ms = call_column_i64(&call, 1);
    }
    return call_end(&call);
}

enum err message_since(struct db *db, int64_t chat, int64_t min, int64_t head, int64_t since_ms, int64_t *seq)
{
    int64_t low = min; /* Everything below low was before, what stands at high, if anything, was not. */
    int64_t high = head >= min ? head + 1 : min;
    enum err err = OK;
    while (low < high && err == OK) {
        int64_t middle = low + (high - low) / 2;
        int64_t at = 0;
        int64_t created_ms = 0;
        bool found;
        err = created_read(db, chat, middle, &at, &created_ms, &found);
        if (err == OK && found && at < high && created_ms < since_ms)
            low = at + 1;
        else
            high = middle;
    }
    *seq = high;
    return err;
}

enum err message_sender(struct db *db, int64_t chat, int64_t seq, int64_t *sender)
{
    enum err missing = ERR_NOT_FOUND;
    struct query_call call = call_start(db, QUERY_MESSAGE_SENDER);
    call_i64(&call, chat);
    call_i64(&call, seq);
    if (call_row(&call)) {
        *sender = call_column_i64(&call, 0);
        missing = OK;
    }
    enum err err = call_end(&call);
    return err != OK ? err : missing;
}

enum err message_gone_count(struct db *db, int64_t chat, int64_t after, int64_t *count)
{
    struct query_call call = call_start(db, QUERY_MESSAGE_GONE_COUNT);
    call_i64(&call, chat);
    call_i64(&call, after);
    return read_i64(&call, count);
}

enum err mention_next(struct db *db, int64_t user, int64_t chat, int64_t after, int64_t *seq)
{
    struct query_call call = call_start(db, QUERY_MENTION_NEXT);
    call_i64(&call, user);
    call_i64(&call, chat);
    call_i64(&call, after);
    return read_i64(&call, seq);
}
