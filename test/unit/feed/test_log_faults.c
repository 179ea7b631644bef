/* What happens to the change log, the triggers and the tables while they are followed: after each,
 * the counts are SQL's again, or unknown with a reason that says what to do; as-of never goes back.
 */
#include "following.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define A "'11111111-1111-4111-8111-111111111111'"
#define B "'22222222-2222-4222-8222-222222222222'"

static void run(struct following *f, const char *sql)
{
    exec(f->db, "%s", sql);
    await_exact(f);
}

/* A write that changes a count: with it, an older state cannot pass for the newest. */
static void write_more(struct following *f)
{
    exec(f->db, "INSERT INTO feedback (tenant_id, title, priority) VALUES (" A ", 't', 'urgent'),"
                " (" B ", 't', 'high'); DELETE FROM feedback WHERE rowid %% 7 = 3");
}

static void start_with_rows(struct following *f)
{
    for (int i = 0; i < 10; i++)
        write_more(f);
    following_start(f);
    write_more(f);
    assert_exact(f);
}

static void run_and_write(struct following *f, const char *sql)
{
    exec(f->db, "%s", sql);
    write_more(f);
    await_exact(f);
    write_more(f);
    await_exact(f);
}

static struct as_of as_of_now(struct following *f)
{
    struct counts_status s;
    counts_status(f->counts, &s);
    return s.as_of;
}

/* ---- the log ---- */

static void more_changes_than_the_log_holds_end_in_a_rebuild(void **state)
{
    struct following *f = *state;
    exec(f->db, "CREATE TABLE things (tenant_id TEXT, n INTEGER)");
    define(f, "things", "n = 0", NULL);
    start_with_rows(f);
    uint32_t timeline = as_of_now(f).timeline;
    run(f, "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 264000)"
           " INSERT INTO things SELECT CASE i % 3 WHEN 0 THEN " A " ELSE " B " END, i % 4 FROM n");
    assert_true(sql_int(f->db, "SELECT count(*) FROM badged_change") < 262144 + 1024);
    write_more(f);
    await_exact(f);
    assert_int_equal(as_of_now(f).timeline, timeline);
}

static void an_emptied_log_goes_on_as_another_timeline(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    uint32_t timeline = as_of_now(f).timeline;
    run_and_write(f, "DELETE FROM badged_change");
    run_and_write(f, "DELETE FROM badged_change; DELETE FROM sqlite_sequence");
    assert_true(as_of_now(f).timeline > timeline);
    assert_int_equal(sql_int(f->db, "SELECT value FROM badged_meta"), as_of_now(f).timeline);
}

static void a_log_that_was_tampered_with_is_not_believed(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    run_and_write(f, "DELETE FROM badged_change WHERE seq % 2 = 0");
    run_and_write(f, "UPDATE badged_change SET salt = salt + 1");
    run_and_write(f, "UPDATE badged_change SET seq = seq + 1000000 WHERE seq % 3 = 0");
    run_and_write(f, "INSERT INTO badged_change (\"table\", row) VALUES ('', 0), ('none', -1),"
                     " ('feedback', 9223372036854775807), ('FEEDBACK', 1), (x'00ff', 'text')");
    run_and_write(f, "INSERT INTO badged_change (seq, \"table\", row) VALUES (-7, 'feedback', 1),"
                     " (1000000000000, 'feedback', 1)");
}

/* Until the log is there again no program can write to the tables, so it must not take long. */
static void a_dropped_log_is_made_anew(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    exec(f->db, "DROP TABLE badged_change");
    exec_fails(f->db, "DELETE FROM feedback");
    await_exact(f);
    for (int64_t until = now_ms() + PATIENCE_MS;
         sql_int(f->db, "SELECT count(*) FROM sqlite_schema WHERE name = 'badged_change'") == 0;
         rest())
        assert_true(now_ms() < until);
    write_more(f);
    await_exact(f);
    run_and_write(f, "DROP TABLE badged_meta");
    run_and_write(f, "DROP TABLE badged_meta; DROP TRIGGER badged_change_ring");
    run_and_write(f, "DELETE FROM badged_meta");
}

static void a_timeline_that_another_badged_raised_is_taken_over(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    run_and_write(f, "UPDATE badged_meta SET value = 50");
    assert_int_equal(as_of_now(f).timeline, 50);
    run_and_write(f, "UPDATE badged_meta SET value = 3");
    assert_int_equal(as_of_now(f).timeline, 50);
    run_and_write(f, "VACUUM");
    assert_true(as_of_now(f).timeline > 50);
}

static void a_timeline_that_is_none_is_said_and_never_followed(void **state)
{
    struct following *f = *state;
    static const char *const values[] = {"0",    "-1",     "2147483647", "4294967297",
                                         "NULL", "'text'", "x'ff'",      "9223372036854775807"};
    start_with_rows(f);
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        exec(f->db, "UPDATE badged_meta SET value = %s", values[i]);
        await_status(f, COUNTS_STALE, "timeline in badged_meta is not a number from 1 to");
        run_and_write(f, "UPDATE badged_meta SET value = 1");
    }
}

/* ---- the triggers ---- */

static void dropped_triggers_are_put_back_and_what_they_missed_is_counted(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    struct as_of before = as_of_now(f);
    exec(f->db, "BEGIN; DROP TRIGGER badged_insert_feedback; DROP TRIGGER badged_delete_feedback;");
    write_more(f);
    exec(f->db, "COMMIT");
    await_exact(f);
    assert_true(as_of_compare(as_of_now(f), before) > 0);
    exec(f->db, "BEGIN; DROP TRIGGER badged_insert_feedback;"
                "CREATE TRIGGER badged_insert_feedback AFTER INSERT ON feedback"
                " BEGIN SELECT 'badged_change'; END");
    write_more(f);
    exec(f->db, "COMMIT");
    await_exact(f);
    write_more(f);
    await_exact(f);
}

static void triggers_of_an_old_name_or_index_are_dropped(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    run_and_write(
        f, "CREATE TRIGGER badged_feedback_insert AFTER INSERT ON feedback BEGIN"
           " INSERT INTO badged_change (\"table\", row) VALUES ('feedback', NEW.rowid); END");
    assert_int_equal(sql_int(f->db, "SELECT count(*) FROM sqlite_schema"
                                    " WHERE name = 'badged_feedback_insert'"),
                     0);
}

/* ---- the tables ---- */

static void a_table_dropped_and_made_again_is_counted_anew(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    struct as_of before = as_of_now(f);
    exec(f->db, "BEGIN; DROP TABLE feedback; CREATE TABLE feedback (id INTEGER PRIMARY KEY,"
                " tenant_id TEXT, title TEXT, priority TEXT, resolved_at TIMESTAMP);"
                "INSERT INTO feedback (tenant_id, priority) VALUES (" A ", 'high'); COMMIT");
    await_exact(f);
    assert_true(as_of_compare(as_of_now(f), before) > 0);
    write_more(f);
    await_exact(f);
}

static void a_table_that_is_missing_is_named_until_it_is_back(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    exec(f->db, "ALTER TABLE feedback RENAME TO gone");
    await_status(f, COUNTS_UNKNOWN, "table \"feedback\" is not in the database: create it");
    exec(f->db, "DELETE FROM gone WHERE rowid %% 2 = 0");
    run_and_write(f, "ALTER TABLE gone RENAME TO feedback");
    exec(f->db, "BEGIN; ALTER TABLE feedback RENAME TO gone; CREATE TABLE feedback"
                " AS SELECT * FROM gone WHERE rowid %% 2 = 1; COMMIT");
    write_more(f);
    exec(f->db, "INSERT INTO gone SELECT * FROM feedback WHERE id IS NOT NULL"
                " ON CONFLICT DO NOTHING; DELETE FROM gone WHERE rowid > 3");
    await_exact(f);
    int64_t start = now_ms();
    exec(f->db, "DROP TABLE feedback");
    await_status(f, COUNTS_UNKNOWN, "\"feedback\"");
    exec(f->db, "CREATE TABLE feedback (tenant_id TEXT, title TEXT, priority TEXT, resolved_at)");
    await_exact(f);
    assert_true(now_ms() - start < PATIENCE_MS);
}

static void columns_may_come_go_and_change_their_name(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    run_and_write(f, "ALTER TABLE feedback ADD COLUMN extra TEXT DEFAULT 'x'");
    run_and_write(f, "ALTER TABLE feedback RENAME COLUMN extra TO \"more \"\"than\"\" that\"");
    run_and_write(f, "ALTER TABLE feedback DROP COLUMN \"more \"\"than\"\" that\"");
    exec(f->db, "DROP INDEX feedback_pressing; ALTER TABLE feedback RENAME COLUMN priority TO p");
    await_status(f, COUNTS_UNKNOWN, "no column \"priority\"");
    exec(f->db, "UPDATE feedback SET p = 'low' WHERE rowid %% 2 = 0");
    run_and_write(f, "ALTER TABLE feedback RENAME COLUMN p TO priority");
}

/* Numbers of a file that was put back are older than those published before they became unknown. */
static void an_older_state_behind_an_unknown_one_goes_on_as_another_timeline(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    shell("sqlite3 " FILE_NAME " \"VACUUM INTO 'older.db'\"");
    for (int i = 0; i < 5; i++)
        write_more(f);
    await_exact(f);
    uint32_t timeline = as_of_now(f).timeline;
    exec(f->db, "ALTER TABLE feedback RENAME TO gone");
    await_status(f, COUNTS_UNKNOWN, "\"feedback\"");
    shell("mv older.db " FILE_NAME);
    assert_int_equal(sqlite3_close(f->db), SQLITE_OK);
    f->db = raw_open(FILE_NAME);
    await_exact(f);
    assert_true(as_of_now(f).timeline > timeline);
}

static void vacuum_and_reindex_change_nothing_that_is_counted(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    uint32_t timeline = as_of_now(f).timeline;
    run_and_write(f, "DELETE FROM feedback WHERE rowid % 3 = 0; VACUUM");
    run_and_write(f, "REINDEX; ANALYZE");
    run_and_write(f, "PRAGMA auto_vacuum = FULL; VACUUM");
    run_and_write(f, "DELETE FROM feedback WHERE rowid % 2 = 0");
    run_and_write(f, "PRAGMA page_size = 1024; VACUUM");
    assert_int_equal(as_of_now(f).timeline, timeline);
}

static void a_schema_that_keeps_changing_is_followed_when_it_rests(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    for (int i = 0; i < 200; i++) {
        exec(f->db, "CREATE TABLE scratch (x); DROP TABLE scratch");
        if (i % 20 == 0)
            write_more(f);
    }
    await_exact(f);
}

/* ---- another badged ---- */

static void two_feeds_with_other_definitions_share_a_file(void **state)
{
    struct following *f = *state;
    struct following other = {.definitions = definitions_new(), .db = f->db};
    exec(f->db, "CREATE TABLE things (tenant_id TEXT, n INTEGER UNIQUE)");
    define(&other, "things", "n > 1", NULL);
    define(&other, "feedback", "TRUE", NULL);
    start_with_rows(f);
    following_start(&other);
    for (int i = 0; i < 20; i++) {
        exec(f->db, "REPLACE INTO things VALUES (" A ", %d)", i % 5);
        write_more(f);
        assert_exact(f);
        assert_exact(&other);
        assert_int_equal(as_of_compare(as_of_now(f), as_of_now(&other)), 0);
    }
    run_and_write(f, "CREATE UNIQUE INDEX both ON feedback (id, title)");
    await_exact(&other);
    sqlite3_int64 schema = sql_int(f->db, "PRAGMA schema_version");
    run_and_write(f, "DELETE FROM badged_change");
    await_exact(&other);
    assert_int_equal(sql_int(f->db, "PRAGMA schema_version"), schema); /* they do not fight */
    following_stop(&other);
    definitions_free(other.definitions);
    write_more(f);
    await_exact(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(more_changes_than_the_log_holds_end_in_a_rebuild,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(an_emptied_log_goes_on_as_another_timeline, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(a_log_that_was_tampered_with_is_not_believed,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(a_dropped_log_is_made_anew, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(a_timeline_that_another_badged_raised_is_taken_over,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(a_timeline_that_is_none_is_said_and_never_followed,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(
            dropped_triggers_are_put_back_and_what_they_missed_is_counted, following_setup,
            following_teardown),
        cmocka_unit_test_setup_teardown(triggers_of_an_old_name_or_index_are_dropped,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(a_table_dropped_and_made_again_is_counted_anew,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(a_table_that_is_missing_is_named_until_it_is_back,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(columns_may_come_go_and_change_their_name, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(
            an_older_state_behind_an_unknown_one_goes_on_as_another_timeline, following_setup,
            following_teardown),
        cmocka_unit_test_setup_teardown(vacuum_and_reindex_change_nothing_that_is_counted,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(a_schema_that_keeps_changing_is_followed_when_it_rests,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(two_feeds_with_other_definitions_share_a_file,
                                        following_setup, following_teardown),
    };
    cmocka_set_test_filter(getenv("ONLY"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
