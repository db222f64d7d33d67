/* test_search.c: the thread behind the log, held against reading everything.
 * What a search offers, once verified against the store, must be exactly what
 * a scan of the store finds: after growing, changing, being killed and begun
 * anew. */
#include "store_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/file.h"
#include "os/log.h"
#include "search/index.h"
#include "search/link.h"
#include "search/search.h"
#include "store/mutation.h"
#include "util/mem.h"

#define CHATS 40
#define MESSAGES_MAX 40000

/* A message as the test knows it. */
struct known {
    int64_t chat, seq, sender, type, created_ms;
    bool there;
    char content[120];
};

struct world {
    struct store *store;
    struct search *search;
    char path[96];
    uint64_t seed;
    struct known *messages; /* by id */
    int64_t head;
    int64_t seqs[CHATS];
    int64_t mver;
    struct map all; /* every chat */
};

static int world_setup(void **state)
{
    struct world *world = mem_zalloc(sizeof(*world));
    void *store = NULL;
    store_setup(&store);
    log_init(LOG_LEVEL_ERROR + 1, 2);
    world->store = store;
    world->messages = mem_zalloc((MESSAGES_MAX + 1) * sizeof(*world->messages));
    snprintf(world->path, sizeof(world->path), "%s/search.db", world->store->dir);
    for (int64_t chat = 0; chat < CHATS; chat++)
        map_put(&world->all, (uint64_t)(1000 + chat), world);
    *state = world;
    return 0;
}

static int world_teardown(void **state)
{
    struct world *world = *state;
    void *store = world->store;
    search_free(&world->search);
    index_remove(world->path);
    map_release(&world->all);
    free(world->messages);
    free(world);
    return store_teardown(&store);
}

#define with(function) cmocka_unit_test_setup_teardown(function, world_setup, world_teardown)

static uint64_t below(struct world *world, uint64_t bound)
{
    return seed_next(&world->seed) % bound;
}

/* Few words and characters, so that there is something to find and something nearly found. */
static void content_make(struct world *world, char *out, size_t size)
{
    static const char *const pieces[] = { "微",      "服",     "务",         "架",     "构",        "设",    "计",
                                          "的",      "，",     " ",          "Hello ", "help ",     "WORLD", "Straße ",
                                          "strasse", "v2 ",    "２０２６年", "カタ",   "한국",      "é",     "x",
                                          "xy",      "xyz ",   "。",         "😀",      "test-case", "的的",  "Москва ",
                                          "http://", "x.com ", "y.de" };
    size_t used = 0;
    out[0] = '\0';
    for (uint64_t count = below(world, 8) + 1; count > 0; count--) {
        const char *piece = pieces[below(world, sizeof(pieces) / sizeof(pieces[0]))];
        if (used + strlen(piece) < size)
            used += (size_t)snprintf(out + used, size - used, "%s", piece);
    }
}

static void store_begin(struct world *world)
{
    assert_ok(db_sql(world->store->db)->v->begin(db_sql(world->store->db)));
}

static void store_commit(struct world *world)
{
    assert_ok(db_sql(world->store->db)->v->commit(db_sql(world->store->db)));
    assert_ok(db_sql(world->store->db)->v->maintain(db_sql(world->store->db), false));
    if (world->search != NULL)
        search_wake(world->search);
}

static void grow(struct world *world, int64_t count)
{
    store_begin(world);
    for (; count > 0; count--) {
        struct known *known = &world->messages[++world->head];
        int64_t chat = (int64_t)(below(world, CHATS) * below(world, CHATS) / CHATS);
        *known = (struct known){ .chat = 1000 + chat,
                                 .seq = ++world->seqs[chat],
                                 .sender = (int64_t)below(world, 5) + 1,
                                 .type = below(world, 20) == 0 ? MESSAGE_TYPE_NOTICE : (int64_t)below(world, 3) + 1,
                                 .created_ms = NOW + world->head * 1000,
                                 .there = true };
        content_make(world, known->content, sizeof(known->content));
        struct message message = { .id = world->head,
                                   .chat = known->chat,
                                   .seq = known->seq,
                                   .sender = known->sender,
                                   .type = known->type,
                                   .created_ms = known->created_ms,
                                   .content = str_from(known->content) };
        assert_ok(message_insert(world->store->db, &message));
    }
    store_commit(world);
}

static void set_content(struct world *world, int64_t id, int64_t state, const char *content)
{
    char text[512];
    snprintf(text, sizeof(text), "UPDATE message SET state = %lld, content = '%s' WHERE id = %lld", (long long)state,
             content, (long long)id);
    store_run(world->store, text);
}

static void mutate(struct world *world, int64_t cmd, const struct known *known, const char *seqs)
{
    struct mutation mutation = { .chat = known->chat,
                                 .mver = ++world->mver,
                                 .cmd = cmd,
                                 .seq = known->seq,
                                 .actor = known->sender,
                                 .created_ms = NOW,
                                 .seqs = str_from(seqs) };
    assert_ok(mutation_insert(world->store->db, &mutation));
}

/* Recalls, edits, deletions of several at once, and changes that do not concern the text. */
static void change(struct world *world, int64_t count)
{
    store_begin(world);
    for (; count > 0; count--) {
        int64_t id = (int64_t)below(world, (uint64_t)world->head) + 1;
        struct known *known = &world->messages[id];
        int64_t cmd = (int64_t)below(world, 5) + 24;
        char seqs[64];
        snprintf(seqs, sizeof(seqs), "[%lld]", (long long)known->seq);
        if (!known->there && cmd < 27)
            continue;
        if (cmd == 24 || cmd == 26) {
            known->there = false;
            set_content(world, id, cmd == 24 ? MESSAGE_RECALLED : MESSAGE_DELETED, "");
        } else if (cmd == 25) {
            content_make(world, known->content, sizeof(known->content));
            set_content(world, id, MESSAGE_THERE, known->content);
        }
        mutate(world, cmd, known, cmd == 26 ? seqs : NULL);
    }
    store_commit(world);
}

static void search_follows(struct world *world)
{
    int64_t end_ms = clock_mono_ms() + 60000;
    struct search_stats stats;
    do {
        usleep(2000);
        search_stats(world->search, &stats);
        assert_true(clock_mono_ms() < end_ms);
    } while (stats.last != world->head || stats.mutation != world->mver);
}

static void search_begins(struct world *world)
{
    assert_ok(search_new(&world->store->place, world->path, &world->search));
}

struct looking {
    struct search_filter filter;
    struct terms terms;
    struct arena arena;
};

static void look_below(struct world *world, struct looking *looking, const char *query, int64_t head)
{
    *looking = (struct looking){ .filter = { .chats = &world->all,
                                             .type = -1,
                                             .end_ms = INT64_MAX,
                                             .below = INT64_MAX,
                                             .head = head,
                                             .deadline_us = INT64_MAX } };
    if (query != NULL)
        assert_ok(terms_parse(&looking->arena, str_from(query), &looking->terms));
    looking->filter.links = query == NULL;
    looking->filter.terms = &looking->terms;
}

static void look_for(struct world *world, struct looking *looking, const char *query)
{
    look_below(world, looking, query, world->head);
}

static bool is_found(struct world *world, struct looking *looking, int64_t id, struct buf *scratch)
{
    const struct known *known = &world->messages[id];
    const struct search_filter *filter = &looking->filter;
    return known->there && known->type != MESSAGE_TYPE_NOTICE && id < filter->below &&
           (filter->chat == 0 ? map_get(filter->chats, (uint64_t)known->chat) != NULL : known->chat == filter->chat) &&
           (filter->sender == 0 || known->sender == filter->sender) &&
           (filter->type < 0 || known->type == filter->type) && known->created_ms >= filter->begin_ms &&
           known->created_ms < filter->end_ms &&
           (!filter->links || link_shown(known->type, str_from(known->content))) &&
           terms_match(&looking->terms, str_from(known->content), scratch);
}

/* Every message that a scan finds is offered, newest first; what is offered beyond that is counted. */
static size_t found_as_by_a_scan(struct world *world, struct looking *looking)
{
    struct search_run *run;
    struct buf scratch = { 0 };
    enum search_step step = SEARCH_HIT;
    int64_t expected = world->head;
    int64_t last = INT64_MAX;
    int64_t id;
    size_t found = 0;
    size_t beyond = 0;
    assert_ok(search_begin(world->search, &looking->arena, &looking->filter, &run));
    for (;;) {
        assert_ok(search_next(run, &step, &id));
        if (step == SEARCH_PAUSED) {
            /* As a caller goes on: with a new run. */
            assert_true(id < looking->filter.below);
            search_end(&run);
            looking->filter.below = id;
            assert_ok(search_begin(world->search, &looking->arena, &looking->filter, &run));
            continue;
        }
        int64_t next = step == SEARCH_HIT ? id : 0;
        for (; expected > next; expected--) {
            if (is_found(world, looking, expected, &scratch))
                print_error("id %lld was missed: %s\n", (long long)expected, world->messages[expected].content);
            assert_false(is_found(world, looking, expected, &scratch));
        }
        if (step == SEARCH_END)
            break;
        assert_true(id < last && id >= 1 && id <= world->head);
        last = id;
        if (is_found(world, looking, id, &scratch))
            found++;
        else
            beyond++;
        expected = id - 1;
    }
    search_end(&run);
    buf_release(&scratch);
    /* Nearly all of what is offered is right, but for what the index has not seen, and bounds of time, which only
     * whole segments know. */
    bool timed = looking->filter.begin_ms != 0 || looking->filter.end_ms != INT64_MAX;
    assert_true(timed || beyond <= found + 300);
    return found;
}

static const char *const queries[] = { "架构",   "服务", "的",        "的的",      "微服务架构", "hel", "hello world",
                                       "x",      "xy",   "strasse",   "架构 v2",   "2026",       "カ",  "국",
                                       "москва", "e",    "test case", "设计 的 x", NULL }; /* links */

static size_t all_queries(struct world *world)
{
    size_t found = 0;
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        struct looking looking;
        look_for(world, &looking, queries[i]);
        if (below(world, 2) == 0)
            looking.filter.chat = 1000 + (int64_t)below(world, CHATS);
        if (below(world, 3) == 0)
            looking.filter.sender = (int64_t)below(world, 5) + 1;
        if (below(world, 3) == 0)
            looking.filter.type = (int64_t)below(world, 3) + 1;
        if (below(world, 4) == 0)
            looking.filter.links = true;
        if (below(world, 3) == 0)
            looking.filter.begin_ms = NOW + (int64_t)below(world, (uint64_t)world->head) * 1000;
        if (below(world, 3) == 0)
            looking.filter.end_ms = NOW + (int64_t)below(world, (uint64_t)world->head) * 1000;
        if (below(world, 3) == 0)
            looking.filter.below = (int64_t)below(world, (uint64_t)world->head) + 1;
        if (below(world, 3) == 0)
            looking.filter.deadline_us = 0; /* a segment at a time */
        found += found_as_by_a_scan(world, &looking);
        arena_release(&looking.arena);
        look_for(world, &looking, queries[i]);
        found += found_as_by_a_scan(world, &looking);
        arena_release(&looking.arena);
    }
    return found;
}

static void search_finds_what_a_scan_finds(void **state)
{
    struct world *world = *state;
    struct search_stats stats;
    world->seed = seed_take();
    grow(world, 10);
    search_begins(world);
    search_follows(world);
    all_queries(world);
    for (int round = 0; round < 6; round++) {
        grow(world, 3000);
        change(world, 60);
        search_follows(world);
        change(world, 60);
        search_follows(world);
        assert_true(all_queries(world) > 1000);
    }
    search_stats(world->search, &stats);
    assert_int_equal(2, stats.segments);
    assert_int_equal(0, stats.rebuilds);
}

static void what_the_index_has_not_seen_is_offered_too(void **state)
{
    struct world *world = *state;
    struct looking looking;
    world->seed = seed_take();
    search_begins(world);
    for (int round = 0; round < 20; round++) {
        grow(world, 12);
        look_for(world, &looking, "的");
        found_as_by_a_scan(world, &looking); /* at once */
        arena_release(&looking.arena);
    }
}

static void a_killed_index_catches_up(void **state)
{
    struct world *world = *state;
    world->seed = seed_take();
    grow(world, 9000);
    for (int round = 0; round < 8; round++) {
        grow(world, 1500);
        change(world, 40);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct search *search = NULL;
            if (search_new(&world->store->place, world->path, &search) == OK)
                pause();
            _exit(1);
        }
        usleep((useconds_t)below(world, 200000));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    search_begins(world);
    search_follows(world);
    assert_true(all_queries(world) > 1000);
}

static void wait_for_rebuilds(struct world *world, int64_t count)
{
    int64_t end_ms = clock_mono_ms() + 60000;
    struct search_stats stats;
    do {
        usleep(2000);
        search_stats(world->search, &stats);
        assert_true(clock_mono_ms() < end_ms);
    } while (stats.rebuilds < count);
}

static void an_operator_has_it_built_anew(void **state)
{
    struct world *world = *state;
    struct search_stats stats;
    world->seed = seed_take();
    grow(world, 9000);
    search_begins(world);
    search_follows(world);
    assert_ok(search_rebuild(world->store->db));
    search_wake(world->search);
    wait_for_rebuilds(world, 1);
    search_follows(world);
    assert_true(all_queries(world) > 1000);
    search_stats(world->search, &stats);
    assert_int_equal(1, stats.rebuilds);
    /* Also while nobody is there to see it. */
    search_free(&world->search);
    assert_ok(search_rebuild(world->store->db));
    search_begins(world);
    search_follows(world);
    search_stats(world->search, &stats);
    assert_int_equal(1, stats.segments);
    assert_true(all_queries(world) > 1000);
}

static void a_damaged_file_is_built_anew(void **state)
{
    struct world *world = *state;
    struct buf bytes = { 0 };
    world->seed = seed_take();
    grow(world, 9000);
    search_begins(world);
    search_follows(world);
    search_free(&world->search);
    assert_ok(file_read(world->path, 1 << 26, &bytes));
    assert_true(bytes.size > 100000);
    /* Pages in the middle, which opening does not look at. */
    for (size_t at = 40960; at < bytes.size; at++)
        bytes.ptr[at] = (char)seed_next(&world->seed);
    assert_ok(file_write_atomic(world->path, buf_str(&bytes), 0600));
    buf_release(&bytes);
    search_begins(world);
    search_follows(world);
    /* Whoever runs into it gets an error, and it is repaired. */
    int64_t end_ms = clock_mono_ms() + 60000;
    struct looking looking;
    enum err err;
    bool refused = false;
    do {
        struct search_run *run = NULL;
        enum search_step step = SEARCH_HIT;
        int64_t id;
        look_for(world, &looking, "架构");
        err = search_begin(world->search, &looking.arena, &looking.filter, &run);
        while (err == OK && step == SEARCH_HIT)
            err = search_next(run, &step, &id);
        search_end(&run);
        arena_release(&looking.arena);
        refused |= err != OK;
        assert_true(err == OK || err == ERR_STORE);
        usleep(1000);
        assert_true(clock_mono_ms() < end_ms);
    } while (err != OK);
    assert_true(refused);
    search_follows(world);
    assert_true(all_queries(world) > 1000);
}

static void another_store_begins_anew(void **state)
{
    struct world *world = *state;
    struct search_stats stats;
    world->seed = seed_take();
    grow(world, 9000);
    search_begins(world);
    search_follows(world);
    search_free(&world->search);
    /* As after a restore: another epoch, less in the log, other texts. */
    store_run(world->store, "DELETE FROM message WHERE id > 100");
    world->head = 100;
    assert_ok(meta_put(world->store->db, "epoch", STR("another")));
    search_begins(world);
    search_follows(world);
    search_stats(world->search, &stats);
    assert_int_equal(0, stats.segments);
    assert_true(all_queries(world) > 10);
    search_free(&world->search);
    /* And a log that ends before the index does, should the epoch say nothing. */
    grow(world, 9000);
    search_begins(world);
    search_follows(world);
    search_free(&world->search);
    store_run(world->store, "DELETE FROM message WHERE id > 200");
    world->head = 200;
    search_begins(world);
    search_follows(world);
    assert_true(all_queries(world) > 10);
}

static void an_index_that_cannot_be_opened_harms_nobody(void **state)
{
    struct world *world = *state;
    struct looking looking;
    world->seed = seed_take();
    grow(world, 100);
    assert_ok(search_new(&world->store->place, "/nowhere/at/all/search.db", &world->search));
    usleep(50000);
    look_for(world, &looking, "的");
    assert_true(found_as_by_a_scan(world, &looking) > 10); /* few enough to look at each */
    arena_release(&looking.arena);
}

struct reading_thread {
    struct world *world;
    atomic_bool stop;
    atomic_size_t searches;
};

static void *read_on(void *context)
{
    struct reading_thread *reading = context;
    while (!atomic_load(&reading->stop)) {
        struct looking looking;
        struct search_run *run = NULL;
        enum search_step step = SEARCH_HIT;
        int64_t id;
        int64_t last = INT64_MAX;
        look_below(reading->world, &looking, "架构", 0);
        if (search_begin(reading->world->search, &looking.arena, &looking.filter, &run) == OK) {
            while (search_next(run, &step, &id) == OK && step == SEARCH_HIT) {
                if (id >= last)
                    abort();
                last = id;
            }
            atomic_fetch_add(&reading->searches, 1);
        }
        search_end(&run);
        arena_release(&looking.arena);
    }
    return NULL;
}

static void searches_run_while_the_index_grows(void **state)
{
    struct world *world = *state;
    struct reading_thread reading = { .world = world };
    pthread_t threads[2];
    world->seed = seed_take();
    grow(world, 10);
    search_begins(world);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(0, pthread_create(&threads[i], NULL, read_on, &reading));
    for (int round = 0; round < 6; round++) {
        grow(world, 3000);
        change(world, 50);
        if (round % 3 == 2) {
            assert_ok(search_rebuild(world->store->db));
            search_wake(world->search);
            wait_for_rebuilds(world, 1 + round / 3); /* Until then it takes itself for complete. */
        }
        search_follows(world);
    }
    atomic_store(&reading.stop, true);
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_true(atomic_load(&reading.searches) > 10);
    search_follows(world);
    assert_true(all_queries(world) > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with(search_finds_what_a_scan_finds),
        with(what_the_index_has_not_seen_is_offered_too),
        with(a_killed_index_catches_up),
        with(an_operator_has_it_built_anew),
        with(a_damaged_file_is_built_anew),
        with(another_store_begins_anew),
        with(an_index_that_cannot_be_opened_harms_nobody),
        with(searches_run_while_the_index_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
