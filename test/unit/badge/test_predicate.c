/* What predicates take, and what they then say of rows. The truths of the table were asked of
 * SQLite 3.40 and Postgres 15, which agree on every one. */
#include "badge/predicate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- a table and its rows ---- */

static struct column columns[] = {
    {(char[]){"flag"}, COLUMN_BOOL},    {(char[]){"other"}, COLUMN_BOOL},
    {(char[]){"n"}, COLUMN_NUMBER},     {(char[]){"m"}, COLUMN_NUMBER},
    {(char[]){"s"}, COLUMN_TEXT},       {(char[]){"t"}, COLUMN_TEXT},
    {(char[]){"u"}, COLUMN_UUID},       {(char[]){"v"}, COLUMN_UUID},
    {(char[]){"at"}, COLUMN_TIME},      {(char[]){"until"}, COLUMN_TIME},
    {(char[]){"j"}, COLUMN_OTHER},      {(char[]){"Odd \"Name"}, COLUMN_TEXT},
    {(char[]){"Flag2"}, COLUMN_BOOL},   {(char[]){"left"}, COLUMN_NUMBER},
    {(char[]){"status_"}, COLUMN_TEXT}, {(char[]){"_x$1"}, COLUMN_NUMBER},
};

enum {
    COLUMNS = COUNT(columns),
    ROWS = 5
};

static const struct table table = {.schema = (char[]){"public"},
                                   .name = (char[]){"rows"},
                                   .columns = columns,
                                   .columns_count = COLUMNS};

#define NONE                                                                                       \
    {                                                                                              \
        .kind = VALUE_NULL                                                                         \
    }
#define INT(i)                                                                                     \
    {                                                                                              \
        .kind = VALUE_INT, .integer = (i)                                                          \
    }
#define REAL(r)                                                                                    \
    {                                                                                              \
        .kind = VALUE_REAL, .real = (r)                                                            \
    }
#define TEXT(s)                                                                                    \
    {                                                                                              \
        .kind = VALUE_TEXT, .text = {(s), sizeof(s) - 1 }                                          \
    }
#define BLOB(s)                                                                                    \
    {                                                                                              \
        .kind = VALUE_BLOB, .text = {(s), sizeof(s) - 1 }                                          \
    }
#define U1 TEXT("0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01")
#define U2 TEXT("ffffffff-ffff-ffff-ffff-ffffffffffff")
#define T1 TEXT("2026-01-31T12:00:00.000Z")
#define T2 TEXT("2026-01-31T12:00:00.001Z")

static const struct value rows[ROWS][COLUMNS] = {
    {NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
     TEXT("high"), NONE},
    {INT(1), INT(0), INT(1), INT(2), TEXT("failed"), TEXT("failed"), U1, U1, T1, T2, TEXT("{}"),
     TEXT("x"), INT(1), INT(1), NONE, INT(1)},
    {INT(0), INT(0), INT(0), INT(-1), TEXT(""), TEXT("x"), U2, U1, T2, T1, NONE, TEXT(""), INT(0),
     INT(2), TEXT("high"), INT(2)},
    {INT(1), NONE, INT(9007199254740993), REAL(9007199254740992.0), TEXT("it's"), NONE, U1, NONE,
     T2, T2, TEXT("[]"), NONE, INT(0), INT(3), NONE, INT(3)},
    {NONE, INT(1), REAL(0.5), INT(INT64_MIN), TEXT("Failed"), TEXT("failed"), NONE, U2, NONE, T1,
     TEXT("{}"), TEXT("X"), NONE, NONE, TEXT("high"), INT(4)},
};

static struct predicate *bound(const char *text, const struct table *t)
{
    struct predicate *p = NULL;
    struct error e = {0};
    size_t offset = SIZE_MAX;
    if (predicate_parse(text, strlen(text), &p, &offset, &e) != ERR_OK ||
        predicate_bind(p, t, &offset, &e) != ERR_OK)
        fail_msg("%s: %s at %zu", text, e.message, offset);
    assert_int_equal(offset, SIZE_MAX);
    return p;
}

static enum truth truth_of(const char *text, const struct value *row)
{
    struct predicate *p = bound(text, &table);
    enum truth t = predicate_eval(p, row);
    predicate_free(p);
    return t;
}

static const char letters[] = {[TRUTH_FALSE] = 'F', [TRUTH_TRUE] = 'T', [TRUTH_UNKNOWN] = 'U'};

/* ---- the table of texts and their truths ---- */

static const struct {
    const char *text, *truths; /* one for each row: True, False, Unknown */
} taken[] = {
    {"flag", "UTFTU"},
    {"NOT flag", "UFTFU"},
    {"not not FLAG", "UTFTU"},
    {"\"flag\" AND (other)", "UFFUU"},
    {"TRUE", "TTTTT"},
    {"false", "FFFFF"},
    {"NULL", "UUUUU"},
    {"NOT NULL", "UUUUU"},
    {"flag AND other OR flag", "UTFTU"},
    {"flag OR other AND other", "UTFTT"},
    {"flag AND NOT other", "UTFUF"},
    {"NOT flag OR other", "UFTUT"},
    {"NOT (flag OR other)", "UFTFF"},
    {"((((flag))))", "UTFTU"},
    {"(flag) IS TRUE", "FTFTF"},
    {"(flag OR other) IS NOT NULL", "FTTTT"},
    {"(flag AND NULL) IS NULL", "TTFTT"},
    {"NOT (flag) IS NULL", "FTTTF"},
    {"(flag) IS NOT FALSE", "TTFTT"},
    {"flag IS TRUE", "FTFTF"},
    {"flag IS NOT TRUE", "TFTFT"},
    {"flag IS FALSE", "FFTFF"},
    {"flag IS NOT FALSE", "TTFTT"},
    {"flag IS NULL", "TFFFT"},
    {"flag IS NOT NULL", "FTTTF"},
    {"NULL IS NULL", "TTTTT"},
    {"1 IS NOT NULL", "TTTTT"},
    {"NULL IS TRUE", "FFFFF"},
    {"TRUE IS NOT FALSE", "TTTTT"},
    {"NULL IS DISTINCT FROM TRUE", "TTTTT"},
    {"flag IS DISTINCT FROM FALSE", "TTFTT"},
    {"flag IS NOT DISTINCT FROM TRUE", "FTFTF"},
    {"flag IS DISTINCT FROM NULL", "FTTTF"},
    {"flag IS DISTINCT FROM other", "FTFTT"},
    {"TRUE IS DISTINCT FROM flag", "TFTFT"},
    {"flag = TRUE", "UTFTU"},
    {"FALSE <> flag", "UTFTU"},
    {"flag = other", "UFTUU"},
    {"flag IN (TRUE)", "UTFTU"},
    {"flag NOT IN (TRUE, NULL)", "UFUFU"},
    {"n = 1", "UTFFF"},
    {"n=1", "UTFFF"},
    {"n = -1", "UFFFF"},
    {"n = - 1", "UFFFF"},
    {"n = +1", "UTFFF"},
    {"n <> 1", "UFTTT"},
    {"n != 1", "UFTTT"},
    {"n != -1", "UTTTT"},
    {"n < 1", "UFTFT"},
    {"n <= 0.5", "UFTFT"},
    {"n > .5", "UTFTF"},
    {"n >= 5e-1", "UTFTT"},
    {"n<>-1", "UTTTT"},
    {"m<-1", "UFFFT"},
    {"m>=-1", "UTTTF"},
    {"1 < n", "UFFTF"},
    {"NULL = n", "UUUUU"},
    {"n = NULL", "UUUUU"},
    {"n IS DISTINCT FROM NULL", "FTTTT"},
    {"n IS NOT DISTINCT FROM 1", "FTFFF"},
    {"n IS NOT DISTINCT FROM m", "TFFFF"},
    {"n = 9007199254740993", "UFFTF"},
    {"n > m", "UFTTT"},
    {"n = 9007199254740992.0", "UFFFF"},
    {"m = -9223372036854775808", "UFFFT"},
    {"m > -9223372036854775808.0", "UTTTF"},
    {"n < 9223372036854775808", "UTTTT"},
    {"n < 1E19", "UTTTT"},
    {"n = 1.", "UTFFF"},
    {"n = 01", "UTFFF"},
    {"n = 01.0", "UTFFF"},
    {"n = 0.01e2", "UTFFF"},
    {"n = 000.5", "UFFFT"},
    {"n = 100e-2", "UTFFF"},
    {"n = 1.0e0", "UTFFF"},
    {"n = 0.00000000000000000000e999", "UFTFF"},
    {"n IN (0, 1)", "UTTFF"},
    {"n IN (NULL)", "UUUUU"},
    {"n IN (1, NULL)", "UTUUU"},
    {"n NOT IN (1, 2)", "UFTTT"},
    {"n NOT IN (NULL)", "UUUUU"},
    {"n NOT IN (1, NULL)", "UFUUU"},
    {"n BETWEEN 0 AND 1", "UTTFT"},
    {"n BETWEEN 1 AND 0", "UFFFF"},
    {"n NOT BETWEEN 0 AND 1", "UFFTF"},
    {"n BETWEEN m AND 1", "UFTFT"},
    {"n BETWEEN 0 AND 1 AND flag", "UTFFU"},
    {"n NOT BETWEEN NULL AND 0", "UTUTT"},
    {"s = 'failed'", "UTFFF"},
    {"s='failed'AND flag", "UTFFF"},
    {"s <> 'failed'", "UFTTT"},
    {"'it''s' = s", "UFFTF"},
    {"s = ''", "UFTFF"},
    {"s IN ('failed', 'Failed')", "UTFFT"},
    {"s NOT IN ('')", "UTFTT"},
    {"s = t", "UTFUF"},
    {"s IS DISTINCT FROM t", "FFTTT"},
    {"s IS NOT DISTINCT FROM 'Failed'", "FFFFT"},
    {"u = '0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01'", "UTFTU"},
    {"u <> v", "UFTUU"},
    {"u IN ('ffffffff-ffff-ffff-ffff-ffffffffffff', NULL)", "UUTUU"},
    {"at = '2026-01-31T12:00:00.001Z'", "UFTTU"},
    {"at < until", "UTFFU"},
    {"at >= '2026-01-31T12:00:00.000Z' AND at < '2026-01-31T12:00:00.001Z'", "UTFFU"},
    {"at BETWEEN '2024-02-29T00:00:00.000Z' AND '2026-01-31T12:00:00.000Z'", "UTFFU"},
    {"at NOT BETWEEN until AND '9999-12-31T23:59:59.999Z'", "UTFFU"},
    {"j IS NULL", "TFTFF"},
    {"J is not null", "FTFTT"},
    {"\"Odd \"\"Name\" = 'x'", "UTFUF"},
    {"\"Odd \"\"Name\" IS NULL OR \"Flag2\"", "TTFTU"},
    {"\"left\" BETWEEN 1 AND 2", "UTTFU"},
    {"status_ IS NULL OR _x$1 = 2", "UTTTF"},
    {"s = 'failed' AND flag", "UTFFF"},
    {"status_ IN ('urgent', 'high') AND at IS NULL", "TFFFT"},
    {"NOT flag AND n IS NOT NULL OR s = 'failed' AND (t = 'x' OR NOT other)", "UTTFU"},
    {"flag\tAND\r\n\fother", "UFFUU"},
};

static void a_predicate_says_of_rows_what_sql_says(void **state)
{
    (void)state;
    assert_true(COUNT(taken) >= 60);
    for (size_t i = 0; i < COUNT(taken); i++) {
        struct predicate *p = bound(taken[i].text, &table);
        char truths[ROWS + 1] = {0};
        for (size_t r = 0; r < ROWS; r++)
            truths[r] = letters[predicate_eval(p, rows[r])];
        if (strcmp(truths, taken[i].truths) != 0)
            fail_msg("%s is %s, not %s", taken[i].text, truths, taken[i].truths);
        predicate_free(p);
    }
}

/* ---- values of another kind than the column's, which SQLite keeps ---- */

static void a_boolean_column_is_true_of_what_reads_as_a_number_but_zero(void **state)
{
    (void)state;
    static const struct {
        struct value v;
        enum truth t;
    } values[] = {
        {INT(2), TRUTH_TRUE},          {INT(INT64_MIN), TRUTH_TRUE},
        {REAL(0.0), TRUTH_FALSE},      {REAL(-0.0), TRUTH_FALSE},
        {REAL(0.1), TRUTH_TRUE},       {REAL((double)NAN), TRUTH_TRUE},
        {TEXT("1"), TRUTH_TRUE},       {TEXT("0"), TRUTH_FALSE},
        {TEXT(""), TRUTH_FALSE},       {TEXT("true"), TRUTH_FALSE},
        {TEXT(" \t1x"), TRUTH_TRUE},   {TEXT("-.5"), TRUTH_TRUE},
        {TEXT("+0.0.5"), TRUTH_FALSE}, {TEXT("--1"), TRUTH_FALSE},
        {TEXT("0e5"), TRUTH_FALSE},    {BLOB("7"), TRUTH_TRUE},
        {BLOB("\0007"), TRUTH_FALSE},  {TEXT("0x1"), TRUTH_FALSE},
    };
    for (size_t i = 0; i < COUNT(values); i++) {
        const struct value row[COLUMNS] = {values[i].v};
        if (truth_of("flag", row) != values[i].t)
            fail_msg("value %zu is not %c", i, letters[values[i].t]);
    }
}

static void a_text_is_not_found_in_a_column_of_numbers(void **state)
{
    (void)state;
    const struct value row[COLUMNS] = {[2] = TEXT("1"), [3] = BLOB("1")};
    assert_int_equal(truth_of("n = 1", row), TRUTH_FALSE);
    assert_int_equal(truth_of("n > 1", row),
                     TRUTH_TRUE); /* text behind numbers, blobs behind text */
    assert_int_equal(truth_of("n < m", row), TRUTH_TRUE);
    assert_int_equal(truth_of("n IS DISTINCT FROM m", row), TRUTH_TRUE);
}

static void texts_compare_to_their_last_byte(void **state)
{
    (void)state;
    const struct value row[COLUMNS] = {[4] = TEXT("failed\0"), [5] = TEXT("failed")};
    assert_int_equal(truth_of("s = 'failed'", row), TRUTH_FALSE);
    assert_int_equal(truth_of("t = 'failed'", row), TRUTH_TRUE);
    assert_int_equal(truth_of("s = t", row), TRUTH_FALSE);
    assert_int_equal(truth_of("t = 'failed '", row), TRUTH_FALSE);
}

/* ---- columns and binding ---- */

static void columns_are_told_once_in_order_and_folded(void **state)
{
    (void)state;
    static const char text[] = "B_1 = 1 AND \"B_1\" = b_1 OR a IN (1) AND \"b_1\" > 2 AND "
                               "\"say \"\"hi\"\"\" BETWEEN a AND Z OR TRUE";
    static const char *const wanted[] = {"b_1", "B_1", "a", "say \"hi\"", "z"};
    struct predicate *p = NULL;
    size_t offset;
    assert_int_equal(predicate_parse(text, strlen(text), &p, &offset, NULL), ERR_OK);
    assert_int_equal(predicate_columns_count(p), COUNT(wanted));
    for (size_t i = 0; i < COUNT(wanted); i++)
        assert_string_equal(predicate_column(p, i), wanted[i]);
    predicate_free(p);
    p = bound("TRUE OR NULL IS NULL", &table);
    assert_int_equal(predicate_columns_count(p), 0);
    predicate_free(p);
    predicate_free(NULL);
}

static void a_predicate_is_bound_again_to_a_table_that_changed(void **state)
{
    (void)state;
    struct column moved[] = {{(char[]){"new"}, COLUMN_TEXT},
                             {(char[]){"n"}, COLUMN_NUMBER},
                             {(char[]){"flag"}, COLUMN_BOOL}};
    struct table t = {.name = (char[]){"rows"}, .columns = moved, .columns_count = 3};
    const struct value row[] = {NONE, INT(7), INT(1)};
    struct predicate *p = bound("flag AND n = 7", &table);
    struct error e = {0};
    size_t offset = SIZE_MAX;
    assert_int_equal(predicate_bind(p, &t, &offset, &e), ERR_OK);
    assert_int_equal(predicate_eval(p, row), TRUTH_TRUE);
    moved[1].type = COLUMN_TEXT;
    assert_int_equal(predicate_bind(p, &t, &offset, &e), ERR_CONFIG);
    assert_int_equal(offset, 13);
    t.columns_count = 1;
    assert_int_equal(predicate_bind(p, &t, &offset, &e), ERR_CONFIG);
    assert_string_equal(e.message, "table \"rows\" has no column \"flag\"");
    assert_int_equal(predicate_bind(p, &table, &offset, &e), ERR_OK);
    assert_int_equal(predicate_eval(p, rows[1]), TRUTH_FALSE);
    predicate_free(p);
}

static double next_above(const char *text, void *context)
{
    ++*(int *)context;
    return nextafter(strtod(text, NULL), INFINITY);
}

static void a_real_is_the_one_that_the_database_reads(void **state)
{
    (void)state;
    int asked = 0;
    struct table t = table;
    t.real_of = next_above;
    t.real_context = &asked;
    const struct value row[COLUMNS] = {[2] = REAL(0.1)};
    struct predicate *p = bound("n = 0.1 OR n = 7 OR s = '0.1'", &t);
    assert_int_equal(asked, 1); /* an integer is one everywhere */
    assert_int_equal(predicate_eval(p, row), TRUTH_UNKNOWN);
    size_t offset;
    assert_int_equal(predicate_bind(p, &table, &offset, NULL), ERR_OK);
    assert_int_equal(predicate_eval(p, row), TRUTH_TRUE);
    predicate_free(p);
}

static void the_deepest_and_the_longest_are_evaluated(void **state)
{
    (void)state;
    char text[PREDICATE_BYTES_MAX] = "";
    size_t len = 0;
    for (size_t i = 0; i < 13; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "other OR flag AND (");
    len += (size_t)snprintf(text + len, sizeof(text) - len, "n = 1");
    for (size_t i = 0; i < 13; i++)
        text[len++] = ')';
    text[len] = '\0';
    assert_int_equal(truth_of(text, rows[1]), TRUTH_TRUE);
    assert_int_equal(truth_of(text, rows[2]), TRUTH_FALSE);
    len = (size_t)snprintf(text, sizeof(text), "n IN (1");
    for (size_t i = 0; i < 508; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, ",2");
    snprintf(text + len, sizeof(text) - len, ",0.5)");
    assert_int_equal(truth_of(text, rows[4]), TRUTH_TRUE);
    assert_int_equal(truth_of(text, rows[2]), TRUTH_FALSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_predicate_says_of_rows_what_sql_says),
        cmocka_unit_test(a_boolean_column_is_true_of_what_reads_as_a_number_but_zero),
        cmocka_unit_test(a_text_is_not_found_in_a_column_of_numbers),
        cmocka_unit_test(texts_compare_to_their_last_byte),
        cmocka_unit_test(columns_are_told_once_in_order_and_folded),
        cmocka_unit_test(a_predicate_is_bound_again_to_a_table_that_changed),
        cmocka_unit_test(a_real_is_the_one_that_the_database_reads),
        cmocka_unit_test(the_deepest_and_the_longest_are_evaluated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
