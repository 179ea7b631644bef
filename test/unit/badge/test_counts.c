/* Counts as one thread sees them: versions, as-of, status. test_counts_threads.c has the others. */
#include "badge/counts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "death.h"
#include "generate/random.h"

/* The counts themselves, for what waits in them. */
#include "badge/counts.c"

enum {
    SOURCES = 3
};

static struct uuid tenant(uint64_t n)
{
    struct uuid id = {{0x0b, 0x9d}};
    memcpy(id.bytes + 8, &n, sizeof(n));
    return id;
}

static void give(struct counts *c, uint64_t who, uint64_t a, uint64_t b, uint64_t d)
{
    struct uuid id = tenant(who);
    counts_set(c, &id, (const uint64_t[SOURCES]){a, b, d});
}

static uint64_t version(struct counts *c, uint64_t who)
{
    struct uuid id = tenant(who);
    return counts_version(c, &id);
}

static void assert_numbers(struct counts *c, uint64_t who, uint64_t a, uint64_t b, uint64_t d)
{
    struct uuid id = tenant(who);
    struct as_of as_of;
    int64_t since;
    uint64_t numbers[SOURCES + 1] = {7, 7, 7, 7};
    assert_int_not_equal(counts_read(c, &id, numbers, &as_of, &since), COUNTS_UNKNOWN);
    assert_memory_equal(numbers, ((const uint64_t[]){a, b, d, 7}), sizeof(numbers));
}

static size_t publish(struct counts *c, uint64_t position)
{
    return counts_publish(c, (struct as_of){1, position});
}

/* One that is trusted. */
static struct counts *live(void)
{
    struct counts *c = counts_new(SOURCES);
    assert_true(counts_set_status(c, COUNTS_LIVE, "live", "", 1));
    return c;
}

static void nothing_is_answered_before_it_is_known(void **state)
{
    (void)state;
    struct counts *c = counts_new(SOURCES);
    struct uuid id = tenant(1);
    struct counts_status status;
    uint64_t numbers[SOURCES] = {7, 7, 7};
    struct as_of as_of = {7, 7};
    int64_t since = 7;
    counts_status(c, &status);
    assert_int_equal(status.trust, COUNTS_UNKNOWN);
    assert_string_equal(status.state, "starting");
    assert_string_equal(status.reason, "");
    counts_begin(c);
    give(c, 1, 1, 2, 3);
    assert_int_equal(publish(c, 5), 1);
    assert_int_equal(counts_read(c, &id, numbers, &as_of, &since), COUNTS_UNKNOWN);
    assert_int_equal(numbers[0], 7);
    assert_int_equal(as_of.position, 7);
    assert_int_equal(since, 7);
    assert_true(counts_set_status(c, COUNTS_STALE, "loading", "why", 50));
    assert_int_equal(counts_read(c, &id, numbers, &as_of, &since), COUNTS_STALE);
    assert_int_equal(numbers[0], 1);
    assert_int_equal(as_of.position, 5);
    assert_int_equal(since, 50);
    assert_true(counts_set_status(c, COUNTS_UNKNOWN, "rebuilding", "why", 60));
    numbers[0] = 7;
    assert_int_equal(counts_read(c, &id, numbers, &as_of, &since), COUNTS_UNKNOWN);
    assert_int_equal(numbers[0], 7);
    counts_free(c);
    counts_free(NULL);
}

static void a_tenant_without_rows_has_zeros(void **state)
{
    (void)state;
    struct counts *c = live();
    assert_numbers(c, 1, 0, 0, 0);
    assert_int_equal(version(c, 1), 0);
    assert_int_equal(counts_tenants(c), 0); /* to ask about one does not add it */
    assert_int_equal(counts_sources(c), SOURCES);
    counts_free(c);
}

static void a_version_goes_up_with_a_difference_only(void **state)
{
    (void)state;
    struct counts *c = live();
    counts_begin(c);
    give(c, 1, 0, 0, 0); /* what it had without being known */
    give(c, 2, 1, 0, 0);
    assert_int_equal(publish(c, 1), 1);
    assert_int_equal(version(c, 1), 0);
    assert_int_equal(version(c, 2), 1);
    assert_int_equal(counts_tenants(c), 2);
    counts_begin(c);
    give(c, 2, 1, 0, 0);
    assert_int_equal(publish(c, 2), 0);
    assert_int_equal(version(c, 2), 1);
    counts_begin(c);
    give(c, 1, 0, 0, 9);
    give(c, 2, 1, 5, 0);
    assert_int_equal(publish(c, 3), 2);
    assert_int_equal(version(c, 1), 1);
    assert_int_equal(version(c, 2), 2);
    assert_numbers(c, 1, 0, 0, 9);
    assert_numbers(c, 2, 1, 5, 0);
    counts_begin(c);
    assert_int_equal(publish(c, 3), 0); /* nothing new, at the same boundary */
    counts_free(c);
}

static void those_not_set_since_begin_become_zero(void **state)
{
    (void)state;
    struct counts *c = live();
    counts_begin(c);
    give(c, 1, 1, 1, 1);
    give(c, 2, 2, 2, 2);
    give(c, 3, 0, 0, 0);
    assert_int_equal(publish(c, 1), 2);
    counts_begin(c);
    give(c, 2, 2, 2, 2);
    give(c, 4, 4, 0, 0);
    counts_zero_others(c);
    assert_int_equal(publish(c, 2), 2);
    assert_numbers(c, 1, 0, 0, 0);
    assert_int_equal(version(c, 1), 2);
    assert_numbers(c, 2, 2, 2, 2);
    assert_int_equal(version(c, 2), 1);
    assert_int_equal(version(c, 3), 0);
    assert_numbers(c, 4, 4, 0, 0);
    counts_begin(c);
    counts_zero_others(c);
    assert_int_equal(publish(c, 3), 2);
    assert_numbers(c, 2, 0, 0, 0);
    counts_free(c);
}

static void nothing_set_is_seen_before_it_is_published(void **state)
{
    (void)state;
    struct counts *c = live();
    counts_begin(c);
    give(c, 1, 1, 1, 1);
    assert_int_equal(publish(c, 1), 1);
    counts_begin(c);
    give(c, 1, 5, 5, 5);
    give(c, 2, 7, 7, 7);
    assert_numbers(c, 1, 1, 1, 1);
    assert_numbers(c, 2, 0, 0, 0);
    counts_begin(c); /* all over again: what was set is forgotten */
    give(c, 3, 9, 9, 9);
    assert_int_equal(publish(c, 2), 1);
    assert_numbers(c, 1, 1, 1, 1);
    assert_numbers(c, 2, 0, 0, 0);
    assert_numbers(c, 3, 9, 9, 9);
    assert_int_equal(version(c, 1), 1);
    assert_int_equal(version(c, 2), 0);
    counts_free(c);
}

static void the_last_of_what_was_set_is_published(void **state)
{
    (void)state;
    struct counts *c = live();
    counts_begin(c);
    give(c, 1, 1, 1, 1);
    give(c, 2, 2, 2, 2);
    give(c, 1, 3, 3, 3);
    assert_int_equal(publish(c, 1), 2);
    assert_numbers(c, 1, 3, 3, 3);
    assert_numbers(c, 2, 2, 2, 2);
    assert_int_equal(version(c, 1), 1);
    counts_begin(c);
    give(c, 1, 4, 4, 4);
    give(c, 2, 4, 4, 4);
    give(c, 1, 3, 3, 3); /* back to what it was */
    assert_int_equal(publish(c, 2), 1);
    assert_numbers(c, 1, 3, 3, 3);
    assert_int_equal(version(c, 1), 1);
    assert_int_equal(version(c, 2), 2);
    counts_free(c);
}

static void only_what_differs_waits_and_its_memory_is_given_back(void **state)
{
    (void)state;
    enum {
        TENANTS = 3000
    };
    struct counts *c = live();
    for (uint64_t round = 1; round <= 6; round++) {
        uint64_t step = round % 3 == 0 ? TENANTS / 10 : 1; /* few or all of them */
        counts_begin(c);
        for (uint64_t t = 0; t < TENANTS; t++)
            give(c, t, t % step == 0 ? round : round - 1, 0, 0);
        assert_int_equal(c->pending.count, TENANTS / step);
        assert_int_equal(publish(c, round), TENANTS / step);
        assert_true(c->pending.room <= PENDING_KEPT);
        counts_begin(c);
        for (uint64_t t = 0; t < TENANTS; t++)
            give(c, t, round, 0, 0);
        (void)publish(c, round);
        assert_numbers(c, TENANTS - 1, round, 0, 0);
    }
    counts_free(c);
}

static void many_tenants_keep_their_own_numbers(void **state)
{
    (void)state;
    enum {
        TENANTS = 1000
    };
    static uint64_t model[TENANTS][2]; /* its first number, and its version */
    struct random r = {4};
    struct counts *c = live();
    for (uint64_t round = 1; round <= 300; round++) {
        size_t changed = 0;
        bool is_seen[TENANTS] = {false};
        counts_begin(c);
        for (int i = 0; i < 40; i++) {
            uint64_t t = random_below(&r, TENANTS), n = random_below(&r, 4);
            if (is_seen[t])
                continue;
            is_seen[t] = true;
            changed += n != model[t][0];
            model[t][1] += n != model[t][0];
            model[t][0] = n;
            give(c, t, n, n * 10, n * 100);
        }
        assert_int_equal(publish(c, round), changed);
    }
    for (uint64_t t = 0; t < TENANTS; t++) {
        assert_numbers(c, t, model[t][0], model[t][0] * 10, model[t][0] * 100);
        assert_int_equal(version(c, t), model[t][1]);
    }
    counts_free(c);
}

static void without_a_source_there_are_still_tenants(void **state)
{
    (void)state;
    struct counts *c = counts_new(0);
    struct uuid id = tenant(1);
    uint64_t none = 7;
    struct as_of as_of;
    int64_t since;
    assert_true(counts_set_status(c, COUNTS_LIVE, "live", NULL, 1));
    counts_begin(c);
    counts_set(c, &id, &none);
    counts_zero_others(c);
    assert_int_equal(publish(c, 1), 0);
    assert_int_equal(counts_read(c, &id, &none, &as_of, &since), COUNTS_LIVE);
    assert_int_equal(none, 7);
    counts_free(c);
}

/* ---- as-of ---- */

static void publish_back(void *counts)
{
    counts_begin(counts);
    (void)counts_publish(counts, (struct as_of){2, 99});
}

static void publish_on_an_older_timeline(void *counts)
{
    counts_begin(counts);
    (void)counts_publish(counts, (struct as_of){1, UINT64_MAX});
}

static void as_of_never_goes_back(void **state)
{
    (void)state;
    struct counts *c = live();
    struct counts_status status;
    static const struct as_of forward[] = {{0, 0},          {0, 7}, {1, 1},
                                           {1, UINT64_MAX}, {2, 0}, {2, 100}};
    for (size_t i = 0; i < sizeof(forward) / sizeof(forward[0]); i++) {
        counts_begin(c);
        assert_int_equal(counts_publish(c, forward[i]), 0);
        counts_status(c, &status);
        assert_memory_equal(&status.as_of.timeline, &forward[i].timeline, sizeof(uint32_t));
        assert_true(status.as_of.position == forward[i].position);
    }
    assert_true(dies(publish_back, c));
    assert_true(dies(publish_on_an_older_timeline, c));
    assert_false(counts_set_status(c, COUNTS_LIVE, "live", "", 9)); /* which leaves it alone */
    counts_status(c, &status);
    assert_int_equal(status.as_of.position, 100);
    counts_free(c);
}

static void as_of_reads_as_timeline_and_two_halves(void **state)
{
    (void)state;
    static const struct {
        struct as_of as_of;
        const char *text;
    } texts[] = {{{0, 0}, "0-0/0"},
                 {{1, 0x16B3748}, "1-0/16B3748"},
                 {{2, 0x123456789ABCDEF0}, "2-12345678/9ABCDEF0"},
                 {{3, 0x100000000}, "3-1/0"},
                 {{UINT32_MAX, UINT64_MAX}, "4294967295-FFFFFFFF/FFFFFFFF"}};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char out[AS_OF_TEXT_BYTES];
        as_of_format(texts[i].as_of, out);
        assert_string_equal(out, texts[i].text);
        for (size_t j = 0; j < sizeof(texts) / sizeof(texts[0]); j++)
            assert_int_equal(as_of_compare(texts[i].as_of, texts[j].as_of), (i > j) - (i < j));
    }
}

/* ---- status ---- */

static void a_change_of_status_is_told_once(void **state)
{
    (void)state;
    struct counts *c = counts_new(SOURCES);
    static const struct {
        enum counts_trust trust;
        const char *state, *reason;
        bool is_change;
        int64_t since_ms; /* the row number times ten is when it was set */
    } steps[] = {
        {COUNTS_UNKNOWN, "starting", NULL, false, 0},
        {COUNTS_UNKNOWN, "starting", "", false, 0},
        {COUNTS_UNKNOWN, "loading", "", true, 0},
        {COUNTS_UNKNOWN, "loading", "a table is missing", true, 0},
        {COUNTS_UNKNOWN, "loading", "a table is missing", false, 0},
        {COUNTS_LIVE, "live", "", true, 50},
        {COUNTS_LIVE, "live", NULL, false, 50},
        {COUNTS_STALE, "live", "", true, 70},
        {COUNTS_STALE, "waiting", "the file is locked", true, 70},
        {COUNTS_STALE, "waiting", "the file is gone", true, 70},
        {COUNTS_LIVE, "waiting", "the file is gone", true, 100},
        {COUNTS_LIVE, "waiting", "", true, 100},
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct counts_status status;
        assert_int_equal(
            counts_set_status(c, steps[i].trust, steps[i].state, steps[i].reason, (int64_t)i * 10),
            steps[i].is_change);
        counts_status(c, &status);
        assert_int_equal(status.trust, steps[i].trust);
        assert_string_equal(status.state, steps[i].state);
        assert_string_equal(status.reason, steps[i].reason != NULL ? steps[i].reason : "");
        assert_int_equal(status.since_ms, steps[i].since_ms);
    }
    counts_free(c);
}

static void a_status_over_its_limit_is_cut_and_told_once(void **state)
{
    (void)state;
    struct counts *c = counts_new(SOURCES);
    struct counts_status status;
    char name[COUNTS_STATE_BYTES_MAX + 1], reason[COUNTS_REASON_BYTES_MAX + 1];
    memset(name, 's', sizeof(name) - 1);
    memset(reason, 'r', sizeof(reason) - 1);
    name[sizeof(name) - 1] = reason[sizeof(reason) - 1] = '\0';
    assert_true(counts_set_status(c, COUNTS_STALE, name, reason, 1));
    assert_false(counts_set_status(c, COUNTS_STALE, name, reason, 2));
    counts_status(c, &status);
    assert_int_equal(strlen(status.state), COUNTS_STATE_BYTES_MAX - 1);
    assert_int_equal(strlen(status.reason), COUNTS_REASON_BYTES_MAX - 1);
    counts_free(c);
}

/* ---- watchers ---- */

/* What a watcher was told last, and how often. */
struct told {
    struct counts_watcher watcher;
    int times;
    enum counts_trust trust;
    struct as_of as_of;
    size_t tenants_count;
    struct uuid tenants[4];
};

static void on_news(void *context, const struct counts_news *news)
{
    struct told *t = context;
    t->times++;
    t->trust = news->trust;
    t->as_of = news->as_of;
    t->tenants_count = news->tenants_count;
    for (size_t i = 0; i < news->tenants_count && i < 4; i++)
        t->tenants[i] = counts_news_tenant(news, i);
}

static void watch(struct counts *c, struct told *t)
{
    *t = (struct told){.watcher = {.on_news = on_news, .context = t}};
    counts_watch(c, &t->watcher);
}

static void a_watcher_is_told_whose_numbers_changed(void **state)
{
    (void)state;
    struct told t;
    struct counts *c = live();
    watch(c, &t);
    assert_int_equal(t.times, 0);
    counts_begin(c);
    give(c, 1, 1, 0, 0);
    give(c, 2, 0, 0, 0); /* as it was */
    give(c, 3, 3, 0, 0);
    give(c, 3, 0, 0, 0); /* and back */
    give(c, 4, 4, 0, 0);
    assert_int_equal(t.times, 0);
    assert_int_equal(publish(c, 9), 2);
    assert_int_equal(t.times, 1);
    assert_int_equal(t.trust, COUNTS_LIVE);
    assert_int_equal(t.as_of.position, 9);
    assert_int_equal(t.tenants_count, 2);
    struct uuid first = tenant(1), second = tenant(4);
    assert_memory_equal(&t.tenants[0], &first, sizeof(first));
    assert_memory_equal(&t.tenants[1], &second, sizeof(second));
    counts_begin(c);
    assert_int_equal(publish(c, 10), 0); /* an as-of alone */
    assert_int_equal(t.times, 2);
    assert_int_equal(t.as_of.position, 10);
    assert_int_equal(t.tenants_count, 0);
    counts_unwatch(c, &t.watcher);
    counts_free(c);
}

static void a_watcher_is_told_of_another_status(void **state)
{
    (void)state;
    struct told t;
    struct counts *c = live();
    counts_begin(c);
    (void)publish(c, 9);
    watch(c, &t);
    assert_true(counts_set_status(c, COUNTS_STALE, "rebuilding", "why", 2));
    assert_int_equal(t.times, 1);
    assert_int_equal(t.trust, COUNTS_STALE);
    assert_int_equal(t.as_of.position, 9);
    assert_int_equal(t.tenants_count, 0);
    assert_false(counts_set_status(c, COUNTS_STALE, "rebuilding", "why", 3));
    assert_int_equal(t.times, 1);
    counts_unwatch(c, &t.watcher);
    counts_free(c);
}

static void each_watcher_is_told_until_it_is_taken_off(void **state)
{
    (void)state;
    struct told one, two, three;
    struct counts *c = live();
    watch(c, &one);
    watch(c, &two);
    watch(c, &three);
    counts_unwatch(c, &two.watcher);
    counts_begin(c);
    (void)publish(c, 1);
    counts_unwatch(c, &three.watcher);
    counts_begin(c);
    (void)publish(c, 2);
    counts_unwatch(c, &one.watcher);
    counts_begin(c);
    (void)publish(c, 3);
    assert_int_equal(one.times, 2);
    assert_int_equal(two.times, 0);
    assert_int_equal(three.times, 1);
    counts_free(c);
}

static void the_as_of_is_read_whatever_the_trust(void **state)
{
    (void)state;
    struct as_of as_of;
    struct counts *c = counts_new(SOURCES);
    counts_begin(c);
    (void)publish(c, 9);
    assert_int_equal(counts_as_of(c, &as_of), COUNTS_UNKNOWN);
    assert_int_equal(as_of.position, 9);
    assert_true(counts_set_status(c, COUNTS_LIVE, "live", "", 1));
    assert_int_equal(counts_as_of(c, &as_of), COUNTS_LIVE);
    counts_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_answered_before_it_is_known),
        cmocka_unit_test(a_tenant_without_rows_has_zeros),
        cmocka_unit_test(a_version_goes_up_with_a_difference_only),
        cmocka_unit_test(those_not_set_since_begin_become_zero),
        cmocka_unit_test(nothing_set_is_seen_before_it_is_published),
        cmocka_unit_test(the_last_of_what_was_set_is_published),
        cmocka_unit_test(only_what_differs_waits_and_its_memory_is_given_back),
        cmocka_unit_test(many_tenants_keep_their_own_numbers),
        cmocka_unit_test(without_a_source_there_are_still_tenants),
        cmocka_unit_test(as_of_never_goes_back),
        cmocka_unit_test(as_of_reads_as_timeline_and_two_halves),
        cmocka_unit_test(a_change_of_status_is_told_once),
        cmocka_unit_test(a_status_over_its_limit_is_cut_and_told_once),
        cmocka_unit_test(a_watcher_is_told_whose_numbers_changed),
        cmocka_unit_test(a_watcher_is_told_of_another_status),
        cmocka_unit_test(each_watcher_is_told_until_it_is_taken_off),
        cmocka_unit_test(the_as_of_is_read_whatever_the_trust),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
