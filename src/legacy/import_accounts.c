/* import_accounts.c: users, groups, and who is whose friend and in which group. */
#include "legacy/import_state.h"

#include "store/contact.h"
#include "store/group.h"
#include "store/user.h"

#define EMAIL_SIZE_MAX ((size_t)64)
#define REMARK_SIZE_MAX ((size_t)64)
#define HASH_SIZE ((size_t)32)

enum { CATE_USER = 1, CATE_GROUP = 2 };

/* Runs take on every row of a SELECT, with memory that lasts for the row. */
static enum err rows_each(struct import *import, const char *statement,
                          enum err (*take)(struct import *, struct arena *, const struct str *))
{
    struct str fields[SOURCE_FIELDS_MAX];
    enum err err = source_begin(import->source, statement);
    if (err != OK)
        return err;
    while (err == OK && source_next(import->source, fields)) {
        struct arena scratch = { 0 };
        err = take(import, &scratch, fields);
        arena_release(&scratch);
        if (err == OK)
            err = batch_step(import);
    }
    enum err ended = source_end(import->source);
    return err != OK ? err : ended;
}

/* ---- users ---- */

/* "md5$SALT$HEX" (store/user.h); empty, which no password matches, where the row has no hash. */
static struct str password_of(struct arena *arena, struct str hash, struct str salt)
{
    if (hash.size != HASH_SIZE)
        return STR("");
    char *hex = arena_alloc(arena, HASH_SIZE + 1);
    for (size_t i = 0; i < HASH_SIZE; i++)
        hex[i] = (char)(hash.ptr[i] >= 'a' && hash.ptr[i] <= 'f' ? hash.ptr[i] - ('a' - 'A') : hash.ptr[i]);
    return arena_format(arena, "md5$%.*s$%.*s", (int)salt.size, salt.ptr == NULL ? "" : salt.ptr, (int)HASH_SIZE, hex);
}

/* Of rows with one address the first that is not deleted is the one that logs in. true: this one is not to be taken. */
static bool user_is_known(struct import *import, struct str email)
{
    struct report *report = &import->report;
    struct person *known = people_find(&import->people, email);
    if (known == NULL || !known->alive)
        return false;
    if (known->read)
        report_note(report, REPORT_USERS, "left out: the address stands twice, the first row is the account", email);
    else
        report->kinds[REPORT_USERS].there++;
    known->read = true;
    return true;
}

static enum err user_take(struct import *import, struct arena *scratch, const struct str *fields)
{
    struct report *report = &import->report;
    struct str email = str_trim(fields[1].ptr == NULL ? STR("") : fields[1]);
    int64_t id;
    report->kinds[REPORT_USERS].read++;
    if (email.size == 0 || email.size > EMAIL_SIZE_MAX) {
        report_note(report, REPORT_USERS, "left out: no address", fields[0]);
        return OK;
    }
    if (field_is_deleted(fields[6])) {
        report_note(report, REPORT_USERS, "left out: deleted", email);
        return OK;
    }
    if (user_is_known(import, email))
        return OK;
    struct str password = password_of(scratch, fields[2], fields[3]);
    if (password.size == 0)
        report_note(report, REPORT_USERS, "can't log in until an operator sets a password: no usable hash", email);
    enum err err =
        user_insert(import->db, email, fields[4], fields[5], password, field_i64(fields[7], import->now_ms), &id);
    if (err != OK)
        return err;
    people_put(&import->people, email, id, true)->read = true;
    report->kinds[REPORT_USERS].taken++;
    return OK;
}

enum err import_users(struct import *import)
{
    return rows_each(
        import, "SELECT id, email, password, salt, uname, avatar, delete_timestamp, create_at FROM user ORDER BY id",
        user_take);
}

/* ---- groups ---- */

static enum err group_take(struct import *import, struct arena *scratch, const struct str *fields)
{
    struct report *report = &import->report;
    struct group found;
    struct group group = { .id = field_i64(fields[0], 0), .name = fields[1], .icon = fields[3], .memo = fields[4] };
    struct str owner = fields[2].ptr == NULL ? STR("") : fields[2];
    report->kinds[REPORT_GROUPS].read++;
    if (field_is_deleted(fields[6])) {
        report_note(report, REPORT_GROUPS, "left out: deleted", fields[0]);
        return OK;
    }
    if (group.id < GROUP_ID_FIRST || chat_id_is_direct(group.id)) {
        report_note(report, REPORT_GROUPS, "left out: no id that a group can have", fields[0]);
        return OK;
    }
    if (group_by_id(import->db, scratch, group.id, &found) == OK) {
        report->kinds[REPORT_GROUPS].there++;
        return OK;
    }
    const struct person *person = people_find(&import->people, owner);
    if (person == NULL || !person->alive)
        report_note(report, REPORT_GROUPS, "has no owner that is left: goes to its first member", fields[0]);
    group.owner = person != NULL && person->alive ? person->id : 0;
    group.created_ms = field_i64(fields[5], import->now_ms);
    if (group.name.ptr == NULL)
        group.name = fields[0];
    enum err err = group_import(import->db, &group);
    if (err == ERR_EXISTS) {
        report_note(report, REPORT_GROUPS, "left out: a group that was dismissed here has its id", fields[0]);
        return OK;
    }
    if (err == OK)
        report->kinds[REPORT_GROUPS].taken++;
    return err;
}

enum err import_groups(struct import *import)
{
    return rows_each(import,
                     "SELECT id, name, owner_email, icon, memo, create_at, delete_timestamp FROM community ORDER BY id",
                     group_take);
}

/* ---- contacts: a row each way, also of groups ---- */

/* The memo of a friendship is what its owner calls the other; what was written here since stays. */
static enum err remark_take(struct import *import, struct arena *scratch, int64_t owner, int64_t peer, struct str memo)
{
    struct str remark, tags;
    if (memo.size == 0 || memo.size > REMARK_SIZE_MAX)
        return OK;
    enum err err = contact_note(import->db, scratch, owner, peer, &remark, &tags);
    if (err == OK && remark.size == 0 && tags.size == 0)
        err = contact_set_note(import->db, owner, peer, memo, STR_NONE);
    return err;
}

static enum err friends_take(struct import *import, struct arena *scratch, struct str owner, struct str peer,
                             const struct str *fields)
{
    struct report *report = &import->report;
    const struct person *one = people_find(&import->people, owner);
    const struct person *other = people_find(&import->people, peer);
    bool there;
    report->kinds[REPORT_CONTACTS].read++;
    if (one == NULL || other == NULL || !one->alive || !other->alive) {
        report_note(report, REPORT_CONTACTS, "left out: one of the two is no user", fields[0]);
        return OK;
    }
    if (one->id == other->id) {
        report_note(report, REPORT_CONTACTS, "left out: with oneself", fields[0]);
        return OK;
    }
    enum err err = contact_exists(import->db, one->id, other->id, &there);
    if (err == OK && there)
        report->kinds[REPORT_CONTACTS].there++;
    if (err == OK && !there) {
        err = contact_insert(import->db, one->id, other->id, field_i64(fields[5], import->now_ms));
        report->kinds[REPORT_CONTACTS].taken++;
    }
    return err == OK ? remark_take(import, scratch, one->id, other->id, fields[4]) : err;
}

static enum err membership_take(struct import *import, struct arena *scratch, struct str email, struct str group_text,
                                const struct str *fields)
{
    struct report *report = &import->report;
    const struct person *person = people_find(&import->people, email);
    struct group group;
    report->kinds[REPORT_MEMBERS].read++;
    enum err err = group_by_id(import->db, scratch, field_i64(group_text, 0), &group);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    if (err == ERR_NOT_FOUND || person == NULL || !person->alive) {
        report_note(report, REPORT_MEMBERS, err == OK ? "left out: no user" : "left out: no group", fields[0]);
        return OK;
    }
    /* A group without an owner that is left goes to whom it meets first. */
    bool owns = group.owner == 0;
    err = group_add(import->db, group.id, person->id, owns ? ROLE_OWNER : ROLE_MEMBER, 1,
                    field_i64(fields[5], import->now_ms));
    if (err == ERR_EXISTS) {
        report->kinds[REPORT_MEMBERS].there++;
        return OK;
    }
    if (err == OK && owns)
        err = group_set_owner(import->db, group.id, person->id);
    if (err == OK)
        report->kinds[REPORT_MEMBERS].taken++;
    return err;
}

static enum err contact_take(struct import *import, struct arena *scratch, const struct str *fields)
{
    struct str owner = str_trim(fields[1].ptr == NULL ? STR("") : fields[1]);
    struct str dst = str_trim(fields[2].ptr == NULL ? STR("") : fields[2]);
    int64_t cate = field_i64(fields[3], 0), number;
    bool group = cate == CATE_GROUP;
    if (cate != CATE_USER && cate != CATE_GROUP) {
        import->report.kinds[REPORT_CONTACTS].read++;
        report_note(&import->report, REPORT_CONTACTS, "left out: neither a friend nor a group", fields[0]);
        return OK;
    }
    if (field_is_deleted(fields[6])) {
        import->report.kinds[group ? REPORT_MEMBERS : REPORT_CONTACTS].read++;
        report_note(&import->report, group ? REPORT_MEMBERS : REPORT_CONTACTS, "left out: deleted", fields[0]);
        return OK;
    }
    if (!group)
        return friends_take(import, scratch, owner, dst, fields);
    bool reversed = str_to_i64(owner, &number);
    return membership_take(import, scratch, reversed ? dst : owner, reversed ? owner : dst, fields);
}

enum err import_contacts(struct import *import)
{
    return rows_each(import,
                     "SELECT id, owner_email, dst_obj, cate, memo, UNIX_TIMESTAMP(create_at) * 1000, delete_timestamp"
                     " FROM contact ORDER BY id",
                     contact_take);
}
