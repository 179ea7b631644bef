/* Rows that vanish without a delete: what REPLACE pushes out through a primary key, through unique
 * indexes of every kind, and through defaults. After each statement the counts are SQL's. */
#include "following.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define A "'11111111-1111-4111-8111-111111111111'"
#define B "'22222222-2222-4222-8222-222222222222'"

/* A table of the user's, and what of it is counted. */
static void follow_table(struct following *f, const char *columns)
{
    exec(f->db, "CREATE TABLE things (tenant_id TEXT, status TEXT DEFAULT 'open', %s)", columns);
    define(f, "things", "status = 'open'", NULL);
    define(f, "things", "TRUE", "status");
}

static void run(struct following *f, const char *sql)
{
    exec(f->db, "%s", sql);
    assert_exact(f);
}

static void replace_pushes_out_a_row_of_the_same_text_key(void **state)
{
    struct following *f = *state;
    follow_table(f, "id TEXT PRIMARY KEY");
    following_start(f);
    run(f, "INSERT INTO things (id, tenant_id, status) VALUES ('a', " A ", 'open'), ('b', " B
           ", 'open')");
    run(f, "INSERT OR REPLACE INTO things (id, tenant_id, status) VALUES ('a', " B ", 'open')");
    run(f, "REPLACE INTO things (id, tenant_id, status) VALUES ('a', " A ", 'closed')");
    run(f, "UPDATE OR REPLACE things SET id = 'b' WHERE id = 'a'");
    run(f, "INSERT OR REPLACE INTO things (id, tenant_id) SELECT id, " A " FROM things");
    assert_int_equal(sql_int(f->db, "SELECT count(*) FROM things"), 1);
}

static void replace_pushes_out_rows_through_an_index_of_several_columns(void **state)
{
    struct following *f = *state;
    follow_table(f, "id INTEGER PRIMARY KEY, a, b, c, UNIQUE (a, b), UNIQUE (c)");
    following_start(f);
    run(f, "INSERT INTO things (a, b, c, tenant_id) VALUES (1, 1, 1, " A "), (1, 2, 2, " A "),"
           " (2, 1, 3, " B "), (NULL, 1, 4, " A "), (NULL, 1, 5, " A ")");
    run(f, "REPLACE INTO things (a, b, c, tenant_id) VALUES (1, 1, 2, " B ")");
    assert_int_equal(sql_int(f->db, "SELECT count(*) FROM things"), 4);
    run(f, "REPLACE INTO things (a, b, c, tenant_id) VALUES (NULL, 1, 9, " B ")");
    run(f, "UPDATE OR REPLACE things SET a = 7, b = 7");
    assert_int_equal(sql_int(f->db, "SELECT count(*) FROM things"), 1);
    run(f, "INSERT INTO things (id, a, b, c, tenant_id) VALUES (100, 8, 8, 8, " A ")");
    run(f, "REPLACE INTO things (id, a, b, c, tenant_id) VALUES (100, 7, 7, 10, " B ")");
    assert_int_equal(sql_int(f->db, "SELECT count(*) FROM things"), 1);
}

static void replace_pushes_out_rows_through_a_collation(void **state)
{
    struct following *f = *state;
    follow_table(f, "id INTEGER PRIMARY KEY, slug TEXT COLLATE NOCASE UNIQUE, code TEXT");
    exec(f->db, "CREATE UNIQUE INDEX things_code ON things (code COLLATE RTRIM)");
    following_start(f);
    run(f, "INSERT INTO things (slug, code, tenant_id) VALUES ('one', 'x', " A "),"
           " ('two', 'y', " B "), ('three', 'z', " B ")");
    run(f, "REPLACE INTO things (slug, code, tenant_id) VALUES ('ONE', 'X', " B ")");
    run(f, "REPLACE INTO things (slug, code, tenant_id) VALUES ('four', 'y  ', " A ")");
    run(f, "UPDATE OR REPLACE things SET slug = 'THREE' WHERE slug = 'one'");
    assert_int_equal(sql_int(f->db, "SELECT count(*) FROM things"), 2);
}

/* The column compares without case, the index with it: an update that only changes the case moves
 * the row in the index. */
static void an_index_may_tell_apart_what_its_column_does_not(void **state)
{
    struct following *f = *state;
    follow_table(f, "id INTEGER PRIMARY KEY, slug TEXT COLLATE NOCASE");
    exec(f->db, "CREATE UNIQUE INDEX things_slug ON things (slug COLLATE BINARY)");
    following_start(f);
    run(f, "INSERT INTO things (slug, tenant_id) VALUES ('one', " A "), ('ONE', " B ")");
    run(f, "UPDATE OR REPLACE things SET slug = 'ONE' WHERE tenant_id = " A);
    assert_int_equal(sql_int(f->db, "SELECT count(*) FROM things"), 1);
}

/* The columns of the index do not change here: a row comes into it by another column. */
static void replace_pushes_out_rows_through_a_partial_index(void **state)
{
    struct following *f = *state;
    follow_table(f, "id INTEGER PRIMARY KEY, a");
    exec(f->db, "CREATE UNIQUE INDEX one_open ON things (a) -- one open thing at a time\n"
                "WHERE status = 'open' /* and no more */");
    following_start(f);
    run(f, "INSERT INTO things (a, tenant_id, status) VALUES (1, " A ", 'open'),"
           " (1, " B ", 'closed'), (1, " B ", 'closed'), (2, " B ", 'open')");
    run(f, "REPLACE INTO things (a, tenant_id, status) VALUES (1, " B ", 'open')");
    run(f, "UPDATE OR REPLACE things SET status = 'open' WHERE id = 2");
    run(f, "UPDATE OR REPLACE things SET a = 1 WHERE a = 2");
    assert_int_equal(sql_int(f->db, "SELECT count(*) FROM things WHERE status = 'open'"), 1);
}

/* Else every change of a row would note all rows of its tenant, and read the whole table. */
static void a_partial_index_notes_only_rows_that_it_holds(void **state)
{
    struct following *f = *state;
    follow_table(f, "id INTEGER PRIMARY KEY, a");
    exec(f->db, "CREATE UNIQUE INDEX one_open ON things (a) WHERE status = 'open'");
    exec(f->db, "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
                " INSERT INTO things (a, tenant_id, status) SELECT 1, " A ", 'closed' FROM n");
    following_start(f);
    sqlite3_int64 before = sql_int(f->db, "SELECT max(seq) FROM badged_change");
    run(f, "INSERT INTO things (a, tenant_id, status) VALUES (1, " A ", 'open')");
    run(f, "UPDATE things SET tenant_id = " B " WHERE status = 'open'");
    assert_int_equal(sql_int(f->db, "SELECT max(seq) FROM badged_change"), before + 2);
}

static void replace_pushes_out_rows_through_a_generated_column(void **state)
{
    struct following *f = *state;
    follow_table(f, "id INTEGER PRIMARY KEY, a, half GENERATED ALWAYS AS (a / 2) VIRTUAL UNIQUE,"
                    " third GENERATED ALWAYS AS (a / 3) STORED UNIQUE");
    following_start(f);
    run(f, "INSERT INTO things (a, tenant_id) VALUES (0, " A "), (6, " A "), (12, " B ")");
    run(f, "REPLACE INTO things (a, tenant_id) VALUES (7, " B ")");
    run(f, "UPDATE OR REPLACE things SET a = 13 WHERE a = 0");
    run(f, "UPDATE OR REPLACE things SET a = 14");
    assert_int_equal(sql_int(f->db, "SELECT count(*) FROM things"), 1);
}

/* NULL in a NOT NULL column becomes its default on REPLACE, after the triggers that run before. */
static void replace_pushes_out_rows_through_a_default(void **state)
{
    struct following *f = *state;
    follow_table(f, "id INTEGER PRIMARY KEY, a TEXT NOT NULL DEFAULT 'x' UNIQUE,"
                    " b TEXT NOT NULL DEFAULT (lower('Y') /* y */ || ')') UNIQUE");
    following_start(f);
    run(f, "INSERT INTO things (a, b, tenant_id) VALUES ('x', 'y)', " A "), ('p', 'q', " A ")");
    run(f, "REPLACE INTO things (a, b, tenant_id) VALUES (NULL, 'z', " B ")");
    run(f, "INSERT INTO things (a, b, tenant_id) VALUES ('r', 'y)', " A ")");
    run(f, "REPLACE INTO things (a, b, tenant_id) VALUES ('s', NULL, " B ")");
    run(f, "UPDATE OR REPLACE things SET a = NULL WHERE a = 'p'");
    assert_int_equal(sql_int(f->db, "SELECT count(*) FROM things"), 2);
}

static void a_constraint_may_say_replace_itself(void **state)
{
    struct following *f = *state;
    follow_table(f, "id INTEGER PRIMARY KEY ON CONFLICT REPLACE, a UNIQUE ON CONFLICT REPLACE");
    following_start(f);
    run(f, "INSERT INTO things (id, a, tenant_id) VALUES (1, 'x', " A "), (2, 'y', " A ")");
    run(f, "INSERT INTO things (id, a, tenant_id) VALUES (1, 'y', " B ")");
    run(f, "UPDATE things SET id = 5, a = 'y'");
    assert_int_equal(sql_int(f->db, "SELECT count(*) FROM things"), 1);
}

static void an_upsert_counts_once(void **state)
{
    struct following *f = *state;
    follow_table(f, "id TEXT PRIMARY KEY, a UNIQUE");
    following_start(f);
    run(f, "INSERT INTO things (id, a, tenant_id, status) VALUES ('a', 1, " A
           ", 'open'), ('b', 2, " A ", 'open')");
    run(f, "INSERT INTO things (id, a, tenant_id, status) VALUES ('a', 3, " B ", 'open')"
           " ON CONFLICT (id) DO UPDATE SET tenant_id = excluded.tenant_id, a = excluded.a");
    run(f, "INSERT INTO things (id, a, tenant_id, status) VALUES ('c', 3, " B ", 'open')"
           " ON CONFLICT (a) DO UPDATE SET status = 'closed'");
    run(f, "INSERT INTO things (id, a, tenant_id, status) VALUES ('c', 3, " B
           ", 'open') ON CONFLICT DO NOTHING");
    run(f, "INSERT OR IGNORE INTO things (id, a, tenant_id, status) VALUES ('c', 3, " B
           ", 'open'), ('d', 4, " B ", 'open')");
    assert_int_equal(sql_int(f->db, "SELECT count(*) FROM things"), 3);
}

/* OR FAIL keeps the rows in front of the one that fails, and does not end its statement. */
static void a_statement_that_fails_halfway_counts_what_it_kept(void **state)
{
    struct following *f = *state;
    follow_table(f, "id TEXT PRIMARY KEY");
    following_start(f);
    run(f, "INSERT INTO things (id, tenant_id, status) VALUES ('c', " A ", 'open')");
    exec_fails(f->db, "INSERT OR FAIL INTO things (id, tenant_id, status) VALUES ('a', " A
                      ", 'open'), ('b', " B ", 'open'),"
                      " ('c', " A ", 'open'), ('d', " A ", 'open')");
    assert_exact(f);
    exec_fails(f->db, "INSERT INTO things (id, tenant_id, status) VALUES ('e', " A
                      ", 'open'), ('c', " A ", 'open')");
    assert_exact(f);
    run(f, "INSERT INTO things (id, tenant_id, status) VALUES ('f', " B ", 'open')");
    assert_int_equal(sql_int(f->db, "SELECT count(*) FROM things"), 4);
}

static void a_row_may_change_its_rowid(void **state)
{
    struct following *f = *state;
    follow_table(f, "id TEXT PRIMARY KEY");
    following_start(f);
    run(f, "INSERT INTO things (id, tenant_id, status) VALUES ('a', " A ", 'open'), ('b', " B
           ", 'open')");
    run(f, "UPDATE things SET rowid = 100 WHERE id = 'a'");
    run(f, "UPDATE things SET rowid = -100, tenant_id = " B " WHERE id = 'a'");
    run(f, "UPDATE OR REPLACE things SET rowid = 2 WHERE id = 'a'");
    assert_int_equal(sql_int(f->db, "SELECT count(*) FROM things"), 1);
    run(f, "UPDATE things SET rowid = rowid + 1");
    run(f, "DELETE FROM things");
}

static void recursive_triggers_note_more_and_count_the_same(void **state)
{
    struct following *f = *state;
    follow_table(f, "id TEXT PRIMARY KEY, a UNIQUE");
    following_start(f);
    exec(f->db, "PRAGMA recursive_triggers = ON");
    run(f, "INSERT INTO things (id, a, tenant_id, status) VALUES ('a', 1, " A
           ", 'open'), ('b', 2, " A ", 'open')");
    run(f, "REPLACE INTO things (id, a, tenant_id, status) VALUES ('a', 2, " B ", 'open')");
    run(f, "INSERT INTO feedback (tenant_id, title, priority) VALUES (" A ", 't', 'urgent')");
    run(f, "UPDATE feedback SET resolved_at = '2026-01-01T00:00:00.000Z'");
    run(f, "UPDATE feedback SET resolved_at = NULL");
}

static void an_index_made_or_dropped_later_is_covered_too(void **state)
{
    struct following *f = *state;
    follow_table(f, "id INTEGER PRIMARY KEY, a, b");
    following_start(f);
    run(f, "INSERT INTO things (a, b, tenant_id) VALUES (1, 1, " A "), (2, 2, " B ")");
    run(f, "CREATE UNIQUE INDEX things_a ON things (a)");
    run(f, "REPLACE INTO things (a, tenant_id) VALUES (1, " B ")");
    run(f, "DROP INDEX things_a");
    assert_int_equal(
        sql_int(f->db, "SELECT count(*) FROM sqlite_schema WHERE name GLOB '*things_a'"), 0);
    run(f, "ALTER TABLE things DROP COLUMN a"); /* which a trigger of the index would forbid */
    run(f, "CREATE UNIQUE INDEX things_a ON things (b)");
    run(f, "REPLACE INTO things (b, tenant_id) VALUES (2, " A ")");
}

static void a_unique_index_on_an_expression_is_refused(void **state)
{
    struct following *f = *state;
    follow_table(f, "id INTEGER PRIMARY KEY, a");
    following_start(f);
    exec(f->db, "CREATE UNIQUE INDEX things_lower ON things (lower(a))");
    await_status(f, COUNTS_UNKNOWN, "unique index on an expression (\"things_lower\")");
    exec(f->db, "DROP INDEX things_lower");
    await_exact(f);
    exec(f->db, "CREATE INDEX things_lower ON things (lower(a))");
    await_exact(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(replace_pushes_out_a_row_of_the_same_text_key,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(replace_pushes_out_rows_through_an_index_of_several_columns,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(replace_pushes_out_rows_through_a_collation,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(an_index_may_tell_apart_what_its_column_does_not,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(replace_pushes_out_rows_through_a_partial_index,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(a_partial_index_notes_only_rows_that_it_holds,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(replace_pushes_out_rows_through_a_generated_column,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(replace_pushes_out_rows_through_a_default, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(a_constraint_may_say_replace_itself, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(an_upsert_counts_once, following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(a_statement_that_fails_halfway_counts_what_it_kept,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(a_row_may_change_its_rowid, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(recursive_triggers_note_more_and_count_the_same,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(an_index_made_or_dropped_later_is_covered_too,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(a_unique_index_on_an_expression_is_refused, following_setup,
                                        following_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
