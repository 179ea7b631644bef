/* What the embedded database's catalog says of the tables that sources count.
 *
 * Ownership: catalog_read fills a struct that the caller supplies, catalog_fini frees what it
 * holds; the connection outlives it.
 */
#ifndef BADGED_FEED_SQLITE_CATALOG_H
#define BADGED_FEED_SQLITE_CATALOG_H

#include "badge/definition.h"
#include "badge/index.h"
#include "badge/table.h"
#include "base/error.h"

#include <sqlite3.h>
#include <stddef.h>

struct catalog {
    struct table *tables; /* with the columns that sources name; the order of index_new */
    const char **rowids;  /* for each, the name of its rowid that no column hides */
    size_t tables_count;
    sqlite3_stmt *real; /* how SQLite reads a number; the tables' real_context */
};

/* catalog_read(db, d, ret, fault, e): look up every table and column that d's sources name.
 * ERR_SCHEMA: a table is missing, or of a kind whose changes cannot be followed. ERR_CONFIG: a
 * column is missing or does not suit. Both with fault. Within a read transaction of the caller's,
 * if the catalog is to belong to the rows read next. */
enum err catalog_read(sqlite3 *db, const struct definitions *d, struct catalog *ret,
                      struct source_fault *fault, struct error *e) MUST_CHECK;

/* catalog_fini(c): takes a zeroed struct. */
void catalog_fini(struct catalog *c);

/* catalog_table(c, s): index of the table that a source of the definitions counts. */
size_t catalog_table(const struct catalog *c, const struct source *s);

#endif
