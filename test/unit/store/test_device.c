/* Devices and their cursors. */
#include "store_fixture.h"

static int64_t cursor_of(struct store *store, int64_t chat, int64_t device)
{
    struct member_chat_list chats;
    assert_ok(member_chats(store->db, &store->arena, 1, device, &chats));
    for (size_t i = 0; i < chats.count; i++)
        if (chats.rows[i].chat == chat)
            return chats.rows[i].delivered;
    fail();
    return -1;
}

static void save(struct store *store, int64_t chat, int64_t device, int64_t seq)
{
    assert_ok(cursor_save(store->db, &(struct cursor){ .user = 1, .chat = chat, .device = device, .seq = seq }));
}

static void two_chats(struct store *store)
{
    assert_int_equal(1, user_make(store, "a@b.cc"));
    assert_ok(member_insert(store->db, 1000, 1, ROLE_MEMBER, 1, NOW));
    assert_ok(member_insert(store->db, 1001, 1, ROLE_MEMBER, 5, NOW));
}

static void a_device_is_found_by_its_token(void **state)
{
    struct store *store = *state;
    unsigned char hash[TOKEN_HASH_SIZE] = { 7 };
    unsigned char other[TOKEN_HASH_SIZE] = { 8 };
    struct device device;
    int64_t id = 0;
    int64_t again = 0;
    assert_ok(device_insert(store->db, 3, hash, NOW, &id));
    assert_ok(device_by_token(store->db, hash, &device));
    assert_int_equal(id, device.id);
    assert_int_equal(3, device.user);
    assert_int_equal(NOW, device.created_ms);
    assert_int_equal(NOW, device.used_ms);
    assert_err(ERR_NOT_FOUND, device_by_token(store->db, other, &device));
    assert_err(ERR_EXISTS, device_insert(store->db, 3, hash, NOW, &again));
}

static void touching_never_goes_back(void **state)
{
    struct store *store = *state;
    unsigned char hash[TOKEN_HASH_SIZE] = { 7 };
    struct device device;
    int64_t id = 0;
    assert_ok(device_insert(store->db, 3, hash, NOW, &id));
    assert_ok(device_touch(store->db, id, NOW + 9));
    assert_ok(device_touch(store->db, id, NOW + 5));
    assert_ok(device_touch(store->db, id + 100, NOW)); /* gone meanwhile */
    assert_ok(device_by_token(store->db, hash, &device));
    assert_int_equal(NOW + 9, device.used_ms);
}

static void a_new_device_starts_where_its_user_is(void **state)
{
    struct store *store = *state;
    two_chats(store);
    int64_t first = device_make(store, 1, 1);
    int64_t second = device_make(store, 1, 2);
    assert_int_equal(0, cursor_of(store, 1000, first));
    assert_int_equal(4, cursor_of(store, 1001, first)); /* joined at 5 */
    save(store, 1000, first, 10);
    save(store, 1000, second, 20);
    save(store, 1001, first, 7);
    assert_int_equal(4, cursor_of(store, 1001, second)); /* a device's own cursor only */
    int64_t third = device_make(store, 1, 3);
    assert_int_equal(20, cursor_of(store, 1000, third));
    assert_int_equal(7, cursor_of(store, 1001, third));
}

static void cursors_of_others_do_not_matter(void **state)
{
    struct store *store = *state;
    two_chats(store);
    int64_t theirs = device_make(store, 2, 1);
    assert_ok(cursor_save(store->db, &(struct cursor){ 2, 1000, theirs, 50 }));
    assert_int_equal(0, cursor_of(store, 1000, device_make(store, 1, 2)));
}

static void what_was_delivered_outlives_the_device(void **state)
{
    struct store *store = *state;
    two_chats(store);
    int64_t first = device_make(store, 1, 1);
    int64_t second = device_make(store, 1, 2);
    save(store, 1000, first, 10);
    save(store, 1001, first, 6);
    save(store, 1000, second, 5);
    save(store, 1001, second, 9);
    assert_ok(device_delete(store->db, first));
    assert_ok(device_delete(store->db, second));
    assert_ok(device_delete(store->db, second)); /* twice is once */
    assert_int_equal(2, store_number(store, "SELECT COUNT(*) FROM delivered"));
    int64_t third = device_make(store, 1, 3);
    assert_int_equal(10, cursor_of(store, 1000, third));
    assert_int_equal(9, cursor_of(store, 1001, third));
    assert_true(third > second); /* an id is not given twice */
}

static void a_late_cursor_of_a_device_that_is_gone_counts_for_its_user(void **state)
{
    struct store *store = *state;
    two_chats(store);
    int64_t device = device_make(store, 1, 1);
    assert_ok(device_delete(store->db, device));
    save(store, 1000, device, 30);
    assert_int_equal(0, store_number(store, "SELECT COUNT(*) FROM delivered WHERE device <> 0"));
    assert_int_equal(30, cursor_of(store, 1000, device_make(store, 1, 2)));
}

struct ended {
    size_t count;
    int64_t user;
};

static void note_ended(void *context, int64_t user, int64_t device)
{
    struct ended *ended = context;
    assert_true(device > 0);
    ended->count++;
    ended->user = user;
}

static void trimming_keeps_the_newest_used(void **state)
{
    struct store *store = *state;
    two_chats(store);
    int64_t ids[6];
    for (unsigned i = 0; i < 6; i++)
        ids[i] = device_make(store, 1, i + 1);
    int64_t other = device_make(store, 2, 99);
    for (unsigned i = 0; i < 6; i++)
        assert_ok(device_touch(store->db, ids[i], NOW + (i * 4) % 6 * 10 + 1)); /* 0 4 2 0 4 2 */
    save(store, 1000, ids[0], 8);
    struct ended ended = { 0 };
    assert_ok(device_trim(store->db, 1, 2, note_ended, &ended));
    assert_int_equal(4, ended.count);
    assert_int_equal(1, ended.user);
    assert_int_equal(1, store_number(store, "SELECT COUNT(*) = 3 FROM device"));
    assert_int_equal(2, store_number(store, "SELECT COUNT(*) FROM device WHERE user = 1 AND id IN (2, 5)"));
    assert_ok(device_trim(store->db, 1, 2, NULL, NULL));
    assert_int_equal(2, store_number(store, "SELECT COUNT(*) FROM device WHERE user = 1"));
    assert_ok(device_trim(store->db, 1, 0, NULL, NULL));
    assert_int_equal(other, store_number(store, "SELECT MAX(id) FROM device"));
    assert_int_equal(8, cursor_of(store, 1000, device_make(store, 1, 50)));
}

static void idle_devices_expire_up_to_the_limit(void **state)
{
    struct store *store = *state;
    struct ended ended = { 0 };
    for (unsigned i = 0; i < 10; i++) {
        int64_t id = device_make(store, 1 + i % 3, i + 1);
        assert_ok(device_touch(store->db, id, NOW + i));
    }
    assert_ok(device_expire(store->db, NOW + 7, 5, note_ended, &ended));
    assert_int_equal(5, ended.count);
    assert_ok(device_expire(store->db, NOW + 7, 5, note_ended, &ended));
    assert_int_equal(7, ended.count);
    assert_ok(device_expire(store->db, NOW + 7, 5, note_ended, &ended));
    assert_int_equal(7, ended.count);
    assert_int_equal(3, store_number(store, "SELECT COUNT(*) FROM device"));
    assert_int_equal(8, store_number(store, "SELECT MIN(id) FROM device"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_device_is_found_by_its_token),         test(touching_never_goes_back),
        test(a_new_device_starts_where_its_user_is),  test(cursors_of_others_do_not_matter),
        test(what_was_delivered_outlives_the_device), test(a_late_cursor_of_a_device_that_is_gone_counts_for_its_user),
        test(trimming_keeps_the_newest_used),         test(idle_devices_expire_up_to_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
