/* Copying a store: what is listed to be copied is all there is. (test/mysql/test_migrate.py copies.) */
#include "store_fixture.h"

#include <stdio.h>

#include "store/copy_private.h"

/* A list of names as text with a comma before each. */
static bool is_listed(const char *list, struct str name)
{
    for (const char *at = list; at != NULL && *at != '\0';) {
        size_t size = strcspn(at, ",");
        if (size == name.size && memcmp(at, name.ptr, size) == 0)
            return true;
        at += size + strspn(at + size, ", ");
    }
    return false;
}

static const struct copy_table *table_named(struct str name)
{
    for (size_t i = 0; i < copy_table_count; i++)
        if (str_equal(name, str_from(copy_tables[i].name)))
            return &copy_tables[i];
    return NULL;
}

static void every_table_and_column_is_copied(void **state)
{
    struct store *store = *state;
    struct sql *sql = db_sql(store->db);
    struct sql_stmt *stmt = NULL;
    bool row = false;
    size_t columns = 0, listed = 0;
    assert_ok(sql->v->prepare(sql,
                              "SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c"
                              " WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'",
                              &stmt));
    for (assert_ok(sql->v->step(stmt, &row)); row; assert_ok(sql->v->step(stmt, &row))) {
        struct str table_name = sql->v->column_text(stmt, 0), column = sql->v->column_text(stmt, 1);
        const struct copy_table *table = table_named(table_name);
        columns++;
        if (table == NULL || is_listed(table->numbers, column) == is_listed(table->bytes, column))
            fail_msg("%.*s.%.*s", (int)table_name.size, table_name.ptr, (int)column.size, column.ptr);
    }
    sql->v->finish(stmt);
    for (size_t i = 0; i < copy_table_count; i++) {
        bool extra = copy_tables[i].extra != NULL; /* two columns that only MySQL has */
        listed += copy_column_count(&copy_tables[i]) - (extra ? 2 : 0);
    }
    assert_int_equal(columns, listed);
}

int main(void)
{
    const struct CMUnitTest tests[] = { test(every_table_and_column_is_copied) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
