/* What badges.h promises, asked of a real server: the shape, its headers, 304, stale and unknown
 * counts. */
#include "base/clock.h"
#include "running.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#define GET  "GET " BADGES " HTTP/1.1\r\n" HOST
#define HEAD "HEAD " BADGES " HTTP/1.1\r\n" HOST
#define FOR  "X-Tenant-Id: " TENANT "\r\n"
#define END  "\r\n"

static const uint64_t example[SOURCES] = {3, 9, 4, 7, 2, 5};
static const char example_body[] =
    "{\"knowledge\":{\"sites\":null,\"sources\":3,\"documents\":null,\"answers\":null,"
    "\"crawlFailures\":12,\"widget\":null},\"conversations\":4,\"feedback\":7,"
    "\"integrations\":{\"installed\":2,\"marketplace\":0},\"automation\":{\"rules\":0,\"outbox\":5}"
    "}";
static const char empty_body[] =
    "{\"knowledge\":{\"sites\":null,\"sources\":null,\"documents\":null,\"answers\":null,"
    "\"crawlFailures\":null,\"widget\":null},\"conversations\":null,\"feedback\":null,"
    "\"integrations\":{\"installed\":0,\"marketplace\":0},\"automation\":{\"rules\":0,\"outbox\":0}"
    "}";

static void assert_field(const struct answer *a, const char *name, const char *value)
{
    const char *found = answer_field(a, name);
    assert_non_null(found);
    assert_string_equal(found, value);
}

static void assert_detail_has(const struct answer *a, const char *words)
{
    assert_field(a, "Content-Type", "application/problem+json");
    json_t *json = json_loadb(a->body, a->body_len, 0, NULL);
    assert_non_null(json);
    assert_int_equal(json_integer_value(json_object_get(json, "status")), a->status);
    assert_non_null(strstr(json_string_value(json_object_get(json, "detail")), words));
    json_decref(json);
}

static void counts_have_the_shape(void **state)
{
    struct answer a;
    running_publish(*state, TENANT, example, 0x2A);
    running_ask(*state, GET FOR END, &a);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.body, example_body);
}

static void counts_come_with_their_headers(void **state)
{
    struct answer a;
    running_publish(*state, TENANT, example, 0x2A);
    running_ask(*state, GET FOR END, &a);
    assert_field(&a, "Content-Type", "application/json");
    assert_field(&a, "Badged-As-Of", "1-0/2A");
    assert_field(&a, "Cache-Control", "private, no-cache");
    assert_field(&a, "Vary", "X-Tenant-Id");
    assert_field(&a, "X-Content-Type-Options", "nosniff");
    assert_int_equal(strlen(answer_field(&a, "ETag")), 34);
    assert_non_null(answer_field(&a, "Date"));
    assert_null(answer_field(&a, "Badged-Stale"));
    assert_null(answer_field(&a, "Server"));
    assert_null(answer_field(&a, "Connection"));
}

static void a_tenant_without_rows_has_nothing_to_show(void **state)
{
    struct answer a;
    running_publish(*state, TENANT, example, 1);
    running_ask(*state, GET "X-Tenant-Id: " OTHER_TENANT "\r\n" END, &a);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.body, empty_body);
}

static void the_tenant_may_be_written_in_upper_case(void **state)
{
    const char *id = "ABCDEF00-0000-4000-8000-000000000001";
    struct answer a;
    running_publish(*state, id, example, 1);
    running_ask(*state, GET "x-TENANT-iD:abcdef00-0000-4000-8000-000000000001 \t\r\n" END, &a);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.body, example_body);
}

static void unknown_query_parameters_are_passed_over(void **state)
{
    struct answer a;
    running_publish(*state, TENANT, example, 1);
    running_ask(*state, "GET " BADGES "?a=1&b&verbose=%20 HTTP/1.1\r\n" HOST FOR END, &a);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.body, example_body);
}

static void head_has_the_headers_of_get_and_no_body(void **state)
{
    struct running *r = *state;
    struct answer get, head;
    running_publish(r, TENANT, example, 1);
    struct client *c = client_open(r->port);
    do { /* Date may change between the two */
        assert_true(client_puts(c, GET FOR END HEAD FOR END GET FOR END));
        client_read(c, &get);
        client_read_head(c, &head);
        client_read(c, &get); /* does not read as an answer when HEAD had a body */
    } while (strstr(head.head, answer_field(&get, "Date")) == NULL);
    client_close(c);
    assert_string_equal(head.head, get.head);
}

static void a_listed_tag_gets_304_with_the_headers(void **state)
{
    struct running *r = *state;
    struct answer whole, same;
    char request[512], tag[64];
    running_publish(r, TENANT, example, 0x2A);
    running_ask(r, GET FOR END, &whole);
    (void)snprintf(tag, sizeof(tag), "%s", answer_field(&whole, "ETag"));
    (void)snprintf(request, sizeof(request), GET FOR "If-None-Match: \"x\", W/%s\r\n" END, tag);
    struct client *c = client_open(r->port);
    for (int i = 0; i < 2; i++) { /* made, and then kept */
        assert_true(client_puts(c, request));
        client_read_head(c, &same);
        assert_int_equal(same.status, 304);
        assert_field(&same, "ETag", tag);
        assert_field(&same, "Badged-As-Of", "1-0/2A");
        assert_field(&same, "Cache-Control", "private, no-cache");
        assert_field(&same, "Vary", "X-Tenant-Id");
        assert_null(answer_field(&same, "Content-Type"));
    }
    assert_true(client_puts(c, "GET /livez HTTP/1.1\r\n" HOST END));
    client_read(c, &same); /* does not read as an answer when 304 had a body */
    assert_string_equal(same.body, "ok\n");
    client_close(c);
}

static void head_gets_304_too(void **state)
{
    struct answer a;
    running_publish(*state, TENANT, example, 1);
    running_ask(*state, HEAD FOR "If-None-Match: *\r\n" END, &a);
    assert_int_equal(a.status, 304);
}

static void another_tag_gets_the_whole_answer(void **state)
{
    struct answer a;
    running_publish(*state, TENANT, example, 1);
    running_ask(*state, GET FOR "If-None-Match: \"00000000000000000000000000000000\"\r\n" END, &a);
    assert_int_equal(a.status, 200);
    running_ask(*state, GET FOR "If-None-Match: *\r\nIf-None-Match: *\r\n" END, &a);
    assert_int_equal(a.status, 200);
}

static void tag_of(const struct running *r, const char *tenant, char out[64])
{
    struct answer a;
    char request[256];
    (void)snprintf(request, sizeof(request), GET "X-Tenant-Id: %s\r\n" END, tenant);
    running_ask(r, request, &a);
    assert_int_equal(a.status, 200);
    (void)snprintf(out, 64, "%s", answer_field(&a, "ETag"));
}

static void the_tag_changes_with_each_number(void **state)
{
    struct running *r = *state;
    char before[64], after[64];
    uint64_t numbers[SOURCES];
    memcpy(numbers, example, sizeof(numbers));
    running_publish(r, TENANT, running_numbers, 1);
    tag_of(r, TENANT, before);
    for (size_t i = 0; i < SOURCES; i++) {
        numbers[i]++;
        running_publish(r, TENANT, numbers, 2 + i);
        tag_of(r, TENANT, after);
        assert_string_not_equal(after, before);
        memcpy(before, after, sizeof(before));
    }
    running_publish(r, TENANT, example, 10);
    running_publish(r, OTHER_TENANT, example, 10);
    tag_of(r, TENANT, before);
    tag_of(r, OTHER_TENANT, after);
    assert_string_equal(after, before);
}

static void the_tag_does_not_change_with_the_as_of(void **state)
{
    struct running *r = *state;
    char before[64], after[64];
    struct answer a;
    running_publish(r, TENANT, example, 1);
    tag_of(r, TENANT, before);
    running_publish(r, OTHER_TENANT, example, 2);
    tag_of(r, TENANT, after);
    assert_string_equal(after, before);
    running_ask(r, GET FOR END, &a);
    assert_field(&a, "Badged-As-Of", "1-0/2");
}

static void two_servers_have_one_tag_for_the_same_numbers(void **state)
{
    struct running *r = *state, second;
    char one[64], other[64];
    running_start(&second, (struct server_options){0});
    running_publish(r, TENANT, example, 1);
    running_publish(&second, TENANT, example, 77);
    tag_of(r, TENANT, one);
    tag_of(&second, TENANT, other);
    running_stop(&second);
    assert_string_equal(one, other);
}

static void a_kept_answer_is_given_up_when_a_number_changes(void **state)
{
    struct running *r = *state;
    struct answer a;
    uint64_t numbers[SOURCES];
    memcpy(numbers, example, sizeof(numbers));
    struct client *c = client_open(r->port);
    for (uint64_t i = 0; i < 50; i++) {
        char expected[32];
        numbers[3] = 100 + i;
        running_publish(r, TENANT, numbers, 5); /* the same commit, as after a rebuild */
        for (int again = 0; again < 2; again++) {
            assert_true(client_puts(c, GET FOR END));
            client_read(c, &a);
            (void)snprintf(expected, sizeof(expected), "\"feedback\":%d,", (int)numbers[3]);
            assert_non_null(strstr(a.body, expected));
        }
    }
    client_close(c);
}

static void thousands_of_tenants_get_their_own_answers(void **state)
{
    struct running *r = *state;
    struct answer a;
    enum {
        TENANTS = 6000
    }; /* more than are kept */
    char id[UUID_TEXT_LEN + 1], request[256], expected[32];
    for (unsigned i = 0; i < TENANTS; i++) {
        const uint64_t numbers[SOURCES] = {0, 0, 0, i + 1, 0, 0};
        (void)snprintf(id, sizeof(id), "00000000-0000-4000-8000-%012x", i);
        running_publish(r, id, numbers, 1);
    }
    struct client *c = client_open(r->port);
    for (unsigned i = 0; i < 2 * TENANTS; i++) {
        (void)snprintf(request, sizeof(request),
                       GET "X-Tenant-Id: 00000000-0000-4000-8000-%012x\r\n" END, i % TENANTS);
        (void)snprintf(expected, sizeof(expected), "\"feedback\":%u,", i % TENANTS + 1);
        assert_true(client_puts(c, request));
        client_read(c, &a);
        assert_non_null(strstr(a.body, expected));
    }
    client_close(c);
}

static void before_the_first_load_there_is_503(void **state)
{
    struct running *r = *state;
    struct answer a;
    running_ask(r, GET FOR END, &a);
    assert_int_equal(a.status, 503);
    assert_field(&a, "Retry-After", "1");
    assert_field(&a, "Cache-Control", "no-store");
    assert_detail_has(&a, "not known yet");
    (void)counts_set_status(r->counts, COUNTS_UNKNOWN, "waiting",
                            "the table feedback is missing: run badged migrate up", clock_ms());
    running_ask(r, GET FOR END, &a);
    assert_int_equal(a.status, 503);
    assert_detail_has(&a, "the table feedback is missing: run badged migrate up");
    running_publish(r, TENANT, example, 1);
    running_ask(r, GET FOR END, &a);
    assert_int_equal(a.status, 200);
}

static void counts_that_became_unknown_are_not_served(void **state)
{
    struct running *r = *state;
    struct answer a;
    running_publish(r, TENANT, example, 1);
    running_ask(r, GET FOR END, &a);
    assert_int_equal(a.status, 200);
    (void)counts_set_status(r->counts, COUNTS_UNKNOWN, "waiting", "damaged", clock_ms());
    running_ask(r, GET FOR END, &a);
    assert_int_equal(a.status, 503);
    assert_detail_has(&a, "damaged");
}

static void stale_counts_say_for_how_long(void **state)
{
    struct running *r = *state;
    struct answer a;
    running_publish(r, TENANT, example, 0x2A);
    running_ask(r, GET FOR END, &a); /* kept, and not to be sent now */
    (void)counts_set_status(r->counts, COUNTS_STALE, "waiting", "locked", clock_ms() - 7500);
    running_ask(r, GET FOR END, &a);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.body, example_body);
    assert_field(&a, "Badged-As-Of", "1-0/2A");
    assert_in_range(strtol(answer_field(&a, "Badged-Stale"), NULL, 10), 7, 7 + CLIENT_PATIENCE_S);
    running_ask(r, HEAD FOR "If-None-Match: *\r\n" END, &a);
    assert_int_equal(a.status, 304);
    assert_non_null(answer_field(&a, "Badged-Stale"));
    running_publish(r, TENANT, example, 0x2A);
    running_ask(r, GET FOR END, &a);
    assert_null(answer_field(&a, "Badged-Stale"));
}

static void without_a_tenant_the_header_is_named(void **state)
{
    struct answer a;
    running_publish(*state, TENANT, example, 1);
    running_ask(*state, GET END, &a);
    assert_int_equal(a.status, 400);
    assert_detail_has(&a, "X-Tenant-Id");
}

static void a_tenant_that_is_no_uuid_is_refused(void **state)
{
    struct answer a;
    running_publish(*state, TENANT, example, 1);
    running_ask(*state, GET "X-Tenant-Id: acme\r\n" END, &a);
    assert_int_equal(a.status, 400);
    assert_detail_has(&a, "UUID");
    running_ask(*state, GET "X-Tenant-Id:\r\n" END, &a);
    assert_int_equal(a.status, 400);
    running_ask(*state, GET "X-Tenant-Id: " TENANT "," OTHER_TENANT "\r\n" END, &a);
    assert_int_equal(a.status, 400);
}

static void a_tenant_of_ten_kilobytes_is_refused(void **state)
{
    struct answer a;
    char request[12 * 1024], value[10 * 1024 + 1];
    memset(value, 'a', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    (void)snprintf(request, sizeof(request), GET "X-Tenant-Id: %s\r\n" END, value);
    running_ask(*state, request, &a);
    assert_int_equal(a.status, 400);
    assert_true(a.body_len < 512);
}

static void two_tenants_are_refused(void **state)
{
    struct answer a;
    running_publish(*state, TENANT, example, 1);
    running_ask(*state, GET FOR "x-tenant-id: " OTHER_TENANT "\r\n" END, &a);
    assert_int_equal(a.status, 400);
    assert_detail_has(&a, "2 times");
    running_ask(*state, GET FOR FOR END, &a);
    assert_int_equal(a.status, 400);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, running_setup_empty, running_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(counts_have_the_shape),
        TEST(counts_come_with_their_headers),
        TEST(a_tenant_without_rows_has_nothing_to_show),
        TEST(the_tenant_may_be_written_in_upper_case),
        TEST(unknown_query_parameters_are_passed_over),
        TEST(head_has_the_headers_of_get_and_no_body),
        TEST(a_listed_tag_gets_304_with_the_headers),
        TEST(head_gets_304_too),
        TEST(another_tag_gets_the_whole_answer),
        TEST(the_tag_changes_with_each_number),
        TEST(the_tag_does_not_change_with_the_as_of),
        TEST(two_servers_have_one_tag_for_the_same_numbers),
        TEST(a_kept_answer_is_given_up_when_a_number_changes),
        TEST(thousands_of_tenants_get_their_own_answers),
        TEST(before_the_first_load_there_is_503),
        TEST(counts_that_became_unknown_are_not_served),
        TEST(stale_counts_say_for_how_long),
        TEST(without_a_tenant_the_header_is_named),
        TEST(a_tenant_that_is_no_uuid_is_refused),
        TEST(a_tenant_of_ten_kilobytes_is_refused),
        TEST(two_tenants_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
