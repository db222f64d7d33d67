/* import.c: the order of things, and where a run goes on. */
#include "legacy/import_state.h"

#include "os/clock.h"
#include "store/group.h"
#include "util/mem.h"

#include <stdlib.h>

#define BATCH 20000
#define META_STARTED "legacy.started"
/* While a run is under way, and after one that died: what was there before it, ids of the store and of the original. */
#define META_STORE_BEFORE "legacy.store_before"
#define META_SOURCE_BEFORE "legacy.source_before"
#define NOT_UNDER_WAY (-1)

int64_t field_i64(struct str field, int64_t fallback)
{
    int64_t value;
    return field.ptr != NULL && str_to_i64(field, &value) ? value : fallback;
}

bool field_is_deleted(struct str field)
{
    return field_i64(field, 0) != 0;
}

enum err batch_begin(struct import *import)
{
    struct sql *sql = db_sql(import->db);
    import->in_batch = 0;
    return sql->v->begin(sql);
}

enum err batch_end(struct import *import)
{
    struct sql *sql = db_sql(import->db);
    enum err err = sql->v->commit(sql);
    return err == OK ? sql->v->maintain(sql, false) : err;
}

enum err batch_step(struct import *import)
{
    if (++import->in_batch < BATCH)
        return OK;
    enum err err = batch_end(import);
    return err == OK ? batch_begin(import) : err;
}

struct taken_chat *chat_of(struct import *import, int64_t id)
{
    struct taken_chat *chat = map_get(&import->chats, (uint64_t)id);
    if (chat == NULL) {
        chat = arena_zalloc(&import->arena, sizeof(*chat));
        chat->id = id;
        map_put(&import->chats, (uint64_t)id, chat);
    }
    return chat;
}

struct import *import_new(struct db *db, struct source *source, struct mailboxes *mailboxes)
{
    struct import *import = mem_zalloc(sizeof(*import));
    import->db = import->people.db = db;
    import->source = source;
    import->mailboxes = mailboxes;
    import->parser = json_parser_new();
    import->now_ms = clock_wall_ms();
    return import;
}

void import_free(struct import **out)
{
    struct import *import = *out;
    if (import == NULL)
        return;
    json_parser_free(&import->parser);
    people_release(&import->people);
    map_release(&import->chats);
    map_release(&import->undelivered);
    arena_release(&import->arena);
    free(import);
    *out = NULL;
}

const struct report *import_report(const struct import *import)
{
    return &import->report;
}

/* An id of the original must not meet one that was given here. */
static enum err store_check(struct import *import)
{
    int64_t started;
    struct group_list groups;
    struct arena scratch = { 0 };
    enum err err = message_last_id(import->db, &import->next_id);
    if (err == OK && meta_get_i64(import->db, META_STARTED, &started) == OK)
        return OK;
    if (err == OK)
        err = group_page(import->db, &scratch, 0, 1, &groups);
    if (err == OK && (import->next_id > 0 || groups.count > 0))
        err = ERR_EXISTS;
    arena_release(&scratch);
    return err == OK ? meta_put_i64(import->db, META_STARTED, import->now_ms) : err;
}

/* Chats that a run which died wrote to: their members are still to be settled, and they are to be compared, too. */
static enum err chats_recall(struct import *import, int64_t store_before)
{
    int64_t last_of_source = 0;
    enum err err = meta_get_i64(import->db, IMPORT_META_LAST, &last_of_source);
    bool more = true;
    for (err = err == ERR_NOT_FOUND ? OK : err; err == OK && more;) {
        struct arena scratch = { 0 };
        struct message_list list;
        err = message_after(import->db, &scratch, store_before, 1000, &list);
        more = err == OK && list.count > 0;
        for (size_t i = 0; err == OK && i < list.count; i++) {
            const struct message *message = &list.rows[i];
            struct taken_chat *chat = chat_of(import, message->chat);
            store_before = message->id;
            chat->head = message->seq;
            if (chat->first == 0)
                chat->first = message->seq;
            if (message->id <= last_of_source)
                chat->last_of_source = message->seq;
        }
        arena_release(&scratch);
    }
    return err;
}

static enum err run_begin(struct import *import)
{
    int64_t store_before = NOT_UNDER_WAY, last = 0;
    enum err err = store_check(import);
    if (err == OK)
        err = meta_get_i64(import->db, META_STORE_BEFORE, &store_before);
    if (err == OK && store_before != NOT_UNDER_WAY) {
        err = meta_get_i64(import->db, META_SOURCE_BEFORE, &import->source_before);
        return err == OK ? chats_recall(import, store_before) : err;
    }
    if (err == OK || err == ERR_NOT_FOUND)
        err = meta_get_i64(import->db, IMPORT_META_LAST, &last);
    import->source_before = last;
    if (err == OK || err == ERR_NOT_FOUND)
        err = meta_put_i64(import->db, META_SOURCE_BEFORE, last);
    return err == OK ? meta_put_i64(import->db, META_STORE_BEFORE, import->next_id) : err;
}

enum err import_run(struct import *import)
{
    static enum err (*const parts[])(struct import *) = {
        import_users, import_groups, import_contacts, import_messages, import_offline, import_marks,
    };
    enum err err = run_begin(import);
    for (size_t i = 0; err == OK && i < sizeof(parts) / sizeof(parts[0]); i++) {
        err = batch_begin(import);
        if (err != OK)
            return err;
        err = parts[i](import);
        if (err == OK)
            err = batch_end(import);
        else
            db_sql(import->db)->v->rollback(db_sql(import->db));
    }
    return err == OK ? meta_put_i64(import->db, META_STORE_BEFORE, NOT_UNDER_WAY) : err;
}
