/* directory.h: what the writer remembers between batches.
 * Who an email is, the head of a chat, who may write where: all of it is in
 * the store too, and asked there when it is not here. Bounded: a table that
 * is full is emptied and fills again with what is in use. The writer
 * thread's alone. */
#ifndef IM_CHAT_DIRECTORY_H
#define IM_CHAT_DIRECTORY_H

#include "store/chat.h"

struct directory;
struct event_list; /* chat/event.h */

struct directory *directory_new(void);
void directory_free(struct directory **directory);
/* Forgets everything read from the store: a batch was lost. */
void directory_forget(struct directory *directory);

struct directory_user {
    int64_t id;
    struct str email; /* as first written; valid until the directory is forgotten or asked again */
};
/* ERR_NOT_FOUND: nobody has that address. */
enum err directory_user(struct directory *directory, struct db *db, struct str email, struct directory_user *out);
void directory_drop_user(struct directory *directory, struct str email);

struct directory_chat {
    int64_t head;        /* greatest seq */
    int64_t mver;        /* greatest mver; -1: not asked yet, see directory_mver */
    bool friends;        /* direct: the two are friends, or it is a chat with oneself */
    bool blocked;        /* direct: one of the two blocks the other */
    bool has_members;    /* direct: the member rows exist */
    int64_t silenced_ms; /* group: everybody but owner and admins, until then */
};
/* The entry of a chat, loaded on demand; the caller may move head on after an
 * insert. Valid until the next call. */
enum err directory_chat(struct directory *directory, struct db *db, int64_t chat, struct directory_chat **out);
void directory_drop_chat(struct directory *directory, int64_t chat);

/* Fills in the entry's mver. */
enum err directory_mver(struct db *db, int64_t chat, struct directory_chat *entry);

struct directory_member {
    enum member_role role;
    int64_t silenced_ms; /* may not write until then */
};
/* ERR_NOT_FOUND: not a member (or no such group). */
enum err directory_member(struct directory *directory, struct db *db, int64_t chat, int64_t user,
                          struct directory_member *out);
void directory_drop_member(struct directory *directory, int64_t chat, int64_t user);

/* The id for the next message; taken for good only by directory_id_used. */
enum err directory_next_id(struct directory *directory, struct db *db, int64_t *id);
void directory_id_used(struct directory *directory);

/* Presence as it was last told to friends: true when online differs from it, which is then remembered. Never
 * forgotten, but taken back when the telling failed. */
bool directory_announce(struct directory *directory, int64_t user, bool online);
bool directory_is_announced(const struct directory *directory, int64_t user);
/* How many announcements are neither kept nor undone; a batch has a bounded number. */
size_t directory_announced(const struct directory *directory);
/* Takes back those after the first mark: friends have not heard of them. */
void directory_announced_undo(struct directory *directory, size_t mark);
void directory_announced_keep(struct directory *directory);

/* ---- with other nodes (chat/shared.h) ---- */

/* From now on what is dropped and forgotten is noted down, for others that remember it too. */
void directory_note_drops(struct directory *directory);
/* Adds what was noted as events, and notes anew. NULL: nobody needs it. */
void directory_drops_take(struct directory *directory, struct event_list *events);
/* Another node stored that message; made that change; told friends that. */
void directory_heard(struct directory *directory, int64_t chat, int64_t seq, int64_t id);
void directory_heard_change(struct directory *directory, int64_t chat, int64_t mver);
void directory_heard_presence(struct directory *directory, int64_t user, bool online);
/* Which users the other nodes were told to be here: true when here differs from it, which is then remembered, and taken
 * back like an announcement. */
bool directory_tell_here(struct directory *directory, int64_t user, bool here);
/* All of them, in the arena. */
void directory_told_here(const struct directory *directory, struct arena *arena, struct id_list *out);
/* Nobody was told anything yet. */
void directory_forget_told(struct directory *directory);

#endif
