/* conversation.h: a chat as one of its people finds it: how far it goes, how
 * much of it is news, how far the other one has read. For deltas and for the
 * list of conversations alike. */
#ifndef IM_CHAT_CONVERSATION_H
#define IM_CHAT_CONVERSATION_H

#include "chat/history.h"
#include "store/personal.h"

struct marks;

struct conversation {
    int64_t chat;
    struct str dst;       /* the other's email, or the group's id */
    struct member member; /* read_seq and sent_seq are the latest, flushed or not */
    int64_t head;
    int64_t mhead;
    int64_t min; /* the oldest seq the user may read */
    int64_t unread;
    int64_t mention; /* the oldest unread message that mentions the user; 0: none */
    /* Of a one-to-one chat: */
    struct user peer;
    int64_t peer_read; /* -1: not the user's to know, or a group */
};

/* state: the user's side as the store has it. */
enum err conversation_load(const struct reading *reading, struct marks *marks, const struct member_state *state,
                           struct conversation *out);

/* Raises read_seq and sent_seq to what waits for its flush; who wrote has read up to there. true: a read mark is newer than the store's. */
bool conversation_marks(struct marks *marks, int64_t chat, int64_t user, struct member *member);

/* The other of a one-to-one chat; oneself where there is no other. */
int64_t conversation_peer(int64_t chat, int64_t user);

#endif
