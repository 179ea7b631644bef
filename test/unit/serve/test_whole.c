/* Promises P2 and P3 over HTTP: while a writer publishes, every answer is one whole commit, and
 * none is older than the one before it on the same connection. */
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

enum {
    READERS = 3,
    READS = 1500,
    TENANTS = 3
};

struct writer {
    struct running *running;
    atomic_bool is_done;
    uint64_t commits;
};

struct reader {
    struct running *running;
    int number, fault, changes;
};

static void tenant_id(char out[UUID_TEXT_LEN + 1], int n)
{
    (void)snprintf(out, UUID_TEXT_LEN + 1, "00000000-0000-4000-8000-%012d", n);
}

/* Commit n sets every number of every tenant to n, one by one, and is as of n. */
static void *publish(void *context)
{
    struct writer *w = context;
    while (!atomic_load(&w->is_done)) {
        uint64_t n = ++w->commits;
        const uint64_t numbers[SOURCES] = {n, n, n, n, n, n};
        counts_begin(w->running->counts);
        for (int t = 0; t < TENANTS; t++) {
            char id[UUID_TEXT_LEN + 1];
            struct uuid tenant;
            tenant_id(id, t);
            (void)uuid_parse(id, UUID_TEXT_LEN, &tenant);
            counts_set(w->running->counts, &tenant, numbers);
        }
        counts_publish(w->running->counts, (struct as_of){1, n});
    }
    return NULL;
}

/* The commit that an answer is of, or 0 when it is not of one. */
static unsigned commit_of(const struct answer *a)
{
    char expected[512];
    unsigned n;
    const char *as_of = answer_field(a, "Badged-As-Of");
    if (a->status != 200 || as_of == NULL || strncmp(as_of, "1-0/", 4) != 0)
        return 0;
    n = (unsigned)strtoul(as_of + 4, NULL, 16);
    (void)snprintf(
        expected, sizeof(expected),
        "{\"knowledge\":{\"sites\":null,\"sources\":%u,\"documents\":null,\"answers\":null,"
        "\"crawlFailures\":%u,\"widget\":null},\"conversations\":%u,\"feedback\":%u,"
        "\"integrations\":{\"installed\":%u,\"marketplace\":0},"
        "\"automation\":{\"rules\":0,\"outbox\":%u}}",
        n, 2 * n, n, n, n, n);
    return strcmp(a->body, expected) == 0 ? n : 0;
}

static void *read_answers(void *context)
{
    struct reader *r = context;
    struct answer *a = malloc(sizeof(*a));
    struct client *c = client_open(r->running->port);
    unsigned last = 0;
    for (int i = 0; i < READS && r->fault == 0; i++) {
        char id[UUID_TEXT_LEN + 1], request[256];
        tenant_id(id, (i + r->number) % TENANTS);
        (void)snprintf(request, sizeof(request),
                       "GET " BADGES " HTTP/1.1\r\n" HOST "X-Tenant-Id: %s\r\n\r\n", id);
        (void)client_puts(c, request);
        client_read(c, a);
        unsigned n = commit_of(a);
        if (n == 0 || n < last)
            r->fault = i + 1;
        r->changes += n != last;
        last = n;
    }
    client_close(c);
    free(a);
    return NULL;
}

static void every_answer_is_one_commit_and_none_goes_back(void **state)
{
    (void)state;
    struct running running;
    struct writer writer = {.running = &running};
    struct reader readers[READERS];
    pthread_t writer_thread, threads[READERS];
    running_start(&running, (struct server_options){.threads = 2});
    const uint64_t ones[SOURCES] = {1, 1, 1, 1, 1, 1};
    for (int t = 0; t < TENANTS; t++) {
        char id[UUID_TEXT_LEN + 1];
        tenant_id(id, t);
        running_publish(&running, id, ones, 1);
    }
    writer.commits = 1;
    assert_int_equal(pthread_create(&writer_thread, NULL, publish, &writer), 0);
    for (int i = 0; i < READERS; i++) {
        readers[i] = (struct reader){.running = &running, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, read_answers, &readers[i]), 0);
    }
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    atomic_store(&writer.is_done, true);
    assert_int_equal(pthread_join(writer_thread, NULL), 0);
    for (int i = 0; i < READERS; i++) {
        assert_int_equal(readers[i].fault, 0);
        assert_true(readers[i].changes > 1);
    }
    running_stop(&running);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_is_one_commit_and_none_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
