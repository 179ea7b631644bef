/* What bad requests get: a problem, or where libmicrohttpd is first, its own refusal or a closed
 * connection. Bytes go out as they stand here. */
#include "running.h"
#include "serve/head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LINE  "GET " BADGES " HTTP/1.1\r\n"
#define FOR   "X-Tenant-Id: " TENANT "\r\n"
#define POST  "POST /livez HTTP/1.1\r\n" HOST
#define CHUNK "Transfer-Encoding: chunked\r\n"
#define END   "\r\n"
#define B(s)  s, sizeof(s) - 1

struct row {
    const char *what, *bytes;
    size_t len;
    int status;
};

/* The server still answers, and nobody's numbers but the tenant's. */
static void assert_healthy(const struct running *r)
{
    struct answer a;
    running_ask(r, LINE HOST FOR END, &a);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.body, "\"outbox\":6}"));
}

/* Later versions of libmicrohttpd refuse most of these requests before badged sees them, in words
 * of their own or without a word. */
static bool is_refused_by_the_library(const struct answer *a)
{
    return !head_must_be_checked() && a->status >= 400 && answer_field(a, "Content-Type") == NULL;
}

static void assert_refused(const struct running *r, const struct row *row)
{
    struct answer a;
    struct client *c = client_open(r->port);
    (void)client_send(c, row->bytes, row->len);
    if (!head_must_be_checked() && client_is_closed(c)) {
        client_close(c);
        return;
    }
    client_read(c, &a);
    assert_string_equal(answer_field(&a, "Connection"), "close");
    if (!is_refused_by_the_library(&a)) {
        if (a.status != row->status)
            fail_msg("%s: %d and not %d", row->what, a.status, row->status);
        const char *type = answer_field(&a, "Content-Type");
        if (type == NULL || strcmp(type, "application/problem+json") != 0)
            fail_msg("%s: no problem but %s", row->what, type != NULL ? type : "text");
        assert_string_equal(answer_field(&a, "X-Content-Type-Options"), "nosniff");
    }
    if (!client_is_closed(c))
        fail_msg("%s: more after the refusal", row->what);
    client_close(c);
}

static void check_rows(void **state, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_refused(*state, &rows[i]);
    assert_healthy(*state);
}

#define CHECK(state, rows) check_rows(state, rows, sizeof(rows) / sizeof(rows[0]))

static void a_head_that_can_be_cut_up_in_two_ways_is_refused(void **state)
{
    static const struct row rows[] = {
        {"LF behind the request line", B("GET " BADGES " HTTP/1.1\n" HOST FOR END), 400},
        {"LF behind a field", B(LINE "Host: localhost\n" FOR END), 400},
        {"LF behind the last field", B(LINE HOST "X-Tenant-Id: " TENANT "\n" END), 400},
        {"LF for the empty line", B(LINE HOST FOR "\n"), 400},
        {"LF throughout", B("GET /livez HTTP/1.1\nHost: localhost\n\n"), 400},
        {"folded value", B(LINE HOST FOR "A: b\r\n c\r\n" END), 400},
        {"folded value, with a tab", B(LINE HOST FOR "A: b\r\n\tc\r\n" END), 400},
        {"folded into the tenant's name", B(LINE HOST "X-Ten: " TENANT "\r\n ant-Id\r\n" END), 400},
        {"folded into a length's name", B(POST "Content-Len: 5\r\n gth\r\n" END "GET /"), 400},
        {"folded three times", B(LINE HOST "X: " TENANT "\r\n -Tenant\r\n -\r\n Id\r\n" END), 400},
        {"folded with a colon", B(LINE HOST FOR "A: b\r\n C: d\r\n" END), 400},
        {"space before a colon", B(LINE "Host : localhost\r\n" FOR END), 400},
        {"tab before a colon", B(LINE HOST "X-Tenant-Id\t: " TENANT "\r\n" END), 400},
        {"NUL in a value", B(LINE HOST "X-Tenant-Id: " TENANT "\0, x\r\n" END), 400},
        {"NUL at the end of a value", B(LINE HOST "X-Tenant-Id: " TENANT "\0\r\n" END), 400},
        {"NUL in the method", B("GE\0T /livez HTTP/1.1\r\n" HOST END), 400},
        {"NUL in the path", B("GET /livez\0x HTTP/1.1\r\n" HOST END), 400},
        {"NUL in the query", B("GET /livez?a\0b HTTP/1.1\r\n" HOST END), 400},
        {"NUL and a version", B("GET /livez\0HTTP/1.1\0\0 HTTP/1.1\r\n" HOST END), 400},
        {"CR in a value", B(LINE HOST FOR "A: b\rc\r\n" END), 400},
        {"two CRs", B(LINE HOST FOR "A: b\r\r\n" END), 400},
        {"control character in a value", B(LINE HOST FOR "A: \x01\r\n" END), 400},
        {"no name", B(LINE HOST FOR ": b\r\n" END), 400},
        {"a name with a parenthesis", B(LINE HOST FOR "A(: b\r\n" END), 400},
        {"a name of UTF-8", B(LINE HOST FOR "\xc3\xa9: b\r\n" END), 400},
        {"a method that is no token", B("GE(T /livez HTTP/1.1\r\n" HOST END), 400},
        {"two spaces before the target", B("GET  /livez HTTP/1.1\r\n" HOST END), 400},
        {"two spaces behind the target", B("GET /livez  HTTP/1.1\r\n" HOST END), 400},
    };
    CHECK(state, rows);
}

static void a_malformed_target_is_refused(void **state)
{
    static const struct row rows[] = {
        {"space in the path", B("GET /li vez HTTP/1.1\r\n" HOST END), 400},
        {"space in the query", B("GET /livez?a b HTTP/1.1\r\n" HOST END), 400},
        {"UTF-8 in the path", B("GET /\xc3\xa9 HTTP/1.1\r\n" HOST END), 400},
        {"control character", B("GET /\x01 HTTP/1.1\r\n" HOST END), 400},
        {"fragment", B("GET /livez#a HTTP/1.1\r\n" HOST END), 400},
        {"escape of one digit", B("GET /%4 HTTP/1.1\r\n" HOST END), 400},
        {"escape of no digit", B("GET /livez%zz HTTP/1.1\r\n" HOST END), 400},
        {"escape in the query", B("GET /livez?a=% HTTP/1.1\r\n" HOST END), 400},
        {"escaped NUL", B("GET /livez%00 HTTP/1.1\r\n" HOST END), 400},
        {"no path", B("GET livez HTTP/1.1\r\n" HOST END), 400},
        {"a star", B("OPTIONS * HTTP/1.1\r\n" HOST END), 400},
        {"a host and port", B("CONNECT localhost:1 HTTP/1.1\r\n" HOST END), 400},
    };
    CHECK(state, rows);
}

static void a_request_for_another_host_is_refused(void **state)
{
    static const struct row rows[] = {
        {"no host", B(LINE FOR END), 400},
        {"two hosts", B(LINE HOST HOST FOR END), 400},
        {"two hosts, one of them ours", B(LINE HOST "Host: example.com\r\n" FOR END), 400},
        {"an empty host", B(LINE "Host:\r\n" FOR END), 421},
        {"another host", B(LINE "Host: example.com\r\n" FOR END), 421},
        {"another host with our port", B(LINE "Host: example.com:8080\r\n" FOR END), 421},
        {"a name that begins as ours", B(LINE "Host: localhost.example.com\r\n" FOR END), 421},
        {"another host in the target",
         B("GET http://example.com" BADGES " HTTP/1.1\r\n" HOST FOR END), 421},
        {"our host in the target only",
         B("GET http://localhost" BADGES " HTTP/1.1\r\nHost: example.com\r\n" FOR END), 421},
    };
    CHECK(state, rows);
}

static void a_body_whose_length_is_in_doubt_is_refused(void **state)
{
    static const struct row rows[] = {
        {"length and encoding", B(POST CHUNK "Content-Length: 5\r\n" END "0\r\n\r\n"), 400},
        {"encoding and length", B(POST "Content-Length: 5\r\n" CHUNK END "0\r\n\r\n"), 400},
        {"two lengths", B(POST "Content-Length: 1\r\nContent-Length: 2\r\n" END "ab"), 400},
        {"one length twice", B(POST "Content-Length: 1\r\nContent-Length: 1\r\n" END "a"), 400},
        {"two encodings", B(POST CHUNK CHUNK END "0\r\n\r\n"), 400},
        {"an encoding of two", B(POST "Transfer-Encoding: gzip, chunked\r\n" END "0\r\n\r\n"), 400},
        {"an unknown encoding", B(POST "Transfer-Encoding: xchunked\r\n" END "0\r\n\r\n"), 400},
        {"an empty encoding", B(POST "Transfer-Encoding:\r\n" END "0\r\n\r\n"), 400},
        {"an encoding in HTTP/1.0", B("POST /livez HTTP/1.0\r\n" HOST CHUNK END "0\r\n\r\n"), 400},
    };
    CHECK(state, rows);
}

static void a_body_over_the_limit_is_refused_before_it_is_sent(void **state)
{
    static const struct row rows[] = {
        {"a byte over", B(POST "Content-Length: 1048577\r\n" END), 413},
        {"far over", B(POST "Content-Length: 18446744073709551615\r\n" END), 413},
        {"asked for", B(POST "Expect: 100-continue\r\nContent-Length: 9999999\r\n" END), 413},
    };
    CHECK(state, rows);
}

/* A request with a head of exactly so many bytes and fields. */
static char *compose_head(size_t bytes, size_t fields)
{
    char *text = malloc(bytes + 1);
    assert_non_null(text);
    size_t n = (size_t)snprintf(text, bytes, LINE HOST FOR);
    for (size_t i = 3; i < fields; i++)
        n += (size_t)snprintf(text + n, bytes - n, "A: b\r\n");
    n += (size_t)snprintf(text + n, bytes - n, "Pad: ");
    memset(text + n, 'x', bytes - n - 4);
    memcpy(text + bytes - 4, "\r\n\r\n", 5);
    return text;
}

static void a_head_may_be_as_large_as_the_limits(void **state)
{
    struct answer a;
    char *head = compose_head(SERVER_HEADER_BYTES_MAX, SERVER_HEADER_FIELDS_MAX);
    running_ask(*state, head, &a);
    free(head);
    assert_int_equal(a.status, 200);
}

static void a_head_over_the_limits_is_refused(void **state)
{
    char *large = compose_head(SERVER_HEADER_BYTES_MAX + 1, 3);
    char *larger = compose_head(SERVER_HEADER_BYTES_MAX + 4096, 3);
    char *many = compose_head(4096, SERVER_HEADER_FIELDS_MAX + 1);
    char *more = compose_head(4096, 2 * SERVER_HEADER_FIELDS_MAX);
    const struct row rows[] = {
        {"a byte over", large, strlen(large), 431},
        {"4 KiB over", larger, strlen(larger), 431},
        {"a field over", many, strlen(many), 431},
        {"100 fields over", more, strlen(more), 431},
    };
    CHECK(state, rows);
    free(large);
    free(larger);
    free(many);
    free(more);
}

static void a_target_over_the_limit_is_refused(void **state)
{
    char text[8192] = "GET /livez?";
    memset(text + strlen(text), 'a', 4096);
    (void)strcat(text, " HTTP/1.1\r\n" HOST END);
    const struct row rows[] = {{"4 KiB of query", text, strlen(text), 414}};
    CHECK(state, rows);
}

static void a_thousand_parameters_are_nothing_special(void **state)
{
    char text[4096] = "GET /livez?";
    struct answer a;
    for (int i = 0; i < 1000; i++)
        (void)strcat(text, "a&");
    (void)strcat(text, " HTTP/1.1\r\n" HOST END);
    running_ask(*state, text, &a);
    assert_int_equal(a.status, 200);
}

/* What libmicrohttpd refuses by itself: with a text in HTML that is always the same for a status,
 * or without a word (status 0), and then the connection closes. Where a body's length is malformed
 * it writes the head of its answer twice. Nothing of badged's is in it, all of whose answers about
 * tenants have a brace. */
static void assert_library_refuses(const struct running *r, const struct row *row)
{
    char text[4096];
    struct client *c = client_open(r->port);
    (void)client_send(c, row->bytes, row->len);
    size_t len = client_read_rest(c, text, sizeof(text));
    client_close(c);
    if (memchr(text, '{', len) != NULL || memmem(text, len, TENANT, strlen(TENANT)) != NULL)
        fail_msg("%s: %s", row->what, text);
    if (!head_must_be_checked())
        return; /* another version of the library, with statuses of its own */
    char start[32] = "";
    if (row->status != 0)
        (void)snprintf(start, sizeof(start), "HTTP/1.1 %d ", row->status);
    if (strncmp(text, start, strlen(start)) != 0 || (row->status == 0) != (len == 0))
        fail_msg("%s: not %d but %s", row->what, row->status, text);
    if (row->status != 0 && strstr(text, "\r\n\r\n<html>") == NULL)
        fail_msg("%s: %s", row->what, text);
}

static void what_the_library_refuses_ends_the_connection(void **state)
{
    static const struct row rows[] = {
        {"no colon", B(LINE HOST FOR "garbage\r\n" END), 400},
        {"NUL in a name", B(LINE HOST "A\0B: c\r\n" FOR END), 400},
        {"a fold behind the request line", B(LINE " x\r\n" HOST FOR END), 400},
        {"no version", B("GET /livez\r\n\r\n"), 400},
        {"a tab for the space", B("GET\t/livez HTTP/1.1\r\n" HOST END), 400},
        {"a version in lower case", B("GET /livez http/1.1\r\n" HOST END), 400},
        {"a space behind the version", B("GET /livez HTTP/1.1 \r\n" HOST END), 400},
        {"HTTP/2 unasked", B("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505},
        {"HTTP/0.9", B("GET /livez HTTP/0.9\r\n" HOST END), 505},
        {"a list of lengths", B(POST "Content-Length: 1, 1\r\n" END "a"), 400},
        {"a length with a sign", B(POST "Content-Length: +1\r\n" END "a"), 400},
        {"a negative length", B(POST "Content-Length: -1\r\n" END "a"), 400},
        {"an empty length", B(POST "Content-Length:\r\n" END "a"), 400},
        {"a length of 23 digits", B(POST "Content-Length: 99999999999999999999999\r\n" END), 413},
        {"a chunk of no size", B(POST CHUNK END "zz\r\nabc\r\n0\r\n\r\n"), 400},
        {"a chunk of any size", B(POST CHUNK END "fffffffffffffffff\r\nabc"), 413},
        {"a chunk that goes on", B(POST CHUNK END "3\r\nabcdef\r\n0\r\n\r\n"), 400},
        {"TLS", B("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"), 0},
        {"a method alone", B("GET\r\n\r\n"), 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_library_refuses(*state, &rows[i]);
    assert_healthy(*state);
}

static void what_does_not_fit_the_memory_of_a_connection_ends_it(void **state)
{
    char *large = compose_head(25 * 1024, 3), *larger = compose_head(60000, 3);
    char *many = compose_head(4096, 400);
    char target[30000] = "GET /livez?";
    memset(target + strlen(target), 'a', 28000);
    (void)strcat(target, " HTTP/1.1\r\n" HOST END);
    const struct row rows[] = {
        {"25 KiB", large, strlen(large), 431},
        {"60 KB", larger, strlen(larger), 431},
        {"400 fields", many, strlen(many), 431},
        {"28 KB of query", target, strlen(target), 414},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_library_refuses(*state, &rows[i]);
    free(large);
    free(larger);
    free(many);
    assert_healthy(*state);
}

/* In between, a head may fit and the head of its answer may not: then there is none. */
static void what_fits_the_memory_of_a_connection_barely_is_refused_or_closed(void **state)
{
    struct running *r = *state;
    for (size_t fields = 300; fields < 400; fields += 2) {
        char text[4096], *head = compose_head(4096, fields);
        struct client *c = client_open(r->port);
        (void)client_puts(c, head);
        size_t len = client_read_rest(c, text, sizeof(text));
        if (len > 0 && strncmp(text, "HTTP/1.1 431 ", 13) != 0)
            fail_msg("%zu fields: %s", fields, text);
        client_close(c);
        free(head);
    }
    assert_healthy(r);
}

static void seeded_rubbish_does_no_harm(void **state)
{
    enum {
        ROUNDS = 10,
        CLIENTS = 200
    };
    static const char whole[] =
        LINE HOST FOR "If-None-Match: W/\"a\", *\r\nContent-Length: 3\r\n" END
                      "abc" LINE HOST FOR CHUNK END "3\r\nabc\r\n0\r\n\r\n";
    struct running *r = *state;
    struct client *clients[CLIENTS];
    unsigned seed = 20240601;
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < CLIENTS; i++) {
            char text[sizeof(whole)];
            memcpy(text, whole, sizeof(whole));
            for (int n = rand_r(&seed) % 4; n >= 0; n--)
                text[(size_t)rand_r(&seed) % (sizeof(whole) - 1)] = (char)rand_r(&seed);
            clients[i] = client_open(r->port);
            (void)client_send(clients[i], text, (size_t)rand_r(&seed) % sizeof(whole));
            client_end(clients[i]);
        }
        for (size_t i = 0; i < CLIENTS; i++) {
            while (!client_is_closed(clients[i]))
                client_discard(clients[i]);
            client_close(clients[i]);
        }
    }
    assert_healthy(r);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, running_setup, running_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_head_that_can_be_cut_up_in_two_ways_is_refused),
        TEST(a_malformed_target_is_refused),
        TEST(a_request_for_another_host_is_refused),
        TEST(a_body_whose_length_is_in_doubt_is_refused),
        TEST(a_body_over_the_limit_is_refused_before_it_is_sent),
        TEST(a_head_may_be_as_large_as_the_limits),
        TEST(a_head_over_the_limits_is_refused),
        TEST(a_target_over_the_limit_is_refused),
        TEST(a_thousand_parameters_are_nothing_special),
        TEST(what_the_library_refuses_ends_the_connection),
        TEST(what_does_not_fit_the_memory_of_a_connection_ends_it),
        TEST(what_fits_the_memory_of_a_connection_barely_is_refused_or_closed),
        cmocka_unit_test_setup_teardown(seeded_rubbish_does_no_harm, running_setup_hasty,
                                        running_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
