/* The change log of the embedded database: the triggers that fill it, and where a reader stands in
 * it.
 *
 * Each followed table has triggers that note in badged_change the rowid of every row that may have
 * changed (sqlite_trigger.h). The log is a ring; its entries carry a random salt, so that a reader
 * can tell whether the entry it read last is still the same one: a file put back from a copy has
 * another history.
 *
 * What no trigger sees: writes by a connection that turned triggers off (SQLITE_DBCONFIG_ENABLE_
 * TRIGGER), and sqlite3_blob_write.
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

/* log_check_file(db, e): ERR_SCHEMA when the file is not marked as badged's, in this version. */
enum err log_check_file(sqlite3 *db, struct error *e) MUST_CHECK;

/* log_is_installed(db, c, ret, e): whether the log is there, and every table of c has the triggers
 * that it must have and no old ones. ERR_SCHEMA: a table has a unique index that cannot be
 * followed. log_install(db, c, e): make it so, in a write transaction of the caller's. It notes
 * that it did, as changes may have gone unseen before. */
enum err log_is_installed(sqlite3 *db, const struct catalog *c, bool *ret,
                          struct error *e) MUST_CHECK;
enum err log_install(sqlite3 *db, const struct catalog *c, struct error *e) MUST_CHECK;

/* log_last(db, ret, e): the position behind the last entry. */
enum err log_last(sqlite3 *db, struct log_position *ret, struct error *e) MUST_CHECK;

#endif
