/* directory.c: the writer's bounded caches. */
#include "chat/directory.h"

#include "chat/email.h"
#include "chat/event.h"
#include "store/block.h"
#include "store/contact.h"
#include "store/message.h"
#include "store/mutation.h"
#include "util/buf.h"
#include "util/map.h"
#include "util/mem.h"

#include <assert.h>
#include <stdlib.h>

#define ENTRIES_MAX ((size_t)200000) /* of each table; about 100 bytes each */

struct user_entry {
    int64_t id;
    size_t email_size;
    size_t key_size; /* the lower-case address, after the email */
    char text[];
};

struct directory {
    struct map users;     /* hash of the lower-case address → struct user_entry */
    struct map chats;     /* chat → struct directory_chat */
    struct map members;   /* chat and user → a packed member, or NOT_MEMBER */
    int64_t next_id;      /* 0: not known */
    struct map announced; /* users last announced as online */
    struct map here;      /* users that the other nodes know to be here */
    struct buf recent;    /* struct recent: announcements, and the like of here, that may still be taken back */
    bool notes;           /* what is dropped is noted: */
    bool forgot;
    struct buf dropped; /* struct dropped */
};

struct recent {
    int64_t user;
    bool here; /* of here; else of announced */
};

struct dropped {
    int64_t chat;
    int64_t user; /* 0: the chat itself */
};

#define DROPPED_MAX ((size_t)2000) /* of one batch; beyond it the others forget everything */

/* Eight bits of role + 1, then the time until which a member is silenced. */
#define NOT_MEMBER ((uintptr_t)99)
#define ROLE_BITS 8

struct directory *directory_new(void)
{
    return mem_zalloc(sizeof(struct directory));
}

static void map_free_values(struct map *map)
{
    size_t cursor = 0;
    uint64_t key;
    void *value;
    while (map_next(map, &cursor, &key, &value))
        free(value);
    map_release(map);
}

static void drop_note(struct directory *directory, int64_t chat, int64_t user)
{
    struct dropped dropped = { chat, user };
    if (!directory->notes || directory->forgot)
        return;
    buf_append(&directory->dropped, &dropped, sizeof(dropped));
    directory->forgot = directory->dropped.size > DROPPED_MAX * sizeof(dropped);
}

void directory_forget(struct directory *directory)
{
    directory->forgot = directory->notes;
    map_free_values(&directory->users);
    map_free_values(&directory->chats);
    map_release(&directory->members);
    directory->next_id = 0;
}

void directory_free(struct directory **directory)
{
    if (*directory == NULL)
        return;
    directory_forget(*directory);
    map_release(&(*directory)->announced);
    map_release(&(*directory)->here);
    buf_release(&(*directory)->recent);
    buf_release(&(*directory)->dropped);
    free(*directory);
    *directory = NULL;
}

enum err directory_user(struct directory *directory, struct db *db, struct str email, struct directory_user *out)
{
    char key[EMAIL_SIZE_MAX];
    if (email.size == 0 || email.size > sizeof(key))
        return ERR_NOT_FOUND;
    email_key(email, key);
    uint64_t hash = hash_bytes(key, email.size);
    struct user_entry *entry = map_get(&directory->users, hash);
    if (entry == NULL || entry->key_size != email.size ||
        memcmp(entry->text + entry->email_size, key, email.size) != 0) {
        struct arena arena = { 0 };
        struct user user;
        enum err err = user_by_email(db, &arena, email, &user);
        if (err != OK) {
            arena_release(&arena);
            return err;
        }
        if (directory->users.count >= ENTRIES_MAX)
            map_free_values(&directory->users);
        entry = mem_alloc(sizeof(*entry) + user.email.size + email.size);
        *entry = (struct user_entry){ .id = user.id, .email_size = user.email.size, .key_size = email.size };
        memcpy(entry->text, user.email.ptr, user.email.size);
        memcpy(entry->text + user.email.size, key, email.size);
        free(map_put(&directory->users, hash, entry));
        arena_release(&arena);
    }
    *out = (struct directory_user){ .id = entry->id, .email = { entry->text, entry->email_size } };
    return OK;
}

void directory_drop_user(struct directory *directory, struct str email)
{
    char key[EMAIL_SIZE_MAX];
    if (email.size == 0 || email.size > sizeof(key))
        return;
    email_key(email, key);
    free(map_remove(&directory->users, hash_bytes(key, email.size)));
}

enum err directory_chat(struct directory *directory, struct db *db, int64_t chat, struct directory_chat **out)
{
    struct directory_chat *entry = map_get(&directory->chats, (uint64_t)chat);
    if (entry != NULL) {
        *out = entry;
        return OK;
    }
    struct directory_chat loaded = { .mver = -1 };
    enum err err = message_head(db, chat, &loaded.head);
    if (err != OK)
        return err;
    if (chat_id_is_direct(chat)) {
        int64_t low, high;
        chat_id_users(chat, &low, &high);
        loaded.friends = low == high;
        if (!loaded.friends)
            err = contact_exists(db, low, high, &loaded.friends);
        if (err == OK && low != high)
            err = block_between(db, low, high, &loaded.blocked);
        if (err != OK)
            return err;
        struct member member;
        err = member_get(db, chat, low, &member);
        if (err != OK && err != ERR_NOT_FOUND)
            return err;
        loaded.has_members = err == OK;
    } else {
        struct group_state state = { 0 };
        err = group_state(db, chat, &state);
        if (err != OK && err != ERR_NOT_FOUND)
            return err;
        loaded.silenced_ms = state.silenced_ms;
    }
    if (directory->chats.count >= ENTRIES_MAX)
        map_free_values(&directory->chats);
    entry = mem_dup(&loaded, sizeof(loaded));
    map_put(&directory->chats, (uint64_t)chat, entry);
    *out = entry;
    return OK;
}

enum err directory_mver(struct db *db, int64_t chat, struct directory_chat *entry)
{
    return entry->mver >= 0 ? OK : mutation_head(db, chat, &entry->mver);
}

void directory_drop_chat(struct directory *directory, int64_t chat)
{
    drop_note(directory, chat, 0);
    free(map_remove(&directory->chats, (uint64_t)chat));
}

/* Two 64-bit ids can't be one key without a chance of collision, so the key is
 * exact: group ids and user ids are small enough to share 64 bits. */
static bool member_key(int64_t chat, int64_t user, uint64_t *key)
{
    if (chat <= 0 || chat >= (INT64_C(1) << 32) || user <= 0 || user > USER_ID_MAX)
        return false;
    *key = ((uint64_t)chat << 31) | (uint64_t)user;
    return true;
}

static uintptr_t member_packed(const struct directory_member *member)
{
    return (uintptr_t)member->silenced_ms << ROLE_BITS | ((uintptr_t)member->role + 1);
}

enum err directory_member(struct directory *directory, struct db *db, int64_t chat, int64_t user,
                          struct directory_member *out)
{
    uint64_t key;
    bool cacheable = member_key(chat, user, &key);
    uintptr_t known = cacheable ? (uintptr_t)map_get(&directory->members, key) : 0;
    if (known == NOT_MEMBER)
        return ERR_NOT_FOUND;
    if (known != 0) {
        out->role = (enum member_role)((known & ((1u << ROLE_BITS) - 1)) - 1);
        out->silenced_ms = (int64_t)(known >> ROLE_BITS);
        return OK;
    }
    struct member member;
    enum err err = member_get(db, chat, user, &member);
    if (err == OK)
        *out = (struct directory_member){ member.role, member.silenced_ms };
    if ((err == OK || err == ERR_NOT_FOUND) && cacheable) {
        if (directory->members.count >= ENTRIES_MAX)
            map_release(&directory->members);
        map_put(&directory->members, key, (void *)(err == OK ? member_packed(out) : NOT_MEMBER));
    }
    return err;
}

void directory_drop_member(struct directory *directory, int64_t chat, int64_t user)
{
    uint64_t key;
    drop_note(directory, chat, user);
    if (member_key(chat, user, &key))
        map_remove(&directory->members, key);
}

enum err directory_next_id(struct directory *directory, struct db *db, int64_t *id)
{
    if (directory->next_id == 0) {
        enum err err = message_last_id(db, id);
        if (err != OK)
            return err;
        directory->next_id = *id + 1;
    }
    *id = directory->next_id;
    return OK;
}

void directory_id_used(struct directory *directory)
{
    assert(directory->next_id > 0);
    directory->next_id++;
}

static void set_put(struct map *set, int64_t user, bool in)
{
    if (in)
        map_put(set, (uint64_t)user, set);
    else
        map_remove(set, (uint64_t)user);
}

/* true: that is new. */
static bool told_put(struct directory *directory, int64_t user, bool in, bool here)
{
    struct map *set = here ? &directory->here : &directory->announced;
    struct recent recent = { user, here };
    if ((map_get(set, (uint64_t)user) != NULL) == in)
        return false;
    set_put(set, user, in);
    buf_append(&directory->recent, &recent, sizeof(recent));
    return true;
}

bool directory_is_announced(const struct directory *directory, int64_t user)
{
    return map_get(&directory->announced, (uint64_t)user) != NULL;
}

bool directory_announce(struct directory *directory, int64_t user, bool online)
{
    return told_put(directory, user, online, false);
}

size_t directory_announced(const struct directory *directory)
{
    return directory->recent.size / sizeof(struct recent);
}

void directory_announced_undo(struct directory *directory, size_t mark)
{
    while (directory_announced(directory) > mark) {
        struct recent recent;
        directory->recent.size -= sizeof(recent);
        memcpy(&recent, directory->recent.ptr + directory->recent.size, sizeof(recent));
        struct map *set = recent.here ? &directory->here : &directory->announced;
        set_put(set, recent.user, map_get(set, (uint64_t)recent.user) == NULL);
    }
}

void directory_announced_keep(struct directory *directory)
{
    buf_clear(&directory->recent);
}

/* ---- with other nodes ---- */

void directory_note_drops(struct directory *directory)
{
    directory->notes = true;
}

static void drops_tell(const struct directory *directory, struct event_list *events)
{
    size_t count = directory->dropped.size / sizeof(struct dropped);
    if (directory->forgot)
        event_add(events, EVENT_FORGET_ALL);
    for (size_t i = 0; i < count && !directory->forgot; i++) {
        struct dropped dropped;
        memcpy(&dropped, directory->dropped.ptr + i * sizeof(dropped), sizeof(dropped));
        struct event *event = event_add(events, dropped.user == 0 ? EVENT_FORGET_CHAT : EVENT_FORGET_MEMBER);
        event->chat = dropped.chat;
        event->actor = dropped.user;
    }
}

void directory_drops_take(struct directory *directory, struct event_list *events)
{
    if (events != NULL)
        drops_tell(directory, events);
    buf_clear(&directory->dropped);
    directory->forgot = false;
}

void directory_heard(struct directory *directory, int64_t chat, int64_t seq, int64_t id)
{
    struct directory_chat *entry = map_get(&directory->chats, (uint64_t)chat);
    if (entry != NULL) {
        entry->head = seq > entry->head ? seq : entry->head;
        entry->has_members = true; /* The first message of a one-to-one chat made them. */
    }
    if (directory->next_id != 0 && directory->next_id <= id)
        directory->next_id = id + 1;
}

void directory_heard_change(struct directory *directory, int64_t chat, int64_t mver)
{
    struct directory_chat *entry = map_get(&directory->chats, (uint64_t)chat);
    if (entry != NULL && entry->mver >= 0 && mver > entry->mver)
        entry->mver = mver;
}

void directory_heard_presence(struct directory *directory, int64_t user, bool online)
{
    set_put(&directory->announced, user, online);
}

bool directory_tell_here(struct directory *directory, int64_t user, bool here)
{
    return told_put(directory, user, here, true);
}

void directory_told_here(const struct directory *directory, struct arena *arena, struct id_list *out)
{
    size_t cursor = 0;
    uint64_t user;
    void *value;
    *out = (struct id_list){ .ids = arena_alloc(arena, (directory->here.count + 1) * sizeof(int64_t)) };
    while (map_next(&directory->here, &cursor, &user, &value))
        out->ids[out->count++] = (int64_t)user;
}

void directory_forget_told(struct directory *directory)
{
    map_release(&directory->announced);
    map_release(&directory->here);
    buf_clear(&directory->recent);
}
