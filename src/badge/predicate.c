#include "badge/predicate.h"

#include "badge/predicate_node.h"
#include "base/uuid.h"

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

/* ---- binding: what each comparison may compare ---- */

struct binding {
    struct predicate *predicate;
    const struct table *table;
    size_t *offset;
    struct error *error;
};

static enum err refuse(const struct binding *b, size_t offset, const char *message)
{
    *b->offset = offset;
    return error_set(b->error, ERR_CONFIG, "%s", message);
}

static enum column_type type_of(const struct binding *b, const struct operand *o)
{
    return b->predicate->columns[o->column].type;
}

static const char *name_of(const struct binding *b, const struct operand *o)
{
    return b->predicate->columns[o->column].name;
}

static enum err refuse_column(const struct binding *b, size_t offset, const struct operand *column,
                              const char *why)
{
    *b->offset = offset;
    return error_set(b->error, ERR_CONFIG, "column \"%s\" %s", name_of(b, column), why);
}

static int two_digits(const char *s)
{
    return (s[0] - '0') * 10 + (s[1] - '0');
}

static int days_of(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && is_leap);
}

/* "YYYY-MM-DDTHH:MM:SS.mmmZ" (RFC 3339, section 5.6, in UTC), a day that the calendar has. Always
 * three digits of a fraction, as times are stored: text of another length would sort elsewhere than
 * the moment it names. */
static bool is_time(const char *s)
{
    static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ";
    for (size_t i = 0; i < sizeof(form); i++) {
        bool is_digit = s[i] >= '0' && s[i] <= '9';
        if (form[i] == 'd' ? !is_digit : s[i] != form[i])
            return false;
    }
    int year = two_digits(s) * 100 + two_digits(s + 2), month = two_digits(s + 5),
        day = two_digits(s + 8);
    return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= days_of(year, month) &&
           two_digits(s + 11) <= 23 && two_digits(s + 14) <= 59 && two_digits(s + 17) <= 59;
}

static enum err check_literal(const struct binding *b, const struct operand *column,
                              const struct operand *literal)
{
    enum column_type type = type_of(b, column);
    struct uuid uuid;
    static const char *const wanted[] = {
        [COLUMN_BOOL] = "is boolean: compare it with TRUE or FALSE",
        [COLUMN_NUMBER] = "is a number: compare it with a number, without quotes",
        [COLUMN_TEXT] = "is text: compare it with text in single quotes",
        [COLUMN_UUID] = "is a UUID: compare it with one, in lower case and single quotes",
        [COLUMN_TIME] = "is a timestamp: compare it with one such as '2026-01-31T12:00:00.000Z'",
    };
    bool fits = false;
    if (literal->kind == OPERAND_NULL)
        fits = true;
    else if (type == COLUMN_BOOL)
        fits = literal->kind == OPERAND_BOOL;
    else if (type == COLUMN_NUMBER)
        fits = literal->kind == OPERAND_NUMBER;
    else if (literal->kind == OPERAND_STRING)
        fits = type == COLUMN_TEXT || (type == COLUMN_TIME && is_time(literal->text)) ||
               (type == COLUMN_UUID &&
                uuid_parse_stored(literal->text, literal->value.text.len, &uuid));
    return fits ? ERR_OK : refuse_column(b, literal->offset, column, wanted[type]);
}

static enum err check_pair(const struct binding *b, const struct operand *left,
                           const struct operand *right, bool is_order)
{
    if (left->kind != OPERAND_COLUMN) {
        const struct operand *swap = left;
        left = right;
        right = swap;
    }
    if (left->kind != OPERAND_COLUMN)
        return refuse(b, right->offset, "one side of a comparison must be a column");
    enum column_type type = type_of(b, left);
    if (type == COLUMN_OTHER)
        return refuse_column(b, left->offset, left, "is of a type that takes IS NULL only");
    if (is_order && type != COLUMN_NUMBER && type != COLUMN_TIME)
        return refuse_column(b, left->offset, left,
                             "takes equality only: just numbers and timestamps have an order that "
                             "every database agrees on");
    if (right->kind != OPERAND_COLUMN)
        return check_literal(b, left, right);
    if (type_of(b, right) != type)
        return refuse_column(b, right->offset, right,
                             "is of another type than the one it is compared with");
    return ERR_OK;
}

static enum err check_step(const struct binding *b, const struct step *s)
{
    const struct operand *o = &b->predicate->operands[s->operand];
    enum err err = ERR_OK;
    switch (s->test) {
    case TEST_TRUTH:
        if (o->kind == OPERAND_NULL || o->kind == OPERAND_BOOL)
            return ERR_OK;
        if (o->kind != OPERAND_COLUMN)
            return refuse(b, o->offset, "a literal is no condition by itself");
        if (type_of(b, o) != COLUMN_BOOL)
            return refuse_column(b, o->offset, o, "is not boolean: a condition must follow it");
        return ERR_OK;
    case TEST_NULL:
        return ERR_OK;
    case TEST_COMPARE:
        return check_pair(b, &o[0], &o[1], s->compare != COMPARE_EQ && s->compare != COMPARE_NE);
    case TEST_DISTINCT:
        return check_pair(b, &o[0], &o[1], false);
    case TEST_IN:
    case TEST_BETWEEN:
        if (o->kind != OPERAND_COLUMN)
            return refuse(b, o->offset, "a column must stand here");
        for (size_t i = 1; err == ERR_OK && i < s->operands_count; i++)
            err = check_pair(b, &o[0], &o[i], s->test == TEST_BETWEEN);
        return err;
    }
    return ERR_OK;
}

enum err predicate_bind(struct predicate *p, const struct table *table, size_t *offset,
                        struct error *e)
{
    struct binding b = {p, table, offset, e};
    if (p->distinct_from != PREDICATE_NOWHERE && table->no_distinct_from != NULL)
        return refuse(&b, p->distinct_from, table->no_distinct_from);
    for (size_t i = 0; i < p->operands_count; i++) {
        struct operand *o = &p->operands[i];
        if (o->kind == OPERAND_NUMBER && o->value.kind == VALUE_REAL)
            o->value.real = table->real_of != NULL ? table->real_of(o->text, table->real_context)
                                                   : strtod(o->text, NULL);
        if (o->kind != OPERAND_COLUMN)
            continue;
        size_t ordinal = table_column(table, p->columns[o->column].name);
        if (ordinal == (size_t)-1) {
            *offset = o->offset;
            return error_set(e, ERR_CONFIG, "table \"%s\" has no column \"%s\"", table->name,
                             name_of(&b, o));
        }
        p->columns[o->column].ordinal = ordinal;
        p->columns[o->column].type = table->columns[ordinal].type;
    }
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < p->steps_count; i++)
        if (p->steps[i].kind == STEP_TEST)
            err = check_step(&b, &p->steps[i]);
    return err;
}

/* ---- evaluation ---- */

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

static enum truth compare(const struct value *a, enum compare op, const struct value *b)
{
    if (a->kind == VALUE_NULL || b->kind == VALUE_NULL)
        return TRUTH_UNKNOWN;
    int order = value_compare(a, b);
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
    return o->kind == OPERAND_COLUMN ? &row[p->columns[o->column].ordinal] : &o->value;
}

/* True as soon as one literal equals; else unknown when the value or any literal is NULL
 * (SQL:2016, 8.4). */
static enum truth in_list(const struct predicate *p, const struct step *s, const struct value *row)
{
    const struct value *v = value_of(p, s->operand, row);
    enum truth found = TRUTH_FALSE;
    for (size_t i = 1; i < s->operands_count && found != TRUTH_TRUE; i++) {
        enum truth is_equal = compare(v, COMPARE_EQ, value_of(p, s->operand + i, row));
        if (is_equal != TRUTH_FALSE)
            found = is_equal;
    }
    return found;
}

static bool is_distinct(const struct value *a, const struct value *b)
{
    if (a->kind == VALUE_NULL || b->kind == VALUE_NULL)
        return a->kind != b->kind;
    return value_compare(a, b) != 0;
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
        t = compare(v, s->compare, value_of(p, s->operand + 1, row));
        break;
    case TEST_DISTINCT:
        t = truth_of_bool(is_distinct(v, value_of(p, s->operand + 1, row)));
        break;
    case TEST_IN:
        t = in_list(p, s, row);
        break;
    case TEST_BETWEEN:
        t = and_truth(compare(v, COMPARE_GE, value_of(p, s->operand + 1, row)),
                      compare(v, COMPARE_LE, value_of(p, s->operand + 2, row)));
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
