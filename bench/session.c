/* session.c: from connect to the frames. */
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ws.h"

static void frame_write(struct session *session, unsigned opcode, const char *payload, size_t size)
{
    char *out = conn_reserve(&session->conn, ws_head_size(size) + size);
    if (out == NULL)
        return;
    memcpy(out + ws_head_size(size), payload, size);
    session->mask = session->mask * 1664525U + 1013904223U;
    ws_seal(out, opcode, size, session->mask);
}

static void session_opened(struct conn *conn)
{
    struct session *session = (struct session *)conn;
    char request[512];
    int size = snprintf(request, sizeof request,
                        "GET /chat?email=%s&token=%s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\n"
                        "Connection: Upgrade\r\nSec-WebSocket-Key: " WS_KEY "\r\nSec-WebSocket-Version: 13\r\n\r\n",
                        session->account->email, session->account->token, conn->loop->host, conn->loop->port);
    conn_write(conn, request, (size_t)size);
}

static void session_closed(struct conn *conn, const char *why)
{
    struct session *session = (struct session *)conn;
    struct sessions *all = session->all;
    if (all->ending)
        return;
    if (session->open) {
        if (all->lost++ == 0)
            fprintf(stderr, "a session was lost: %s\n", why);
    } else if (all->refused++ == 0) {
        fprintf(stderr, "a connect failed: %s\n", why);
    }
    session->open = false;
}

static size_t session_upgrade(struct session *session, char *bytes, size_t size, int64_t now)
{
    char *end = memmem(bytes, size, "\r\n\r\n", 4);
    if (end == NULL)
        return 0;
    size_t head = (size_t)(end - bytes) + 4;
    if (strncmp(bytes, "HTTP/1.1 101", 12) != 0 || memmem(bytes, head, WS_ACCEPT, strlen(WS_ACCEPT)) == NULL) {
        fprintf(stderr, "upgrade refused: %.*s\n", (int)(head > 400 ? 400 : head), bytes);
        conn_close(&session->conn, true);
        session->all->refused++;
        return size;
    }
    session->open = true;
    session->all->opened++;
    hist_add(&session->all->connects, now - session->begun_ns);
    return head;
}

static void session_frame(struct session *session, const struct ws_frame *frame, int64_t now)
{
    struct sessions *all = session->all;
    if (frame->opcode == WS_PING) {
        all->pings++;
        frame_write(session, WS_PONG, frame->payload, frame->size);
    } else if (frame->opcode == WS_CLOSE) {
        conn_close(&session->conn, false);
        session_closed(&session->conn, "a close frame");
    } else if (frame->opcode == WS_TEXT) {
        all->texts++;
        if (all->text != NULL)
            all->text(session, frame->payload, frame->size, now);
    }
}

static size_t session_bytes(struct conn *conn, char *bytes, size_t size, int64_t now)
{
    struct session *session = (struct session *)conn;
    char *at = bytes;
    size_t rest = size;
    struct ws_frame frame;
    if (!session->open) {
        size_t head = session_upgrade(session, bytes, size, now);
        at += head;
        rest -= head;
        if (!session->open)
            return head;
    }
    while (conn->fd >= 0 && ws_take(&at, &rest, &frame))
        session_frame(session, &frame, now);
    return (size_t)(at - bytes);
}

static const struct conn_kind SESSION = { .opened = session_opened, .bytes = session_bytes, .closed = session_closed };

void sessions_init(struct sessions *sessions, const struct accounts *accounts, size_t count)
{
    *sessions = (struct sessions){ .loop = accounts->loop, .options = accounts->options, .count = count };
    sessions->rows = alloc(count * sizeof *sessions->rows);
    for (size_t i = 0; i < count; i++) {
        struct session *session = &sessions->rows[i];
        session->conn.fd = -1;
        session->all = sessions;
        session->account = &accounts->rows[i % accounts->count];
        session->index = (uint32_t)i;
        session->mask = (uint32_t)i * 2654435761U + 12345U;
    }
    sessions->heart_ns = (int64_t)(accounts->options->heart * 1e9);
}

void session_begin(struct session *session)
{
    session->all->begun++;
    session->open = false;
    session->begun_ns = now_ns();
    conn_open(&session->conn, session->all->loop, session->index, &SESSION);
}

static int64_t opening_tick(void *context, int64_t now)
{
    struct sessions *all = context;
    (void)now;
    if (all->refused > 0)
        die("%zu of %zu sessions were refused", all->refused, all->begun);
    while (all->begun < all->open_to && all->begun - all->opened < (size_t)all->options->concurrency)
        session_begin(&all->rows[all->begun]);
    return all->opened == all->open_to ? LOOP_DONE : LOOP_NEVER;
}

void sessions_open(struct sessions *sessions, size_t to)
{
    sessions->open_to = to;
    if (!loop_run(sessions->loop, opening_tick, sessions, now_ns() + 120 * NS_PER_S))
        die("only %zu of %zu sessions open after two minutes", sessions->opened, to);
}

void sessions_close(struct sessions *sessions)
{
    sessions->ending = true;
    for (size_t i = 0; i < sessions->count; i++)
        conn_close(&sessions->rows[i].conn, true);
    free(sessions->rows);
    sessions->rows = NULL;
}

static void heart_send(struct session *session)
{
    char text[128];
    int size = snprintf(text, sizeof text, "{\"userEmail\":\"%s\",\"cmd\":0,\"content\":\"\xF0\x9F\x92\x93\"}",
                        session->account->email);
    frame_write(session, WS_TEXT, text, (size_t)size);
}

/* The hearts are spread evenly over their period. */
int64_t sessions_tick(struct sessions *sessions, int64_t now)
{
    if (sessions->heart_ns <= 0 || sessions->opened == 0)
        return LOOP_NEVER;
    int64_t step = sessions->heart_ns / (int64_t)sessions->count + 1;
    if (sessions->heart_next == 0)
        sessions->heart_next = now + step;
    for (; sessions->heart_next <= now; sessions->heart_next += step) {
        struct session *session = &sessions->rows[sessions->heart_at++ % sessions->count];
        if (session->open)
            heart_send(session);
    }
    return sessions->heart_next;
}

void letter_init(struct letter *letter, const struct account *from, int cmd, const char *to, size_t content)
{
    int size = snprintf(letter->head, sizeof letter->head,
                        "{\"userEmail\":\"%s\",\"cmd\":%d,\"dstObj\":\"%s\",\"msgType\":1,\"content\":\"", from->email,
                        cmd, to);
    letter->head_size = (size_t)size;
    letter->content = content;
}

static char *digits_write(char *out, uint64_t value, size_t digits)
{
    for (size_t i = digits; i > 0; i--) {
        out[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    return out + digits;
}

bool session_send(struct session *session, const struct letter *letter, const struct mark *mark)
{
    static const char MIDDLE[] = "\",\"createAt\":";
    size_t size = letter->head_size + letter->content + sizeof MIDDLE - 1 + 13 + 1;
    char *frame = conn_reserve(&session->conn, ws_head_size(size) + size);
    if (frame == NULL)
        return false;
    char *at = frame + ws_head_size(size);
    memcpy(at, letter->head, letter->head_size);
    at += letter->head_size;
    mark_write(at, mark);
    memset(at + MARK_SIZE, 'x', letter->content - MARK_SIZE);
    at += letter->content;
    memcpy(at, MIDDLE, sizeof MIDDLE - 1);
    at = digits_write(at + sizeof MIDDLE - 1, (uint64_t)mark->sent_ns / 1000000U + UINT64_C(1700000000000), 13);
    *at = '}';
    session->mask = session->mask * 1664525U + 1013904223U;
    ws_seal(frame, WS_TEXT, size, session->mask);
    return true;
}
