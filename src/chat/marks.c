/* marks.c: the latest marks, by chat and user. */
#include "chat/marks.h"

#include "store/message.h"
#include "store/personal.h"
#include "util/buf.h"
#include "util/map.h"
#include "util/mem.h"

#include <pthread.h>
#include <stdlib.h>

#define REPLAY_ROWS ((size_t)10000) /* marks kept in memory at a time while the log is replayed */

struct entry {
    struct entry *next; /* of the same hash */
    int64_t chat;
    int64_t user;
    struct mark mark;
};

struct tried {
    int64_t chat;
    int64_t user;
    int64_t read; /* before */
    bool waiting; /* likewise */
};

struct marks {
    pthread_mutex_t lock;
    struct map entries; /* hash of chat and user → struct entry */
    size_t count;       /* waiting ones */
    int64_t told;       /* id of the newest message that is covered */
    uint64_t number;    /* of the batch at hand */
    uint64_t since;     /* of the batch with the oldest mark that waits */
    struct buf tried;   /* the writer's: struct tried, of the batch at hand */
    /* The writer's, from marks_flush to marks_flushed. */
    struct entry *writing;
    size_t writing_count;
};

struct marks *marks_new(void)
{
    struct marks *marks = mem_zalloc(sizeof(*marks));
    pthread_mutex_init(&marks->lock, NULL);
    return marks;
}

static void entries_free(struct map *entries)
{
    size_t cursor = 0;
    uint64_t key;
    void *value;
    while (map_next(entries, &cursor, &key, &value)) {
        for (struct entry *entry = value, *next; entry != NULL; entry = next) {
            next = entry->next;
            free(entry);
        }
    }
    map_release(entries);
}

void marks_free(struct marks **marks)
{
    if (*marks == NULL)
        return;
    entries_free(&(*marks)->entries);
    free((*marks)->writing);
    buf_release(&(*marks)->tried);
    pthread_mutex_destroy(&(*marks)->lock);
    free(*marks);
    *marks = NULL;
}

static uint64_t key_of(int64_t chat, int64_t user)
{
    int64_t both[] = { chat, user };
    return hash_bytes(both, sizeof(both));
}

static struct entry *entry_find(const struct marks *marks, uint64_t key, int64_t chat, int64_t user)
{
    struct entry *entry = map_get(&marks->entries, key);
    while (entry != NULL && (entry->chat != chat || entry->user != user))
        entry = entry->next;
    return entry;
}

static void raise(int64_t *value, int64_t to)
{
    if (to > *value)
        *value = to;
}

/* Under the lock. Made where there is none. */
static struct entry *entry_make(struct marks *marks, int64_t chat, int64_t user)
{
    uint64_t key = key_of(chat, user);
    struct entry *entry = entry_find(marks, key, chat, user);
    if (entry == NULL) {
        entry = mem_zalloc(sizeof(*entry));
        entry->chat = chat;
        entry->user = user;
        entry->next = map_put(&marks->entries, key, entry);
    }
    return entry;
}

static void entry_move(struct marks *marks, struct entry *entry, int64_t read, int64_t sent)
{
    if (!entry->mark.waiting && (read > entry->mark.read || sent > entry->mark.sent)) {
        entry->mark.waiting = true;
        if (marks->count++ == 0)
            marks->since = marks->number;
    }
    raise(&entry->mark.read, read);
    raise(&entry->mark.sent, sent);
}

void marks_move(struct marks *marks, int64_t chat, int64_t user, int64_t read, int64_t sent)
{
    pthread_mutex_lock(&marks->lock);
    entry_move(marks, entry_make(marks, chat, user), read, sent);
    pthread_mutex_unlock(&marks->lock);
}

void marks_try(struct marks *marks, int64_t chat, int64_t user, int64_t read)
{
    pthread_mutex_lock(&marks->lock);
    struct entry *entry = entry_make(marks, chat, user);
    struct tried tried = { chat, user, entry->mark.read, entry->mark.waiting };
    buf_append(&marks->tried, &tried, sizeof(tried));
    entry_move(marks, entry, read, 0);
    pthread_mutex_unlock(&marks->lock);
}

void marks_keep(struct marks *marks)
{
    buf_clear(&marks->tried);
}

void marks_undo(struct marks *marks)
{
    pthread_mutex_lock(&marks->lock);
    while (marks->tried.size > 0) {
        struct tried tried;
        marks->tried.size -= sizeof(tried);
        memcpy(&tried, marks->tried.ptr + marks->tried.size, sizeof(tried));
        struct entry *entry = entry_find(marks, key_of(tried.chat, tried.user), tried.chat, tried.user);
        if (entry == NULL)
            continue;
        entry->mark.read = tried.read;
        if (entry->mark.waiting && !tried.waiting)
            marks->count--;
        entry->mark.waiting = tried.waiting;
    }
    pthread_mutex_unlock(&marks->lock);
}

void marks_at(struct marks *marks, uint64_t number)
{
    pthread_mutex_lock(&marks->lock);
    marks->number = number;
    pthread_mutex_unlock(&marks->lock);
}

void marks_told(struct marks *marks, int64_t message_id)
{
    pthread_mutex_lock(&marks->lock);
    raise(&marks->told, message_id);
    pthread_mutex_unlock(&marks->lock);
}

struct mark marks_get(struct marks *marks, int64_t chat, int64_t user)
{
    pthread_mutex_lock(&marks->lock);
    const struct entry *entry = entry_find(marks, key_of(chat, user), chat, user);
    struct mark mark = entry == NULL ? (struct mark){ 0 } : entry->mark;
    pthread_mutex_unlock(&marks->lock);
    return mark;
}

size_t marks_waiting(struct marks *marks)
{
    pthread_mutex_lock(&marks->lock);
    size_t count = marks->count;
    pthread_mutex_unlock(&marks->lock);
    return count;
}

/* Those of a hash that wait are copied, the others go: what was written at the last flush. */
static struct entry *entries_take(struct marks *marks, struct entry *first)
{
    struct entry *kept = NULL;
    for (struct entry *next; first != NULL; first = next) {
        next = first->next;
        if (!first->mark.waiting) {
            free(first);
            continue;
        }
        marks->writing[marks->writing_count++] = *first;
        first->next = kept;
        kept = first;
    }
    return kept;
}

/* A copy of everything that waits; the table goes on collecting. */
static int64_t writing_take(struct marks *marks)
{
    size_t cursor = 0;
    uint64_t key;
    void *value;
    struct map kept = { 0 };
    pthread_mutex_lock(&marks->lock);
    free(marks->writing); /* of a batch that was lost and runs again */
    marks->writing = mem_alloc((marks->count + 1) * sizeof(*marks->writing));
    marks->writing_count = 0;
    while (map_next(&marks->entries, &cursor, &key, &value)) {
        struct entry *first = entries_take(marks, value);
        if (first != NULL)
            map_put(&kept, key, first);
    }
    map_release(&marks->entries);
    marks->entries = kept;
    int64_t told = marks->told;
    pthread_mutex_unlock(&marks->lock);
    return told;
}

enum err marks_flush(struct marks *marks, struct db *db)
{
    int64_t told = writing_take(marks);
    enum err err = OK;
    for (size_t i = 0; err == OK && i < marks->writing_count; i++) {
        const struct entry *entry = &marks->writing[i];
        err = member_mark(db, entry->chat, entry->user, entry->mark.read, entry->mark.sent);
    }
    if (err == OK && told > 0)
        err = meta_put_i64(db, "marks", told);
    return err;
}

/* Under the lock. */
static void entry_settle(struct marks *marks, const struct entry *written)
{
    struct entry *entry = entry_find(marks, key_of(written->chat, written->user), written->chat, written->user);
    if (entry == NULL || entry->mark.read != written->mark.read || entry->mark.sent != written->mark.sent)
        return; /* It moved on meanwhile. */
    entry->mark.waiting = false;
    marks->count--;
}

void marks_flushed(struct marks *marks, bool committed)
{
    pthread_mutex_lock(&marks->lock);
    for (size_t i = 0; committed && i < marks->writing_count; i++)
        entry_settle(marks, &marks->writing[i]);
    free(marks->writing);
    marks->writing = NULL;
    marks->writing_count = 0;
    pthread_mutex_unlock(&marks->lock);
}

/* What was settled before goes, what waits is settled: as two flushes of this node would do. Under the lock. */
static struct entry *entries_settle(struct entry *first)
{
    struct entry *kept = NULL;
    for (struct entry *next; first != NULL; first = next) {
        next = first->next;
        if (!first->mark.waiting) {
            free(first);
            continue;
        }
        first->mark.waiting = false;
        first->next = kept;
        kept = first;
    }
    return kept;
}

void marks_stored(struct marks *marks, uint64_t since)
{
    size_t cursor = 0;
    uint64_t key;
    void *value;
    struct map kept = { 0 };
    pthread_mutex_lock(&marks->lock);
    if (marks->count > 0 && marks->since > since) {
        while (map_next(&marks->entries, &cursor, &key, &value)) {
            struct entry *first = entries_settle(value);
            if (first != NULL)
                map_put(&kept, key, first);
        }
        map_release(&marks->entries);
        marks->entries = kept;
        marks->count = 0;
    }
    pthread_mutex_unlock(&marks->lock);
}

void marks_forget(struct marks *marks)
{
    pthread_mutex_lock(&marks->lock);
    entries_free(&marks->entries);
    marks->count = 0;
    marks->told = 0;
    pthread_mutex_unlock(&marks->lock);
    buf_clear(&marks->tried);
}

static enum err replay_flush(struct marks *marks, struct db *db)
{
    enum err err = marks_flush(marks, db);
    marks_flushed(marks, err == OK);
    return err;
}

static enum err replay_from(struct marks *marks, struct db *db, int64_t after)
{
    struct arena arena = { 0 };
    enum err err = OK;
    for (bool more = true; err == OK && more;) {
        struct sent_list sent;
        err = message_senders_after(db, &arena, after, REPLAY_ROWS, &sent);
        for (size_t i = 0; err == OK && i < sent.count; i++) {
            marks_move(marks, sent.rows[i].chat, sent.rows[i].user, 0, sent.rows[i].seq);
            after = sent.rows[i].id;
        }
        more = err == OK && sent.count > 0;
        if (more)
            marks_told(marks, after);
        if (more)
            err = replay_flush(marks, db);
        arena_release(&arena);
    }
    return err;
}

enum err marks_replay_in(struct db *db)
{
    int64_t after = 0;
    enum err err = meta_get_i64(db, "marks", &after);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    struct marks *marks = marks_new();
    err = replay_from(marks, db, after);
    marks_free(&marks);
    return err;
}

enum err marks_replay(struct db *db)
{
    struct sql *sql = db_sql(db);
    enum err err = sql->v->begin(sql);
    if (err == OK)
        err = marks_replay_in(db);
    if (err == OK)
        err = sql->v->commit(sql);
    if (err != OK)
        sql->v->rollback(sql);
    return err;
}
