/* admin.c: the table of operators' commands. */
#include "api/admin.h"

#include "chat/account.h"
#include "chat/email.h"
#include "chat/group.h"
#include "chat/name.h"
#include "chat/sticker.h"
#include "os/random.h"
#include "search/search.h"
#include "store/invite.h"
#include "util/jsonw.h"
#include "util/mem.h"

#include <stdlib.h>

struct admin_job {
    struct core_job job; /* first */
    struct arena arena;
    const struct admin_command *command;
    const struct json *request;
    struct buf rows;
    const char *problem; /* why it failed, for the operator */
    void (*done)(void *context, struct str answer);
    void *context;
};

struct admin_command {
    const char *name;
    enum err (*run)(struct admin_job *job, struct core_tx *tx);
};

static struct str text_of(const struct admin_job *job, const char *key)
{
    struct str text;
    return json_text(json_get(job->request, key), &text) ? text : STR_NONE;
}

static int64_t number_of(const struct admin_job *job, const char *key, int64_t fallback)
{
    const struct json *value = json_get(job->request, key);
    int64_t number;
    if (value == NULL)
        return fallback;
    return json_i64(value, &number) ? number : INT64_MIN; /* out of everybody's bounds */
}

static enum err problem(struct admin_job *job, enum err err, const char *text)
{
    job->problem = text;
    return err;
}

static enum err user_add(struct admin_job *job, struct core_tx *tx)
{
    struct account_draft draft = {
        .email = text_of(job, "email"),
        .uname = text_of(job, "uname"),
        .password_hash = text_of(job, "hash"),
    };
    struct user user;
    if (!email_valid(draft.email))
        return problem(job, ERR_ARG, "the email address is not valid");
    if (!name_acceptable(draft.uname, 64))
        return problem(job, ERR_ARG, "the name is longer than 64 characters or has control characters");
    if (draft.password_hash.size == 0)
        return problem(job, ERR_ARG, "there is no password");
    enum err err = account_register(tx, &draft, &job->arena, &user);
    if (err == ERR_EXISTS)
        return problem(job, err, "the email address is taken");
    if (err != OK)
        return err;
    jsonw_open(&job->rows, '[');
    jsonw_i64(&job->rows, user.id);
    jsonw_close(&job->rows, ']');
    return OK;
}

static enum err user_passwd(struct admin_job *job, struct core_tx *tx)
{
    struct user user;
    struct str hash = text_of(job, "hash");
    if (hash.size == 0)
        return problem(job, ERR_ARG, "there is no password");
    enum err err = user_by_email(tx->db, &job->arena, text_of(job, "email"), &user);
    if (err == ERR_NOT_FOUND)
        return problem(job, err, "there is no such user");
    return err == OK ? account_password(tx, user.id, hash) : err;
}

static enum err user_rows(struct admin_job *job, struct core_tx *tx)
{
    struct user_list users = { 0 };
    enum err err = user_page(tx->db, &job->arena, number_of(job, "after", 0), ADMIN_ROWS_MAX, &users);
    for (size_t i = 0; err == OK && i < users.count; i++) {
        const struct user *user = &users.rows[i];
        jsonw_open(&job->rows, '[');
        jsonw_i64(&job->rows, user->id);
        jsonw_str(&job->rows, user->email);
        jsonw_str(&job->rows, user->uname.ptr == NULL ? STR("") : user->uname);
        jsonw_close(&job->rows, ']');
    }
    return err;
}

static enum err group_make(struct admin_job *job, struct core_tx *tx)
{
    struct user owner;
    struct group group;
    enum err err = user_by_email(tx->db, &job->arena, text_of(job, "owner"), &owner);
    if (err == ERR_NOT_FOUND)
        return problem(job, err, "the owner is no user");
    if (err != OK)
        return err;
    struct group_draft draft = {
        .name = text_of(job, "name"),
        .icon = text_of(job, "icon"),
        .memo = text_of(job, "memo"),
        .owner = owner.id,
        .owner_email = owner.email,
    };
    if (group_draft_check(&draft) != OK)
        return problem(job, ERR_ARG, "the name (1 to 64 characters), icon or memo is not acceptable");
    err = group_create(tx, &draft, &job->arena, &group);
    if (err != OK)
        return err;
    jsonw_open(&job->rows, '[');
    jsonw_i64(&job->rows, group.id);
    jsonw_close(&job->rows, ']');
    return OK;
}

static enum err group_rows(struct admin_job *job, struct core_tx *tx)
{
    struct group_list groups = { 0 };
    enum err err = group_page(tx->db, &job->arena, number_of(job, "after", 0), ADMIN_ROWS_MAX, &groups);
    for (size_t i = 0; err == OK && i < groups.count; i++) {
        const struct group *group = &groups.rows[i];
        jsonw_open(&job->rows, '[');
        jsonw_i64(&job->rows, group->id);
        jsonw_str(&job->rows, group->name);
        jsonw_str(&job->rows, group->owner_email);
        jsonw_close(&job->rows, ']');
    }
    return err;
}

static enum err invite_make(struct admin_job *job, struct core_tx *tx)
{
    static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"; /* none that look alike */
    char code[16];
    int64_t uses = number_of(job, "uses", 1);
    int64_t days = number_of(job, "days", 7);
    if (uses < 1 || uses > 1000000 || days < 0 || days > 36500)
        return problem(job, ERR_ARG, "uses must be 1 to 1000000, days 0 (for ever) to 36500");
    for (size_t i = 0; i < sizeof(code); i++)
        code[i] = letters[random_below(sizeof(letters) - 1)];
    struct str text = { code, sizeof(code) };
    int64_t expires_ms = days == 0 ? 0 : tx->now_ms + days * 24 * 60 * 60 * 1000;
    enum err err = invite_insert(tx->db, text, uses, expires_ms);
    if (err != OK)
        return err;
    jsonw_open(&job->rows, '[');
    jsonw_str(&job->rows, text);
    jsonw_close(&job->rows, ']');
    return OK;
}

static enum err invite_rows(struct admin_job *job, struct core_tx *tx)
{
    struct invite_list invites = { 0 };
    enum err err = invite_list(tx->db, &job->arena, &invites);
    for (size_t i = 0; err == OK && i < invites.count; i++) {
        const struct invite *invite = &invites.rows[i];
        if (invite->expires_ms != 0 && invite->expires_ms <= tx->now_ms)
            continue;
        jsonw_open(&job->rows, '[');
        jsonw_str(&job->rows, invite->code);
        jsonw_i64(&job->rows, invite->uses_left);
        jsonw_i64(&job->rows, invite->expires_ms);
        jsonw_close(&job->rows, ']');
    }
    return err;
}

static enum err pack_rows(struct admin_job *job, struct core_tx *tx)
{
    struct sticker_pack_list packs = { 0 };
    enum err err = pack_page(tx->db, &job->arena, number_of(job, "after", 0), ADMIN_ROWS_MAX, &packs);
    for (size_t i = 0; err == OK && i < packs.count; i++) {
        const struct sticker_pack *pack = &packs.rows[i];
        jsonw_open(&job->rows, '[');
        jsonw_i64(&job->rows, pack->id);
        jsonw_str(&job->rows, pack->name);
        jsonw_str(&job->rows, pack->owner == 0 ? STR("") : pack->owner_email);
        jsonw_str(&job->rows, pack->shared ? STR("shared") : STR("private"));
        jsonw_i64(&job->rows, pack->count);
        jsonw_close(&job->rows, ']');
    }
    return err;
}

static enum err pack_ended(struct admin_job *job, enum err err)
{
    return err == ERR_NOT_FOUND ? problem(job, err, "there is no such sticker pack") : err;
}

static enum err pack_shared(struct admin_job *job, struct core_tx *tx)
{
    return pack_ended(job, pack_share(tx, number_of(job, "pack", 0), true));
}

static enum err pack_unshared(struct admin_job *job, struct core_tx *tx)
{
    return pack_ended(job, pack_share(tx, number_of(job, "pack", 0), false));
}

static enum err pack_adopted(struct admin_job *job, struct core_tx *tx)
{
    return pack_ended(job, pack_adopt(tx, number_of(job, "pack", 0)));
}

static enum err pack_removed(struct admin_job *job, struct core_tx *tx)
{
    return pack_ended(job, pack_discard(tx, number_of(job, "pack", 0)));
}

static enum err search_anew(struct admin_job *job, struct core_tx *tx)
{
    (void)job;
    return search_rebuild(tx->db);
}

static const struct admin_command commands[] = {
    { "user.add", user_add },           { "user.passwd", user_passwd },       { "user.list", user_rows },
    { "group.create", group_make },     { "group.list", group_rows },         { "invite.create", invite_make },
    { "invite.list", invite_rows },     { "search.rebuild", search_anew },    { "sticker.list", pack_rows },
    { "sticker.share", pack_shared },   { "sticker.unshare", pack_unshared }, { "sticker.adopt", pack_adopted },
    { "sticker.remove", pack_removed },
};

static enum err admin_run(struct core_job *core_job, struct core_tx *tx)
{
    struct admin_job *job = (struct admin_job *)core_job;
    buf_clear(&job->rows); /* Of a batch that was lost and runs again. */
    job->problem = NULL;
    return job->command->run(job, tx);
}

static void admin_finished(struct core_job *core_job)
{
    struct admin_job *job = (struct admin_job *)core_job;
    enum err result = core_job->write.result;
    struct buf answer = { 0 };
    jsonw_open(&answer, '{');
    jsonw_put_i64(&answer, "code", result == OK ? 0 : 1);
    if (result != OK) {
        jsonw_put_str(&answer, "msg", str_from(job->problem != NULL ? job->problem : err_text(result)));
    } else {
        jsonw_key(&answer, "rows");
        jsonw_open(&answer, '[');
        buf_append_str(&answer, buf_str(&job->rows));
        jsonw_close(&answer, ']');
    }
    jsonw_close(&answer, '}');
    job->done(job->context, buf_str(&answer));
    buf_release(&answer);
    buf_release(&job->rows);
    arena_release(&job->arena);
    free(job);
}

static const struct admin_command *command_find(struct str name)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (str_equal(name, str_from(commands[i].name)))
            return &commands[i];
    return NULL;
}

enum err admin_request(struct core *core, struct loop *loop, struct json_parser *parser, struct str request,
                       void (*done)(void *context, struct str answer), void *context)
{
    struct admin_job *job = mem_zalloc(sizeof(*job));
    struct json *json = NULL;
    enum err err = json_parse(parser, &job->arena, request, &json);
    if (err != OK) /* Nested too deeply, too: asking again does not help. */
        err = ERR_PARSE;
    job->request = json;
    if (err == OK)
        job->command = command_find(text_of(job, "do"));
    if (err == OK && job->command == NULL)
        err = ERR_PARSE;
    if (err == OK) {
        job->done = done;
        job->context = context;
        job->job.loop = loop;
        job->job.run = admin_run;
        job->job.finished = admin_finished;
        err = core_submit(core, &job->job);
    }
    if (err != OK) {
        arena_release(&job->arena);
        free(job);
    }
    return err;
}
