/* room.c: rooms and their sessions, each knowing its place in the other's
 * list, so that entering and leaving cost the same in a group of any size. */
#include "live/room.h"

#include "live/session.h"
#include "util/mem.h"

#include <stdlib.h>

static void room_add(struct room *room, struct session *session, uint32_t slot)
{
    if (room->count == room->capacity) {
        room->capacity = room->capacity == 0 ? 4 : room->capacity * 2;
        room->members = mem_realloc(room->members, room->capacity * sizeof(*room->members));
    }
    session->rooms.places[slot] = room->count;
    room->members[room->count++] = (struct room_member){ session, slot };
}

void room_enter(struct shard *shard, struct session *session, int64_t chat)
{
    for (uint32_t i = 0; i < session->rooms.count; i++)
        if (session->rooms.rooms[i]->chat == chat)
            return;
    struct room *room = map_get(&shard->rooms, (uint64_t)chat);
    if (room == NULL) {
        room = mem_zalloc(sizeof(*room));
        room->chat = chat;
        map_put(&shard->rooms, (uint64_t)chat, room);
    }
    if (session->rooms.count == session->rooms.capacity) {
        session->rooms.capacity = session->rooms.capacity == 0 ? 2 : session->rooms.capacity * 2;
        session->rooms.rooms =
            mem_realloc(session->rooms.rooms, session->rooms.capacity * sizeof(*session->rooms.rooms));
        session->rooms.places =
            mem_realloc(session->rooms.places, session->rooms.capacity * sizeof(*session->rooms.places));
    }
    uint32_t slot = session->rooms.count++;
    session->rooms.rooms[slot] = room;
    room_add(room, session, slot);
}

/* Both lists stay dense: the last element moves into the gap and its partner
 * is told. */
static void room_leave_slot(struct shard *shard, struct session *session, uint32_t slot)
{
    struct room *room = session->rooms.rooms[slot];
    uint32_t at = session->rooms.places[slot];
    struct room_member last = room->members[--room->count];
    room->members[at] = last;
    last.session->rooms.places[last.slot] = at;
    if (room->count == 0) {
        map_remove(&shard->rooms, (uint64_t)room->chat);
        free(room->members);
        free(room);
    }
    uint32_t end = --session->rooms.count;
    if (slot != end) {
        session->rooms.rooms[slot] = session->rooms.rooms[end];
        session->rooms.places[slot] = session->rooms.places[end];
        session->rooms.rooms[slot]->members[session->rooms.places[slot]].slot = slot;
    }
}

void room_leave(struct shard *shard, struct session *session, int64_t chat)
{
    for (uint32_t i = 0; i < session->rooms.count; i++) {
        if (session->rooms.rooms[i]->chat == chat) {
            room_leave_slot(shard, session, i);
            return;
        }
    }
}

void room_leave_all(struct shard *shard, struct session *session)
{
    while (session->rooms.count > 0)
        room_leave_slot(shard, session, session->rooms.count - 1);
    free(session->rooms.rooms);
    free(session->rooms.places);
    session->rooms = (struct room_list){ 0 };
}
