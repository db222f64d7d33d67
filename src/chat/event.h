/* event.h: what happened, told to the loops after it is on disk.
 * The writer collects the events of one batch; each loop gets the same
 * read-only batch, once, in commit order, and tells those of its sessions
 * whom an event concerns. An event is the domain's, not a frame: how it
 * looks on the wire is api/'s business. */
#ifndef IM_CHAT_EVENT_H
#define IM_CHAT_EVENT_H

#include "store/message.h"

enum event_type {
    EVENT_MESSAGE,      /* a message of a chat, direct or group */
    EVENT_FRIENDS,      /* actor and users[1] became friends */
    EVENT_JOINED,       /* actor joined the group: its sessions hear the group from now on */
    EVENT_LEFT,         /* actor is in the group no more */
    EVENT_PRESENCE,     /* actor came online or went offline: told to targets */
    EVENT_USER_ENDED,   /* the actor's account is gone: its sessions end */
    EVENT_DEVICE_ENDED, /* one device of the actor lost its token */
};

/* Text lives in the batch's arena. */
struct event {
    enum event_type type;
    int64_t chat;     /* MESSAGE, JOINED, LEFT */
    int64_t users[2]; /* MESSAGE of a direct chat, FRIENDS: whom it concerns */
    int64_t actor;    /* user id of who did it */
    struct str actor_email;
    struct str dst; /* what the protocol calls dstObj: the peer's email or the group's id */
    int64_t id;     /* MESSAGE */
    int64_t seq;    /* MESSAGE */
    int64_t msg_type;
    int64_t created_ms;
    struct str content;
    bool founded;           /* JOINED: by making the group, which is no news to tell */
    bool online;            /* PRESENCE */
    int64_t device;         /* DEVICE_ENDED */
    const int64_t *targets; /* PRESENCE: the friends, users' ids */
    size_t target_count;
};

struct event_list {
    struct arena arena;
    struct event *items;
    size_t count;
    size_t capacity;
};

/* Appends a cleared event of that type; valid until the next append. */
struct event *event_add(struct event_list *list, enum event_type type);
void event_list_release(struct event_list *list);

#endif
