/* Columns of Postgres: what each type makes of a literal, how two types compare, and what is
 * refused, with its place. That a server says the same is shown by
 * test/unit/feed/test_predicates_postgres.c. */
#include "badge/predicate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define F        TRUTH_FALSE
#define T        TRUTH_TRUE
#define INT(i)                                                                                     \
    {                                                                                              \
        .kind = VALUE_INT, .integer = (i)                                                          \
    }
#define REAL(r)                                                                                    \
    {                                                                                              \
        .kind = VALUE_REAL, .real = (r)                                                            \
    }
#define DECIMAL(s)                                                                                 \
    {                                                                                              \
        .kind = VALUE_DECIMAL, .text = {(s), sizeof(s) - 1 }                                       \
    }
#define TEXT(s)                                                                                    \
    {                                                                                              \
        .kind = VALUE_TEXT, .text = {(s), sizeof(s) - 1 }                                          \
    }

enum {
    FLAG,
    I,
    X,
    S,
    N,
    AT,
    D,
    E,
    E2,
    E3,
    A,
    B,
    C,
    U,
    J,
    COLUMNS
};

static char *labels[] = {(char[]){"failed"}, (char[]){"it's"}};
static char *other_labels[] = {(char[]){"failed"}};

static struct column columns[COLUMNS] = {
    [FLAG] = {(char[]){"flag"}, COLUMN_BOOL},
    [I] = {(char[]){"i"}, COLUMN_INTEGER},
    [X] = {(char[]){"x"}, COLUMN_REAL},
    [S] = {(char[]){"s"}, COLUMN_SINGLE},
    [N] = {(char[]){"n"}, COLUMN_DECIMAL},
    [AT] = {(char[]){"at"}, COLUMN_INSTANT},
    [D] = {(char[]){"d"}, COLUMN_DATE},
    [E] = {(char[]){"e"}, COLUMN_ENUM, 1000, labels, COUNT(labels)},
    [E2] = {(char[]){"e2"}, COLUMN_ENUM, 1000, labels, COUNT(labels)},
    [E3] = {(char[]){"e3"}, COLUMN_ENUM, 1001, other_labels, COUNT(other_labels)},
    [A] = {(char[]){"a"}, COLUMN_TEXT},
    [B] = {(char[]){"b"}, COLUMN_TEXT, 950},
    [C] = {(char[]){"c"}, COLUMN_TEXT, 951},
    [U] = {(char[]){"u"}, COLUMN_UUID},
    [J] = {(char[]){"j"}, COLUMN_OTHER},
};
static const struct table table = {
    .name = (char[]){"rows"}, .columns = columns, .columns_count = COLUMNS};

static enum err bind(const char *text, struct predicate **p, size_t *offset, struct error *e)
{
    enum err err = predicate_parse(text, strlen(text), p, offset, e);
    if (err != ERR_OK)
        fail_msg("%s: %s at %zu", text, e->message, *offset);
    return predicate_bind(*p, &table, offset, e);
}

static void assert_truth(const char *text, const struct value *row, enum truth wanted)
{
    struct predicate *p = NULL;
    struct error e = {0};
    size_t offset = 0;
    if (bind(text, &p, &offset, &e) != ERR_OK)
        fail_msg("%s: %s at %zu", text, e.message, offset);
    if (predicate_eval(p, row) != wanted)
        fail_msg("%s is not %d", text, (int)wanted);
    predicate_free(p);
}

/* ---- literals ---- */

static void a_literal_is_what_its_column_makes_of_it(void **state)
{
    (void)state;
    static const struct {
        size_t column;
        struct value v;
        const char *text;
        enum truth wanted;
    } cases[] = {
        /* integers and decimals: to the last digit */
        {I, INT(9007199254740993), "i = 9007199254740992", F},
        {I, INT(INT64_MAX), "i < 9223372036854775808", T},
        {I, INT(INT64_MIN), "i > -1e19", T},
        {I, INT(1), "i = 1.0", T},
        {I, INT(1), "i IN (0.5, 1.00)", T},
        {I, INT(0), "i BETWEEN -0.5 AND 5e-324", T},
        {N, DECIMAL("0.1"), "n = 0.1", T},
        {N, DECIMAL("0.1000000000000000055511151231257827"), "n = 0.1", F},
        {N, DECIMAL("1.00"), "n = 1", T},
        {N, DECIMAL("NaN"), "n > 1e308", T},
        {N, DECIMAL("-Infinity"), "n < -1e308", T},
        {N, DECIMAL("-0.0"), "n = 0", T},
        /* reals: as the nearest double */
        {X, REAL(9007199254740992.0), "x = 9007199254740993", T},
        {X, REAL(0.1), "x = 0.1000000000000000055511151231257827", T},
        {X, REAL(0.1), "x IN (0.2, 0.1)", T},
        {X, REAL((double)NAN), "x > 1e308", T},
        {X, REAL(-0.0), "x = 0", T},
        /* singles: widened, except in a list of more than one */
        {S, REAL((double)0.1f), "s = 0.1", F},
        {S, REAL((double)0.1f), "s > 0.1", T},
        {S, REAL((double)0.1f), "s = 0.10000000149011612", T},
        {S, REAL((double)0.1f), "s IN (0.1)", F},
        {S, REAL((double)0.1f), "s IN (0.1, 0.2)", T},
        {S, REAL((double)0.1f), "s IN (NULL, 0.1)", T},
        {S, REAL((double)0.1f), "s NOT IN (0.3, 0.1)", F},
        {S, REAL((double)0.1f), "s BETWEEN 0.1 AND 0.1", F},
        {S, REAL((double)0.1f), "s IS DISTINCT FROM 0.1", T},
        {S, REAL(16777216.0), "s = 16777217", F},
        {S, REAL(16777216.0), "s IN (16777217, 0)", T},
        {S, REAL(INFINITY), "s > 1e300", T},
        /* instants and days, from 2000-01-01 */
        {AT, INT(0), "at = '2000-01-01T00:00:00.000Z'", T},
        {AT, INT(1), "at > '2000-01-01T00:00:00.000Z'", T},
        {AT, INT(-1), "at > '1999-12-31T23:59:59.999Z'", T},
        {AT, INT(INT64_MAX), "at > '9999-12-31T23:59:59.999Z'", T},
        {AT, INT(INT64_MIN), "at < '0001-01-01T00:00:00.000Z'", T},
        {D, INT(0), "d = '2000-01-01'", T},
        {D, INT(0), "d = '2000-01-01T23:59:59.999Z'", T},
        {D, INT(0), "d < '2000-01-01T23:59:59.999Z'", F},
        {D, INT(-1), "d BETWEEN '1999-12-31' AND '1999-12-31T00:00:00.000Z'", T},
        {D, INT(59), "d = '2000-02-29'", T},
        /* texts: as they stand */
        {E, TEXT("it's"), "e IN ('failed', 'it''s')", T},
        {A, TEXT("a "), "a = 'a'", F},
        {FLAG, INT(1), "flag IS DISTINCT FROM FALSE", T},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct value row[COLUMNS] = {{0}};
        row[cases[i].column] = cases[i].v;
        assert_truth(cases[i].text, row, cases[i].wanted);
    }
}

/* The same predicate, first beside one type and then beside another. */
static void binding_anew_starts_from_the_text(void **state)
{
    (void)state;
    static const struct value single = REAL((double)0.1f), real = REAL(0.1);
    static const struct value decimal = DECIMAL("0.1");
    struct column one = {(char[]){"c"}, COLUMN_SINGLE};
    const struct table first = {.name = (char[]){"rows"}, .columns = &one, .columns_count = 1};
    struct predicate *p = NULL;
    size_t offset;
    static const char text[] = "c IN (0.1, 9007199254740993)";
    assert_int_equal(predicate_parse(text, sizeof(text) - 1, &p, &offset, NULL), ERR_OK);
    for (int times = 0; times < 2; times++) {
        static const struct value large = REAL(9007199254740992.0), whole = INT(9007199254740992);
        one.type = COLUMN_SINGLE;
        assert_int_equal(predicate_bind(p, &first, &offset, NULL), ERR_OK);
        assert_int_equal(predicate_eval(p, &single), T);
        one.type = COLUMN_REAL;
        assert_int_equal(predicate_bind(p, &first, &offset, NULL), ERR_OK);
        assert_int_equal(predicate_eval(p, &real), T);
        assert_int_equal(predicate_eval(p, &single), F);
        assert_int_equal(predicate_eval(p, &large), T);
        one.type = COLUMN_DECIMAL;
        assert_int_equal(predicate_bind(p, &first, &offset, NULL), ERR_OK);
        assert_int_equal(predicate_eval(p, &decimal), T);
        one.type = COLUMN_NUMBER;
        assert_int_equal(predicate_bind(p, &first, &offset, NULL), ERR_OK);
        assert_int_equal(predicate_eval(p, &real), T);
        assert_int_equal(predicate_eval(p, &whole), F);
    }
    predicate_free(p);
}

/* ---- columns ---- */

static void two_columns_compare_as_their_types_do(void **state)
{
    (void)state;
    static const struct {
        size_t left, right;
        struct value x, y;
        int order; /* of left beside right */
    } cases[] = {
        /* doubles, where one is real */
        {I, X, INT(9007199254740993), REAL(9007199254740992.0), 0},
        {I, S, INT(16777217), REAL(16777216.0), 1},
        {N, X, DECIMAL("0.1000000000000000055"), REAL(0.1), 0},
        {N, S, DECIMAL("0.1"), REAL((double)0.1f), -1},
        {X, S, REAL(0.1), REAL((double)0.1f), -1},
        {N, X, DECIMAL("NaN"), REAL((double)NAN), 0},
        {N, X, DECIMAL("1e400"), REAL(INFINITY), 0},
        {N, X, DECIMAL("-0"), REAL(0.0), 0},
        {I, X, INT(INT64_MAX), REAL((double)NAN), -1},
        /* exact otherwise */
        {I, N, INT(9007199254740993), DECIMAL("9007199254740992.999"), 1},
        {I, N, INT(INT64_MIN), DECIMAL("-9223372036854775808.0"), 0},
        {I, N, INT(INT64_MAX), DECIMAL("Infinity"), -1},
        /* a day is its first instant */
        {D, AT, INT(1), INT(86400000000), 0},
        {D, AT, INT(1), INT(86400000001), -1},
        {D, AT, INT(1), INT(86399999999), 1},
        {D, AT, INT(-1), INT(-86400000000), 0},
        {D, AT, INT(-1), INT(-86399999999), -1},
        {D, AT, INT(-1), INT(-86400000001), 1},
        {D, AT, INT(INT64_MAX), INT(INT64_MAX), 0},
        {D, AT, INT(INT64_MIN), INT(INT64_MIN), 0},
        {D, AT, INT(INT64_MAX), INT(INT64_MAX - 1), 1},
        {D, AT, INT(2145031948), INT(9223371331199999999), 1},
        {D, AT, INT(2145031948), INT(INT64_MAX), -1},
        {D, AT, INT(0), INT(INT64_MIN), 1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        static const char *const operators[] = {"<", "=", ">"};
        struct value row[COLUMNS] = {{0}};
        row[cases[i].left] = cases[i].x;
        row[cases[i].right] = cases[i].y;
        for (int order = -1; order <= 1; order++)
            for (int is_turned = 0; is_turned < 2; is_turned++) {
                size_t first = is_turned ? cases[i].right : cases[i].left,
                       second = is_turned ? cases[i].left : cases[i].right;
                char text[32];
                (void)snprintf(text, sizeof(text), "%s %s %s", columns[first].name,
                               operators[order + 1], columns[second].name);
                assert_truth(text, row, (is_turned ? -order : order) == cases[i].order ? T : F);
            }
    }
}

static void enums_of_one_kind_and_texts_compare(void **state)
{
    (void)state;
    struct value row[COLUMNS] = {{0}};
    row[E] = row[E2] = row[E3] = row[A] = row[B] = row[C] = (struct value)TEXT("failed");
    assert_truth("e = e2", row, T);
    assert_truth("e IS DISTINCT FROM e2", row, F);
    assert_truth("a = b AND c = a", row, T);
}

/* ---- what is refused ---- */

static void what_is_refused_is_named_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t offset;
        const char *part; /* of the message */
    } cases[] = {
        {"e = 'open'", 4, "\"e\" is an enum: compare it with one of its labels"},
        {"e IN ('failed', 'Failed')", 16, "labels"},
        {"e = 1", 4, "labels"},
        {"e < 'failed'", 0, "equality only"},
        {"e = e3", 4, "another enum"},
        {"e = a", 4, "another type"},
        {"e", 0, "not boolean"},
        {"b = c", 4, "another collation"},
        {"a < 'a'", 0, "equality only"},
        {"a = u", 4, "another type"},
        {"i = '1'", 4, "a number, without quotes"},
        {"x = TRUE", 4, "a number, without quotes"},
        {"s = 'NaN'", 4, "a number, without quotes"},
        {"n = '1.0'", 4, "a number, without quotes"},
        {"i = flag", 4, "another type"},
        {"flag = 1", 7, "compare it with TRUE or FALSE"},
        {"s IN (0.1, 1e39)", 11, "32 bits"},
        {"s IN (1e-46, 0.1)", 6, "32 bits"},
        {"at = '2026-01-31'", 5, "is a timestamp"},
        {"at = '2026-01-31 12:00:00'", 5, "is a timestamp"},
        {"at = 'infinity'", 5, "is a timestamp"},
        {"at = '2026-02-29T00:00:00.000Z'", 5, "is a timestamp"},
        {"at = 0", 5, "is a timestamp"},
        {"d = '2026-02-29'", 4, "is a date"},
        {"d = '2026-2-28'", 4, "is a date"},
        {"d = '0000-01-01'", 4, "is a date"},
        {"d = 'today'", 4, "is a date"},
        {"d = i", 4, "another type"},
        {"at = i", 5, "another type"},
        {"u = '0B9DD3C2-6E0C-4A9C-9F6C-0D6C8A6F1A01'", 4, "UUID"},
        {"j = '{}'", 0, "IS NULL only"},
        {"j IS DISTINCT FROM NULL", 0, "IS NULL only"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct predicate *p = NULL;
        struct error e = {0};
        size_t offset = 0;
        if (bind(cases[i].text, &p, &offset, &e) != ERR_CONFIG || offset != cases[i].offset ||
            strstr(e.message, cases[i].part) == NULL)
            fail_msg("%s: \"%s\" at %zu", cases[i].text, e.message, offset);
        predicate_free(p);
    }
}

/* Postgres keeps 16383 digits behind the point, and counts those of an exponent. */
static void an_exponent_beyond_what_postgres_keeps_is_refused(void **state)
{
    (void)state;
    struct predicate *p = NULL;
    struct error e = {0};
    size_t offset = 0;
    assert_int_equal(predicate_parse("i = 0e-9999", 11, &p, &offset, &e), ERR_OK);
    predicate_free(p);
    assert_int_equal(predicate_parse("i = 0e-10000", 12, &p, &offset, &e), ERR_CONFIG);
    assert_int_equal(offset, 4);
    assert_string_equal(e.message, "the exponent of this number is out of range");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_literal_is_what_its_column_makes_of_it),
        cmocka_unit_test(binding_anew_starts_from_the_text),
        cmocka_unit_test(two_columns_compare_as_their_types_do),
        cmocka_unit_test(enums_of_one_kind_and_texts_compare),
        cmocka_unit_test(what_is_refused_is_named_with_its_place),
        cmocka_unit_test(an_exponent_beyond_what_postgres_keeps_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
