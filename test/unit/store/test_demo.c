/* What demo.h promises: believable tenants, and changes that hover and leave everything else alone.
 */
#include "store/demo.h"

#include "store/sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>

#include "scratch.h"

static const char file[] = "demo.db";

/* The six numbers of a tenant, in the order of the definitions; sources twice, as badges share
 * them. */
static const char badges_sql[] =
    "SELECT"
    " (SELECT count(*) FROM crawl_attempts WHERE tenant_id = t.id AND status = 'failed'"
    "   AND can_retry),"
    " (SELECT count(*) FROM page_failures WHERE tenant_id = t.id AND NOT is_resolved),"
    " (SELECT count(DISTINCT conversation_id) FROM integration_outbox WHERE tenant_id = t.id"
    "   AND status = 'failed' AND conversation_id IS NOT NULL),"
    " (SELECT count(*) FROM feedback WHERE tenant_id = t.id AND priority IN ('urgent', 'high')"
    "   AND resolved_at IS NULL),"
    " (SELECT count(*) FROM integrations WHERE tenant_id = t.id"
    "   AND status IN ('error', 'disabled')),"
    " (SELECT count(*) FROM integration_outbox WHERE tenant_id = t.id AND status = 'failed')"
    " FROM tenants AS t WHERE id = ?1";

enum {
    NUMBERS = 6
};

static sqlite3 *open_store(const char *path)
{
    sqlite3 *db = NULL;
    struct error e = {0};
    if (store_sqlite_open(path, &db, &e) != ERR_OK)
        fail_msg("%s", e.message);
    /* Thousands of commits: whether they are on the platter is not what is tested here. */
    exec(db, "PRAGMA synchronous = OFF");
    return db;
}

static sqlite3 *open_filled(const char *path)
{
    sqlite3 *db = open_store(path);
    struct error e = {0};
    if (demo_fill(db, &e) != ERR_OK)
        fail_msg("%s", e.message);
    return db;
}

static void close_store(sqlite3 *db)
{
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static sqlite3_int64 number(sqlite3 *db, const char *text)
{
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    sqlite3_int64 n = sqlite3_column_int64(stmt, 0);
    (void)sqlite3_finalize(stmt);
    return n;
}

static void read_badges(sqlite3 *db, size_t tenant, long ret[NUMBERS])
{
    size_t count;
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, badges_sql, -1, &stmt, NULL), SQLITE_OK);
    (void)sqlite3_bind_text(stmt, 1, demo_tenants(&count)[tenant].id, -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    for (int i = 0; i < NUMBERS; i++)
        ret[i] = (long)sqlite3_column_int64(stmt, i);
    (void)sqlite3_finalize(stmt);
}

static void step(sqlite3 *db, struct demo_random *random, char what[DEMO_WHAT_BYTES_MAX])
{
    struct error e = {0};
    if (demo_step(db, random, what, &e) != ERR_OK)
        fail_msg("%s", e.message);
}

static void the_tenants_it_names_are_there_with_their_names(void **state)
{
    (void)state;
    sqlite3 *db = open_filled(file);
    size_t count;
    const struct demo_tenant *tenants = demo_tenants(&count);
    assert_int_equal(count, 5);
    for (size_t i = 0; i < count; i++) {
        char text[256];
        (void)snprintf(text, sizeof(text),
                       "SELECT count(*) FROM tenants WHERE id = '%s' AND name = '%s'",
                       tenants[i].id, tenants[i].name);
        assert_int_equal(number(db, text), 1);
    }
    assert_int_equal(number(db, "SELECT count(*) FROM tenants"), count);
    close_store(db);
}

static void filling_again_changes_no_byte(void **state)
{
    (void)state;
    close_store(open_filled(file));
    struct bytes was = file_read(file);
    close_store(open_filled(file));
    assert_true(file_is(file, &was));
    free(was.at);
}

static void all_six_badges_show_something_but_for_a_nearly_quiet_tenant(void **state)
{
    (void)state;
    sqlite3 *db = open_filled(file);
    long numbers[NUMBERS], sum = 0;
    for (size_t tenant = 0; tenant < 4; tenant++) {
        read_badges(db, tenant, numbers);
        for (size_t i = 0; i < NUMBERS; i++)
            assert_in_range(numbers[i], 1, 40);
        assert_true(numbers[2] <= numbers[5]);
    }
    read_badges(db, 4, numbers);
    for (size_t i = 0; i < NUMBERS; i++)
        sum += numbers[i];
    assert_in_range(sum, 1, 4);
    close_store(db);
}

static void what_it_fills_in_has_all_states_and_hangs_together(void **state)
{
    (void)state;
    sqlite3 *db = open_filled(file);
    assert_int_equal(number(db, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert_true(number(db, "SELECT count(DISTINCT status) FROM crawl_attempts") == 5);
    assert_int_equal(number(db, "SELECT count(DISTINCT is_resolved) FROM page_failures"), 2);
    assert_int_equal(number(db, "SELECT count(DISTINCT priority) FROM feedback"), 4);
    assert_int_equal(number(db, "SELECT count(DISTINCT status) FROM integrations"), 3);
    assert_int_equal(number(db, "SELECT count(DISTINCT status) FROM integration_outbox"), 3);
    /* Nothing is from the future, and nothing ended before it began. */
    assert_int_equal(number(db,
                            "SELECT count(*) FROM crawl_attempts WHERE completed_at < started_at"
                            " OR updated_at > strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '1 second')"
                            " OR duration_ms < 0"),
                     0);
    /* A row belongs to the tenant of the row that it refers to. */
    assert_int_equal(number(db, "SELECT count(*) FROM page_failures AS p JOIN crawl_attempts AS c"
                                " ON c.id = p.crawl_attempt_id WHERE p.tenant_id <> c.tenant_id"),
                     0);
    assert_int_equal(number(db,
                            "SELECT count(*) FROM integration_outbox AS o JOIN integrations AS i"
                            " ON i.id = o.integration_id WHERE o.tenant_id <> i.tenant_id"),
                     0);
    close_store(db);
}

static void a_seed_determines_what_happens(void **state)
{
    (void)state;
    sqlite3 *one = open_filled("one.db"), *two = open_filled("two.db");
    struct demo_random random_one = {42}, random_two = {42}, other = {43};
    char what_one[DEMO_WHAT_BYTES_MAX], what_two[DEMO_WHAT_BYTES_MAX];
    for (size_t i = 0; i < 150; i++) {
        step(one, &random_one, what_one);
        step(two, &random_two, what_two);
        assert_string_equal(what_one, what_two);
    }
    for (size_t tenant = 0; tenant < 5; tenant++) {
        long numbers_one[NUMBERS], numbers_two[NUMBERS];
        read_badges(one, tenant, numbers_one);
        read_badges(two, tenant, numbers_two);
        assert_memory_equal(numbers_one, numbers_two, sizeof(numbers_one));
    }
    size_t same = 0;
    for (size_t i = 0; i < 20; i++) {
        step(one, &random_one, what_one);
        step(two, &other, what_two);
        same += strcmp(what_one, what_two) == 0;
    }
    assert_true(same < 20);
    close_store(one);
    close_store(two);
}

static void a_step_says_in_one_line_to_whom_what_happened(void **state)
{
    (void)state;
    sqlite3 *db = open_filled(file);
    struct demo_random random = {1};
    size_t count, seen[5] = {0};
    const struct demo_tenant *tenants = demo_tenants(&count);
    for (size_t i = 0; i < 100; i++) {
        char what[DEMO_WHAT_BYTES_MAX];
        step(db, &random, what);
        assert_null(strchr(what, '\n'));
        for (size_t t = 0; t < count; t++) {
            size_t len = strlen(tenants[t].name);
            if (strncmp(what, tenants[t].name, len) == 0 && what[len] == ':' &&
                strlen(what) > len + 10)
                seen[t]++;
        }
    }
    size_t all = 0;
    for (size_t t = 0; t < count; t++) {
        assert_true(seen[t] > 0);
        all += seen[t];
    }
    assert_int_equal(all, 100);
    close_store(db);
}

/* No attempt can be retried once a later attempt of the same job is there. */
static void a_retry_replaces_the_attempt_that_failed(void **state)
{
    (void)state;
    sqlite3 *db = open_filled(file);
    struct demo_random random = {5};
    size_t retries = 0;
    for (size_t i = 0; i < 300; i++) {
        char what[DEMO_WHAT_BYTES_MAX];
        step(db, &random, what);
        retries += strstr(what, "is tried again") != NULL;
        assert_int_equal(number(db,
                                "SELECT count(*) FROM crawl_attempts AS a JOIN crawl_attempts AS b"
                                " ON b.parent_job_id = coalesce(a.parent_job_id, a.id)"
                                " AND b.attempt_number > a.attempt_number"
                                " WHERE a.status = 'failed' AND a.can_retry"),
                         0);
    }
    assert_true(retries > 3);
    close_store(db);
}

/* Upper bounds are twice what is usual (demo_words.c); a failed crawl adds pages at any time, so
 * those have more room. */
static void numbers_hover_and_the_file_stays_small(void **state)
{
    (void)state;
    static const long most[5][NUMBERS] = {
        {4, 21, 6, 4, 2, 6},  {6, 33, 10, 8, 2, 10}, {12, 60, 24, 18, 4, 24},
        {4, 24, 8, 10, 2, 8}, {0, 9, 0, 2, 0, 0},
    };
    enum {
        STEPS = 800
    };
    sqlite3 *db = open_filled(file);
    struct demo_random random = {9};
    long sums[5][NUMBERS] = {0};
    sqlite3_int64 pages = 0;
    for (size_t i = 0; i < STEPS; i++) {
        char what[DEMO_WHAT_BYTES_MAX];
        step(db, &random, what);
        if (i == STEPS / 2)
            pages = number(db, "PRAGMA page_count");
        for (size_t tenant = 0; tenant < 5; tenant++) {
            long numbers[NUMBERS];
            read_badges(db, tenant, numbers);
            for (size_t n = 0; n < NUMBERS; n++) {
                if (numbers[n] > most[tenant][n])
                    fail_msg("tenant %zu, number %zu: %ld after %s", tenant, n, numbers[n], what);
                sums[tenant][n] += numbers[n];
            }
        }
    }
    for (size_t tenant = 0; tenant < 4; tenant++)
        for (size_t n = 0; n < NUMBERS; n++)
            assert_true(sums[tenant][n] * 4 > STEPS); /* not one that sinks to zero for good */
    assert_true(number(db, "PRAGMA page_count") < pages * 3 / 2);
    assert_true(number(db, "PRAGMA page_count") < 500);
    assert_int_equal(number(db, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    close_store(db);
}

static void rows_of_other_tenants_are_left_alone(void **state)
{
    (void)state;
    static const char sum_sql[] =
        "SELECT (SELECT count(*) FROM feedback WHERE tenant_id LIKE '1111%')"
        " * 1000 + (SELECT count(*) FROM tenants)";
    make_store(file); /* with 400 pressing rows of feedback of a tenant that is not of the
                         demonstration's */
    sqlite3 *db = open_filled(file);
    struct demo_random random = {3};
    for (size_t i = 0; i < 100; i++) {
        char what[DEMO_WHAT_BYTES_MAX];
        step(db, &random, what);
    }
    assert_int_equal(number(db, sum_sql), 400 * 1000 + 6);
    assert_int_equal(number(db, "SELECT count(*) FROM feedback WHERE tenant_id LIKE '1111%'"
                                " AND (resolved_at IS NOT NULL OR updated_at <> created_at)"),
                     0);
    close_store(db);
}

static void tenants_that_somebody_deleted_are_passed_over(void **state)
{
    (void)state;
    sqlite3 *db = open_filled(file);
    exec(db, "DELETE FROM tenants WHERE name <> 'Ledgerleaf'");
    struct demo_random random = {4};
    for (size_t i = 0; i < 20; i++) {
        char what[DEMO_WHAT_BYTES_MAX];
        step(db, &random, what);
        assert_memory_equal(what, "Ledgerleaf: ", 12);
    }
    /* Without sites, integrations and crawls, feedback still comes. */
    exec(db, "DELETE FROM tenant_sites; DELETE FROM crawl_attempts; DELETE FROM integrations;"
             "DELETE FROM conversations; DELETE FROM integration_outbox");
    for (size_t i = 0; i < 20; i++) {
        char what[DEMO_WHAT_BYTES_MAX];
        step(db, &random, what);
        assert_non_null(strstr(what, "feedback"));
    }
    close_store(db);
}

static void with_no_tenant_left_a_step_says_so(void **state)
{
    (void)state;
    sqlite3 *db = open_filled(file);
    exec(db, "DELETE FROM tenants");
    struct demo_random random = {4};
    struct error e = {0};
    char what[DEMO_WHAT_BYTES_MAX] = "as it was";
    assert_int_equal(demo_step(db, &random, what, &e), ERR_NOT_FOUND);
    assert_non_null(strstr(e.message, "start it anew"));
    assert_string_equal(what, "as it was");
    assert_int_equal(sqlite3_get_autocommit(db), 1);
    close_store(db);
}

static void a_step_that_another_writer_holds_up_can_be_taken_again(void **state)
{
    (void)state;
    sqlite3 *db = open_filled(file), *other = raw_open(file);
    (void)sqlite3_busy_timeout(db, 0);
    struct demo_random random = {6}, was = random;
    struct error e = {0};
    char what[DEMO_WHAT_BYTES_MAX];
    exec(other, "BEGIN IMMEDIATE");
    assert_int_equal(demo_step(db, &random, what, &e), ERR_BUSY);
    assert_int_equal(random.state, was.state);
    exec(other, "ROLLBACK; BEGIN; SELECT count(*) FROM tenants");
    /* A reader holds up the commit only: all that was done is undone. */
    sqlite3_int64 changes = number(other, "SELECT count(*) FROM feedback");
    assert_int_equal(demo_step(db, &random, what, &e), ERR_BUSY);
    assert_int_equal(random.state, was.state);
    assert_int_equal(sqlite3_get_autocommit(db), 1);
    assert_int_equal(number(db, "SELECT count(*) FROM feedback"), changes);
    exec(other, "COMMIT");
    step(db, &random, what);
    close_store(other);
    close_store(db);
}

static void every_statement_of_it_prepares(void **state)
{
    (void)state;
    sqlite3 *db = open_store(file);
    DIR *directory = opendir(SQL_DIRECTORY);
    assert_non_null(directory);
    size_t count = 0;
    for (struct dirent *d; (d = readdir(directory)) != NULL;) {
        if (strstr(d->d_name, ".sql") == NULL)
            continue;
        char path[1024];
        (void)snprintf(path, sizeof(path), "%s/%s", SQL_DIRECTORY, d->d_name);
        struct bytes text = file_read(path);
        text.at[text.len] = '\0';
        sqlite3_stmt *stmt = NULL;
        const char *rest = NULL;
        if (sqlite3_prepare_v2(db, text.at, -1, &stmt, &rest) != SQLITE_OK)
            fail_msg("%s: %s", d->d_name, sqlite3_errmsg(db));
        assert_string_equal(rest, "\n"); /* one statement a file */
        (void)sqlite3_finalize(stmt);
        free(text.at);
        count++;
    }
    (void)closedir(directory);
    assert_true(count > 30);
    close_store(db);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    static const struct CMUnitTest tests[] = {
        TEST(the_tenants_it_names_are_there_with_their_names),
        TEST(filling_again_changes_no_byte),
        TEST(all_six_badges_show_something_but_for_a_nearly_quiet_tenant),
        TEST(what_it_fills_in_has_all_states_and_hangs_together),
        TEST(a_seed_determines_what_happens),
        TEST(a_step_says_in_one_line_to_whom_what_happened),
        TEST(a_retry_replaces_the_attempt_that_failed),
        TEST(numbers_hover_and_the_file_stays_small),
        TEST(rows_of_other_tenants_are_left_alone),
        TEST(tenants_that_somebody_deleted_are_passed_over),
        TEST(with_no_tenant_left_a_step_says_so),
        TEST(a_step_that_another_writer_holds_up_can_be_taken_again),
        TEST(every_statement_of_it_prepares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
