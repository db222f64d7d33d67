/* index_write.c: whole segments in, single messages out and in again. */
#include "search/index_private.h"

#include "search/postings.h"

enum err index_set_mutation(struct index *index, int64_t mutation)
{
    sqlite3_stmt *stmt;
    enum err err = index_start(index, MUTATION_SET, &stmt);
    if (err != OK)
        return err;
    sqlite3_bind_int64(stmt, 1, mutation);
    return index_finish(index, stmt);
}

static enum err posting_write(struct index *index, enum statement statement, int64_t segment, struct str token,
                              struct str docs)
{
    sqlite3_stmt *stmt;
    enum err err = index_start(index, statement, &stmt);
    if (err != OK)
        return err;
    sqlite3_bind_int64(stmt, 1, segment);
    index_bind(stmt, 2, token);
    if (statement != POSTING_DELETE)
        index_bind(stmt, 3, docs);
    return index_finish(index, stmt);
}

/* chats: how many, their ids, and of every message which of them. */
static void chats_pack(const struct index_columns *columns, struct buf *out)
{
    uint32_t count = (uint32_t)columns->chat_count;
    buf_append(out, &count, sizeof(count));
    buf_append(out, columns->chats, columns->chat_count * sizeof(*columns->chats));
    buf_append(out, columns->chat_of, columns->count * sizeof(*columns->chat_of));
}

static enum err segment_put(struct index *index, const struct segment *segment)
{
    struct index_columns columns = {
        .count = (size_t)(segment->last - segment->first + 1),
        .chats = segment->chats,
        .chat_count = segment->chat_count,
        .chat_of = segment->chat_of,
    };
    struct buf chats = { 0 };
    struct buf senders = { 0 };
    sqlite3_stmt *stmt;
    enum err err = index_start(index, SEGMENT_PUT, &stmt);
    if (err != OK)
        return err;
    if (columns.count > SEGMENT_DOCS)
        columns.count = SEGMENT_DOCS;
    chats_pack(&columns, &chats);
    buf_append(&senders, segment->sender_of, columns.count * sizeof(*segment->sender_of));
    buf_append(&senders, segment->type_of, columns.count * sizeof(*segment->type_of));
    sqlite3_bind_int64(stmt, 1, segment->first);
    sqlite3_bind_int64(stmt, 2, segment->last);
    sqlite3_bind_int64(stmt, 3, segment->begin_ms);
    sqlite3_bind_int64(stmt, 4, segment->end_ms);
    sqlite3_bind_int64(stmt, 5, (int64_t)segment->indexed);
    index_bind(stmt, 6, buf_str(&chats));
    index_bind(stmt, 7, buf_str(&senders));
    err = index_finish(index, stmt);
    buf_release(&chats);
    buf_release(&senders);
    return err;
}

enum err index_append(struct index *index, const struct segment *segment, int64_t mutation)
{
    struct arena arena = { 0 };
    struct buf docs = { 0 };
    struct segment_token **tokens = segment_sorted(segment, &arena);
    enum err err = index_run(index, BEGIN_WRITE);
    if (err == OK)
        err = segment_put(index, segment);
    for (size_t i = 0; err == OK && i < segment->token_count; i++) {
        const struct segment_token *token = tokens[i];
        if (token->count == 0)
            continue;
        buf_clear(&docs);
        postings_pack(token->docs, token->count, &docs);
        err =
            posting_write(index, POSTING_PUT, segment->first, (struct str){ token->text, token->size }, buf_str(&docs));
    }
    if (err == OK)
        err = index_set_mutation(index, mutation);
    err = index_commit(index, err);
    buf_release(&docs);
    arena_release(&arena);
    return err;
}

/* What is left of a token's postings once some messages were taken out. */
struct left {
    struct left *next;
    struct str token;
    struct str docs; /* packed */
};

static enum err left_collect(struct index *index, struct arena *arena, int64_t segment, const struct docs *out_of,
                             struct left **first)
{
    struct buf packed = { 0 };
    sqlite3_stmt *stmt;
    enum err err = index_start(index, POSTING_ALL, &stmt);
    *first = NULL;
    if (err != OK)
        return err;
    sqlite3_bind_int64(stmt, 1, segment);
    while (index_row(index, stmt, &err)) {
        struct docs docs = { 0 };
        uint64_t hit = 0;
        if (!postings_unpack(index_column(stmt, 1), &docs)) {
            err = ERR_PARSE;
            break;
        }
        for (size_t i = 0; i < DOCS_WORDS; i++) {
            hit |= docs.words[i] & out_of->words[i];
            docs.words[i] &= ~out_of->words[i];
        }
        if (hit == 0)
            continue;
        buf_clear(&packed);
        postings_pack_docs(&docs, &packed);
        struct left *left = arena_alloc(arena, sizeof(*left));
        *left = (struct left){ *first, arena_str(arena, index_column(stmt, 0)), arena_str(arena, buf_str(&packed)) };
        *first = left;
    }
    index_reset(stmt);
    buf_release(&packed);
    return err;
}

static enum err left_write(struct index *index, int64_t segment, const struct left *left)
{
    return posting_write(index, left->docs.size == 0 ? POSTING_DELETE : POSTING_SET, segment, left->token, left->docs);
}

static enum err token_put(struct index *index, int64_t segment, struct str token, unsigned number, struct buf *scratch)
{
    struct term_key key = { token, false };
    struct docs docs = { 0 };
    enum err err = index_find(index, segment, &key, &docs);
    if (err != OK || docs_has(&docs, number))
        return err;
    docs_add(&docs, number);
    buf_clear(scratch);
    postings_pack_docs(&docs, scratch);
    return posting_write(index, POSTING_SET, segment, token, buf_str(scratch));
}

static enum err message_put(struct index *index, int64_t segment, const struct segment_message *message)
{
    struct buf packed = { 0 };
    enum err err = OK;
    for (size_t i = 0; err == OK && i < message->token_count; i++)
        err = token_put(index, segment, message->tokens[i], (unsigned)(message->id - segment), &packed);
    buf_release(&packed);
    return err;
}

static enum err chats_set(struct index *index, int64_t segment, const struct index_columns *columns, int64_t gone)
{
    struct buf chats = { 0 };
    sqlite3_stmt *stmt;
    enum err err = index_start(index, SEGMENT_SET_CHATS, &stmt);
    if (err != OK)
        return err;
    chats_pack(columns, &chats);
    index_bind(stmt, 1, buf_str(&chats));
    sqlite3_bind_int64(stmt, 2, gone);
    sqlite3_bind_int64(stmt, 3, segment);
    err = index_finish(index, stmt);
    buf_release(&chats);
    return err;
}

static enum err replace_in(struct index *index, struct arena *arena, int64_t segment,
                           const struct segment_message *messages, size_t count)
{
    struct index_columns columns;
    struct docs out_of = { 0 };
    struct left *left = NULL;
    int64_t gone = 0;
    enum err err = index_columns(index, arena, segment, false, &columns);
    if (err != OK)
        return err;
    uint16_t *chat_of = arena_alloc(arena, columns.count * sizeof(*chat_of) + 1);
    memcpy(chat_of, columns.chat_of, columns.count * sizeof(*chat_of));
    for (size_t i = 0; i < count; i++) {
        size_t number = (size_t)(messages[i].id - segment);
        if (number >= columns.count || chat_of[number] == SEGMENT_NO_CHAT)
            continue;
        docs_add(&out_of, (unsigned)number);
        if (!messages[i].indexed) {
            chat_of[number] = SEGMENT_NO_CHAT;
            gone++;
        }
    }
    columns.chat_of = chat_of;
    err = left_collect(index, arena, segment, &out_of, &left);
    for (; err == OK && left != NULL; left = left->next)
        err = left_write(index, segment, left);
    for (size_t i = 0; err == OK && i < count; i++)
        if (messages[i].indexed && docs_has(&out_of, (unsigned)(messages[i].id - segment)))
            err = message_put(index, segment, &messages[i]);
    if (err == OK && gone > 0)
        err = chats_set(index, segment, &columns, gone);
    return err;
}

enum err index_replace(struct index *index, const struct segment_message *messages, size_t count, size_t *done)
{
    struct arena arena = { 0 };
    struct index_segment segment;
    *done = 1;
    enum err err = index_run(index, BEGIN_WRITE);
    if (err != OK)
        return err;
    err = index_segment_below(index, messages[0].id + 1, &segment);
    if (err == OK && messages[0].id <= segment.last) {
        while (*done < count && messages[*done].id <= segment.last)
            ++*done;
        err = replace_in(index, &arena, segment.first, messages, *done);
    } else if (err == ERR_NOT_FOUND) {
        err = OK; /* between segments there is nothing */
    }
    arena_release(&arena);
    return index_commit(index, err);
}
