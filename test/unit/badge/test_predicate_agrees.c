/* Evaluation in C and in SQLite give the same truth for generated predicates and rows. The seed and
 * the number of pairs can be set: test_predicate_agrees [SEED [PAIRS]]. */
#include "badge/predicate.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/mem.h"
#include "generate/sqlite.h"

enum {
    ROWS = 64,
    PREDICATES_PER_TABLE = 50
};

static uint64_t seed = 20261123;
static uint64_t pairs_wanted = 1000000;

static sqlite3 *db;
static sqlite3_stmt *cast;
static struct column columns[GENERATE_SQLITE_COLUMNS];
static struct table table = {.columns = columns, .columns_count = GENERATE_SQLITE_COLUMNS};

static double real_of(const char *text, void *context)
{
    sqlite3_stmt *stmt = context;
    sqlite3_bind_text(stmt, 1, text, -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    double real = sqlite3_column_double(stmt, 0);
    sqlite3_reset(stmt);
    return real;
}

static void must(const char *sql)
{
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
}

static void make_table(void)
{
    static char name[] = "t", schema[] = "public";
    struct buffer sql = {0};
    buffer_puts(&sql, "CREATE TABLE t (id INTEGER PRIMARY KEY");
    for (size_t i = 0; i < GENERATE_SQLITE_COLUMNS; i++) {
        char *quoted = sqlite3_mprintf("\"%w\"", generate_sqlite_columns[i].name);
        buffer_printf(&sql, ", %s %s", quoted, generate_sqlite_columns[i].declared);
        columns[i] = (struct column){
            mem_text(generate_sqlite_columns[i].name, strlen(generate_sqlite_columns[i].name)),
            generate_sqlite_columns[i].type};
        sqlite3_free(quoted);
    }
    buffer_puts(&sql, ")");
    must(sql.bytes);
    buffer_fini(&sql);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT CAST(? AS REAL)", -1, &cast, NULL), SQLITE_OK);
    table.name = name;
    table.schema = schema;
    table.real_of = real_of;
    table.real_context = cast;
}

static void bind(sqlite3_stmt *stmt, int i, const struct value *v)
{
    switch (v->kind) {
    case VALUE_DECIMAL: /* SQLite has none */
    case VALUE_NULL:
        sqlite3_bind_null(stmt, i);
        break;
    case VALUE_INT:
        sqlite3_bind_int64(stmt, i, v->integer);
        break;
    case VALUE_REAL:
        sqlite3_bind_double(stmt, i, v->real);
        break;
    case VALUE_TEXT:
        sqlite3_bind_text(stmt, i, v->text.bytes, (int)v->text.len, SQLITE_TRANSIENT);
        break;
    case VALUE_BLOB:
        sqlite3_bind_blob(stmt, i, v->text.bytes, (int)v->text.len, SQLITE_TRANSIENT);
        break;
    }
}

/* Fill the table, and read it back into rows: what SQLite stored, after the affinity of its
 * columns, is what a feed sees. */
static struct value stored[ROWS][GENERATE_SQLITE_COLUMNS];
static char *texts[ROWS][GENERATE_SQLITE_COLUMNS];

static void read_back(void)
{
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT * FROM t ORDER BY id", -1, &stmt, NULL),
                     SQLITE_OK);
    for (size_t n = 0; n < ROWS; n++) {
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        for (int i = 0; i < GENERATE_SQLITE_COLUMNS; i++) {
            struct value *v = &stored[n][i];
            free(texts[n][i]);
            texts[n][i] = NULL;
            switch (sqlite3_column_type(stmt, i + 1)) {
            case SQLITE_NULL:
                v->kind = VALUE_NULL;
                continue;
            case SQLITE_INTEGER:
                *v =
                    (struct value){.kind = VALUE_INT, .integer = sqlite3_column_int64(stmt, i + 1)};
                continue;
            case SQLITE_FLOAT:
                *v = (struct value){.kind = VALUE_REAL, .real = sqlite3_column_double(stmt, i + 1)};
                continue;
            case SQLITE_TEXT:
                v->kind = VALUE_TEXT;
                break;
            default:
                v->kind = VALUE_BLOB;
                break;
            }
            v->text.len = (size_t)sqlite3_column_bytes(stmt, i + 1);
            const char *bytes = sqlite3_column_blob(stmt, i + 1);
            texts[n][i] = mem_text(bytes != NULL ? bytes : "", v->text.len);
            v->text.bytes = texts[n][i];
        }
    }
    sqlite3_finalize(stmt);
}

static void fill_table(struct random *r)
{
    sqlite3_stmt *stmt;
    struct buffer sql = {0};
    buffer_puts(&sql, "INSERT INTO t VALUES (?");
    for (size_t i = 0; i < GENERATE_SQLITE_COLUMNS; i++)
        buffer_puts(&sql, ", ?");
    buffer_puts(&sql, ")");
    must("DELETE FROM t");
    assert_int_equal(sqlite3_prepare_v2(db, sql.bytes, -1, &stmt, NULL), SQLITE_OK);
    for (int n = 0; n < ROWS; n++) {
        struct value row[GENERATE_SQLITE_COLUMNS];
        generate_sqlite_row(r, true, row);
        sqlite3_bind_int(stmt, 1, n);
        for (int i = 0; i < GENERATE_SQLITE_COLUMNS; i++)
            bind(stmt, i + 2, &row[i]);
        assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
        sqlite3_reset(stmt);
    }
    sqlite3_finalize(stmt);
    buffer_fini(&sql);
    read_back();
}

static void compare(const char *text, const struct predicate *p, uint64_t truths[3])
{
    static const char *const names[] = {"false", "true", "unknown"};
    struct buffer sql = {0};
    buffer_printf(&sql,
                  "SELECT CASE WHEN (%s) THEN 1 WHEN NOT (%s) THEN 0 ELSE 2 END FROM t ORDER BY id",
                  text, text);
    sqlite3_stmt *stmt;
    if (sqlite3_prepare_v2(db, sql.bytes, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("SQLite refuses what badged takes: %s: %s", text, sqlite3_errmsg(db));
    for (size_t n = 0; n < ROWS; n++) {
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        enum truth theirs = (enum truth)sqlite3_column_int(stmt, 0),
                   ours = predicate_eval(p, stored[n]);
        truths[ours]++;
        if (theirs == ours)
            continue;
        for (size_t i = 0; i < GENERATE_SQLITE_COLUMNS; i++)
            print_error("  %s: kind %d integer %lld real %.17g text %s\n",
                        generate_sqlite_columns[i].name, (int)stored[n][i].kind,
                        (long long)stored[n][i].integer,
                        stored[n][i].kind == VALUE_REAL ? stored[n][i].real : 0,
                        texts[n][i] != NULL ? texts[n][i] : "");
        fail_msg("SQLite says %s, badged says %s of row %zu for: %s", names[theirs], names[ours], n,
                 text);
    }
    sqlite3_finalize(stmt);
    buffer_fini(&sql);
}

static void evaluation_agrees_with_sqlite(void **state)
{
    (void)state;
    bool has_distinct = sqlite3_libversion_number() >= 3039000;
    struct random r = {seed};
    struct generate_uses uses = {0};
    uint64_t truths[3] = {0}, pairs = 0;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    make_table();
    while (pairs < pairs_wanted) {
        fill_table(&r);
        for (int i = 0; i < PREDICATES_PER_TABLE; i++, pairs += ROWS) {
            struct buffer text = {0};
            do {
                text.len = 0;
                generate_predicate(&r, &generate_sqlite, &text, &uses);
            } while (!has_distinct && strcasestr(text.bytes, "DISTINCT") != NULL);
            struct predicate *p = NULL;
            size_t offset = 0;
            struct error e = {0};
            if (predicate_parse(text.bytes, text.len, &p, &offset, &e) != ERR_OK ||
                predicate_bind(p, &table, &offset, &e) != ERR_OK)
                fail_msg("generated predicate is refused: %s at %zu of: %s", e.message, offset,
                         text.bytes);
            compare(text.bytes, p, truths);
            predicate_free(p);
            buffer_fini(&text);
        }
    }
    for (size_t i = 0; i < USE__COUNT; i++)
        if (uses.tests[i] < pairs / ROWS / 200)
            fail_msg("use %zu came up only %llu times", i, (unsigned long long)uses.tests[i]);
    for (size_t i = 0; i < 3; i++)
        assert_true(truths[i] > pairs / 20);
    print_message("seed %llu: %llu pairs agree: %llu false, %llu true, %llu unknown\n",
                  (unsigned long long)seed, (unsigned long long)pairs,
                  (unsigned long long)truths[0], (unsigned long long)truths[1],
                  (unsigned long long)truths[2]);
    sqlite3_finalize(cast);
    for (size_t i = 0; i < GENERATE_SQLITE_COLUMNS; i++)
        free(columns[i].name);
    for (size_t n = 0; n < ROWS; n++)
        for (size_t i = 0; i < GENERATE_SQLITE_COLUMNS; i++)
            free(texts[n][i]);
    sqlite3_close(db);
}

/* ---- what badged takes, SQLite reads ---- */

/* In statements such as those that a predicate is put into. */
static void assert_read(const char *text)
{
    static const char *const statements[] = {
        "SELECT id, n FROM t NOT INDEXED WHERE id BETWEEN ?1 AND ?2 AND (%s)",
        "SELECT count(*) FROM t WHERE s = ?1 AND (%s)", "CREATE INDEX i ON t(s) WHERE (%s)",
        "CREATE TRIGGER r AFTER UPDATE ON t WHEN (%s) BEGIN SELECT 1; END"};
    for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
        const char *place = strstr(statements[i], "%s");
        struct buffer sql = {0};
        buffer_add(&sql, statements[i], (size_t)(place - statements[i]));
        buffer_puts(&sql, text);
        buffer_puts(&sql, place + 2);
        sqlite3_stmt *stmt;
        if (sqlite3_prepare_v2(db, sql.bytes, -1, &stmt, NULL) != SQLITE_OK)
            fail_msg("SQLite refuses what badged takes: %s: %s", sql.bytes, sqlite3_errmsg(db));
        sqlite3_finalize(stmt);
        buffer_fini(&sql);
    }
}

static void sqlite_reads_what_is_nested_as_deep_as_it_is_taken(void **state)
{
    (void)state;
    static const char *const openings[] = {
        "(", "NOT ", "NOT (", "flag AND (", "flag OR flag AND (", "flag OR flag AND NOT ("};
    static const char *const tests[] = {"flag", "n IN (-1, +2, NULL)", "n NOT BETWEEN -1 AND +2",
                                        "\"flag\" IS NOT TRUE", "flag) IS NOT NULL AND (flag"};
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    must("CREATE TABLE t (id INTEGER PRIMARY KEY, flag BOOLEAN, n INTEGER, s TEXT)");
    for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]); i++)
        for (size_t j = 0; j < sizeof(tests) / sizeof(tests[0]); j++)
            for (size_t depth = 1;; depth++) {
                struct buffer text = {0};
                bool is_open = strchr(openings[i], '(') != NULL;
                for (size_t n = 0; n < depth; n++)
                    buffer_puts(&text, openings[i]);
                buffer_puts(&text, is_open || j < 4 ? tests[j] : "flag");
                for (size_t n = 0; is_open && n < depth; n++)
                    buffer_puts(&text, ")");
                struct predicate *p = NULL;
                size_t offset;
                bool is_taken = predicate_parse(text.bytes, text.len, &p, &offset, NULL) == ERR_OK;
                if (is_taken)
                    assert_read(text.bytes);
                predicate_free(p);
                buffer_fini(&text);
                if (!is_taken) {
                    assert_true(depth > 10);
                    break;
                }
            }
    sqlite3_close(db);
}

/* Every keyword of the SQLite that is linked, later ones than badged knew of included. */
static void a_keyword_that_is_taken_for_a_column_is_one_in_sqlite(void **state)
{
    (void)state;
    int taken = 0, count = sqlite3_keyword_count();
    for (int i = 0; i < count; i++) {
        const char *word;
        int len;
        struct predicate *p = NULL;
        size_t offset;
        struct buffer sql = {0};
        assert_int_equal(sqlite3_keyword_name(i, &word, &len), SQLITE_OK);
        buffer_printf(&sql, "%.*s = 7", len, word);
        bool is_column = predicate_parse(sql.bytes, sql.len, &p, &offset, NULL) == ERR_OK &&
                         predicate_columns_count(p) == 1;
        predicate_free(p);
        buffer_fini(&sql);
        if (!is_column)
            continue;
        taken++;
        assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
        buffer_printf(&sql, "CREATE TABLE t (\"%.*s\" INTEGER)", len, word);
        must(sql.bytes);
        must("INSERT INTO t VALUES (7)");
        buffer_fini(&sql);
        buffer_printf(&sql, "SELECT (%.*s = 7) AND 6 < %.*s AND NOT %.*s IS NULL FROM t", len, word,
                      len, word, len, word);
        sqlite3_stmt *stmt;
        if (sqlite3_prepare_v2(db, sql.bytes, -1, &stmt, NULL) != SQLITE_OK)
            fail_msg("%s: %s", sql.bytes, sqlite3_errmsg(db));
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        if (sqlite3_column_int(stmt, 0) != 1)
            fail_msg("%s is not the column", sql.bytes);
        sqlite3_finalize(stmt);
        sqlite3_close(db);
        buffer_fini(&sql);
    }
    assert_true(taken > 30);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        seed = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        pairs_wanted = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sqlite_reads_what_is_nested_as_deep_as_it_is_taken),
        cmocka_unit_test(a_keyword_that_is_taken_for_a_column_is_one_in_sqlite),
        cmocka_unit_test(evaluation_agrees_with_sqlite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
