/* Generates predicates that between them reach every operator, type, and NULL, for a table that
 * generate/sqlite.h or generate/postgres.h describes. The same seed gives the same texts.
 *
 * Ownership: generate_predicate appends to the caller's buffer.
 */
#ifndef BADGED_TEST_GENERATE_PREDICATES_H
#define BADGED_TEST_GENERATE_PREDICATES_H

#include "badge/table.h"
#include "base/buffer.h"
#include "generate/random.h"

struct generate_column {
    const char *name;     /* as the catalog has it */
    const char *declared; /* its type, as it is declared */
    enum column_type type;
};

struct generate_table {
    const struct generate_column *columns;
    size_t columns_count;
    /* Append a literal, other than NULL, that the column may be compared with. */
    void (*add_literal)(struct random *r, struct buffer *out, size_t column);
    /* Whether two columns, neither of COLUMN_OTHER, may be compared. Each may with itself. */
    bool (*compares)(size_t a, size_t b);
};

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

#define GENERATE_TYPES ((size_t)COLUMN_ENUM + 1)

struct generate_uses {
    uint64_t tests[USE__COUNT];
    uint64_t literals[GENERATE_TYPES];              /* beside columns of the type */
    uint64_t pairs[GENERATE_TYPES][GENERATE_TYPES]; /* of columns */
};

/* generate_predicate(r, table, out, uses): append one predicate that must parse and bind. */
void generate_predicate(struct random *r, const struct generate_table *table, struct buffer *out,
                        struct generate_uses *uses);

#endif
