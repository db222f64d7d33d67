/* object.c: rows of files that are elsewhere. */
#include "store/object.h"

#include "store/query.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum err object_want(struct db *db, struct str fid, int64_t size)
{
    struct query_call call = call_start(db, QUERY_OBJECT_WANT);
    call_text(&call, fid);
    call_text(&call, fid);
    call_i64(&call, size);
    return call_finish(&call);
}

enum err object_want_all(struct db *db)
{
    struct query_call call = call_start(db, QUERY_OBJECT_WANT_ALL);
    return call_finish(&call);
}

enum err object_unwant_all(struct db *db)
{
    struct query_call call = call_start(db, QUERY_OBJECT_UNWANT_ALL);
    return call_finish(&call);
}

enum err object_share(struct db *db, struct str from, struct str fid)
{
    struct query_call call = call_start(db, QUERY_OBJECT_SHARE);
    call_text(&call, fid);
    call_text(&call, from);
    return call_finish_found(&call);
}

#define OFFER_FID_MAX ((size_t)64)

/* Of an offer's own row: ~owner~fid. In no fid is a '~', and behind all that it begins is '\x7f'. */
static struct str offer_fid(const struct object_offer *offer, const char *rest, char room[OFFER_FID_MAX])
{
    int size = snprintf(room, OFFER_FID_MAX, "~%lld~%s", (long long)offer->owner, rest);
    assert(size > 0 && (size_t)size < OFFER_FID_MAX && offer->fid.size < OFFER_FID_MAX - (size_t)size);
    if (*rest == '\0')
        memcpy(room + size, offer->fid.ptr, offer->fid.size);
    return (struct str){ room, (size_t)size + (*rest == '\0' ? offer->fid.size : 0) };
}

struct str object_offer_name(struct str fid, char room[OBJECT_OFFER_NAME_MAX])
{
    int size = snprintf(room, OBJECT_OFFER_NAME_MAX, "%.*s-put", (int)fid.size, fid.ptr);
    assert(size > 0 && (size_t)size < OBJECT_OFFER_NAME_MAX);
    return (struct str){ room, (size_t)size };
}

enum err object_offer(struct db *db, const struct object_offer *offer, int64_t least_ms, int64_t due_ms)
{
    char room[OFFER_FID_MAX];
    char name_room[OBJECT_OFFER_NAME_MAX];
    struct str own = offer_fid(offer, "", room);
    struct query_call call = call_start(db, QUERY_OBJECT_OFFER_AGAIN);
    call_i64(&call, due_ms);
    call_text(&call, own);
    call_i64(&call, least_ms);
    enum err err = call_finish_found(&call);
    if (err != ERR_NOT_FOUND)
        return err;
    call = call_start(db, QUERY_OBJECT_OFFER);
    call_text(&call, own);
    call_text(&call, object_offer_name(offer->fid, name_room));
    call_i64(&call, offer->size);
    call_i64(&call, due_ms);
    call_text(&call, own);
    err = call_finish_found(&call);
    return err == ERR_NOT_FOUND ? ERR_BUSY : err;
}

enum err object_offers(struct db *db, const struct object_offer *offer, int64_t *count, int64_t *bytes)
{
    char room[OFFER_FID_MAX];
    char end_room[OFFER_FID_MAX];
    struct str own = offer_fid(offer, "", room);
    struct query_call call = call_start(db, QUERY_OBJECT_OFFERS);
    call_text(&call, (struct str){ own.ptr, own.size - offer->fid.size });
    call_text(&call, offer_fid(offer, "\x7f", end_room));
    call_text(&call, own);
    *count = *bytes = 0;
    if (call_row(&call)) {
        *count = call_column_i64(&call, 0);
        *bytes = call_column_i64(&call, 1);
    }
    return call_end(&call);
}

enum err object_arrive(struct db *db, const struct object_offer *offer, int64_t least_ms)
{
    char room[OFFER_FID_MAX];
    struct query_call call = call_start(db, QUERY_OBJECT_ARRIVE);
    call_text(&call, offer->fid);
    call_text(&call, offer_fid(offer, "", room));
    call_i64(&call, least_ms);
    return call_finish_found(&call);
}

enum err object_offer_end(struct db *db, const struct object *offered)
{
    struct query_call call = call_start(db, QUERY_OBJECT_NAMED);
    call_text(&call, offered->name);
    bool taken = call_row(&call);
    enum err err = call_end(&call);
    if (err != OK || !taken)
        return err != OK ? err : object_set(db, offered->fid, OBJECT_OFFERED, OBJECT_GONE, offered->forms);
    err = object_delete(db, offered->fid, OBJECT_OFFERED);
    return err == OK ? ERR_NOT_FOUND : err;
}

static struct object row_take(struct query_call *call, struct arena *arena)
{
    return (struct object){
        .fid = call_column_text(call, arena, 0),
        .name = call_column_text(call, arena, 1),
        .state = (enum object_state)call_column_i64(call, 2),
        .forms = call_column_i64(call, 3),
        .size = call_column_i64(call, 4),
    };
}

enum err object_there(struct db *db, struct arena *arena, struct str fid, struct object *out)
{
    enum err missing = ERR_NOT_FOUND;
    struct query_call call = call_start(db, QUERY_OBJECT_THERE);
    call_text(&call, fid);
    if (call_row(&call)) {
        *out = row_take(&call, arena);
        missing = OK;
    }
    enum err err = call_end(&call);
    return err != OK ? err : missing;
}

enum err object_any(struct db *db, bool *there, bool *left)
{
    struct query_call call = call_start(db, QUERY_OBJECT_ANY_THERE);
    *there = call_row(&call);
    enum err err = call_end(&call);
    if (err != OK)
        return err;
    call = call_start(db, QUERY_OBJECT_ANY_LEFT);
    *left = call_row(&call);
    return call_end(&call);
}

enum err object_due(struct db *db, struct arena *arena, int64_t now_ms, size_t limit, struct object_list *out)
{
    size_t capacity = 0;
    struct query_call call = call_start(db, QUERY_OBJECT_DUE);
    *out = (struct object_list){ 0 };
    call_i64(&call, now_ms);
    call_i64(&call, (int64_t)limit);
    while (call_row(&call)) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof *out->rows);
        out->rows[out->count++] = row_take(&call, arena);
    }
    return call_end(&call);
}

enum err object_waiting(struct db *db, int64_t *files, int64_t *bytes)
{
    struct query_call call = call_start(db, QUERY_OBJECT_WAITING);
    *files = *bytes = 0;
    if (call_row(&call)) {
        *files = call_column_i64(&call, 0);
        *bytes = call_column_i64(&call, 1);
    }
    return call_end(&call);
}

enum err object_set(struct db *db, struct str fid, enum object_state from, enum object_state to, int64_t forms)
{
    struct query_call call = call_start(db, QUERY_OBJECT_SET);
    call_i64(&call, (int64_t)to);
    call_i64(&call, forms);
    call_text(&call, fid);
    call_i64(&call, (int64_t)from);
    return call_finish_found(&call);
}

enum err object_delay(struct db *db, struct str fid, int64_t due_ms)
{
    struct query_call call = call_start(db, QUERY_OBJECT_DELAY);
    call_i64(&call, due_ms);
    call_text(&call, fid);
    return call_finish(&call);
}

enum err object_claim(struct db *db, struct str fid, int64_t now_ms, int64_t until_ms)
{
    struct query_call call = call_start(db, QUERY_OBJECT_CLAIM);
    call_i64(&call, until_ms);
    call_text(&call, fid);
    call_i64(&call, now_ms);
    return call_finish_found(&call);
}

enum err object_delete(struct db *db, struct str fid, enum object_state state)
{
    struct query_call call = call_start(db, QUERY_OBJECT_DELETE);
    call_text(&call, fid);
    call_i64(&call, (int64_t)state);
    return call_finish_found(&call);
}

/* What others share, or never left, needs no removal; the rest does. */
enum err object_file_gone(struct db *db, int64_t file)
{
    static const enum query queries[] = { QUERY_OBJECT_DROP, QUERY_OBJECT_GONE };
    enum err err = OK;
    for (size_t i = 0; err == OK && i < sizeof queries / sizeof *queries; i++) {
        struct query_call call = call_start(db, queries[i]);
        call_i64(&call, file);
        err = call_finish(&call);
    }
    return err;
}
