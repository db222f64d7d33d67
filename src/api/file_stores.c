/* file_stores.c: from the configuration to a bucket. */
#include "api/file_stores.h"

#include "live/metrics.h"
#include "media/s3.h"
#include "os/log.h"
#include "store/object.h"

#define QUEUE_MAX ((size_t)1000000) /* each connection has one job there at most, each round of file_carry a few */

static enum err store_new(const struct conf *conf, struct file_store **out)
{
    const struct s3_options options = {
        .endpoint = conf->s3_endpoint,
        .public_endpoint = conf->s3_public,
        .region = conf->s3_region,
        .bucket = conf->s3_bucket,
        .key = conf->s3_key,
        .secret = conf->s3_secret,
        .prefix = conf->s3_prefix,
        .path_style = conf->s3_path_style,
        .timeout_ms = conf->s3_timeout_ms,
        .url_ttl_ms = conf->s3_url_ttl_ms,
        .part_size = conf->s3_part_size,
    };
    struct buf error = { 0 };
    enum err err = s3_new(&options, out, &error);
    if (err != OK)
        log_error("media", "the bucket can't be used as configured", LOG_STR("reason", buf_str(&error)));
    buf_release(&error);
    return err;
}

enum err file_stores_open(struct service *service, struct db *db)
{
    const struct conf *conf = service->conf;
    bool there;
    bool left;
    enum err err = object_any(db, &there, &left);
    if (err == OK)
        err = conf->store_s3 ? object_want_all(db) : object_unwant_all(db);
    if (err != OK)
        return err;
    if (conf->store_s3 || conf->s3_endpoint[0] != '\0')
        return store_new(conf, &service->store);
    if (there) {
        log_error("media", "files of this server are in a bucket: give media.s3_endpoint and what belongs to it; "
                           "media.store = disk keeps new files on the disk all the same");
        return ERR_ARG;
    }
    if (left)
        log_warn("media", "objects of files that are gone stay in the bucket, since none is configured");
    return OK;
}

static enum err carrier_open(void *context, void **link)
{
    struct service *service = context;
    return service->store->v->link_new(service->store, &service->draining, link);
}

static enum err fetcher_open(void *context, void **link)
{
    struct service *service = context;
    return service->store->v->link_new(service->store, NULL, link);
}

/* Pools give their threads' contexts back without their own: there is one store in a process. */
static struct file_store *store_of_links;

static void link_close(void *link)
{
    store_of_links->v->link_free(store_of_links, link);
}

enum err file_stores_start(struct service *service)
{
    if (service->store == NULL)
        return OK;
    struct pool_options options = {
        .name = "im-carrier",
        .threads = (unsigned)service->conf->s3_threads,
        .queue_max = QUEUE_MAX,
        .thread_open = carrier_open,
        .thread_close = link_close,
        .context = service,
    };
    store_of_links = service->store;
    enum err err = pool_new(&options, &service->carriers);
    if (err == OK && (service->conf->s3_proxy || service->conf->s3_direct)) {
        options.name = "im-fetcher";
        options.thread_open = fetcher_open;
        err = pool_new(&options, &service->fetchers);
    }
    return err;
}

void file_stores_stop(struct service *service)
{
    if (service->carriers != NULL)
        pool_free(&service->carriers);
    if (service->fetchers != NULL)
        pool_free(&service->fetchers);
}

void file_stores_free(struct service *service)
{
    if (service->store != NULL)
        service->store->v->free(service->store);
    service->store = NULL;
}

static void by_op(struct buf *out, const char *op, const char *result, unsigned long long count)
{
    buf_append_format(out, "im_file_store_requests_total{op=\"%s\",result=\"%s\"} %llu\n", op, result, count);
}

void file_stores_metrics(struct service *service, struct buf *out)
{
    static const char *const ops[FILE_STORE_OPS] = { "put", "read", "remove" };
    struct file_store *store = service->store;
    if (store == NULL)
        return;
    buf_append_str(out, STR("# HELP im_file_store_requests_total What was asked of the bucket.\n"
                            "# TYPE im_file_store_requests_total counter\n"));
    for (unsigned i = 0; i < FILE_STORE_OPS; i++) {
        by_op(out, ops[i], "ok", atomic_load(&store->stats.done[i]));
        by_op(out, ops[i], "failed", atomic_load(&store->stats.failed[i]));
    }
    buf_append_str(out, STR("# HELP im_file_store_seconds_total How long that took.\n"
                            "# TYPE im_file_store_seconds_total counter\n"));
    for (unsigned i = 0; i < FILE_STORE_OPS; i++)
        buf_append_format(out, "im_file_store_seconds_total{op=\"%s\"} %.6f\n", ops[i],
                          (double)atomic_load(&store->stats.us[i]) / 1e6);
    metric_line_append(out, "im_file_store_redirects_total", "counter", "Downloads sent to the bucket.",
                       (double)atomic_load(&service->store_redirects));
    metric_line_append(out, "im_file_store_waiting", "gauge", "Files that wait on the disk for the bucket.",
                       (double)atomic_load(&service->store_waiting_files));
    metric_line_append(out, "im_file_store_waiting_bytes", "gauge", "Their bytes.",
                       (double)atomic_load(&service->store_waiting_bytes));
    metric_line_append(out, "im_file_store_up", "gauge", "Whether the bucket could be used the last time.",
                       atomic_load(&service->store_failed_ms) == 0 ? 1 : 0);
}
