/* GET /api/sidebar/badges/stream over real sockets: what each subscriber is sent, and when. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_state_comes_at_once_and_then_what_changes,
                                        running_setup, running_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
