/* shard.c: a loop's sessions and rooms, and the once-a-second round. */
#include "api/shard.h"

#include "api/admin_socket.h"
#include "api/compress.h"
#include "api/cursors.h"
#include "api/session.h"
#include "util/mem.h"

#include <assert.h>
#include <stdlib.h>

#define TICK_MS 1000
#define SWEEP_TICKS 5 /* every session is looked at for silence once in so many ticks */

static void shard_ticked(void *context);

struct shard *shard_new(struct service *service, struct loop *loop)
{
    struct shard *shard = mem_zalloc(sizeof(*shard));
    shard->service = service;
    shard->loop = loop;
    shard->jobs.loop = loop;
    shard->json = json_parser_new();
    shard->tick = loop_timer_new(loop, shard_ticked, shard);
    loop_timer_start(shard->tick, TICK_MS, TICK_MS);
    return shard;
}

void shard_free(struct shard **out)
{
    struct shard *shard = *out;
    if (shard == NULL)
        return;
    assert(shard->sessions.count == 0);
    loop_timer_free(&shard->tick);
    cursors_drop(shard);
    compress_forget(shard);
    map_release(&shard->sessions);
    map_release(&shard->users);
    map_release(&shard->rooms);
    map_release(&shard->admins);
    json_parser_free(&shard->json);
    arena_release(&shard->arena);
    buf_release(&shard->frame);
    free(shard);
    *out = NULL;
}

static void pings_send(struct shard *shard)
{
    struct session *next;
    for (struct session *session = shard->active; session != NULL; session = next) {
        next = session->active_next;
        session_ping(session);
    }
}

/* Looks at a part of the sessions for silence: the table is walked by slots, so
 * that one tick costs a fifth of it. */
static void silence_sweep(struct shard *shard, int64_t now_ms)
{
    size_t capacity = shard->sessions.capacity;
    bool hurried = shard->service->conf->ping_ms < SWEEP_TICKS * TICK_MS;
    size_t part = hurried ? capacity : capacity / SWEEP_TICKS + 1;
    for (size_t i = 0; i < part && i < capacity; i++) {
        size_t at = (shard->sweep_cursor + i) % capacity;
        struct session *session = shard->sessions.slots[at].value;
        if (shard->sessions.slots[at].key != 0)
            session_check(session, now_ms);
    }
    if (capacity > 0)
        shard->sweep_cursor = (shard->sweep_cursor + part) % capacity;
}

static void shard_ticked(void *context)
{
    struct shard *shard = context;
    int64_t now_ms = loop_now_ms(shard->loop);
    metric_set(&shard->metrics, METRIC_HTTP_CONNECTIONS, http_server_count(shard->http));
    pings_send(shard);
    silence_sweep(shard, now_ms);
    cursors_flush(shard);
    http_server_tick(shard->http, now_ms);
}

void shard_drain(struct shard *shard)
{
    http_server_drain(shard->http);
    admin_socket_drain(shard);
    size_t cursor = 0;
    uint64_t key;
    void *value;
    while (map_next(&shard->sessions, &cursor, &key, &value))
        session_close(value, WS_CLOSE_GOING_AWAY, STR("server is going down"));
    cursors_flush(shard);
}

static void room_add(struct room *room, struct session *session, uint32_t slot)
{
    if (room->count == room->capacity) {
        room->capacity = room->capacity == 0 ? 4 : room->capacity * 2;
        room->members = mem_realloc(room->members, room->capacity * sizeof(*room->members));
    }
    session->room_slots[slot] = room->count;
    room->members[room->count++] = (struct room_member){ session, slot };
}

void room_enter(struct shard *shard, struct session *session, int64_t chat)
{
    for (uint32_t i = 0; i < session->room_count; i++)
        if (session->rooms[i]->chat == chat)
            return;
    struct room *room = map_get(&shard->rooms, (uint64_t)chat);
    if (room == NULL) {
        room = mem_zalloc(sizeof(*room));
        room->chat = chat;
        map_put(&shard->rooms, (uint64_t)chat, room);
    }
    if (session->room_count == session->room_capacity) {
        session->room_capacity = session->room_capacity == 0 ? 2 : session->room_capacity * 2;
        session->rooms = mem_realloc(session->rooms, session->room_capacity * sizeof(*session->rooms));
        session->room_slots = mem_realloc(session->room_slots, session->room_capacity * sizeof(*session->room_slots));
    }
    uint32_t slot = session->room_count++;
    session->rooms[slot] = room;
    room_add(room, session, slot);
}

/* Both lists stay dense: the last element moves into the gap and its partner
 * is told. */
static void room_leave_slot(struct shard *shard, struct session *session, uint32_t slot)
{
    struct room *room = session->rooms[slot];
    uint32_t at = session->room_slots[slot];
    struct room_member last = room->members[--room->count];
    room->members[at] = last;
    last.session->room_slots[last.slot] = at;
    if (room->count == 0) {
        map_remove(&shard->rooms, (uint64_t)room->chat);
        free(room->members);
        free(room);
    }
    uint32_t end = --session->room_count;
    if (slot != end) {
        session->rooms[slot] = session->rooms[end];
        session->room_slots[slot] = session->room_slots[end];
        session->rooms[slot]->members[session->room_slots[slot]].slot = slot;
    }
}

void room_leave(struct shard *shard, struct session *session, int64_t chat)
{
    for (uint32_t i = 0; i < session->room_count; i++) {
        if (session->rooms[i]->chat == chat) {
            room_leave_slot(shard, session, i);
            return;
        }
    }
}

void room_leave_all(struct shard *shard, struct session *session)
{
    while (session->room_count > 0)
        room_leave_slot(shard, session, session->room_count - 1);
    free(session->rooms);
    free(session->room_slots);
    session->rooms = NULL;
    session->room_slots = NULL;
    session->room_capacity = 0;
}
