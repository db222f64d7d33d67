/* room.h: which sessions of a loop hear which group. */
#ifndef IM_LIVE_ROOM_H
#define IM_LIVE_ROOM_H

#include <stdint.h>

struct session;
struct shard;

struct room_member {
    struct session *session;
    uint32_t slot; /* where the session keeps this room */
};

struct room {
    int64_t chat;
    struct room_member *members;
    uint32_t count;
    uint32_t capacity;
};

/* A session's side. A zeroed one is empty. */
struct room_list {
    struct room **rooms;
    uint32_t *places; /* where in rooms[i]->members the session stands */
    uint32_t count;
    uint32_t capacity;
};

void room_enter(struct shard *shard, struct session *session, int64_t chat); /* again: nothing */
void room_leave(struct shard *shard, struct session *session, int64_t chat);
void room_leave_all(struct shard *shard, struct session *session);

#endif
