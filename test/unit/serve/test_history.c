/* What history.h promises, with a clock that the test turns; and that the route gives it. */
#include "running.h"
#include "serve/history.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

/* 2026-11-24T20:30:00Z */
#define START INT64_C(1795552200000)

enum {
    STEP_S = 30,
    STEP = STEP_S * 1000
};

/* A history over counts with the built-in badges, of which the first counts source 0. */
struct rig {
    struct definitions *definitions;
    struct counts *counts;
    struct history *history;
    int64_t now;
};

static void rig_open(struct rig *g, uint64_t bytes_max, unsigned kept_s)
{
    const struct history_options o = {.bytes_max = bytes_max, .step_s = STEP_S, .kept_s = kept_s};
    *g = (struct rig){.definitions = definitions_builtin(), .counts = counts_new(SOURCES)};
    g->now = START;
    g->history = history_new(&o, g->counts, g->definitions, g->now);
}

static int start(void **state)
{
    static struct rig g;
    rig_open(&g, 1 << 20, 0);
    *state = &g;
    return 0;
}

static int end(void **state)
{
    struct rig *g = *state;
    history_free(g->history);
    counts_free(g->counts);
    definitions_free(g->definitions);
    return 0;
}

static struct uuid tenant_of(unsigned n)
{
    struct uuid id = {{0}};
    memcpy(&id, &n, sizeof(n));
    return id;
}

/* A commit that gives every source of the tenant this number, and counts that can be trusted so. */
static void publish(struct rig *g, unsigned tenant, uint64_t number, enum counts_trust trust)
{
    static uint64_t position;
    uint64_t numbers[SOURCES];
    struct uuid id = tenant_of(tenant);
    for (size_t i = 0; i < SOURCES; i++)
        numbers[i] = number;
    counts_begin(g->counts);
    counts_set(g->counts, &id, numbers);
    (void)counts_publish(g->counts, (struct as_of){1, ++position});
    (void)counts_set_status(g->counts, trust, "x", NULL, 0);
}

static void watch(struct rig *g, unsigned tenant)
{
    struct uuid id = tenant_of(tenant);
    history_watch(g->history, &id, g->now);
}

static void step(struct rig *g)
{
    g->now += STEP;
    history_sample(g->history, g->now);
}

/* The course of one badge, as "from [value,…]". */
static const char *course(struct rig *g, unsigned tenant, const char *badge)
{
    static char text[4096];
    struct uuid id = tenant_of(tenant);
    struct buffer out = {0};
    history_render(g->history, &id, g->now, &out);
    json_t *json = json_loadb(out.bytes, out.len, 0, NULL);
    assert_non_null(json);
    assert_int_equal(json_integer_value(json_object_get(json, "step_seconds")), STEP_S);
    const json_t *badges = json_object_get(json, "badges");
    assert_int_equal(json_object_size(badges), 6); /* those that count something */
    char *values = json_dumps(json_object_get(badges, badge), JSON_COMPACT | JSON_ENCODE_ANY);
    assert_non_null(values);
    (void)snprintf(text, sizeof(text), "%s %s", json_string_value(json_object_get(json, "from")),
                   values);
    free(values);
    json_decref(json);
    buffer_fini(&out);
    return text;
}

static size_t values_count(struct rig *g, unsigned tenant)
{
    const char *text = course(g, tenant, "feedback");
    size_t count = strstr(text, "[]") == NULL;
    for (; *text != '\0'; text++)
        count += *text == ',';
    return count;
}

static void a_tenant_nobody_watched_has_a_course_that_begins_with_the_next_step(void **state)
{
    struct rig *g = *state;
    publish(g, 1, 7, COUNTS_LIVE);
    assert_string_equal(course(g, 1, "feedback"), "2026-11-24T20:30:30Z []");
    step(g);
    assert_string_equal(course(g, 1, "feedback"), "2026-11-24T20:30:30Z [7]");
}

static void each_step_notes_the_numbers_of_that_moment(void **state)
{
    struct rig *g = *state;
    watch(g, 1);
    for (uint64_t n = 3; n < 6; n++) {
        publish(g, 1, n, COUNTS_LIVE);
        step(g);
    }
    publish(g, 1, 99, COUNTS_LIVE);
    assert_string_equal(course(g, 1, "feedback"), "2026-11-24T20:30:30Z [3,4,5]");
    /* the sum over its two sources */
    assert_string_equal(course(g, 1, "knowledge.crawlFailures"), "2026-11-24T20:30:30Z [6,8,10]");
    history_sample(g->history, g->now + STEP - 1);
    assert_string_equal(course(g, 1, "feedback"), "2026-11-24T20:30:30Z [3,4,5]");
}

static void what_is_stale_or_not_known_is_null(void **state)
{
    struct rig *g = *state;
    watch(g, 1);
    step(g); /* nothing was loaded */
    publish(g, 1, 0, COUNTS_LIVE);
    step(g);
    publish(g, 1, 2, COUNTS_STALE);
    step(g);
    publish(g, 1, 2, COUNTS_LIVE);
    step(g);
    assert_string_equal(course(g, 1, "feedback"), "2026-11-24T20:30:30Z [null,0,null,2]");
}

static void steps_that_were_left_out_are_null(void **state)
{
    struct rig *g = *state;
    watch(g, 1);
    publish(g, 1, 5, COUNTS_LIVE);
    step(g);
    g->now += 2 * STEP;
    step(g);
    assert_string_equal(course(g, 1, "feedback"), "2026-11-24T20:30:30Z [5,null,null,5]");
    g->now += 1000 * STEP;
    watch(g, 1);
    step(g);
    assert_int_equal(values_count(g, 1), HISTORY_POINTS);
    assert_null(strstr(course(g, 1, "feedback"), "5,"));
    assert_non_null(strstr(course(g, 1, "feedback"), ",5]"));
}

static void only_the_last_points_are_kept(void **state)
{
    struct rig *g = *state;
    watch(g, 1);
    for (uint64_t n = 1; n <= HISTORY_POINTS + 3; n++) {
        publish(g, 1, n, COUNTS_LIVE);
        step(g);
        watch(g, 1);
    }
    assert_int_equal(values_count(g, 1), HISTORY_POINTS);
    assert_memory_equal(course(g, 1, "feedback"), "2026-11-24T20:32:00Z [4,5,", 26);
    assert_non_null(strstr(course(g, 1, "feedback"), ",122,123]"));
}

static void who_is_not_asked_for_is_forgotten(void **state)
{
    struct rig *g = *state;
    watch(g, 1);
    watch(g, 2);
    for (int i = 0; i < HISTORY_POINTS; i++)
        step(g);
    assert_int_equal(history_tenants(g->history), 2);
    watch(g, 2);
    step(g);
    assert_int_equal(history_tenants(g->history), 1);
    assert_int_equal(values_count(g, 1), 0);
    assert_int_equal(values_count(g, 2), HISTORY_POINTS);
}

static void a_tenant_is_kept_as_long_as_its_streams_may_live(void **state)
{
    struct rig *g = *state;
    (void)end(state);
    rig_open(g, 1 << 20, 2 * HISTORY_POINTS * STEP_S);
    watch(g, 1);
    for (int i = 0; i < 2 * HISTORY_POINTS; i++)
        step(g);
    assert_int_equal(history_tenants(g->history), 1);
    step(g);
    step(g);
    assert_int_equal(history_tenants(g->history), 0);
}

static void the_one_asked_for_longest_ago_makes_room(void **state)
{
    struct rig *g = *state;
    (void)end(state);
    rig_open(g, 4 * 6200, 0);
    size_t max = history_tenants_max(g->history);
    assert_in_range(max, 3, 5);
    for (unsigned n = 0; n < max; n++)
        watch(g, n);
    step(g);
    watch(g, 0);
    watch(g, 1000);
    assert_int_equal(history_tenants(g->history), max);
    assert_int_equal(values_count(g, 0), 1);
    assert_int_equal(values_count(g, 1), 0); /* it was forgotten, and begins anew */
    for (unsigned n = 2000; n < 3000; n++)
        watch(g, n);
    assert_int_equal(history_tenants(g->history), max);
}

static void there_is_room_for_one_however_little_is_given(void **state)
{
    struct rig *g = *state;
    (void)end(state);
    rig_open(g, 1, 0);
    assert_int_equal(history_tenants_max(g->history), 1);
    watch(g, 1);
    watch(g, 2);
    publish(g, 2, 4, COUNTS_LIVE);
    step(g);
    assert_string_equal(course(g, 2, "feedback"), "2026-11-24T20:30:30Z [4]");
}

static void a_clock_that_is_set_back_begins_anew(void **state)
{
    struct rig *g = *state;
    watch(g, 1);
    publish(g, 1, 4, COUNTS_LIVE);
    step(g);
    step(g);
    g->now -= 1;
    history_sample(g->history, g->now); /* less than a step is nothing */
    assert_int_equal(values_count(g, 1), 2);
    g->now -= 3600 * 1000;
    history_sample(g->history, g->now);
    assert_string_equal(course(g, 1, "feedback"), "2026-11-24T19:30:30Z [4]");
    step(g);
    assert_string_equal(course(g, 1, "feedback"), "2026-11-24T19:30:30Z [4,4]");
}

static void tenants_have_their_own(void **state)
{
    struct rig *g = *state;
    for (unsigned n = 1; n < 100; n++) {
        watch(g, n);
        publish(g, n, n, COUNTS_LIVE);
    }
    step(g);
    char wanted[64];
    for (unsigned n = 1; n < 100; n++) {
        (void)snprintf(wanted, sizeof(wanted), "2026-11-24T20:30:30Z [%u]", n);
        assert_string_equal(course(g, n, "feedback"), wanted);
    }
}

/* ---- at once ---- */

enum {
    ROUNDS = 300
};

static void *ask_all(void *context)
{
    struct rig *g = context;
    struct buffer out = {0};
    for (unsigned n = 0; n < ROUNDS; n++) {
        struct uuid id = tenant_of(n % 7);
        history_watch(g->history, &id, START + (int64_t)n * STEP);
        history_render(g->history, &id, START + (int64_t)n * STEP, &out);
    }
    buffer_fini(&out);
    return NULL;
}

static void *sample_all(void *context)
{
    struct rig *g = context;
    for (unsigned n = 0; n < ROUNDS; n++)
        history_sample(g->history, START + (int64_t)n * STEP);
    return NULL;
}

static void threads_ask_and_note_at_once(void **state)
{
    struct rig *g = *state;
    pthread_t threads[4];
    (void)end(state);
    rig_open(g, 4 * 6200, 0); /* so that tenants come and go */
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, i == 0 ? sample_all : ask_all, g), 0);
    for (uint64_t n = 0; n < ROUNDS; n++)
        publish(g, (unsigned)(n % 7), n, COUNTS_LIVE);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_in_range(history_tenants(g->history), 1, history_tenants_max(g->history));
}

static void the_route_answers_the_tenant_of_the_request(void **state)
{
    struct answer a;
    const char *path = "GET " BADGES "/history HTTP/1.1\r\n" HOST;
    char request[256];
    (void)snprintf(request, sizeof(request), "%sX-Tenant-Id: " TENANT "\r\n\r\n", path);
    running_ask(*state, request, &a);
    assert_int_equal(a.status, 200);
    assert_string_equal(answer_field(&a, "Content-Type"), "application/json");
    assert_string_equal(answer_field(&a, "Cache-Control"), "private, no-cache");
    assert_string_equal(answer_field(&a, "Vary"), "X-Tenant-Id");
    assert_non_null(strstr(a.body, "\"step_seconds\":30,\"badges\":{\"knowledge.sources\":["));
    (void)snprintf(request, sizeof(request), "%s\r\n", path);
    running_ask(*state, request, &a);
    assert_int_equal(a.status, 400);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_tenant_nobody_watched_has_a_course_that_begins_with_the_next_step),
        TEST(each_step_notes_the_numbers_of_that_moment),
        TEST(what_is_stale_or_not_known_is_null),
        TEST(steps_that_were_left_out_are_null),
        TEST(only_the_last_points_are_kept),
        TEST(who_is_not_asked_for_is_forgotten),
        TEST(a_tenant_is_kept_as_long_as_its_streams_may_live),
        TEST(the_one_asked_for_longest_ago_makes_room),
        TEST(there_is_room_for_one_however_little_is_given),
        TEST(a_clock_that_is_set_back_begins_anew),
        TEST(tenants_have_their_own),
        TEST(threads_ask_and_note_at_once),
        cmocka_unit_test_setup_teardown(the_route_answers_the_tenant_of_the_request, running_setup,
                                        running_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
