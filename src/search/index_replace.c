/* index_replace.c: single messages out of finished segments, and in again. */
#include "search/index_private.h"

#include "search/postings.h"

static enum err leaf_delete(struct index *index, int64_t segment, struct str token)
{
    sqlite3_stmt *stmt;
    enum err err = index_start(index, LEAF_DELETE, &stmt);
    if (err != OK)
        return err;
    sqlite3_bind_int64(stmt, 1, segment);
    index_bind(stmt, 2, token);
    return index_finish(index, stmt);
}

/* A leaf once some messages were taken out of it. */
struct left {
    struct left *next;
    struct str token; /* its key until then */
    struct str entries;
};

/* *hit: something was taken out. What is left is in packed. */
static bool docs_left(struct str postings, const struct docs *out_of, struct buf *packed, bool *hit)
{
    struct docs docs = { 0 };
    uint64_t gone = 0;
    if (!postings_unpack(postings, &docs))
        return false;
    for (size_t i = 0; i < DOCS_WORDS; i++) {
        gone |= docs.words[i] & out_of->words[i];
        docs.words[i] &= ~out_of->words[i];
    }
    buf_clear(packed);
    if (gone == 0)
        buf_append_str(packed, postings);
    else
        postings_pack_docs(&docs, packed);
    *hit |= gone != 0;
    return true;
}

/* What the entries are without those messages; into leaf, which may be larger than a leaf should. */
static bool leaf_left(struct str entries, const struct docs *out_of, struct leaf *leaf, bool *hit)
{
    struct leaf_reader reader = { .rest = entries };
    struct buf packed = { 0 };
    bool ok = true;
    leaf_clear(leaf);
    while (ok && leaf_next(&reader, &ok)) {
        ok = docs_left(reader.postings, out_of, &packed, hit);
        if (ok && packed.size > 0)
            leaf_add(leaf, leaf_token(&reader), buf_str(&packed));
    }
    buf_release(&packed);
    return ok;
}

static enum err left_collect(struct index *index, struct arena *arena, int64_t segment, const struct docs *out_of,
                             struct left **first)
{
    struct leaf leaf = { 0 };
    sqlite3_stmt *stmt;
    enum err err = index_start(index, LEAF_ALL, &stmt);
    *first = NULL;
    if (err != OK)
        return err;
    sqlite3_bind_int64(stmt, 1, segment);
    while (err == OK && index_row(index, stmt, &err)) {
        bool hit = false;
        if (!leaf_left(index_column(stmt, 1), out_of, &leaf, &hit))
            err = ERR_PARSE;
        if (err != OK || !hit)
            continue;
        struct left *left = arena_alloc(arena, sizeof(*left));
        *left =
            (struct left){ *first, arena_str(arena, index_column(stmt, 0)), arena_str(arena, buf_str(&leaf.bytes)) };
        *first = left;
    }
    index_reset(stmt);
    leaf_release(&leaf);
    return err;
}

/* Where the first token goes, the key changes, too. token: one that gets these postings in place of its own; or empty. */
static enum err leaf_write(struct index *index, int64_t segment, const struct left *left, struct str token,
                           struct str postings)
{
    struct leaf_reader reader = { .rest = left->entries };
    struct leaf leaf = { 0 };
    bool ok = true;
    enum err err = leaf_delete(index, segment, left->token);
    while (err == OK && leaf_next(&reader, &ok)) {
        int order = token.size == 0 ? -1 : leaf_compare(leaf_token(&reader), token);
        if (order >= 0) {
            err = index_entry_put(index, segment, &leaf, token, postings);
            token = STR_NONE;
        }
        if (err == OK && order != 0)
            err = index_entry_put(index, segment, &leaf, leaf_token(&reader), reader.postings);
    }
    if (err == OK && !ok)
        err = ERR_PARSE;
    if (err == OK && token.size > 0)
        err = index_entry_put(index, segment, &leaf, token, postings);
    if (err == OK)
        err = index_leaf_put(index, segment, &leaf);
    leaf_release(&leaf);
    return err;
}

/* The leaf where the token is or belongs; of no entries where it would be the first of its segment. */
static enum err leaf_of(struct index *index, struct arena *arena, int64_t segment, const struct term_key *key,
                        struct left *out)
{
    char end[TERMS_KEY_SIZE_MAX];
    sqlite3_stmt *stmt;
    *out = (struct left){ .token = key->text };
    enum err err = index_leaves(index, segment, key, end, &stmt);
    if (err != OK)
        return err;
    if (index_row(index, stmt, &err))
        *out = (struct left){ NULL, arena_str(arena, index_column(stmt, 0)), arena_str(arena, index_column(stmt, 1)) };
    index_reset(stmt);
    return err;
}

static enum err token_put(struct index *index, int64_t segment, struct str token, unsigned number, struct buf *scratch)
{
    struct term_key key = { token, false };
    struct arena arena = { 0 };
    struct docs docs = { 0 };
    struct left left;
    enum err err = index_find(index, segment, &key, &docs);
    if (err != OK || docs_has(&docs, number))
        return err;
    docs_add(&docs, number);
    buf_clear(scratch);
    postings_pack_docs(&docs, scratch);
    err = leaf_of(index, &arena, segment, &key, &left);
    if (err == OK)
        err = leaf_write(index, segment, &left, token, buf_str(scratch));
    arena_release(&arena);
    return err;
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
    index_chats_pack(columns, &chats);
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
        err = leaf_write(index, segment, left, STR_NONE, STR_NONE);
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
