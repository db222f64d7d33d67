/* test_admin.c: operators' commands, asked of a running core. */
#include "core_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "api/admin.h"
#include "chat/account.h"
#include "util/buf.h"
#include "util/mem.h"

struct asked {
    struct node *node;
    struct json_parser *parser;
    struct arena arena;
    struct buf answer;
    unsigned calls;
    sem_t done;
};

static int asked_setup(void **state)
{
    struct asked *asked = mem_zalloc(sizeof(*asked));
    asked->node = node_new();
    node_start(asked->node, 16, 16);
    asked->parser = json_parser_new();
    sem_init(&asked->done, 0, 0);
    *state = asked;
    return 0;
}

static int asked_teardown(void **state)
{
    struct asked *asked = *state;
    node_free(&asked->node);
    json_parser_free(&asked->parser);
    arena_release(&asked->arena);
    buf_release(&asked->answer);
    sem_destroy(&asked->done);
    free(asked);
    return 0;
}

static void answered(void *context, struct str answer)
{
    struct asked *asked = context;
    buf_clear(&asked->answer);
    buf_append_str(&asked->answer, answer);
    asked->calls++;
    sem_post(&asked->done);
}

/* The whole answer as text. */
static struct str ask(struct asked *asked, const char *request)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    struct loop *loop = asked->calls % 2 == 0 ? asked->node->loops[1] : NULL; /* a server's, or the shell's own */
    assert_ok(admin_request(asked->node->core, loop, asked->parser, str_from(request), answered, asked));
    assert_int_equal(sem_timedwait(&asked->done, &until), 0);
    return buf_str(&asked->answer);
}

static void users_are_added_listed_and_refused(void **state)
{
    struct asked *asked = *state;
    assert_str("{\"code\":0,\"rows\":[]}", ask(asked, "{\"do\":\"user.list\"}"));
    assert_str("{\"code\":0,\"rows\":[[1]]}",
               ask(asked, "{\"do\":\"user.add\",\"email\":\"A@x.cc\",\"uname\":\"一号\",\"hash\":\"h\"}"));
    assert_str("{\"code\":0,\"rows\":[[2]]}", ask(asked, "{\"do\":\"user.add\",\"email\":\"b@x.cc\",\"hash\":\"h\"}"));
    assert_str("{\"code\":1,\"msg\":\"the email address is taken\"}",
               ask(asked, "{\"do\":\"user.add\",\"email\":\"a@X.cc\",\"hash\":\"h\"}"));
    assert_str("{\"code\":1,\"msg\":\"the email address is not valid\"}",
               ask(asked, "{\"do\":\"user.add\",\"email\":\"nobody\",\"hash\":\"h\"}"));
    assert_str("{\"code\":1,\"msg\":\"the email address is not valid\"}", ask(asked, "{\"do\":\"user.add\"}"));
    assert_str("{\"code\":1,\"msg\":\"there is no password\"}",
               ask(asked, "{\"do\":\"user.add\",\"email\":\"c@x.cc\"}"));
    assert_str("{\"code\":1,\"msg\":\"the name is longer than 64 characters or has control characters\"}",
               ask(asked, "{\"do\":\"user.add\",\"email\":\"c@x.cc\",\"hash\":\"h\",\"uname\":\"a\\nb\"}"));
    assert_str("{\"code\":0,\"rows\":[[1,\"A@x.cc\",\"一号\"],[2,\"b@x.cc\",\"\"]]}",
               ask(asked, "{\"do\":\"user.list\"}"));
    assert_str("{\"code\":0,\"rows\":[[2,\"b@x.cc\",\"\"]]}", ask(asked, "{\"do\":\"user.list\",\"after\":1}"));
    assert_str("{\"code\":0,\"rows\":[]}", ask(asked, "{\"do\":\"user.list\",\"after\":2}"));
}

static void lists_come_in_pages(void **state)
{
    struct asked *asked = *state;
    char request[128];
    size_t rows = 0;
    long long last = 0;
    for (unsigned i = 0; i < ADMIN_ROWS_MAX + 3; i++) {
        snprintf(request, sizeof(request), "{\"do\":\"user.add\",\"email\":\"u%u@x.cc\",\"hash\":\"h\"}", i);
        (void)ask(asked, request);
    }
    for (size_t page_rows = ADMIN_ROWS_MAX; page_rows == ADMIN_ROWS_MAX;) {
        struct json *json;
        snprintf(request, sizeof(request), "{\"do\":\"user.list\",\"after\":%lld}", last);
        assert_ok(json_parse(asked->parser, &asked->arena, ask(asked, request), &json));
        page_rows = 0;
        for (const struct json *row = json_get(json, "rows")->first; row != NULL; row = row->next) {
            int64_t id;
            assert_true(json_i64(row->first, &id));
            assert_true(id == last + 1);
            last = id;
            page_rows++;
        }
        rows += page_rows;
    }
    assert_int_equal(rows, ADMIN_ROWS_MAX + 3);
}

static void a_password_is_set_and_ends_the_users_sessions(void **state)
{
    struct asked *asked = *state;
    struct str hash;
    (void)ask(asked, "{\"do\":\"user.add\",\"email\":\"a@x.cc\",\"hash\":\"old\"}");
    assert_str("{\"code\":1,\"msg\":\"there is no such user\"}",
               ask(asked, "{\"do\":\"user.passwd\",\"email\":\"b@x.cc\",\"hash\":\"new\"}"));
    assert_str("{\"code\":1,\"msg\":\"there is no such user\"}",
               ask(asked, "{\"do\":\"user.passwd\",\"hash\":\"new\"}"));
    assert_str("{\"code\":1,\"msg\":\"there is no password\"}",
               ask(asked, "{\"do\":\"user.passwd\",\"email\":\"a@x.cc\"}"));
    assert_str("{\"code\":0,\"rows\":[]}",
               ask(asked, "{\"do\":\"user.passwd\",\"email\":\"A@x.cc\",\"hash\":\"new\"}"));
    node_stop_loops(asked->node);
    assert_int_equal(asked->node->ears[0].count, 1);
    assert_int_equal(asked->node->ears[0].events[0].type, EVENT_USER_ENDED);
    assert_ok(user_password(asked->node->store->db, &asked->arena, 1, &hash));
    assert_str("new", hash);
}

static void groups_are_made_for_their_owner(void **state)
{
    struct asked *asked = *state;
    (void)ask(asked, "{\"do\":\"user.add\",\"email\":\"a@x.cc\",\"hash\":\"h\"}");
    assert_str("{\"code\":1,\"msg\":\"the owner is no user\"}",
               ask(asked, "{\"do\":\"group.create\",\"owner\":\"b@x.cc\",\"name\":\"g\"}"));
    assert_str("{\"code\":1,\"msg\":\"the name (1 to 64 characters), icon or memo is not acceptable\"}",
               ask(asked, "{\"do\":\"group.create\",\"owner\":\"a@x.cc\"}"));
    assert_str("{\"code\":0,\"rows\":[[1000]]}",
               ask(asked, "{\"do\":\"group.create\",\"owner\":\"a@x.cc\",\"name\":\"早茶 \\\"1\\\"\"}"));
    assert_str(
        "{\"code\":0,\"rows\":[[1001]]}",
        ask(asked, "{\"do\":\"group.create\",\"owner\":\"a@x.cc\",\"name\":\"2\",\"memo\":\"m\\nn\",\"icon\":\"/i\"}"));
    assert_str("{\"code\":0,\"rows\":[[1000,\"早茶 \\\"1\\\"\",\"a@x.cc\"],[1001,\"2\",\"a@x.cc\"]]}",
               ask(asked, "{\"do\":\"group.list\"}"));
    assert_str("{\"code\":0,\"rows\":[[1001,\"2\",\"a@x.cc\"]]}", ask(asked, "{\"do\":\"group.list\",\"after\":1000}"));
}

static enum err register_run(struct task *task, struct core_tx *tx)
{
    struct user user;
    struct account_draft draft = { .email = STR("new@x.cc"),
                                   .password_hash = STR("h"),
                                   .invite = str_from(task->email) };
    return account_register(tx, &draft, tx->arena, &user);
}

static enum err registered_with(struct asked *asked, const char *code)
{
    struct task task;
    task_init(&task, asked->node, 0, register_run);
    task.email = code;
    task_submit(&task);
    return task_wait(&task);
}

static void an_invitation_that_was_made_lets_somebody_in(void **state)
{
    struct asked *asked = *state;
    struct json *json;
    struct str code;
    char text[32] = { 0 };
    assert_ok(json_parse(asked->parser, &asked->arena, ask(asked, "{\"do\":\"invite.create\"}"), &json));
    assert_true(json_text(json_get(json, "rows")->first->first, &code));
    assert_int_equal(code.size, 16);
    memcpy(text, code.ptr, code.size);
    for (size_t i = 0; i < 16; i++)
        assert_non_null(strchr("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", text[i]));
    assert_ok(json_parse(asked->parser, &asked->arena, ask(asked, "{\"do\":\"invite.list\"}"), &json));
    assert_int_equal(json_get(json, "rows")->count, 1);
    assert_err(ERR_DENIED, registered_with(asked, "AAAAAAAAAAAAAAAA"));
    assert_ok(registered_with(asked, text));
    assert_str("{\"code\":0,\"rows\":[]}", ask(asked, "{\"do\":\"invite.list\"}")); /* one use by default */
    assert_err(ERR_DENIED, registered_with(asked, text));
}

static void an_invitations_numbers_have_their_bounds(void **state)
{
    struct asked *asked = *state;
    static const char *const refused[] = { "\"uses\":0",       "\"uses\":\"abc\"", "\"days\":1.5",  "\"uses\":-1",
                                           "\"uses\":1000001", "\"days\":-1",      "\"days\":36501" };
    static const char *const taken[] = { "\"uses\":1000000", "\"days\":0", "\"days\":36500", "\"uses\":\"3\"" };
    char request[128];
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        snprintf(request, sizeof(request), "{\"do\":\"invite.create\",%s}", refused[i]);
        assert_str("{\"code\":1,\"msg\":\"uses must be 1 to 1000000, days 0 (for ever) to 36500\"}",
                   ask(asked, request));
    }
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        snprintf(request, sizeof(request), "{\"do\":\"invite.create\",%s}", taken[i]);
        assert_memory_equal(ask(asked, request).ptr, "{\"code\":0,", 10);
    }
}

static void a_failed_command_changes_nothing(void **state)
{
    struct asked *asked = *state;
    (void)ask(asked, "{\"do\":\"user.add\",\"email\":\"a@x.cc\",\"hash\":\"h\"}");
    (void)ask(asked, "{\"do\":\"user.add\",\"email\":\"a@x.cc\",\"hash\":\"other\"}");
    (void)ask(asked, "{\"do\":\"group.create\",\"owner\":\"a@x.cc\",\"name\":\"a\\u0000b\"}");
    assert_str("{\"code\":0,\"rows\":[]}", ask(asked, "{\"do\":\"group.list\"}"));
    node_stop_loops(asked->node);
    assert_int_equal(store_number(asked->node->store, "SELECT COUNT(*) FROM user"), 1);
    assert_int_equal(asked->node->ears[0].count, 0);
}

static void what_is_no_request_is_not_answered(void **state)
{
    struct asked *asked = *state;
    char deep[200];
    memset(deep, '[', sizeof(deep) - 1);
    deep[sizeof(deep) - 1] = '\0';
    const char *const refused[] = {
        "",
        "x",
        "[]",
        "1",
        "\"user.list\"",
        "null",
        "{}",
        "{\"do\":null}",
        "{\"do\":1}",
        "{\"do\":\"\"}",
        "{\"do\":\"user\"}",
        "{\"do\":\"User.list\"}",
        "{\"do\":\"user.list \"}",
        "{\"do\":[\"user.list\"]}",
        "{\"do\":\"user.list\"",
        "{\"do\":\"user.list\"}}",
        "{\"do\":\"user.list\\u0000\"}",
        deep,
    };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_err(ERR_PARSE,
                   admin_request(asked->node->core, NULL, asked->parser, str_from(refused[i]), answered, asked));
    node_stop_core(asked->node);
    assert_err(ERR_CLOSED,
               admin_request(asked->node->core, NULL, asked->parser, STR("{\"do\":\"user.list\"}"), answered, asked));
    assert_int_equal(asked->calls, 0);
}

#define asked_test(function) cmocka_unit_test_setup_teardown(function, asked_setup, asked_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        asked_test(users_are_added_listed_and_refused),
        asked_test(lists_come_in_pages),
        asked_test(a_password_is_set_and_ends_the_users_sessions),
        asked_test(groups_are_made_for_their_owner),
        asked_test(an_invitation_that_was_made_lets_somebody_in),
        asked_test(an_invitations_numbers_have_their_bounds),
        asked_test(a_failed_command_changes_nothing),
        asked_test(what_is_no_request_is_not_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
