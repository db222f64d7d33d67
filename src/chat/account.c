/* account.c: accounts come, change and go. */
#include "chat/account.h"

#include "chat/directory.h"
#include "chat/file_use.h"
#include "chat/membership.h"
#include "chat/presence.h"
#include "chat/sticker.h"
#include "store/device_name.h"
#include "store/file.h"
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
static void device_end(struct core_tx *tx, int64_t user, int64_t device, const char *reason)
{
    struct event *event = event_add(tx->events, EVENT_DEVICE_ENDED);
    event->actor = user;
    event->device = device;
    event->reason = reason;
}

static void device_gone(void *context, int64_t user, int64_t device)
{
    device_end(context, user, device, "revoked");
}

/* The same for a named device. */
static void named_gone(void *context, int64_t user, int64_t named)
{
    struct core_tx *tx = context;
    struct event *event = event_add(tx->events, EVENT_NAMED_ENDED);
    event->actor = user;
    event->device = named;
    event->reason = "kicked";
}

enum err account_device(struct core_tx *tx, int64_t user, struct str name, int64_t login, size_t keep, int64_t *named)
{
    return device_name_use(tx->db, user, name, login, tx->now_ms, keep, named, named_gone, tx);
}

enum err account_expire(struct core_tx *tx, int64_t used_before_ms)
{
    enum err err = device_name_expire(tx->db, used_before_ms, EXPIRE_ROWS, named_gone, tx);
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
    enum err err = file_use_avatar(tx, user, &avatar);
    if (err == ERR_NOT_FOUND)
        return ERR_DENIED; /* Not his to show. */
    if (err == OK)
        err = user_set_profile(tx->db, user, uname, avatar);
    if (err != OK)
        return err;
    return user_by_id(tx->db, arena, user, out);
}

enum err account_logout(struct core_tx *tx, int64_t user, int64_t login)
{
    enum err err = device_delete(tx->db, login);
    if (err == OK)
        device_end(tx, user, login, "revoked");
    return err;
}

/* The device of that name: named by itself, or the token that it stands for. */
static enum err device_find(struct core_tx *tx, int64_t user, struct str name, int64_t *login, int64_t *named)
{
    static const struct str prefix = STR("token-");
    struct device_name device;
    struct device token;
    enum err err = device_name_get(tx->db, user, name, &device);
    *named = err == OK ? device.id : 0;
    if (err == OK) {
        *login = device.login;
    } else if (err == ERR_NOT_FOUND && name.size > prefix.size && memcmp(name.ptr, prefix.ptr, prefix.size) == 0) {
        struct str digits = { name.ptr + prefix.size, name.size - prefix.size };
        err = str_to_i64(digits, login) ? OK : ERR_NOT_FOUND;
    }
    if (err == OK)
        err = device_get(tx->db, *login, &token);
    return err == OK && token.user != user ? ERR_NOT_FOUND : err;
}

enum err account_kick(struct core_tx *tx, int64_t user, int64_t login, struct str device)
{
    int64_t target;
    int64_t named;
    enum err err = device_find(tx, user, device, &target, &named);
    if (err != OK)
        return err;
    if (target == login)
        return account_logout(tx, user, login);
    err = device_delete(tx->db, target);
    if (err == OK && named != 0)
        err = device_name_delete(tx->db, user, named);
    if (err != OK)
        return err;
    device_end(tx, user, target, "kicked");
    return OK;
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

enum err account_change_password(struct core_tx *tx, int64_t user, struct str verified, struct str hash, int64_t login)
{
    struct str stored;
    enum err err = user_password(tx->db, tx->arena, user, &stored);
    if (err == OK && !str_equal(stored, verified))
        err = ERR_DENIED;
    if (err == OK)
        err = user_set_password(tx->db, user, hash);
    return err == OK ? device_delete_others(tx->db, user, login, device_gone, tx) : err;
}

enum err account_delete(struct core_tx *tx, int64_t user, struct str email)
{
    /* Friends are told while they still are friends. */
    enum err err = presence_told(tx, user, email, false);
    if (err == OK)
        err = membership_end(tx, &(struct actor){ user, email }, user_neutral_email(tx->arena, user));
    if (err == OK)
        err = user_delete(tx->db, user, tx->now_ms);
    if (err == OK)
        err = file_ref_delete(tx->db, 0, user, 1);
    if (err == OK)
        err = packs_end(tx, user);
    if (err != OK)
        return err;
    directory_forget(tx->directory); /* Rare: friendships and memberships all changed. */
    user_ended(tx, user);
    return OK;
}
