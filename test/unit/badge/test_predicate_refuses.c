/* What predicates refuse: each text with its message and the byte that the message is about. Where
 * the fault is in the text alone, parsing refuses; where it takes the table, binding does. */
#include "badge/predicate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES(s) (s), sizeof(s) - 1
#define AND_OR   "AND, OR or the end must stand here"
#define OPERAND  "a column or a literal must stand here"
#define FOLLOW   "a column or a literal must follow"
#define MEANING  "this character has no meaning in a predicate"
#define RESERVED "a column or a literal must stand here; a column of this name needs double quotes"
#define FUNCTION "functions are not read here: a predicate compares columns with literals"
#define PREFIX   "a text opens with a plain \"'\": prefixes such as E'' are not read"
#define COMMENT  "a comment cannot stand in a predicate"
#define NUL_BYTE "a NUL byte cannot stand in a predicate"
#define RUN_ON   "a number cannot run on into this"
#define SIGN     "a number must follow the sign; arithmetic is not read here"
#define SPACE    "a space is needed between '!=' and the sign"
#define EXPONENT "this number has no digits in its exponent"
#define RANGE    "this number is out of the range of a double"
#define ROUNDED                                                                                    \
    "databases round this number differently: write fewer digits, or a whole number of 64 bits"
#define TIME      "the time of day is not part of a row: a count would change with no row changing"
#define SUBQUERY  "subqueries are not read here: a predicate is about one row"
#define EMPTY     "the predicate is empty; write TRUE to count every row"
#define NO_CLOSE  "a ')' is missing"
#define CLOSES    "this ')' closes nothing"
#define GROUP     "a condition in parentheses cannot be compared; compare columns with literals"
#define IN_LIST   "a list of IN holds literals; text stands in single quotes"
#define IN_COMMA  "',' or ')' must stand here"
#define IN_OPEN   "'(' must follow IN"
#define NOT_WHAT  "IN or BETWEEN must follow NOT here"
#define IS_WHAT   "TRUE, FALSE, NULL or DISTINCT FROM must follow IS"
#define IS_GROUP  "TRUE, FALSE or NULL must follow IS"
#define BETWEEN   "AND must follow the first bound of BETWEEN"
#define TEXT_OPEN "this text has no closing \"'\""
#define NAME_OPEN "this column name has no closing '\"'"
#define UNKNOWN   "IS UNKNOWN is not read here, as SQLite has none: write IS NULL"
#define LIKE      "LIKE is not read here: databases disagree on letter case"

struct refused {
    const char *text;
    size_t len, offset;
    const char *message;
};

static const struct refused by_parsing[] = {
    /* nothing, and what is not closed */
    {BYTES(""), 0, EMPTY},
    {BYTES(" \t\r\n\f "), 0, EMPTY},
    {BYTES("("), 1, FOLLOW},
    {BYTES("()"), 1, OPERAND},
    {BYTES("(flag"), 5, NO_CLOSE},
    {BYTES("((flag) AND flag"), 16, NO_CLOSE},
    {BYTES("flag)"), 4, CLOSES},
    {BYTES("(flag)) OR flag"), 6, CLOSES},
    {BYTES("s = 'failed"), 4, TEXT_OPEN},
    {BYTES("s = 'it''s"), 4, TEXT_OPEN},
    {BYTES("'"), 0, TEXT_OPEN},
    {BYTES("\"flag"), 0, NAME_OPEN},
    {BYTES("flag AND \"a\"\""), 9, NAME_OPEN},
    {BYTES("\"\""), 0, "a column name cannot be empty"},
    {BYTES("n = \"\""), 4, "a column name cannot be empty"},
    /* operators that want something more */
    {BYTES("NOT"), 3, FOLLOW},
    {BYTES("flag AND"), 8, FOLLOW},
    {BYTES("flag OR "), 8, FOLLOW},
    {BYTES("n ="), 3, FOLLOW},
    {BYTES("n < "), 4, FOLLOW},
    {BYTES("AND flag"), 0, RESERVED},
    {BYTES("flag AND OR flag"), 9, RESERVED},
    {BYTES("flag AND AND flag"), 9, RESERVED},
    {BYTES("= 1"), 0, OPERAND},
    {BYTES("flag AND = 1"), 9, OPERAND},
    {BYTES("n = = 1"), 4, OPERAND},
    {BYTES("n == 1"), 3, OPERAND},
    {BYTES("n <=> 1"), 4, OPERAND},
    {BYTES("n => 1"), 3, OPERAND},
    {BYTES("n =< 1"), 3, OPERAND},
    {BYTES("n = NOT 1"), 4, RESERVED},
    {BYTES(", n = 1"), 0, OPERAND},
    {BYTES("n flag"), 2, AND_OR},
    {BYTES("flag flag"), 5, AND_OR},
    {BYTES("s = 'a' 'b'"), 8, AND_OR},
    {BYTES("s = 'a'\n'b'"), 8, AND_OR},
    {BYTES("flag, flag"), 4, AND_OR},
    {BYTES("(flag), flag"), 6, AND_OR},
    {BYTES("(flag) (flag)"), 7, AND_OR},
    {BYTES("flag NOT"), 8, NOT_WHAT},
    {BYTES("flag NOT NULL"), 9, NOT_WHAT},
    {BYTES("flag NOT = TRUE"), 9, NOT_WHAT},
    /* comparisons do not chain, and conditions are not compared */
    {BYTES("1 < n < 3"), 6, AND_OR},
    {BYTES("n = m = 1"), 6, AND_OR},
    {BYTES("n = m IS TRUE"), 6, AND_OR},
    {BYTES("n = 1 IN (1)"), 6, AND_OR},
    {BYTES("n IS NULL IS TRUE"), 10, AND_OR},
    {BYTES("n IN (1) = TRUE"), 9, AND_OR},
    {BYTES("n BETWEEN 1 AND 2 = TRUE"), 18, AND_OR},
    {BYTES("(n) = 1"), 4, GROUP},
    {BYTES("(flag AND flag) <> TRUE"), 16, GROUP},
    {BYTES("(flag) != TRUE"), 7, GROUP},
    {BYTES("(n) > 1"), 4, GROUP},
    {BYTES("n = (1)"), 4, OPERAND},
    {BYTES("TRUE = (flag)"), 7, OPERAND},
    {BYTES("(n) IN (1)"), 4, AND_OR},
    {BYTES("(n) BETWEEN 1 AND 2"), 4, AND_OR},
    {BYTES("(n) NOT IN (1)"), 4, AND_OR},
    /* IS */
    {BYTES("flag IS"), 7, IS_WHAT},
    {BYTES("flag IS NOT"), 11, IS_WHAT},
    {BYTES("flag IS 1"), 8, IS_WHAT},
    {BYTES("flag IS other_flag"), 8, IS_WHAT},
    {BYTES("flag IS NOT NOT NULL"), 12, IS_WHAT},
    {BYTES("flag IS (TRUE)"), 8, IS_WHAT},
    {BYTES("flag IS UNKNOWN"), 8, UNKNOWN},
    {BYTES("flag IS NOT unknown"), 12, UNKNOWN},
    {BYTES("(flag) IS UNKNOWN"), 10, UNKNOWN},
    {BYTES("(flag) IS"), 9, IS_GROUP},
    {BYTES("(flag) IS NOT 1"), 14, IS_GROUP},
    {BYTES("(flag) IS DISTINCT FROM TRUE"), 10, IS_GROUP},
    {BYTES("(flag) IS TRUE IS TRUE"), 15, AND_OR},
    {BYTES("n IS DISTINCT"), 13, "FROM must follow DISTINCT"},
    {BYTES("n IS DISTINCT 1"), 14, "FROM must follow DISTINCT"},
    {BYTES("n IS DISTINCT FROM"), 18, FOLLOW},
    {BYTES("n IS DISTINCT FROM (1)"), 19, OPERAND},
    {BYTES("flag ISNULL"), 5, "write IS NULL"},
    {BYTES("flag NOTNULL"), 5, "write IS NOT NULL"},
    /* IN and BETWEEN */
    {BYTES("n IN"), 4, IN_OPEN},
    {BYTES("n IN 1"), 5, IN_OPEN},
    {BYTES("n IN m"), 5, IN_OPEN},
    {BYTES("n IN ()"), 6, OPERAND},
    {BYTES("n IN ("), 6, FOLLOW},
    {BYTES("n IN (1"), 7, IN_COMMA},
    {BYTES("n IN (1,"), 8, FOLLOW},
    {BYTES("n IN (1,)"), 8, OPERAND},
    {BYTES("n IN (1 2)"), 8, IN_COMMA},
    {BYTES("n IN ((1))"), 6, OPERAND},
    {BYTES("n IN (1, m)"), 9, IN_LIST},
    {BYTES("s IN (failed)"), 6, IN_LIST},
    {BYTES("n IN (SELECT n FROM t)"), 6, SUBQUERY},
    {BYTES("n IN (VALUES (1))"), 6, RESERVED},
    {BYTES("n BETWEEN 1"), 11, BETWEEN},
    {BYTES("n BETWEEN 1 OR 2"), 12, BETWEEN},
    {BYTES("n BETWEEN 1, 2"), 11, BETWEEN},
    {BYTES("n BETWEEN 1 AND"), 15, FOLLOW},
    {BYTES("n BETWEEN"), 9, FOLLOW},
    {BYTES("n BETWEEN SYMMETRIC 2 AND 1"), 10, RESERVED},
    {BYTES("n NOT BETWEEN (1) AND 2"), 14, OPERAND},
    /* what a row alone does not decide, or the databases differ about */
    {BYTES("lower(s) = 'a'"), 0, FUNCTION},
    {BYTES("at < now()"), 5, FUNCTION},
    {BYTES("\"lower\" (s)"), 0, FUNCTION},
    {BYTES("coalesce(n, 0) = 0"), 0, FUNCTION},
    {BYTES("n IN (abs(1))"), 6, FUNCTION},
    {BYTES("at < CURRENT_TIMESTAMP"), 5, TIME},
    {BYTES("at < current_date"), 5, TIME},
    {BYTES("current_time IS NULL"), 0, TIME},
    {BYTES("at > LocalTimestamp"), 5, TIME},
    {BYTES("at > localtime"), 5, TIME},
    {BYTES("s LIKE 'a%'"), 2, LIKE},
    {BYTES("s NOT LIKE 'a%'"), 6, LIKE},
    {BYTES("s ILIKE 'a%'"), 2, "ILIKE is not read here: SQLite has none"},
    {BYTES("s SIMILAR TO 'a'"), 2, "SIMILAR TO is not read here: SQLite has none"},
    {BYTES("s GLOB 'a*'"), 2, "GLOB is not read here: Postgres has none"},
    {BYTES("s REGEXP 'a'"), 2, "REGEXP is not read here: Postgres has none"},
    {BYTES("s MATCH 'a'"), 2, "MATCH is not read here: Postgres has none"},
    {BYTES("at OVERLAPS until"), 3, "OVERLAPS is not read here: SQLite has none"},
    {BYTES("s = 'a' COLLATE nocase"), 8, "COLLATE is not read here: text takes equality only"},
    {BYTES("CASE WHEN flag THEN TRUE END"), 0,
     "CASE is not read here: write the condition with AND and OR"},
    {BYTES("CAST(n AS text) = '1'"), 0,
     "casts are not read here: compare the column in its own type"},
    {BYTES("EXISTS (SELECT 1)"), 0, SUBQUERY},
    {BYTES("n = (SELECT 1)"), 4, OPERAND},
    {BYTES("n::text = '1'"), 1, MEANING},
    {BYTES("n + 1 = 2"), 2, AND_OR},
    {BYTES("n - 1 = 2"), 2, AND_OR},
    {BYTES("n = 1 + 1"), 6, AND_OR},
    {BYTES("n * 2 = 2"), 2, MEANING},
    {BYTES("n % 2 = 0"), 2, MEANING},
    {BYTES("s || 'a' = 'aa'"), 2, MEANING},
    {BYTES("j -> 'a' IS NULL"), 2, AND_OR},
    {BYTES("j ->> 'a' = 'b'"), 2, AND_OR},
    {BYTES("j @> '{}'"), 2, MEANING},
    {BYTES("s ~ 'a'"), 2, MEANING},
    {BYTES("t.n = 1"), 1, MEANING},
    {BYTES("n = ANY (1)"), 4, RESERVED},
    {BYTES("n = ARRAY[1]"), 4, RESERVED},
    {BYTES("ROW(n, m) = ROW(1, 2)"), 0, FUNCTION},
    {BYTES("at AT TIME ZONE 'UTC' = at"), 3, AND_OR},
    {BYTES("INTERVAL '1 day' = 1"), 9, AND_OR},
    /* parameters, statements, comments, other characters */
    {BYTES("n = $1"), 4, MEANING},
    {BYTES("n = ?"), 4, MEANING},
    {BYTES("n = ?1"), 4, MEANING},
    {BYTES("n = :n"), 4, MEANING},
    {BYTES("n = @n"), 4, MEANING},
    {BYTES("$$n$$ = 1"), 0, MEANING},
    {BYTES("[n] = 1"), 0, MEANING},
    {BYTES("`n` = 1"), 0, MEANING},
    {BYTES("flag; DROP TABLE t"), 4, MEANING},
    {BYTES("flag -- always"), 5, COMMENT},
    {BYTES("n =--1"), 3, COMMENT},
    {BYTES("flag /* always */"), 5, COMMENT},
    {BYTES("/**/ flag"), 0, COMMENT},
    {BYTES("flag / 2"), 5, MEANING},
    {BYTES("!flag"), 0, MEANING},
    {BYTES("n ! = 1"), 2, MEANING},
    {BYTES("flag && flag"), 5, MEANING},
    {BYTES("größe = 1"), 2, MEANING},
    {BYTES("\xC2\xA0 flag"), 0, MEANING},
    {BYTES("\xEF\xBB\xBF flag"), 0, MEANING},
    {BYTES("flag\vAND flag"), 4, MEANING},
    {BYTES("\\flag"), 0, MEANING},
    {BYTES("\0"), 0, NUL_BYTE},
    {BYTES("flag\0 AND flag"), 4, NUL_BYTE},
    {BYTES("n = 1\0"), 5, NUL_BYTE},
    {BYTES("s = 'a\0b'"), 6, NUL_BYTE},
    {BYTES("\"a\0b\" = 1"), 2, NUL_BYTE},
    /* texts with a prefix */
    {BYTES("s = E'a'"), 4, PREFIX},
    {BYTES("s = e'\\''"), 4, PREFIX},
    {BYTES("s = N'a'"), 4, PREFIX},
    {BYTES("s = B'1'"), 4, PREFIX},
    {BYTES("s = X'00'"), 4, PREFIX},
    {BYTES("s IN('a')AND'b' = s"), 9, PREFIX},
    {BYTES("s = U&'a'"), 5, MEANING},
    {BYTES("U&\"n\" = 1"), 1, MEANING},
    {BYTES("at = date '2026-01-01'"), 10, AND_OR},
    /* numbers */
    {BYTES("n = 1abc"), 5, RUN_ON},
    {BYTES("n = 1AND flag"), 5, RUN_ON},
    {BYTES("n = 0x10"), 5, RUN_ON},
    {BYTES("n = 1_000"), 5, RUN_ON},
    {BYTES("n = 1.2.3"), 7, RUN_ON},
    {BYTES("n = 1..2"), 6, RUN_ON},
    {BYTES("n = 1e5e"), 7, RUN_ON},
    {BYTES("n = 1$"), 5, RUN_ON},
    {BYTES("n = 1e"), 4, EXPONENT},
    {BYTES("n = 1e+"), 4, EXPONENT},
    {BYTES("n = 1.5E-x"), 4, EXPONENT},
    {BYTES("n = ."), 4, MEANING},
    {BYTES("n = -"), 5, SIGN},
    {BYTES("n = - m"), 6, SIGN},
    {BYTES("n = + +1"), 6, SIGN},
    {BYTES("n = -(1)"), 5, SIGN},
    {BYTES("n = -'1'"), 5, SIGN},
    {BYTES("-n = 1"), 1, SIGN},
    {BYTES("n!=-1"), 3, SPACE},
    {BYTES("n !=+1"), 4, SPACE},
    {BYTES("x = 1e309"), 4, RANGE},
    {BYTES("x = -1e309"), 4, RANGE},
    {BYTES("x = 1e-400"), 4, RANGE},
    {BYTES("m = -9223372036854775809"), 4, ROUNDED},
    {BYTES("m = 9223372036854775809"), 4, ROUNDED},
    {BYTES("m = 9007199254740993.0"), 4, ROUNDED},
    {BYTES("m = 9007199254740992.9"), 4, ROUNDED},
    {BYTES("m < 0.99999999999999999999"), 4, ROUNDED},
    {BYTES("m > - 123456789012345e3"), 4, ROUNDED},
    {BYTES("m IN (1, 9223372036854775807.0)"), 9, ROUNDED},
};

/* Columns by their types' letters. */
static struct column columns[] = {
    {(char[]){"flag"}, COLUMN_BOOL}, {(char[]){"n"}, COLUMN_NUMBER}, {(char[]){"m"}, COLUMN_NUMBER},
    {(char[]){"s"}, COLUMN_TEXT},    {(char[]){"t"}, COLUMN_TEXT},   {(char[]){"u"}, COLUMN_UUID},
    {(char[]){"at"}, COLUMN_TIME},   {(char[]){"j"}, COLUMN_OTHER},  {(char[]){"k"}, COLUMN_OTHER},
};

static const struct table table = {.schema = (char[]){"public"},
                                   .name = (char[]){"rows"},
                                   .columns = columns,
                                   .columns_count = COUNT(columns)};

#define ONLY_EQUALITY                                                                              \
    " takes equality only: just numbers and timestamps have an order that every database agrees "  \
    "on"
#define ONLY_NULL  " is of a type that takes IS NULL only"
#define ONE_COLUMN "one side of a comparison must be a column"
#define NO_TRUTH   "a literal is no condition by itself"
#define A_COLUMN   "a column must stand here"
#define OTHER_TYPE " is of another type than the one it is compared with"
#define NOT_BOOL   " is not boolean: a condition must follow it"
#define BOOL       "column \"flag\" is boolean: compare it with TRUE or FALSE"
#define NUMBER     "column \"n\" is a number: compare it with a number, without quotes"
#define TEXT       "column \"s\" is text: compare it with text in single quotes"
#define UUID       "column \"u\" is a UUID: compare it with one, in lower case and single quotes"
#define MOMENT                                                                                     \
    "column \"at\" is a timestamp: compare it with one such as '2026-01-31T12:00:00.000Z'"

#define SINGLE_QUOTES "; if text is meant, put it in single quotes: "

static const struct refused by_binding[] = {
    {BYTES("absent"), 0, "table \"rows\" has no column \"absent\""},
    {BYTES("flag AND Absent = 1"), 9, "table \"rows\" has no column \"absent\""},
    {BYTES("s = \"failed\""), 4,
     "table \"rows\" has no column \"failed\"" SINGLE_QUOTES "'failed'"},
    {BYTES("s = \"it's\""), 4, "table \"rows\" has no column \"it's\""},
    {BYTES("\"Flag\""), 0, "table \"rows\" has no column \"Flag\"" SINGLE_QUOTES "'Flag'"},
    {BYTES("n = absent"), 4, "table \"rows\" has no column \"absent\""},
    {BYTES("rowid = 1"), 0, "table \"rows\" has no column \"rowid\""},
    {BYTES("n"), 0, "column \"n\"" NOT_BOOL},
    {BYTES("NOT s"), 4, "column \"s\"" NOT_BOOL},
    {BYTES("flag OR j"), 8, "column \"j\"" NOT_BOOL},
    {BYTES("n IS TRUE"), 0, "column \"n\"" NOT_BOOL},
    {BYTES("(u) IS NULL"), 1, "column \"u\"" NOT_BOOL},
    {BYTES("n IS DISTINCT FROM TRUE"), 0, "column \"n\"" NOT_BOOL},
    {BYTES("1"), 0, NO_TRUTH},
    {BYTES("flag AND 'true'"), 9, NO_TRUTH},
    {BYTES("0 IS FALSE"), 0, NO_TRUTH},
    {BYTES("'t' IS NOT DISTINCT FROM TRUE"), 0, NO_TRUTH},
    {BYTES("1 = 1"), 0, ONE_COLUMN},
    {BYTES("NULL = NULL"), 0, ONE_COLUMN},
    {BYTES("TRUE <> FALSE"), 0, ONE_COLUMN},
    {BYTES("1 IS DISTINCT FROM 2"), 0, ONE_COLUMN},
    {BYTES("1 IN (1)"), 0, A_COLUMN},
    {BYTES("NULL NOT IN (1)"), 0, A_COLUMN},
    {BYTES("1 BETWEEN n AND m"), 0, A_COLUMN},
    {BYTES("flag = 1"), 7, BOOL},
    {BYTES("'t' = flag"), 0, BOOL},
    {BYTES("flag IN (TRUE, 0)"), 15, BOOL},
    {BYTES("n = '1'"), 4, NUMBER},
    {BYTES("n = TRUE"), 4, NUMBER},
    {BYTES("n IN (1, '2')"), 9, NUMBER},
    {BYTES("n BETWEEN '1' AND 2"), 10, NUMBER},
    {BYTES("n BETWEEN 1 AND 'b'"), 16, NUMBER},
    {BYTES("s = 1"), 4, TEXT},
    {BYTES("s = TRUE"), 4, TEXT},
    {BYTES("s NOT IN ('a', 1)"), 15, TEXT},
    {BYTES("u = 'a'"), 4, UUID},
    {BYTES("u = 1"), 4, UUID},
    {BYTES("u = '0B9DD3C2-6e0c-4a9c-9f6c-0d6c8a6f1a01'"), 4, UUID},
    {BYTES("u = '{0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01}'"), 4, UUID},
    {BYTES("u = '0b9dd3c26e0c4a9c9f6c0d6c8a6f1a01'"), 4, UUID},
    {BYTES("at = 0"), 5, MOMENT},
    {BYTES("at = ''"), 5, MOMENT},
    {BYTES("at = 'now'"), 5, MOMENT},
    {BYTES("at > '2026-01-31'"), 5, MOMENT},
    {BYTES("at > '2026-01-31T12:00:00Z'"), 5, MOMENT},
    {BYTES("at > '2026-01-31T12:00:00.00Z'"), 5, MOMENT},
    {BYTES("at > '2026-01-31T12:00:00.000000Z'"), 5, MOMENT},
    {BYTES("at > '2026-01-31T12:00:00.000'"), 5, MOMENT},
    {BYTES("at > '2026-01-31T12:00:00.000z'"), 5, MOMENT},
    {BYTES("at > '2026-01-31T12:00:00.000+00:00'"), 5, MOMENT},
    {BYTES("at > '2026-01-31 12:00:00.000Z'"), 5, MOMENT},
    {BYTES("at > ' 2026-01-31T12:00:00.000Z'"), 5, MOMENT},
    {BYTES("at > '2026-01-31T12:00:00.000Z '"), 5, MOMENT},
    {BYTES("at > '0000-01-31T12:00:00.000Z'"), 5, MOMENT},
    {BYTES("at > '2026-00-31T12:00:00.000Z'"), 5, MOMENT},
    {BYTES("at > '2026-13-31T12:00:00.000Z'"), 5, MOMENT},
    {BYTES("at > '2026-01-00T12:00:00.000Z'"), 5, MOMENT},
    {BYTES("at > '2026-01-32T12:00:00.000Z'"), 5, MOMENT},
    {BYTES("at > '2026-04-31T12:00:00.000Z'"), 5, MOMENT},
    {BYTES("at > '2026-02-29T12:00:00.000Z'"), 5, MOMENT},
    {BYTES("at > '2100-02-29T12:00:00.000Z'"), 5, MOMENT},
    {BYTES("at > '2024-02-30T12:00:00.000Z'"), 5, MOMENT},
    {BYTES("at > '2026-01-31T24:00:00.000Z'"), 5, MOMENT},
    {BYTES("at > '2026-01-31T12:60:00.000Z'"), 5, MOMENT},
    {BYTES("at > '2026-01-31T12:00:60.000Z'"), 5, MOMENT},
    {BYTES("at > '2o26-01-31T12:00:00.000Z'"), 5, MOMENT},
    {BYTES("at BETWEEN '2026-01-31T12:00:00.000Z' AND '2026'"), 42, MOMENT},
    {BYTES("flag < TRUE"), 0, "column \"flag\"" ONLY_EQUALITY},
    {BYTES("s > 'a'"), 0, "column \"s\"" ONLY_EQUALITY},
    {BYTES("'a' >= s"), 7, "column \"s\"" ONLY_EQUALITY},
    {BYTES("s <= t"), 0, "column \"s\"" ONLY_EQUALITY},
    {BYTES("u BETWEEN NULL AND NULL"), 0, "column \"u\"" ONLY_EQUALITY},
    {BYTES("j = NULL"), 0, "column \"j\"" ONLY_NULL},
    {BYTES("NULL <> j"), 8, "column \"j\"" ONLY_NULL},
    {BYTES("j = k"), 0, "column \"j\"" ONLY_NULL},
    {BYTES("j IS DISTINCT FROM NULL"), 0, "column \"j\"" ONLY_NULL},
    {BYTES("j IN ('{}')"), 0, "column \"j\"" ONLY_NULL},
    {BYTES("n = s"), 4, "column \"s\"" OTHER_TYPE},
    {BYTES("s = u"), 4, "column \"u\"" OTHER_TYPE},
    {BYTES("flag <> n"), 8, "column \"n\"" OTHER_TYPE},
    {BYTES("n BETWEEN at AND 1"), 10, "column \"at\"" OTHER_TYPE},
    {BYTES("s IS NOT DISTINCT FROM j"), 23, "column \"j\"" OTHER_TYPE},
};

static void assert_refused(const struct refused *r, enum err err, size_t offset,
                           const struct error *e)
{
    if (err != ERR_CONFIG || e->code != ERR_CONFIG || strcmp(e->message, r->message) != 0 ||
        offset != r->offset)
        fail_msg("%s\n  gives %d at %zu: %s\n  wanted at %zu: %s", r->text, (int)err, offset,
                 err != ERR_OK ? e->message : "(taken)", r->offset, r->message);
}

/* From memory without a NUL behind it, so that reading past the end is seen. */
static enum err parse(const char *text, size_t len, struct predicate **ret, size_t *offset,
                      struct error *e)
{
    char *bytes = malloc(len > 0 ? len : 1);
    memcpy(bytes, text, len);
    enum err err = predicate_parse(bytes, len, ret, offset, e);
    free(bytes);
    return err;
}

static void parsing_refuses_with_reason_and_place(void **state)
{
    (void)state;
    assert_true(COUNT(by_parsing) >= 120);
    for (size_t i = 0; i < COUNT(by_parsing); i++) {
        const struct refused *r = &by_parsing[i];
        struct predicate *p = NULL;
        struct error e = {0};
        size_t offset = SIZE_MAX;
        enum err err = parse(r->text, r->len, &p, &offset, &e);
        predicate_free(p);
        assert_refused(r, err, offset, &e);
        assert_null(p);
    }
}

static void binding_refuses_with_reason_and_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(by_binding); i++) {
        const struct refused *r = &by_binding[i];
        struct predicate *p = NULL;
        struct error e = {0};
        size_t offset = SIZE_MAX;
        if (parse(r->text, r->len, &p, &offset, &e) != ERR_OK)
            fail_msg("%s: %s", r->text, e.message);
        enum err err = predicate_bind(p, &table, &offset, &e);
        predicate_free(p);
        assert_refused(r, err, offset, &e);
    }
}

static void distinct_from_is_refused_where_the_database_has_none(void **state)
{
    (void)state;
    static const char *const texts[] = {"flag AND n IS DISTINCT FROM 1",
                                        "flag IS NOT DISTINCT FROM TRUE",
                                        "n IS DISTINCT FROM 1 OR m IS DISTINCT FROM 1"};
    static const size_t offsets[] = {14, 12, 5};
    struct table old = table;
    old.no_distinct_from = "it is too old";
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct predicate *p = NULL;
        struct error e = {0};
        size_t offset = SIZE_MAX;
        assert_int_equal(parse(texts[i], strlen(texts[i]), &p, &offset, &e), ERR_OK);
        assert_int_equal(predicate_bind(p, &table, &offset, &e), ERR_OK);
        enum err err = predicate_bind(p, &old, &offset, &e);
        predicate_free(p);
        assert_refused(&(struct refused){texts[i], 0, offsets[i], "it is too old"}, err, offset,
                       &e);
    }
}

static void an_error_that_nobody_wants_is_no_fault(void **state)
{
    (void)state;
    struct predicate *p = NULL;
    size_t offset = SIZE_MAX;
    assert_int_equal(parse("n =", 3, &p, &offset, NULL), ERR_CONFIG);
    assert_int_equal(offset, 3);
    assert_int_equal(parse("n", 1, &p, &offset, NULL), ERR_OK);
    assert_int_equal(predicate_bind(p, &table, &offset, NULL), ERR_CONFIG);
    assert_int_equal(offset, 0);
    predicate_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parsing_refuses_with_reason_and_place),
        cmocka_unit_test(binding_refuses_with_reason_and_place),
        cmocka_unit_test(distinct_from_is_refused_where_the_database_has_none),
        cmocka_unit_test(an_error_that_nobody_wants_is_no_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
