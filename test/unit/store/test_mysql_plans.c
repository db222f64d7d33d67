/* Every statement on a MySQL server, asked how it would run: none reads through a table that grows.
 * IM_TEST_STORE_URL names the server (test/mysql). */
#include "store_fixture.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/query.h"

/* They search for text within text, count all there is, or are an operator's. */
static const enum query may_scan[] = {
    QUERY_USER_SEARCH,    QUERY_GROUP_SEARCH,    QUERY_PACK_FIND,   QUERY_FILE_COUNT,         QUERY_UPLOAD_COUNT_ALL,
    QUERY_PACK_COUNT_ALL, QUERY_OBJECT_WANT_ALL, QUERY_INVITE_LIST, QUERY_REACTION_GONE_NEXT,
};

static bool may(enum query query)
{
    for (size_t i = 0; i < sizeof may_scan / sizeof *may_scan; i++)
        if (may_scan[i] == query)
            return true;
    return false;
}

/* The columns that hold text or bytes: what they are compared with must be text, or no index helps. */
static bool is_text(const char *column, size_t size)
{
    static const char *const names[] = { "email_key", "token_hash", "cid", "code", "fid", "name", "sha256", "emoji" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == size && memcmp(names[i], column, size) == 0)
            return true;
    return false;
}

/* The column before the operator that stands before this question mark. */
static bool compares_text(const char *text, const char *mark)
{
    const char *end = mark;
    while (end > text && strchr(" =<>", end[-1]) != NULL)
        end--;
    const char *begin = end;
    while (begin > text && (isalnum((unsigned char)begin[-1]) || begin[-1] == '_'))
        begin--;
    return end < mark && is_text(begin, (size_t)(end - begin));
}

static void parameters_bind(const struct sql_driver *v, struct sql_stmt *stmt, const char *text)
{
    int index = 0;
    for (const char *mark = strchr(text, '?'); mark != NULL; mark = strchr(mark + 1, '?')) {
        if (compares_text(text, mark))
            v->bind_text(stmt, ++index, STR("5"));
        else
            v->bind_i64(stmt, ++index, 5);
    }
}

/* Rows enough that reading all of them is never the better plan. */
static void tables_fill(struct store *store)
{
    static const char *const texts[] = {
        "INSERT INTO user (id, email, email_key, uname, password, created, deleted)"
        " SELECT n + 1, 'm' || n, 'm' || n, 'm', '', 1, 0 FROM (" NUMBERS ") i WHERE n < 20000",
        "INSERT INTO device (user, token_hash, created, used) SELECT n, 'h' || n, n, n FROM (" NUMBERS
        ") i WHERE n < 20000",
        "INSERT INTO contact (owner, peer, created) SELECT n % 2000, n, n FROM (" NUMBERS ") i WHERE n < 20000",
        "INSERT INTO chat (id, kind, name, owner, created) SELECT n, 11, 'g', n, n FROM (" NUMBERS
        ") i WHERE n < 20000",
        "INSERT INTO member (user, chat, role, joined_seq, created) SELECT n, n % 2000, n % 50 = 0, 1, n FROM (" NUMBERS
        ") i WHERE n < 20000",
        "INSERT INTO delivered (user, chat, device, seq) SELECT n, n % 2000, n, 1 FROM (" NUMBERS ") i WHERE n < 20000",
        "INSERT INTO message (id, chat, seq, sender, type, created, content, cid, digest) SELECT n, n % 500, n, n, 1, "
        "n, 'x',"
        " 'c' || n, 1 FROM (" NUMBERS ") i WHERE n < 50000",
        "INSERT INTO invite (code, uses_left, expires) SELECT 'c' || n, 1, n FROM (" NUMBERS ") i WHERE n < 20000",
        "INSERT INTO edition (message, content) SELECT n, 'x' FROM (" NUMBERS ") i WHERE n < 20000",
        "INSERT INTO mutation (chat, mver, cmd, seq, actor, created, turned_on) SELECT n % 500, n, 24, n, n, n, 0 FROM "
        "(" NUMBERS ") i WHERE n < 20000",
        "INSERT INTO reaction (chat, seq, emoji, user, mver) SELECT n % 500, n % 50, n % 5, n, n FROM (" NUMBERS
        ") i WHERE n < 20000",
        "INSERT INTO reaction_kind (chat, seq, emoji, mver, users) SELECT n % 500, n, 'e', n, 1 FROM (" NUMBERS
        ") i WHERE n < 20000",
        "INSERT INTO pin (chat, seq, actor, created) SELECT n % 500, n, 1, n FROM (" NUMBERS ") i WHERE n < 20000",
        "INSERT INTO mention (user, chat, seq) SELECT n % 500, n % 50, n FROM (" NUMBERS ") i WHERE n < 20000",
        "INSERT INTO hidden (user, chat, seq, pver) SELECT n % 500, n % 50, n, n FROM (" NUMBERS ") i WHERE n < 20000",
        "INSERT INTO applicant (chat, user, created) SELECT n % 500, n, n FROM (" NUMBERS ") i WHERE n < 20000",
        "INSERT INTO block (owner, peer, created) SELECT n % 500, n, n FROM (" NUMBERS ") i WHERE n < 20000",
        "INSERT INTO contact_request (sender, receiver, state, created, changed) SELECT n % 500, n, 0, n, n FROM "
        "(" NUMBERS ") i WHERE n < 20000",
        "INSERT INTO device_name (user, name, login, created, used) SELECT n % 5000, 'd' || n, n, n, n FROM (" NUMBERS
        ") i WHERE n < 20000",
        "INSERT INTO device_cursor (user, device, chat, seq, mver) SELECT n % 500, n % 5, n, n, n FROM (" NUMBERS
        ") i WHERE n < 20000",
        "INSERT INTO file (fid, owner, size, kind, mime, name, sha256, width, height, created, refs, expires) SELECT "
        "'f' || n,"
        " n % 500, 1, 1, 'm', 'n', 's' || n, 1, 1, n, 1, n FROM (" NUMBERS ") i WHERE n < 20000",
        "INSERT INTO file_ref (chat, seq, file) SELECT n % 500, n, n FROM (" NUMBERS ") i WHERE n < 20000",
        "INSERT INTO upload (fid, owner, sha256, size, name, part_size, parts, expires) SELECT 'f' || n, n, 's' || n, "
        "1, 'n', 1,"
        " '', n FROM (" NUMBERS ") i WHERE n < 20000",
        "INSERT INTO object (fid, name, state, forms, size, due) SELECT 'f' || n, 'n' || n, CASE WHEN n % 1000 = 0 "
        "THEN 0 ELSE 2"
        " END, 0, 1, 0 FROM (" NUMBERS ") i WHERE n < 20000",
        "INSERT INTO sticker_pack (owner, name, icon, shared, created) SELECT n, 'p', n + 1, 0, n FROM (" NUMBERS
        ") i WHERE n < 20000",
        "INSERT INTO sticker (pack, place, name, file) SELECT n, 1, 's', n + 1 FROM (" NUMBERS ") i WHERE n < 20000",
        "INSERT INTO user_pack (user, pack, place) SELECT n % 500, n, n FROM (" NUMBERS ") i WHERE n < 20000",
        "ANALYZE TABLE user, device, contact, chat, member, delivered, message, edition, mutation, reaction, "
        "reaction_kind, pin,"
        " mention, hidden, applicant, block, contact_request, device_name, device_cursor, file, file_ref, upload, "
        "object,"
        " sticker_pack, sticker, user_pack",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        store_run(store, texts[i]);
}

static bool word_in(struct str text, const char *word)
{
    return text.ptr != NULL && text.size > 0 && memmem(text.ptr, text.size, word, strlen(word)) != NULL;
}

/* table, type, key, rows, Extra of EXPLAIN: whether that reads through a table. Derived tables and unions have none. */
static bool step_scans(struct str table, struct str type, int64_t rows)
{
    bool real = table.ptr != NULL && table.size > 1 && table.ptr[0] != '<';
    return real && rows > 1000 && (str_equal(type, STR("ALL")) || str_equal(type, STR("index")));
}

static bool plan_scans(struct store *store, const char *text)
{
    const struct sql_driver *v = db_sql(store->db)->v;
    struct sql_stmt *stmt = NULL;
    bool row = false;
    bool scans = false;
    char explain[3000];
    snprintf(explain, sizeof explain, "EXPLAIN %s", text);
    assert_ok(v->prepare(db_sql(store->db), explain, &stmt));
    parameters_bind(v, stmt, explain);
    enum err err = v->step(stmt, &row);
    if (err != OK)
        fail_msg("%s", text);
    for (; row; assert_ok(v->step(stmt, &row))) {
        struct str table = v->column_text(stmt, 2), type = v->column_text(stmt, 3), key = v->column_text(stmt, 5);
        int64_t rows = v->column_i64(stmt, 8);
        struct str extra = v->column_text(stmt, 9);
        bool bad = step_scans(table, type, rows);
        scans = scans || bad;
        if (bad || word_in(extra, "filesort") || word_in(extra, "temporary") || getenv("IM_PLANS") != NULL)
            printf("%c %.*s %.*s %.*s %lld %.*s | %.60s\n", bad ? '!' : ' ', (int)table.size, table.ptr, (int)type.size,
                   type.ptr, (int)key.size, key.ptr == NULL ? "" : key.ptr, (long long)rows, (int)extra.size,
                   extra.ptr == NULL ? "" : extra.ptr, text);
    }
    v->finish(stmt);
    return scans;
}

static void no_statement_reads_through_a_table_that_grows(void **state)
{
    struct store *store = *state;
    size_t bad = 0;
    tables_fill(store);
    for (enum query query = 0; query < QUERIES; query++) {
        const char *text = query_text[query][SQL_DIALECT_MYSQL];
        if (text == NULL)
            text = query_text[query][0];
        if (text != NULL)
            bad += plan_scans(store, text) && !may(query);
    }
    assert_int_equal(0, bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = { test(no_statement_reads_through_a_table_that_grows) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
