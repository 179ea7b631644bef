/* Counting a tenant once, without following: what `badged badges` prints. */
#include "feed/sqlite_once.h"

#include "following.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#define A "'11111111-1111-4111-8111-111111111111'"

static void fill(sqlite3 *db)
{
    exec(db,
         "INSERT INTO conversations (id, tenant_id) VALUES"
         " ('aaaaaaaa-0000-4000-8000-000000000001', " A ");"
         "INSERT INTO integration_outbox (tenant_id, provider, status, conversation_id)"
         " SELECT tenant_id, 'p', 'failed', id FROM conversations"
         " UNION ALL SELECT tenant_id, 'p', 'failed', id FROM conversations;"
         "INSERT INTO feedback (tenant_id, title, priority) SELECT id, 't', 'high' FROM tenants");
}

static void assert_counts(struct following *f)
{
    for (size_t t = 0; t < TENANTS; t++) {
        struct uuid id;
        struct counts *counts = counts_new(f->definitions->sources_count);
        struct source_fault fault;
        struct error e = {0};
        uint64_t numbers[SOURCES_MAX], wanted[SOURCES_MAX];
        struct as_of as_of;
        int64_t since_ms;
        assert_true(uuid_parse(tenant_ids[t], UUID_TEXT_LEN, &id));
        if (sqlite_once_count(FILE_NAME, f->definitions, &id, counts, &fault, &e) != ERR_OK)
            fail_msg("%s", e.message);
        assert_int_equal(counts_read(counts, &id, numbers, &as_of, &since_ms), COUNTS_LIVE);
        sql_numbers(f->db, f->definitions, tenant_ids[t], wanted);
        for (size_t i = 0; i < f->definitions->sources_count; i++)
            assert_int_equal(numbers[i], wanted[i]);
        counts_free(counts);
    }
}

static void a_file_that_nobody_followed_yet_is_counted(void **state)
{
    struct following *f = *state;
    fill(f->db);
    assert_counts(f);
}

static void its_as_of_is_the_feeds(void **state)
{
    struct following *f = *state;
    struct uuid id;
    struct source_fault fault;
    struct error e = {0};
    following_start(f);
    fill(f->db);
    assert_exact(f);
    assert_counts(f);
    struct counts *counts = counts_new(f->definitions->sources_count);
    struct counts_status once, followed;
    assert_true(uuid_parse(tenant_ids[0], UUID_TEXT_LEN, &id));
    assert_int_equal(sqlite_once_count(FILE_NAME, f->definitions, &id, counts, &fault, &e), ERR_OK);
    counts_status(counts, &once);
    counts_status(f->counts, &followed);
    assert_int_equal(as_of_compare(once.as_of, followed.as_of), 0);
    assert_true(once.as_of.position > 0);
    counts_free(counts);
}

/* A connection that only reads cannot roll back what a killed writer left. */
static void a_killed_writers_journal_is_in_nobodys_way(void **state)
{
    struct following *f = *state;
    fill(f->db);
    /* The journal and the file as they are in the middle of a commit. */
    exec(f->db, "PRAGMA cache_size = 1; BEGIN; DELETE FROM feedback; DELETE FROM tenants;"
                "DELETE FROM integration_outbox");
    shell("cp " FILE_NAME " half.db && cp " FILE_NAME "-journal half.db-journal");
    exec(f->db, "ROLLBACK");
    assert_int_equal(sqlite3_close(f->db), SQLITE_OK);
    shell("mv half.db " FILE_NAME " && mv half.db-journal " FILE_NAME "-journal");
    struct source_fault fault;
    struct error e = {0};
    if (sqlite_once_check(FILE_NAME, f->definitions, &fault, &e) != ERR_OK)
        fail_msg("%s", e.message);
    f->db = raw_open(FILE_NAME);
    assert_int_equal(sql_int(f->db, "SELECT count(*) FROM feedback"), TENANTS);
    assert_counts(f);
}

static void what_cannot_be_counted_is_said(void **state)
{
    struct following *f = *state;
    struct source_fault fault;
    struct error e = {0};
    assert_int_equal(sqlite_once_check("none.db", f->definitions, &fault, &e), ERR_NOT_FOUND);
    shell("head -c 5000 /dev/urandom > noise.db");
    assert_int_equal(sqlite_once_check("noise.db", f->definitions, &fault, &e), ERR_CORRUPT);
    shell(": > empty.db");
    assert_int_equal(sqlite_once_check("empty.db", f->definitions, &fault, &e), ERR_SCHEMA);
    exec(f->db, "CREATE UNIQUE INDEX lower ON feedback (lower(title))");
    assert_int_equal(sqlite_once_check(FILE_NAME, f->definitions, &fault, &e), ERR_SCHEMA);
    assert_non_null(strstr(e.message, "unique index on an expression"));
    assert_string_equal(f->definitions->sources[fault.source].table, "feedback");
    assert_int_equal(fault.field, SPEC_TABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_that_nobody_followed_yet_is_counted, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(its_as_of_is_the_feeds, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(a_killed_writers_journal_is_in_nobodys_way, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_counted_is_said, following_setup,
                                        following_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
