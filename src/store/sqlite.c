/* Deliberately not here: repair. A file that is damaged, or not badged's, is left as it is. */
#include "store/sqlite.h"

#include "base/sqlite.h"
#include "store/lock.h"
#include "store/migration.h"
#include "store/sqlite_record.h"
#include "store/store_sql.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const sqlite3_int64 checked_bytes_max = 256 * 1024 * 1024;

/* Whose file it is, and what is in it. */
struct identity {
    sqlite3_int64 application_id, version, objects;
};

int store_sqlite_version(void)
{
    size_t count;
    const struct migration *list = migrations_sqlite(&count);
    return migration_last(list, count);
}

/* Nothing is there, or something that can be a database. */
static enum err check_place(const char *path, bool *ret_is_there, struct error *e)
{
    if (path[0] == '\0')
        return error_set(e, ERR_USAGE,
                         "the database has no file name: name one, as in sqlite:badged.db");
    struct stat st;
    if (stat(path, &st) != 0) {
        if (errno == ENOTDIR)
            return error_set(e, ERR_NOT_FOUND, "opening %s: part of its path is not a directory",
                             path);
        if (errno != ENOENT)
            return error_set_errno(e, errno, "opening %s", path);
        *ret_is_there = false;
        return ERR_OK;
    }
    if (S_ISDIR(st.st_mode))
        return error_set(e, ERR_DATABASE, "opening %s: it is a directory: name a file in it", path);
    if (!S_ISREG(st.st_mode))
        return error_set(e, ERR_DATABASE, "opening %s: it is not a plain file: name one that is",
                         path);
    /* SQLite takes a file of one byte for an empty one, and would write over it. */
    if (st.st_size == 1) {
        enum err err = error_set(e, ERR_CORRUPT, "opening %s: file is not a database", path);
        if (e != NULL)
            e->cause = SQLITE_NOTADB;
        return err;
    }
    *ret_is_there = true;
    return ERR_OK;
}

/* Made here and not by SQLite, because the tables hold credentials and what people wrote: nobody
 * but its owner reads it until the owner says so. SQLite gives its journal the same mode. */
static enum err make_file(const char *path, struct error *e)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
        (void)close(fd);
        return ERR_OK;
    }
    if (errno == EEXIST)
        return ERR_OK;
    if (errno == ENOENT)
        return error_set(e, ERR_NOT_FOUND,
                         "making %s: its directory is not there: make that first, or name a file "
                         "in another one",
                         path);
    return error_set_errno(e, errno, "making %s", path);
}

static void roll_back(sqlite3 *db)
{
    if (sqlite3_get_autocommit(db) == 0)
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
}

static enum err identify(sqlite3 *db, struct identity *ret, struct error *e)
{
    struct identity id;
    enum err err = sqlite_int(db, "PRAGMA application_id", &id.application_id, e);
    if (err == ERR_OK)
        err = sqlite_int(db, "PRAGMA user_version", &id.version, e);
    if (err == ERR_OK)
        err = sqlite_int(db, embed_sqlite_store_object_count_sql, &id.objects, e);
    if (err == ERR_OK)
        *ret = id;
    return err;
}

/* Whether badged may write to such a file. */
static enum err accept(const struct identity *id, struct error *e)
{
    bool is_marked = id->application_id == STORE_SQLITE_APPLICATION_ID;
    if (id->objects == 0 && id->version == 0 && (is_marked || id->application_id == 0))
        return ERR_OK;
    if (!is_marked)
        return error_set(e, ERR_SCHEMA,
                         "it is the database of another program (application_id %lld, tables and "
                         "indexes: %lld), and was left as it is: name a file that is not there "
                         "yet, and badged makes it",
                         (long long)id->application_id, (long long)id->objects);
    if (id->version > store_sqlite_version())
        return error_set(e, ERR_SCHEMA,
                         "its tables are of version %lld, made by a newer badged; this one knows "
                         "them up to version %d, and left the file as it is: run the newer badged, "
                         "or name another file",
                         (long long)id->version, store_sqlite_version());
    if (id->version < 1)
        return error_set(e, ERR_SCHEMA,
                         "its tables are of version %lld, from which no migration leads to version "
                         "%d, and it was left as it is: restore it from a backup, or name another "
                         "file",
                         (long long)id->version, store_sqlite_version());
    return ERR_OK;
}

/* SQLite reads a last page that is cut short as one that ends in zeros. */
static enum err check_size(sqlite3 *db, sqlite3_int64 page_bytes, struct error *e)
{
    sqlite3_file *file = NULL;
    sqlite3_int64 size = 0;
    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
        file->pMethods->xFileSize(file, &size) != SQLITE_OK)
        return error_set(e, ERR_DATABASE, "its size is not to be had");
    if (size % page_bytes != 0)
        return error_set(e, ERR_CORRUPT, "its last page is cut short (%lld bytes in all)",
                         (long long)size);
    return ERR_OK;
}

static enum err quick_check(sqlite3 *db, struct error *e)
{
    sqlite3_stmt *check = NULL;
    enum err err = sqlite_prepare(db, "PRAGMA quick_check(1)", &check, e);
    if (err != ERR_OK)
        return err;
    if (sqlite3_step(check) != SQLITE_ROW) {
        err = sqlite_fail(db, e, "checking its pages");
    } else {
        const char *verdict = (const char *)sqlite3_column_text(check, 0);
        if (strcmp(verdict, "ok") != 0)
            err = error_set(e, ERR_CORRUPT, "checking its pages: %s", verdict);
    }
    (void)sqlite3_finalize(check);
    return err;
}

/* Damage that is found now costs a refused start; found later it would be written over. Checks of
 * single values are left out, because they say nothing of the pages and are most of the time. */
static enum err check_pages(sqlite3 *db, struct error *e)
{
    sqlite3_int64 pages, page_bytes;
    enum err err = sqlite_int(db, "PRAGMA page_count", &pages, e);
    if (err == ERR_OK)
        err = sqlite_int(db, "PRAGMA page_size", &page_bytes, e);
    if (err == ERR_OK)
        err = check_size(db, page_bytes, e);
    if (err != ERR_OK || pages > checked_bytes_max / page_bytes)
        return err;
    err = sqlite_exec(db, "PRAGMA ignore_check_constraints = ON", e);
    if (err == ERR_OK)
        err = quick_check(db, e);
    if (err == ERR_OK)
        err = sqlite_exec(db, "PRAGMA ignore_check_constraints = OFF", e);
    return err;
}

/* All that can be said against a file without writing to it, as of one instant. */
static enum err examine(sqlite3 *db, struct error *e)
{
    struct identity id;
    enum err err = sqlite_exec(db, "BEGIN", e);
    if (err == ERR_OK)
        err = identify(db, &id, e);
    if (err == ERR_OK)
        err = accept(&id, e);
    if (err == ERR_OK)
        err = check_pages(db, e);
    roll_back(db);
    return err;
}

/* SQLite 3.7.0 to 3.51.2 can damage a file in WAL mode (the WAL-reset bug), so badged does without.
 * SQLite answers with the mode that it ends up in, or with an error when another connection is in
 * the way. */
static enum err leave_wal(sqlite3 *db, struct error *e)
{
    sqlite3_stmt *set = NULL;
    enum err err = sqlite_prepare(db, "PRAGMA journal_mode = DELETE", &set, e);
    if (err != ERR_OK)
        return err;
    if (sqlite3_step(set) != SQLITE_ROW)
        err = sqlite_fail(db, e, "taking it out of WAL mode, which badged does not use");
    else if (strcmp((const char *)sqlite3_column_text(set, 0), "delete") != 0)
        err = error_set(e, ERR_BUSY, "it is in WAL mode, which badged does not use");
    (void)sqlite3_finalize(set);
    return err;
}

static enum err run_migrations(sqlite3 *db, sqlite3_int64 version, struct error *e)
{
    size_t count;
    const struct migration *list = migrations_sqlite(&count);
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < count; i++) {
        if (list[i].number <= version)
            continue;
        if (sqlite3_exec(db, list[i].sql, NULL, NULL, NULL) != SQLITE_OK)
            return sqlite_fail(db, e, "making its tables (version %d)", list[i].number);
        err = sqlite_record_add(db, &list[i], e);
    }
    if (err != ERR_OK)
        return err;
    struct identity id;
    err = identify(db, &id, e);
    assert(err != ERR_OK || (id.application_id == STORE_SQLITE_APPLICATION_ID &&
                             id.version == store_sqlite_version()));
    return err;
}

/* A file that needs nothing is written to all the same, and rolled back: that makes a journal, so a
 * directory that cannot be written shows now, and not at the first change. */
static enum err try_writing(sqlite3 *db, struct error *e)
{
    char sql[40];
    (void)snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", store_sqlite_version());
    enum err err = ERR_OK;
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        err = sqlite_fail(db, e, "trying to write to it");
    roll_back(db);
    return err;
}

/* Looks again under the lock, as another process may have made the tables meanwhile. */
static enum err migrate(sqlite3 *db, struct error *e)
{
    struct identity id;
    enum err err = sqlite_exec(db, "BEGIN IMMEDIATE", e);
    if (err == ERR_OK)
        err = identify(db, &id, e);
    if (err == ERR_OK)
        err = accept(&id, e);
    if (err == ERR_OK && id.version == store_sqlite_version())
        return try_writing(db, e);
    if (err == ERR_OK)
        err = run_migrations(db, id.version, e);
    if (err == ERR_OK)
        err = sqlite_exec(db, "COMMIT", e);
    roll_back(db);
    return err;
}

/* What the operator can do about an error; NULL where its message says it already. */
static const char *advice(const struct error *e)
{
    switch (e->code) {
    case ERR_CORRUPT:
        if (e->cause == SQLITE_NOTADB)
            return "it was left as it is: name another file";
        return "it was left as it is: restore it from a backup, or save what can be read with the "
               ".recover command of the sqlite3 shell";
    case ERR_READ_ONLY:
        return "badged writes to the file and makes a journal beside it: let its user write to "
               "both file and directory, or name another file";
    case ERR_FULL:
        return "what was in the file is unharmed: make room, and start badged again";
    case ERR_DATABASE:
        if ((e->cause & 0xFF) == SQLITE_IOERR)
            return "look for the disk's errors in the system's log, and start badged again";
        return NULL;
    default:
        return NULL;
    }
}

/* Put what the operator can do behind what happened, on one line. */
static void advise(const char *path, struct error *e)
{
    struct error was = *e;
    for (char *c = was.message; *c != '\0'; c++)
        if (*c == '\n')
            *c = ' ';
    char holder[LOCK_HOLDER_BYTES_MAX] = "another connection";
    if (was.code == ERR_BUSY) {
        (void)lock_holder(path, holder);
        (void)error_set(e, was.code,
                        "%s: %s holds it: let that end its transaction or close the file, and "
                        "start badged again",
                        was.message, holder);
    } else if (advice(&was) != NULL) {
        (void)error_set(e, was.code, "%s: %s", was.message, advice(&was));
    }
    e->cause = was.cause;
}

static enum err open_file(const char *path, sqlite3 **ret, struct error *e)
{
    bool is_there = false;
    enum err err = check_place(path, &is_there, e);
    if (err == ERR_OK && !is_there)
        err = make_file(path, e);
    sqlite3 *db = NULL;
    if (err == ERR_OK)
        err = sqlite_open(path, SQLITE_MODE_CREATE, STORE_SQLITE_BUSY_MS, &db, e);
    if (err != ERR_OK)
        return err;
    err = examine(db, e);
    if (err == ERR_OK)
        err = leave_wal(db, e);
    if (err == ERR_OK)
        err = migrate(db, e);
    if (err != ERR_OK) {
        error_wrap(e, "opening %s", path);
        (void)sqlite3_close(db);
        return err;
    }
    *ret = db;
    return ERR_OK;
}

enum err store_sqlite_open(const char *path, sqlite3 **ret, struct error *e)
{
    enum err err = open_file(path, ret, e);
    if (err != ERR_OK && e != NULL)
        advise(path, e);
    return err;
}

enum err store_sqlite_examine(const char *path, int *ret, struct error *e)
{
    bool is_there = false;
    struct identity id = {0};
    sqlite3 *db = NULL;
    enum err err = check_place(path, &is_there, e);
    if (err == ERR_OK && !is_there) {
        *ret = 0;
        return ERR_OK;
    }
    if (err == ERR_OK)
        err = sqlite_open(path, SQLITE_MODE_READ, STORE_SQLITE_BUSY_MS, &db, e);
    if (err != ERR_OK)
        return err;
    err = identify(db, &id, e);
    if (err == ERR_OK)
        err = accept(&id, e);
    (void)sqlite3_close(db);
    if (err != ERR_OK)
        error_wrap(e, "opening %s", path);
    else
        *ret = (int)id.version;
    return err;
}
