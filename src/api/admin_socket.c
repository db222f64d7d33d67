/* admin_socket.c: one request a connection. */
#include "api/admin_socket.h"

#include "api/admin.h"
#include "api/server.h"
#include "util/mem.h"

#include <stdlib.h>

#define LINGER_MS 1000

struct admin_conn {
    struct shard *shard;
    struct conn *stream;
    uint64_t id;
    struct buf line;
    bool asked;
};

/* Where an answer goes; the connection may be gone by then. */
struct admin_answer {
    struct shard *shard;
    uint64_t conn;
};

static void answer_send(struct admin_conn *conn, struct str answer)
{
    struct buf line = { 0 };
    buf_append_str(&line, answer);
    buf_append_byte(&line, '\n');
    struct payload *payload = payload_from(buf_str(&line));
    buf_release(&line);
    conn_send(conn->stream, payload);
    payload_unref(&payload);
    conn_close(conn->stream, LINGER_MS);
}

static void admin_answered(void *context, struct str answer)
{
    struct admin_answer *to = context;
    struct admin_conn *conn = map_get(&to->shard->admins, to->conn);
    if (conn != NULL)
        answer_send(conn, answer);
    free(to);
}

static void line_taken(struct admin_conn *conn, struct str line)
{
    struct shard *shard = conn->shard;
    struct admin_answer *to = mem_alloc(sizeof(*to));
    *to = (struct admin_answer){ shard, conn->id };
    conn->asked = true;
    enum err err = admin_request(shard->service->core, shard->loop, shard->json, line, admin_answered, to);
    if (err != OK) {
        free(to);
        answer_send(conn, err == ERR_PARSE ? STR("{\"code\":1,\"msg\":\"the request is not understood\"}")
                                           : STR("{\"code\":1,\"msg\":\"the server is busy\"}"));
    }
}

static void admin_read(void *owner, char *bytes, size_t size)
{
    struct admin_conn *conn = owner;
    if (conn->asked)
        return;
    buf_append(&conn->line, bytes, size);
    const char *end = memchr(conn->line.ptr, '\n', conn->line.size);
    if (end != NULL) {
        line_taken(conn, (struct str){ conn->line.ptr, (size_t)(end - conn->line.ptr) });
    } else if (conn->line.size > ADMIN_REQUEST_MAX) {
        conn->asked = true;
        answer_send(conn, STR("{\"code\":1,\"msg\":\"the request is too large\"}"));
    }
}

static void admin_closed(void *owner, enum conn_end end)
{
    (void)end;
    struct admin_conn *conn = owner;
    map_remove(&conn->shard->admins, conn->id);
    buf_release(&conn->line);
    free(conn);
}

static const struct conn_owner admin_owner = { .read = admin_read, .closed = admin_closed };

static void admin_accepted(struct conn *stream, void *context)
{
    struct shard *shard = context;
    struct admin_conn *conn = mem_zalloc(sizeof(*conn));
    conn->shard = shard;
    conn->stream = stream;
    conn->id = ++shard->last_session_id;
    map_put(&shard->admins, conn->id, conn);
    conn_set_owner(stream, &admin_owner, conn);
}

enum err admin_socket_open(struct shard *shard, const char *data, struct listener **out)
{
    struct buf path = { 0 };
    buf_append_format(&path, "%s/%s", data, SERVER_ADMIN_SOCKET);
    buf_append_byte(&path, '\0');
    struct listener_options options = {
        .outbox_max = (size_t)1024 * 1024,
        .conns_max = 16,
        .accepted = admin_accepted,
        .context = shard,
    };
    enum err err = listener_open_unix(shard->loop, path.ptr, &options, out);
    buf_release(&path);
    return err;
}

void admin_socket_drain(struct shard *shard)
{
    size_t cursor = 0;
    uint64_t key;
    void *value;
    while (map_next(&shard->admins, &cursor, &key, &value))
        conn_close(((struct admin_conn *)value)->stream, 0);
}
