/* test_local.c: who is online on a server that stands alone. */
#include "unit.h"

#include <pthread.h>

#include "route/router.h"

static void a_user_is_online_from_the_first_session_to_the_last(void **state)
{
    (void)state;
    struct router *router = router_local_new();
    assert_false(router->v->online(router, 5));
    router->v->session_opened(router, 5);
    router->v->session_opened(router, 5);
    assert_true(router->v->online(router, 5));
    router->v->session_closed(router, 5);
    assert_true(router->v->online(router, 5));
    router->v->session_closed(router, 5);
    assert_false(router->v->online(router, 5));
    router->v->session_opened(router, 5);
    assert_true(router->v->online(router, 5));
    router_free(&router);
    assert_null(router);
    router_free(&router);
}

static void users_are_counted_not_sessions(void **state)
{
    (void)state;
    struct router *router = router_local_new();
    for (int64_t user = 1; user <= 1000; user++)
        for (int64_t i = 0; i < user % 3 + 1; i++)
            router->v->session_opened(router, user);
    assert_int_equal(router->v->online_count(router), 1000);
    for (int64_t user = 1; user <= 1000; user++)
        router->v->session_closed(router, user);
    assert_int_equal(router->v->online_count(router), 1000 - 333);
    assert_false(router->v->online(router, 3));
    assert_true(router->v->online(router, 4));
    router_free(&router);
}

static void *come_and_go(void *argument)
{
    struct router *router = argument;
    for (int64_t round = 0; round < 2000; round++) {
        int64_t user = round % 40 + 1;
        router->v->session_opened(router, user);
        if (!router->v->online(router, user))
            return (void *)1;
        router->v->session_closed(router, user);
        (void)router->v->online_count(router);
    }
    return NULL;
}

static void threads_come_and_go_without_losing_count(void **state)
{
    (void)state;
    struct router *router = router_local_new();
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, router), 0);
    for (size_t i = 0; i < 4; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    assert_int_equal(router->v->online_count(router), 0);
    router_free(&router);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_is_online_from_the_first_session_to_the_last),
        cmocka_unit_test(users_are_counted_not_sessions),
        cmocka_unit_test(threads_come_and_go_without_losing_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
