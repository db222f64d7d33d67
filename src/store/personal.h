/* personal.h: what one user keeps of one chat: how far he has read, what he
 * cleared or deleted for himself, pinned, muted, drafted. pver counts these
 * changes for each user, so that his other devices can ask for those they
 * missed. */
#ifndef IM_STORE_PERSONAL_H
#define IM_STORE_PERSONAL_H

#include "store/chat.h"
#include "store/user.h"

/* The member's row of the chat, only ever forward; 0 leaves a mark alone. A new read mark is a change (pver),
 * also for the other one of a one-to-one chat; who wrote has read up to there.
 * Who is no member has no row: nothing happens. */
enum err member_mark(struct db *db, int64_t chat, int64_t user, int64_t read_seq, int64_t sent_seq);

/* The user's next pver. */
enum err personal_next(struct db *db, int64_t user, int64_t *pver);
enum err personal_get(struct db *db, int64_t user, int64_t *pver);

/* The same, noted in the member's row as the chat's last personal change. */
enum err personal_changed(struct db *db, int64_t chat, int64_t user, int64_t *pver);

/* Whether the user deleted that message for himself. */
enum err hidden_any(struct db *db, int64_t user, bool *exists); /* anything at all */
enum err hidden_exists(struct db *db, int64_t user, int64_t chat, int64_t seq, bool *exists);
struct hidden {
    int64_t seq;
    int64_t pver;
};
struct hidden_list {
    struct hidden *rows;
    size_t count;
};
/* What the user deleted for himself there after that pver, in the order of pvers, at most limit. */
enum err hidden_after(struct db *db, struct arena *arena, int64_t user, int64_t chat, int64_t pver, size_t limit,
                      struct hidden_list *out);

/* A user's side of each of his chats. */
struct member_state {
    int64_t chat;
    struct member member;
    int64_t active_ms; /* filled by member_activity: when something was last said; negative where nothing ever was,
                          the less so the later the member came */
};
struct member_state_list {
    struct member_state *rows;
    size_t count;
};
/* Those with chat > after, by chat. */
enum err member_states(struct db *db, struct arena *arena, int64_t user, int64_t after, struct member_state_list *out);
/* All of them, in no order, with active_ms. */
enum err member_activity(struct db *db, struct arena *arena, int64_t user, struct member_state_list *out);

/* "" where there is none. */
enum err member_draft(struct db *db, struct arena *arena, int64_t chat, int64_t user, struct str *draft);
/* Stores top_ms, muted, cleared_seq and pver. ERR_NOT_FOUND: no member. */
enum err member_set(struct db *db, int64_t chat, int64_t user, const struct member *member);
enum err member_set_draft(struct db *db, int64_t chat, int64_t user, struct str draft);

/* Members but that one whose stored read mark is at seq or beyond, by user id, those with id > after. */
enum err member_readers(struct db *db, struct arena *arena, int64_t chat, int64_t seq, int64_t but, int64_t after,
                        size_t limit, struct user_list *out);
enum err member_readers_count(struct db *db, int64_t chat, int64_t seq, int64_t but, int64_t *count);

#endif
