/* test_routes.c: the table of routes. */
#include "unit.h"

#include "api/routes.h"

/* PROTOCOL.md's tables: what a caller may count on. */
static const struct {
    enum http_method method;
    const char *path;
    bool open;
    const char *allow;
} protocol[] = {
    { HTTP_POST, "/user/login", true, "POST, OPTIONS" },
    { HTTP_POST, "/user/register", true, "POST, OPTIONS" },
    { HTTP_GET, "/user/search_friend", false, "GET, HEAD, OPTIONS" },
    { HTTP_PUT, "/user/edit_user", false, "PUT, OPTIONS" },
    { HTTP_GET, "/user/user_info", false, "GET, HEAD, OPTIONS" },
    { HTTP_POST, "/user/delete", false, "POST, OPTIONS" },
    { HTTP_POST, "/contact/add_friend", false, "POST, OPTIONS" },
    { HTTP_GET, "/contact/friend_list", false, "GET, HEAD, OPTIONS" },
    { HTTP_POST, "/user/password", false, "POST, OPTIONS" },
    { HTTP_POST, "/user/kick_device", false, "POST, OPTIONS" },
    { HTTP_GET, "/user/devices", false, "GET, HEAD, OPTIONS" },
    { HTTP_POST, "/contact/request", false, "POST, OPTIONS" },
    { HTTP_POST, "/contact/respond", false, "POST, OPTIONS" },
    { HTTP_POST, "/contact/remove", false, "POST, OPTIONS" },
    { HTTP_POST, "/contact/block", false, "POST, OPTIONS" },
    { HTTP_POST, "/contact/unblock", false, "POST, OPTIONS" },
    { HTTP_PUT, "/contact/remark", false, "PUT, OPTIONS" },
    { HTTP_GET, "/contact/requests", false, "GET, HEAD, OPTIONS" },
    { HTTP_GET, "/contact/blocked", false, "GET, HEAD, OPTIONS" },
    { HTTP_GET, "/msg/friend_msg_list", false, "GET, HEAD, OPTIONS" },
    { HTTP_GET, "/msg/community_msg_list", false, "GET, HEAD, OPTIONS" },
    { HTTP_GET, "/community/search_community", false, "GET, HEAD, OPTIONS" },
    { HTTP_GET, "/community/community_list", false, "GET, HEAD, OPTIONS" },
    { HTTP_POST, "/community/create", false, "POST, OPTIONS" },
    { HTTP_GET, "/chat", false, "GET, HEAD, OPTIONS" },
    { HTTP_GET, "/healthz", true, "GET, HEAD, OPTIONS" },
    { HTTP_GET, "/readyz", true, "GET, HEAD, OPTIONS" },
    { HTTP_GET, "/metrics", true, "GET, HEAD, OPTIONS" },
};
#define PROTOCOL_ROUTES (sizeof(protocol) / sizeof(protocol[0]))

static void every_call_of_the_protocol_has_its_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROTOCOL_ROUTES; i++) {
        struct route_match match;
        routes_match(protocol[i].method, str_from(protocol[i].path), &match);
        assert_true(match.known);
        assert_non_null(match.route);
        assert_string_equal(match.route->path, protocol[i].path);
        assert_int_equal(match.route->method, protocol[i].method);
        assert_true((match.route->run != NULL) != (match.route->action != NULL));
        assert_int_equal(match.open, protocol[i].open);
        assert_string_equal(match.allow, protocol[i].allow);
        assert_int_equal((match.route->flags & ROUTE_JSON) != 0, protocol[i].method != HTTP_GET);
    }
}

static void a_path_with_another_method_is_known_but_has_no_row(void **state)
{
    (void)state;
    static const enum http_method methods[] = { HTTP_GET,    HTTP_HEAD,    HTTP_POST,  HTTP_PUT,
                                                HTTP_DELETE, HTTP_OPTIONS, HTTP_PATCH, HTTP_OTHER };
    for (size_t i = 0; i < PROTOCOL_ROUTES; i++)
        for (size_t j = 0; j < sizeof(methods) / sizeof(methods[0]); j++) {
            struct route_match match;
            bool fits = methods[j] == protocol[i].method || (methods[j] == HTTP_HEAD && protocol[i].method == HTTP_GET);
            routes_match(methods[j], str_from(protocol[i].path), &match);
            assert_true(match.known);
            assert_int_equal(match.open, protocol[i].open);
            assert_int_equal(match.route != NULL, fits);
            assert_string_equal(match.allow, protocol[i].allow);
        }
}

static void other_paths_are_not_known(void **state)
{
    (void)state;
    static const char *const others[] = {
        "",
        "/",
        "/user",
        "/user/",
        "/user/login/",
        "/user/login/x",
        "/User/login",
        "/user//login",
        "user/login",
        "/user/login ",
        "/user/login?x",
        "/user/lo",
        "/user/%6cogin",
        "/../user/login",
        "*",
        "/healthz\n",
        "/admin",
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct route_match match = { .known = true, .open = true };
        routes_match(HTTP_GET, str_from(others[i]), &match);
        assert_false(match.known);
        assert_false(match.open);
        assert_null(match.route);
        assert_string_equal(match.allow, "");
    }
    struct route_match match;
    routes_match(HTTP_POST, STR("/user/login\0"), &match);
    assert_false(match.known);
}

static void no_row_stands_twice_and_only_these_are_open(void **state)
{
    (void)state;
    static const struct route_list *const lists[] = { &routes_user, &routes_account,   &routes_contact, &routes_conv,
                                                      &routes_msg,  &routes_community, &routes_system };
    size_t total = 0;
    size_t open = 0;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        for (size_t j = 0; j < lists[i]->count; j++) {
            struct route_match match;
            const struct route *row = &lists[i]->rows[j];
            routes_match(row->method, str_from(row->path), &match);
            assert_ptr_equal(match.route, row);
            total++;
            open += (row->flags & ROUTE_OPEN) != 0;
        }
    assert_true(total >= PROTOCOL_ROUTES);
    /* Login, register, healthz, readyz, metrics: whoever opens another one says so here. */
    assert_int_equal(open, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_of_the_protocol_has_its_row),
        cmocka_unit_test(a_path_with_another_method_is_known_but_has_no_row),
        cmocka_unit_test(other_paths_are_not_known),
        cmocka_unit_test(no_row_stands_twice_and_only_these_are_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
