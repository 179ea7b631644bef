/* What streams.h promises where the moment counts: without a server, so that a test chooses when
 * somebody arrives. */
#include "serve/streams.h"

#include "badge/shape.h"
#include "base/clock.h"
#include "running.h"
#include "serve/roster.h"

#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* Streams without a server, over counts that the test writes. */
struct bare {
    struct running running; /* without a server, too */
    struct shape *shape;
    struct streams *streams;
    struct uuid tenant;
    int ends[2]; /* of a stream: its own and the client's */
};

static void start(struct bare *b)
{
    const struct streams_options o = {
        .limits = {.all = 1}, .stream_ms = 60000, .heartbeat_ms = 60000, .stall_ms = 60000};
    const struct timeval patience = {CLIENT_PATIENCE_S, 0};
    assert_int_equal(streams_start(&o, b->running.counts, b->shape, &b->streams, NULL), ERR_OK);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, b->ends), 0);
    assert_int_equal(setsockopt(b->ends[1], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)),
                     0);
}

static void stop(struct bare *b)
{
    streams_free(b->streams);
    b->streams = NULL;
    assert_int_equal(close(b->ends[1]), 0);
}

static enum streams_verdict admit(const struct bare *b, struct subscriber **ret)
{
    static const unsigned char address[16];
    return streams_admit(b->streams, &b->tenant, address, ret);
}

/* Read on until what was read has the text. */
static void read_until(const struct bare *b, const char *text, char *read_text, size_t bytes)
{
    size_t len = 0;
    read_text[0] = '\0';
    while (strstr(read_text, text) == NULL) {
        ssize_t n = read(b->ends[1], read_text + len, bytes - 1 - len);
        assert_true(n > 0);
        len += (size_t)n;
        read_text[len] = '\0';
    }
}

static int setup(void **state)
{
    static struct bare b;
    b.running =
        (struct running){.definitions = definitions_builtin(), .counts = counts_new(SOURCES)};
    b.shape = shape_new(b.running.definitions);
    *state = &b;
    return uuid_parse(TENANT, strlen(TENANT), &b.tenant) ? 0 : -1;
}

static int teardown(void **state)
{
    struct bare *b = *state;
    streams_free(b->streams); /* when the test failed */
    shape_free(b->shape);
    running_free(&b->running);
    return 0;
}

/* The linker has the thread call this in place of roster_take_arrivals (meson.build), so that it
 * can be held there. */
struct subscriber *__wrap_roster_take_arrivals(struct roster *r);
struct subscriber *__real_roster_take_arrivals(struct roster *r);

static atomic_bool is_held;
static sem_t is_there, goes_on;

struct subscriber *__wrap_roster_take_arrivals(struct roster *r)
{
    if (atomic_exchange(&is_held, false)) {
        (void)sem_post(&is_there);
        while (sem_wait(&goes_on) != 0)
            ;
    }
    return __real_roster_take_arrivals(r);
}

/* The thread is on its way, for a commit; how far counts can be trusted was published when nobody
 * was there. */
static void who_arrives_while_it_looks_around_is_told_what_there_is(void **state)
{
    static const uint64_t changed[SOURCES] = {7};
    struct bare *b = *state;
    struct subscriber *subscriber;
    char text[4096];
    assert_int_equal(sem_init(&is_there, 0, 0) | sem_init(&goes_on, 0, 0), 0);
    start(b);
    running_publish(&b->running, TENANT, running_numbers, 1);
    assert_int_equal(admit(b, &subscriber), STREAMS_ADMITTED);
    atomic_store(&is_held, true);
    running_publish(&b->running, TENANT, changed, 2);
    while (sem_wait(&is_there) != 0)
        ;
    streams_open(b->streams, subscriber, b->ends[0], false);
    assert_int_equal(sem_post(&goes_on), 0);
    read_until(b, "\"sources\":7", text, sizeof(text));
    assert_null(strstr(text, "event: status"));
    stop(b);
}

static void set_stale(const struct bare *b, int64_t since_ms)
{
    (void)counts_set_status(b->running.counts, COUNTS_STALE, "rebuilding", "a reason", since_ms);
}

/* Faster than the thread may look. */
static void it_says_that_trust_went_and_came_back(void **state)
{
    struct bare *b = *state;
    struct subscriber *subscriber;
    char text[8192];
    const int64_t hour_ms = 3600 * 1000;
    running_publish(&b->running, TENANT, running_numbers, 1);
    set_stale(b, clock_ms());
    start(b);
    assert_int_equal(admit(b, &subscriber), STREAMS_ADMITTED);
    streams_open(b->streams, subscriber, b->ends[0], false);
    read_until(b, "\"stale\"", text, sizeof(text));
    for (int64_t round = 1; round <= 50; round++) {
        char since[64];
        time_t then = (time_t)(clock_unix_us() / 1000000 - round * 3600);
        struct tm utc;
        assert_non_null(gmtime_r(&then, &utc));
        assert_true(strftime(since, sizeof(since), "\"since\":\"%Y-%m-%dT%H:", &utc) > 0);
        running_publish(&b->running, TENANT, running_numbers, (uint64_t)round + 1);
        set_stale(b, clock_ms() - round * hour_ms);
        read_until(b, since, text, sizeof(text));
    }
    stop(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_arrives_while_it_looks_around_is_told_what_there_is,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(it_says_that_trust_went_and_came_back, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
