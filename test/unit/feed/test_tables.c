/* Tables as users make them: names, kinds, columns, rowids, triggers of their own; what cannot be
 * followed is refused with the reason. */
#include "following.h"

#include "feed/sqlite_once.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define A "'11111111-1111-4111-8111-111111111111'"
#define B "'22222222-2222-4222-8222-222222222222'"

static void run(struct following *f, const char *sql)
{
    exec(f->db, "%s", sql);
    assert_exact(f);
}

/* The feed does not count, and says why; the check before the start says the same. */
static void assert_refused(struct following *f, enum err code, const char *words)
{
    struct source_fault fault;
    struct error e = {0};
    assert_int_equal(sqlite_once_check(FILE_NAME, f->definitions, &fault, &e), code);
    if (strstr(e.message, words) == NULL)
        fail_msg("no \"%s\" in: %s", words, e.message);
    assert_int_equal(fault.source, f->definitions->sources_count - 1);
    sqlite3_int64 schema = sql_int(f->db, "PRAGMA schema_version");
    following_begin(f);
    await_status(f, COUNTS_UNKNOWN, words);
    following_stop(f);
    assert_int_equal(sql_int(f->db, "PRAGMA schema_version"), schema);
}

static void names_may_hold_anything(void **state)
{
    struct following *f = *state;
    static const char *const names[] = {
        "two words",    "it''s",       "MixedCase",  "select",
        "größe €",      "a.b",         "[brackets]", "x_replaced_by_insert_y",
        "semi;colon--", "{table}",     "100%",       "`tick`",
        "insert",       "badge_change"};
    enum {
        COUNT = sizeof(names) / sizeof(names[0])
    };
    char table[COUNT][64];
    for (size_t i = 0; i < COUNT; i++) {
        (void)snprintf(table[i], sizeof(table[i]), "%s%s", i == 1 ? "it's" : names[i],
                       i == 0 ? "\"quoted\"" : "");
        char *sql = sqlite3_mprintf("CREATE TABLE \"%w\" (\"%w\" TEXT, \"%w\" INTEGER,"
                                    " UNIQUE (\"%w\", \"%w\"))",
                                    table[i], "Tenant \"id\"", "n (n)", "Tenant \"id\"", "n (n)");
        exec(f->db, "%s", sql);
        sqlite3_free(sql);
        define_tenant(f, table[i], "\"n (n)\" > 1", "Tenant \"id\"");
    }
    following_start(f);
    for (size_t i = 0; i < COUNT; i++) {
        char *sql = sqlite3_mprintf("INSERT INTO \"%w\" VALUES (" A ", 1), (" A ", 2), (" B ", 3);"
                                    "REPLACE INTO \"%w\" VALUES (" A ", 2);"
                                    "UPDATE \"%w\" SET \"n (n)\" = 5 WHERE \"n (n)\" = 1",
                                    table[i], table[i], table[i]);
        run(f, sql);
        sqlite3_free(sql);
    }
}

static void columns_that_hide_the_rowid_are_walked_around(void **state)
{
    struct following *f = *state;
    exec(f->db, "CREATE TABLE one (rowid TEXT, tenant_id TEXT, UNIQUE (rowid));"
                "CREATE TABLE two (ROWID TEXT, oid TEXT, tenant_id TEXT);"
                "CREATE TABLE three (_rowid_ INTEGER PRIMARY KEY, rowid, tenant_id TEXT)");
    define(f, "one", "TRUE", NULL);
    define(f, "two", "TRUE", NULL);
    define(f, "three", "TRUE", NULL);
    following_start(f);
    run(f,
        "INSERT INTO one VALUES ('x', " A "), ('y', " B "); INSERT INTO two SELECT rowid, 'o',"
        " tenant_id FROM one; INSERT INTO three (rowid, tenant_id) SELECT 7, tenant_id FROM one");
    run(f, "REPLACE INTO one VALUES ('x', " B ")");
    run(f, "UPDATE two SET _rowid_ = 50 WHERE tenant_id = " A "; UPDATE two SET tenant_id = " B);
    run(f, "UPDATE three SET _rowid_ = 50 WHERE tenant_id = " A "; DELETE FROM three");
}

static void a_table_all_of_whose_rowid_names_are_hidden_is_refused(void **state)
{
    struct following *f = *state;
    exec(f->db, "CREATE TABLE things (rowid, OID, _rowid_, tenant_id TEXT)");
    define(f, "things", "TRUE", NULL);
    assert_refused(f, ERR_SCHEMA, "hide its rowid");
}

static void kinds_that_cannot_be_followed_are_refused(void **state)
{
    struct following *f = *state;
    exec(f->db, "CREATE TABLE keyed (id TEXT PRIMARY KEY, tenant_id TEXT) WITHOUT ROWID;"
                "CREATE VIEW seen AS SELECT * FROM feedback;"
                "CREATE VIRTUAL TABLE words USING fts5(tenant_id)");
    define(f, "keyed", "TRUE", NULL);
    assert_refused(f, ERR_SCHEMA, "WITHOUT ROWID");
    exec(f->db, "DROP TABLE keyed; CREATE TABLE keyed (id TEXT PRIMARY KEY, tenant_id TEXT)");
    define(f, "seen", "TRUE", NULL);
    assert_refused(f, ERR_SCHEMA, "view or a virtual table");
    exec(f->db, "DROP VIEW seen; CREATE TABLE seen (tenant_id TEXT)");
    define(f, "words", "TRUE", NULL);
    assert_refused(f, ERR_SCHEMA, "view or a virtual table");
    exec(f->db, "DROP TABLE words");
    assert_refused(f, ERR_SCHEMA, "table \"words\" is not in the database: create it");
    exec(f->db, "CREATE TABLE WORDS (tenant_id TEXT)");
    assert_refused(f, ERR_SCHEMA, "table \"words\" is not in the database");
    exec(f->db, "DROP TABLE WORDS; CREATE TABLE words (tenant_id TEXT)");
    following_start(f);
    assert_exact(f);
}

static void tables_of_badged_and_of_sqlite_are_refused(void **state)
{
    struct following *f = *state;
    static const char *const names[] = {"badged_change", "BADGED_meta", "sqlite_sequence",
                                        "sqlite_schema"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        definitions_free(f->definitions);
        f->definitions = definitions_builtin();
        define(f, names[i], "TRUE", NULL);
        assert_refused(f, ERR_CONFIG, "belongs to badged or to SQLite");
    }
}

static void columns_that_do_not_suit_are_refused(void **state)
{
    struct following *f = *state;
    static const struct {
        const char *columns, *where, *words;
    } rows[] = {
        {"n INTEGER, tenant TEXT", "n = 1", "no column \"tenant_id\""},
        {"m INTEGER, tenant_id TEXT", "n = 1", "no column \"n\""},
        {"n TEXT COLLATE NOCASE, tenant_id TEXT", "n = 'x'", "collation of its own"},
        {"n INTEGER, tenant_id TEXT COLLATE NOCASE", "n = 1", "collation of its own"},
        {"n INTEGER, tenant_id INTEGER", "n = 1", "cannot name a tenant"},
        {"n BLOB, tenant_id TEXT", "n = 1", "takes IS NULL only"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        definitions_free(f->definitions);
        f->definitions = definitions_builtin();
        exec(f->db, "DROP TABLE IF EXISTS things; CREATE TABLE things (%s)", rows[i].columns);
        define(f, "things", rows[i].where, NULL);
        assert_refused(f, ERR_CONFIG, rows[i].words);
    }
}

static void an_order_column_that_is_named_must_be_there(void **state)
{
    struct following *f = *state;
    exec(f->db, "CREATE TABLE things (n INTEGER, tenant_id TEXT)");
    define(f, "things", "n = 1", NULL);
    define_order(f, "things", "n = 2", "N");
    struct source_fault fault;
    assert_int_equal(sqlite_once_check(FILE_NAME, f->definitions, &fault, &(struct error){0}),
                     ERR_OK);
    define_order(f, "things", "n = 3", "created_at");
    assert_refused(f, ERR_CONFIG, "table \"things\" has no column \"created_at\"");
}

static void another_schema_than_public_is_refused(void **state)
{
    struct following *f = *state;
    const struct source_spec source = {.schema = "other", .table = "feedback"};
    const struct badge_spec badge = {.name = "x", .count = &source, .count_len = 1};
    struct spec_fault fault;
    assert_int_equal(definitions_add(f->definitions, &badge, &fault, NULL), ERR_OK);
    assert_refused(f, ERR_CONFIG, "schema \"other\" is not there");
}

static void columns_may_be_generated_or_spelled_in_another_case(void **state)
{
    struct following *f = *state;
    exec(f->db, "CREATE TABLE things (id INTEGER PRIMARY KEY, n INTEGER, Tenant_ID TEXT,"
                " v INTEGER GENERATED ALWAYS AS (n * 2) VIRTUAL,"
                " s TEXT GENERATED ALWAYS AS (CASE WHEN n > 2 THEN 'many' END) STORED) STRICT");
    define(f, "things", "v = 4 OR S = 'many'", NULL);
    define(f, "things", "\"N\" IS NOT NULL", "s");
    following_start(f);
    run(f, "INSERT INTO things (n, tenant_id) VALUES (1, " A "), (2, " A "), (3, " B "), (NULL, " B
           ")");
    run(f, "UPDATE things SET n = n + 1");
    run(f, "UPDATE things SET n = NULL WHERE n = 2");
    run(f, "DELETE FROM things WHERE v IS NULL");
}

static void rows_that_name_no_tenant_are_nobodys(void **state)
{
    struct following *f = *state;
    exec(f->db, "CREATE TABLE things (tenant_id TEXT, n)");
    define(f, "things", "TRUE", NULL);
    following_start(f);
    run(f, "INSERT INTO things VALUES (NULL, 1), ('', 2), ('x', 3), (upper(" A "), 4),"
           " (CAST(" A " AS BLOB), 5), (" A " || char(0), 6), (7, 7), (" A ", 8)");
    run(f, "UPDATE things SET tenant_id = " A " WHERE n < 3");
    run(f, "UPDATE things SET tenant_id = NULL WHERE n = 8");
}

static void rowids_of_any_size_are_loaded_and_followed(void **state)
{
    struct following *f = *state;
    exec(f->db, "CREATE TABLE things (id INTEGER PRIMARY KEY, tenant_id TEXT, n INTEGER)");
    exec(f->db, "CREATE TABLE none (tenant_id TEXT)");
    exec(f->db, "CREATE TABLE last (id INTEGER PRIMARY KEY, tenant_id TEXT);"
                "INSERT INTO last VALUES (9223372036854775807, " A ")");
    exec(f->db, "CREATE TABLE first (id INTEGER PRIMARY KEY, tenant_id TEXT);"
                "INSERT INTO first VALUES (-9223372036854775808, " A ")");
    exec(f->db, "INSERT INTO things VALUES (-9223372036854775808, " A ", 1),"
                " (-9223372036854775807, " A ", 1), (-9223372036854775552, " A ", 1),"
                " (-300000, " A ", 2), (-1, " B ", 1), (0, " A ", 1), (1, " B ", 1),"
                " (255, " A ", 1), (256, " A ", 1), (257, " A ", 1), (1000000007, " B ", 1),"
                " (9223372036854775551, " A ", 1), (9223372036854775806, " A ", 1),"
                " (9223372036854775807, " A ", 1)");
    define(f, "things", "n = 1", NULL);
    define(f, "none", "TRUE", NULL);
    define(f, "last", "TRUE", NULL);
    define(f, "first", "TRUE", NULL);
    following_start(f);
    assert_exact(f);
    run(f, "UPDATE things SET n = 3 - n");
    run(f, "DELETE FROM things WHERE id > 1000000006 OR id < -9223372036854775806");
    run(f, "INSERT INTO things VALUES (9223372036854775807, " B ", 1), (-5, " B ", 1)");
    run(f, "INSERT INTO none VALUES (" A "); UPDATE last SET id = -1; DELETE FROM first");
}

static void many_rows_with_few_live_ones_are_loaded(void **state)
{
    struct following *f = *state;
    exec(f->db, "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
                " INSERT INTO integration_outbox (id, tenant_id, provider, status)"
                " SELECT i * 7, CASE i %% 3 WHEN 0 THEN " A " ELSE " B " END, 'p',"
                " CASE i %% 10 WHEN 0 THEN 'failed' ELSE 'sent' END FROM n");
    following_start(f);
    assert_exact(f);
}

static void the_users_own_triggers_are_followed_and_kept(void **state)
{
    struct following *f = *state;
    exec(f->db,
         "CREATE TABLE things (id INTEGER PRIMARY KEY, tenant_id TEXT, n INTEGER, UNIQUE (n));"
         "CREATE TRIGGER copy AFTER INSERT ON things WHEN NEW.n < 5 BEGIN"
         "  INSERT INTO things (tenant_id, n) VALUES (NEW.tenant_id, NEW.n + 100); END;"
         "CREATE TRIGGER badged_mine AFTER DELETE ON things BEGIN"
         "  UPDATE things SET tenant_id = OLD.tenant_id WHERE n = OLD.n + 100; END;"
         "CREATE TRIGGER veto BEFORE INSERT ON things WHEN NEW.n = 13 BEGIN"
         "  SELECT RAISE(IGNORE); END");
    define(f, "things", "TRUE", NULL);
    following_start(f);
    run(f, "INSERT INTO things (tenant_id, n) VALUES (" A ", 1), (" B ", 2), (" A ", 13)");
    run(f, "REPLACE INTO things (tenant_id, n) VALUES (" B ", 101)");
    run(f, "DELETE FROM things WHERE n = 2");
    assert_int_equal(sql_int(f->db, "SELECT count(*) FROM sqlite_schema WHERE name IN"
                                    " ('copy', 'badged_mine', 'veto')"),
                     3);
}

static void deletes_that_cascade_are_counted(void **state)
{
    struct following *f = *state;
    following_start(f);
    exec(f->db, "PRAGMA foreign_keys = ON");
    run(f, "INSERT INTO conversations (id, tenant_id) VALUES"
           " ('aaaaaaaa-0000-4000-8000-000000000001', " A "),"
           " ('aaaaaaaa-0000-4000-8000-000000000002', " A "),"
           " ('aaaaaaaa-0000-4000-8000-000000000003', " B ")");
    run(f, "INSERT INTO integration_outbox (tenant_id, provider, status, conversation_id)"
           " SELECT tenant_id, 'p', 'failed', id FROM conversations"
           " UNION ALL SELECT tenant_id, 'q', 'failed', id FROM conversations");
    run(f, "INSERT INTO crawl_attempts (id, tenant_id, source_url, status) VALUES"
           " ('bbbbbbbb-0000-4000-8000-000000000001', " A ", 'u', 'failed'),"
           " ('bbbbbbbb-0000-4000-8000-000000000002', " B ", 'u', 'failed');"
           "INSERT INTO page_failures (crawl_attempt_id, tenant_id, page_url)"
           " SELECT id, tenant_id, 'p' FROM crawl_attempts");
    run(f, "DELETE FROM conversations WHERE id GLOB '*1'");
    run(f, "REPLACE INTO crawl_attempts (id, tenant_id, source_url, status) VALUES"
           " ('bbbbbbbb-0000-4000-8000-000000000001', " A ", 'v', 'failed')");
    run(f, "DELETE FROM tenants WHERE id = " A);
    run(f, "UPDATE tenants SET id = 'cccccccc-0000-4000-8000-000000000001' WHERE slug = 'none'");
    assert_int_equal(sql_int(f->db, "SELECT count(*) FROM page_failures"), 1);
}

static void orphans_stay_counted_where_foreign_keys_are_off(void **state)
{
    struct following *f = *state;
    following_start(f);
    run(f, "INSERT INTO feedback (tenant_id, title, priority) VALUES (" A ", 't', 'urgent'),"
           " ('99999999-9999-4999-8999-999999999999', 't', 'urgent')");
    run(f, "DELETE FROM tenants");
    assert_int_equal(sql_int(f->db, "SELECT count(*) FROM feedback"), 2);
}

static void a_writer_may_have_the_file_attached(void **state)
{
    struct following *f = *state;
    following_start(f);
    sqlite3 *other = raw_open("other.db");
    exec(other,
         "CREATE TABLE mine (x); CREATE TABLE feedback (x);"
         "ATTACH '" FILE_NAME "' AS theirs; BEGIN;"
         "INSERT INTO mine VALUES (1); INSERT INTO feedback VALUES (2);"
         "INSERT INTO theirs.feedback (tenant_id, title, priority) VALUES (" A ", 't', 'high');"
         "INSERT INTO theirs.integrations (tenant_id, provider, name, status)"
         " VALUES (" B ", 'p', 'n', 'error'); COMMIT");
    assert_exact(f);
    exec(other, "BEGIN; DELETE FROM theirs.feedback; DELETE FROM mine; ROLLBACK");
    assert_exact(f);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
}

static void what_is_rolled_back_is_never_counted(void **state)
{
    struct following *f = *state;
    following_start(f);
    run(f, "BEGIN; INSERT INTO feedback (tenant_id, title, priority) VALUES (" A ", '1', 'high');"
           "SAVEPOINT a; INSERT INTO feedback (tenant_id, title, priority) VALUES (" A
           ", '2', 'high');"
           "SAVEPOINT b; DELETE FROM feedback; ROLLBACK TO a;"
           "INSERT INTO feedback (tenant_id, title, priority) VALUES (" B ", '3', 'high');"
           "RELEASE a; COMMIT");
    assert_int_equal(sql_int(f->db, "SELECT count(*) FROM feedback"), 2);
    run(f, "BEGIN; DELETE FROM feedback; UPDATE feedback SET title = 'x'; ROLLBACK");
    run(f, "INSERT INTO feedback (tenant_id, title, priority) VALUES (" B ", '4', 'high')");
}

/* The built-in tables take no rows in UTF-16, as their checks count bytes; a user's do. */
static void a_database_in_utf16_counts_the_same(void **state)
{
    struct following *f = *state;
    shell("sqlite3 " FILE_NAME " '.schema --nosys' > schema.sql &&"
          " sqlite3 utf16.db 'PRAGMA encoding = \"UTF-16be\"' '.read schema.sql'"
          " 'PRAGMA application_id = 1650747236' 'PRAGMA user_version = 1' && mv "
          "utf16.db " FILE_NAME);
    assert_int_equal(sqlite3_close(f->db), SQLITE_OK);
    f->db = raw_open(FILE_NAME);
    exec(f->db, "CREATE TABLE things (tenant_id TEXT, \"größe\" TEXT UNIQUE)");
    define(f, "things", "\"größe\" = 'groß €'", NULL);
    define(f, "things", "TRUE", "größe");
    following_start(f);
    run(f, "INSERT INTO things VALUES (" A ", 'groß €'), (" A ", 'klein'), (" B ", 'mittel')");
    run(f, "UPDATE OR REPLACE things SET \"größe\" = 'groß €'");
    assert_int_equal(sql_int(f->db, "SELECT count(*) FROM things"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_may_hold_anything, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(columns_that_hide_the_rowid_are_walked_around,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(a_table_all_of_whose_rowid_names_are_hidden_is_refused,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(kinds_that_cannot_be_followed_are_refused, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(tables_of_badged_and_of_sqlite_are_refused, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(columns_that_do_not_suit_are_refused, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(an_order_column_that_is_named_must_be_there,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(another_schema_than_public_is_refused, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(columns_may_be_generated_or_spelled_in_another_case,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(rows_that_name_no_tenant_are_nobodys, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(rowids_of_any_size_are_loaded_and_followed, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(many_rows_with_few_live_ones_are_loaded, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(the_users_own_triggers_are_followed_and_kept,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(deletes_that_cascade_are_counted, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(orphans_stay_counted_where_foreign_keys_are_off,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(a_writer_may_have_the_file_attached, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(what_is_rolled_back_is_never_counted, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(a_database_in_utf16_counts_the_same, following_setup,
                                        following_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
