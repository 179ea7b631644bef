/* What postgres_publish.h promises: an as-of that never goes back, whatever answers at the address;
 * and a status that changes, and is logged, once for each change. */
#include "feed/postgres_publish.h"

#include "base/clock.h"
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct uuid tenant = {{1}};

struct fixture {
    struct counts *counts;
    struct publisher publisher;
};

static int set_up(void **state)
{
    static struct fixture f;
    log_quiet(true);
    f.counts = counts_new(1);
    publisher_init(&f.publisher, f.counts);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    counts_free(f->counts);
    return 0;
}

static void follow(struct fixture *f, uint64_t system, uint32_t timeline)
{
    struct error e;
    struct position at = {.system = system, .timeline = timeline};
    assert_int_equal(publisher_begin(&f->publisher, &at, &e), ERR_OK);
}

static void publish(struct fixture *f, uint64_t number, uint64_t position)
{
    counts_begin(f->counts);
    counts_set(f->counts, &tenant, &number);
    publisher_counted(&f->publisher, position + 1);
}

static void assert_as_of(struct fixture *f, const char *expected)
{
    struct counts_status status;
    char text[AS_OF_TEXT_BYTES];
    counts_status(f->counts, &status);
    as_of_format(status.as_of, text);
    assert_string_equal(text, expected);
}

static void assert_status(struct fixture *f, enum counts_trust trust, const char *name,
                          const char *reason)
{
    struct counts_status status;
    counts_status(f->counts, &status);
    assert_int_equal(status.trust, trust);
    assert_string_equal(status.state, name);
    assert_string_equal(status.reason, reason);
}

/* ---- as-of ---- */

static void the_as_of_is_the_servers_timeline_and_position(void **state)
{
    follow(*state, 7, 3);
    publish(*state, 1, 0x16B3748);
    assert_as_of(*state, "3-0/16B3748");
}

static void a_promoted_standby_goes_on_from_a_lower_position(void **state)
{
    follow(*state, 7, 1);
    publish(*state, 1, 0x5000);
    follow(*state, 7, 2);
    publish(*state, 2, 0x4000);
    assert_as_of(*state, "2-0/4000");
}

static void another_cluster_gets_a_timeline_above(void **state)
{
    follow(*state, 7, 4);
    publish(*state, 1, 0x5000);
    follow(*state, 8, 1);
    publish(*state, 2, 0x100);
    assert_as_of(*state, "5-0/100");
    publish(*state, 3, 0x200);
    assert_as_of(*state, "5-0/200");
}

static void a_cluster_put_back_from_a_copy_gets_a_timeline_above(void **state)
{
    follow(*state, 7, 1);
    publish(*state, 1, 0x5000);
    follow(*state, 7, 1);
    publish(*state, 2, 0x4000);
    assert_as_of(*state, "2-0/4000");
    follow(*state, 7, 2); /* and is promoted later on */
    publish(*state, 2, 0x100);
    assert_as_of(*state, "3-0/100");
}

static void an_old_primary_is_refused(void **state)
{
    struct fixture *f = *state;
    struct error e;
    follow(f, 7, 2);
    publish(f, 1, 0x5000);
    struct position old = {.system = 7, .timeline = 1};
    assert_int_equal(publisher_begin(&f->publisher, &old, &e), ERR_PREFLIGHT);
    assert_non_null(strstr(e.message, "an old primary is back at this address"));
    assert_as_of(f, "2-0/5000");
}

static void a_standby_that_lags_is_waited_for(void **state)
{
    struct fixture *f = *state;
    struct error e;
    follow(f, 7, 1);
    publish(f, 1, 0x5000);
    struct position standby = {.system = 7, .timeline = 1, .wal_end = 0x4000, .is_standby = true};
    assert_int_equal(publisher_begin(&f->publisher, &standby, &e), ERR_NOT_READY);
    standby.wal_end = 0x5000;
    assert_int_equal(publisher_begin(&f->publisher, &standby, &e), ERR_OK);
    publisher_counted(&f->publisher, standby.wal_end);
    assert_as_of(f, "1-0/5000");
}

static void the_end_of_a_commit_is_sure_once_it_stood_there_a_count_ago(void **state)
{
    struct fixture *f = *state;
    follow(f, 7, 1);
    publisher_counted(&f->publisher, 0x5000);
    assert_as_of(f, "1-0/4FFF");
    publisher_counted(&f->publisher, 0x5000);
    assert_as_of(f, "1-0/5000");
    publisher_counted(&f->publisher, 0x5008);
    assert_as_of(f, "1-0/5007");
}

/* One that was followed stands where the stream ended, which is no other history. */
static void a_server_that_stands_where_it_was_published_keeps_its_timeline(void **state)
{
    struct fixture *f = *state;
    follow(f, 7, 1);
    publish(f, 1, 0x5000);
    publisher_counted(&f->publisher, 0x5000);
    assert_as_of(f, "1-0/5000");
}

/* ---- states ---- */

static void nothing_is_known_before_the_first_load(void **state)
{
    struct fixture *f = *state;
    publisher_enter(&f->publisher, PG_CONNECTING, "");
    assert_status(f, COUNTS_UNKNOWN, "connecting", "");
    publisher_enter(&f->publisher, PG_PREFLIGHT, "");
    assert_status(f, COUNTS_UNKNOWN, "preflight", "");
}

static void walk_to_live(struct fixture *f)
{
    publisher_enter(&f->publisher, PG_CONNECTING, "");
    publisher_enter(&f->publisher, PG_PREFLIGHT, "");
    publisher_enter(&f->publisher, PG_WAITING_FOR_SLOT, "");
    publisher_enter(&f->publisher, PG_LOADING, "");
    publisher_enter(&f->publisher, PG_CATCHING_UP, "");
    follow(f, 7, 1);
    publish(f, 1, 0x5000);
    publisher_enter(&f->publisher, PG_LIVE, "");
}

static void fail_life(struct fixture *f, enum err code, const char *message, bool is_news)
{
    struct error e;
    (void)error_set(&e, code, "%s", message);
    assert_int_equal(publisher_fail(&f->publisher, &e), is_news);
}

static void counts_outlive_their_connection_as_stale(void **state)
{
    struct fixture *f = *state;
    walk_to_live(f);
    assert_status(f, COUNTS_LIVE, "live", "");
    fail_life(f, ERR_UNAVAILABLE, "the connection was lost", true);
    assert_status(f, COUNTS_STALE, "rebuilding", "the connection was lost");
    publisher_enter(&f->publisher, PG_CONNECTING, "");
    assert_status(f, COUNTS_STALE, "connecting", "");
}

static void counts_of_a_table_that_is_gone_are_unknown(void **state)
{
    struct fixture *f = *state;
    walk_to_live(f);
    fail_life(f, ERR_SCHEMA, "table \"feedback\" is gone", true);
    assert_status(f, COUNTS_UNKNOWN, "rebuilding", "table \"feedback\" is gone");
}

static void a_failure_that_comes_again_is_told_once(void **state)
{
    struct fixture *f = *state;
    publisher_enter(&f->publisher, PG_CONNECTING, "");
    fail_life(f, ERR_UNAVAILABLE, "connection refused", true);
    for (int i = 0; i < 3; i++) {
        publisher_enter(&f->publisher, PG_CONNECTING, "");
        assert_status(f, COUNTS_UNKNOWN, "connecting", "connection refused");
        fail_life(f, ERR_UNAVAILABLE, "connection refused", false);
    }
    publisher_enter(&f->publisher, PG_CONNECTING, "");
    publisher_enter(&f->publisher, PG_PREFLIGHT, "");
    assert_status(f, COUNTS_UNKNOWN, "preflight", "");
}

static void another_failure_is_news(void **state)
{
    struct fixture *f = *state;
    publisher_enter(&f->publisher, PG_CONNECTING, "");
    publisher_enter(&f->publisher, PG_PREFLIGHT, "");
    fail_life(f, ERR_PREFLIGHT, "wal_level is replica", true);
    publisher_enter(&f->publisher, PG_CONNECTING, "");
    fail_life(f, ERR_UNAVAILABLE, "connection refused", true);
    assert_status(f, COUNTS_UNKNOWN, "connecting", "connection refused");
}

static void stale_counts_are_as_old_as_they_were_last_newest(void **state)
{
    struct fixture *f = *state;
    struct counts_status status;
    walk_to_live(f);
    f->publisher.fresh_ms = clock_ms() - 5000;
    publisher_enter(&f->publisher, PG_CATCHING_UP, "behind");
    counts_status(f->counts, &status);
    assert_true(clock_ms() - status.since_ms >= 5000);
}

static void every_state_has_a_name_and_an_end(void **state)
{
    (void)state;
    for (enum pg_state a = 0; a < PG_STATE__COUNT; a++) {
        assert_true(strlen(pg_state_name(a)) < COUNTS_STATE_BYTES_MAX);
        assert_true(pg_state_may_follow(a, a));
        assert_true(pg_state_may_follow(a, PG_STOPPED));
        assert_int_equal(pg_state_may_follow(PG_STOPPED, a), a == PG_STOPPED);
        if (a < PG_REBUILDING)
            assert_true(pg_state_may_follow(a, PG_REBUILDING));
    }
    assert_false(pg_state_may_follow(PG_CONNECTING, PG_LIVE));
    assert_false(pg_state_may_follow(PG_LOADING, PG_LIVE));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_as_of_is_the_servers_timeline_and_position),
        TEST(a_promoted_standby_goes_on_from_a_lower_position),
        TEST(another_cluster_gets_a_timeline_above),
        TEST(a_cluster_put_back_from_a_copy_gets_a_timeline_above),
        TEST(an_old_primary_is_refused),
        TEST(a_standby_that_lags_is_waited_for),
        TEST(the_end_of_a_commit_is_sure_once_it_stood_there_a_count_ago),
        TEST(a_server_that_stands_where_it_was_published_keeps_its_timeline),
        TEST(nothing_is_known_before_the_first_load),
        TEST(counts_outlive_their_connection_as_stale),
        TEST(counts_of_a_table_that_is_gone_are_unknown),
        TEST(a_failure_that_comes_again_is_told_once),
        TEST(another_failure_is_news),
        TEST(stale_counts_are_as_old_as_they_were_last_newest),
        TEST(every_state_has_a_name_and_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
