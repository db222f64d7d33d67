/* search.c: the index offers, the store decides.
 * Every candidate is read from the store in the call's snapshot, and shown
 * only if the caller may read it there and its content has what was asked
 * for: what is recalled is gone at once, whatever the index knows. A call does
 * a bounded part of a search and says where to go on. */
#include "action/search.h"

#include "action/page.h"
#include "chat/policy.h"
#include "os/clock.h"
#include "search/link.h"
#include "search/search.h"
#include "store/personal.h"
#include "store/user.h"
#include "util/jsonw.h"

#define SEARCH_LIMIT 20
#define SEARCH_LIMIT_MAX 100
#define SEARCH_CANDIDATES_MAX 2000 /* looked at in one call */
#define SEARCH_BUDGET_US 25000     /* after that much time a call says where to go on */
#define SCRATCH_BYTES_MAX ((size_t)256 * 1024)

/* A chat of the caller, as far as it was needed. */
struct access {
    int64_t oldest; /* the oldest seq he may read; 0: not looked up yet */
};

struct searching {
    struct action_call *call;
    const struct action_env *env;
    struct search_filter filter;
    struct terms terms;
    struct map chats; /* of the caller (or the one asked for): chat → struct access */
    size_t limit;
    bool nobody; /* the sender asked for is no user */
    struct arena scratch;
    struct buf folded;
    struct message_list found;
    int64_t cursor; /* where the next call goes on; 0: it is complete */
};

/* ---- arguments ---- */

static void chat_allow(struct searching *searching, int64_t chat)
{
    map_put(&searching->chats, (uint64_t)chat, arena_zalloc(searching->call->arena, sizeof(struct access)));
}

/* Permission comes first: one chat that may be read, or all that the caller is in. */
static enum err chats_take(struct searching *searching)
{
    struct action_call *call = searching->call;
    struct db *db = searching->env->db;
    struct member_chat_list own;
    struct chat_ref ref;
    enum chat_kind kind;
    struct str dst;
    if (json_get(call->args, "chat") != NULL || json_get(call->args, "dstObj") != NULL) {
        if (!arg_chat(call, &kind, &dst))
            return ERR_ARG;
        enum err err = policy_open(db, call->arena, call->actor.id, kind, dst, &ref);
        if (err != OK)
            return err;
        searching->filter.chat = ref.chat;
        chat_allow(searching, ref.chat);
        return OK;
    }
    enum err err = member_ids(db, call->arena, call->actor.id, &own);
    for (size_t i = 0; err == OK && i < own.count; i++)
        chat_allow(searching, own.rows[i].chat);
    searching->filter.chats = &searching->chats;
    return err;
}

static bool numbers_take(struct searching *searching)
{
    struct action_call *call = searching->call;
    struct search_filter *filter = &searching->filter;
    filter->type = -1;
    filter->end_ms = INT64_MAX;
    filter->below = INT64_MAX;
    bool typed = json_get(call->args, "msgType") != NULL;
    return arg_i64(call, "msgType", &filter->type) && (!typed || filter->type >= 0) &&
           arg_i64(call, "begin", &filter->begin_ms) && filter->begin_ms >= 0 &&
           arg_i64(call, "end", &filter->end_ms) && filter->end_ms >= 0 && arg_i64(call, "cursor", &filter->below) &&
           filter->below >= 1 && arg_limit(call, SEARCH_LIMIT, SEARCH_LIMIT_MAX, &searching->limit);
}

static enum err sender_take(struct searching *searching)
{
    struct action_call *call = searching->call;
    struct str email = arg_text(call, "sender");
    if (json_get(call->args, "sender") == NULL)
        return OK;
    if (email.size == 0)
        return ERR_ARG;
    enum err err = user_id_by_email(searching->env->db, call->arena, email, &searching->filter.sender);
    searching->nobody = err == ERR_NOT_FOUND;
    return searching->nobody ? OK : err;
}

/* Links may be looked for whatever stands beside them; otherwise there are words. */
static enum err words_take(struct searching *searching)
{
    struct action_call *call = searching->call;
    struct str query = arg_text(call, "q");
    if (json_get(call->args, "q") == NULL && searching->filter.links)
        return OK;
    return query.ptr == NULL ? ERR_ARG : terms_parse(call->arena, query, &searching->terms);
}

static enum err arguments_take(struct searching *searching)
{
    enum err err = chats_take(searching);
    if (err == OK && !(numbers_take(searching) && arg_bool(searching->call, "link", &searching->filter.links)))
        err = ERR_ARG;
    if (err == OK)
        err = words_take(searching);
    if (err == OK)
        err = sender_take(searching);
    searching->filter.terms = &searching->terms;
    return err;
}

/* ---- candidates ---- */

static enum err oldest_of(struct searching *searching, int64_t chat, struct access *access, int64_t *oldest)
{
    enum err err = OK;
    if (access->oldest == 0)
        err = policy_oldest(searching->env->db, searching->call->actor.id, chat, searching->env->conf->whole_history,
                            &access->oldest);
    *oldest = access->oldest;
    return err;
}

static bool asked_for(struct searching *searching, const struct message *message)
{
    const struct search_filter *filter = &searching->filter;
    return message->state == MESSAGE_THERE && message->type != MESSAGE_TYPE_NOTICE &&
           (filter->sender == 0 || message->sender == filter->sender) &&
           (filter->type < 0 || message->type == filter->type) && message->created_ms >= filter->begin_ms &&
           message->created_ms < filter->end_ms && (!filter->links || link_shown(message->type, message->content)) &&
           terms_match(&searching->terms, message->content, &searching->folded);
}

static enum err readable(struct searching *searching, const struct message *message, bool *is)
{
    struct access *access = map_get(&searching->chats, (uint64_t)message->chat);
    int64_t oldest = 0;
    bool hidden = false;
    *is = false;
    if (access == NULL)
        return OK;
    enum err err = oldest_of(searching, message->chat, access, &oldest);
    if (err == OK && message->seq >= oldest) {
        err = hidden_exists(searching->env->db, searching->call->actor.id, message->chat, message->seq, &hidden);
        *is = !hidden;
    }
    return err;
}

/* Read into memory that is given back, and again for good once it is wanted. */
static enum err candidate_take(struct searching *searching, int64_t id)
{
    struct db *db = searching->env->db;
    struct message message;
    bool is = false;
    enum err err = message_by_id(db, &searching->scratch, id, &message);
    if (err == OK && asked_for(searching, &message))
        err = readable(searching, &message, &is);
    if (err == OK && is)
        err = message_by_id(db, searching->call->arena, id, &searching->found.rows[searching->found.count]);
    if (err == OK && is)
        searching->found.count++;
    if (searching->scratch.used_bytes > SCRATCH_BYTES_MAX)
        arena_release(&searching->scratch);
    return err == ERR_NOT_FOUND ? OK : err; /* newer than the snapshot */
}

static enum err candidates_take(struct searching *searching, struct search_run *run)
{
    size_t bytes_max = page_bytes_max(searching->env);
    enum search_step step = SEARCH_HIT;
    int64_t id = 0;
    size_t bytes = 0;
    for (size_t looked_at = 1;; looked_at++) {
        enum err err = search_next(run, &step, &id);
        if (err != OK || step == SEARCH_END)
            return err;
        if (step == SEARCH_HIT) {
            size_t before = searching->found.count;
            err = candidate_take(searching, id);
            if (err != OK)
                return err;
            if (searching->found.count > before)
                bytes += searching->found.rows[before].content.size;
        }
        bool over = looked_at % 64 == 0 && clock_mono_us() >= searching->filter.deadline_us;
        if (step == SEARCH_PAUSED || searching->found.count == searching->limit || bytes >= bytes_max ||
            looked_at == SEARCH_CANDIDATES_MAX || over) {
            searching->cursor = id;
            return OK;
        }
    }
}

static enum err search_all(struct searching *searching, int64_t *reached)
{
    struct search_run *run = NULL;
    struct action_call *call = searching->call;
    searching->found.rows = arena_alloc(call->arena, searching->limit * sizeof(*searching->found.rows));
    searching->filter.deadline_us = clock_mono_us() + SEARCH_BUDGET_US;
    enum err err = search_begin(searching->env->search, call->arena, &searching->filter, &run);
    if (err != OK)
        return err;
    *reached = search_reached(run);
    if (!searching->nobody)
        err = candidates_take(searching, run);
    search_end(&run);
    return err;
}

/* ---- the answer ---- */

static void answer_write(struct searching *searching, int64_t reached)
{
    struct buf *out = &searching->call->data;
    struct message_list *found = &searching->found;
    jsonw_open(out, '{');
    jsonw_key(out, "msgs");
    if (page_append(out, found, false, page_bytes_max(searching->env)))
        searching->cursor = found->rows[found->count - 1].id;
    if (searching->cursor != 0) {
        struct str cursor = arena_format(searching->call->arena, "%lld", (long long)searching->cursor);
        jsonw_put_str(out, "cursor", cursor);
    }
    jsonw_put_i64(out, "upTo", reached);
    jsonw_put_i64(out, "head", searching->filter.head);
    jsonw_close(out, '}');
}

static enum err search_read(struct action_call *call, const struct action_env *env)
{
    struct searching searching = { .call = call, .env = env };
    int64_t reached = 0;
    enum err err = arguments_take(&searching);
    if (err == OK)
        err = message_last_id(env->db, &searching.filter.head);
    if (err == OK)
        err = search_all(&searching, &reached);
    if (err == OK)
        err = history_names(env->db, call->arena, &searching.found);
    if (err == OK)
        err = history_reacts(env->db, call->arena, &searching.found);
    if (err == OK)
        answer_write(&searching, reached);
    map_release(&searching.chats);
    arena_release(&searching.scratch);
    buf_release(&searching.folded);
    return err;
}

const struct action action_search = { .name = "search",
                                      .flags = ACTION_LIMITED | ACTION_SEARCHES,
                                      .read = search_read };
