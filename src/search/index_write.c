/* index_write.c: whole segments in. */
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

enum err index_leaf_put(struct index *index, int64_t segment, struct leaf *leaf)
{
    sqlite3_stmt *stmt;
    if (leaf->bytes.size == 0)
        return OK;
    enum err err = index_start(index, LEAF_PUT, &stmt);
    if (err != OK)
        return err;
    sqlite3_bind_int64(stmt, 1, segment);
    index_bind(stmt, 2, leaf_first(leaf));
    index_bind(stmt, 3, buf_str(&leaf->bytes));
    err = index_finish(index, stmt);
    leaf_clear(leaf);
    return err;
}

enum err index_entry_put(struct index *index, int64_t segment, struct leaf *leaf, struct str token, struct str postings)
{
    enum err err = OK;
    if (postings.size == 0)
        return OK;
    if (leaf_full(leaf, token, postings))
        err = index_leaf_put(index, segment, leaf);
    leaf_add(leaf, token, postings);
    return err;
}

void index_chats_pack(const struct index_columns *columns, struct buf *out)
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
    index_chats_pack(&columns, &chats);
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
    struct leaf leaf = { 0 };
    struct segment_token **tokens = segment_sorted(segment, &arena);
    enum err err = index_run(index, BEGIN_WRITE);
    if (err == OK)
        err = segment_put(index, segment);
    for (size_t i = 0; err == OK && i < segment->token_count; i++) {
        const struct segment_token *token = tokens[i];
        buf_clear(&docs);
        postings_pack(token->docs, token->count, &docs);
        err = index_entry_put(index, segment->first, &leaf, (struct str){ token->text, token->size }, buf_str(&docs));
    }
    if (err == OK)
        err = index_leaf_put(index, segment->first, &leaf);
    if (err == OK)
        err = index_set_mutation(index, mutation);
    err = index_commit(index, err);
    buf_release(&docs);
    leaf_release(&leaf);
    arena_release(&arena);
    return err;
}
