/* Two writers, readers and the feed at once: what a reader sees is what SQL counted at the commit
 * that the as-of names, and as-of never goes back. Meant for ThreadSanitizer. */
#include "changes.h"
#include "following.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

enum {
    WRITERS = 2,
    READERS = 3,
    TRANSACTIONS = 250, /* of each writer */
    SOURCES = 6,
    COMMITS_MAX = WRITERS * TRANSACTIONS + 8,
};

/* What SQL counted in the transaction whose last change is seq, noted before it commits. */
struct commit {
    uint64_t seq;
    uint64_t numbers[TENANTS][SOURCES];
};

struct run {
    struct following *f;
    pthread_mutex_t lock;
    struct commit commits[COMMITS_MAX];
    size_t commits_count;
    atomic_bool is_over;
    atomic_int wrong, checked; /* reads */
};

struct writer {
    struct run *run;
    struct random random;
};

static void note_commit(struct run *run, sqlite3 *db)
{
    struct commit c;
    memset(&c, 0, sizeof(c));
    c.seq = (uint64_t)sql_int(db, "SELECT max(seq) FROM badged_change");
    for (size_t t = 0; t < TENANTS; t++)
        sql_numbers(db, run->f->definitions, tenant_ids[t], c.numbers[t]);
    (void)pthread_mutex_lock(&run->lock);
    assert_true(run->commits_count < COMMITS_MAX);
    run->commits[run->commits_count++] = c;
    (void)pthread_mutex_unlock(&run->lock);
}

/* Transactions that change nothing counted share a seq, and their counts. */
static bool is_as_counted(struct run *run, uint64_t seq, size_t tenant, const uint64_t *numbers)
{
    bool is_found = false;
    (void)pthread_mutex_lock(&run->lock);
    for (size_t i = run->commits_count; i > 0 && !is_found; i--) {
        const struct commit *c = &run->commits[i - 1];
        is_found =
            c->seq == seq && memcmp(c->numbers[tenant], numbers, sizeof(c->numbers[tenant])) == 0;
    }
    (void)pthread_mutex_unlock(&run->lock);
    return is_found;
}

/* One read, checked; as_of is the last that this thread saw. */
static void read_once(struct run *run, size_t tenant, struct as_of *as_of)
{
    struct uuid id;
    uint64_t numbers[SOURCES];
    struct as_of now;
    int64_t since_ms;
    (void)uuid_parse(tenant_ids[tenant], UUID_TEXT_LEN, &id);
    enum counts_trust trust = counts_read(run->f->counts, &id, numbers, &now, &since_ms);
    if (trust == COUNTS_UNKNOWN || as_of_compare(now, *as_of) < 0 ||
        !is_as_counted(run, now.position, tenant, numbers))
        atomic_fetch_add(&run->wrong, 1);
    atomic_fetch_add(&run->checked, 1);
    *as_of = now;
}

static void *write_along(void *arg)
{
    struct writer *w = arg;
    struct run *run = w->run;
    sqlite3 *db = raw_open(FILE_NAME);
    exec(db, "PRAGMA foreign_keys = ON");
    for (int i = 0; i < TRANSACTIONS; i++) {
        exec(db, "BEGIN IMMEDIATE");
        changes_make(db, &w->random);
        uint64_t seq = (uint64_t)sql_int(db, "SELECT max(seq) FROM badged_change");
        bool is_kept = !random_one_in(&w->random, 8);
        if (is_kept)
            note_commit(run, db);
        exec(db, is_kept ? "COMMIT" : "ROLLBACK");
        if (!is_kept || !random_one_in(&w->random, 3))
            continue;
        /* Its own write is in the next read. */
        struct as_of as_of = {0};
        if (!feed_sqlite_sync(run->f->feed, PATIENCE_MS))
            atomic_fetch_add(&run->wrong, 1);
        read_once(run, random_below(&w->random, TENANTS), &as_of);
        if (as_of.position < seq)
            atomic_fetch_add(&run->wrong, 1);
    }
    (void)sqlite3_close(db);
    return NULL;
}

static void *read_along(void *arg)
{
    struct run *run = arg;
    struct as_of as_of = {0};
    for (size_t n = 0; !atomic_load(&run->is_over); n++) {
        read_once(run, n % TENANTS, &as_of);
        if (n % 16 == 0)
            rest(); /* the two cores have writers and the feed to run as well */
    }
    return NULL;
}

static void every_read_is_what_sql_counted_at_its_as_of(void **state)
{
    struct following *f = *state;
    struct run *run = calloc(1, sizeof(*run));
    assert_non_null(run);
    run->f = f;
    assert_int_equal(pthread_mutex_init(&run->lock, NULL), 0);
    following_start(f);
    assert_int_equal(f->definitions->sources_count, SOURCES);
    note_commit(run, f->db);
    struct writer writers[WRITERS];
    pthread_t writing[WRITERS], reading[READERS];
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&reading[i], NULL, read_along, run), 0);
    for (size_t i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.run = run, .random = {i + 1}};
        assert_int_equal(pthread_create(&writing[i], NULL, write_along, &writers[i]), 0);
    }
    for (size_t i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_join(writing[i], NULL), 0);
    assert_true(feed_sqlite_sync(f->feed, PATIENCE_MS));
    atomic_store(&run->is_over, true);
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_join(reading[i], NULL), 0);
    assert_int_equal(atomic_load(&run->wrong), 0);
    assert_true(atomic_load(&run->checked) > TRANSACTIONS);
    assert_exact(f);
    (void)pthread_mutex_destroy(&run->lock);
    free(run);
}

/* Many threads that ask at once are all answered, also when the feed ends meanwhile. */
static void *sync_along(void *arg)
{
    struct run *run = arg;
    while (!atomic_load(&run->is_over))
        if (!feed_sqlite_sync(run->f->feed, PATIENCE_MS))
            atomic_fetch_add(&run->wrong, 1);
    return NULL;
}

static void syncs_of_many_threads_are_all_answered(void **state)
{
    struct following *f = *state;
    struct run *run = calloc(1, sizeof(*run));
    assert_non_null(run);
    run->f = f;
    following_begin(f);
    pthread_t threads[READERS];
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, sync_along, run), 0);
    for (int i = 0; i < 100; i++)
        exec(f->db,
             "UPDATE feedback SET title = 't'; INSERT INTO feedback (tenant_id, title)"
             " VALUES ('%s', 't')",
             tenant_ids[0]);
    assert_exact(f);
    atomic_store(&run->is_over, true);
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(atomic_load(&run->wrong), 0);
    free(run);
}

/* A sync that nobody can answer gives up, and does not keep the feed from sleeping. */
static void a_sync_without_an_answer_ends_at_its_time(void **state)
{
    struct following *f = *state;
    define(f, "missing", "TRUE", NULL);
    following_begin(f);
    await_status(f, COUNTS_UNKNOWN, "missing");
    int64_t start = now_ms();
    assert_false(feed_sqlite_sync(f->feed, 50));
    assert_true(now_ms() - start >= 50);
    struct timespec before, after;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    for (start = now_ms(); now_ms() - start < 300;)
        rest();
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    int64_t used_us =
        (int64_t)(after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000;
    assert_true(used_us < 150000);
    exec(f->db, "CREATE TABLE missing (tenant_id TEXT)");
    assert_exact(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_read_is_what_sql_counted_at_its_as_of,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(syncs_of_many_threads_are_all_answered, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(a_sync_without_an_answer_ends_at_its_time, following_setup,
                                        following_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
