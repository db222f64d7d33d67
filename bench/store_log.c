/* store_log.c: the message log through plain sqlite3 calls. */
#include "store_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/chat.h"
#include "sql/sqlite_checkpoint.h"
#include "sql/sqlite_settings.h"

/* The other clustering, for comparison; src/store/schema.c has the first. */
static const char by_chat_sql[] = "DROP TABLE message;"
                                  "CREATE TABLE message ("
                                  " id BIGINT NOT NULL,"
                                  " chat BIGINT NOT NULL,"
                                  " seq BIGINT NOT NULL,"
                                  " sender INTEGER NOT NULL,"
                                  " type INTEGER NOT NULL,"
                                  " created BIGINT NOT NULL,"
                                  " content TEXT NOT NULL,"
                                  " PRIMARY KEY (chat, seq)) WITHOUT ROWID;";

static void check(const struct store_log *log, int rc, int expected, const char *doing)
{
    if (rc != expected)
        die("%s: %s", doing, sqlite3_errmsg(log->db));
}

static void run(struct store_log *log, const char *text)
{
    check(log, sqlite3_exec(log->db, text, NULL, NULL, NULL), SQLITE_OK, text);
}

static sqlite3_stmt *prepare(struct store_log *log, const char *text)
{
    sqlite3_stmt *stmt = NULL;
    check(log, sqlite3_prepare_v2(log->db, text, -1, &stmt, NULL), SQLITE_OK, text);
    return stmt;
}

static void step(struct store_log *log, sqlite3_stmt *stmt)
{
    check(log, sqlite3_step(stmt), SQLITE_DONE, "step");
    sqlite3_reset(stmt);
}

static void remove_files(const struct store_log *log)
{
    static const char *const suffixes[] = { "", "-wal", "-shm" };
    char path[sizeof log->path + 8];
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        snprintf(path, sizeof path, "%s%s", log->path, suffixes[i]);
        unlink(path);
    }
}

/* The page size is set before the file has its first page. */
static void make_schema(struct store_log *log)
{
    struct db *db = NULL;
    if (log->options.page_bytes != 0) {
        char text[64];
        snprintf(text, sizeof text, "PRAGMA page_size=%d; VACUUM", log->options.page_bytes);
        check(log, sqlite3_open(log->path, &log->db), SQLITE_OK, "open");
        run(log, text);
        sqlite3_close(log->db);
    }
    if (db_open(&sql_sqlite, log->path, SQL_WRITER, &db) != OK || db_migrate(db) != OK)
        die("cannot make the store %s", log->path);
    db_close(&db);
}

void log_open(struct store_log *log, const struct log_options *options)
{
    char text[64];
    *log = (struct store_log){ .options = *options, .next_id = 1 };
    snprintf(log->path, sizeof log->path, "%s/bench-store-%d.db", options->dir, (int)getpid());
    remove_files(log);
    make_schema(log);
    check(log, sqlite3_open_v2(log->path, &log->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL), SQLITE_OK,
          "open");
    run(log, SQLITE_SETTINGS_WRITER);
    if (options->cache_kib != 0) {
        snprintf(text, sizeof text, "PRAGMA cache_size=%d", -options->cache_kib);
        run(log, text);
    }
    if (options->by_chat)
        run(log, by_chat_sql);
    if (sqlite_checkpoint_new(log->db, &log->checkpoint) != OK)
        die("no checkpoints");
    if (options->checkpoint_pages != 0)
        sqlite_checkpoint_set_pages(log->checkpoint, options->checkpoint_pages);
    log->insert = prepare(log, "INSERT INTO message (id, chat, seq, sender, type, created, content)"
                               " VALUES (?, ?, ?, ?, ?, ?, ?)");
    log->begin = prepare(log, "BEGIN IMMEDIATE");
    log->commit = prepare(log, "COMMIT");
    log->heads = alloc(options->chats * sizeof *log->heads);
    log->content = alloc(options->content_bytes + 1);
    memset(log->content, 'm', options->content_bytes);
    rng_seed(&log->rng, options->seed);
    zipf_init(&log->zipf, options->chats, 1.0001); /* the sampler has no s = 1 itself */
}

void log_close(struct store_log *log)
{
    sqlite_checkpoint_free(&log->checkpoint);
    sqlite3_finalize(log->insert);
    sqlite3_finalize(log->begin);
    sqlite3_finalize(log->commit);
    sqlite3_close(log->db);
    remove_files(log);
    free(log->heads);
    free(log->content);
}

static uint64_t draw_chat(struct store_log *log)
{
    uint64_t n = log->options.chats;
    return log->options.zipf ? scramble(zipf_next(&log->zipf, &log->rng), n) : rng_below(&log->rng, n);
}

/* One-to-one chats: their ids are the widest. */
static int64_t chat_id(uint64_t chat)
{
    return (int64_t)1 << 62 | (int64_t)(2 * chat + 1) << 31 | (int64_t)(2 * chat + 2);
}

static void write_row(struct store_log *log)
{
    uint64_t chat = draw_chat(log);
    sqlite3_bind_int64(log->insert, 1, log->next_id++);
    sqlite3_bind_int64(log->insert, 2, chat_id(chat));
    sqlite3_bind_int64(log->insert, 3, ++log->heads[chat]);
    sqlite3_bind_int64(log->insert, 4, (int64_t)(2 * chat + 1));
    sqlite3_bind_int64(log->insert, 5, 1);
    sqlite3_bind_int64(log->insert, 6, wall_ms());
    sqlite3_bind_text(log->insert, 7, log->content, (int)log->options.content_bytes, SQLITE_STATIC);
    step(log, log->insert);
}

void log_write_batch(struct store_log *log, unsigned rows)
{
    int64_t start = now_ns();
    step(log, log->begin);
    for (unsigned i = 0; i < rows; i++)
        write_row(log);
    int64_t written = now_ns();
    step(log, log->commit);
    int64_t committed = now_ns();
    hist_add(&log->commits, committed - written);
    hist_add(&log->batches, committed - start);
}

void log_checkpoint(struct store_log *log)
{
    int64_t start = now_ns();
    if (sqlite_checkpoint_run(log->checkpoint) != OK)
        die("checkpoint failed");
    int64_t took = now_ns() - start;
    if (took > 100 * NS_PER_US) /* else nothing was due */
        hist_add(&log->checkpoints, took);
}

void log_clear_times(struct store_log *log)
{
    hist_clear(&log->commits);
    hist_clear(&log->batches);
    hist_clear(&log->checkpoints);
}

static unsigned read_page(sqlite3_stmt *stmt, uint64_t chat)
{
    unsigned rows = 0;
    sqlite3_bind_int64(stmt, 1, chat_id(chat));
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        if (sqlite3_column_text(stmt, 6) == NULL) /* the content is really read */
            die("a message without content");
        rows++;
    }
    sqlite3_reset(stmt);
    return rows;
}

void log_read_pages(struct store_log *log, unsigned samples, struct hist *out, double *rows_mean)
{
    sqlite3 *reader = NULL;
    sqlite3_stmt *stmt = NULL;
    uint64_t *chats = alloc(samples * sizeof *chats);
    uint64_t rows = 0;
    check(log, sqlite3_open_v2(log->path, &reader, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL), SQLITE_OK,
          "open reader");
    check(log, sqlite3_exec(reader, SQLITE_SETTINGS_READER, NULL, NULL, NULL), SQLITE_OK, "reader settings");
    sqlite3_db_config(reader, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
    check(log,
          sqlite3_prepare_v2(reader,
                             "SELECT id, chat, seq, sender, type, created, content FROM message"
                             " WHERE chat = ? AND seq < 9223372036854775807 ORDER BY seq DESC LIMIT 50",
                             -1, &stmt, NULL),
          SQLITE_OK, "prepare page");
    hist_clear(out);
    for (unsigned i = 0; i < samples; i++)
        chats[i] = draw_chat(log);
    for (unsigned pass = 0; pass < 4; pass++) {
        for (unsigned i = 0; i < samples; i++) {
            int64_t start = now_ns();
            unsigned count = read_page(stmt, chats[i]);
            if (pass == 0)
                continue; /* the warming one */
            hist_add(out, now_ns() - start);
            rows += count;
        }
    }
    *rows_mean = (double)rows / (3.0 * samples);
    sqlite3_finalize(stmt);
    sqlite3_close(reader);
    free(chats);
}
