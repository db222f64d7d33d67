/* change.h: changing messages that were sent: recall, edit, delete.
 * Each change that its chat can see takes the chat's next mver, leaves a
 * mutation for devices that are away, and is told to all sessions of the
 * chat. What changes nothing (recalling what is recalled, editing to the same
 * text) is OK and tells nobody. ref comes from policy_chat or policy_write:
 * whether the actor may do such things there at all is asked already; whose
 * message it is, and how old, is asked here.
 *
 * ERR_NOT_FOUND everywhere: not there, not the actor's to see, hidden by
 * himself, or (but for recall and delete) gone. ERR_ARG: a notice. */
#ifndef IM_CHAT_CHANGE_H
#define IM_CHAT_CHANGE_H

#include "chat/update.h"
#include "store/mutation.h"

#define CHANGE_SEQS_MAX ((size_t)100)

/* By the sender within policy->recall_ms (ERR_TOO_LATE), in a group by owner and admins any time; ERR_DENIED. */
enum err change_recall(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, int64_t seq);

/* By the sender within policy->edit_ms (ERR_TOO_LATE, ERR_DENIED), of text and of the application's own types
 * (from 100 on); ERR_ARG: of another type, or to the address of a file. content: at most CONTENT_SIZE_MAX. */
enum err change_edit(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, int64_t seq,
                     struct str content);

/* For all, by whom and when as change_recall: all of them or none. At most CHANGE_SEQS_MAX, in any order; seqs is
 * sorted. */
enum err change_delete(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, int64_t *seqs,
                       size_t count);

/* For the actor alone, whosever they are: told to his own sessions, and counted by his pver. */
enum err change_hide(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, int64_t *seqs,
                     size_t count);

/* Messages whose time has come are deleted for all, in their senders' names: at most limit, *count of them. */
enum err change_expire(struct core_tx *tx, size_t limit, size_t *count);

/* ---- for the other changes (chat/attach.h) ---- */

/* The message as the actor may see it; a gone one too. ERR_NOT_FOUND. */
enum err change_find(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, int64_t seq,
                     struct message *out);
/* The same, but neither gone nor a notice (ERR_ARG). */
enum err change_find_there(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, int64_t seq,
                           struct message *out);
/* Counts the change and tells the chat. cmd, seq, on, detail and seqs are the caller's, chat, mver, actor and
 * created_ms are filled in. Comes before the change itself is written: a job that fails after an event of its chat
 * makes the writer forget the chat's counter (core.c). */
enum err change_tell(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref,
                     struct mutation *mutation, struct str body);

#endif
