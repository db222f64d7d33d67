/* presence.c: who of some is here, and since when the others are not. */
#include "action/presence.h"

#include "chat/policy.h"
#include "route/router.h"
#include "store/user.h"
#include "util/jsonw.h"

#define PRESENCE_USERS_MAX ((size_t)100)

struct asked {
    struct str emails[PRESENCE_USERS_MAX];
    int64_t users[PRESENCE_USERS_MAX]; /* who is answered already */
    size_t count;
    size_t answered;
};

/* Addresses between commas. false: none, or too many. */
static bool emails_take(struct str text, struct asked *asked)
{
    while (text.size > 0) {
        const char *comma = memchr(text.ptr, ',', text.size);
        size_t size = comma == NULL ? text.size : (size_t)(comma - text.ptr);
        size_t used = size + (comma != NULL);
        if (asked->count == PRESENCE_USERS_MAX)
            return false;
        asked->emails[asked->count++] = (struct str){ text.ptr, size };
        text = (struct str){ text.ptr + used, text.size - used };
    }
    return asked->count > 0;
}

static bool is_answered(const struct asked *asked, int64_t user)
{
    for (size_t i = 0; i < asked->answered; i++)
        if (asked->users[i] == user)
            return true;
    return false;
}

static enum err user_append(struct action_call *call, const struct action_env *env, const struct user *user)
{
    bool shown;
    int64_t seen_ms = 0;
    enum err err = policy_presence(env->db, call->actor.id, user->id, &shown);
    if (err != OK)
        return err;
    bool online = shown && env->router->v->online(env->router, user->id);
    if (shown && !online)
        err = user_seen(env->db, user->id, &seen_ms);
    jsonw_open(&call->data, '{');
    jsonw_put_str(&call->data, "email", user->email);
    jsonw_put_i64(&call->data, "online", online ? 1 : 0);
    if (seen_ms > 0)
        jsonw_put_i64(&call->data, "seenAt", seen_ms);
    jsonw_close(&call->data, '}');
    return err;
}

/* Nobody, and nobody whom the caller may ask for, look the same: they are left out. */
static enum err email_answer(struct action_call *call, const struct action_env *env, struct asked *asked,
                             struct str email)
{
    struct user user;
    enum err err = user_by_email(env->db, call->arena, email, &user);
    if (err == OK && is_answered(asked, user.id))
        return OK;
    if (err == OK)
        err = user_append(call, env, &user);
    if (err == OK)
        asked->users[asked->answered++] = user.id;
    return err == ERR_NOT_FOUND || err == ERR_DENIED ? OK : err;
}

static enum err presence_read(struct action_call *call, const struct action_env *env)
{
    struct asked asked = { .count = 0 };
    enum err err = emails_take(arg_text(call, "users"), &asked) ? OK : ERR_ARG;
    if (err != OK)
        return err;
    jsonw_open(&call->data, '{');
    jsonw_key(&call->data, "users");
    jsonw_open(&call->data, '[');
    for (size_t i = 0; i < asked.count && err == OK; i++)
        err = email_answer(call, env, &asked, asked.emails[i]);
    jsonw_close(&call->data, ']');
    jsonw_close(&call->data, '}');
    return err;
}

const struct action action_presence = { .name = "presence", .read = presence_read };
