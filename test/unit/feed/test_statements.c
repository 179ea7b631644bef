/* Every statement in sql/sqlite/feed prepares against a migrated database: templates are filled in
 * for each table that a built-in badge counts, and what a trigger does is compiled too. */
#include "feed/sql.h"
#include "feed/sqlite_catalog.h"
#include "feed/sqlite_log.h"
#include "feed/sqlite_row.h"
#include "feed/sqlite_trigger.h"
#include "following.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <glob.h>

static char *read_statement(const char *path)
{
    char *text = NULL;
    size_t room = 0;
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    assert_true(getdelim(&text, &room, '\0', in) > 0);
    assert_int_equal(fclose(in), 0);
    return text;
}

/* All statements of a text, as log.sql has several; what a comment or white space is prepares to
 * nothing. */
static void assert_prepares(sqlite3 *db, const char *sql)
{
    for (const char *left = sql; *left != '\0';) {
        sqlite3_stmt *stmt = NULL;
        if (sqlite3_prepare_v2(db, left, -1, &stmt, &left) != SQLITE_OK)
            fail_msg("%s: %s", sql, sqlite3_errmsg(db));
        (void)sqlite3_finalize(stmt);
    }
}

static void fill_and_prepare(sqlite3 *db, const struct catalog *c, size_t table, const char *text)
{
    const struct table *t = &c->tables[table];
    char *name = sql_identifier(t->name), *name_text = sql_text(t->name), *columns = row_columns(t);
    const struct sql_variable variables[] = {
        {"name", "\"a trigger\""}, {"table", name},
        {"table_text", name_text}, {"columns", columns},
        {"where", "TRUE"},         {"tenant", "\"tenant_id\""},
        {"match", "TRUE"},         {"rowid", c->rowids[table]},
        {"changed", "TRUE"},
    };
    char *sql = sql_fill(text, variables, sizeof(variables) / sizeof(variables[0]));
    assert_prepares(db, sql);
    free(sql);
    free(columns);
    free(name_text);
    free(name);
}

static void read_catalog(struct following *f, struct catalog *c)
{
    struct source_fault fault;
    struct error e = {0};
    if (catalog_read(f->db, f->definitions, c, &fault, &e) != ERR_OK)
        fail_msg("%s", e.message);
}

static void every_statement_prepares_for_every_table(void **state)
{
    struct following *f = *state;
    struct catalog c;
    glob_t files;
    read_catalog(f, &c);
    assert_int_equal(c.tables_count, 5);
    assert_int_equal(glob(SQL_DIR "/*.sql", 0, NULL, &files), 0);
    assert_true(files.gl_pathc > 20);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        char *text = read_statement(files.gl_pathv[i]);
        for (size_t table = 0; table < c.tables_count; table++)
            fill_and_prepare(f->db, &c, table, text);
        free(text);
    }
    globfree(&files);
    catalog_fini(&c);
}

static void the_triggers_of_every_table_compile(void **state)
{
    struct following *f = *state;
    struct catalog c;
    struct error e = {0};
    read_catalog(f, &c);
    assert_int_equal(log_install(f->db, &c, &e), ERR_OK);
    for (size_t i = 0; i < c.tables_count; i++) {
        char sql[200];
        (void)snprintf(sql, sizeof(sql),
                       "INSERT INTO %s DEFAULT VALUES; DELETE FROM %s;"
                       "UPDATE %s SET tenant_id = '', %s = 1",
                       c.tables[i].name, c.tables[i].name, c.tables[i].name, c.rowids[i]);
        assert_prepares(f->db, sql);
    }
    catalog_fini(&c);
}

static void installing_again_changes_nothing(void **state)
{
    struct following *f = *state;
    struct catalog c;
    struct error e = {0};
    bool is_installed = true;
    read_catalog(f, &c);
    assert_int_equal(log_is_installed(f->db, &c, &is_installed, &e), ERR_OK);
    assert_false(is_installed);
    assert_int_equal(log_install(f->db, &c, &e), ERR_OK);
    assert_int_equal(log_is_installed(f->db, &c, &is_installed, &e), ERR_OK);
    assert_true(is_installed);
    sqlite3_int64 changes = sqlite3_total_changes64(f->db);
    sqlite3_int64 schema = sql_int(f->db, "PRAGMA schema_version");
    assert_int_equal(log_install(f->db, &c, &e), ERR_OK);
    assert_int_equal(sqlite3_total_changes64(f->db), changes);
    assert_int_equal(sql_int(f->db, "PRAGMA schema_version"), schema);
    catalog_fini(&c);
}

/* Two texts make the log: the migration, and the one for a file where it was dropped. */
static void a_log_made_anew_is_as_the_migration_makes_it(void **state)
{
    struct following *f = *state;
    struct catalog c;
    struct error e = {0};
    exec(f->db, "CREATE TEMP TABLE was AS SELECT type, name, sql FROM sqlite_schema"
                " WHERE name IN ('badged_meta', 'badged_change', 'badged_change_ring')");
    assert_int_equal(sql_int(f->db, "SELECT count(*) FROM was"), 3);
    exec(f->db, "DROP TABLE badged_meta; DROP TABLE badged_change");
    read_catalog(f, &c);
    assert_int_equal(log_install(f->db, &c, &e), ERR_OK);
    assert_int_equal(sql_int(f->db, "SELECT count(*) FROM was NATURAL JOIN sqlite_schema"), 3);
    catalog_fini(&c);
}

static void the_file_that_the_store_makes_is_recognised(void **state)
{
    struct following *f = *state;
    struct error e = {0};
    assert_int_equal(log_check_file(f->db, &e), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_statement_prepares_for_every_table, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(the_triggers_of_every_table_compile, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(installing_again_changes_nothing, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(a_log_made_anew_is_as_the_migration_makes_it,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(the_file_that_the_store_makes_is_recognised,
                                        following_setup, following_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
