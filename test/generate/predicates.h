/* Generates predicates, and rows to evaluate them on, that between them reach every operator, type,
 * and NULL.
 *
 * The literals come from the same small pools as the values of rows, so that equality and bounds
 * are met often. The same seed gives the same texts and rows. Used against SQLite by
 * test_predicate_agrees.c, and meant for any database that has a table of these columns.
 *
 * Ownership: generate_predicate appends to the caller's buffer; generate_row fills the caller's
 * array with values that point to constants.
 */
#ifndef BADGED_TEST_GENERATE_PREDICATES_H
#define BADGED_TEST_GENERATE_PREDICATES_H

#include "badge/table.h"
#include "base/buffer.h"
#include "base/value.h"
#include "generate/random.h"

enum {
    GENERATE_COLUMNS = 15
};

struct generate_column {
    const char *name;        /* as the catalog has it */
    const char *sqlite_type; /* as declared */
    enum column_type type;
};

extern const struct generate_column generate_columns[GENERATE_COLUMNS];

/* What a predicate made use of, counted up, so that a test can show that everything was reached. */
enum generate_use {
    USE_EQ,
    USE_NE,
    USE_LT,
    USE_LE,
    USE_GT,
    USE_GE,
    USE_IN,
    USE_NOT_IN,
    USE_BETWEEN,
    USE_NOT_BETWEEN,
    USE_IS_NULL,
    USE_IS_NOT_NULL,
    USE_IS_TRUE,
    USE_IS_FALSE,
    USE_DISTINCT,
    USE_NOT_DISTINCT,
    USE_BARE,
    USE_AND,
    USE_OR,
    USE_NOT,
    USE_GROUP,
    USE_GROUP_IS,
    USE_COLUMNS,
    USE_NULL_LITERAL,
    USE_CONSTANT,
    USE__COUNT
};

/* generate_predicate(r, out, uses): append one predicate that must parse and bind. */
void generate_predicate(struct random *r, struct buffer *out, uint64_t uses[USE__COUNT]);

/* generate_row(r, is_loose, row): a row. With is_loose, some values are of another storage class
 * than the column's, which SQLite allows and Postgres does not. */
void generate_row(struct random *r, bool is_loose, struct value row[GENERATE_COLUMNS]);

#endif
