/* The record of what was applied to an embedded file: which migrations, as which text, and when.
 *
 * Ownership: the connection stays the caller's; reports are the caller's to release.
 */
#ifndef BADGED_STORE_SQLITE_RECORD_H
#define BADGED_STORE_SQLITE_RECORD_H

#include "base/error.h"
#include "store/migration.h"

#include <jansson.h>
#include <sqlite3.h>

/* sqlite_record_add(db, m, e): note that m was applied as its text is now, in the caller's
 * transaction; the record is made where there is none. */
enum err sqlite_record_add(sqlite3 *db, const struct migration *m, struct error *e) MUST_CHECK;

/* sqlite_record_read(db, ret, e): a list of {"file", "sha256", "version", "applied_at"}, empty
 * where there is no record. */
enum err sqlite_record_read(sqlite3 *db, json_t **ret, struct error *e) MUST_CHECK;

/* sqlite_record_lacking(db, ret, e): the "lacking" of a verification, as migration.h has it. */
enum err sqlite_record_lacking(sqlite3 *db, json_t **ret, struct error *e) MUST_CHECK;

/* sqlite_record_query(db, sql, param, ret, e): the one JSON text that a statement gives; param is
 * its ?1, or NULL. */
enum err sqlite_record_query(sqlite3 *db, const char *sql, const char *param, json_t **ret,
                             struct error *e) MUST_CHECK;

#endif
