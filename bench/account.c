/* account.c: registration, friendship and groups, all through v1's HTTP. */
#include "account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"

#define EMAIL_TAKEN 2002
#define FRIENDS_ALREADY 2004

struct registration {
    struct accounts *accounts;
    size_t *missing; /* job → account */
    bool *login;     /* job: the address is taken, log in instead */
};

static void registration_compose(struct batch *batch, size_t job, struct http_call *call)
{
    struct registration *work = batch->context;
    const struct account *account = &work->accounts->rows[work->missing[job]];
    snprintf(batch->body, sizeof batch->body, "{\"email\":\"%s\",\"password\":\"%s\",\"uname\":\"%.8s\"}",
             account->email, PASSWORD, account->email);
    call->method = "POST";
    call->target = work->login[job] ? "/user/login" : "/user/register";
    call->body = batch->body;
}

static enum verdict registration_judge(struct batch *batch, size_t job, const struct http_client *client)
{
    struct registration *work = batch->context;
    struct account *account = &work->accounts->rows[work->missing[job]];
    char key[STATE_KEY_MAX];
    if (!work->login[job] && answer_code(client) == EMAIL_TAKEN) {
        work->login[job] = true;
        return BATCH_AGAIN;
    }
    if (answer_code(client) != 0 || !json_find(client->body, "token", account->token, sizeof account->token))
        return BATCH_REFUSED;
    state_key_token(key, account->email);
    state_put(work->accounts->state, key, account->token);
    return BATCH_DONE;
}

static void probe_compose(struct batch *batch, size_t job, struct http_call *call)
{
    const struct accounts *accounts = batch->context;
    (void)job;
    snprintf(batch->target, sizeof batch->target, "/user/user_info?email=%s", accounts->rows[0].email);
    call->method = "GET";
    call->target = batch->target;
    call->email = accounts->rows[0].email;
    call->token = accounts->rows[0].token;
}

static enum verdict probe_judge(struct batch *batch, size_t job, const struct http_client *client)
{
    struct accounts *accounts = batch->context;
    (void)job;
    if (client->status != 200 || answer_code(client) != 0)
        accounts->rows[0].token[0] = '\0';
    return BATCH_DONE;
}

/* The state file may be of another data directory: then all of it is wrong. */
static void state_probe(struct accounts *accounts)
{
    struct batch batch = { .what = "token", .count = 1, .concurrency = 1, .context = accounts };
    if (accounts->count == 0 || accounts->rows[0].token[0] == '\0')
        return;
    batch.compose = probe_compose;
    batch.judge = probe_judge;
    batch_run(&batch, accounts->loop);
    if (accounts->rows[0].token[0] != '\0')
        return;
    state_clear(accounts->state);
    for (size_t i = 0; i < accounts->count; i++)
        accounts->rows[i].token[0] = '\0';
}

static void accounts_register(struct accounts *accounts)
{
    struct registration work = { .accounts = accounts };
    struct batch batch = { .what = "account", .context = &work };
    work.missing = alloc(accounts->count * sizeof *work.missing);
    work.login = alloc(accounts->count * sizeof *work.login);
    for (size_t i = 0; i < accounts->count; i++) {
        if (accounts->rows[i].token[0] == '\0')
            work.missing[batch.count++] = i;
    }
    batch.concurrency = (size_t)accounts->options->register_concurrency;
    batch.compose = registration_compose;
    batch.judge = registration_judge;
    batch_run(&batch, accounts->loop);
    free(work.missing);
    free(work.login);
    if (batch.count > 0)
        state_save(accounts->state);
}

void accounts_prepare(struct accounts *accounts, const struct options *options, struct loop *loop, struct state *state,
                      const char *set, size_t count, enum naming naming)
{
    *accounts = (struct accounts){ .options = options, .loop = loop, .state = state, .set = set, .count = count };
    accounts->rows = alloc(count * sizeof *accounts->rows);
    for (size_t i = 0; i < count; i++) {
        struct account *account = &accounts->rows[i];
        char key[STATE_KEY_MAX];
        if (naming == NAMES_PAIRED)
            snprintf(account->email, sizeof account->email, "%.16s%s%zu%c@b.im", options->prefix, set, i / 2,
                     "ab"[i & 1]);
        else
            snprintf(account->email, sizeof account->email, "%.16s%s%zu@b.im", options->prefix, set, i);
        state_key_token(key, account->email);
        const char *token = options->floor != 0 ? "floor" : state_get(state, key);
        snprintf(account->token, sizeof account->token, "%s", token == NULL ? "" : token);
    }
    if (options->floor != 0)
        return;
    state_probe(accounts);
    accounts_register(accounts);
}

void accounts_release(struct accounts *accounts)
{
    free(accounts->rows);
    accounts->rows = NULL;
}

struct joining {
    struct accounts *accounts;
    size_t chats;      /* 0: pairs */
    const char *group; /* NULL: friends */
};

static void joining_compose(struct batch *batch, size_t job, struct http_call *call)
{
    const struct joining *work = batch->context;
    size_t half = work->chats / 2;
    size_t from = work->group != NULL ? job : half == 0 ? job * 2 : job / half;
    size_t to = half == 0 ? from + 1 : from + 1 + job % half;
    const struct account *owner = &work->accounts->rows[from];
    const char *other = work->group != NULL ? work->group : work->accounts->rows[to % work->accounts->count].email;
    snprintf(batch->body, sizeof batch->body, "{\"ownerEmail\":\"%s\",\"dstObj\":\"%s\",\"cate\":%d}", owner->email,
             other, work->group != NULL ? 2 : 1);
    call->method = "POST";
    call->target = "/contact/add_friend";
    call->email = owner->email;
    call->token = owner->token;
    call->body = batch->body;
}

static enum verdict joining_judge(struct batch *batch, size_t job, const struct http_client *client)
{
    (void)batch;
    (void)job;
    int64_t code = answer_code(client);
    return client->status == 200 && (code == 0 || code == FRIENDS_ALREADY) ? BATCH_DONE : BATCH_REFUSED;
}

/* Does it unless the state says that it was done. */
static void joining_run(struct joining *work, const char *what, size_t count)
{
    struct accounts *accounts = work->accounts;
    struct batch batch = { .what = what, .count = count, .context = work };
    char key[STATE_KEY_MAX];
    if (accounts->options->floor != 0)
        return;
    state_key_ties(key, what, accounts->options->prefix, accounts->set, accounts->count, work->chats, work->group);
    if (state_get(accounts->state, key) != NULL)
        return;
    batch.concurrency = (size_t)accounts->options->register_concurrency;
    batch.compose = joining_compose;
    batch.judge = joining_judge;
    batch_run(&batch, accounts->loop);
    state_put(accounts->state, key, "1");
    state_save(accounts->state);
}

void accounts_pair_up(struct accounts *accounts)
{
    struct joining work = { .accounts = accounts };
    joining_run(&work, "friends", accounts->count / 2);
}

void accounts_ring(struct accounts *accounts, size_t chats)
{
    struct joining work = { .accounts = accounts, .chats = chats };
    if (chats / 2 == 0)
        return;
    if (chats >= accounts->count)
        die("%zu chats each need more than %zu accounts", chats, accounts->count);
    joining_run(&work, "friends", accounts->count * (chats / 2));
}

static void group_compose(struct batch *batch, size_t job, struct http_call *call)
{
    const struct joining *work = batch->context;
    (void)job;
    snprintf(batch->body, sizeof batch->body, "{\"name\":\"bench\",\"icon\":\"\",\"memo\":\"\"}");
    call->method = "POST";
    call->target = "/community/create";
    call->email = work->accounts->rows[0].email;
    call->token = work->accounts->rows[0].token;
    call->body = batch->body;
}

static enum verdict group_judge(struct batch *batch, size_t job, const struct http_client *client)
{
    const struct joining *work = batch->context;
    char id[32], key[96];
    (void)job;
    if (answer_code(client) != 0 || !json_find(client->body, "id", id, sizeof id))
        return BATCH_REFUSED;
    snprintf(key, sizeof key, "group %s%s %zu", work->accounts->options->prefix, work->accounts->set,
             work->accounts->count);
    state_put(work->accounts->state, key, id);
    return BATCH_DONE;
}

void accounts_group(struct accounts *accounts, char id[32])
{
    const struct options *options = accounts->options;
    struct joining work = { .accounts = accounts };
    char key[96];
    snprintf(id, 32, "%s", options->floor != 0 ? "1" : options->group_id);
    snprintf(key, sizeof key, "group %s%s %zu", options->prefix, accounts->set, accounts->count);
    if (id[0] == '\0' && state_get(accounts->state, key) == NULL) {
        struct batch batch = { .what = "group", .count = 1, .concurrency = 1, .context = &work };
        batch.compose = group_compose;
        batch.judge = group_judge;
        batch_run(&batch, accounts->loop);
    }
    if (id[0] == '\0')
        snprintf(id, 32, "%s", state_get(accounts->state, key));
    work.group = id;
    joining_run(&work, "members", accounts->count);
}
