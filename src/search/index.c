/* index.c: SQLite, by hand: the file has one user and one shape. */
#include "search/index.h"

#include "os/log.h"
#include "search/postings.h"
#include "util/mem.h"

#include <assert.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Stored as its bytes, so that a file of another byte order is of another format as well. */
#define INDEX_FORMAT UINT32_C(1)
#define BUSY_MS 1000

static const char settings_common[] = "PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF;"
                                      "PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-4096;";
static const char settings_writer[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON;"
                                      "PRAGMA journal_size_limit=33554432;";
static const char settings_reader[] = "PRAGMA query_only=ON;";

static const char schema[] = "CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value) WITHOUT ROWID;"
                             "CREATE TABLE position (id INTEGER PRIMARY KEY, mutation INTEGER NOT NULL);"
                             "INSERT INTO position (id, mutation) VALUES (1, 0);"
                             "CREATE TABLE segment ("
                             " first INTEGER PRIMARY KEY,"
                             " last INTEGER NOT NULL,"
                             " begin_ms INTEGER NOT NULL,"
                             " end_ms INTEGER NOT NULL,"
                             " indexed INTEGER NOT NULL,"
                             " chats BLOB NOT NULL,"
                             " senders BLOB NOT NULL);"
                             "CREATE TABLE posting ("
                             " segment INTEGER NOT NULL,"
                             " token BLOB NOT NULL,"
                             " docs BLOB NOT NULL,"
                             " PRIMARY KEY (segment, token)) WITHOUT ROWID;";

enum statement {
    BEGIN_READ,
    BEGIN_WRITE,
    COMMIT,
    ROLLBACK,
    META_GET,
    META_PUT,
    POSITION_GET,
    MUTATION_GET,
    MUTATION_SET,
    SEGMENT_PUT,
    SEGMENT_BELOW,
    SEGMENT_CHATS,
    SEGMENT_SENDERS,
    SEGMENT_SET_CHATS,
    POSTING_PUT,
    POSTING_SET,
    POSTING_DELETE,
    POSTING_GET,
    POSTING_RANGE,
    POSTING_FROM,
    POSTING_ALL,
    STATEMENTS
};

static const char *const texts[STATEMENTS] = {
    [BEGIN_READ] = "BEGIN",
    [BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [META_GET] = "SELECT value FROM meta WHERE name = ?",
    [META_PUT] = "INSERT INTO meta (name, value) VALUES (?, ?)",
    [POSITION_GET] = "SELECT COALESCE(MAX(last), 0), COUNT(*), COALESCE(SUM(indexed), 0) FROM segment",
    [MUTATION_GET] = "SELECT mutation FROM position WHERE id = 1",
    [MUTATION_SET] = "UPDATE position SET mutation = ? WHERE id = 1",
    [SEGMENT_PUT] = "INSERT INTO segment (first, last, begin_ms, end_ms, indexed, chats, senders)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
    [SEGMENT_BELOW] = "SELECT first, last, begin_ms, end_ms FROM segment WHERE first < ? ORDER BY first DESC LIMIT 1",
    [SEGMENT_CHATS] = "SELECT chats FROM segment WHERE first = ?",
    [SEGMENT_SENDERS] = "SELECT senders FROM segment WHERE first = ?",
    [SEGMENT_SET_CHATS] = "UPDATE segment SET chats = ?, indexed = indexed - ? WHERE first = ?",
    [POSTING_PUT] = "INSERT INTO posting (segment, token, docs) VALUES (?, ?, ?)",
    [POSTING_SET] = "INSERT INTO posting (segment, token, docs) VALUES (?, ?, ?)"
                    " ON CONFLICT (segment, token) DO UPDATE SET docs = excluded.docs",
    [POSTING_DELETE] = "DELETE FROM posting WHERE segment = ? AND token = ?",
    [POSTING_GET] = "SELECT docs FROM posting WHERE segment = ? AND token = ?",
    [POSTING_RANGE] = "SELECT docs FROM posting WHERE segment = ? AND token >= ? AND token < ?",
    [POSTING_FROM] = "SELECT docs FROM posting WHERE segment = ? AND token >= ?",
    [POSTING_ALL] = "SELECT token, docs FROM posting WHERE segment = ?",
};

struct index {
    sqlite3 *handle;
    sqlite3_stmt *stmts[STATEMENTS];
    bool reader;
};

static enum err error_of(struct index *index, int rc, const char *doing)
{
    enum err err;
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_BUSY;
    case SQLITE_FULL:
        err = ERR_DISK_FULL;
        break;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
        err = ERR_IO;
        break;
    default: /* a damaged file, and one that lacks what it must have */
        err = ERR_PARSE;
        break;
    }
    log_error("search", "sqlite refused", LOG_TEXT("doing", doing), LOG_TEXT("error", sqlite3_errmsg(index->handle)),
              LOG_I64("code", sqlite3_extended_errcode(index->handle)));
    return err;
}

/* ---- statements: started, bound, stepped, reset ---- */

static enum err start(struct index *index, enum statement statement, sqlite3_stmt **out)
{
    *out = NULL;
    if (index->stmts[statement] == NULL) {
        int rc = sqlite3_prepare_v3(index->handle, texts[statement], -1, SQLITE_PREPARE_PERSISTENT,
                                    &index->stmts[statement], NULL);
        if (rc != SQLITE_OK)
            return error_of(index, rc, texts[statement]);
    }
    *out = index->stmts[statement];
    return OK;
}

static void bind_bytes(sqlite3_stmt *stmt, int at, struct str bytes)
{
    sqlite3_bind_blob64(stmt, at, bytes.size > 0 ? bytes.ptr : "", bytes.size, SQLITE_STATIC);
}

static struct str column_bytes(sqlite3_stmt *stmt, int at)
{
    const char *bytes = sqlite3_column_blob(stmt, at);
    return (struct str){ bytes, (size_t)sqlite3_column_bytes(stmt, at) };
}

/* A row is there. The statement is to be ended in any case. */
static bool row(struct index *index, sqlite3_stmt *stmt, enum err *err)
{
    int rc = sqlite3_step(stmt);
    if (rc != SQLITE_ROW)
        *err = error_of(index, rc, sqlite3_sql(stmt));
    return rc == SQLITE_ROW;
}

static void end(sqlite3_stmt *stmt)
{
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
}

/* For statements without rows. */
static enum err finish(struct index *index, sqlite3_stmt *stmt)
{
    enum err err = OK;
    row(index, stmt, &err);
    end(stmt);
    return err;
}

static enum err run(struct index *index, enum statement statement)
{
    sqlite3_stmt *stmt;
    enum err err = start(index, statement, &stmt);
    return err == OK ? finish(index, stmt) : err;
}

static void rollback(struct index *index)
{
    if (sqlite3_get_autocommit(index->handle) == 0)
        (void)run(index, ROLLBACK);
}

static enum err commit_or_not(struct index *index, enum err err)
{
    if (err == OK)
        err = run(index, COMMIT);
    if (err != OK)
        rollback(index);
    return err;
}

/* ---- the file ---- */

static enum err connect(const char *path, bool reader, struct index **out)
{
    struct index *index = mem_zalloc(sizeof(*index));
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (reader ? 0 : SQLITE_OPEN_CREATE);
    index->reader = reader;
    int rc = sqlite3_open_v2(path, &index->handle, flags, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_extended_result_codes(index->handle, 1);
        sqlite3_busy_timeout(index->handle, BUSY_MS);
        /* A reader that closes last would checkpoint on its way out. */
        rc = sqlite3_db_config(index->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, reader ? 1 : 0, (int *)NULL);
    }
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(index->handle, reader ? settings_reader : settings_writer, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(index->handle, settings_common, NULL, NULL, NULL);
    enum err err = error_of(index, rc, "open");
    if (err != OK)
        index_close(&index);
    *out = index;
    return err;
}

void index_close(struct index **index)
{
    if (*index == NULL)
        return;
    for (size_t i = 0; i < STATEMENTS; i++)
        sqlite3_finalize((*index)->stmts[i]);
    sqlite3_close((*index)->handle);
    free(*index);
    *index = NULL;
}

void index_remove(const char *path)
{
    static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
    char name[PATH_MAX];
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
        unlink(name);
    }
}

static enum err meta_is(struct index *index, const char *name, struct str value, bool *is)
{
    sqlite3_stmt *stmt;
    enum err err = start(index, META_GET, &stmt);
    *is = false;
    if (err != OK)
        return err;
    sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
    if (row(index, stmt, &err))
        *is = str_equal(column_bytes(stmt, 0), value);
    end(stmt);
    return err;
}

static enum err meta_insert(struct index *index, const char *name, struct str value)
{
    sqlite3_stmt *stmt;
    enum err err = start(index, META_PUT, &stmt);
    if (err != OK)
        return err;
    sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
    bind_bytes(stmt, 2, value);
    return finish(index, stmt);
}

static struct str format_bytes(void)
{
    static const uint32_t format = INDEX_FORMAT;
    return (struct str){ (const char *)&format, sizeof(format) };
}

static bool usable(struct index *index, struct str generation)
{
    struct index_position position;
    bool known = false;
    bool same = false;
    /* A new file is none, and not worth a word in the log. */
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(index->handle, texts[META_GET], -1, &stmt, NULL) != SQLITE_OK)
        return false;
    sqlite3_finalize(stmt);
    return meta_is(index, "format", format_bytes(), &known) == OK && known &&
           meta_is(index, "generation", generation, &same) == OK && same && index_position(index, &position) == OK;
}

static enum err create(struct index *index, struct str generation)
{
    enum err err = run(index, BEGIN_WRITE);
    if (err == OK)
        err = error_of(index, sqlite3_exec(index->handle, schema, NULL, NULL, NULL), "schema");
    if (err == OK)
        err = meta_insert(index, "format", format_bytes());
    if (err == OK)
        err = meta_insert(index, "generation", generation);
    return commit_or_not(index, err);
}

enum err index_open(const char *path, struct str generation, struct index **out)
{
    bool there = access(path, F_OK) == 0;
    enum err err = connect(path, false, out);
    if (err == OK && usable(*out, generation))
        return OK;
    if (err != OK && err != ERR_PARSE)
        return err;
    if (there)
        log_info("search", "the index is built anew");
    index_close(out);
    index_remove(path);
    err = connect(path, false, out);
    if (err == OK)
        err = create(*out, generation);
    if (err != OK)
        index_close(out);
    return err;
}

enum err index_open_reader(const char *path, struct index **out)
{
    return connect(path, true, out);
}

enum err index_position(struct index *index, struct index_position *out)
{
    sqlite3_stmt *stmt;
    *out = (struct index_position){ 0 };
    enum err err = start(index, POSITION_GET, &stmt);
    if (err != OK)
        return err;
    if (row(index, stmt, &err)) {
        out->last = sqlite3_column_int64(stmt, 0);
        out->segments = sqlite3_column_int64(stmt, 1);
        out->indexed = sqlite3_column_int64(stmt, 2);
    }
    end(stmt);
    if (err == OK)
        err = start(index, MUTATION_GET, &stmt);
    if (err != OK)
        return err;
    if (row(index, stmt, &err))
        out->mutation = sqlite3_column_int64(stmt, 0);
    else if (err == OK)
        err = ERR_PARSE;
    end(stmt);
    return err;
}

enum err index_checkpoint(struct index *index, bool all)
{
    int rc;
    int pages = 0;
    if (all) {
        sqlite3_busy_timeout(index->handle, 0);
        rc = sqlite3_wal_checkpoint_v2(index->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, &pages, NULL);
        sqlite3_busy_timeout(index->handle, BUSY_MS);
    } else {
        rc = sqlite3_wal_checkpoint_v2(index->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, NULL);
    }
    return error_of(index, rc, "checkpoint");
}

/* ---- writing ---- */

enum err index_set_mutation(struct index *index, int64_t mutation)
{
    sqlite3_stmt *stmt;
    enum err err = start(index, MUTATION_SET, &stmt);
    if (err != OK)
        return err;
    sqlite3_bind_int64(stmt, 1, mutation);
    return finish(index, stmt);
}

static enum err posting_write(struct index *index, enum statement statement, int64_t segment, struct str token,
                              struct str docs)
{
    sqlite3_stmt *stmt;
    enum err err = start(index, statement, &stmt);
    if (err != OK)
        return err;
    sqlite3_bind_int64(stmt, 1, segment);
    bind_bytes(stmt, 2, token);
    if (statement != POSTING_DELETE)
        bind_bytes(stmt, 3, docs);
    return finish(index, stmt);
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
    enum err err = start(index, SEGMENT_PUT, &stmt);
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
    bind_bytes(stmt, 6, buf_str(&chats));
    bind_bytes(stmt, 7, buf_str(&senders));
    err = finish(index, stmt);
    buf_release(&chats);
    buf_release(&senders);
    return err;
}

enum err index_append(struct index *index, const struct segment *segment, int64_t mutation)
{
    struct arena arena = { 0 };
    struct buf docs = { 0 };
    struct segment_token **tokens = segment_sorted(segment, &arena);
    enum err err = run(index, BEGIN_WRITE);
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
    err = commit_or_not(index, err);
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
    enum err err = start(index, POSTING_ALL, &stmt);
    *first = NULL;
    if (err != OK)
        return err;
    sqlite3_bind_int64(stmt, 1, segment);
    while (row(index, stmt, &err)) {
        struct docs docs = { 0 };
        uint64_t hit = 0;
        if (!postings_unpack(column_bytes(stmt, 1), &docs)) {
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
        *left = (struct left){ *first, arena_str(arena, column_bytes(stmt, 0)), arena_str(arena, buf_str(&packed)) };
        *first = left;
    }
    end(stmt);
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
    enum err err = start(index, SEGMENT_SET_CHATS, &stmt);
    if (err != OK)
        return err;
    chats_pack(columns, &chats);
    bind_bytes(stmt, 1, buf_str(&chats));
    sqlite3_bind_int64(stmt, 2, gone);
    sqlite3_bind_int64(stmt, 3, segment);
    err = finish(index, stmt);
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
    enum err err = run(index, BEGIN_WRITE);
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
    return commit_or_not(index, err);
}

/* ---- reading ---- */

enum err index_begin(struct index *index)
{
    return run(index, BEGIN_READ);
}

void index_end(struct index *index)
{
    rollback(index);
}

enum err index_segment_below(struct index *index, int64_t below, struct index_segment *out)
{
    enum err missing = ERR_NOT_FOUND;
    sqlite3_stmt *stmt;
    enum err err = start(index, SEGMENT_BELOW, &stmt);
    if (err != OK)
        return err;
    sqlite3_bind_int64(stmt, 1, below);
    if (row(index, stmt, &err)) {
        *out = (struct index_segment){
            .first = sqlite3_column_int64(stmt, 0),
            .last = sqlite3_column_int64(stmt, 1),
            .begin_ms = sqlite3_column_int64(stmt, 2),
            .end_ms = sqlite3_column_int64(stmt, 3),
        };
        missing = OK;
    }
    end(stmt);
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
    enum err err = start(index, !key->prefix ? POSTING_GET : bounded ? POSTING_RANGE : POSTING_FROM, &stmt);
    if (err != OK)
        return err;
    sqlite3_bind_int64(stmt, 1, segment);
    bind_bytes(stmt, 2, key->text);
    if (bounded)
        bind_bytes(stmt, 3, (struct str){ bound, size });
    while (row(index, stmt, &err)) {
        if (!postings_unpack(column_bytes(stmt, 0), docs)) {
            err = ERR_PARSE;
            break;
        }
    }
    end(stmt);
    return err;
}

static enum err blob_get(struct index *index, struct arena *arena, enum statement statement, int64_t segment,
                         struct str *out)
{
    sqlite3_stmt *stmt;
    enum err err = start(index, statement, &stmt);
    if (err != OK)
        return err;
    sqlite3_bind_int64(stmt, 1, segment);
    if (row(index, stmt, &err))
        *out = arena_str(arena, column_bytes(stmt, 0));
    else if (err == OK)
        err = ERR_PARSE;
    end(stmt);
    return err;
}

/* The arrays lie in the blob's copy; only what comes after the count is out of step, so it is moved. */
static enum err chats_unpack(struct arena *arena, struct str blob, struct index_columns *out)
{
    uint32_t count;
    if (blob.size < sizeof(count))
        return ERR_PARSE;
    memcpy(&count, blob.ptr, sizeof(count));
    size_t ids = (size_t)count * sizeof(int64_t);
    if (count > SEGMENT_DOCS || blob.size - sizeof(count) < ids || (blob.size - sizeof(count) - ids) % 2 != 0)
        return ERR_PARSE;
    char *copy = arena_alloc(arena, blob.size);
    memcpy(copy, blob.ptr + sizeof(count), blob.size - sizeof(count));
    out->chats = (const int64_t *)(const void *)copy;
    out->chat_count = count;
    out->chat_of = (const uint16_t *)(const void *)(copy + ids);
    out->count = (blob.size - sizeof(count) - ids) / sizeof(uint16_t);
    if (out->count > SEGMENT_DOCS)
        return ERR_PARSE;
    for (size_t i = 0; i < out->count; i++)
        if (out->chat_of[i] >= count && out->chat_of[i] != SEGMENT_NO_CHAT)
            return ERR_PARSE;
    return OK;
}

enum err index_columns(struct index *index, struct arena *arena, int64_t segment, bool senders,
                       struct index_columns *out)
{
    struct str blob;
    *out = (struct index_columns){ 0 };
    enum err err = blob_get(index, arena, SEGMENT_CHATS, segment, &blob);
    if (err == OK)
        err = chats_unpack(arena, blob, out);
    if (err != OK || !senders)
        return err;
    err = blob_get(index, arena, SEGMENT_SENDERS, segment, &blob);
    if (err == OK && blob.size != out->count * (sizeof(uint32_t) + 1))
        err = ERR_PARSE;
    if (err != OK)
        return err;
    out->sender_of = (const uint32_t *)(const void *)blob.ptr; /* an arena's memory is aligned */
    out->type_of = (const uint8_t *)blob.ptr + out->count * sizeof(uint32_t);
    return OK;
}
