/* The triggers on one followed table: the statements that make them.
 *
 * Three note the rowid of a row inserted, updated or deleted. SQLite runs no delete trigger for the
 * rows that a REPLACE conflict removes (sqlite.org/lang_conflict.html), so for each unique index
 * two more note, before a row goes in or changes, the row that it would push out.
 *
 * Ownership: triggers_of adds to a list that the caller supplies, triggers_fini frees what it
 * holds.
 */
#ifndef BADGED_FEED_SQLITE_TRIGGER_H
#define BADGED_FEED_SQLITE_TRIGGER_H

#include "badge/table.h"
#include "base/error.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

struct trigger {
    char *name; /* not quoted */
    char *sql;  /* as sqlite_schema will have it */
    bool is_there;
};

struct trigger_list {
    struct trigger *triggers;
    size_t count;
};

/* triggers_of(db, t, rowid, l, e): add those of a table, with the unique indexes that it has now;
 * rowid: a name of its rowid. ERR_SCHEMA: one of these is on an expression. */
enum err triggers_of(sqlite3 *db, const struct table *t, const char *rowid, struct trigger_list *l,
                     struct error *e) MUST_CHECK;

/* triggers_fini(l): takes a zeroed struct. */
void triggers_fini(struct trigger_list *l);

#endif
