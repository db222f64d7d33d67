/* http.c: requests out, answers in. A connection that ends is opened again
 * when it is next needed. */
#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void client_idle(struct http_client *client)
{
    client->busy = false;
    client->fleet->busy--;
    client->idle_next = client->fleet->idle;
    client->fleet->idle = client;
}

static void client_done(struct http_client *client, int64_t now)
{
    client->body[client->kept] = '\0';
    client->state = HTTP_HEAD;
    if (client->ending) {
        conn_close(&client->conn, false);
        client->up = false;
    }
    client_idle(client);
    client->fleet->answer(client->fleet, client, now);
}

static void client_broken(struct conn *conn, const char *why)
{
    struct http_client *client = (struct http_client *)conn;
    (void)why;
    client->up = false;
    if (!client->busy)
        return;
    client->fleet->failures++;
    client->status = 0;
    client->kept = 0;
    client->ending = false;
    client_done(client, now_ns());
}

static const char *header_find(const char *head, const char *end, const char *name)
{
    size_t size = strlen(name);
    for (const char *line = head; line < end;) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        if (next == NULL)
            break;
        if ((size_t)(next - line) > size && strncasecmp(line, name, size) == 0 && line[size] == ':') {
            line += size + 1;
            while (*line == ' ')
                line++;
            return line;
        }
        line = next + 1;
    }
    return NULL;
}

/* The head is followed by more bytes or by the loop's own: it is only read up to end. */
static void client_head(struct http_client *client, const char *head, const char *end)
{
    const char *length = header_find(head, end, "Content-Length");
    const char *coding = header_find(head, end, "Transfer-Encoding");
    const char *connection = header_find(head, end, "Connection");
    if (end - head < 12 || strncmp(head, "HTTP/1.", 7) != 0)
        die("not an HTTP answer: %.*s", (int)(end - head), head);
    client->status = atoi(head + 9);
    client->ending = connection != NULL && strncasecmp(connection, "close", 5) == 0;
    client->kept = 0;
    client->body_size = 0;
    client->rest = length != NULL ? strtoull(length, NULL, 10) : 0;
    client->state = coding != NULL && strncasecmp(coding, "chunked", 7) == 0 ? HTTP_CHUNK_SIZE : HTTP_LENGTH;
}

static size_t client_body(struct http_client *client, const char *bytes, size_t size)
{
    size_t take = size < client->rest ? size : (size_t)client->rest;
    size_t room = HTTP_KEEP - client->kept;
    size_t keep = take < room ? take : room;
    memcpy(client->body + client->kept, bytes, keep);
    client->kept += keep;
    client->body_size += take;
    client->rest -= take;
    return take;
}

/* One line of the chunked coding; returns 0 when it is not all there. */
static size_t client_line(struct http_client *client, const char *bytes, size_t size, int64_t now)
{
    const char *end = memchr(bytes, '\n', size);
    if (end == NULL)
        return 0;
    if (client->state == HTTP_CHUNK_SIZE) {
        client->rest = strtoull(bytes, NULL, 16);
        client->state = client->rest > 0 ? HTTP_CHUNK_DATA : HTTP_TRAILER;
    } else if (client->state == HTTP_CHUNK_END) {
        client->state = HTTP_CHUNK_SIZE;
    } else if (end - bytes <= 1) {
        client_done(client, now);
    }
    return (size_t)(end - bytes) + 1;
}

static size_t client_step(struct http_client *client, char *bytes, size_t size, int64_t now)
{
    if (client->state == HTTP_HEAD) {
        char *end = memmem(bytes, size, "\r\n\r\n", 4);
        if (end == NULL)
            return 0;
        client_head(client, bytes, end + 4);
        if (client->state == HTTP_LENGTH && client->rest == 0)
            client_done(client, now);
        return (size_t)(end - bytes) + 4;
    }
    if (client->state != HTTP_LENGTH && client->state != HTTP_CHUNK_DATA)
        return client_line(client, bytes, size, now);
    size_t used = client_body(client, bytes, size);
    if (client->rest == 0) {
        if (client->state == HTTP_LENGTH)
            client_done(client, now);
        else
            client->state = HTTP_CHUNK_END;
    }
    return used;
}

static size_t client_bytes(struct conn *conn, char *bytes, size_t size, int64_t now)
{
    struct http_client *client = (struct http_client *)conn;
    size_t used = 0;
    while (used < size && conn->fd >= 0) {
        if (!client->busy)
            die("the server answered what nobody asked: %.*s", (int)(size - used > 80 ? 80 : size - used),
                bytes + used);
        size_t step = client_step(client, bytes + used, size - used, now);
        if (step == 0)
            break;
        used += step;
    }
    return used;
}

static void client_opened(struct conn *conn)
{
    ((struct http_client *)conn)->up = true;
}

static const struct conn_kind CLIENT = { .opened = client_opened, .bytes = client_bytes, .closed = client_broken };

void http_fleet_init(struct http_fleet *fleet, struct loop *loop, size_t count)
{
    *fleet = (struct http_fleet){ .loop = loop, .count = count };
    fleet->clients = alloc(count * sizeof *fleet->clients);
    for (size_t i = count; i > 0; i--) {
        struct http_client *client = &fleet->clients[i - 1];
        client->conn.fd = -1;
        client->fleet = fleet;
        client->idle_next = fleet->idle;
        fleet->idle = client;
    }
}

void http_fleet_release(struct http_fleet *fleet)
{
    for (size_t i = 0; i < fleet->count; i++)
        conn_close(&fleet->clients[i].conn, false);
    free(fleet->clients);
    fleet->clients = NULL;
}

bool http_call(struct http_fleet *fleet, const struct http_call *call)
{
    struct http_client *client = fleet->idle;
    char head[1024];
    if (client == NULL)
        return false;
    fleet->idle = client->idle_next;
    fleet->busy++;
    client->busy = true;
    client->tag = call->tag;
    client->begun_ns = call->begun_ns;
    if (client->conn.fd < 0)
        conn_open(&client->conn, fleet->loop, fleet->loop->sources, &CLIENT);
    if (client->conn.fd < 0)
        return true; /* refused at once: answered with status 0 */
    size_t body = call->body == NULL ? 0 : strlen(call->body);
    int size = snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: %s:%d\r\n%s%s%s%s%s", call->method, call->target,
                        fleet->loop->host, fleet->loop->port,
                        call->email == NULL ? "" : "email: ", call->email == NULL ? "" : call->email,
                        call->email == NULL ? "" : "\r\ntoken: ", call->email == NULL ? "" : call->token,
                        call->email == NULL ? "" : "\r\n");
    if (size < 0 || (size_t)size >= sizeof head)
        die("a request head is too long");
    conn_write(&client->conn, head, (size_t)size);
    if (call->body != NULL) {
        size = snprintf(head, sizeof head, "Content-Type: application/json\r\nContent-Length: %zu\r\n", body);
        conn_write(&client->conn, head, (size_t)size);
    }
    conn_write(&client->conn, "\r\n", 2);
    if (body > 0)
        conn_write(&client->conn, call->body, body);
    return true;
}

bool json_find(const char *json, const char *key, char *out, size_t capacity)
{
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    const char *at = strstr(json, quoted);
    if (at == NULL)
        return false;
    at += strlen(quoted);
    while (*at == ' ')
        at++;
    bool text = *at == '"';
    at += text ? 1 : 0;
    size_t size = strcspn(at, text ? "\"" : ",}] ");
    if (size + 1 > capacity)
        return false;
    memcpy(out, at, size);
    out[size] = '\0';
    return true;
}
