/* The change log of the embedded database: the triggers that fill it, and where a reader stands in
 * it.
 *
 * Each followed table has triggers that note the rowid of every row inserted, updated or deleted.
 * SQLite runs no delete trigger for the rows that a REPLACE conflict removes
 * (sqlite.org/lang_conflict.html), so for each unique index another trigger notes, before the row
 * goes in, those that it would push out. The log is a ring; its entries carry a random salt, so
 * that a reader can tell that the entry it read last is still the same one: a file put back from a
 * copy has another history.
 *
 * Ownership: plain values.
 */
#ifndef BADGED_FEED_SQLITE_LOG_H
#define BADGED_FEED_SQLITE_LOG_H

#include "base/error.h"
#include "feed/sqlite_catalog.h"

#include <sqlite3.h>
#include <stdbool.h>

struct log_position {
    sqlite3_int64 seq; /* of the last entry that was read; 0: none was there */
    bool has_salt;
    sqlite3_int64 salt; /* of that entry */
};

/* log_is_installed(db, c, ret, e): whether every table of c has its triggers as they must be.
 * ERR_SCHEMA: a table has a unique index on an expression. log_install(db, c, e): make it so, in a
 * write transaction of its own. */
enum err log_is_installed(sqlite3 *db, const struct catalog *c, bool *ret,
                          struct error *e) MUST_CHECK;
enum err log_install(sqlite3 *db, const struct catalog *c, struct error *e) MUST_CHECK;

/* log_last(db, ret, e): the position behind the last entry. */
enum err log_last(sqlite3 *db, struct log_position *ret, struct error *e) MUST_CHECK;

#endif
