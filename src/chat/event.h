/* event.h: what happened, told to the loops after it is on disk.
 * The writer collects the events of one batch; each loop gets the same
 * read-only batch, once, in commit order, and tells those of its sessions
 * whom an event concerns. An event is the domain's, not a frame: how it
 * looks on the wire is live/'s business. */
#ifndef IM_CHAT_EVENT_H
#define IM_CHAT_EVENT_H

#include "store/message.h"

enum event_type {
    EVENT_MESSAGE,      /* a message of a chat, direct or group */
    EVENT_UPDATE,       /* anything else that only sessions of v2 understand: a frame by its cmd and body */
    EVENT_FRIENDS,      /* actor and users[1] became friends */
    EVENT_JOINED,       /* actor joined the group: its sessions hear the group from now on */
    EVENT_LEFT,         /* actor is in the group no more; actor 0: nobody is, the group was dismissed */
    EVENT_PRESENCE,     /* actor came online or went offline: told to targets, and to those who watch him */
    EVENT_HIDDEN,       /* actor is hidden from users[1], whom he blocks: who watches him does so no more */
    EVENT_OPENED,       /* a session of a named device opened: older ones of the same name end */
    EVENT_NAMED_ENDED,  /* one named device of the actor is no more: its session ends */
    EVENT_USER_ENDED,   /* the actor's account is gone, or every token of it: its sessions end */
    EVENT_DEVICE_ENDED, /* one device of the actor lost its token */
    /* What nodes tell each other, and no session (chat/peers.h). Written as numbers: never reorder. */
    EVENT_NODE_CAME,     /* node actor is new */
    EVENT_NODE_WENT,     /* node actor is no more, or was not heard of for too long */
    EVENT_NODE_USERS,    /* node actor has targets (online) or has them no more */
    EVENT_FLUSHED,       /* all read marks and sent marks that node actor knew, from batch seq on, are in the store */
    EVENT_FORGET_CHAT,   /* of chat, what is remembered besides its counters has changed (chat/directory.h) */
    EVENT_FORGET_MEMBER, /* likewise of actor in chat */
    EVENT_FORGET_ALL,    /* likewise of much */
    EVENT_BEHIND,        /* never written: this node missed batches, its sessions have to begin anew */
    EVENT_TYPES
};

/* Whom an update is told. */
enum event_scope {
    EVENT_TO_CHAT,    /* all sessions of everybody in the chat, the actor's too */
    EVENT_TO_OTHERS,  /* of everybody in it but the actor */
    EVENT_TO_ACTOR,   /* the actor's own sessions */
    EVENT_TO_TARGETS, /* the sessions of the users in targets */
};

/* Text lives in the batch's arena. */
struct event {
    enum event_type type;
    int64_t chat;     /* MESSAGE, UPDATE, JOINED, LEFT */
    int64_t users[2]; /* of a direct chat: whom it concerns */
    int64_t actor;    /* user id of who did it */
    struct str actor_email;
    struct str dst; /* what the protocol calls dstObj: the peer's email or the group's id */
    int64_t id;     /* MESSAGE */
    int64_t seq;    /* MESSAGE; UPDATE with cmd 22: read up to here */
    int64_t msg_type;
    int64_t created_ms; /* MESSAGE; PRESENCE: when it was noticed */
    struct str content;
    struct str cid;   /* MESSAGE: ptr NULL when there is none */
    struct str attrs; /* MESSAGE: as in struct message */
    /* UPDATE: {"cmd":…,"chat":…,"dstObj":…,"userEmail":…,body}. In a direct chat each of the two is told the
     * other's address: emails[i] is that of users[i]. chat 0: of no chat, to the actor. */
    int64_t cmd;
    int64_t mver;    /* the chat's counter after this change; 0: it counts for nothing */
    struct str body; /* members of a JSON object, without braces; may be empty */
    struct str emails[2];
    enum event_scope scope;
    bool founded;           /* JOINED: by making the group, which is no news to tell */
    bool online;            /* PRESENCE, NODE_USERS */
    bool foreign;           /* of another node */
    int64_t device;         /* DEVICE_ENDED: the token's; OPENED, NAMED_ENDED: the named device's */
    unsigned loop;          /* OPENED: where that session is, and which it is there */
    uint64_t session;       /* OPENED */
    const char *reason;     /* *_ENDED: what frame 32 says, a literal */
    const int64_t *targets; /* PRESENCE, NODE_USERS, UPDATE to targets: users' ids */
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
