/* test_metrics.c: counters in Prometheus' text format. */
#include "unit.h"

#include "live/metrics.h"

static bool has(const struct buf *out, const char *line)
{
    return memmem(out->ptr, out->size, line, strlen(line)) != NULL;
}

static void counters_are_summed_over_the_loops(void **state)
{
    (void)state;
    struct metrics one = { 0 };
    struct metrics two = { 0 };
    struct metrics *loops[] = { &one, &two };
    struct buf out = { 0 };
    metric_add(&one, METRIC_WS_SESSIONS, 5);
    metric_add(&one, METRIC_WS_SESSIONS, -2);
    metric_add(&two, METRIC_WS_SESSIONS, 4);
    metric_set(&two, METRIC_HTTP_CONNECTIONS, 9);
    metric_set(&two, METRIC_HTTP_CONNECTIONS, 3);
    metric_add(&one, METRIC_MESSAGES_STORED, INT64_C(12345678901234));
    metrics_append(&out, loops, 2);
    assert_true(has(&out, "# TYPE im_ws_sessions gauge\nim_ws_sessions 7\n"));
    assert_true(has(&out, "\nim_http_connections 3\n"));
    assert_true(has(&out, "\nim_messages_stored_total 12345678901234\n"));
    buf_release(&out);
}

/* A gauge whose additions and removals happen on different loops. */
static void a_gauge_may_be_below_zero_on_one_loop(void **state)
{
    (void)state;
    struct metrics one = { 0 };
    struct metrics two = { 0 };
    struct metrics *loops[] = { &one, &two };
    struct buf out = { 0 };
    metric_add(&one, METRIC_WS_SESSIONS, 3);
    metric_add(&two, METRIC_WS_SESSIONS, -1);
    metrics_append(&out, loops, 2);
    assert_true(has(&out, "\nim_ws_sessions 2\n"));
    buf_release(&out);
}

static void every_counter_has_a_name_a_type_and_a_help(void **state)
{
    (void)state;
    struct metrics one = { 0 };
    struct metrics *loops[] = { &one };
    struct buf out = { 0 };
    unsigned lines = 0;
    metrics_append(&out, loops, 1);
    assert_null(memmem(out.ptr, out.size, "(null)", 6));
    for (size_t i = 0; i < out.size; i++)
        lines += out.ptr[i] == '\n';
    assert_int_equal(lines, 3 * METRICS_COUNT);
    buf_clear(&out);
    metric_line_append(&out, "im_x", "gauge", "Half.", 0.5);
    assert_str(buf_str(&out), STR("# HELP im_x Half.\n# TYPE im_x gauge\nim_x 0.5\n"));
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_are_summed_over_the_loops),
        cmocka_unit_test(a_gauge_may_be_below_zero_on_one_loop),
        cmocka_unit_test(every_counter_has_a_name_a_type_and_a_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
