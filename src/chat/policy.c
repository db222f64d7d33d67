/* policy.c: permissions. */
#include "chat/policy.h"

#include "store/contact.h"

enum err policy_write_direct(struct core_tx *tx, int64_t user, struct str email, struct directory_user *peer,
                             int64_t *chat)
{
    enum err err = directory_user(tx->directory, tx->db, email, peer);
    if (err != OK)
        return err;
    *chat = chat_id_direct(user, peer->id);
    struct directory_chat *entry;
    err = directory_chat(tx->directory, tx->db, *chat, &entry);
    if (err != OK)
        return err;
    return entry->friends || tx->policy->strangers ? OK : ERR_DENIED;
}

enum err policy_write_group(struct core_tx *tx, int64_t user, struct str group, int64_t *chat)
{
    if (!str_to_i64(group, chat) || *chat < GROUP_ID_FIRST || chat_id_is_direct(*chat))
        return ERR_DENIED;
    enum member_role role;
    enum err err = directory_member(tx->directory, tx->db, *chat, user, &role);
    return err == ERR_NOT_FOUND ? ERR_DENIED : err;
}

enum err policy_read(struct db *db, int64_t user, int64_t chat)
{
    if (chat_id_is_direct(chat)) {
        int64_t low, high;
        chat_id_users(chat, &low, &high);
        return user == low || user == high ? OK : ERR_DENIED;
    }
    enum member_role role;
    enum err err = member_get(db, chat, user, &role);
    return err == ERR_NOT_FOUND ? ERR_DENIED : err;
}

enum err policy_see_presence(struct db *db, int64_t user, int64_t other)
{
    if (user == other)
        return OK;
    bool friends;
    enum err err = contact_exists(db, user, other, &friends);
    if (err != OK)
        return err;
    return friends ? OK : ERR_DENIED;
}
