/* The grammar, a subset of SQL's <search condition> that Postgres and SQLite read alike:
 *
 *     condition = conjunct { OR conjunct }
 *     conjunct  = factor { AND factor }
 *     factor    = { NOT } ( test | "(" condition ")" [ IS [NOT] ( TRUE | FALSE | NULL ) ] )
 *     test      = operand                       a boolean column, TRUE, FALSE or NULL
 *               | operand ( "=" | "<>" | "!=" | "<" | "<=" | ">" | ">=" ) operand
 *               | operand [NOT] IN "(" literal { "," literal } ")"
 *               | operand [NOT] BETWEEN operand AND operand
 *               | operand IS [NOT] ( NULL | TRUE | FALSE | DISTINCT FROM operand )
 *     operand   = column | literal
 *     literal   = string | [ "+" | "-" ] number | TRUE | FALSE | NULL
 *     column    = ( letter | "_" ) { letter | digit | "_" | "$" }     read in lower case
 *               | '"' { character | '""' } '"'                        read as it stands
 *     string    = "'" { character | "''" } "'"
 *     number    = ( digits [ "." [ digits ] ] | "." digits ) [ "e" [ "+" | "-" ] digits ]
 *
 * What a column may be compared with stands in predicate_bind.c. NOT binds tighter than AND, AND
 * tighter than OR, IS tighter than all three; comparisons do not chain. Letters are ASCII's. A word
 * that either database reserves is a column in double quotes only. Left out on purpose, because the
 * two databases differ there or a row alone does not decide it: functions, subqueries, casts, LIKE,
 * arithmetic, parameters, comments, comparisons of conditions in parentheses, IS UNKNOWN, and
 * numbers that one database keeps to the last digit and the other rounds.
 *
 * The parser is Dijkstra's shunting yard: operators wait on a stack of bounded depth, nothing
 * recurses.
 */
#include "badge/predicate_lex.h"
#include "badge/predicate_node.h"
#include "base/decimal.h"
#include "base/mem.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parser {
    struct lexer lex;
    struct predicate *predicate;
    /* Operators that wait: STEP_AND, STEP_OR, STEP_NOT, or PAREN. */
    int waiting[PREDICATE_DEPTH_MAX];
    size_t waiting_count;
};

enum {
    PAREN = -1
};

/* Calls of the lexer, cut short. */

static bool fail_here(struct parser *p, const char *message)
{
    return lex_fail(&p->lex, p->lex.token.start, message);
}

static bool advance(struct parser *p)
{
    return lex_next(&p->lex);
}

static bool expect(struct parser *p, bool is_there, const char *message)
{
    return lex_expect(&p->lex, is_there, message);
}

static bool is_symbol(const struct parser *p, const char *symbol)
{
    return lex_is_symbol(&p->lex, symbol);
}

static bool is_keyword(const struct parser *p, const char *keyword)
{
    return lex_is_keyword(&p->lex, keyword);
}

static size_t column_number(struct predicate *pr, char *name)
{
    for (size_t i = 0; i < pr->columns_count; i++) {
        if (strcmp(pr->columns[i].name, name) == 0) {
            free(name);
            return i;
        }
    }
    pr->columns = mem_grow(pr->columns, pr->columns_count + 1, sizeof(*pr->columns));
    memset(&pr->columns[pr->columns_count], 0, sizeof(*pr->columns));
    pr->columns[pr->columns_count].name = name;
    return pr->columns_count++;
}

/* The significant digits of an unsigned decimal number, without zeros at either end, and the power
 * of ten that the last one counts. Returns how many there are. */
static size_t significant(const char *text, char *digits, long *power)
{
    size_t n = 0;
    bool is_behind_point = false;
    *power = 0;
    for (; *text != '\0' && *text != 'e' && *text != 'E'; text++) {
        if (*text == '.') {
            is_behind_point = true;
            continue;
        }
        if (n > 0 || *text != '0')
            digits[n++] = *text;
        *power -= is_behind_point;
    }
    if (n > 0 && *text != '\0')
        *power += strtol(text + 1, NULL, 10);
    for (; n > 0 && digits[n - 1] == '0'; n--)
        ++*power;
    return n;
}

/* Whether a decimal number became a whole one, within the range of int64_t, by rounding to a
 * double. Compared with an integer, Postgres takes it to the last digit and SQLite takes the
 * double: 9007199254740993 = 9007199254740993.0 is true in the one and false in the other. All
 * other doubles lie between the same two integers as what they were rounded from. */
static bool is_rounded(const char *text, double real)
{
    if (fabs(real) > 0x1p63 || trunc(real) != real)
        return false;
    char whole[32], whole_digits[32];
    char *digits = mem_zero(strlen(text), 1);
    long whole_power, power;
    (void)snprintf(whole, sizeof(whole), "%.0f", fabs(real));
    size_t whole_n = significant(whole, whole_digits, &whole_power);
    size_t n = significant(text, digits, &power);
    bool is_same =
        n == whole_n && (n == 0 || power == whole_power) && memcmp(digits, whole_digits, n) == 0;
    free(digits);
    return !is_same;
}

static bool add_number(struct parser *p, struct operand *o, bool is_negative)
{
    size_t len = p->lex.token.end - p->lex.token.start;
    o->kind = OPERAND_NUMBER;
    o->text = mem_zero(len + 2, 1);
    o->text[0] = is_negative ? '-' : '+';
    memcpy(o->text + 1, p->lex.text + p->lex.token.start, len);
    if (!decimal_is_valid(o->text, len + 1))
        return lex_fail(&p->lex, o->offset, "the exponent of this number is out of range");
    char *end;
    errno = 0;
    long long whole = strtoll(o->text, &end, 10);
    if (*end == '\0' && errno == 0) {
        o->value = (struct value){.kind = VALUE_INT, .integer = whole};
        return true;
    }
    double real = strtod(o->text, NULL);
    o->value = (struct value){.kind = VALUE_REAL, .real = real};
    bool is_zero = strcspn(o->text, "123456789eE") == strcspn(o->text, "eE");
    if (!isfinite(real) || (real == 0 && !is_zero))
        return lex_fail(&p->lex, o->offset, "this number is out of the range of a double");
    if (is_rounded(o->text + 1, real))
        return lex_fail(&p->lex, o->offset,
                        "databases round this number differently: write fewer digits, or a whole "
                        "number of 64 bits");
    return true;
}

static bool add_column(struct parser *p, struct operand *o)
{
    if (p->lex.token.kind == TOKEN_WORD && !lex_check_column(&p->lex))
        return false;
    char *name = lex_text(&p->lex);
    size_t len = strlen(name);
    o->kind = OPERAND_COLUMN;
    o->is_quoted = p->lex.token.kind == TOKEN_COLUMN;
    o->column = column_number(p->predicate, name);
    if (len == 0)
        return fail_here(p, "a column name cannot be empty");
    if (len > PREDICATE_COLUMN_BYTES_MAX)
        return fail_here(p, "a column name is at most 63 bytes long");
    if (!advance(p))
        return false;
    if (is_symbol(p, "("))
        return lex_fail(&p->lex, o->offset,
                        "functions are not read here: a predicate compares columns with literals");
    return true;
}

static bool parse_operand(struct parser *p)
{
    struct predicate *pr = p->predicate;
    if (pr->operands_count + pr->steps_count >= PREDICATE_NODES_MAX)
        return fail_here(p, "this predicate has more than 512 operators, columns and literals");
    pr->operands = mem_grow(pr->operands, pr->operands_count + 1, sizeof(*pr->operands));
    struct operand *o = &pr->operands[pr->operands_count++];
    *o = (struct operand){.kind = OPERAND_NULL, .offset = (uint32_t)p->lex.token.start};
    bool is_negative = is_symbol(p, "-");
    if (is_negative || is_symbol(p, "+")) {
        if (!advance(p))
            return false;
        if (p->lex.token.kind != TOKEN_NUMBER)
            return fail_here(p, "a number must follow the sign; arithmetic is not read here");
    }
    if (p->lex.token.kind == TOKEN_NUMBER)
        return add_number(p, o, is_negative) && advance(p);
    if (p->lex.token.kind == TOKEN_STRING) {
        o->kind = OPERAND_STRING;
        o->text = lex_text(&p->lex);
        o->value.kind = VALUE_TEXT;
        o->value.text.bytes = o->text;
        o->value.text.len = strlen(o->text);
        return advance(p);
    }
    if (is_keyword(p, "null"))
        return advance(p);
    if (is_keyword(p, "true") || is_keyword(p, "false")) {
        o->kind = OPERAND_BOOL;
        o->value = (struct value){.kind = VALUE_INT, .integer = is_keyword(p, "true")};
        return advance(p);
    }
    if (p->lex.token.kind == TOKEN_END)
        return fail_here(p, "a column or a literal must follow");
    if (p->lex.token.kind == TOKEN_SYMBOL)
        return fail_here(p, "a column or a literal must stand here");
    return add_column(p, o);
}

static bool add_step(struct parser *p, struct step step)
{
    struct predicate *pr = p->predicate;
    if (pr->operands_count + pr->steps_count >= PREDICATE_NODES_MAX)
        return fail_here(p, "this predicate has more than 512 operators, columns and literals");
    pr->steps = mem_grow(pr->steps, pr->steps_count + 1, sizeof(*pr->steps));
    pr->steps[pr->steps_count++] = step;
    return true;
}

static bool parse_in(struct parser *p)
{
    if (!advance(p) || !expect(p, is_symbol(p, "("), "'(' must follow IN"))
        return false;
    for (;;) {
        if (!parse_operand(p))
            return false;
        const struct operand *o = &p->predicate->operands[p->predicate->operands_count - 1];
        if (o->kind == OPERAND_COLUMN)
            return lex_fail(&p->lex, o->offset,
                            "a list of IN holds literals; text stands in single quotes");
        if (!is_symbol(p, ","))
            return expect(p, is_symbol(p, ")"), "',' or ')' must stand here");
        if (!advance(p))
            return false;
    }
}

/* Behind IS, and NOT when it was there: for a test of an operand, or with is_group for a condition
 * in parentheses. */
static bool parse_is(struct parser *p, struct step *step, bool is_group)
{
    static const struct {
        const char *word;
        enum truth is;
    } truths[] = {{"true", TRUTH_TRUE}, {"false", TRUTH_FALSE}, {"null", TRUTH_UNKNOWN}};
    if (!advance(p))
        return false;
    step->negated = is_keyword(p, "not");
    if (step->negated && !advance(p))
        return false;
    for (size_t i = 0; i < 3; i++) {
        if (!is_keyword(p, truths[i].word))
            continue;
        if (is_group || truths[i].is != TRUTH_UNKNOWN) {
            step->kind = STEP_IS;
            step->is = truths[i].is;
        } else {
            step->test = TEST_NULL;
        }
        return advance(p);
    }
    if (!lex_check_operator(&p->lex))
        return false;
    if (is_group || !is_keyword(p, "distinct"))
        return fail_here(p, is_group ? "TRUE, FALSE or NULL must follow IS"
                                     : "TRUE, FALSE, NULL or DISTINCT FROM must follow IS");
    if (p->predicate->distinct_from == PREDICATE_NOWHERE)
        p->predicate->distinct_from = p->lex.token.start;
    step->test = TEST_DISTINCT;
    return advance(p) && expect(p, is_keyword(p, "from"), "FROM must follow DISTINCT") &&
           parse_operand(p);
}

static bool parse_comparison(struct parser *p, struct step *step, bool *is_there)
{
    static const struct {
        const char *symbol;
        enum compare compare;
    } comparisons[] = {{"=", COMPARE_EQ}, {"<>", COMPARE_NE}, {"!=", COMPARE_NE},
                       {"<", COMPARE_LT}, {"<=", COMPARE_LE}, {">", COMPARE_GT},
                       {">=", COMPARE_GE}};
    *is_there = false;
    for (size_t i = 0; i < sizeof(comparisons) / sizeof(comparisons[0]); i++) {
        if (is_symbol(p, comparisons[i].symbol)) {
            *is_there = true;
            step->test = TEST_COMPARE;
            step->compare = comparisons[i].compare;
            return advance(p) && parse_operand(p);
        }
    }
    return true;
}

/* IS TRUE and IS FALSE test the truth of their operand, as SQLite and Postgres do: that is two
 * steps. IS [NOT] DISTINCT FROM TRUE is read by SQLite as the same test (resolve.c, TK_TRUTH), and
 * says the same in Postgres, where a boolean has no third value. */
static bool add_test(struct parser *p, struct step step)
{
    const struct operand *second = &p->predicate->operands[step.operand + step.operands_count - 1];
    if (step.kind == STEP_TEST && step.test == TEST_DISTINCT && second->kind == OPERAND_BOOL) {
        step.kind = STEP_IS;
        step.is = second->value.integer != 0 ? TRUTH_TRUE : TRUTH_FALSE;
        step.negated = !step.negated;
    }
    if (step.kind == STEP_IS) {
        struct step truth = {
            .kind = STEP_TEST, .test = TEST_TRUTH, .operand = step.operand, .operands_count = 1};
        if (!add_step(p, truth))
            return false;
    }
    return add_step(p, step);
}

static bool parse_test(struct parser *p)
{
    struct step step = {
        .kind = STEP_TEST, .test = TEST_TRUTH, .operand = p->predicate->operands_count};
    bool is_comparison;
    if (!parse_operand(p))
        return false;
    if (!parse_comparison(p, &step, &is_comparison))
        return false;
    if (is_comparison) {
        /* nothing more */
    } else if (is_keyword(p, "is")) {
        if (!parse_is(p, &step, false))
            return false;
    } else {
        step.negated = is_keyword(p, "not");
        if (step.negated && !advance(p))
            return false;
        if (is_keyword(p, "in")) {
            step.test = TEST_IN;
            if (!parse_in(p))
                return false;
        } else if (is_keyword(p, "between")) {
            step.test = TEST_BETWEEN;
            if (!advance(p) || !parse_operand(p) ||
                !expect(p, is_keyword(p, "and"), "AND must follow the first bound of BETWEEN") ||
                !parse_operand(p))
                return false;
        } else if (step.negated) {
            return lex_check_operator(&p->lex) &&
                   fail_here(p, "IN or BETWEEN must follow NOT here");
        }
    }
    step.operands_count = p->predicate->operands_count - step.operand;
    return add_test(p, step);
}

static bool wait(struct parser *p, int operator)
{
    if (p->waiting_count == sizeof(p->waiting) / sizeof(p->waiting[0]))
        return fail_here(p, "parentheses and NOTs stand too deep inside each other");
    p->waiting[p->waiting_count++] = operator;
    return advance(p);
}

static int precedence(int operator)
{
    switch (operator) {
    case STEP_NOT:
        return 3;
    case STEP_AND:
        return 2;
    case STEP_OR:
        return 1;
    default:
        return 0; /* PAREN: nothing takes it off but ')' */
    }
}

/* Turn waiting operators that bind at least as tight as the limit into steps. */
static bool settle(struct parser *p, int limit)
{
    while (p->waiting_count > 0 && precedence(p->waiting[p->waiting_count - 1]) >= limit) {
        struct step step = {.kind = (enum step_kind)p->waiting[--p->waiting_count]};
        if (!add_step(p, step))
            return false;
    }
    return true;
}

static bool parse_close(struct parser *p)
{
    if (!settle(p, 1))
        return false;
    if (p->waiting_count == 0)
        return fail_here(p, "this ')' closes nothing");
    p->waiting_count--;
    if (!advance(p))
        return false;
    struct step step = {.kind = STEP_IS};
    if (is_keyword(p, "is"))
        return parse_is(p, &step, true) && add_step(p, step);
    bool is_comparison = p->lex.token.kind == TOKEN_SYMBOL &&
                         strchr("=<>!", p->lex.text[p->lex.token.start]) != NULL;
    if (is_comparison)
        return fail_here(
            p, "a condition in parentheses cannot be compared; compare columns with literals");
    return true;
}

/* Behind a whole condition: what goes on, what closes, or the end. */
static bool parse_continuation(struct parser *p, bool *is_operand_next)
{
    *is_operand_next = true;
    if (is_keyword(p, "and"))
        return settle(p, precedence(STEP_AND)) && wait(p, STEP_AND);
    if (is_keyword(p, "or"))
        return settle(p, precedence(STEP_OR)) && wait(p, STEP_OR);
    *is_operand_next = false;
    if (is_symbol(p, ")"))
        return parse_close(p);
    return lex_check_operator(&p->lex) && fail_here(p, "AND, OR or the end must stand here");
}

static bool parse_condition(struct parser *p)
{
    bool is_operand_next = true;
    if (!advance(p))
        return false;
    if (p->lex.token.kind == TOKEN_END)
        return lex_fail(&p->lex, 0, "the predicate is empty; write TRUE to count every row");
    for (;;) {
        bool ok;
        if (!is_operand_next && p->lex.token.kind == TOKEN_END)
            break;
        if (!is_operand_next) {
            ok = parse_continuation(p, &is_operand_next);
        } else if (is_keyword(p, "not")) {
            ok = wait(p, STEP_NOT);
        } else if (is_symbol(p, "(")) {
            ok = wait(p, PAREN);
        } else {
            ok = parse_test(p);
            is_operand_next = false;
        }
        if (!ok)
            return false;
    }
    if (!settle(p, 1))
        return false;
    return p->waiting_count == 0 || lex_fail(&p->lex, p->lex.len, "a ')' is missing");
}

enum err predicate_parse(const char *text, size_t len, struct predicate **ret, size_t *offset,
                         struct error *e)
{
    struct parser p = {.lex = {.text = text, .len = len, .error = e},
                       .predicate = mem_zero(1, sizeof(struct predicate))};
    p.predicate->distinct_from = PREDICATE_NOWHERE;
    if (len > PREDICATE_BYTES_MAX)
        (void)lex_fail(&p.lex, PREDICATE_BYTES_MAX, "a predicate is at most 4096 bytes long");
    else
        (void)parse_condition(&p);
    if (p.lex.err != ERR_OK) {
        predicate_free(p.predicate);
        *offset = p.lex.fault;
        return p.lex.err;
    }
    *ret = p.predicate;
    return ERR_OK;
}
