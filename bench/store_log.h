/* store_log.h: the message log through plain sqlite3 calls.
 * Tables and settings are the server's own (src/store), its code on the way
 * of a row is not: no driver, no statement cache, no queue, no thread. */
#ifndef IM_BENCH_STORE_LOG_H
#define IM_BENCH_STORE_LOG_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "common.h"
#include "hist.h"

struct log_options {
    const char *dir;
    bool by_chat;         /* WITHOUT ROWID, PRIMARY KEY (chat, seq), instead of rowid and an index */
    int page_bytes;       /* 0: SQLite's default */
    int cache_kib;        /* 0: the server's */
    int checkpoint_pages; /* 0: the server's */
    unsigned content_bytes;
    uint64_t chats;
    bool zipf; /* s = 1; else uniform */
    uint64_t seed;
};

struct store_log {
    struct log_options options;
    char path[4096];
    sqlite3 *db;
    sqlite3_stmt *insert;
    sqlite3_stmt *begin;
    sqlite3_stmt *commit;
    struct sqlite_checkpoint *checkpoint;
    int64_t next_id;
    uint32_t *heads; /* by chat */
    char *content;
    struct rng rng;
    struct zipf zipf;
    struct hist commits;     /* COMMIT alone */
    struct hist batches;     /* BEGIN to COMMIT */
    struct hist checkpoints; /* between two batches */
};

void log_open(struct store_log *log, const struct log_options *options); /* a new store; an old one is removed */
void log_close(struct store_log *log);                                   /* removes its files */
void log_write_batch(struct store_log *log, unsigned rows);              /* one synced transaction */
void log_checkpoint(struct store_log *log);                              /* when the WAL is past its bound */
void log_clear_times(struct store_log *log);
/* The newest 50 rows of chats drawn as for writing, each read before: warm. */
void log_read_pages(struct store_log *log, unsigned samples, struct hist *out, double *rows_mean);

#endif
