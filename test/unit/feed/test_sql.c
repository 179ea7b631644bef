/* Composing statements: templates, quoting, and reading the condition of a partial index. */
#include "feed/sql.h"
#include "feed/sqlite_sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void assert_takes(char *text, const char *wanted)
{
    if (wanted == NULL)
        assert_null(text);
    else
        assert_string_equal(text, wanted);
    free(text);
}

static void a_template_takes_each_variable_as_often_as_it_stands_there(void **state)
{
    (void)state;
    const struct sql_variable v[] = {{"a", "x"}, {"ab", "{a}"}, {"b", ""}};
    assert_takes(sql_fill("{a}{ab} {b}{a};\n \n", v, COUNT(v)), "x{a} x");
    assert_takes(sql_fill("nothing", v, COUNT(v)), "nothing");
    assert_takes(sql_fill("", v, COUNT(v)), "");
}

static void quoted_names_and_texts_come_back_from_sqlite_as_they_were(void **state)
{
    (void)state;
    static const char *const texts[] = {"a",          "two words", "\"", "it's \"quoted\"", "''",
                                        "[brackets]", "`ticks`",   "ä€", "-- no comment",   "a\nb"};
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    for (size_t i = 0; i < COUNT(texts); i++) {
        char *name = sql_identifier(texts[i]), *text = sql_text(texts[i]);
        char *sql = sqlite3_mprintf("SELECT %s AS %s", text, name);
        sqlite3_stmt *stmt = NULL;
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        assert_string_equal((const char *)sqlite3_column_text(stmt, 0), texts[i]);
        assert_string_equal(sqlite3_column_name(stmt, 0), texts[i]);
        assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
        sqlite3_free(sql);
        free(name);
        free(text);
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void comments_are_left_out_and_quoted_texts_are_not(void **state)
{
    (void)state;
    assert_takes(sql_plain("a -- b\nc"), "a  c");
    assert_takes(sql_plain("a /* b -- ' */ c"), "a   c");
    assert_takes(sql_plain("a /* open"), "a  ");
    assert_takes(sql_plain("'-- a' \"/* b */\" `--` [--]"), "'-- a' \"/* b */\" `--` [--]");
    assert_takes(sql_plain("'it''s -- one' -- two"), "'it''s -- one'  ");
    assert_takes(sql_plain("a - b / c"), "a - b / c");
    assert_takes(sql_plain("'open"), "'open");
    assert_takes(sql_plain(""), "");
}

static void the_condition_of_a_partial_index_is_found_behind_its_columns(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *where;
    } rows[] = {
        {"CREATE UNIQUE INDEX i ON t(a) WHERE b = 1", " b = 1"},
        {"CREATE UNIQUE INDEX i ON t(a)where(b)", "(b)"},
        {"CREATE UNIQUE INDEX i ON t (a, substr(b, 1)) -- WHERE c\n/**/ WhErE \"x(\" = ')'",
         " \"x(\" = ')'"},
        {"CREATE UNIQUE INDEX \"i (WHERE\" ON [t (] (`a)`, 'b(' COLLATE nocase DESC) WHERE x -- )",
         " x  "},
        {"CREATE UNIQUE INDEX i ON t(a)", NULL},
        {"CREATE UNIQUE INDEX i ON t(\"WHERE a\")", NULL},
        {"", NULL},
        {"(((", NULL},
        {")) WHERE", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_takes(sql_index_where(rows[i].sql), rows[i].where);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_template_takes_each_variable_as_often_as_it_stands_there),
        cmocka_unit_test(quoted_names_and_texts_come_back_from_sqlite_as_they_were),
        cmocka_unit_test(comments_are_left_out_and_quoted_texts_are_not),
        cmocka_unit_test(the_condition_of_a_partial_index_is_found_behind_its_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
