/* What base/sqlite.h promises: how a file is opened, and which error each way of failing is. */
#include "base/sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A folder of its own for each test, with a path in it. */
struct place {
    char folder[64], file[96];
};

static int make_place(void **state)
{
    static struct place p;
    (void)snprintf(p.folder, sizeof(p.folder), "/tmp/badged-test-sqlite-XXXXXX");
    if (mkdtemp(p.folder) == NULL)
        return -1;
    (void)snprintf(p.file, sizeof(p.file), "%s/a.db", p.folder);
    *state = &p;
    return 0;
}

static int remove_place(void **state)
{
    const struct place *p = *state;
    (void)unlink(p->file);
    return rmdir(p->folder);
}

static const char *file_of(void **state)
{
    return ((const struct place *)*state)->file;
}

static sqlite3 *open_well(const char *path, enum sqlite_mode mode)
{
    sqlite3 *db = NULL;
    struct error e = {0};
    if (sqlite_open(path, mode, 0, &db, &e) != ERR_OK)
        fail_msg("%s", e.message);
    return db;
}

static void exec_well(sqlite3 *db, const char *sql)
{
    struct error e = {0};
    if (sqlite_exec(db, sql, &e) != ERR_OK)
        fail_msg("%s", e.message);
}

static sqlite3_int64 int_of(sqlite3 *db, const char *sql)
{
    sqlite3_int64 n = -1;
    struct error e = {0};
    if (sqlite_int(db, sql, &n, &e) != ERR_OK)
        fail_msg("%s", e.message);
    return n;
}

static void write_file(const char *path, const char *bytes, size_t len)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

/* Opening must fail in this way, and say which file. */
static void assert_open_fails(const char *path, enum sqlite_mode mode, enum err code)
{
    sqlite3 *untouched = (sqlite3 *)&code, *db = untouched;
    struct error e = {0};
    assert_int_equal(sqlite_open(path, mode, 0, &db, &e), code);
    assert_int_equal(e.code, code);
    assert_non_null(strstr(e.message, path));
    assert_ptr_equal(db, untouched);
}

static void only_create_makes_a_file(void **state)
{
    assert_open_fails(file_of(state), SQLITE_MODE_READ, ERR_NOT_FOUND);
    assert_open_fails(file_of(state), SQLITE_MODE_WRITE, ERR_NOT_FOUND);
    assert_int_not_equal(access(file_of(state), F_OK), 0);
    sqlite3 *db = open_well(file_of(state), SQLITE_MODE_CREATE);
    exec_well(db, "CREATE TABLE t (a)");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_int_equal(access(file_of(state), F_OK), 0);
}

static void a_connection_keeps_foreign_keys_and_syncs_fully(void **state)
{
    sqlite3 *db = open_well(file_of(state), SQLITE_MODE_CREATE);
    assert_int_equal(int_of(db, "PRAGMA foreign_keys"), 1);
    assert_int_equal(int_of(db, "PRAGMA synchronous"), 2);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void a_reader_writes_nothing(void **state)
{
    sqlite3 *db = open_well(file_of(state), SQLITE_MODE_CREATE);
    exec_well(db, "CREATE TABLE t (a)");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    db = open_well(file_of(state), SQLITE_MODE_READ);
    struct error e = {0};
    assert_int_equal(sqlite_exec(db, "INSERT INTO t VALUES (1)", &e), ERR_READ_ONLY);
    assert_int_equal(int_of(db, "SELECT count(*) FROM t"), 0);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void a_file_that_is_no_database_is_corrupt(void **state)
{
    char text[4096];
    memset(text, 'x', sizeof(text));
    write_file(file_of(state), text, sizeof(text));
    assert_open_fails(file_of(state), SQLITE_MODE_READ, ERR_CORRUPT);
    assert_open_fails(file_of(state), SQLITE_MODE_WRITE, ERR_CORRUPT);
    assert_open_fails(file_of(state), SQLITE_MODE_CREATE, ERR_CORRUPT);
    struct stat st;
    assert_int_equal(stat(file_of(state), &st), 0);
    assert_int_equal(st.st_size, sizeof(text));
}

static void another_connections_lock_is_busy(void **state)
{
    sqlite3 *first = open_well(file_of(state), SQLITE_MODE_CREATE);
    exec_well(first, "CREATE TABLE t (a)");
    sqlite3 *second = open_well(file_of(state), SQLITE_MODE_WRITE);
    exec_well(first, "BEGIN IMMEDIATE");
    struct error e = {0};
    assert_int_equal(sqlite_exec(second, "BEGIN IMMEDIATE", &e), ERR_BUSY);
    assert_int_equal(e.cause & 0xFF, SQLITE_BUSY);
    exec_well(first, "COMMIT");
    exec_well(second, "BEGIN IMMEDIATE; COMMIT");
    assert_int_equal(sqlite3_close(first), SQLITE_OK);
    assert_int_equal(sqlite3_close(second), SQLITE_OK);
}

static void no_room_left_is_full(void **state)
{
    sqlite3 *db = open_well(file_of(state), SQLITE_MODE_CREATE);
    exec_well(db, "CREATE TABLE t (a); PRAGMA max_page_count = 2");
    struct error e = {0};
    assert_int_equal(sqlite_exec(db, "INSERT INTO t VALUES (zeroblob(100000))", &e), ERR_FULL);
    assert_int_equal(e.cause, SQLITE_FULL);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void a_refused_statement_says_why_and_with_what_code(void **state)
{
    sqlite3 *db = open_well(file_of(state), SQLITE_MODE_CREATE);
    struct error e = {0};
    assert_int_equal(
        sqlite_exec(db, "CREATE TABLE t (a UNIQUE); INSERT INTO t VALUES (1), (1)", &e),
        ERR_DATABASE);
    assert_int_equal(e.cause, SQLITE_CONSTRAINT_UNIQUE);
    assert_non_null(strstr(e.message, "UNIQUE constraint failed: t.a (SQLite 2067)"));
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite_prepare(db, "SELECT b FROM t", &stmt, &e), ERR_DATABASE);
    assert_non_null(strstr(e.message, "no such column: b"));
    assert_null(stmt);
    assert_int_equal(sqlite_prepare(db, "SELECT b FROM t", &stmt, NULL), ERR_DATABASE);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void an_integer_is_read_and_its_absence_is_a_failure(void **state)
{
    sqlite3 *db = open_well(file_of(state), SQLITE_MODE_CREATE);
    assert_true(int_of(db, "SELECT -9223372036854775808") == INT64_MIN);
    sqlite3_int64 n = 7;
    struct error e = {0};
    assert_int_equal(sqlite_int(db, "SELECT 1 WHERE 0", &n, &e), ERR_DATABASE);
    assert_int_equal(sqlite_int(db, "SELECT abs(-9223372036854775808)", &n, &e), ERR_DATABASE);
    assert_int_equal(n, 7);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_create_makes_a_file, make_place, remove_place),
        cmocka_unit_test_setup_teardown(a_connection_keeps_foreign_keys_and_syncs_fully, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(a_reader_writes_nothing, make_place, remove_place),
        cmocka_unit_test_setup_teardown(a_file_that_is_no_database_is_corrupt, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(another_connections_lock_is_busy, make_place, remove_place),
        cmocka_unit_test_setup_teardown(no_room_left_is_full, make_place, remove_place),
        cmocka_unit_test_setup_teardown(a_refused_statement_says_why_and_with_what_code, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(an_integer_is_read_and_its_absence_is_a_failure, make_place,
                                        remove_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
