/* group.h: groups, and coming and going in them.
 * A group that was dismissed keeps its row, so that its id and its messages
 * stay taken, but nothing here finds it. size is counted with every change of
 * the members: ask here for these, not member_insert. Rows and their text live
 * in the arena. */
#ifndef IM_STORE_GROUP_H
#define IM_STORE_GROUP_H

#include "store/chat.h"
#include "store/contact.h"

enum group_join { GROUP_OPEN = 0, GROUP_APPROVE = 1, GROUP_CLOSED = 2 };

struct group {
    int64_t id;
    struct str name;
    struct str icon;        /* ptr NULL: none */
    struct str memo;        /* ptr NULL: none */
    int64_t owner;          /* user id */
    struct str owner_email; /* joined in */
    int64_t created_ms;
    enum group_join join;
    int64_t size;          /* members */
    struct str notice;     /* ptr NULL: none */
    int64_t silenced_ms;   /* everybody but owner and admins, until then */
    int64_t whole_history; /* 1 or 0; -1: as configured */
    bool member;           /* group_list: the user is in it, and as what */
    enum member_role role;
};
struct group_list {
    struct group *rows;
    size_t count;
};

/* Makes the group; the owner becomes its first member (ROLE_OWNER). */
enum err group_insert(struct db *db, struct str name, struct str icon, struct str memo, int64_t owner, int64_t now_ms,
                      int64_t *id);
/* A group of another server, with its id, name, icon, memo, owner (0: none yet) and created_ms; later groups get
 * greater ids. ERR_EXISTS: the id is taken. */
enum err group_import(struct db *db, const struct group *group);
enum err group_by_id(struct db *db, struct arena *arena, int64_t id, struct group *out); /* ERR_NOT_FOUND */
/* Id or name contains text; %, _ and \ match themselves. By id. */
enum err group_search(struct db *db, struct arena *arena, struct str text, size_t limit, struct group_list *out);
/* The groups a user is in, by id. */
enum err group_list(struct db *db, struct arena *arena, int64_t user, struct group_list *out);
enum err group_page(struct db *db, struct arena *arena, int64_t after, size_t limit, struct group_list *out);

/* Stores name, icon, memo, join and whole_history. */
enum err group_set(struct db *db, const struct group *group);
enum err group_set_notice(struct db *db, int64_t id, struct str notice);
enum err group_set_silenced(struct db *db, int64_t id, int64_t until_ms);
enum err group_set_owner(struct db *db, int64_t id, int64_t user);
/* The members, the applicants and what devices had delivered of it go. */
enum err group_dismiss(struct db *db, int64_t id, int64_t now_ms);

/* ERR_EXISTS: is a member. joined_seq as in member_insert. An application of the user's is settled by it. */
enum err group_add(struct db *db, int64_t id, int64_t user, enum member_role role, int64_t joined_seq, int64_t now_ms);
/* What devices had delivered and who mentioned the member there go too. ERR_NOT_FOUND: is no member. */
enum err group_remove(struct db *db, int64_t id, int64_t user);
enum err group_set_role(struct db *db, int64_t id, int64_t user, enum member_role role);
enum err group_set_muted(struct db *db, int64_t id, int64_t user, int64_t until_ms);
/* How many are in it. ERR_NOT_FOUND. */
enum err group_size(struct db *db, int64_t id, int64_t *size);

struct group_member {
    int64_t user;
    struct str email;
    struct str uname;  /* ptr NULL: none */
    struct str avatar; /* ptr NULL: none */
    enum member_role role;
    int64_t silenced_ms;
    int64_t joined_ms;
};
struct group_member_list {
    struct group_member *rows;
    size_t count;
};
/* Members by user id, those with id > after. */
enum err group_members(struct db *db, struct arena *arena, int64_t id, int64_t after, size_t limit,
                       struct group_member_list *out);
/* Owner and admins. */
enum err group_staff(struct db *db, struct arena *arena, int64_t id, struct id_list *out);
/* Who comes after that user: the admin who is longest in the group, or, where there is none, the member.
 * ERR_NOT_FOUND: he is the last. */
enum err group_successor(struct db *db, struct arena *arena, int64_t id, int64_t user, struct group_member *out);

#endif
