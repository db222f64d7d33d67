/* index_read.c: looking up what segments hold. Bytes from the file are checked: they decide over memory. */
#include "search/index_private.h"

#include <assert.h>

#include "search/postings.h"

enum err index_begin(struct index *index)
{
    return index_run(index, BEGIN_READ);
}

void index_end(struct index *index)
{
    (void)index_commit(index, ERR_CLOSED); /* there is nothing to commit */
}

enum err index_segment_below(struct index *index, int64_t below, struct index_segment *out)
{
    enum err missing = ERR_NOT_FOUND;
    sqlite3_stmt *stmt;
    enum err err = index_start(index, SEGMENT_BELOW, &stmt);
    if (err != OK)
        return err;
    sqlite3_bind_int64(stmt, 1, below);
    if (index_row(index, stmt, &err)) {
        *out = (struct index_segment){
            .first = sqlite3_column_int64(stmt, 0),
            .last = sqlite3_column_int64(stmt, 1),
            .begin_ms = sqlite3_column_int64(stmt, 2),
            .end_ms = sqlite3_column_int64(stmt, 3),
        };
        missing = OK;
    }
    index_reset(stmt);
    return err != OK ? err : missing;
}

/* What no token that begins with text is greater than: no token is longer. */
static struct str range_end(struct str text, char end[TERMS_KEY_SIZE_MAX])
{
    assert(text.size > 0 && text.size <= TERMS_KEY_SIZE_MAX);
    memset(end, 0xff, TERMS_KEY_SIZE_MAX);
    memcpy(end, text.ptr, text.size);
    return (struct str){ end, TERMS_KEY_SIZE_MAX };
}

static bool has_key(struct str token, const struct term_key *key)
{
    if (!key->prefix)
        return str_equal(token, key->text);
    return token.size >= key->text.size && memcmp(token.ptr, key->text.ptr, key->text.size) == 0;
}

static enum err leaf_find(struct str entries, const struct term_key *key, struct docs *docs)
{
    struct leaf_reader reader = { .rest = entries };
    bool ok = true;
    while (leaf_next(&reader, &ok))
        if (has_key(leaf_token(&reader), key) && !postings_unpack(reader.postings, docs))
            return ERR_PARSE;
    return ok ? OK : ERR_PARSE;
}

/* The leaf that may have the key, or its beginning; and those that begin with it. */
enum err index_leaves(struct index *index, int64_t segment, const struct term_key *key, char end[TERMS_KEY_SIZE_MAX],
                      sqlite3_stmt **out)
{
    enum err err = index_start(index, LEAF_RANGE, out);
    if (err != OK)
        return err;
    sqlite3_bind_int64(*out, 1, segment);
    index_bind(*out, 2, key->text);
    index_bind(*out, 3, key->prefix ? range_end(key->text, end) : key->text);
    return OK;
}

enum err index_find(struct index *index, int64_t segment, const struct term_key *key, struct docs *docs)
{
    char end[TERMS_KEY_SIZE_MAX];
    sqlite3_stmt *stmt;
    enum err err = index_leaves(index, segment, key, end, &stmt);
    if (err != OK)
        return err;
    while (err == OK && index_row(index, stmt, &err))
        err = leaf_find(index_column(stmt, 1), key, docs);
    index_reset(stmt);
    return err;
}

/* A copy of a blob in the arena, with room before it: what follows the first four bytes is then aligned for ids. */
#define BLOB_LEAD sizeof(uint32_t)

static enum err blob_get(struct index *index, struct arena *arena, enum statement statement, int64_t segment,
                         struct str *out)
{
    sqlite3_stmt *stmt;
    enum err err = index_start(index, statement, &stmt);
    *out = STR_NONE;
    if (err != OK)
        return err;
    sqlite3_bind_int64(stmt, 1, segment);
    if (index_row(index, stmt, &err)) {
        struct str blob = index_column(stmt, 0);
        char *copy = (char *)arena_alloc(arena, blob.size + BLOB_LEAD) + BLOB_LEAD;
        if (blob.size > 0)
            memcpy(copy, blob.ptr, blob.size);
        *out = (struct str){ copy, blob.size };
    } else if (err == OK) {
        err = ERR_PARSE;
    }
    index_reset(stmt);
    return err;
}

static enum err chats_unpack(struct str blob, struct index_columns *out)
{
    uint32_t count;
    if (blob.size < sizeof(count))
        return ERR_PARSE;
    memcpy(&count, blob.ptr, sizeof(count));
    size_t ids = (size_t)count * sizeof(int64_t);
    if (count > SEGMENT_DOCS || blob.size - sizeof(count) < ids || (blob.size - sizeof(count) - ids) % 2 != 0)
        return ERR_PARSE;
    out->chats = (const int64_t *)(const void *)(blob.ptr + sizeof(count));
    out->chat_count = count;
    out->chat_of = (const uint16_t *)(const void *)(blob.ptr + sizeof(count) + ids);
    out->count = (blob.size - sizeof(count) - ids) / sizeof(uint16_t);
    return out->count <= SEGMENT_DOCS ? OK : ERR_PARSE;
}

enum err index_columns(struct index *index, struct arena *arena, int64_t segment, bool senders,
                       struct index_columns *out)
{
    struct str blob = STR_NONE;
    *out = (struct index_columns){ 0 };
    enum err err = blob_get(index, arena, SEGMENT_CHATS, segment, &blob);
    if (err == OK)
        err = chats_unpack(blob, out);
    if (err != OK || !senders)
        return err;
    err = blob_get(index, arena, SEGMENT_SENDERS, segment, &blob);
    if (err == OK && blob.size != out->count * (sizeof(uint32_t) + 1))
        err = ERR_PARSE;
    if (err != OK)
        return err;
    out->sender_of = (const uint32_t *)(const void *)blob.ptr;
    out->type_of = (const uint8_t *)blob.ptr + out->count * sizeof(uint32_t);
    return OK;
}
