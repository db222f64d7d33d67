/* test_frame_v1.c: frames, byte for byte as the original's were recorded. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "live/frame_v1.h"
#include "os/file.h"
#include "store/chat.h"
#include "util/json.h"
#include "util/mem.h"
#include "ws/frame.h"

/* The JSON inside a frame of ours, after looking at its header. */
static struct str frame_text(const struct buf *frame)
{
    char header[10];
    size_t size = frame->size;
    for (size_t header_size = 2; header_size <= 10; header_size++) {
        size_t payload_size = size - header_size;
        if (ws_header_write(header, WS_TEXT, false, payload_size) == header_size &&
            memcmp(frame->ptr, header, header_size) == 0)
            return (struct str){ frame->ptr + header_size, payload_size };
    }
    fail_msg("no frame");
    return STR_NONE;
}

static struct str text_of(const struct json *object, const char *key)
{
    struct str text;
    return json_text(json_get(object, key), &text) ? text : STR_NONE;
}

static int64_t number_of(const struct json *object, const char *key)
{
    int64_t number = -1;
    assert_true(json_i64(json_get(object, key), &number));
    return number;
}

/* Makes the frame that has the recorded one's meaning. */
static void frame_again(struct buf *out, const struct json *recorded)
{
    int64_t cmd = number_of(recorded, "cmd");
    struct event event = {
        .actor_email = text_of(recorded, "userEmail"),
        .dst = text_of(recorded, "dstObj"),
        .created_ms = number_of(recorded, "createAt"),
        .id = number_of(recorded, "id"),
        .msg_type = number_of(recorded, "msgType"),
        .content = text_of(recorded, "content"),
        .chat = cmd == 10 ? chat_id_direct(1, 2) : 1000,
    };
    if (cmd == 13 || cmd == 14) {
        frame_v1_presence_append(out, event.actor_email, event.dst, cmd == 13);
    } else if (cmd == 15 && event.msg_type == 6) {
        frame_v1_friends_append(out, &event, false);
    } else if (cmd == 15) {
        frame_v1_joined_append(out, &event, false);
    } else {
        struct v1_message message = v1_message_of(&event);
        frame_v1_message_append(out, &message, false);
    }
}

/* The recording says <u1> where an address stood: no character of a URL. */
static struct str placeholders_named(struct arena *arena, struct str raw)
{
    char *text = arena_alloc(arena, raw.size);
    for (size_t i = 0; i < raw.size; i++)
        text[i] = raw.ptr[i] == '<' || raw.ptr[i] == '>' ? '_' : raw.ptr[i];
    return (struct str){ text, raw.size };
}

static void frames_are_those_recorded_from_the_original(void **state)
{
    (void)state;
    struct buf file = { 0 };
    struct arena arena = { 0 };
    struct json_parser *parser = json_parser_new();
    unsigned seen[16] = { 0 };
    assert_int_equal(file_read(IM_V1_EXAMPLES, 1 << 24, &file), OK);
    for (char *line = file.ptr; line < file.ptr + file.size;) {
        char *end = memchr(line, '\n', (size_t)(file.ptr + file.size - line));
        end = end == NULL ? file.ptr + file.size : end;
        struct json *step;
        assert_int_equal(json_parse(parser, &arena, (struct str){ line, (size_t)(end - line) }, &step), OK);
        const struct json *got = json_get(step, "got");
        for (const struct json *user = got == NULL ? NULL : got->first; user != NULL; user = user->next)
            for (const struct json *frame = user->first; frame != NULL; frame = frame->next) {
                struct str raw = text_of(frame, "raw");
                struct json *recorded;
                struct buf out = { 0 };
                if (raw.ptr == NULL)
                    continue;
                raw = placeholders_named(&arena, raw);
                assert_int_equal(json_parse(parser, &arena, raw, &recorded), OK);
                frame_again(&out, recorded);
                assert_str(frame_text(&out), raw);
                seen[number_of(recorded, "cmd")]++;
                buf_release(&out);
            }
        line = end + 1;
    }
    for (size_t cmd = 10; cmd <= 15; cmd++)
        assert_true(cmd == 12 || seen[cmd] > 0);
    json_parser_free(&parser);
    arena_release(&arena);
    buf_release(&file);
}

static void frames_have_the_header_of_their_size(void **state)
{
    (void)state;
    static char content[70000];
    memset(content, 'x', sizeof(content));
    struct v1_message message = { .user_email = STR("a@b.cc"), .cmd = 10, .dst = STR("c@d.ee"), .msg_type = 1 };
    struct buf out = { 0 };
    message.content = STR("");
    frame_v1_message_append(&out, &message, false);
    size_t around = frame_text(&out).size;
    assert_true(around < 126); /* so that there is a short frame to look at */
    for (size_t i = 0; i < 400 + 2 * 20; i++) {
        size_t size = i < 400 ? i : 65535 - 20 - around + (i - 400);
        buf_clear(&out);
        buf_append_str(&out, STR("before"));
        message.content = (struct str){ content, size };
        frame_v1_message_append(&out, &message, false);
        assert_memory_equal(out.ptr, "before", 6);
        struct buf frame = { .ptr = out.ptr + 6, .size = out.size - 6 };
        struct str text = frame_text(&frame);
        assert_int_equal(text.size, around + size);
        assert_int_equal(text.ptr[0], '{');
        assert_int_equal(text.ptr[text.size - 1], '}');
    }
    buf_release(&out);
}

static void shown(int64_t cmd, int64_t type, const char *content, int64_t expected)
{
    struct buf out = { 0 };
    char text[64];
    struct v1_message message = {
        .user_email = STR("a@b.cc"), .cmd = cmd, .dst = STR("c@d.ee"), .msg_type = type, .content = str_from(content)
    };
    v1_message_append(&out, &message, true);
    int size = snprintf(text, sizeof(text), "\"msgType\":%lld,", (long long)expected);
    if (memmem(out.ptr, out.size, text, (size_t)size) == NULL)
        fail_msg("type %lld of cmd %lld is not shown as %lld", (long long)type, (long long)cmd, (long long)expected);
    buf_release(&out);
}

static void types_that_the_page_does_not_know_are_text(void **state)
{
    (void)state;
    for (int64_t type = 1; type <= 5; type++)
        shown(10, type, "/ok.png", type);
    static const int64_t others[] = { 0, 6, 7, 8, 9, 13, 100, INT32_MAX, -1 };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        shown(11, others[i], "x", 1);
    shown(15, 6, "x", 6);
    shown(15, 7, "x", 7);
}

static void pictures_that_a_page_must_not_load_are_text(void **state)
{
    (void)state;
    shown(10, 2, "javascript:alert(1)", 1);
    shown(10, 3, "data:text/html,x", 1);
    shown(10, 2, "", 1);
    shown(10, 2, "x onerror=alert(1)", 1);
    shown(10, 3, "https://x/y.mp4?a=1&b=2", 3);
    shown(10, 5, "javascript:alert(1)", 5); /* a link's text is only text */
}

static void only_web_and_relative_urls_are_safe(void **state)
{
    (void)state;
    static const char *const safe[] = {
        "http://x/y.png",      "HTTPS://x", "/a",    "a", "a/b:c", "?a:b", "#a:b", "//host/x", "./a", "..",
        "http://img/?a=1&b=2", "一.png",    "a%20b",
    };
    static const char *const unsafe[] = {
        "",
        "javascript:x",
        "JavaScript:x",
        "data:x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:x",
        ":x",
        "x:y",
        "httpx://a",
        "http ://a",
        " http://a",
        "http://a b",
        "http://a\"b",
        "http://a'b",
        "http://a<b",
        "http://a>b",
        "http://a\\b",
        "http://a`b",
        "java\tscript:x",
        "java\nscript:x",
        "http://a\nb",
        "a\x7f",
        "a\x01",
    };
    for (size_t i = 0; i < sizeof(safe) / sizeof(safe[0]); i++)
        if (!v1_url_safe(str_from(safe[i])))
            fail_msg("refused %s", safe[i]);
    for (size_t i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++)
        if (v1_url_safe(str_from(unsafe[i])))
            fail_msg("took %s", unsafe[i]);
    assert_false(v1_url_safe(STR("http://a\0b")));
    assert_false(v1_url_safe(STR_NONE));
}

static bool holds(const struct buf *out, const char *text)
{
    return memmem(out->ptr, out->size, text, strlen(text)) != NULL;
}

static void content_is_escaped_for_html_only_when_asked(void **state)
{
    (void)state;
    struct buf out = { 0 };
    struct v1_message message = {
        .id = 7,
        .user_email = STR("o'neil&co@b.cc"),
        .cmd = 11,
        .dst = STR("1000"),
        .msg_type = 1,
        .content = STR("<b a=\"x\" c='y'>&amp;\n\\ 你好 😀"),
        .created_ms = 9,
    };
    v1_message_append(&out, &message, true);
    assert_str(
        buf_str(&out),
        STR("{\"id\":7,\"userEmail\":\"o'neil&co@b.cc\",\"cmd\":11,\"dstObj\":\"1000\",\"msgType\":1,\"content\":"
            "\"&lt;b a=&quot;x&quot; c=&#39;y&#39;&gt;&amp;amp;\\n\\\\ 你好 😀\",\"createAt\":9,"
            "\"deleteTimestamp\":0}"));
    buf_clear(&out);
    v1_message_append(&out, &message, false);
    assert_true(holds(&out, "<b a=\\\"x\\\" c='y'>&amp;\\n\\\\"));
    buf_clear(&out);
    message.content = STR_NONE;
    v1_message_append(&out, &message, true);
    assert_false(holds(&out, "content"));
    buf_release(&out);
}

static void the_text_of_an_added_contact_is_escaped_too(void **state)
{
    (void)state;
    struct buf out = { 0 };
    struct event event = { .actor_email = STR("o'neil@b.cc"), .dst = STR("c&d@e.ff"), .created_ms = 5 };
    frame_v1_friends_append(&out, &event, true);
    assert_str(
        frame_text(&out),
        STR("{\"id\":0,\"userEmail\":\"o'neil@b.cc\",\"cmd\":15,\"dstObj\":\"c&d@e.ff\",\"msgType\":6,\"content\":"
            "\"o&#39;neil@b.cc 添加 c&amp;d@e.ff为好友\",\"createAt\":5,\"deleteTimestamp\":0}"));
    buf_clear(&out);
    event.dst = STR("1000");
    frame_v1_joined_append(&out, &event, true);
    assert_true(holds(&out, "o&#39;neil@b.cc加入1000群组"));
    buf_release(&out);
}

static void a_message_is_direct_or_a_groups_by_its_chat(void **state)
{
    (void)state;
    struct event event = { .chat = chat_id_direct(3, 3), .content = STR("x") };
    assert_int_equal(v1_message_of(&event).cmd, 10);
    event.chat = 1000;
    assert_int_equal(v1_message_of(&event).cmd, 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_those_recorded_from_the_original),
        cmocka_unit_test(frames_have_the_header_of_their_size),
        cmocka_unit_test(types_that_the_page_does_not_know_are_text),
        cmocka_unit_test(pictures_that_a_page_must_not_load_are_text),
        cmocka_unit_test(only_web_and_relative_urls_are_safe),
        cmocka_unit_test(content_is_escaped_for_html_only_when_asked),
        cmocka_unit_test(the_text_of_an_added_contact_is_escaped_too),
        cmocka_unit_test(a_message_is_direct_or_a_groups_by_its_chat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
