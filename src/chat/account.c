/* account.c: accounts come, change and go. */
#include "chat/account.h"

#include "chat/directory.h"
#include "chat/membership.h"
#include "chat/presence.h"
#include "store/device_name.h"
#include "store/invite.h"

#define EXPIRE_ROWS ((size_t)1000) /* of one transaction; more wait for the next round */

enum err account_register(struct core_tx *tx, const struct account_draft *draft, struct arena *arena, struct user *out)
{
    enum err err = OK;
    if (draft->invite.ptr != NULL) {
        err = invite_take(tx->db, draft->invite, tx->now_ms);
        if (err == ERR_NOT_FOUND)
            return ERR_DENIED;
        if (err != OK)
            return err;
    }
    int64_t id;
    int64_t device;
    err = user_insert(tx->db, draft->email, draft->uname, STR_NONE, draft->password_hash, tx->now_ms, &id);
    if (err != OK)
        return err;
    if (draft->token_digest != NULL)
        err = device_insert(tx->db, id, draft->token_digest, tx->now_ms, &device);
    if (err != OK)
        return err;
    return user_by_id(tx->db, arena, id, out);
}

/* Its sessions end too. */
static void device_gone(void *context, int64_t user, int64_t device)
{
    struct core_tx *tx = context;
    struct event *event = event_add(tx->events, EVENT_DEVICE_ENDED);
    event->actor = user;
    event->device = device;
}

enum err account_expire(struct core_tx *tx, int64_t used_before_ms)
{
    enum err err = device_name_expire(tx->db, used_before_ms, EXPIRE_ROWS);
    return err == OK ? device_expire(tx->db, used_before_ms, EXPIRE_ROWS, device_gone, tx) : err;
}

enum err account_login(struct core_tx *tx, const struct account_proof *proof, size_t tokens_max)
{
    struct user row;
    struct str stored;
    int64_t device;
    enum err err = user_by_id(tx->db, tx->arena, proof->user, &row);
    if (err == OK && row.deleted_ms != 0)
        err = ERR_NOT_FOUND;
    if (err == OK)
        err = user_password(tx->db, tx->arena, proof->user, &stored);
    if (err == OK && !str_equal(stored, proof->verified))
        err = ERR_DENIED;
    if (err == OK && proof->fresh.ptr != NULL)
        err = user_set_password(tx->db, proof->user, proof->fresh);
    if (err == OK)
        err = device_trim(tx->db, proof->user, tokens_max - 1, device_gone, tx);
    if (err == OK)
        err = device_insert(tx->db, proof->user, proof->token_digest, tx->now_ms, &device);
    return err;
}

enum err account_edit(struct core_tx *tx, int64_t user, struct str uname, struct str avatar, struct arena *arena,
                      struct user *out)
{
    enum err err = user_set_profile(tx->db, user, uname, avatar);
    if (err != OK)
        return err;
    return user_by_id(tx->db, arena, user, out);
}

static void user_ended(struct core_tx *tx, int64_t user)
{
    struct event *event = event_add(tx->events, EVENT_USER_ENDED);
    event->actor = user;
}

enum err account_password(struct core_tx *tx, int64_t user, struct str hash)
{
    enum err err = user_set_password(tx->db, user, hash);
    if (err == OK)
        err = device_trim(tx->db, user, 0, NULL, NULL);
    if (err == OK)
        user_ended(tx, user);
    return err;
}

enum err account_delete(struct core_tx *tx, int64_t user, struct str email)
{
    /* Friends are told while they still are friends. */
    enum err err = presence_told(tx, user, email, false);
    if (err == OK)
        err = membership_end(tx, &(struct actor){ user, email }, user_neutral_email(tx->arena, user));
    if (err == OK)
        err = user_delete(tx->db, user, tx->now_ms);
    if (err != OK)
        return err;
    directory_forget(tx->directory); /* Rare: friendships and memberships all changed. */
    user_ended(tx, user);
    return OK;
}
