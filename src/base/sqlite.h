/* A connection to a SQLite file: how badged opens it, and how its errors read.
 *
 * Ownership: the caller closes the sqlite3 handle with sqlite3_close and finalizes its statements.
 */
#ifndef BADGED_BASE_SQLITE_H
#define BADGED_BASE_SQLITE_H

#include "base/error.h"

#include <sqlite3.h>

enum sqlite_mode {
    SQLITE_MODE_READ,   /* the file must exist; nothing is written */
    SQLITE_MODE_WRITE,  /* the file must exist; ERR_READ_ONLY when it cannot be written */
    SQLITE_MODE_CREATE, /* made when it is not there */
};

/* sqlite_open(path, mode, busy_ms, ret, e): open, wait at most busy_ms for other connections'
 * locks, turn on foreign keys, synchronous = FULL. Errors: ERR_NOT_FOUND, ERR_READ_ONLY,
 * ERR_CORRUPT (not a SQLite file, or damaged), ERR_BUSY, ERR_FULL, ERR_DATABASE. The header of the
 * file has been read when this succeeds. */
enum err sqlite_open(const char *path, enum sqlite_mode mode, int busy_ms, sqlite3 **ret,
                     struct error *e) MUST_CHECK;

/* sqlite_fail(db, e, fmt, ...): write the error that db has now: the code that fits, the words of
 * fmt, SQLite's own message, and the extended result code as cause. */
enum err sqlite_fail(sqlite3 *db, struct error *e, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* sqlite_prepare(db, sql, ret, e): one statement, kept for long use. sqlite_exec(db, sql, e): run
 * one or more that give no rows. */
enum err sqlite_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret,
                        struct error *e) MUST_CHECK;
enum err sqlite_exec(sqlite3 *db, const char *sql, struct error *e) MUST_CHECK;

/* sqlite_int(db, sql, ret, e): the integer that a statement of one row and one column gives. */
enum err sqlite_int(sqlite3 *db, const char *sql, sqlite3_int64 *ret, struct error *e) MUST_CHECK;

#endif
