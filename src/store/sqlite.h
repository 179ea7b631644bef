/* The embedded store: makes the file and its tables, and keeps their version.
 *
 * The file is marked as badged's by its application_id and carries the version of its tables in
 * user_version (sqlite.org/pragma.html). Migrations are the files sql/sqlite/NNN_*.sql: number n
 * brings a file from version n - 1 to version n, and sets both marks itself. It is applied in one
 * transaction with that, and with a note of it in badged_migrations, so that a crash leaves the
 * file at one version or the other.
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

/* store_sqlite_open(path, ret, e): open the file for writing, made and migrated as needed: rollback
 * journal, foreign keys on, and a quick check of its pages when it is no larger than 256 MiB. A new
 * file can be read and written by its owner only. path is a name and nothing else: "file:" and
 * ":memory:" mean nothing special. What a killed writer left unfinished is rolled back, as by every
 * program that opens the file.
 *
 * Refuses, leaving the file as it was (one that was not there may be left empty): ERR_SCHEMA for
 * one of another program, of a newer badged, or of a version that no migration starts from;
 * ERR_CORRUPT; ERR_READ_ONLY, for the file or its directory; ERR_FULL; ERR_BUSY when another
 * connection locks it for longer than STORE_SQLITE_BUSY_MS, or keeps it in WAL mode; ERR_NOT_FOUND
 * for a directory that is not there; ERR_USAGE for an empty path; ERR_DATABASE for a path that is
 * no plain file. The message says what happened, to what file, and what to do next. */
enum err store_sqlite_open(const char *path, sqlite3 **ret, struct error *e) MUST_CHECK;

/* store_sqlite_examine(path, ret, e): the version of the tables in a file, 0 where there is no file
 * or nothing in it. Writes nothing, and refuses what is not badged's, or newer, as
 * store_sqlite_open does. */
enum err store_sqlite_examine(const char *path, int *ret, struct error *e) MUST_CHECK;

#endif
