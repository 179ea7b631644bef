/* What a column may be compared with, by its type (badge/table.h), and as what:
 *
 *     BOOL              TRUE, FALSE
 *     NUMBER            a number, as an int64_t or as the double that the database makes of it
 *     INTEGER, DECIMAL  a number, to the last digit
 *     REAL, SINGLE      a number, as the nearest double
 *     TEXT              a text in single quotes
 *     ENUM              one of its labels in single quotes
 *     UUID              'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx' in lower case
 *     TIME, INSTANT     'YYYY-MM-DDTHH:MM:SS.mmmZ'
 *     DATE              'YYYY-MM-DD', or as an INSTANT, of which the time is left out
 *
 * and any of them with NULL, with a column of the same type (and kin), and further: INTEGER, REAL,
 * SINGLE and DECIMAL with each other, as doubles where one of the two is REAL or SINGLE; DATE and
 * INSTANT with each other. An OTHER is compared with nothing.
 *
 * Each follows from how Postgres resolves the operator (manual, section 10.2). One thing does not
 * follow from the pair alone: of two literals or more in the list of an IN, Postgres makes an
 * array, whose type beside a SINGLE is that of the column (section 10.5), so that x IN (0.1, 0.2)
 * finds what x = 0.1 does not.
 *
 * Where Postgres fails while it compares, evaluation does not: a DECIMAL beyond the range of
 * doubles is infinite, or 0, beside a REAL.
 */
#include "badge/predicate.h"

#include "badge/predicate_node.h"
#include "base/calendar.h"
#include "base/decimal.h"
#include "base/uuid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

static const struct column *column_of(const struct binding *b, const struct operand *o)
{
    return b->predicate->columns[o->column].bound;
}

static enum column_type type_of(const struct binding *b, const struct operand *o)
{
    return column_of(b, o)->type;
}

static enum err refuse_column(const struct binding *b, size_t offset, const struct operand *column,
                              const char *why)
{
    *b->offset = offset;
    return error_set(b->error, ERR_CONFIG, "column \"%s\" %s",
                     b->predicate->columns[column->column].name, why);
}

/* Double quotes make a name of what many mean for a text. */
static enum err refuse_missing(const struct binding *b, const struct operand *column)
{
    const char *name = b->predicate->columns[column->column].name;
    *b->offset = column->offset;
    if (column->is_quoted && strchr(name, '\'') == NULL)
        return error_set(b->error, ERR_CONFIG,
                         "table \"%s\" has no column \"%s\"; if text is meant, put it in single "
                         "quotes: '%s'",
                         b->table->name, name, name);
    return error_set(b->error, ERR_CONFIG, "table \"%s\" has no column \"%s\"", b->table->name,
                     name);
}

/* ---- literals ---- */

static int two_digits(const char *s)
{
    return (s[0] - '0') * 10 + (s[1] - '0');
}

/* Whether a text is of this form, where 'd' is any digit, and begins with a day that the calendar
 * has. */
static bool is_of_form(const char *s, const char *form)
{
    for (size_t i = 0; i == 0 || form[i - 1] != '\0'; i++) {
        bool is_digit = s[i] >= '0' && s[i] <= '9';
        if (form[i] == 'd' ? !is_digit : s[i] != form[i])
            return false;
    }
    int year = two_digits(s) * 100 + two_digits(s + 2);
    return year >= 1 && calendar_has(year, two_digits(s + 5), two_digits(s + 8));
}

static bool is_day(const char *s)
{
    return is_of_form(s, "dddd-dd-dd");
}

/* "YYYY-MM-DDTHH:MM:SS.mmmZ" (RFC 3339, section 5.6, in UTC). Always three digits of a fraction, as
 * times are stored in SQLite: text of another length would sort elsewhere than the moment it names.
 */
static bool is_time(const char *s)
{
    return is_of_form(s, "dddd-dd-ddTdd:dd:dd.dddZ") && two_digits(s + 11) <= 23 &&
           two_digits(s + 14) <= 59 && two_digits(s + 17) <= 59;
}

static struct value day_value(const char *s)
{
    int year = two_digits(s) * 100 + two_digits(s + 2);
    return (struct value){.kind = VALUE_INT,
                          .integer = calendar_day(year, two_digits(s + 5), two_digits(s + 8))};
}

static struct value instant_value(const char *s)
{
    struct value v = day_value(s);
    int64_t seconds = two_digits(s + 11) * 3600 + two_digits(s + 14) * 60 + two_digits(s + 17) +
                      v.integer * 86400;
    v.integer = (seconds * 1000 + two_digits(s + 20) * 10 + (s[22] - '0')) * 1000;
    return v;
}

static bool is_label(const struct column *c, const char *text)
{
    for (size_t i = 0; i < c->labels_count; i++)
        if (strcmp(c->labels[i], text) == 0)
            return true;
    return false;
}

/* A text as the column takes it; whether it takes it at all. */
static bool bind_string(const struct column *c, struct operand *literal)
{
    struct uuid uuid;
    switch (c->type) {
    case COLUMN_TEXT:
        return true;
    case COLUMN_ENUM:
        return is_label(c, literal->text);
    case COLUMN_UUID:
        return uuid_parse_stored(literal->text, literal->value.text.len, &uuid);
    case COLUMN_TIME:
        return is_time(literal->text);
    case COLUMN_INSTANT:
        if (!is_time(literal->text))
            return false;
        literal->bound = instant_value(literal->text);
        return true;
    case COLUMN_DATE:
        if (!is_day(literal->text) && !is_time(literal->text))
            return false;
        literal->bound = day_value(literal->text);
        return true;
    default:
        return false;
    }
}

static struct value real_value(double real)
{
    return (struct value){.kind = VALUE_REAL, .real = real};
}

/* A number as the column takes it; whether it takes it at all. The text was read by the parser, so
 * that it is a decimal within the range of doubles. */
static bool bind_number(const struct binding *b, enum column_type type, struct operand *literal)
{
    const char *text = literal->text;
    switch (type) {
    case COLUMN_NUMBER:
        if (literal->value.kind == VALUE_REAL)
            literal->bound = real_value(b->table->real_of != NULL
                                            ? b->table->real_of(text, b->table->real_context)
                                            : strtod(text, NULL));
        return true;
    case COLUMN_INTEGER:
        if (literal->value.kind == VALUE_INT)
            return true;
        break;
    case COLUMN_DECIMAL:
        break;
    case COLUMN_REAL:
    case COLUMN_SINGLE:
        literal->bound = real_value(decimal_real(text, strlen(text)));
        return true;
    default:
        return false;
    }
    literal->bound = (struct value){.kind = VALUE_DECIMAL, .text = {text, strlen(text)}};
    return true;
}

static enum err bind_literal(const struct binding *b, const struct operand *column,
                             struct operand *literal)
{
    static const char *const wanted[] = {
        [COLUMN_BOOL] = "is boolean: compare it with TRUE or FALSE",
        [COLUMN_NUMBER] = "is a number: compare it with a number, without quotes",
        [COLUMN_TEXT] = "is text: compare it with text in single quotes",
        [COLUMN_UUID] = "is a UUID: compare it with one, in lower case and single quotes",
        [COLUMN_TIME] = "is a timestamp: compare it with one such as '2026-01-31T12:00:00.000Z'",
        [COLUMN_INTEGER] = "is a number: compare it with a number, without quotes",
        [COLUMN_REAL] = "is a number: compare it with a number, without quotes",
        [COLUMN_SINGLE] = "is a number: compare it with a number, without quotes",
        [COLUMN_DECIMAL] = "is a number: compare it with a number, without quotes",
        [COLUMN_INSTANT] = "is a timestamp: compare it with one such as '2026-01-31T12:00:00.000Z'",
        [COLUMN_DATE] = "is a date: compare it with one such as '2026-01-31'",
        [COLUMN_ENUM] = "is an enum: compare it with one of its labels, in single quotes",
    };
    const struct column *c = column_of(b, column);
    bool fits = false;
    switch (literal->kind) {
    case OPERAND_NULL:
        fits = true;
        break;
    case OPERAND_BOOL:
        fits = c->type == COLUMN_BOOL;
        break;
    case OPERAND_NUMBER:
        fits = bind_number(b, c->type, literal);
        break;
    case OPERAND_STRING:
        fits = bind_string(c, literal);
        break;
    case OPERAND_COLUMN:
        break;
    }
    return fits ? ERR_OK : refuse_column(b, literal->offset, column, wanted[c->type]);
}

/* The literals of an IN beside a SINGLE, when there are two or more: of 32 bits themselves. */
static enum err bind_singles(const struct binding *b, struct operand *o, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (o[i].kind != OPERAND_NUMBER)
            continue;
        double real = (double)decimal_single(o[i].text, strlen(o[i].text));
        if (isinf(real) || (real == 0 && o[i].bound.real != 0))
            return refuse_column(b, o[i].offset, &o[0],
                                 "is of 32 bits, and this number out of their range, which beside "
                                 "other literals in IN is a fault");
        o[i].bound = real_value(real);
    }
    return ERR_OK;
}

/* ---- pairs ---- */

static bool has_order(enum column_type type)
{
    switch (type) {
    case COLUMN_NUMBER:
    case COLUMN_TIME:
    case COLUMN_INTEGER:
    case COLUMN_REAL:
    case COLUMN_SINGLE:
    case COLUMN_DECIMAL:
    case COLUMN_INSTANT:
    case COLUMN_DATE:
        return true;
    case COLUMN_BOOL:
    case COLUMN_TEXT:
    case COLUMN_UUID:
    case COLUMN_OTHER:
    case COLUMN_ENUM:
        break;
    }
    return false;
}

static bool is_real(enum column_type type)
{
    return type == COLUMN_REAL || type == COLUMN_SINGLE;
}

static bool is_exact(enum column_type type)
{
    return type == COLUMN_INTEGER || type == COLUMN_DECIMAL;
}

static enum err bind_columns(const struct binding *b, struct operand *left, struct operand *right)
{
    const struct column *x = column_of(b, left), *y = column_of(b, right);
    if (x->type == COLUMN_DATE && y->type == COLUMN_INSTANT)
        right->pairing = PAIRING_DAY_INSTANT;
    else if (x->type == COLUMN_INSTANT && y->type == COLUMN_DATE)
        right->pairing = PAIRING_INSTANT_DAY;
    else if ((is_real(x->type) && is_exact(y->type)) || (is_exact(x->type) && is_real(y->type)))
        right->pairing = PAIRING_REALS;
    else if (x->type != y->type && !(is_real(x->type) && is_real(y->type)) &&
             !(is_exact(x->type) && is_exact(y->type)))
        return refuse_column(b, right->offset, right,
                             "is of another type than the one it is compared with");
    else if (x->kin != y->kin && x->kin != 0 && y->kin != 0)
        return refuse_column(b, right->offset, right,
                             x->type == COLUMN_ENUM
                                 ? "is of another enum than the one it is compared with"
                                 : "is of another collation than the one it is compared with");
    return ERR_OK;
}

static enum err bind_pair(const struct binding *b, struct operand *left, struct operand *right,
                          bool is_order)
{
    struct operand *column = left->kind == OPERAND_COLUMN ? left : right;
    struct operand *other = column == left ? right : left;
    if (column->kind != OPERAND_COLUMN)
        return refuse(b, left->offset, "one side of a comparison must be a column");
    enum column_type type = type_of(b, column);
    if (type == COLUMN_OTHER)
        return refuse_column(b, column->offset, column, "is of a type that takes IS NULL only");
    if (is_order && !has_order(type))
        return refuse_column(b, column->offset, column,
                             "takes equality only: just numbers and timestamps have an order that "
                             "every database agrees on");
    if (other->kind != OPERAND_COLUMN)
        return bind_literal(b, column, other);
    return bind_columns(b, column, other);
}

static enum err bind_step(const struct binding *b, const struct step *s)
{
    struct operand *o = &b->predicate->operands[s->operand];
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
        return bind_pair(b, &o[0], &o[1], s->compare != COMPARE_EQ && s->compare != COMPARE_NE);
    case TEST_DISTINCT:
        return bind_pair(b, &o[0], &o[1], false);
    case TEST_IN:
    case TEST_BETWEEN:
        if (o->kind != OPERAND_COLUMN)
            return refuse(b, o->offset, "a column must stand here");
        for (size_t i = 1; err == ERR_OK && i < s->operands_count; i++)
            err = bind_pair(b, &o[0], &o[i], s->test == TEST_BETWEEN);
        if (err == ERR_OK && s->test == TEST_IN && s->operands_count > 2 &&
            type_of(b, &o[0]) == COLUMN_SINGLE)
            err = bind_singles(b, o, s->operands_count);
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
        o->bound = o->value;
        o->pairing = PAIRING_PLAIN;
        if (o->kind != OPERAND_COLUMN)
            continue;
        size_t ordinal = table_column(table, p->columns[o->column].name);
        if (ordinal == (size_t)-1)
            return refuse_missing(&b, o);
        p->columns[o->column].ordinal = ordinal;
        p->columns[o->column].bound = &table->columns[ordinal];
    }
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < p->steps_count; i++)
        if (p->steps[i].kind == STEP_TEST)
            err = bind_step(&b, &p->steps[i]);
    for (size_t i = 0; i < p->columns_count; i++)
        p->columns[i].bound = NULL; /* nothing is kept of the table */
    return err;
}
