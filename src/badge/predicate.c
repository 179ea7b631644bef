#include "badge/predicate.h"

#include "badge/predicate_node.h"
#include "base/decimal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void predicate_free(struct predicate *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < p->operands_count; i++)
        free(p->operands[i].text);
    for (size_t i = 0; i < p->columns_count; i++)
        free(p->columns[i].name);
    free(p->operands);
    free(p->columns);
    free(p->steps);
    free(p);
}

size_t predicate_columns_count(const struct predicate *p)
{
    return p->columns_count;
}

const char *predicate_column(const struct predicate *p, size_t i)
{
    assert(i < p->columns_count);
    return p->columns[i].name;
}

static enum truth truth_of_bool(bool is_true)
{
    return is_true ? TRUTH_TRUE : TRUTH_FALSE;
}

/* Whether a text reads as a number other than zero: SQLite takes the longest prefix that is a
 * decimal number (sqlite.org/lang_expr.html, "Boolean Expressions"). Only a text in a boolean
 * column of a table without checks comes here. */
static bool text_is_nonzero(const char *s, size_t len)
{
    size_t i = 0;
    while (i < len && memchr(" \t\n\v\f\r", s[i], 6) != NULL)
        i++;
    if (i < len && (s[i] == '-' || s[i] == '+'))
        i++;
    bool is_nonzero = false;
    for (bool had_dot = false;
         i < len && ((s[i] >= '0' && s[i] <= '9') || (s[i] == '.' && !had_dot)); i++) {
        had_dot = had_dot || s[i] == '.';
        is_nonzero = is_nonzero || (s[i] != '0' && s[i] != '.');
    }
    return is_nonzero;
}

static enum truth truth_of_value(const struct value *v)
{
    switch (v->kind) {
    case VALUE_NULL:
        return TRUTH_UNKNOWN;
    case VALUE_INT:
        return truth_of_bool(v->integer != 0);
    case VALUE_REAL:
        return truth_of_bool(v->real != 0);
    case VALUE_DECIMAL:
    case VALUE_TEXT:
    case VALUE_BLOB:
        return truth_of_bool(text_is_nonzero(v->text.bytes, v->text.len));
    }
    return TRUTH_UNKNOWN;
}

/* ---- comparisons ---- */

static struct value as_real(const struct value *v)
{
    struct value real = *v;
    real.kind = VALUE_REAL;
    if (v->kind == VALUE_INT)
        real.real = (double)v->integer;
    else if (v->kind == VALUE_DECIMAL)
        real.real = decimal_real(v->text.bytes, v->text.len);
    return real;
}

/* An infinity is an end of int64_t in both, and beyond all others by itself. */
static int compare_day_instant(int64_t day, int64_t instant)
{
    static const int64_t day_us = (int64_t)86400 * 1000000;
    if (instant == INT64_MIN || instant == INT64_MAX)
        return (day > instant) - (day < instant);
    int64_t instant_day = instant / day_us - (instant % day_us < 0);
    if (day != instant_day)
        return day < instant_day ? -1 : 1;
    return instant % day_us == 0 ? 0 : -1;
}

static int order_of(const struct value *a, enum pairing pairing, const struct value *b)
{
    switch (pairing) {
    case PAIRING_PLAIN:
        break;
    case PAIRING_REALS: {
        struct value x = as_real(a), y = as_real(b);
        return value_compare(&x, &y);
    }
    case PAIRING_DAY_INSTANT:
        return compare_day_instant(a->integer, b->integer);
    case PAIRING_INSTANT_DAY:
        return -compare_day_instant(b->integer, a->integer);
    }
    return value_compare(a, b);
}

static enum truth compare(const struct value *a, enum compare op, enum pairing pairing,
                          const struct value *b)
{
    if (a->kind == VALUE_NULL || b->kind == VALUE_NULL)
        return TRUTH_UNKNOWN;
    int order = order_of(a, pairing, b);
    switch (op) {
    case COMPARE_EQ:
        return truth_of_bool(order == 0);
    case COMPARE_NE:
        return truth_of_bool(order != 0);
    case COMPARE_LT:
        return truth_of_bool(order < 0);
    case COMPARE_LE:
        return truth_of_bool(order <= 0);
    case COMPARE_GT:
        return truth_of_bool(order > 0);
    case COMPARE_GE:
        return truth_of_bool(order >= 0);
    }
    return TRUTH_UNKNOWN;
}

static enum truth not_truth(enum truth t)
{
    return t == TRUTH_UNKNOWN ? t : truth_of_bool(t == TRUTH_FALSE);
}

static enum truth and_truth(enum truth a, enum truth b)
{
    if (a == TRUTH_FALSE || b == TRUTH_FALSE)
        return TRUTH_FALSE;
    return a == TRUTH_TRUE && b == TRUTH_TRUE ? TRUTH_TRUE : TRUTH_UNKNOWN;
}

static const struct value *value_of(const struct predicate *p, size_t operand,
                                    const struct value *row)
{
    const struct operand *o = &p->operands[operand];
    return o->kind == OPERAND_COLUMN ? &row[p->columns[o->column].ordinal] : &o->bound;
}

static bool is_distinct(const struct value *a, enum pairing pairing, const struct value *b)
{
    if (a->kind == VALUE_NULL || b->kind == VALUE_NULL)
        return a->kind != b->kind;
    return order_of(a, pairing, b) != 0;
}

/* The test's first operand beside another of its operands. */
static enum truth compare_operands(const struct predicate *p, const struct step *s, enum compare op,
                                   size_t i, const struct value *row)
{
    return compare(value_of(p, s->operand, row), op, p->operands[s->operand + i].pairing,
                   value_of(p, s->operand + i, row));
}

/* True as soon as one literal equals; else unknown when the value or any literal is NULL
 * (SQL:2016, 8.4). */
static enum truth in_list(const struct predicate *p, const struct step *s, const struct value *row)
{
    enum truth found = TRUTH_FALSE;
    for (size_t i = 1; i < s->operands_count && found != TRUTH_TRUE; i++) {
        enum truth is_equal = compare_operands(p, s, COMPARE_EQ, i, row);
        if (is_equal != TRUTH_FALSE)
            found = is_equal;
    }
    return found;
}

static enum truth eval_test(const struct predicate *p, const struct step *s,
                            const struct value *row)
{
    const struct value *v = value_of(p, s->operand, row);
    enum truth t = TRUTH_UNKNOWN;
    switch (s->test) {
    case TEST_TRUTH:
        t = truth_of_value(v);
        break;
    case TEST_NULL:
        t = truth_of_bool(v->kind == VALUE_NULL);
        break;
    case TEST_COMPARE:
        t = compare_operands(p, s, s->compare, 1, row);
        break;
    case TEST_DISTINCT:
        t = truth_of_bool(
            is_distinct(v, p->operands[s->operand + 1].pairing, value_of(p, s->operand + 1, row)));
        break;
    case TEST_IN:
        t = in_list(p, s, row);
        break;
    case TEST_BETWEEN:
        t = and_truth(compare_operands(p, s, COMPARE_GE, 1, row),
                      compare_operands(p, s, COMPARE_LE, 2, row));
        break;
    }
    return s->negated ? not_truth(t) : t;
}

enum truth predicate_eval(const struct predicate *p, const struct value *row)
{
    enum truth stack[PREDICATE_DEPTH_MAX + 1]; /* the parser lets no more wait */
    size_t top = 0;
    for (size_t i = 0; i < p->steps_count; i++) {
        const struct step *s = &p->steps[i];
        switch (s->kind) {
        case STEP_TEST:
            assert(top <= PREDICATE_DEPTH_MAX);
            stack[top++] = eval_test(p, s, row);
            break;
        case STEP_NOT:
            stack[top - 1] = not_truth(stack[top - 1]);
            break;
        case STEP_IS:
            stack[top - 1] = truth_of_bool((stack[top - 1] == s->is) != s->negated);
            break;
        case STEP_AND:
        case STEP_OR:
            top--;
            /* a OR b is NOT (NOT a AND NOT b), in three-valued logic too. */
            stack[top - 1] =
                s->kind == STEP_AND
                    ? and_truth(stack[top - 1], stack[top])
                    : not_truth(and_truth(not_truth(stack[top - 1]), not_truth(stack[top])));
            break;
        }
    }
    assert(top == 1);
    return stack[0];
}
