/* GET /api/sidebar/badges/stream over real sockets: what each subscriber is sent, and when. */
#include "base/clock.h"
#include "running.h"

#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STREAM         BADGES "/stream"
#define GET_OF(tenant) "GET " STREAM " HTTP/1.1\r\n" HOST "X-Tenant-Id: " tenant "\r\n\r\n"
#define GET            GET_OF(TENANT)
#define HEAD           "HEAD " STREAM " HTTP/1.1\r\n" HOST "X-Tenant-Id: " TENANT "\r\n\r\n"
#define COUNT(rows)    (sizeof(rows) / sizeof((rows)[0]))

static const uint64_t others[SOURCES] = {6, 5, 4, 3, 2, 1};

/* What the badges route answers for the numbers. */
#define NUMBERS_JSON                                                                               \
    "{\"knowledge\":{\"sites\":null,\"sources\":1,\"documents\":null,\"answers\":null,"            \
    "\"crawlFailures\":3,\"widget\":null},\"conversations\":3,\"feedback\":4,"                     \
    "\"integrations\":{\"installed\":5,\"marketplace\":0},\"automation\":{\"rules\":0,\"outbox\":" \
    "6}}"
#define OTHERS_JSON                                                                                \
    "{\"knowledge\":{\"sites\":null,\"sources\":6,\"documents\":null,\"answers\":null,"            \
    "\"crawlFailures\":11,\"widget\":null},\"conversations\":4,\"feedback\":3,"                    \
    "\"integrations\":{\"installed\":2,\"marketplace\":0},\"automation\":{\"rules\":0,\"outbox\":" \
    "1}}"

static struct client *subscribe(const struct running *r, const char *request)
{
    struct client *c = client_open(r->port);
    struct answer a;
    assert_true(client_puts(c, request));
    client_read_head(c, &a);
    assert_int_equal(a.status, 200);
    assert_string_equal(answer_field(&a, "Content-Type"), "text/event-stream");
    assert_string_equal(answer_field(&a, "Transfer-Encoding"), "chunked");
    return c;
}

static void expect(struct client *c, const char *event)
{
    char text[4096];
    (void)client_read_chunk(c, text, sizeof(text));
    assert_string_equal(text, event);
}

static void expect_badges(struct client *c, const char *id, const char *json)
{
    char event[2048];
    (void)snprintf(event, sizeof(event), "event: badges\nid: %s\ndata: %s\n\n", id, json);
    expect(c, event);
}

static void expect_retry(struct client *c)
{
    char text[64];
    (void)client_read_chunk(c, text, sizeof(text));
    assert_memory_equal(text, "retry: ", 7);
    char *end;
    assert_in_range(strtol(text + 7, &end, 10), 2000, 4000);
    assert_string_equal(end, "\n\n");
}

/* One that has been sent what there is. */
static struct client *settled(const struct running *r)
{
    struct client *c = subscribe(r, GET);
    expect_retry(c);
    expect_badges(c, "1-0/1", NUMBERS_JSON);
    return c;
}

static void the_state_comes_at_once_and_then_what_changes(void **state)
{
    struct running *r = *state;
    struct client *c = settled(r);
    running_publish(r, TENANT, others, 2);
    expect_badges(c, "1-0/2", OTHERS_JSON);
    running_publish(r, OTHER_TENANT, running_numbers, 3);
    running_publish(r, TENANT, others, 4);
    running_publish(r, TENANT, running_numbers, 5);
    expect_badges(c, "1-0/5", NUMBERS_JSON);
    client_close(c);
}

/* ---- what is sent ---- */

static void nothing_comes_for_what_is_not_the_tenants_or_changes_no_number(void **state)
{
    struct running *r = *state;
    struct client *c = settled(r);
    running_publish(r, OTHER_TENANT, others, 2);
    running_publish(r, TENANT, running_numbers, 3);
    struct client *other = subscribe(r, GET_OF(OTHER_TENANT));
    expect_retry(other);
    expect_badges(other, "1-0/3", OTHERS_JSON); /* all there is was looked at by now */
    assert_true(client_is_quiet(c));
    struct client *later = subscribe(r, GET);
    expect_retry(later);
    expect_badges(later, "1-0/3", NUMBERS_JSON);
    running_publish(r, TENANT, others, 4);
    expect_badges(c, "1-0/4", OTHERS_JSON);
    expect_badges(later, "1-0/4", OTHERS_JSON);
    assert_true(client_is_quiet(other));
    client_close(c);
    client_close(other);
    client_close(later);
}

static void a_whole_new_state_reaches_those_whose_numbers_it_changes(void **state)
{
    struct running *r = *state;
    struct client *c = settled(r), *other = subscribe(r, GET_OF(OTHER_TENANT));
    struct uuid id;
    char text[1024];
    expect_retry(other);
    (void)client_read_chunk(other, text, sizeof(text));
    counts_begin(r->counts);
    for (uint64_t n = 0; n < 5000; n++) {
        memcpy(id.bytes, &n, sizeof(n));
        memset(id.bytes + sizeof(n), 0xEE, sizeof(n));
        counts_set(r->counts, &id, others);
    }
    assert_true(uuid_parse(TENANT, strlen(TENANT), &id));
    counts_set(r->counts, &id, others);
    counts_publish(r->counts, (struct as_of){1, 2});
    expect_badges(c, "1-0/2", OTHERS_JSON);
    running_publish(r, OTHER_TENANT, running_numbers, 3);
    expect_badges(other, "1-0/3", NUMBERS_JSON); /* and nothing before that */
    client_close(c);
    client_close(other);
}

static void set_trust(struct running *r, enum counts_trust trust)
{
    (void)counts_set_status(r->counts, trust, "x", "the reason, which nobody is told", clock_ms());
}

static void expect_stale(struct client *c)
{
    static const char start[] = "event: status\ndata: {\"status\":\"stale\",\"since\":\"20";
    char text[256];
    (void)client_read_chunk(c, text, sizeof(text));
    assert_memory_equal(text, start, sizeof(start) - 1);
    assert_string_equal(text + sizeof(start) - 1 + strlen("26-11-24T21:00:00"), "Z\"}\n\n");
}

/* The counts, and twice where they were looked at between two news, and then that they are live. */
static void expect_live(struct client *c, const char *id, const char *json)
{
    char text[2048], start[64];
    (void)snprintf(start, sizeof(start), "event: badges\nid: %s\n", id);
    expect_badges(c, id, json);
    (void)client_read_chunk(c, text, sizeof(text));
    if (strncmp(text, start, strlen(start)) == 0)
        (void)client_read_chunk(c, text, sizeof(text));
    assert_string_equal(text, "event: status\ndata: {\"status\":\"live\"}\n\n");
}

static void it_says_how_far_the_counts_can_be_trusted(void **state)
{
    struct running *r = *state;
    struct client *c = settled(r);
    set_trust(r, COUNTS_STALE);
    expect_stale(c);
    struct client *late = subscribe(r, GET);
    expect_retry(late);
    expect_badges(late, "1-0/1", NUMBERS_JSON);
    expect_stale(late);
    set_trust(r, COUNTS_LIVE);
    expect_live(c, "1-0/1", NUMBERS_JSON);
    expect_live(late, "1-0/1", NUMBERS_JSON);
    set_trust(r, COUNTS_UNKNOWN);
    expect(c, "event: status\ndata: {\"status\":\"unknown\"}\n\n");
    running_publish(r, TENANT, others, 2);
    expect_live(c, "1-0/2", OTHERS_JSON);
    client_close(c);
    client_close(late);
}

static void counts_that_nobody_knows_open_no_stream(void **state)
{
    struct running *r = *state;
    struct answer a;
    running_ask(r, GET, &a);
    assert_int_equal(a.status, 503);
    assert_non_null(strstr(a.body, "/not-ready\""));
    running_ask(r, "GET " STREAM " HTTP/1.1\r\n" HOST "\r\n", &a);
    assert_int_equal(a.status, 400);
    running_ask(r, "POST " STREAM " HTTP/1.1\r\n" HOST "X-Tenant-Id: " TENANT "\r\n\r\n", &a);
    assert_int_equal(a.status, 405);
}

static void the_head_says_what_a_proxy_must_not_do(void **state)
{
    struct running *r = *state;
    for (int is_head = 0; is_head < 2; is_head++) {
        struct client *c = client_open(r->port);
        struct answer a;
        assert_true(client_puts(c, is_head ? HEAD : GET));
        client_read_head(c, &a);
        assert_int_equal(a.status, 200);
        assert_string_equal(answer_field(&a, "Content-Type"), "text/event-stream");
        assert_string_equal(answer_field(&a, "Cache-Control"), "private, no-cache, no-transform");
        assert_string_equal(answer_field(&a, "X-Accel-Buffering"), "no");
        assert_string_equal(answer_field(&a, "Vary"), "X-Tenant-Id");
        assert_string_equal(answer_field(&a, "X-Content-Type-Options"), "nosniff");
        assert_non_null(answer_field(&a, "Date"));
        if (is_head)
            assert_true(client_is_closed(c));
        client_close(c);
    }
}

static void a_client_of_http_1_0_is_sent_the_events_alone(void **state)
{
    struct running *r = *state;
    struct client *c = client_open(r->port);
    struct answer a;
    char text[2048], *end;
    assert_true(client_puts(c, "GET " STREAM " HTTP/1.0\r\nX-Tenant-Id: " TENANT "\r\n\r\n"));
    client_read_head(c, &a);
    assert_int_equal(a.status, 200);
    assert_null(answer_field(&a, "Transfer-Encoding"));
    assert_string_equal(answer_field(&a, "Connection"), "close");
    server_stop(r->server, 0);
    (void)client_read_rest(c, text, sizeof(text));
    assert_memory_equal(text, "retry: ", 7);
    (void)strtol(text + 7, &end, 10);
    static const char badges[] = "\n\nevent: badges\nid: 1-0/1\ndata: " NUMBERS_JSON "\n\nretry: ";
    assert_memory_equal(end, badges, sizeof(badges) - 1);
    (void)strtol(end + sizeof(badges) - 1, &end, 10);
    assert_string_equal(end, "\n\n");
    client_close(c);
    running_free(r);
}

static void what_is_pipelined_behind_it_is_not_answered(void **state)
{
    struct running *r = *state;
    struct client *c = subscribe(r, GET "GET /livez HTTP/1.1\r\n" HOST "\r\n");
    expect_retry(c);
    expect_badges(c, "1-0/1", NUMBERS_JSON);
    running_publish(r, TENANT, others, 2);
    expect_badges(c, "1-0/2", OTHERS_JSON);
    assert_true(client_is_quiet(c));
    client_close(c);
}

/* ---- time ---- */

static void a_stream_with_nothing_to_say_sends_comments_and_has_no_deadline(void **state)
{
    (void)state;
    struct running r;
    running_start(&r, (struct server_options){.phase_s_max = 1, .streams.heartbeat_ms = 100});
    running_publish(&r, TENANT, running_numbers, 1);
    struct client *c = settled(&r);
    for (int64_t until = clock_ms() + 2500; clock_ms() < until;)
        expect(c, ":\n\n");
    client_close(c);
    running_stop(&r);
}

static void expect_end(struct client *c)
{
    char text[64];
    expect_retry(c);
    assert_int_equal(client_read_chunk(c, text, sizeof(text)), 0);
    assert_true(client_is_closed(c));
}

static void a_stream_ends_at_its_age_and_says_when_to_come_back(void **state)
{
    (void)state;
    struct running r;
    running_start(&r, (struct server_options){.streams.stream_ms = 400});
    running_publish(&r, TENANT, running_numbers, 1);
    int64_t from = clock_ms();
    struct client *c = settled(&r);
    expect_end(c);
    assert_true(clock_ms() - from >= 360);
    client_close(c);
    running_stop(&r);
}

struct ending {
    struct client *clients[50];
    int64_t at_ms[50];
};

static void *await_ends(void *context)
{
    struct ending *e = context;
    for (size_t left = COUNT(e->clients); left > 0;) {
        for (size_t i = 0; i < COUNT(e->clients); i++) {
            if (e->at_ms[i] != 0 || client_is_quiet(e->clients[i]))
                continue;
            expect_end(e->clients[i]);
            e->at_ms[i] = clock_ms();
            left--;
        }
    }
    return NULL;
}

static void a_stop_ends_streams_one_after_the_other(void **state)
{
    struct running *r = *state;
    static struct ending e;
    pthread_t waiter;
    memset(&e, 0, sizeof(e));
    for (size_t i = 0; i < COUNT(e.clients); i++)
        e.clients[i] = settled(r);
    int64_t from = clock_ms(), first = INT64_MAX, last = 0;
    assert_int_equal(pthread_create(&waiter, NULL, await_ends, &e), 0);
    server_stop(r->server, 1000);
    assert_int_equal(pthread_join(waiter, NULL), 0);
    for (size_t i = 0; i < COUNT(e.clients); i++) {
        first = e.at_ms[i] < first ? e.at_ms[i] : first;
        last = e.at_ms[i] > last ? e.at_ms[i] : last;
        client_close(e.clients[i]);
    }
    /* That 50 of 900 ms are all within 300 has a chance of less than 10^-20. */
    assert_true(last - first > 300);
    assert_true(last - from < CLIENT_PATIENCE_S * 1000);
    running_free(r);
}

/* ---- clients that do not read, or are gone ---- */

/* Subscribe as soon as there is a place. */
static struct client *subscribe_eventually(const struct running *r)
{
    int64_t deadline = clock_ms() + CLIENT_PATIENCE_S * 1000;
    for (;;) {
        struct client *c = client_open(r->port);
        struct answer a;
        assert_true(client_puts(c, GET));
        client_read_head(c, &a);
        if (a.status == 200)
            return c;
        client_close(c);
        assert_true(clock_ms() < deadline);
    }
}

static struct running *start_limited(struct streams_limits limits, unsigned stall_ms)
{
    static struct running r;
    running_start(&r, (struct server_options){.streams = {.limits = limits, .stall_ms = stall_ms}});
    running_publish(&r, TENANT, running_numbers, 1);
    running_publish(&r, OTHER_TENANT, others, 1);
    return &r;
}

static void assert_refused(const struct running *r, const char *request, int status,
                           const char *type)
{
    struct answer a;
    running_ask(r, request, &a);
    assert_int_equal(a.status, status);
    if (strncmp(request, "HEAD", 4) != 0)
        assert_non_null(strstr(a.body, type));
    assert_string_equal(answer_field(&a, "Content-Type"), "application/problem+json");
    assert_in_range(strtol(answer_field(&a, "Retry-After"), NULL, 10), 5, 15);
}

static void a_tenant_has_so_many_streams_and_who_closes_makes_room(void **state)
{
    (void)state;
    struct running *r = start_limited((struct streams_limits){.tenant = 2}, 0);
    struct client *a = settled(r), *b = settled(r);
    assert_refused(r, GET, 429, "/too-many\"");
    assert_refused(r, HEAD, 429, NULL);
    client_close(subscribe(r, GET_OF(OTHER_TENANT)));
    client_close(b);
    b = subscribe_eventually(r);
    client_end(a); /* is gone for all that can be seen from here */
    client_close(subscribe_eventually(r));
    assert_false(client_is_quiet(a));
    client_close(a);
    client_close(b);
    running_stop(r);
}

static void an_address_has_so_many_streams(void **state)
{
    (void)state;
    struct running *r = start_limited((struct streams_limits){.address = 2}, 0);
    struct client *a = settled(r), *b = subscribe(r, GET_OF(OTHER_TENANT));
    assert_refused(r, GET, 429, "/too-many\"");
    client_close(a);
    client_close(subscribe_eventually(r));
    client_close(b);
    running_stop(r);
}

static void there_are_so_many_streams_in_all(void **state)
{
    (void)state;
    struct running *r = start_limited((struct streams_limits){.all = 2}, 0);
    struct client *a = settled(r), *b = subscribe(r, GET_OF(OTHER_TENANT));
    assert_refused(r, GET, 503, "/overloaded\"");
    client_close(a);
    client_close(subscribe_eventually(r));
    client_close(b);
    running_stop(r);
}

enum {
    COMMITS = 10000
};

static void a_slow_client_skips_to_the_latest(void **state)
{
    struct running *r = *state;
    struct client *c = settled(r);
    struct as_of last = {1, 1};
    int events = 0;
    /* Each with a number of its own: what is as it was before is not told. */
    for (uint64_t position = 2; position <= COMMITS; position++)
        running_publish(r, TENANT, (const uint64_t[SOURCES]){position}, position);
    while (last.position < COMMITS) {
        char text[1024];
        struct as_of as_of;
        assert_true(client_read_chunk(c, text, sizeof(text)) > 0);
        if (strcmp(text, ":\n\n") == 0)
            continue;
        const char *id = strstr(text, "\nid: ");
        assert_non_null(id);
        id += strlen("\nid: ");
        assert_true(as_of_parse(id, strcspn(id, "\n"), &as_of));
        assert_true(as_of_compare(as_of, last) > 0);
        char number[64];
        (void)snprintf(number, sizeof(number), "\"sources\":%u,", (unsigned)as_of.position);
        assert_non_null(strstr(text, number));
        last = as_of;
        events++;
    }
    assert_in_range(events, 1, COMMITS / 10);
    assert_true(client_is_quiet(c));
    client_close(c);
}

static void a_client_that_takes_nothing_is_let_go(void **state)
{
    (void)state;
    struct running *r = start_limited((struct streams_limits){.all = 1}, 200);
    struct client *c = settled(r);
    int64_t deadline = clock_ms() + CLIENT_PATIENCE_S * 1000;
    struct answer a = {0};
    for (uint64_t position = 2; a.status != 200; position++) {
        running_publish(r, TENANT, position % 2 == 0 ? others : running_numbers, position);
        if (position % 64 == 0)
            running_ask(r, HEAD, &a);
        assert_true(clock_ms() < deadline);
    }
    client_close(c);
    running_stop(r);
}

/* ---- many ---- */

static size_t descriptors(void)
{
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder) != NULL)
        count++;
    assert_int_equal(closedir(folder), 0);
    return count;
}

static void a_thousand_are_told_and_leave_nothing_behind(void **state)
{
    struct running *r = *state;
    static struct client *clients[1000];
    struct answer a;
    running_ask(r, "GET /livez HTTP/1.1\r\n" HOST "\r\n", &a);
    size_t before = descriptors();
    for (size_t i = 0; i < COUNT(clients); i++)
        clients[i] = settled(r);
    running_publish(r, TENANT, others, 2);
    for (size_t i = 0; i < COUNT(clients); i++) {
        expect_badges(clients[i], "1-0/2", OTHERS_JSON);
        client_close(clients[i]);
    }
    int64_t deadline = clock_ms() + CLIENT_PATIENCE_S * 1000;
    while (descriptors() > before + 2) /* a connection of /livez may be about to be closed */
        assert_true(clock_ms() < deadline);
}

static atomic_bool is_over;
static void *publish_all_the_time(void *context)
{
    struct running *r = context;
    for (uint64_t position = 2; !atomic_load(&is_over); position++) {
        running_publish(r, position % 3 == 0 ? OTHER_TENANT : TENANT,
                        position % 2 == 0 ? running_numbers : others, position);
        if (position % 64 == 0)
            set_trust(r, COUNTS_STALE);
    }
    return NULL;
}

/* Some read, some do not, some go at once, some only ask for the head, and then it stops while
 * commits come. */
static void streams_begin_and_end_in_every_way_at_the_same_time(void **state)
{
    struct running *r = *state;
    struct client *clients[64] = {0};
    pthread_t feed;
    atomic_store(&is_over, false);
    assert_int_equal(pthread_create(&feed, NULL, publish_all_the_time, r), 0);
    for (size_t i = 0; i < 4 * COUNT(clients); i++) {
        struct client **c = &clients[i % COUNT(clients)];
        if (*c != NULL)
            client_close(*c);
        *c = client_open(r->port);
        assert_true(client_puts(*c, i % 5 == 0 ? HEAD : i % 3 == 0 ? GET_OF(OTHER_TENANT) : GET));
        if (i % 4 == 0) {
            struct answer a;
            client_read_head(*c, &a);
            assert_int_equal(a.status, 200);
        }
        if (i % 7 == 0)
            client_end(*c);
    }
    server_stop(r->server, 100);
    atomic_store(&is_over, true);
    assert_int_equal(pthread_join(feed, NULL), 0);
    for (size_t i = 0; i < COUNT(clients); i++)
        client_close(clients[i]);
    running_free(r);
}

#define LIVE(name)    cmocka_unit_test_setup_teardown(name, running_setup, running_teardown)
#define STOPPED(name) cmocka_unit_test_setup(name, running_setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIVE(the_state_comes_at_once_and_then_what_changes),
        LIVE(nothing_comes_for_what_is_not_the_tenants_or_changes_no_number),
        LIVE(a_whole_new_state_reaches_those_whose_numbers_it_changes),
        LIVE(it_says_how_far_the_counts_can_be_trusted),
        cmocka_unit_test_setup_teardown(counts_that_nobody_knows_open_no_stream,
                                        running_setup_empty, running_teardown),
        LIVE(the_head_says_what_a_proxy_must_not_do),
        STOPPED(a_client_of_http_1_0_is_sent_the_events_alone),
        LIVE(what_is_pipelined_behind_it_is_not_answered),
        cmocka_unit_test(a_stream_with_nothing_to_say_sends_comments_and_has_no_deadline),
        cmocka_unit_test(a_stream_ends_at_its_age_and_says_when_to_come_back),
        STOPPED(a_stop_ends_streams_one_after_the_other),
        cmocka_unit_test(a_tenant_has_so_many_streams_and_who_closes_makes_room),
        cmocka_unit_test(an_address_has_so_many_streams),
        cmocka_unit_test(there_are_so_many_streams_in_all),
        LIVE(a_slow_client_skips_to_the_latest),
        cmocka_unit_test(a_client_that_takes_nothing_is_let_go),
        LIVE(a_thousand_are_told_and_leave_nothing_behind),
        STOPPED(streams_begin_and_end_in_every_way_at_the_same_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
