/* listeners.c: where the server listens, and the line that says so. */
#include "api/listeners.h"

#include "api/admin_socket.h"
#include "api/gateway.h"
#include "os/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Splits "host:port", "[v6]:port", ":port"; conf has checked the form. */
static void address_split(const char *address, char *host, size_t host_size, unsigned *port)
{
    const char *colon = strrchr(address, ':');
    size_t size = (size_t)(colon - address);
    if (size >= 2 && address[0] == '[') {
        address++;
        size -= 2;
    }
    if (size >= host_size)
        size = host_size - 1;
    memcpy(host, address, size);
    host[size] = '\0';
    *port = (unsigned)strtoul(colon + 1, NULL, 10);
}

static enum err listen_on(struct service *service, const char *address, struct tls *tls, bool tls_only,
                          struct listener **out)
{
    char host[256];
    unsigned port;
    address_split(address, host, sizeof(host), &port);
    struct listener_options options = {
        .host = host,
        .port = port,
        .tls = tls,
        .tls_only = tls_only,
        .outbox_max = (size_t)service->conf->outbox_max,
        .conns_max = (unsigned)(service->conf->connections_max / service->shard_count + 1),
        .accepted = gateway_accepted,
        .contexts = (void **)service->shards,
    };
    enum err err = listener_open(service->loops, service->shard_count, &options, out, &port);
    if (err != OK) {
        log_error("server", "can't listen", LOG_TEXT("address", address), LOG_TEXT("reason", err_text(err)));
        return err;
    }
    bool any = host[0] == '\0' || strcmp(host, "*") == 0 || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
    bool v6 = !any && strchr(host, ':') != NULL;
    printf("im_service %s is ready: %s://%s%s%s:%u\n", IM_VERSION, tls_only ? "https" : "http", v6 ? "[" : "",
           any ? "127.0.0.1" : host, v6 ? "]" : "", port);
    fflush(stdout);
    return OK;
}

enum err listeners_open(struct service *service, struct tls *tls, struct listeners *out)
{
    const struct conf *conf = service->conf;
    bool own_port = conf->tls_listen[0] != '\0';
    enum err err = admin_socket_open(service->shards[0], conf->data, &out->admin);
    if (err == OK && tls != NULL && own_port)
        err = listen_on(service, conf->tls_listen, tls, true, &out->https);
    if (err == OK)
        err = listen_on(service, conf->listen, own_port ? NULL : tls, false, &out->http);
    return err;
}

void listeners_stop(struct listeners *listeners)
{
    listener_stop(listeners->http);
    if (listeners->https != NULL)
        listener_stop(listeners->https);
    listener_stop(listeners->admin);
}

void listeners_free(struct listeners *listeners)
{
    listener_free(&listeners->http);
    listener_free(&listeners->https);
    listener_free(&listeners->admin);
}
