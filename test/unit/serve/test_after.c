/* ?after=AS-OF: what reads its own write, over real sockets. What is published when, the test says;
 * that a request waits is told from /readyz being answered while it is not. */
#include "base/clock.h"
#include "running.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GET(after)  "GET " BADGES "?" after " HTTP/1.1\r\n" HOST "X-Tenant-Id: " TENANT "\r\n\r\n"
#define HEAD(after) "HEAD " BADGES "?" after " HTTP/1.1\r\n" HOST "X-Tenant-Id: " TENANT "\r\n\r\n"
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

enum {
    LONG_MS = 60 * 1000, /* longer than any of this takes: what ends such a wait is not its time */
    SHORT_MS = 100,
};

static const uint64_t others[SOURCES] = {6, 5, 4, 3, 2, 1};

static struct running *start(struct server_options o)
{
    static struct running r;
    if (o.after_ms == 0)
        o.after_ms = LONG_MS;
    running_start(&r, o);
    running_publish(&r, TENANT, running_numbers, 0x10);
    return &r;
}

static int start_long(void **state)
{
    *state = start((struct server_options){0});
    return 0;
}

static int start_short(void **state)
{
    *state = start((struct server_options){.after_ms = SHORT_MS});
    return 0;
}

/* A request on a connection of its own that has begun to wait by the time this returns: one that is
 * not to wait would have been answered before the request behind it on the same thread was. With
 * more than one thread it may come to wait later, which no test here depends on. */
static struct client *ask(const struct running *r, const char *request)
{
    struct client *c = client_open(r->port);
    struct answer a;
    assert_true(client_puts(c, request));
    running_ask(r, "GET /livez HTTP/1.1\r\n" HOST "\r\n", &a);
    assert_int_equal(a.status, 200);
    return c;
}

static void assert_answer(struct client *c, int status, const char *as_of)
{
    struct answer a;
    client_read(c, &a);
    assert_int_equal(a.status, status);
    assert_string_equal(answer_field(&a, "Badged-As-Of"), as_of);
}

static void assert_problem(const struct answer *a, int status, const char *type, const char *title,
                           const char *detail)
{
    char expected[2048];
    (void)snprintf(expected, sizeof(expected),
                   "{\"type\":\"https://badged.dev/problems/%s\",\"title\":\"%s\",\"status\":%d,"
                   "\"detail\":\"%s\"}\n",
                   type, title, status, detail);
    assert_int_equal(a->status, status);
    assert_string_equal(answer_field(a, "Content-Type"), "application/problem+json");
    assert_string_equal(answer_field(a, "Cache-Control"), "no-store");
    assert_string_equal(a->body, expected);
}

/* ---- what needs no wait ---- */

static void what_is_there_already_is_answered_at_once(void **state)
{
    static const char *const requests[] = {
        GET("after=1-0/10"),     GET("after=1-0/F"),        GET("after=0-0/10"), GET("after=0/10"),
        GET("after=1-0%2F10"),   GET("after=1%2D0%2f10"),   GET("after=0/a"),    GET("after=0/0"),
        GET("x&after=1-0/10&y"), GET("%61fter=1-0%2F1%30"), GET("afterwards="),  GET("before=x"),
    };
    for (size_t i = 0; i < COUNT(requests); i++) {
        struct client *c = client_open(((struct running *)*state)->port);
        assert_true(client_puts(c, requests[i]));
        assert_answer(c, 200, "1-0/10");
        client_close(c);
    }
}

static void an_after_that_is_none_is_refused(void **state)
{
    static const char *const requests[] = {
        GET("after"),
        GET("after="),
        GET("after=x"),
        GET("after=1-0/G"),
        GET("after=1-0"),
        GET("after=1-0/10%00"),
        GET("after=1-0/10+"),
        GET("after=%201-0/10"),
        GET("after=1-0/10/"),
        GET("after=-1-0/10"),
        GET("after=00000000000000000000000000001-0/10"),
        GET("after=1-0/10,1-0/10"),
        GET("after=1-000000000/000000000000000000000000000000"),
    };
    struct answer a;
    for (size_t i = 0; i < COUNT(requests); i++) {
        running_ask(*state, requests[i], &a);
        assert_problem(&a, 400, "bad-request", "Malformed request",
                       "the parameter after is no as-of: send one as Badged-As-Of has it, such as "
                       "1-0/16B3748, or the position alone");
    }
    static const char *const twice[] = {GET("after=1-0/1&after=1-0/1"), GET("after&after=1-0/1"),
                                        GET("after=1-0/1&x&%61fter=")};
    for (size_t i = 0; i < COUNT(twice); i++) {
        running_ask(*state, twice[i], &a);
        assert_problem(&a, 400, "bad-request", "Malformed request",
                       "the query has the parameter after more than once");
    }
}

static void other_paths_know_no_after(void **state)
{
    struct answer a;
    running_ask(*state, "GET /livez?after=x&after HTTP/1.1\r\n" HOST "\r\n", &a);
    assert_int_equal(a.status, 200);
    running_ask(*state, "GET /nothing?after=1-0/FF HTTP/1.1\r\n" HOST "\r\n", &a);
    assert_int_equal(a.status, 404);
    running_ask(*state, "POST " BADGES "?after=1-0/FF HTTP/1.1\r\n" HOST "\r\n", &a);
    assert_int_equal(a.status, 405);
}

static void unknown_counts_are_answered_at_once(void **state)
{
    struct running *r = *state;
    struct answer a;
    (void)counts_set_status(r->counts, COUNTS_UNKNOWN, "preflight", "no table feedback", 0);
    running_ask(r, GET("after=1-0/11"), &a);
    assert_problem(&a, 503, "not-ready", "Counts are not known yet", "no table feedback");
    assert_string_equal(answer_field(&a, "Retry-After"), "1");
}

static void without_a_time_to_wait_it_is_answered_at_once(void **state)
{
    (void)state;
    struct running r;
    struct answer a;
    running_start(&r, (struct server_options){.threads = 1});
    running_publish(&r, TENANT, running_numbers, 0x10);
    running_ask(&r, GET("after=1-0/11"), &a);
    assert_problem(&a, 504, "behind", "Counts are not that far yet",
                   "the counts are true as of 1-0/10, not yet 1-0/11");
    running_stop(&r);
}

/* ---- how a wait ends ---- */

static void it_is_answered_when_the_commit_is_published(void **state)
{
    struct running *r = *state;
    struct answer a;
    struct client *c = ask(r, GET("after=1-0%2F12")), *bare = ask(r, GET("after=0/12"));
    running_publish(r, TENANT, others, 0x11);
    assert_true(client_is_quiet(c));
    running_publish(r, TENANT, running_numbers, 0x12);
    client_read(c, &a);
    assert_int_equal(a.status, 200);
    assert_string_equal(answer_field(&a, "Badged-As-Of"), "1-0/12");
    assert_null(answer_field(&a, "Badged-Stale"));
    assert_non_null(strstr(a.body, "\"feedback\":"));
    assert_answer(bare, 200, "1-0/12");
    client_close(c);
    client_close(bare);
}

static void a_later_timeline_has_every_commit_of_an_earlier_one(void **state)
{
    struct running *r = *state;
    struct client *exact = ask(r, GET("after=2-0/1")), *bare = ask(r, GET("after=0/20"));
    counts_begin(r->counts);
    counts_publish(r->counts, (struct as_of){2, 5});
    assert_answer(exact, 200, "2-0/5");
    assert_true(client_is_quiet(bare));
    counts_begin(r->counts);
    counts_publish(r->counts, (struct as_of){2, 0x20});
    assert_answer(bare, 200, "2-0/20");
    client_close(exact);
    client_close(bare);
}

static void it_is_answered_504_when_its_time_is_over(void **state)
{
    struct running *r = *state;
    struct answer a;
    int64_t from = clock_ms();
    running_ask(r, GET("after=1-0/11"), &a);
    assert_true(clock_ms() - from >= SHORT_MS);
    assert_problem(&a, 504, "behind", "Counts are not that far yet",
                   "the counts are true as of 1-0/10, not yet 1-0/11");
    assert_string_equal(answer_field(&a, "Badged-As-Of"), "1-0/10");
    assert_string_equal(answer_field(&a, "Retry-After"), "1");
    running_ask(r, GET("after=0/0000ab11"), &a);
    assert_problem(&a, 504, "behind", "Counts are not that far yet",
                   "the counts are true as of 1-0/10, not yet 0/AB11");
}

static void stale_counts_are_waited_for_and_the_reason_is_said(void **state)
{
    struct running *r = *state;
    struct answer a;
    (void)counts_set_status(r->counts, COUNTS_STALE, "rebuilding", "lost \"it\"", clock_ms());
    running_ask(r, GET("after=1-0/11"), &a);
    assert_problem(
        &a, 504, "behind", "Counts are not that far yet",
        "the counts are true as of 1-0/10, not yet 1-0/11 (rebuilding: lost \\\"it\\\")");
    running_ask(r, GET("after=1-0/10"), &a);
    assert_int_equal(a.status, 200);
    assert_non_null(answer_field(&a, "Badged-Stale"));
}

static void counts_that_get_unknown_end_the_wait(void **state)
{
    struct running *r = *state;
    struct answer a;
    struct client *c = ask(r, GET("after=1-0/11"));
    (void)counts_set_status(r->counts, COUNTS_STALE, "rebuilding", "x", 0);
    assert_true(client_is_quiet(c));
    (void)counts_set_status(r->counts, COUNTS_UNKNOWN, "preflight", "no table feedback", 0);
    client_read(c, &a);
    assert_problem(&a, 503, "not-ready", "Counts are not known yet", "no table feedback");
    client_close(c);
}

static void a_client_that_ends_its_half_is_not_waited_for(void **state)
{
    struct client *c = ask(*state, GET("after=1-0/11"));
    client_end(c);
    if (!client_is_closed(c)) { /* whether there is an answer is up to libmicrohttpd */
        assert_answer(c, 504, "1-0/10");
        assert_true(client_is_closed(c));
    }
    client_close(c);
}

static void an_if_none_match_is_looked_at_when_the_wait_is_over(void **state)
{
    struct running *r = *state;
    struct answer a;
    char request[512], tag[64];
    running_ask(r, GET(""), &a);
    (void)snprintf(tag, sizeof(tag), "%s", answer_field(&a, "ETag"));
    (void)snprintf(request, sizeof(request),
                   "GET " BADGES "?after=1-0/11 HTTP/1.1\r\n" HOST "X-Tenant-Id: " TENANT
                   "\r\nIf-None-Match: %s\r\n\r\n",
                   tag);
    struct client *c = ask(r, request);
    running_publish(r, OTHER_TENANT, others, 0x11);
    client_read_head(c, &a);
    assert_int_equal(a.status, 304);
    assert_string_equal(answer_field(&a, "Badged-As-Of"), "1-0/11");
    client_close(c);
}

static void a_head_waits_too(void **state)
{
    struct running *r = *state;
    struct answer a;
    struct client *c = ask(r, HEAD("after=1-0/11"));
    assert_true(client_is_quiet(c));
    running_publish(r, TENANT, others, 0x11);
    client_read_head(c, &a);
    assert_int_equal(a.status, 200);
    assert_true(client_puts(c, GET("after=1-0/11")));
    assert_answer(c, 200, "1-0/11");
    client_close(c);
}

/* ---- hostile clients ---- */

static void what_is_pipelined_behind_a_wait_is_answered_after_it(void **state)
{
    struct running *r = *state;
    struct answer a;
    struct client *c = ask(r, GET("after=1-0/11") GET("after=1-0/12") "GET /livez HTTP/1.1\r\n" HOST
                                                                      "\r\n" GET("after=x"));
    assert_true(client_is_quiet(c));
    running_publish(r, TENANT, others, 0x11);
    assert_answer(c, 200, "1-0/11");
    running_publish(r, TENANT, others, 0x12);
    assert_answer(c, 200, "1-0/12");
    client_read(c, &a);
    assert_string_equal(a.body, "ok\n");
    client_read(c, &a);
    assert_int_equal(a.status, 400);
    client_close(c);
}

static void what_is_sent_during_a_wait_is_answered_after_it(void **state)
{
    struct running *r = *state;
    struct client *c = ask(r, GET("after=1-0/11"));
    assert_true(client_puts(c, GET("after=1-0/11")));
    running_publish(r, TENANT, others, 0x11);
    assert_answer(c, 200, "1-0/11");
    assert_answer(c, 200, "1-0/11");
    client_close(c);
}

static void a_request_with_a_body_waits(void **state)
{
    struct running *r = *state;
    struct client *c = ask(r, "GET " BADGES "?after=1-0/11 HTTP/1.1\r\n" HOST "X-Tenant-Id: " TENANT
                              "\r\nContent-Length: 4\r\n\r\n1234"
                              "GET /livez HTTP/1.1\r\n" HOST "\r\n");
    struct answer a;
    running_publish(r, TENANT, others, 0x11);
    assert_answer(c, 200, "1-0/11");
    client_read(c, &a);
    assert_string_equal(a.body, "ok\n");
    client_close(c);
}

static void the_limit_of_a_phase_does_not_end_a_wait(void **state)
{
    (void)state;
    struct running *r = start((struct server_options){.phase_s_max = 1, .after_ms = 3500});
    struct client *c = ask(r, GET("after=1-0/11"));
    assert_answer(c, 504, "1-0/10");
    /* It goes on from there as any other does: it may be used again, and is closed when it is not.
     */
    assert_true(client_puts(c, GET("after=1-0/10")));
    assert_answer(c, 200, "1-0/10");
    assert_true(client_is_closed(c));
    client_close(c);
    running_stop(r);
}

/* The first that has an answer, which one must get. */
static size_t first_answered(struct client *const *clients, size_t count)
{
    int64_t deadline = clock_ms() + CLIENT_PATIENCE_S * 1000;
    for (size_t i = 0;; i = (i + 1) % count) {
        if (!client_is_quiet(clients[i]))
            return i;
        assert_true(clock_ms() < deadline);
    }
}

static void more_than_may_wait_are_refused(void **state)
{
    (void)state;
    struct running *r = start((struct server_options){.waiting_max = 4});
    struct client *clients[5];
    struct answer a;
    for (size_t i = 0; i < COUNT(clients); i++)
        clients[i] = ask(r, GET("after=1-0/11"));
    size_t refused = first_answered(clients, COUNT(clients));
    client_read(clients[refused], &a);
    assert_problem(&a, 503, "overloaded", "Too many at once",
                   "the counts are true as of 1-0/10, not yet 1-0/11, and too many requests wait "
                   "already");
    assert_string_equal(answer_field(&a, "Retry-After"), "1");
    assert_string_equal(answer_field(&a, "Badged-As-Of"), "1-0/10");
    running_ask(r, GET("after=1-0/10"), &a);
    assert_int_equal(a.status, 200);
    running_publish(r, TENANT, others, 0x11);
    for (size_t i = 0; i < COUNT(clients); i++) {
        if (i != refused)
            assert_answer(clients[i], 200, "1-0/11");
        client_close(clients[i]);
    }
    running_stop(r);
}

static void a_client_that_goes_away_makes_room(void **state)
{
    (void)state;
    struct running *r = start((struct server_options){.threads = 1, .waiting_max = 1});
    int64_t deadline = clock_ms() + CLIENT_PATIENCE_S * 1000;
    struct answer a = {0};
    client_close(ask(r, GET("after=1-FFFF/0")));
    for (uint64_t position = 0x11; a.status != 200; position++) {
        char request[256];
        assert_true(clock_ms() < deadline);
        (void)snprintf(request, sizeof(request),
                       "GET " BADGES "?after=0/%x HTTP/1.1\r\n" HOST "X-Tenant-Id: " TENANT
                       "\r\n\r\n",
                       (unsigned)position);
        struct client *c = ask(r, request);
        running_publish(r, TENANT, running_numbers, position);
        client_read(c, &a);
        client_close(c);
    }
    running_stop(r);
}

static void a_stop_answers_those_that_wait(void **state)
{
    (void)state;
    struct running *r = start((struct server_options){0});
    struct client *clients[50];
    for (size_t i = 0; i < COUNT(clients); i++)
        clients[i] = ask(r, GET("after=1-0/11") GET("after=1-0/11"));
    int64_t from = clock_ms();
    server_stop(r->server, LONG_MS);
    assert_true(clock_ms() - from < LONG_MS / 2);
    for (size_t i = 0; i < COUNT(clients); i++) {
        struct answer a;
        client_read(clients[i], &a);
        assert_int_equal(a.status, 504);
        assert_string_equal(answer_field(&a, "Connection"), "close");
        assert_true(client_is_closed(clients[i]));
        client_close(clients[i]);
    }
    running_free(r);
}

/* ---- all at once ---- */

/* The feed: commit after commit, as quickly as it goes. */
static atomic_bool is_over;
static void *publish_all_the_time(void *context)
{
    struct running *r = context;
    for (uint64_t position = 0x11; !atomic_load(&is_over); position++) {
        struct uuid id = {{0}};
        counts_begin(r->counts);
        counts_set(r->counts, &id, position % 2 == 0 ? running_numbers : others);
        counts_publish(r->counts, (struct as_of){1, position});
    }
    return NULL;
}

static void no_commit_is_missed_while_they_come(void **state)
{
    struct running *r = *state;
    struct client *clients[16];
    uint64_t last = 0x10;
    pthread_t feed;
    for (size_t i = 0; i < COUNT(clients); i++)
        clients[i] = client_open(r->port);
    atomic_store(&is_over, false);
    assert_int_equal(pthread_create(&feed, NULL, publish_all_the_time, r), 0);
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < COUNT(clients); i++) {
            char request[256];
            (void)snprintf(request, sizeof(request),
                           "GET " BADGES "?after=1-0/%x HTTP/1.1\r\n" HOST "X-Tenant-Id: " TENANT
                           "\r\n\r\n",
                           (unsigned)(last + i * 4));
            assert_true(client_puts(clients[i], request));
        }
        uint64_t wanted = last;
        for (size_t i = 0; i < COUNT(clients); i++) {
            struct answer a;
            struct as_of as_of;
            client_read(clients[i], &a);
            assert_int_equal(a.status, 200);
            const char *text = answer_field(&a, "Badged-As-Of");
            assert_true(as_of_parse(text, strlen(text), &as_of));
            assert_true(as_of.position >= wanted + i * 4);
            last = as_of.position > last ? as_of.position : last;
        }
    }
    atomic_store(&is_over, true);
    assert_int_equal(pthread_join(feed, NULL), 0);
    for (size_t i = 0; i < COUNT(clients); i++)
        client_close(clients[i]);
}

/* Some of them go away, some are waited for, and then the server stops while commits come. */
static void waits_end_in_every_way_at_the_same_time(void **state)
{
    (void)state;
    struct running *r = start((struct server_options){.after_ms = 5});
    struct client *clients[64];
    pthread_t feed;
    atomic_store(&is_over, false);
    assert_int_equal(pthread_create(&feed, NULL, publish_all_the_time, r), 0);
    for (size_t i = 0; i < COUNT(clients); i++) {
        clients[i] = client_open(r->port);
        assert_true(client_puts(clients[i], GET("after=0/1000") GET("after=1-0/FFFFFFFF")
                                                GET("after=2-0/0") GET("after=0/10")));
        if (i % 4 == 0)
            client_end(clients[i]);
    }
    for (size_t i = 0; i < COUNT(clients); i += 2)
        client_close(clients[i]);
    server_stop(r->server, LONG_MS);
    atomic_store(&is_over, true);
    assert_int_equal(pthread_join(feed, NULL), 0);
    for (size_t i = 1; i < COUNT(clients); i += 2)
        client_close(clients[i]);
    running_free(r);
}

static void a_thousand_wait_at_once(void **state)
{
    struct running *r = *state;
    static struct client *clients[1000];
    for (size_t i = 0; i < COUNT(clients); i++) {
        clients[i] = client_open(r->port);
        assert_true(client_puts(clients[i], GET("after=1-0/11")));
    }
    struct answer a;
    running_ask(r, GET(""), &a); /* others are served all the while */
    assert_int_equal(a.status, 200);
    running_publish(r, TENANT, others, 0x11);
    for (size_t i = 0; i < COUNT(clients); i++) {
        assert_answer(clients[i], 200, "1-0/11");
        client_close(clients[i]);
    }
}

#define LONG(name)  cmocka_unit_test_setup_teardown(name, start_long, running_teardown)
#define SHORT(name) cmocka_unit_test_setup_teardown(name, start_short, running_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LONG(what_is_there_already_is_answered_at_once),
        LONG(an_after_that_is_none_is_refused),
        LONG(other_paths_know_no_after),
        LONG(unknown_counts_are_answered_at_once),
        cmocka_unit_test(without_a_time_to_wait_it_is_answered_at_once),
        LONG(it_is_answered_when_the_commit_is_published),
        LONG(a_later_timeline_has_every_commit_of_an_earlier_one),
        SHORT(it_is_answered_504_when_its_time_is_over),
        SHORT(stale_counts_are_waited_for_and_the_reason_is_said),
        LONG(counts_that_get_unknown_end_the_wait),
        LONG(a_client_that_ends_its_half_is_not_waited_for),
        LONG(an_if_none_match_is_looked_at_when_the_wait_is_over),
        LONG(a_head_waits_too),
        LONG(what_is_pipelined_behind_a_wait_is_answered_after_it),
        LONG(what_is_sent_during_a_wait_is_answered_after_it),
        LONG(a_request_with_a_body_waits),
        cmocka_unit_test(the_limit_of_a_phase_does_not_end_a_wait),
        cmocka_unit_test(more_than_may_wait_are_refused),
        cmocka_unit_test(a_client_that_goes_away_makes_room),
        cmocka_unit_test(a_stop_answers_those_that_wait),
        LONG(no_commit_is_missed_while_they_come),
        cmocka_unit_test(waits_end_in_every_way_at_the_same_time),
        LONG(a_thousand_wait_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
