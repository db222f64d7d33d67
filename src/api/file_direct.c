/* file_direct.c: an offer is good for media.s3_url_ttl, and what it left is
 * looked for when a whole media.upload_ttl has passed after that: nobody still
 * sends then. Between the two an object is a file only by its row. */
#include "api/file_direct.h"

#include "media/file_store.h"
#include "os/clock.h"
#include "store/object.h"
#include "util/jsonw.h"

#define SIZE_MAX_PUT (INT64_C(5) << 30) /* of one PUT, says the API */

bool file_direct_wanted(const struct call *call, int64_t size, enum media_kind claimed)
{
    const struct service *service = call->service;
    bool picture = claimed == MEDIA_IMAGE && service->pictures != NULL;
    return service->conf->store_s3 && service->conf->s3_direct && !picture && size <= SIZE_MAX_PUT &&
           atomic_load(&service->store_failed_ms) == 0;
}

/* What is due sooner than this is left alone: the clocks of several nodes differ. */
static int64_t least_ms(const struct call *call, int64_t now_ms)
{
    return now_ms + call->service->conf->s3_url_ttl_ms;
}

/* What he sends by an address costs room until it is swept, whether or not it is still an upload of his. */
static enum err room_look(const struct conf *conf, struct db *db, const struct object_offer *offer)
{
    int64_t count;
    int64_t bytes;
    enum err err = object_offers(db, offer, &count, &bytes);
    if (err == OK && (count >= conf->unfinished_max || (conf->quota > 0 && bytes > conf->quota - offer->size)))
        err = ERR_BUSY;
    return err;
}

static struct object_offer offer_of(const struct call *call, struct str fid, int64_t size)
{
    return (struct object_offer){ .owner = call->user, .fid = fid, .size = size };
}

enum err file_direct_offer(const struct call *call, struct core_tx *tx, struct str fid, int64_t size,
                           struct file_direct *direct)
{
    const struct conf *conf = call->service->conf;
    const struct object_offer offer = offer_of(call, fid, size);
    int64_t until_ms = tx->now_ms + conf->s3_url_ttl_ms;
    direct->until_ms = 0;
    if (!direct->wanted)
        return OK;
    enum err err = room_look(conf, tx->db, &offer);
    if (err == OK)
        err = object_offer(tx->db, &offer, least_ms(call, tx->now_ms), until_ms + conf->upload_ttl_ms);
    if (err == OK)
        direct->until_ms = until_ms;
    return err == ERR_BUSY ? OK : err; /* Through the server, then. */
}

void file_direct_put(const struct call *call, const struct upload *row, const struct file_direct *direct,
                     struct buf *out)
{
    char room[OBJECT_OFFER_NAME_MAX];
    struct file_store_offer offer;
    struct file_store *store = call->service->store;
    if (direct->until_ms == 0)
        return;
    store->v->offer(store, object_offer_name(row->fid, room), (uint64_t)row->size,
                    (const unsigned char *)row->sha256.ptr, clock_wall_ms(), direct->until_ms, &offer);
    jsonw_key(out, "put");
    jsonw_open(out, '{');
    jsonw_put_str(out, "url", buf_str(&offer.url));
    jsonw_key(out, "headers");
    jsonw_open(out, '{');
    jsonw_put_str(out, "Content-Type", offer.type);
    jsonw_put_str(out, offer.header, str_from(offer.checksum));
    jsonw_close(out, '}');
    jsonw_put_i64(out, "expires", direct->until_ms);
    jsonw_close(out, '}');
    buf_release(&offer.url);
}

enum err file_direct_look(const struct call *call, void *link, const struct upload *row, struct media_type *type)
{
    char first[SNIFF_BYTES];
    char room[OBJECT_OFFER_NAME_MAX];
    struct str name = object_offer_name(row->fid, room);
    size_t size = row->size < (int64_t)sizeof(first) ? (size_t)row->size : sizeof(first);
    struct file_store *store = call->service->store;
    enum err err = store->v->offered(store, link, name, (uint64_t)row->size, (const unsigned char *)row->sha256.ptr);
    if (err == OK)
        err = store->v->read(store, link, name, 0, first, size);
    if (err == OK)
        *type = media_sniff((struct str){ first, size });
    return err;
}

enum err file_direct_arrive(const struct call *call, struct core_tx *tx, struct str fid, int64_t size)
{
    const struct object_offer offer = offer_of(call, fid, size);
    return object_arrive(tx->db, &offer, least_ms(call, tx->now_ms));
}
