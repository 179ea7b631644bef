/* A row of the embedded database on its way to the index. Its key there is its rowid.
 *
 * Ownership: row_columns gives a text that the caller frees.
 */
#ifndef BADGED_FEED_SQLITE_ROW_H
#define BADGED_FEED_SQLITE_ROW_H

#include "badge/index.h"
#include "badge/table.h"
#include "base/error.h"

#include <sqlite3.h>

/* row_columns(t): the columns of t, quoted and with commas, as a statement lists them behind the
 * rowid. */
char *row_columns(const struct table *t);

/* row_apply(stmt, t, number, room, ix, e): apply the row that stmt stands on, its rowid first and
 * then the columns of t, which is the number-th table of ix. room holds a value for each column of
 * t. ERR_MEMORY as index_apply. */
enum err row_apply(sqlite3_stmt *stmt, const struct table *t, size_t number, struct value *room,
                   struct index *ix, struct error *e) MUST_CHECK;

#endif
