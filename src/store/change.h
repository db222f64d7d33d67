/* change.h: changing rows of the log that are there already. What a message
 * says now stands in its row; that it was changed is a row of its own
 * (store/mutation.h). */
#ifndef IM_STORE_CHANGE_H
#define IM_STORE_CHANGE_H

#include "store/message.h"

/* The text anew, and MESSAGE_EDITED; message as it was read. The old text is overwritten on the disk. */
enum err message_set_content(struct db *db, const struct message *message, struct str content);
/* enum message_flag, by the message's id. */
enum err message_set_flags(struct db *db, int64_t id, int64_t flags);
/* Empties the row, which stays with its seq, cid and digest; reactions, pin, mentions and file of the message go.
 * The bytes are overwritten on the disk (docs/STORAGE.md). */
enum err message_wipe(struct db *db, const struct message *message, enum message_state state);
/* Of reactions a wipe removes so many; the rest, which nobody sees any more, is left to reactions_sweep, so many a
 * call. *more: it had something to do. */
#define REACTIONS_AT_ONCE ((size_t)2000)
enum err reactions_sweep(struct db *db, bool *more);
/* Messages whose time has come, the earliest first: id, chat, seq, sender and sender_email. */
enum err message_expired(struct db *db, struct arena *arena, int64_t now_ms, size_t limit, struct message_list *out);

/* Deleted by the user for himself alone. ERR_EXISTS: was so before. */
enum err hidden_insert(struct db *db, int64_t user, int64_t chat, int64_t seq, int64_t pver);

/* Reactions: one row for each user, message and emoji, and one for each emoji of a message with their number. */
struct reaction_kind {
    struct str emoji;
    int64_t count;
};
struct reaction_kind_list {
    struct reaction_kind *rows;
    size_t count;
};
/* mver, the chat's at this reaction, keeps their order. ERR_EXISTS: stands there. */
enum err reaction_insert(struct db *db, int64_t chat, int64_t seq, struct str emoji, int64_t user, int64_t mver);
enum err reaction_delete(struct db *db, int64_t chat, int64_t seq, struct str emoji, int64_t user); /* ERR_NOT_FOUND */
enum err reaction_exists(struct db *db, int64_t chat, int64_t seq, struct str emoji, int64_t user, bool *exists);
/* The emojis of a message in the order of their first reaction. */
enum err reaction_kinds(struct db *db, struct arena *arena, int64_t chat, int64_t seq, struct reaction_kind_list *out);
/* How many of them are that user's. */
enum err reaction_count_user(struct db *db, int64_t chat, int64_t seq, int64_t user, int64_t *count);
/* Addresses of the first limit users with that emoji, in the order of reacting. */
enum err reaction_users(struct db *db, struct arena *arena, int64_t chat, int64_t seq, struct str emoji, size_t limit,
                        struct str *emails, size_t *count);

enum err pin_insert(struct db *db, int64_t chat, int64_t seq, int64_t actor, int64_t now_ms); /* ERR_EXISTS */
enum err pin_delete(struct db *db, int64_t chat, int64_t seq);                                /* ERR_NOT_FOUND */
enum err pin_count(struct db *db, int64_t chat, int64_t *count);
/* The chat's pinned messages, the latest pin first, sender_email filled. */
enum err pin_list(struct db *db, struct arena *arena, int64_t chat, size_t limit, struct message_list *out);

#endif
