/* policy.c: permissions. */
#include "chat/policy.h"

#include "store/block.h"
#include "store/contact.h"
#include "store/group.h"
#include "store/user.h"

static bool group_named(struct str text, int64_t *chat)
{
    return str_to_i64(text, chat) && *chat >= GROUP_ID_FIRST && !chat_id_is_direct(*chat);
}

static enum err direct_find(struct core_tx *tx, int64_t user, struct str email, struct chat_ref *out)
{
    struct directory_user peer;
    enum err err = directory_user(tx->directory, tx->db, email, &peer);
    if (err == OK)
        *out = (struct chat_ref){
            .chat = chat_id_direct(user, peer.id),
            .dst = arena_str(tx->arena, peer.email),
            .peer = peer.id,
        };
    return err;
}

/* What was said with somebody who deleted his account can still be read, under the name that is left of him. */
static enum err former_find(struct db *db, struct arena *arena, int64_t user, struct str name, struct chat_ref *out)
{
    struct user peer;
    enum err err = user_by_neutral_email(db, arena, name, &peer);
    if (err == OK)
        *out = (struct chat_ref){ .chat = chat_id_direct(user, peer.id), .dst = peer.email, .peer = peer.id };
    return err;
}

static enum err direct_write(struct core_tx *tx, int64_t user, struct str email, struct chat_ref *out)
{
    struct directory_chat *entry;
    enum err err = direct_find(tx, user, email, out);
    if (err == OK)
        err = directory_chat(tx->directory, tx->db, out->chat, &entry);
    if (err != OK)
        return err;
    return !entry->blocked && (entry->friends || tx->policy->strangers) ? OK : ERR_BLOCKED;
}

/* Groups one is not in and groups that are not look the same. */
static enum err group_find(struct core_tx *tx, int64_t user, struct str text, struct chat_ref *out,
                           struct directory_member *member)
{
    int64_t chat;
    if (!group_named(text, &chat))
        return ERR_NOT_MEMBER;
    enum err err = directory_member(tx->directory, tx->db, chat, user, member);
    if (err == OK)
        *out = (struct chat_ref){
            .chat = chat,
            .dst = arena_format(tx->arena, "%lld", (long long)chat),
            .role = member->role,
        };
    return err == ERR_NOT_FOUND ? ERR_NOT_MEMBER : err;
}

static enum err group_write(struct core_tx *tx, int64_t user, struct str text, struct chat_ref *out)
{
    struct directory_member member;
    struct directory_chat *entry;
    enum err err = group_find(tx, user, text, out, &member);
    if (err == OK)
        err = directory_chat(tx->directory, tx->db, out->chat, &entry);
    if (err != OK)
        return err;
    bool silenced = member.silenced_ms > tx->now_ms || (member.role == ROLE_MEMBER && entry->silenced_ms > tx->now_ms);
    return silenced ? ERR_MUTED : OK;
}

enum err policy_write(struct core_tx *tx, int64_t user, enum chat_kind kind, struct str dst, struct chat_ref *out)
{
    *out = (struct chat_ref){ 0 };
    return kind == CHAT_DIRECT ? direct_write(tx, user, dst, out) : group_write(tx, user, dst, out);
}

enum err policy_pin(struct core_tx *tx, int64_t user, enum chat_kind kind, struct str dst, struct chat_ref *out)
{
    enum err err = policy_write(tx, user, kind, dst, out);
    return err == OK && kind == CHAT_GROUP && out->role == ROLE_MEMBER ? ERR_DENIED : err;
}

enum err policy_group(struct core_tx *tx, int64_t user, struct str dst, enum member_role least, struct chat_ref *out)
{
    struct directory_member member;
    *out = (struct chat_ref){ 0 };
    enum err err = group_find(tx, user, dst, out, &member);
    return err == OK && out->role < least ? ERR_DENIED : err;
}

enum err policy_invite(struct core_tx *tx, const struct chat_ref *ref)
{
    struct group group;
    enum err err = ref->role >= ROLE_ADMIN ? OK : group_by_id(tx->db, tx->arena, ref->chat, &group);
    return err == OK && ref->role < ROLE_ADMIN && group.join != GROUP_OPEN ? ERR_DENIED : err;
}

enum err policy_chat(struct core_tx *tx, int64_t user, enum chat_kind kind, struct str dst, struct chat_ref *out)
{
    struct directory_member member;
    *out = (struct chat_ref){ 0 };
    enum err err = kind == CHAT_DIRECT ? direct_find(tx, user, dst, out) : group_find(tx, user, dst, out, &member);
    if (kind == CHAT_DIRECT && err == ERR_NOT_FOUND)
        err = former_find(tx->db, tx->arena, user, dst, out);
    return err == ERR_NOT_MEMBER ? ERR_DENIED : err;
}

enum err policy_open(struct db *db, struct arena *arena, int64_t user, enum chat_kind kind, struct str dst,
                     struct chat_ref *out)
{
    enum err err;
    *out = (struct chat_ref){ 0 };
    if (kind == CHAT_DIRECT) {
        struct user peer;
        err = user_by_email(db, arena, dst, &peer);
        if (err == OK)
            *out = (struct chat_ref){ .chat = chat_id_direct(user, peer.id), .dst = peer.email, .peer = peer.id };
        return err == ERR_NOT_FOUND ? former_find(db, arena, user, dst, out) : err;
    }
    struct member member;
    if (!group_named(dst, &out->chat))
        return ERR_DENIED;
    err = member_get(db, out->chat, user, &member);
    out->dst = arena_format(arena, "%lld", (long long)out->chat);
    out->role = err == OK ? member.role : ROLE_MEMBER;
    return err == ERR_NOT_FOUND ? ERR_DENIED : err;
}

bool policy_outranks(enum member_role actor, enum member_role other)
{
    return actor > other;
}

enum err policy_oldest_of(struct db *db, int64_t chat, const struct member *member, bool whole_history, int64_t *seq)
{
    struct group_state state = { .whole_history = true };
    bool direct = chat_id_is_direct(chat);
    enum err err = direct ? OK : group_state(db, chat, &state);
    if (err == ERR_NOT_FOUND)
        err = OK;
    *seq = member_min_seq(member, direct || group_whole_history(&state, whole_history));
    return err;
}

enum err policy_oldest(struct db *db, int64_t user, int64_t chat, bool whole_history, int64_t *seq)
{
    struct member member = { .joined_seq = 1 };
    enum err err = member_get(db, chat, user, &member);
    return err == OK || err == ERR_NOT_FOUND ? policy_oldest_of(db, chat, &member, whole_history, seq) : err;
}

enum err policy_read(struct db *db, int64_t user, int64_t chat)
{
    if (chat_id_is_direct(chat)) {
        int64_t low, high;
        chat_id_users(chat, &low, &high);
        return user == low || user == high ? OK : ERR_DENIED;
    }
    struct member member;
    enum err err = member_get(db, chat, user, &member);
    return err == ERR_NOT_FOUND ? ERR_DENIED : err;
}

#define FILE_PLACES_MAX ((size_t)100)

enum err policy_see_file(struct db *db, struct arena *arena, int64_t user, const struct file *file, bool whole_history)
{
    struct file_place_list places;
    if (file->owner == user)
        return OK;
    enum err err = file_places(db, arena, file->id, user, FILE_PLACES_MAX, &places);
    if (err != OK || places.is_public)
        return err;
    for (size_t i = 0; i < places.count; i++) {
        int64_t oldest;
        err = policy_oldest(db, user, places.rows[i].chat, whole_history, &oldest);
        if (err != OK || places.rows[i].seq >= oldest)
            return err;
    }
    return ERR_DENIED;
}

bool policy_see_pack(int64_t user, const struct sticker_pack *pack)
{
    return pack->shared || pack->owner == user;
}

bool policy_change_pack(int64_t user, const struct sticker_pack *pack)
{
    return pack->owner == user;
}

enum err policy_share_packs(const struct core_tx *tx)
{
    return tx->policy->sticker_sharing ? OK : ERR_DENIED;
}

enum err policy_see_presence(struct db *db, int64_t user, int64_t other)
{
    if (user == other)
        return OK;
    bool friends;
    bool blocked = false;
    enum err err = contact_exists(db, user, other, &friends);
    if (err == OK && friends)
        err = block_exists(db, other, user, &blocked);
    if (err != OK)
        return err;
    return friends && !blocked ? OK : ERR_DENIED;
}

enum err policy_presence(struct db *db, int64_t user, int64_t other, bool *shown)
{
    bool allowed = user == other;
    bool blocked = false;
    enum err err = OK;
    if (!allowed)
        err = contact_exists(db, user, other, &allowed);
    if (err == OK && !allowed)
        err = member_shared(db, user, other, &allowed);
    if (err == OK && allowed)
        err = block_exists(db, other, user, &blocked);
    *shown = !blocked;
    return err == OK && !allowed ? ERR_DENIED : err;
}

enum err policy_watch(struct db *db, int64_t user, int64_t other)
{
    bool shown;
    enum err err = policy_presence(db, user, other, &shown);
    return err == OK && !shown ? ERR_DENIED : err;
}
