/* What health.h promises: alive from the start, ready as soon as counts are known, and the reason
 * when they are not. */
#include "base/clock.h"
#include "running.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_text(const struct running *r, const char *path, int status, const char *body)
{
    struct answer a, head;
    char request[128];
    (void)snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\n" HOST "\r\n", path);
    running_ask(r, request, &a);
    assert_int_equal(a.status, status);
    assert_string_equal(a.body, body);
    assert_string_equal(answer_field(&a, "Content-Type"), "text/plain; charset=utf-8");
    assert_string_equal(answer_field(&a, "Cache-Control"), "no-store");
    assert_string_equal(answer_field(&a, "X-Content-Type-Options"), "nosniff");
    (void)snprintf(request, sizeof(request), "HEAD %s HTTP/1.1\r\n" HOST "\r\n", path);
    running_ask(r, request, &head);
    assert_int_equal(head.status, status);
    assert_int_equal(strtol(answer_field(&head, "Content-Length"), NULL, 10), a.body_len);
}

static void it_is_alive_from_the_start(void **state)
{
    assert_text(*state, "/livez", 200, "ok\n");
}

static void it_is_not_ready_before_the_first_load(void **state)
{
    struct running *r = *state;
    assert_text(r, "/readyz", 503, "not ready\n");
    assert_text(r, "/readyz?verbose", 503,
                "[-]feed failed: starting\n[+]server ok\nreadyz check failed\n");
}

static void it_says_why_it_is_not_ready_in_one_line(void **state)
{
    struct running *r = *state;
    (void)counts_set_status(r->counts, COUNTS_UNKNOWN, "waiting", "no table feedback\nrun this",
                            clock_ms());
    assert_text(r, "/readyz?verbose", 503,
                "[-]feed failed: waiting: no table feedback run this\n[+]server ok\n"
                "readyz check failed\n");
}

static void it_is_ready_when_counts_are_live(void **state)
{
    struct running *r = *state;
    running_publish(r, TENANT, running_numbers, 0x2A);
    assert_text(r, "/readyz", 200, "ok\n");
    assert_text(r, "/readyz?verbose=1", 200,
                "[+]feed ok: live, as of 1-0/2A\n[+]server ok\nreadyz check passed\n");
}

static void it_is_ready_and_says_so_when_counts_are_stale(void **state)
{
    struct running *r = *state;
    struct answer a;
    running_publish(r, TENANT, running_numbers, 0x2A);
    (void)counts_set_status(r->counts, COUNTS_STALE, "waiting", "locked", clock_ms() - 3200);
    assert_text(r, "/readyz", 200, "ok\n");
    running_ask(r, "GET /readyz?verbose HTTP/1.1\r\n" HOST "\r\n", &a);
    assert_int_equal(a.status, 200);
    static const char front[] = "[+]feed ok: waiting, stale for ";
    assert_memory_equal(a.body, front, sizeof(front) - 1);
    assert_in_range(strtol(a.body + sizeof(front) - 1, NULL, 10), 3, 3 + CLIENT_PATIENCE_S);
    assert_non_null(
        strstr(a.body, " s, as of 1-0/2A: locked\n[+]server ok\nreadyz check passed\n"));
}

static void every_state_of_a_feed_is_shown_whole(void **state)
{
    struct running *r = *state;
    static const char state_text[] = "waiting for a replication slot."; /* as long as one may be */
    assert_int_equal(sizeof(state_text), COUNTS_STATE_BYTES_MAX);
    (void)counts_set_status(r->counts, COUNTS_UNKNOWN, state_text, "all 10 are in use", 0);
    assert_text(r, "/readyz?verbose", 503,
                "[-]feed failed: waiting for a replication slot.: all 10 are in use\n"
                "[+]server ok\nreadyz check failed\n");
    running_publish(r, TENANT, running_numbers, 0x1000000002A);
    (void)counts_set_status(r->counts, COUNTS_LIVE, "polling", "every 5 s", 0);
    assert_text(r, "/readyz?verbose", 200,
                "[+]feed ok: polling, as of 1-100/2A: every 5 s\n[+]server ok\n"
                "readyz check passed\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, running_setup_empty, running_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_alive_from_the_start),
        TEST(it_is_not_ready_before_the_first_load),
        TEST(it_says_why_it_is_not_ready_in_one_line),
        TEST(it_is_ready_when_counts_are_live),
        TEST(it_is_ready_and_says_so_when_counts_are_stale),
        TEST(every_state_of_a_feed_is_shown_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
