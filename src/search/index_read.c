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

/* The least bytes that are greater than all that begin with text. false: there are none. */
static bool range_end(struct str text, char end[TERMS_KEY_SIZE_MAX], size_t *size)
{
    assert(text.size > 0 && text.size <= TERMS_KEY_SIZE_MAX);
    memcpy(end, text.ptr, text.size);
    for (*size = text.size; *size > 0; --*size) {
        if ((unsigned char)end[*size - 1] != 0xff) {
            end[*size - 1]++;
            return true;
        }
    }
    return false;
}

enum err index_find(struct index *index, int64_t segment, const struct term_key *key, struct docs *docs)
{
    char bound[TERMS_KEY_SIZE_MAX];
    size_t size = 0;
    bool bounded = key->prefix && range_end(key->text, bound, &size);
    sqlite3_stmt *stmt;
    enum err err = index_start(index, !key->prefix ? POSTING_GET : bounded ? POSTING_RANGE : POSTING_FROM, &stmt);
    if (err != OK)
        return err;
    sqlite3_bind_int64(stmt, 1, segment);
    index_bind(stmt, 2, key->text);
    if (bounded)
        index_bind(stmt, 3, (struct str){ bound, size });
    while (index_row(index, stmt, &err)) {
        if (!postings_unpack(index_column(stmt, 0), docs)) {
            err = ERR_PARSE;
            break;
        }
    }
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
