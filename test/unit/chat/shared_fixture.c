/* shared_fixture.c: two nodes over one store. */
#include "shared_fixture.h"

#include "chat/contact.h"
#include "chat/presence.h"

#include <unistd.h>

static struct pair pair_make(int64_t lease_ms, bool carries)
{
    struct pair pair = { .first = node_new_shared() };
    pair.a = user_make(pair.first->store, A);
    pair.b = user_make(pair.first->store, B);
    pair.second = node_beside(pair.first);
    pair.first->lease_ms = lease_ms;
    pair.second->lease_ms = lease_ms;
    pair.first->carries = carries;
    pair.second->carries = carries;
    node_start(pair.first, 1000, 16);
    node_start(pair.second, 1000, 16);
    core_settle(pair.second->core, WAIT_MS);
    return pair;
}

struct pair pair_start(void)
{
    return pair_make(0, false);
}

struct pair pair_start_leased(int64_t lease_ms)
{
    return pair_make(lease_ms, false);
}

struct pair pair_asleep(bool carries)
{
    struct pair pair = pair_make(600000, carries);
    follow(pair.first, pair.second);
    follow(pair.second, pair.first);
    node_fall_asleep(pair.first);
    node_fall_asleep(pair.second);
    return pair;
}

void pair_free(struct pair *pair)
{
    node_free(&pair->second);
    node_free(&pair->first);
}

int64_t first_number(struct pair *pair, const char *text)
{
    struct db *keep = pair->first->store->db;
    int64_t number;
    struct store reader = *pair->first->store;
    assert_ok(db_open(&sql_sqlite, reader.path, SQL_READER, &reader.db));
    number = store_number(&reader, text);
    db_close(&reader.db);
    pair->first->store->db = keep;
    return number;
}

/* Until the node knows of what the other committed. */
void follow(struct node *node, struct node *other)
{
    for (int i = 0; core_published(node->core) < core_published(other->core); i++) {
        assert_true(i < WAIT_MS);
        core_follow(node->core);
        usleep(1000);
    }
}

static size_t heard_count(struct ear *ear, enum event_type type, int64_t actor, bool online)
{
    size_t count = 0;
    for (size_t i = 0; i < ear->count; i++)
        count += ear->events[i].type == type && (actor == 0 || ear->events[i].actor == actor) &&
                 (type != EVENT_PRESENCE || ear->events[i].online == online);
    return count;
}

struct counting {
    struct ear *ear;
    enum event_type type;
    int64_t actor;
    bool online;
    size_t count;
};

static void count_on_loop(void *argument)
{
    struct counting *counting = argument;
    counting->count = heard_count(counting->ear, counting->type, counting->actor, counting->online);
}

size_t heard(struct node *node, enum event_type type, int64_t actor, bool online)
{
    struct counting counting = { &node->ears[0], type, actor, online, 0 };
    node_call(node, 0, count_on_loop, &counting);
    return counting.count;
}

void await_heard(struct node *node, enum event_type type, int64_t actor, bool online, size_t count)
{
    for (int i = 0; heard(node, type, actor, online) < count; i++) {
        assert_true(i < WAIT_MS / 5);
        core_follow(node->core);
        usleep(5000);
    }
    assert_int_equal(heard(node, type, actor, online), count);
}

void await_messages(struct node *node, size_t count)
{
    for (int i = 0; heard(node, EVENT_MESSAGE, 0, false) < count; i++) {
        assert_true(i < WAIT_MS);
        usleep(1000);
    }
    assert_int_equal(heard(node, EVENT_MESSAGE, 0, false), count);
}

enum err send_text(struct node *node, int64_t user, const char *from, const char *to, const char *text)
{
    struct task task;
    task_init(&task, node, 0, task_send);
    task.draft = draft_direct(user, from, to, text);
    task_submit(&task);
    return task_wait(&task);
}

/* As one that is restored from a copy, or was set to lose what it acknowledged. */
void store_forgets(struct pair *pair, const char *text)
{
    struct db *db;
    assert_ok(db_open(&sql_sqlite, pair->first->store->path, SQL_WRITER, &db));
    assert_ok(db_sql(db)->v->run(db_sql(db), text));
    db_close(&db);
}

enum err befriend_run(struct task *task, struct core_tx *tx)
{
    struct actor actor = { task->user, str_from(A) };
    struct contact_asked asked;
    return contact_ask(tx, &actor, str_from(B), STR_NONE, &asked);
}

static enum err presence_run(struct task *task, struct core_tx *tx)
{
    return presence_changed(tx, task->user, str_from(A));
}

void here(struct node *node, int64_t user, bool opened)
{
    struct task task;
    if (opened)
        node->router->v->session_opened(node->router, user);
    else
        node->router->v->session_closed(node->router, user);
    task_init(&task, node, 0, presence_run);
    task.user = user;
    task_submit(&task);
    assert_ok(task_wait(&task));
}
