/* membership.c: who comes into a group, who goes, and as what they are in it. */
#include "chat/membership.h"

#include "chat/directory.h"
#include "chat/group.h"
#include "chat/group_news.h"
#include "chat/name.h"
#include "chat/policy.h"
#include "store/applicant.h"
#include "util/jsonw.h"

#include <assert.h>

static bool people_hold(const struct actor *people, size_t count, int64_t id)
{
    for (size_t i = 0; i < count; i++)
        if (people[i].id == id)
            return true;
    return false;
}

enum err membership_people(struct core_tx *tx, const struct actor *actor, const struct str *emails, size_t count,
                           struct actor **people, size_t *people_count)
{
    struct actor *found = arena_alloc(tx->arena, (count + 1) * sizeof(*found));
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct chat_ref one;
        enum err err = policy_write(tx, actor->id, CHAT_DIRECT, emails[i], &one);
        if (err != OK)
            return err;
        if (one.peer != actor->id && !people_hold(found, kept, one.peer))
            found[kept++] = (struct actor){ one.peer, one.dst };
    }
    *people = found;
    *people_count = kept;
    return OK;
}

/* Brought in by the actor, who may be the only one of them himself. None of them is a member. */
static enum err people_add(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref,
                           const struct actor *people, size_t count)
{
    struct directory_chat *chat;
    int64_t size;
    enum err err = group_size(tx->db, ref->chat, &size);
    if (err == OK && size + (int64_t)count > tx->policy->group_size_max)
        err = ERR_GROUP_FULL;
    if (err == OK)
        err = directory_chat(tx->directory, tx->db, ref->chat, &chat);
    for (size_t i = 0; i < count && err == OK; i++) {
        directory_drop_member(tx->directory, ref->chat, people[i].id);
        /* The notice of their coming is the first that is theirs to read. */
        err = group_add(tx->db, ref->chat, people[i].id, ROLE_MEMBER, chat->head + 1, tx->now_ms);
    }
    if (err != OK)
        return err;
    struct str news = news_of(tx, "join", people, count, actor->email);
    for (size_t i = 0; i < count; i++)
        news_joined(tx, ref, &people[i], false);
    news_tell(tx, actor, ref, news);
    return news_note(tx, actor, ref, news);
}

static enum err apply(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, struct str reason)
{
    struct buf text = { 0 };
    int64_t waiting;
    bool fresh;
    if (!text_acceptable(reason, APPLY_REASON_CHARS_MAX))
        return ERR_ARG;
    enum err err = applicant_put(tx->db, ref->chat, actor->id, reason, tx->now_ms, &fresh);
    if (err == OK)
        err = applicant_count(tx->db, ref->chat, &waiting);
    if (err == OK && fresh && waiting > APPLICANTS_MAX)
        err = ERR_LIMITED;
    if (err != OK)
        return err;
    news_open(&text, "apply", actor, 1, actor->email);
    jsonw_put_str(&text, "reason", reason);
    return news_tell_staff(tx, actor, ref, 0, news_close(tx, &text));
}

enum err membership_join(struct core_tx *tx, const struct actor *actor, struct str group, struct str reason,
                         bool *waits)
{
    struct chat_ref ref = { 0 };
    struct group found;
    struct directory_member member;
    *waits = false;
    if (!str_to_i64(group, &ref.chat))
        return ERR_NOT_FOUND;
    enum err err = group_by_id(tx->db, tx->arena, ref.chat, &found);
    if (err != OK)
        return err;
    ref.dst = arena_format(tx->arena, "%lld", (long long)ref.chat);
    err = directory_member(tx->directory, tx->db, ref.chat, actor->id, &member);
    if (err != ERR_NOT_FOUND)
        return err == OK ? ERR_EXISTS : err;
    if (found.join == GROUP_CLOSED)
        return ERR_DENIED;
    *waits = found.join == GROUP_APPROVE;
    return *waits ? apply(tx, actor, &ref, reason) : people_add(tx, actor, &ref, actor, 1);
}

static enum err user_find(struct core_tx *tx, struct str email, struct actor *out)
{
    struct directory_user user;
    if (email.size == 0)
        return ERR_ARG;
    enum err err = directory_user(tx->directory, tx->db, email, &user);
    if (err == OK)
        *out = (struct actor){ user.id, arena_str(tx->arena, user.email) };
    return err;
}

enum err membership_respond(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, struct str email,
                            bool agree)
{
    struct actor person;
    assert(ref->role >= ROLE_ADMIN);
    enum err err = user_find(tx, email, &person);
    if (err == OK)
        err = applicant_delete(tx->db, ref->chat, person.id);
    if (err != OK)
        return err;
    if (agree)
        return people_add(tx, actor, ref, &person, 1);
    return news_tell_staff(tx, actor, ref, person.id, news_of(tx, "reject", &person, 1, actor->email));
}

/* Without those who are members: whatever stands between the actor and them, there is nobody to bring in. */
static enum err others_keep(struct core_tx *tx, const struct chat_ref *ref, const struct str *emails, size_t count,
                            struct str **others, size_t *other_count)
{
    *others = arena_alloc(tx->arena, (count + 1) * sizeof(**others));
    *other_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct actor person;
        struct directory_member member;
        enum err err = user_find(tx, emails[i], &person);
        if (err == OK)
            err = directory_member(tx->directory, tx->db, ref->chat, person.id, &member);
        if (err == ERR_NOT_FOUND)
            (*others)[(*other_count)++] = emails[i];
        else if (err != OK)
            return err;
    }
    return OK;
}

enum err membership_invite(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref,
                           const struct str *emails, size_t count, struct actor **added, size_t *added_count)
{
    struct str *others;
    enum err err = count == 0 ? ERR_ARG : others_keep(tx, ref, emails, count, &others, &count);
    if (err == OK)
        err = membership_people(tx, actor, others, count, added, added_count);
    if (err != OK)
        return err;
    return *added_count == 0 ? OK : people_add(tx, actor, ref, *added, *added_count);
}

/* The person is in the group no more: told by the actor, in the history by whom it calls so. */
static enum err person_remove(struct core_tx *tx, const struct chat_ref *ref, const struct actor *person,
                              const struct actor *actor, struct str news, const struct actor *noted, struct str note)
{
    directory_drop_member(tx->directory, ref->chat, person->id);
    enum err err = group_remove(tx->db, ref->chat, person->id);
    if (err != OK)
        return err;
    news_tell(tx, actor, ref, news);
    news_left(tx, ref, person->id);
    return news_note(tx, noted, ref, note);
}

enum err membership_leave(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref)
{
    int64_t size;
    enum err err = group_size(tx->db, ref->chat, &size);
    if (err != OK)
        return err;
    if (size <= 1)
        return group_close(tx, actor, ref);
    if (ref->role == ROLE_OWNER)
        return ERR_DENIED;
    struct str news = news_of(tx, "leave", actor, 1, actor->email);
    return person_remove(tx, ref, actor, actor, news, actor, news);
}

static enum err member_find(struct core_tx *tx, const struct chat_ref *ref, struct str email, struct actor *person,
                            enum member_role *role)
{
    struct directory_member member;
    enum err err = user_find(tx, email, person);
    if (err == OK)
        err = directory_member(tx->directory, tx->db, ref->chat, person->id, &member);
    if (err != OK)
        return err;
    *role = member.role;
    return policy_outranks(ref->role, member.role) ? OK : ERR_DENIED;
}

enum err membership_kick(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, struct str email)
{
    struct actor person;
    enum member_role role;
    assert(ref->role >= ROLE_ADMIN);
    enum err err = member_find(tx, ref, email, &person, &role);
    if (err != OK)
        return err;
    struct str news = news_of(tx, "kick", &person, 1, actor->email);
    return person_remove(tx, ref, &person, actor, news, actor, news);
}

enum err membership_mute(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, struct str email,
                         int64_t until_ms)
{
    struct buf text = { 0 };
    struct actor person;
    enum member_role role;
    assert(ref->role >= ROLE_ADMIN);
    enum err err = member_find(tx, ref, email, &person, &role);
    if (err == OK && (until_ms < 0 || until_ms > tx->now_ms + MUTE_MS_MAX))
        err = ERR_ARG;
    if (err != OK)
        return err;
    int64_t until = until_ms > tx->now_ms ? until_ms : 0;
    directory_drop_member(tx->directory, ref->chat, person.id);
    err = group_set_muted(tx->db, ref->chat, person.id, until);
    if (err != OK)
        return err;
    news_open(&text, "mute", &person, 1, actor->email);
    jsonw_put_i64(&text, "until", until);
    news_tell(tx, actor, ref, news_close(tx, &text));
    return OK;
}

enum err membership_role(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, struct str email,
                         enum member_role role)
{
    struct buf text = { 0 };
    struct actor person;
    enum member_role before;
    assert(ref->role == ROLE_OWNER);
    enum err err = member_find(tx, ref, email, &person, &before);
    if (err == OK && role != ROLE_ADMIN && role != ROLE_MEMBER)
        err = ERR_ARG;
    if (err != OK || role == before)
        return err;
    directory_drop_member(tx->directory, ref->chat, person.id);
    err = group_set_role(tx->db, ref->chat, person.id, role);
    if (err != OK)
        return err;
    news_open(&text, "role", &person, 1, actor->email);
    jsonw_put_str(&text, "role", role == ROLE_ADMIN ? STR("admin") : STR("member"));
    news_tell(tx, actor, ref, news_close(tx, &text));
    return OK;
}

/* Nobody could lift a muting of the new owner's: it ends. */
static enum err owner_set(struct core_tx *tx, int64_t chat, int64_t before, int64_t after)
{
    directory_drop_member(tx->directory, chat, before);
    directory_drop_member(tx->directory, chat, after);
    enum err err = group_set_role(tx->db, chat, before, ROLE_ADMIN);
    if (err == OK)
        err = group_set_role(tx->db, chat, after, ROLE_OWNER);
    if (err == OK)
        err = group_set_muted(tx->db, chat, after, 0);
    return err == OK ? group_set_owner(tx->db, chat, after) : err;
}

enum err membership_transfer(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref,
                             struct str email)
{
    struct actor person;
    enum member_role role;
    assert(ref->role == ROLE_OWNER);
    enum err err = member_find(tx, ref, email, &person, &role);
    if (err == OK)
        err = owner_set(tx, ref->chat, actor->id, person.id);
    if (err != OK)
        return err;
    struct str news = news_of(tx, "transfer", &person, 1, actor->email);
    news_tell(tx, actor, ref, news);
    return news_note(tx, actor, ref, news);
}

static enum err group_hand_on(struct core_tx *tx, const struct actor *actor, const struct actor *neutral,
                              const struct chat_ref *ref, const struct group_member *successor)
{
    struct actor heir = { successor->user, successor->email };
    enum err err = owner_set(tx, ref->chat, actor->id, heir.id);
    if (err != OK)
        return err;
    news_tell(tx, actor, ref, news_of(tx, "transfer", &heir, 1, actor->email));
    return news_note(tx, neutral, ref, news_of(tx, "transfer", &heir, 1, neutral->email));
}

static enum err group_end(struct core_tx *tx, const struct actor *actor, const struct actor *neutral,
                          const struct group *group)
{
    struct group_member successor;
    struct chat_ref ref = { .chat = group->id, .role = group->role };
    ref.dst = arena_format(tx->arena, "%lld", (long long)group->id);
    enum err err = OK;
    if (group->size <= 1)
        return group_close(tx, actor, &ref);
    if (group->role == ROLE_OWNER) {
        err = group_successor(tx->db, tx->arena, group->id, actor->id, &successor);
        if (err == OK)
            err = group_hand_on(tx, actor, neutral, &ref, &successor);
    }
    if (err != OK)
        return err;
    return person_remove(tx, &ref, actor, actor, news_of(tx, "leave", actor, 1, actor->email), neutral,
                         news_of(tx, "leave", neutral, 1, neutral->email));
}

enum err membership_end(struct core_tx *tx, const struct actor *actor, struct str neutral)
{
    struct actor noted = { actor->id, neutral };
    struct group_list groups;
    enum err err = group_list(tx->db, tx->arena, actor->id, &groups);
    for (size_t i = 0; i < groups.count && err == OK; i++)
        err = group_end(tx, actor, &noted, &groups.rows[i]);
    return err;
}
