/* test_objects.c: rows as v1's REST shows them, byte for byte. */
#include "unit.h"

#include "api/objects.h"

static void a_user_shows_these_keys_and_no_others(void **state)
{
    (void)state;
    struct buf out = { 0 };
    struct user user = { .id = 7,
                         .email = STR("a@b.cc"),
                         .uname = STR("一号"),
                         .avatar = STR("http://x/?a=1&b=2"),
                         .created_ms = 1700000000000 };
    user_append(&out, &user, true, STR("0123456789ABCDEF0123456789ABCDEF"), true);
    assert_str(buf_str(&out),
               STR("{\"id\":7,\"email\":\"a@b.cc\",\"uname\":\"一号\",\"avatar\":\"http://x/?a=1&b=2\","
                   "\"createAt\":1700000000000,\"deleteTimestamp\":0,\"token\":\"0123456789ABCDEF0123456789ABCDEF\","
                   "\"online\":1}"));
    buf_clear(&out);
    user.uname = STR_NONE; /* What is not there is left out, never null. */
    user.avatar = STR_NONE;
    user_append(&out, &user, false, STR_NONE, true);
    assert_str(buf_str(&out), STR("{\"id\":7,\"email\":\"a@b.cc\",\"createAt\":1700000000000,\"deleteTimestamp\":0,"
                                  "\"online\":0}"));
    buf_clear(&out);
    user.uname = STR("");
    user.avatar = STR("");
    user_append(&out, &user, false, STR_NONE, true);
    assert_str(buf_str(&out), STR("{\"id\":7,\"email\":\"a@b.cc\",\"uname\":\"\",\"avatar\":\"\","
                                  "\"createAt\":1700000000000,\"deleteTimestamp\":0,\"online\":0}"));
    buf_release(&out);
}

static void names_are_escaped_and_pictures_checked_when_asked(void **state)
{
    (void)state;
    struct buf out = { 0 };
    struct user user = {
        .id = 1, .email = STR("a@b.cc"), .uname = STR("<b>&\"'"), .avatar = STR("javascript:alert(1)")
    };
    user_append(&out, &user, false, STR_NONE, true);
    assert_str(buf_str(&out), STR("{\"id\":1,\"email\":\"a@b.cc\",\"uname\":\"&lt;b&gt;&amp;&quot;&#39;\","
                                  "\"createAt\":0,\"deleteTimestamp\":0,\"online\":0}"));
    buf_clear(&out);
    user_append(&out, &user, false, STR_NONE, false); /* v2: what is stored */
    assert_str(buf_str(&out),
               STR("{\"id\":1,\"email\":\"a@b.cc\",\"uname\":\"<b>&\\\"'\",\"avatar\":\"javascript:alert(1)\","
                   "\"createAt\":0,\"deleteTimestamp\":0,\"online\":0}"));
    buf_release(&out);
}

static void groups_are_an_array_even_when_there_is_none(void **state)
{
    (void)state;
    struct buf out = { 0 };
    struct group rows[] = {
        { .id = 1000,
          .name = STR("<g>"),
          .icon = STR("x onerror=1"),
          .memo = STR("a&b\n"),
          .owner_email = STR("a@b.cc"),
          .created_ms = 5 },
        { .id = 1001, .name = STR("h"), .icon = STR("/i.png"), .owner_email = STR("c@d.ee"), .created_ms = 6 },
    };
    groups_append(&out, &(struct group_list){ 0 }, true);
    assert_str(buf_str(&out), STR("[]"));
    buf_clear(&out);
    groups_append(&out, &(struct group_list){ rows, 2 }, true);
    assert_str(
        buf_str(&out),
        STR("[{\"id\":1000,\"name\":\"&lt;g&gt;\",\"ownerEmail\":\"a@b.cc\",\"memo\":\"a&amp;b\\n\",\"createAt\":5,"
            "\"deleteTimestamp\":0},{\"id\":1001,\"name\":\"h\",\"ownerEmail\":\"c@d.ee\",\"icon\":\"/i.png\","
            "\"createAt\":6,\"deleteTimestamp\":0}]"));
    buf_clear(&out);
    groups_append(&out, &(struct group_list){ rows, 1 }, false);
    assert_str(buf_str(&out), STR("[{\"id\":1000,\"name\":\"<g>\",\"ownerEmail\":\"a@b.cc\",\"icon\":\"x onerror=1\","
                                  "\"memo\":\"a&b\\n\",\"createAt\":5,\"deleteTimestamp\":0}]"));
    buf_release(&out);
}

static void messages_are_an_array_of_v1_messages(void **state)
{
    (void)state;
    struct buf out = { 0 };
    struct message rows[] = {
        { .id = 3,
          .chat = chat_id_direct(1, 2),
          .seq = 1,
          .sender = 1,
          .type = 1,
          .created_ms = 5,
          .content = STR("<hi>"),
          .sender_email = STR("a@b.cc"),
          .dst = STR("c@d.ee") },
        { .id = 4,
          .chat = 1000,
          .seq = 9,
          .sender = 1,
          .type = 8,
          .created_ms = 6,
          .content = STR(""),
          .sender_email = STR("a@b.cc"),
          .dst = STR("1000") },
    };
    messages_append(&out, &(struct message_list){ 0 }, true);
    assert_str(buf_str(&out), STR("[]"));
    buf_clear(&out);
    buf_append_str(&out, STR("{\"data\":"));
    messages_append(&out, &(struct message_list){ rows, 2 }, true);
    assert_str(
        buf_str(&out),
        STR("{\"data\":[{\"id\":3,\"userEmail\":\"a@b.cc\",\"cmd\":10,\"dstObj\":\"c@d.ee\",\"msgType\":1,\"content\":"
            "\"&lt;hi&gt;\",\"createAt\":5,\"deleteTimestamp\":0},{\"id\":4,\"userEmail\":\"a@b.cc\",\"cmd\":11,"
            "\"dstObj\":\"1000\",\"msgType\":1,\"content\":\"[文件]\",\"createAt\":6,\"deleteTimestamp\":0}]"));
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_shows_these_keys_and_no_others),
        cmocka_unit_test(names_are_escaped_and_pictures_checked_when_asked),
        cmocka_unit_test(groups_are_an_array_even_when_there_is_none),
        cmocka_unit_test(messages_are_an_array_of_v1_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
