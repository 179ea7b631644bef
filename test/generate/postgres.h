/* A table of Postgres for generated predicates, with columns of every type that badges tell apart,
 * domains and types that only IS NULL takes among them, and its rows.
 *
 * Ownership: generate_postgres_row fills the caller's array with texts that are constants.
 */
#ifndef BADGED_TEST_GENERATE_POSTGRES_H
#define BADGED_TEST_GENERATE_POSTGRES_H

#include "generate/predicates.h"

enum {
    GENERATE_POSTGRES_COLUMNS = 42
};

extern const struct generate_column generate_postgres_columns[GENERATE_POSTGRES_COLUMNS];
extern const struct generate_table generate_postgres;

/* The statements that make the types that columns are declared with. */
extern const char generate_postgres_types[];

/* generate_postgres_row(r, row): a row, as texts that Postgres reads; NULL for NULL. */
void generate_postgres_row(struct random *r, const char *row[GENERATE_POSTGRES_COLUMNS]);

#endif
