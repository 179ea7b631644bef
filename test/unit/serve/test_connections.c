/* What connections go through: many requests on one, deadlines, limits, and the end of the server.
 */
#include "running.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define BADGE_LINE "GET " BADGES " HTTP/1.1\r\n" HOST "X-Tenant-Id: " TENANT "\r\n\r\n"
#define LIVE_LINE  "GET /livez HTTP/1.1\r\n" HOST "\r\n"
#define NONE_LINE  "GET /nothing HTTP/1.1\r\n" HOST "\r\n"

static void read_status(struct client *c, int status)
{
    struct answer a;
    client_read(c, &a);
    assert_int_equal(a.status, status);
}

static void many_requests_go_over_one_connection(void **state)
{
    struct running *r = *state;
    struct client *c = client_open(r->port);
    for (int i = 0; i < 200; i++) {
        assert_true(client_puts(c, i % 3 == 0 ? BADGE_LINE : i % 3 == 1 ? LIVE_LINE : NONE_LINE));
        read_status(c, i % 3 == 2 ? 404 : 200);
    }
    client_close(c);
}

static void pipelined_requests_are_answered_in_their_order(void **state)
{
    struct running *r = *state;
    struct answer a;
    struct client *c = client_open(r->port);
    for (int i = 0; i < 20; i++)
        assert_true(client_puts(c, BADGE_LINE LIVE_LINE NONE_LINE));
    for (int i = 0; i < 20; i++) {
        client_read(c, &a);
        assert_int_equal(a.body[0], '{');
        assert_int_equal(a.status, 200);
        client_read(c, &a);
        assert_string_equal(a.body, "ok\n");
        client_read(c, &a);
        assert_int_equal(a.status, 404);
    }
    assert_true(client_is_quiet(c));
    client_close(c);
}

static void a_request_may_come_a_byte_at_a_time(void **state)
{
    struct running *r = *state;
    struct client *c = client_open(r->port);
    for (const char *at = BADGE_LINE; *at != '\0'; at++)
        assert_true(client_send(c, at, 1));
    read_status(c, 200);
    client_close(c);
}

static void rubbish_behind_a_request_ends_the_connection_after_its_answer(void **state)
{
    struct running *r = *state;
    struct client *c = client_open(r->port);
    assert_true(client_puts(c, BADGE_LINE "GET /livez HTTP/1.1\r\nrubbish\r\n\r\n" BADGE_LINE));
    read_status(c, 200);
    read_status(c, 400);
    assert_true(client_is_closed(c));
    client_close(c);
}

static void a_body_is_read_and_passed_over(void **state)
{
    struct running *r = *state;
    struct client *c = client_open(r->port);
    assert_true(
        client_puts(c, "GET /livez HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nGET /" LIVE_LINE));
    read_status(c, 200);
    read_status(c, 200);
    assert_true(client_puts(c, "GET /livez HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n"
                               "5\r\nGET /\r\n0\r\nX-Tenant-Id: x\r\n\r\n" LIVE_LINE));
    read_status(c, 200);
    read_status(c, 200);
    client_close(c);
}

static void send_body(struct client *c, size_t bytes)
{
    static const char zeros[64 * 1024];
    for (size_t sent = 0; sent < bytes;) {
        size_t n = bytes - sent < sizeof(zeros) ? bytes - sent : sizeof(zeros);
        if (!client_send(c, zeros, n))
            return;
        sent += n;
    }
}

static void a_body_may_be_as_large_as_the_limit(void **state)
{
    struct running *r = *state;
    struct client *c = client_open(r->port);
    assert_true(client_puts(c, "POST /livez HTTP/1.1\r\n" HOST "Content-Length: 1048576\r\n\r\n"));
    send_body(c, SERVER_BODY_BYTES_MAX);
    read_status(c, 405);
    assert_true(client_puts(c, LIVE_LINE));
    read_status(c, 200);
    client_close(c);
}

static void a_chunked_body_over_the_limit_is_refused(void **state)
{
    struct running *r = *state;
    struct client *c = client_open(r->port);
    assert_true(client_puts(c, "POST /livez HTTP/1.1\r\n" HOST
                               "Transfer-Encoding: chunked\r\n\r\n100001\r\n"));
    send_body(c, SERVER_BODY_BYTES_MAX + 1);
    assert_true(client_puts(c, "\r\n0\r\n\r\n"));
    read_status(c, 413);
    client_close(c);
}

static void a_chunked_body_without_end_ends_the_connection(void **state)
{
    struct running *r = *state;
    struct client *c = client_open(r->port);
    assert_true(client_puts(c, "POST /livez HTTP/1.1\r\n" HOST
                               "Transfer-Encoding: chunked\r\n\r\nfffffff\r\n"));
    send_body(c, 0xfffffff);
    assert_true(client_is_closed(c));
    client_close(c);
}

static void a_client_that_asks_first_is_told_to_go_on(void **state)
{
    struct running *r = *state;
    struct answer a;
    struct client *c = client_open(r->port);
    assert_true(client_puts(c, "GET /livez HTTP/1.1\r\n" HOST
                               "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"));
    client_read_head(c, &a);
    assert_int_equal(a.status, 100);
    assert_true(client_puts(c, "abc"));
    read_status(c, 200);
    client_close(c);
}

static void close_is_closed(void **state)
{
    struct running *r = *state;
    struct client *c = client_open(r->port);
    assert_true(
        client_puts(c, "GET /livez HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n" LIVE_LINE));
    read_status(c, 200);
    assert_true(client_is_closed(c));
    client_close(c);
}

static void http_1_0_is_closed_unless_it_asks_not_to_be(void **state)
{
    struct running *r = *state;
    struct client *c = client_open(r->port);
    assert_true(client_puts(c, "GET /livez HTTP/1.0\r\n\r\n"));
    read_status(c, 200);
    assert_true(client_is_closed(c));
    client_close(c);
    c = client_open(r->port);
    assert_true(client_puts(c, "GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    read_status(c, 200);
    assert_true(client_puts(c, "GET /livez HTTP/1.0\r\n\r\n"));
    read_status(c, 200);
    client_close(c);
}

static void a_client_that_only_listens_any_more_gets_its_answer(void **state)
{
    struct running *r = *state;
    struct client *c = client_open(r->port);
    assert_true(client_puts(c, BADGE_LINE));
    client_end(c);
    read_status(c, 200);
    assert_true(client_is_closed(c));
    client_close(c);
}

static void half_a_request_gets_no_answer(void **state)
{
    enum {
        LEN = sizeof(BADGE_LINE) - 1
    };
    struct running *r = *state;
    struct client *clients[LEN];
    for (size_t len = 0; len < LEN; len++) {
        clients[len] = client_open(r->port);
        assert_true(client_send(clients[len], BADGE_LINE, len));
        client_end(clients[len]);
    }
    for (size_t len = 0; len < LEN; len++) {
        assert_true(client_is_closed(clients[len]));
        client_close(clients[len]);
    }
}

/* Deadlines. Each waits for the server to close, and fails after CLIENT_PATIENCE_S. */

static void what_is_held_open_is_closed(void **state)
{
    static const struct {
        const char *text;
        bool is_answered;
    } rows[] = {
        {"", false},
        {"GET /livez HT", false},
        {"GET /livez HTTP/1.1\r\n" HOST, false},
        {"GET /livez HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\nabc", false},
        {LIVE_LINE, true},
        {LIVE_LINE "GET /", true},
    };
    enum {
        ROWS = sizeof(rows) / sizeof(rows[0])
    };
    struct running *r = *state;
    struct client *clients[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        clients[i] = client_open(r->port);
        assert_true(client_puts(clients[i], rows[i].text));
    }
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].is_answered)
            read_status(clients[i], 200);
        assert_true(client_is_closed(clients[i]));
        client_close(clients[i]);
    }
}

/* Each sends a piece every 100 ms, which libmicrohttpd takes for a sign of life. */
static void what_trickles_is_closed(void **state)
{
    static const struct {
        const char *text, *piece;
    } rows[] = {
        {"GET /", "a"},
        {"", "\r\n"},
        {"GET /livez HTTP/1.1\r\n" HOST, "A: b\r\n"},
        {"GET /livez HTTP/1.1\r\n" HOST "Content-Length: 9999\r\n\r\n", "x"},
    };
    enum {
        ROWS = sizeof(rows) / sizeof(rows[0])
    };
    struct running *r = *state;
    struct client *clients[ROWS];
    size_t open = ROWS;
    for (size_t i = 0; i < ROWS; i++) {
        clients[i] = client_open(r->port);
        assert_true(client_puts(clients[i], rows[i].text));
    }
    for (int pieces = 0; open > 0; pieces++) {
        assert_true(pieces < CLIENT_PATIENCE_S * 10);
        (void)poll(NULL, 0, 100);
        for (size_t i = 0; i < ROWS; i++) {
            if (clients[i] == NULL)
                continue;
            if (client_is_quiet(clients[i]) && client_puts(clients[i], rows[i].piece))
                continue;
            client_close(clients[i]);
            clients[i] = NULL;
            open--;
        }
    }
}

static void a_client_that_keeps_asking_is_not_closed(void **state)
{
    struct running *r = *state;
    struct client *c = client_open(r->port);
    for (int i = 0; i < 35; i++) {
        assert_true(client_puts(c, BADGE_LINE));
        read_status(c, 200);
        (void)poll(NULL, 0, 100);
    }
    client_close(c);
}

static int count_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    int n = 0;
    while (readdir(dir) != NULL)
        n++;
    (void)closedir(dir);
    return n;
}

static void wait_for_files(int count)
{
    for (int i = 0; count_files() != count; i++) {
        assert_true(i < CLIENT_PATIENCE_S * 100);
        (void)poll(NULL, 0, 10);
    }
}

static void closed_connections_give_their_files_back(void **state)
{
    struct running *r = *state;
    int before = count_files();
    struct client *clients[64];
    for (size_t i = 0; i < 64; i++) {
        clients[i] = client_open(r->port);
        assert_true(client_puts(clients[i], i % 2 == 0 ? BADGE_LINE : "GET /"));
    }
    wait_for_files(before + 128);
    for (size_t i = 0; i < 64; i++)
        client_close(clients[i]);
    wait_for_files(before);
}

static void connections_closed_along_with_their_last_bytes_give_their_files_back(void **state)
{
    static const char *const texts[] = {BADGE_LINE, "GET /", "", BADGE_LINE "GET /"};
    struct running *r = *state;
    int before = count_files();
    for (size_t i = 0; i < 64; i++) {
        struct client *c = client_open(r->port);
        client_close_with(c, texts[i % 4]);
    }
    wait_for_files(before);
}

/* libmicrohttpd 0.9.75 loses sight of such a connection; see server.c. */
static void a_connection_that_the_library_forgets_gives_its_file_back(void **state)
{
    struct running *r = *state;
    int before = count_files();
    char text[4096] = "GET /livez?";
    for (int i = 0; i < 1000; i++)
        (void)strcat(text, "a&");
    (void)strcat(text, " HTTP/1.1\r\n" HOST "\r\n");
    size_t len = strlen(text);
    text[5] = '\0'; /* so that the query is out of reach */
    struct client *c = client_open(r->port);
    assert_true(client_send(c, text, len));
    assert_true(client_is_closed(c));
    client_close(c);
    wait_for_files(before);
}

/* The end of the server. */

struct stopping {
    struct server *server;
    int drain_ms;
};

static void *stop_server(void *context)
{
    struct stopping *s = context;
    server_stop(s->server, s->drain_ms);
    return NULL;
}

/* Have a request under way: its head is read, its body is not. */
static struct client *begin_request(const struct running *r)
{
    struct answer a;
    struct client *c = client_open(r->port);
    assert_true(client_puts(c, "GET /livez HTTP/1.1\r\n" HOST
                               "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"));
    client_read_head(c, &a);
    assert_int_equal(a.status, 100);
    return c;
}

static void wait_until_not_listening(uint16_t port)
{
    struct server_options o = {.host = "127.0.0.1", .port = port, .threads = 1};
    struct definitions *d = definitions_builtin();
    struct counts *counts = counts_new(SOURCES);
    struct server *second;
    for (int i = 0; server_start(&o, counts, d, &second, NULL) != ERR_OK; i++) {
        assert_true(i < CLIENT_PATIENCE_S * 100);
        (void)poll(NULL, 0, 10);
    }
    server_stop(second, 0);
    counts_free(counts);
    definitions_free(d);
}

static void a_request_under_way_is_answered_before_the_server_stops(void **state)
{
    (void)state;
    struct running r;
    struct answer a;
    pthread_t thread;
    running_start(&r, (struct server_options){0});
    struct client *idle = client_open(r.port);
    assert_true(client_puts(idle, LIVE_LINE));
    read_status(idle, 200);
    struct client *c = begin_request(&r);
    struct stopping s = {r.server, CLIENT_PATIENCE_S * 1000};
    assert_int_equal(pthread_create(&thread, NULL, stop_server, &s), 0);
    assert_true(client_puts(idle, "GET /readyz?verbose HTTP/1.1\r\n" HOST "\r\n"));
    do { /* until the stop is seen: then the connection is not kept */
        client_read(idle, &a);
    } while (answer_field(&a, "Connection") == NULL &&
             client_puts(idle, "GET /readyz?verbose HTTP/1.1\r\n" HOST "\r\n"));
    assert_int_equal(a.status, 503);
    assert_non_null(strstr(a.body, "[-]server failed: stopping\n"));
    assert_true(client_puts(c, "abc"));
    client_read(c, &a);
    assert_int_equal(a.status, 200);
    assert_string_equal(answer_field(&a, "Connection"), "close");
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(client_is_closed(c));
    client_close(c);
    client_close(idle);
    running_free(&r);
}

static void idle_connections_do_not_hold_up_the_stop(void **state)
{
    (void)state;
    struct running r;
    running_start(&r, (struct server_options){0});
    struct client *idle = client_open(r.port), *half = client_open(r.port);
    assert_true(client_puts(idle, LIVE_LINE));
    read_status(idle, 200);
    assert_true(client_puts(half, "GET /"));
    server_stop(r.server, 3600 * 1000); /* the test would time out */
    assert_true(client_is_closed(idle));
    assert_true(client_is_closed(half));
    client_close(idle);
    client_close(half);
    running_free(&r);
}

static void a_request_that_never_ends_is_cut_when_the_time_is_up(void **state)
{
    (void)state;
    struct running r;
    running_start(&r, (struct server_options){0});
    struct client *c = begin_request(&r);
    server_stop(r.server, 50);
    assert_true(client_is_closed(c));
    client_close(c);
    running_free(&r);
}

static void a_stopped_server_frees_its_port(void **state)
{
    (void)state;
    struct running r;
    running_start(&r, (struct server_options){0});
    struct client *c = client_open(r.port);
    assert_true(client_puts(c, LIVE_LINE));
    read_status(c, 200);
    uint16_t port = r.port;
    running_stop(&r);
    wait_until_not_listening(port);
    client_close(c);
}

static void stopping_nothing_is_nothing(void **state)
{
    (void)state;
    server_stop(NULL, 0);
}

static enum err try_start(struct server_options o, struct error *e)
{
    struct definitions *d = definitions_builtin();
    struct counts *counts = counts_new(SOURCES);
    struct server *s = NULL;
    o.threads = 1;
    enum err err = server_start(&o, counts, d, &s, e);
    server_stop(s, 0);
    counts_free(counts);
    definitions_free(d);
    return err;
}

static void a_port_that_is_taken_is_named(void **state)
{
    struct running *r = *state;
    struct error e;
    char port[16];
    (void)snprintf(port, sizeof(port), "port %u", (unsigned)r->port);
    assert_int_equal(try_start((struct server_options){.host = "127.0.0.1", .port = r->port}, &e),
                     ERR_SYSTEM);
    assert_non_null(strstr(e.message, port));
    assert_non_null(strstr(e.message, "taken"));
}

static void only_loopback_is_listened_on(void **state)
{
    (void)state;
    struct error e;
    assert_int_equal(try_start((struct server_options){.host = "0.0.0.0"}, &e), ERR_USAGE);
    assert_int_equal(try_start((struct server_options){.host = "localhost"}, &e), ERR_OK);
    assert_int_equal(try_start((struct server_options){.host = "127.0.0.9"}, &e), ERR_OK);
}

static void any_number_of_threads_serves(void **state)
{
    (void)state;
    static const unsigned threads[] = {1, 2, 3, 8};
    for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
        struct running r;
        struct client *clients[32];
        running_start(&r, (struct server_options){.threads = threads[i]});
        running_publish(&r, TENANT, running_numbers, 1);
        for (size_t c = 0; c < 32; c++) {
            clients[c] = client_open(r.port);
            assert_true(client_puts(clients[c], BADGE_LINE));
        }
        for (size_t c = 0; c < 32; c++) {
            read_status(clients[c], 200);
            client_close(clients[c]);
        }
        running_stop(&r);
    }
}

#define TEST(name)  cmocka_unit_test_setup_teardown(name, running_setup, running_teardown)
#define HASTY(name) cmocka_unit_test_setup_teardown(name, running_setup_hasty, running_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(many_requests_go_over_one_connection),
        TEST(pipelined_requests_are_answered_in_their_order),
        TEST(a_request_may_come_a_byte_at_a_time),
        TEST(rubbish_behind_a_request_ends_the_connection_after_its_answer),
        TEST(a_body_is_read_and_passed_over),
        TEST(a_body_may_be_as_large_as_the_limit),
        TEST(a_chunked_body_over_the_limit_is_refused),
        TEST(a_chunked_body_without_end_ends_the_connection),
        TEST(a_client_that_asks_first_is_told_to_go_on),
        TEST(close_is_closed),
        TEST(http_1_0_is_closed_unless_it_asks_not_to_be),
        HASTY(a_client_that_only_listens_any_more_gets_its_answer),
        HASTY(half_a_request_gets_no_answer),
        HASTY(what_is_held_open_is_closed),
        HASTY(what_trickles_is_closed),
        HASTY(a_client_that_keeps_asking_is_not_closed),
        TEST(closed_connections_give_their_files_back),
        TEST(connections_closed_along_with_their_last_bytes_give_their_files_back),
        HASTY(a_connection_that_the_library_forgets_gives_its_file_back),
        cmocka_unit_test(a_request_under_way_is_answered_before_the_server_stops),
        cmocka_unit_test(idle_connections_do_not_hold_up_the_stop),
        cmocka_unit_test(a_request_that_never_ends_is_cut_when_the_time_is_up),
        cmocka_unit_test(a_stopped_server_frees_its_port),
        cmocka_unit_test(stopping_nothing_is_nothing),
        TEST(a_port_that_is_taken_is_named),
        cmocka_unit_test(only_loopback_is_listened_on),
        cmocka_unit_test(any_number_of_threads_serves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
