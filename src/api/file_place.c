/* file_place.c: the way to another store. */
#include "api/file_place.h"

#include "os/clock.h"
#include "store/object.h"

enum err file_place_find(struct call *call, struct db *db, const struct file *file, const char *variant,
                         struct str *object)
{
    struct object row;
    *object = STR_NONE;
    if (call->service->store == NULL)
        return OK;
    enum err err = object_there(db, &call->arena, file->fid, &row);
    if (err == OK)
        *object = arena_format(&call->arena, "%.*s%s%s", (int)row.name.size, row.name.ptr, *variant == '\0' ? "" : ".",
                               variant);
    return err == ERR_NOT_FOUND ? OK : err;
}

void file_place_redirect(struct call *call, struct str object, const struct file_store_told *told)
{
    struct file_store *store = call->service->store;
    struct buf url = { 0 };
    store->v->url(store, call->method == HTTP_HEAD ? STR("HEAD") : STR("GET"), object, told, clock_wall_ms(), &url);
    /* The address works for half of its time at least, so one kept for a quarter still has a quarter left. */
    buf_append_format(&call->headers, "Location: %.*s\r\nCache-Control: private, max-age=%lld\r\n", (int)url.size,
                      url.ptr, (long long)(call->service->conf->s3_url_ttl_ms / 4000));
    buf_append_str(&call->headers, STR("Cross-Origin-Resource-Policy: cross-origin\r\n"
                                       "Referrer-Policy: no-referrer\r\n"));
    buf_release(&url);
    atomic_fetch_add(&call->service->store_redirects, 1);
    call_reply_raw(call, 302, NULL, STR_NONE);
}
