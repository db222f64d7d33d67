/* admin_client.c: over the socket or straight into the store. */
#include "cli/admin_client.h"

#include "api/admin.h"
#include "api/server.h"
#include "os/file.h"
#include "route/router.h"
#include "store/node.h"
#include "util/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct admin_client {
    const struct conf *conf;
    bool running; /* a server answers on the socket */
    struct file_lock lock;
    struct db *db;
    struct router *router;
    struct core *core;
    struct json_parser *parser;
};

/* Connects to DIR's socket through the directory's descriptor: a socket's path
 * has room for 107 bytes only. */
static int socket_connect(const char *data)
{
    int directory = open(data, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return -1;
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", directory, SERVER_ADMIN_SOCKET);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        fd = -1;
    }
    int saved = errno;
    close(directory);
    errno = saved;
    return fd;
}

/* Other nodes would not hear of what is written beside them. */
static enum err nodes_check(struct db *db, struct buf *error)
{
    enum err err = node_none_serves(db);
    if (err == ERR_BUSY)
        buf_append_str(error, STR("other nodes serve this database: run this where one of them does"));
    return err;
}

static enum err store_open(struct admin_client *client, struct buf *error)
{
    struct buf path = { 0 };
    buf_append_format(&path, "%s/%s", client->conf->data, SERVER_LOCK_FILE);
    buf_append_byte(&path, '\0');
    enum err err = file_make_dir(client->conf->data);
    if (err == OK)
        err = file_lock(path.ptr, &client->lock);
    buf_clear(&path);
    if (err != OK) {
        client->lock.fd = -1;
        buf_append_format(error,
                          err == ERR_BUSY ? "%s is in use, but its server does not answer; is it starting?"
                                          : "%s can't be used as a data directory",
                          client->conf->data);
    } else {
        buf_append_format(&path, "%s/%s", client->conf->data, SERVER_STORE_FILE);
        buf_append_byte(&path, '\0');
        struct db_place place = db_place_of(client->conf->store_url, path.ptr);
        err = db_place_open(&place, SQL_WRITER, &client->db);
        if (err == OK)
            err = db_migrate(client->db);
        if (err != OK) {
            buf_append_str(error, STR("the store "));
            db_place_show(&place, error);
            buf_append_format(error, " can't be opened: %s", err_text(err));
        }
        db_place_release(&place);
        if (err == OK)
            err = nodes_check(client->db, error);
    }
    buf_release(&path);
    if (err != OK)
        return err;
    client->router = router_local_new();
    client->parser = json_parser_new();
    struct core_options options = {
        .db = client->db,
        .queue_max = 16,
        .batch_max = 16,
        .policy = core_policy_of(client->conf),
        .router = client->router,
    };
    err = core_new(&options, &client->core);
    if (err == OK)
        client->db = NULL; /* The core's now. */
    return err;
}

enum err admin_client_open(const struct conf *conf, struct admin_client **out, struct buf *error)
{
    struct admin_client *client = mem_zalloc(sizeof(*client));
    client->conf = conf;
    client->lock.fd = -1;
    enum err err = OK;
    int fd = socket_connect(conf->data);
    if (fd >= 0) {
        client->running = true;
        close(fd);
    } else if (errno == EACCES) {
        buf_append_format(error, "the server of %s belongs to another user", conf->data);
        err = ERR_DENIED;
    } else {
        err = store_open(client, error);
    }
    *out = client;
    if (err != OK)
        admin_client_close(out);
    return err;
}

void admin_client_close(struct admin_client **out)
{
    struct admin_client *client = *out;
    if (client == NULL)
        return;
    core_free(&client->core);
    db_close(&client->db);
    router_free(&client->router);
    json_parser_free(&client->parser);
    if (client->lock.fd >= 0)
        file_unlock(&client->lock);
    free(client);
    *out = NULL;
}

static enum err ask_server(struct admin_client *client, struct str request, struct buf *answer)
{
    int fd = socket_connect(client->conf->data);
    if (fd < 0)
        return ERR_CLOSED;
    struct buf line = { 0 };
    buf_append_str(&line, request);
    buf_append_byte(&line, '\n');
    enum err err = OK;
    for (size_t sent = 0; err == OK && sent < line.size;) {
        ssize_t size = send(fd, line.ptr + sent, line.size - sent, MSG_NOSIGNAL);
        if (size <= 0)
            err = ERR_CLOSED;
        else
            sent += (size_t)size;
    }
    buf_release(&line);
    char chunk[4096];
    ssize_t size;
    while (err == OK && (size = recv(fd, chunk, sizeof(chunk), 0)) > 0)
        buf_append(answer, chunk, (size_t)size);
    close(fd);
    return err == OK && answer->size == 0 ? ERR_CLOSED : err;
}

struct direct_wait {
    pthread_mutex_t lock;
    pthread_cond_t ready;
    bool done;
    struct buf *answer;
};

static void direct_answered(void *context, struct str answer)
{
    struct direct_wait *wait = context;
    pthread_mutex_lock(&wait->lock);
    buf_append_str(wait->answer, answer);
    wait->done = true;
    pthread_cond_signal(&wait->ready);
    pthread_mutex_unlock(&wait->lock);
}

static enum err ask_store(struct admin_client *client, struct str request, struct buf *answer)
{
    struct direct_wait wait = { .answer = answer };
    pthread_mutex_init(&wait.lock, NULL);
    pthread_cond_init(&wait.ready, NULL);
    enum err err = admin_request(client->core, NULL, client->parser, request, direct_answered, &wait);
    pthread_mutex_lock(&wait.lock);
    while (err == OK && !wait.done)
        pthread_cond_wait(&wait.ready, &wait.lock);
    pthread_mutex_unlock(&wait.lock);
    pthread_cond_destroy(&wait.ready);
    pthread_mutex_destroy(&wait.lock);
    return err;
}

enum err admin_client_ask(struct admin_client *client, struct str request, struct buf *answer)
{
    buf_clear(answer);
    return client->running ? ask_server(client, request, answer) : ask_store(client, request, answer);
}
