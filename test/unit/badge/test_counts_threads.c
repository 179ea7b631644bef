/* Counts as the threads of a server see them while the feed's thread publishes: all of a
 * transaction or none of it, and never an older one after a newer one.
 *
 * The writer's transaction number n moves n rows between tenants and sources so that what is true
 * at n can be told from n alone: every number of every tenant is a function of it. Readers check
 * each answer against its as-of, and that as-ofs go forward.
 */
#include "badge/counts.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "generate/random.h"

enum {
    SOURCES = 4,
    TENANTS = 50,
    READERS = 3,
    TRANSACTIONS = 5000,
};

static struct counts *counts;
static atomic_bool is_over;
static atomic_size_t reads, faults, seen; /* seen: answers of transactions other than the last */

static struct uuid tenant(uint64_t n)
{
    struct uuid id = {{0}};
    memcpy(id.bytes, &n, sizeof(n));
    return id;
}

/* What source s of tenant t is at transaction n; every one differs from transaction to
 * transaction. */
static uint64_t number_at(uint64_t n, uint64_t t, uint64_t s)
{
    return n * (s + 1) + t;
}

static void publish(uint64_t n)
{
    counts_begin(counts);
    for (uint64_t t = 0; t < TENANTS; t++) {
        struct uuid id = tenant(t);
        uint64_t numbers[SOURCES];
        for (uint64_t s = 0; s < SOURCES; s++)
            numbers[s] = number_at(n, t, s);
        counts_set(counts, &id, numbers);
    }
    (void)counts_publish(counts, (struct as_of){1, n});
}

static bool is_whole(uint64_t n, uint64_t t, const uint64_t *numbers)
{
    for (uint64_t s = 0; s < SOURCES; s++)
        if (numbers[s] != number_at(n, t, s))
            return false;
    return true;
}

/* No assert here: cmocka's belong to the thread of the test. */
static void *read_all_the_time(void *seed)
{
    struct random r = {*(uint64_t *)seed};
    uint64_t last = 0, last_version = 0;
    while (!atomic_load(&is_over)) {
        uint64_t t = random_below(&r, TENANTS), numbers[SOURCES];
        struct uuid id = tenant(t);
        struct as_of as_of;
        int64_t since;
        struct counts_status status;
        enum counts_trust trust = counts_read(counts, &id, numbers, &as_of, &since);
        if (trust != COUNTS_LIVE || as_of.position < last || !is_whole(as_of.position, t, numbers))
            atomic_fetch_add(&faults, 1);
        atomic_fetch_add(&seen, as_of.position != last);
        last = as_of.position;
        /* Each transaction changes each tenant, and a version counts changes. */
        uint64_t version = counts_version(counts, &id);
        counts_status(counts, &status);
        if (version < last || version < last_version || status.as_of.position < version ||
            counts_tenants(counts) != TENANTS)
            atomic_fetch_add(&faults, 1);
        last_version = version;
        atomic_fetch_add(&reads, 1);
    }
    return NULL;
}

static void a_reader_never_sees_half_a_transaction(void **state)
{
    (void)state;
    pthread_t readers[READERS];
    uint64_t seeds[READERS];
    counts = counts_new(SOURCES);
    publish(1);
    assert_true(counts_set_status(counts, COUNTS_LIVE, "live", "", 1));
    for (size_t i = 0; i < READERS; i++) {
        seeds[i] = i;
        assert_int_equal(pthread_create(&readers[i], NULL, read_all_the_time, &seeds[i]), 0);
    }
    /* And on until every reader had its turns between the writer's. */
    for (uint64_t n = 2; n <= TRANSACTIONS || atomic_load(&seen) < 100; n++)
        publish(n);
    atomic_store(&is_over, true);
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_join(readers[i], NULL), 0);
    assert_int_equal(atomic_load(&faults), 0);
    assert_true(atomic_load(&reads) > 100);
    counts_free(counts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_reader_never_sees_half_a_transaction)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
