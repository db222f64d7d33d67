/* test_index.c: segments in memory and on disk, held against a plain list. */
#include "store_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "os/file.h"
#include "os/log.h"
#include "search/index.h"
#include "search/postings.h"
#include "util/mem.h"

struct fixture {
    char dir[64];
    char path[96];
    struct arena arena;
    struct segment segment;
};

static int fixture_setup(void **state)
{
    struct fixture *fixture = mem_zalloc(sizeof(*fixture));
    log_init(LOG_LEVEL_ERROR + 1, 2);
    snprintf(fixture->dir, sizeof(fixture->dir), "/tmp/im-index-XXXXXX");
    assert_non_null(mkdtemp(fixture->dir));
    snprintf(fixture->path, sizeof(fixture->path), "%s/search.db", fixture->dir);
    segment_init(&fixture->segment);
    *state = fixture;
    return 0;
}

static int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;
    index_remove(fixture->path);
    assert_int_equal(0, rmdir(fixture->dir));
    segment_release(&fixture->segment);
    arena_release(&fixture->arena);
    free(fixture);
    return 0;
}

#define with(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

static struct segment_message message_of(struct fixture *fixture, int64_t id, int64_t chat, const char *content)
{
    struct segment_message message = {
        .id = id, .chat = chat, .sender = 7, .type = 1, .created_ms = NOW + id, .indexed = content != NULL
    };
    if (content != NULL)
        segment_message_tokens(&message, str_from(content), &fixture->arena);
    return message;
}

static void add(struct fixture *fixture, int64_t id, int64_t chat, const char *content)
{
    struct segment_message message = message_of(fixture, id, chat, content);
    segment_add(&fixture->segment, &message);
}

/* The ids that have the key, as text. */
static const char *ids(int64_t first, const struct docs *docs)
{
    static char text[256];
    size_t size = 0;
    text[0] = '\0';
    for (int number = SEGMENT_DOCS; (number = docs_last(docs, number)) >= 0;)
        size += (size_t)snprintf(text + size, sizeof(text) - size, "%s%lld", size > 0 ? " " : "",
                                 (long long)(first + number));
    return text;
}

static const char *in_memory(struct fixture *fixture, const char *text, bool prefix)
{
    struct docs docs = { 0 };
    struct term_key key = { str_from(text), prefix };
    segment_find(&fixture->segment, &key, &docs);
    return ids(fixture->segment.first, &docs);
}

static const char *on_disk(struct index *index, int64_t segment, const char *text, bool prefix)
{
    struct docs docs = { 0 };
    struct term_key key = { str_from(text), prefix };
    assert_ok(index_find(index, segment, &key, &docs));
    return ids(segment, &docs);
}

static void postings_come_back(void **state)
{
    (void)state;
    uint64_t seed = seed_take();
    for (int round = 0; round < 500; round++) {
        uint16_t numbers[SEGMENT_DOCS];
        size_t count = 0;
        struct docs docs = { 0 };
        struct docs back = { 0 };
        struct buf packed = { 0 };
        struct buf again = { 0 };
        uint64_t every = seed_next(&seed) % 300 + 1;
        for (unsigned i = 0; i < SEGMENT_DOCS; i++) {
            if (seed_next(&seed) % every == 0) {
                numbers[count++] = (uint16_t)i;
                docs_add(&docs, i);
            }
        }
        postings_pack(numbers, count, &packed);
        postings_pack_docs(&docs, &again);
        assert_true(str_equal(buf_str(&packed), buf_str(&again)));
        assert_true(postings_unpack(buf_str(&packed), &back));
        assert_memory_equal(&docs, &back, sizeof(docs));
        buf_release(&packed);
        buf_release(&again);
    }
}

static void what_are_no_postings_is_refused(void **state)
{
    (void)state;
    struct docs docs = { 0 };
    assert_false(postings_unpack(STR("\x80"), &docs));
    assert_false(postings_unpack(STR("\xff\xff\x7f"), &docs));
    assert_false(postings_unpack(STR("\xff\xff\xff\xff\x01"), &docs));
    assert_true(postings_unpack(STR(""), &docs));
}

static void a_segment_knows_who_has_a_token(void **state)
{
    struct fixture *fixture = *state;
    char chat[SEGMENT_CHAT_TOKEN_SIZE];
    add(fixture, 100, 1000, "hello world 微服务架构");
    add(fixture, 101, 1001, "help me");
    add(fixture, 102, 1000, NULL);
    add(fixture, 105, 1001, "架构师 said hello hello");
    assert_string_equal("105 100", in_memory(fixture, "hello", true));
    assert_string_equal("105 101 100", in_memory(fixture, "hel", true));
    assert_string_equal("105 101 100", in_memory(fixture, "he", true));
    assert_string_equal("", in_memory(fixture, "hel", false));
    assert_string_equal("105 100", in_memory(fixture, "架构", false));
    assert_string_equal("105 100", in_memory(fixture, "构", true));
    assert_string_equal("105", in_memory(fixture, "师", true));
    segment_chat_token(1001, chat);
    struct docs docs = { 0 };
    struct term_key key = { { chat, sizeof(chat) }, false };
    segment_find(&fixture->segment, &key, &docs);
    assert_string_equal("105 101", ids(100, &docs));
    assert_int_equal(3, fixture->segment.indexed);
    assert_int_equal(NOW + 100, fixture->segment.begin_ms);
    assert_int_equal(NOW + 105, fixture->segment.end_ms);
}

static void a_changed_message_has_its_new_tokens_only(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, 1, 1000, "alpha beta");
    add(fixture, 2, 1000, "alpha beta");
    add(fixture, 3, 1000, "alpha");
    struct segment_message edited = message_of(fixture, 2, 1000, "beta gamma");
    struct segment_message gone = message_of(fixture, 3, 1000, NULL);
    segment_replace(&fixture->segment, &edited);
    segment_replace(&fixture->segment, &gone);
    assert_string_equal("1", in_memory(fixture, "alpha", true));
    assert_string_equal("2 1", in_memory(fixture, "beta", true));
    assert_string_equal("2", in_memory(fixture, "gamma", true));
    assert_int_equal(2, fixture->segment.indexed);
    /* Gone is gone. */
    struct segment_message back = message_of(fixture, 3, 1000, "alpha");
    segment_replace(&fixture->segment, &back);
    assert_string_equal("1", in_memory(fixture, "alpha", true));
}

static void a_segment_ends_at_its_span(void **state)
{
    struct fixture *fixture = *state;
    assert_false(segment_full(&fixture->segment, 5000000));
    add(fixture, 10, 1000, "x");
    assert_false(segment_full(&fixture->segment, 10 + SEGMENT_DOCS - 1));
    assert_true(segment_full(&fixture->segment, 10 + SEGMENT_DOCS));
}

static void a_segment_on_disk_answers_as_in_memory(void **state)
{
    struct fixture *fixture = *state;
    struct index *index;
    struct index *reader;
    struct index_position position;
    struct index_segment segment;
    struct index_columns columns;
    add(fixture, 100, 1000, "hello world 微服务架构");
    add(fixture, 101, (INT64_C(1) << 62) + 5, "help me");
    add(fixture, 105, 1001, "架构师 said hello hello");
    assert_ok(index_open(fixture->path, STR("e:0"), &index));
    assert_ok(index_append(index, &fixture->segment, 17));
    assert_ok(index_open_reader(fixture->path, &reader));
    assert_ok(index_begin(reader));
    assert_ok(index_position(reader, &position));
    assert_int_equal(105, position.last);
    assert_int_equal(17, position.mutation);
    assert_int_equal(1, position.segments);
    assert_int_equal(3, position.indexed);
    assert_ok(index_segment_below(reader, INT64_MAX, &segment));
    assert_int_equal(100, segment.first);
    assert_int_equal(105, segment.last);
    assert_err(ERR_NOT_FOUND, index_segment_below(reader, 100, &segment));
    assert_string_equal("105 101 100", on_disk(reader, 100, "hel", true));
    assert_string_equal("105 100", on_disk(reader, 100, "架构", false));
    assert_string_equal("105 100", on_disk(reader, 100, "构", true));
    assert_string_equal("", on_disk(reader, 100, "架", false));
    assert_string_equal("", on_disk(reader, 99, "hello", true));
    assert_ok(index_columns(reader, &fixture->arena, 100, true, &columns));
    assert_int_equal(6, columns.count);
    assert_int_equal(1000, columns.chats[columns.chat_of[0]]);
    assert_int_equal((INT64_C(1) << 62) + 5, columns.chats[columns.chat_of[1]]);
    assert_int_equal(SEGMENT_NO_CHAT, columns.chat_of[2]);
    assert_int_equal(7, columns.sender_of[5]);
    assert_int_equal(1, columns.type_of[5]);
    index_end(reader);
    index_close(&reader);
    index_close(&index);
}

static void finished_segments_change(void **state)
{
    struct fixture *fixture = *state;
    struct index *index;
    struct index_position position;
    struct index_columns columns;
    size_t done;
    assert_ok(index_open(fixture->path, STR("e:0"), &index));
    add(fixture, 1, 1000, "alpha beta");
    add(fixture, 2, 1000, "alpha beta");
    add(fixture, 3, 1000, "alpha delta");
    assert_ok(index_append(index, &fixture->segment, 0));
    segment_clear(&fixture->segment);
    add(fixture, 4, 1000, "alpha");
    assert_ok(index_append(index, &fixture->segment, 0));
    struct segment_message changed[] = {
        message_of(fixture, 2, 1000, "beta gamma"),
        message_of(fixture, 3, 1000, NULL),
        message_of(fixture, 4, 1000, "omega"),
    };
    assert_ok(index_replace(index, changed, 3, &done));
    assert_int_equal(2, done);
    assert_ok(index_replace(index, changed + 2, 1, &done));
    assert_string_equal("1", on_disk(index, 1, "alpha", true));
    assert_string_equal("2 1", on_disk(index, 1, "beta", true));
    assert_string_equal("2", on_disk(index, 1, "gamma", true));
    assert_string_equal("", on_disk(index, 1, "delta", true));
    assert_string_equal("4", on_disk(index, 4, "omega", true));
    assert_string_equal("", on_disk(index, 4, "alpha", true));
    assert_ok(index_columns(index, &fixture->arena, 1, false, &columns));
    assert_int_equal(SEGMENT_NO_CHAT, columns.chat_of[2]);
    assert_ok(index_position(index, &position));
    assert_int_equal(3, position.indexed);
    /* The same once more changes nothing; ids of no segment neither. */
    assert_ok(index_replace(index, changed, 2, &done));
    changed[0].id = 99;
    assert_ok(index_replace(index, changed, 1, &done));
    assert_int_equal(1, done);
    assert_ok(index_position(index, &position));
    assert_int_equal(3, position.indexed);
    index_close(&index);
}

/* ---- against a plain list ---- */

enum { LIST_MESSAGES = 500, LIST_WORDS = 4, LIST_VOCABULARY = 1500, LIST_CHANGES = 150 };

struct list {
    uint64_t seed;
    int words[LIST_MESSAGES][LIST_WORDS]; /* of message id + 1; the first negative: it is gone */
};

static void word_of(int word, char out[16])
{
    snprintf(out, 16, "w%dx%d", word % 40, word);
}

static struct segment_message list_message(struct fixture *fixture, struct list *list, int64_t id, bool gone)
{
    char text[LIST_WORDS * 16] = "";
    int *words = list->words[id - 1];
    for (int i = 0; i < LIST_WORDS; i++) {
        char word[16];
        words[i] = gone ? -1 : (int)(seed_next(&list->seed) % LIST_VOCABULARY);
        word_of(words[i], word);
        strcat(strcat(text, word), " ");
    }
    return message_of(fixture, id, 1000 + id % 7, gone ? NULL : text);
}

static bool list_has(const struct list *list, int64_t id, struct str key, bool prefix)
{
    const int *words = list->words[id - 1];
    for (int i = 0; i < LIST_WORDS && words[0] >= 0; i++) {
        char word[16];
        word_of(words[i], word);
        if (strncmp(word, key.ptr, key.size) == 0 && (prefix || word[key.size] == '\0'))
            return true;
    }
    return false;
}

static void list_check(const struct list *list, struct index *index, const char *text, bool prefix)
{
    struct docs docs = { 0 };
    struct term_key key = { str_from(text), prefix };
    assert_ok(index_find(index, 1, &key, &docs));
    for (int64_t id = 1; id <= LIST_MESSAGES; id++)
        if (docs_has(&docs, (unsigned)(id - 1)) != list_has(list, id, key.text, prefix))
            fail_msg("%s%s and message %d", text, prefix ? "*" : "", (int)id);
}

static void list_check_all(const struct list *list, struct index *index)
{
    char text[16];
    for (int word = 0; word < LIST_VOCABULARY; word++) {
        word_of(word, text);
        list_check(list, index, text, false);
    }
    for (int beginning = 0; beginning < 50; beginning++) {
        snprintf(text, sizeof(text), "w%d", beginning);
        list_check(list, index, text, true);
        snprintf(text, sizeof(text), "w%dx", beginning);
        list_check(list, index, text, true);
    }
    list_check(list, index, "w", true);
    list_check(list, index, "a", true); /* before all */
    list_check(list, index, "z", true); /* and behind them */
}

/* Some thousand tokens in some dozen leaves, whose first and last ones come and go. */
static void changes_leave_what_a_plain_list_has(void **state)
{
    struct fixture *fixture = *state;
    struct list *list = mem_zalloc(sizeof(*list));
    struct index *index;
    size_t done;
    list->seed = seed_take();
    assert_ok(index_open(fixture->path, STR("e:0"), &index));
    for (int64_t id = 1; id <= LIST_MESSAGES; id++) {
        struct segment_message message = list_message(fixture, list, id, false);
        segment_add(&fixture->segment, &message);
    }
    assert_ok(index_append(index, &fixture->segment, 0));
    list_check_all(list, index);
    for (int i = 0; i < LIST_CHANGES; i++) {
        int64_t id = 1 + (int64_t)(seed_next(&list->seed) % LIST_MESSAGES);
        if (list->words[id - 1][0] < 0)
            continue; /* What is gone does not come back. */
        struct segment_message message = list_message(fixture, list, id, seed_next(&list->seed) % 3 == 0);
        assert_ok(index_replace(index, &message, 1, &done));
    }
    list_check_all(list, index);
    for (int64_t id = 1; id <= LIST_MESSAGES; id++) {
        struct segment_message message = list_message(fixture, list, id, true);
        assert_ok(index_replace(index, &message, 1, &done));
    }
    list_check_all(list, index);
    index_close(&index);
    free(list);
}

/* Not in the file, not in its WAL. */
static bool file_has(const char *path, const char *suffix, const char *word)
{
    char name[128];
    struct buf bytes = { 0 };
    snprintf(name, sizeof(name), "%s%s", path, suffix);
    bool has = file_read(name, 1 << 24, &bytes) == OK && bytes.size > 0 &&
               memmem(bytes.ptr, bytes.size, word, strlen(word)) != NULL;
    buf_release(&bytes);
    return has;
}

static void what_was_taken_out_is_not_on_the_disk(void **state)
{
    struct fixture *fixture = *state;
    struct index *index;
    size_t done;
    assert_ok(index_open(fixture->path, STR("e:0"), &index));
    for (int64_t id = 1; id <= 300; id++)
        add(fixture, id, 1000, id == 150 ? "secretword stays not" : "ordinary words here");
    assert_ok(index_append(index, &fixture->segment, 0));
    assert_ok(index_checkpoint(index, true));
    assert_true(file_has(fixture->path, "", "secretword"));
    struct segment_message gone = message_of(fixture, 150, 1000, NULL);
    assert_ok(index_replace(index, &gone, 1, &done));
    assert_ok(index_checkpoint(index, true));
    assert_false(file_has(fixture->path, "", "secretword"));
    assert_false(file_has(fixture->path, "-wal", "secretword"));
    assert_true(file_has(fixture->path, "", "ordinary"));
    index_close(&index);
}

static void another_generation_begins_anew(void **state)
{
    struct fixture *fixture = *state;
    struct index *index;
    struct index_position position;
    assert_ok(index_open(fixture->path, STR("e:0"), &index));
    add(fixture, 1, 1000, "alpha");
    assert_ok(index_append(index, &fixture->segment, 5));
    index_close(&index);
    assert_ok(index_open(fixture->path, STR("e:0"), &index));
    assert_ok(index_position(index, &position));
    assert_int_equal(1, position.last);
    index_close(&index);
    assert_ok(index_open(fixture->path, STR("e:1"), &index));
    assert_ok(index_position(index, &position));
    assert_int_equal(0, position.last);
    assert_int_equal(0, position.mutation);
    assert_string_equal("", on_disk(index, 1, "alpha", true));
    index_close(&index);
}

static void what_is_no_index_is_replaced(void **state)
{
    struct fixture *fixture = *state;
    struct index *index;
    struct index_position position;
    static const char *const contents[] = { "", "SQLite format 3", "no database at all, but long enough to be one\n" };
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        assert_ok(file_write_atomic(fixture->path, str_from(contents[i]), 0600));
        assert_ok(index_open(fixture->path, STR("e:0"), &index));
        assert_ok(index_position(index, &position));
        assert_int_equal(0, position.last);
        index_close(&index);
        index_remove(fixture->path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(postings_come_back),
        cmocka_unit_test(what_are_no_postings_is_refused),
        with(a_segment_knows_who_has_a_token),
        with(a_changed_message_has_its_new_tokens_only),
        with(a_segment_ends_at_its_span),
        with(a_segment_on_disk_answers_as_in_memory),
        with(finished_segments_change),
        with(what_was_taken_out_is_not_on_the_disk),
        with(another_generation_begins_anew),
        with(what_is_no_index_is_replaced),
        with(changes_leave_what_a_plain_list_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
