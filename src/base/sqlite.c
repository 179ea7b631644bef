#include "base/sqlite.h"

#include "base/buffer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What the system said when SQLite could not open, read or write a file; 0 when it said nothing. */
static int system_errno(sqlite3 *db, int primary)
{
    return primary == SQLITE_CANTOPEN || primary == SQLITE_IOERR ? sqlite3_system_errno(db) : 0;
}

static enum err code_of(int primary, int errnum)
{
    if (errnum == EACCES || errnum == EPERM || errnum == EROFS)
        return ERR_READ_ONLY;
    if (errnum == ENOSPC || errnum == EDQUOT)
        return ERR_FULL;
    switch (primary) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_BUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ERR_CORRUPT;
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return ERR_READ_ONLY;
    case SQLITE_FULL:
        return ERR_FULL;
    case SQLITE_NOMEM:
        return ERR_MEMORY;
    default:
        return ERR_DATABASE;
    }
}

enum err sqlite_fail(sqlite3 *db, struct error *e, const char *fmt, ...)
{
    int extended = sqlite3_extended_errcode(db);
    int errnum = system_errno(db, extended & 0xFF);
    enum err code = code_of(extended & 0xFF, errnum);
    if (e == NULL)
        return code;
    char what[ERROR_MESSAGE_BYTES_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    (void)error_set(e, code, "%s: %s%s%s (SQLite %d)", what, sqlite3_errmsg(db),
                    errnum != 0 ? ": " : "", errnum != 0 ? strerrordesc_np(errnum) : "", extended);
    e->cause = extended;
    return code;
}

enum err sqlite_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret, struct error *e)
{
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL) == SQLITE_OK)
        return ERR_OK;
    return sqlite_fail(db, e, "preparing %.80s", sql);
}

enum err sqlite_exec(sqlite3 *db, const char *sql, struct error *e)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return ERR_OK;
    return sqlite_fail(db, e, "running %.80s", sql);
}

enum err sqlite_int(sqlite3 *db, const char *sql, sqlite3_int64 *ret, struct error *e)
{
    sqlite3_stmt *stmt = NULL;
    enum err err = sqlite_prepare(db, sql, &stmt, e);
    if (err != ERR_OK)
        return err;
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        *ret = sqlite3_column_int64(stmt, 0);
    else if (rc == SQLITE_DONE)
        err = error_set(e, ERR_DATABASE, "%.80s gave no row", sql);
    else
        err = sqlite_fail(db, e, "running %.80s", sql);
    (void)sqlite3_finalize(stmt);
    return err;
}

static enum err configure(sqlite3 *db, const char *path, enum sqlite_mode mode, struct error *e)
{
    (void)sqlite3_extended_result_codes(db, 1);
    /* Closing must not write: the file may be another program's, and be refused. */
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    /* The first statement reads the header, and so fails for all that is wrong with the file. */
    if (sqlite3_exec(db, "PRAGMA schema_version", NULL, NULL, NULL) != SQLITE_OK)
        return sqlite_fail(db, e, "opening %s", path);
    if (mode != SQLITE_MODE_READ && sqlite3_db_readonly(db, "main") == 1)
        return error_set(e, ERR_READ_ONLY, "opening %s: the file cannot be written by this user",
                         path);
    enum err err = sqlite_exec(db, "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL", e);
    if (err != ERR_OK)
        error_wrap(e, "opening %s", path);
    return err;
}

enum err sqlite_open(const char *path, enum sqlite_mode mode, int busy_ms, sqlite3 **ret,
                     struct error *e)
{
    static const int flags[] = {
        [SQLITE_MODE_READ] = SQLITE_OPEN_READONLY,
        [SQLITE_MODE_WRITE] = SQLITE_OPEN_READWRITE,
        [SQLITE_MODE_CREATE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
    };
    if (mode != SQLITE_MODE_CREATE && access(path, F_OK) != 0)
        return error_set(e, ERR_NOT_FOUND, "opening %s: there is no such file", path);
    /* SQLite gives a name that opens with "file:" or ":" a meaning of its own; behind "./" it is a
     * name like any other. */
    struct buffer name = {0};
    buffer_printf(&name, path[0] == '/' ? "%s" : "./%s", path);
    sqlite3 *db = NULL;
    enum err err;
    int rc = sqlite3_open_v2(name.bytes, &db, flags[mode] | SQLITE_OPEN_NOMUTEX, NULL);
    buffer_fini(&name);
    if (rc != SQLITE_OK) {
        err = sqlite_fail(db, e, "opening %s", path);
    } else {
        (void)sqlite3_busy_timeout(db, busy_ms);
        err = configure(db, path, mode, e);
    }
    if (err != ERR_OK) {
        (void)sqlite3_close(db);
        return err;
    }
    *ret = db;
    return ERR_OK;
}
