/* The embedded store: makes the file and its tables, and keeps their version.
 *
 * The file is marked as badged's by its application_id and carries the version of its tables in user_version
 * (sqlite.org/pragma.html). Migrations are the files sql/sqlite/NNN_*.sql, each applied in one transaction with the
 * change of user_version, so that a crash leaves the file at one version or the other.
 *
 * Ownership: store_sqlite_open gives a sqlite3 handle that the caller closes.
 */
#ifndef BADGED_STORE_SQLITE_H
#define BADGED_STORE_SQLITE_H

#include "base/error.h"

#include <sqlite3.h>

enum {
    STORE_SQLITE_APPLICATION_ID = 0x62646764, /* "bdgd" */
    STORE_SQLITE_BUSY_MS = 5000,
};

/* store_sqlite_version(): the version of the tables that this program makes and reads. */
int store_sqlite_version(void);

/* store_sqlite_open(path, ret, e): open the file for writing, made and migrated as needed: rollback journal, and a
 * quick check of its pages when it is no larger than 256 MiB. Refuses, leaving the file as it was: ERR_SCHEMA for a file of another
 * program or of a newer badged, and when another connection keeps the file in WAL mode; ERR_CORRUPT, ERR_READ_ONLY,
 * ERR_FULL, ERR_BUSY. The messages say what to do next. */
enum err store_sqlite_open(const char *path, sqlite3 **ret, struct error *e) MUST_CHECK;

#endif
