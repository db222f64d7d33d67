/* test_network.c: which lists are lists, and who is in them. */
#include "unit.h"

#include "util/network.h"

static bool in(const char *list, const char *address)
{
    return network_list_has(str_from(list), address);
}

static void addresses_are_in_the_networks_that_hold_them(void **state)
{
    (void)state;
    assert_true(in("127.0.0.0/8, ::1", "127.0.0.1"));
    assert_true(in("127.0.0.0/8, ::1", "::1"));
    assert_true(in("127.0.0.0/8,::1", "::ffff:127.3.2.1"));
    assert_false(in("127.0.0.0/8, ::1", "128.0.0.1"));
    assert_false(in("127.0.0.0/8, ::1", "::2"));
    assert_true(in("10.1.2.3", "10.1.2.3"));
    assert_false(in("10.1.2.3", "10.1.2.4"));
    assert_true(in("172.16.0.0/12", "172.31.255.255"));
    assert_false(in("172.16.0.0/12", "172.32.0.0"));
    assert_true(in("192.0.2.8/31", "192.0.2.9"));
    assert_false(in("192.0.2.8/31", "192.0.2.10"));
    assert_true(in("0.0.0.0/0", "203.0.113.1"));
    assert_false(in("0.0.0.0/0", "2001:db8::1"));
    assert_true(in("fd00::/8", "fdff::1"));
    assert_false(in("fd00::/8", "fe00::1"));
    assert_true(in("2001:db8::/33", "2001:db8:7fff::"));
    assert_false(in("2001:db8::/33", "2001:db8:8000::"));
    assert_true(in("::ffff:10.0.0.0/8", "10.9.9.9"));
}

static void nobody_is_in_nothing_and_no_address_in_anything(void **state)
{
    (void)state;
    assert_false(in("", "127.0.0.1"));
    assert_false(in("0.0.0.0/0", ""));
    assert_false(in("0.0.0.0/0", "unix"));
    assert_false(in("0.0.0.0/0", "127.0.0.1.1"));
}

static void lists_are_networks_with_commas_between(void **state)
{
    (void)state;
    static const char *const good[] = { "",           "  ",         "::1", "10.0.0.0/8", " 10.0.0.0/8 , ::/0 ",
                                        "10.0.0.0/0", "10.0.0.0/32" };
    static const char *const bad[] = { ",",           "10.0.0.0/8,",  "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/",
                                       "10.0.0.0/8x", "10.0.0",       "::1/129",     "localhost",   "10.0.0.0/8 ::1",
                                       "/8",          "10.0.0.0/8/8", "1:2",         "256.0.0.1" };
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
        assert_true(network_list_valid(str_from(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_false(network_list_valid(str_from(bad[i])));
    static char long_one[200];
    memset(long_one, '1', sizeof(long_one) - 1);
    assert_false(network_list_valid(str_from(long_one)));
    assert_false(network_list_valid((struct str){ "10.0.0.1\0x", 10 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_in_the_networks_that_hold_them),
        cmocka_unit_test(nobody_is_in_nothing_and_no_address_in_anything),
        cmocka_unit_test(lists_are_networks_with_commas_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
