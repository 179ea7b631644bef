/* A table of SQLite for generated predicates, with columns of every type that it has, and its rows.
 *
 * The literals come from the same small pools as the values of rows, so that equality and bounds
 * are met often.
 *
 * Ownership: generate_sqlite_row fills the caller's array with values that point to constants.
 */
#ifndef BADGED_TEST_GENERATE_SQLITE_H
#define BADGED_TEST_GENERATE_SQLITE_H

#include "base/value.h"
#include "generate/predicates.h"

enum {
    GENERATE_SQLITE_COLUMNS = 15
};

extern const struct generate_column generate_sqlite_columns[GENERATE_SQLITE_COLUMNS];
extern const struct generate_table generate_sqlite;

/* generate_sqlite_row(r, is_loose, row): a row. With is_loose, some values are of another storage
 * class than the column's, which SQLite allows. */
void generate_sqlite_row(struct random *r, bool is_loose,
                         struct value row[GENERATE_SQLITE_COLUMNS]);

#endif
