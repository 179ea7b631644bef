#include "feed/sqlite_log.h"

#include "base/mem.h"
#include "base/sqlite.h"
#include "feed/sql.h"
#include "feed/sqlite_trigger.h"
#include "feed_sql.h"

#include <stdlib.h>
#include <string.h>

enum {
    /* Those of sql/sqlite/001_tables.sql and the migrations behind it. */
    APPLICATION_ID = 0x62646764,
    SCHEMA_VERSION = 1,
    LOG_OBJECTS = 3, /* badged_meta, badged_change and its ring trigger */
};

static enum err check_identity(long long application_id, long long version, bool has_log,
                               struct error *e)
{
    if (application_id == 0 && has_log)
        return error_set(e, ERR_SCHEMA,
                         "the file is badged's, but lost its mark, as one does that was restored "
                         "from a dump: run on it PRAGMA application_id = %d; PRAGMA user_version "
                         "= %d",
                         APPLICATION_ID, SCHEMA_VERSION);
    if (application_id != APPLICATION_ID)
        return error_set(e, ERR_SCHEMA,
                         "the file is not badged's database, but another one in its place "
                         "(application_id %lld): put the right one back, or name it",
                         application_id);
    if (version != SCHEMA_VERSION)
        return error_set(e, ERR_SCHEMA,
                         "the file's tables are of version %lld and this badged reads version %d: "
                         "start the badged that belongs to them",
                         version, SCHEMA_VERSION);
    return ERR_OK;
}

enum err log_check_file(sqlite3 *db, struct error *e)
{
    sqlite3_stmt *stmt = NULL;
    enum err err = sqlite_prepare(db, embed_identity_sql, &stmt, e);
    if (err == ERR_OK && sqlite3_step(stmt) != SQLITE_ROW)
        err = sqlite_fail(db, e, "reading whose file it is");
    if (err == ERR_OK)
        err = check_identity(sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1),
                             sqlite3_column_int(stmt, 2) != 0, e);
    (void)sqlite3_finalize(stmt);
    return err;
}

/* ---- what must be there, and what is ---- */

struct difference {
    struct trigger_list wanted;
    char **old; /* names of triggers to drop */
    size_t old_count;
    bool is_log_missing;
};

static void difference_fini(struct difference *d)
{
    triggers_fini(&d->wanted);
    for (size_t i = 0; i < d->old_count; i++)
        free(d->old[i]);
    free(d->old);
}

static bool is_none(const struct difference *d)
{
    bool is_complete = !d->is_log_missing && d->old_count == 0;
    for (size_t i = 0; is_complete && i < d->wanted.count; i++)
        is_complete = d->wanted.triggers[i].is_there;
    return is_complete;
}

/* One trigger that is there: the one that is wanted, or an old one. */
static void compare_one(struct difference *d, const char *name, const char *sql)
{
    for (size_t i = 0; i < d->wanted.count; i++) {
        struct trigger *t = &d->wanted.triggers[i];
        if (strcmp(t->name, name) == 0 && strcmp(t->sql, sql) == 0) {
            t->is_there = true;
            return;
        }
    }
    d->old = mem_grow(d->old, d->old_count + 1, sizeof(*d->old));
    d->old[d->old_count++] = mem_text(name, strlen(name));
}

static enum err compare_table(sqlite3 *db, const char *table, struct difference *d, struct error *e)
{
    sqlite3_stmt *stmt = NULL;
    enum err err = sqlite_prepare(db, embed_triggers_sql, &stmt, e);
    if (err != ERR_OK)
        return err;
    (void)sqlite3_bind_text(stmt, 1, table, -1, SQLITE_STATIC);
    int rc;
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
        compare_one(d, (const char *)sqlite3_column_text(stmt, 0),
                    (const char *)sqlite3_column_text(stmt, 1));
    if (rc != SQLITE_DONE)
        err = sqlite_fail(db, e, "reading the triggers of table \"%s\"", table);
    (void)sqlite3_finalize(stmt);
    return err;
}

static enum err look_for_log(sqlite3 *db, bool *ret_is_missing, struct error *e)
{
    sqlite3_int64 n;
    enum err err = sqlite_int(db, embed_log_objects_sql, &n, e);
    *ret_is_missing = err == ERR_OK && n != LOG_OBJECTS;
    if (err != ERR_OK || *ret_is_missing)
        return err;
    err = sqlite_int(db, embed_has_timeline_sql, &n, e);
    *ret_is_missing = err == ERR_OK && n == 0;
    return err;
}

static enum err compare(sqlite3 *db, const struct catalog *c, struct difference *d, struct error *e)
{
    enum err err = look_for_log(db, &d->is_log_missing, e);
    for (size_t i = 0; err == ERR_OK && i < c->tables_count; i++)
        err = triggers_of(db, &c->tables[i], c->rowids[i], &d->wanted, e);
    for (size_t i = 0; err == ERR_OK && i < c->tables_count; i++)
        err = compare_table(db, c->tables[i].name, d, e);
    return err;
}

enum err log_is_installed(sqlite3 *db, const struct catalog *c, bool *ret, struct error *e)
{
    struct difference d = {0};
    enum err err = compare(db, c, &d, e);
    if (err == ERR_OK)
        *ret = is_none(&d);
    difference_fini(&d);
    return err;
}

/* ---- making it so ---- */

static enum err drop(sqlite3 *db, const char *name, struct error *e)
{
    char *quoted = sql_identifier(name);
    char *sql = sql_fill(embed_drop_trigger_sql, &(struct sql_variable){"name", quoted}, 1);
    enum err err = sqlite_exec(db, sql, e);
    free(sql);
    free(quoted);
    return err;
}

static enum err apply(sqlite3 *db, const struct difference *d, struct error *e)
{
    enum err err = d->is_log_missing ? sqlite_exec(db, embed_log_sql, e) : ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < d->old_count; i++)
        err = drop(db, d->old[i], e);
    for (size_t i = 0; err == ERR_OK && i < d->wanted.count; i++) {
        const struct trigger *t = &d->wanted.triggers[i];
        if (t->is_there)
            continue;
        /* One of that name may be left on a table that was renamed. */
        err = drop(db, t->name, e);
        if (err == ERR_OK)
            err = sqlite_exec(db, t->sql, e);
    }
    if (err == ERR_OK)
        err = sqlite_exec(db, embed_note_start_sql, e);
    return err;
}

enum err log_install(sqlite3 *db, const struct catalog *c, struct error *e)
{
    struct difference d = {0};
    enum err err = compare(db, c, &d, e);
    if (err == ERR_OK && !is_none(&d))
        err = apply(db, &d, e);
    difference_fini(&d);
    if (err != ERR_OK)
        error_wrap(e, "installing the triggers that note changes");
    return err;
}

enum err log_last(sqlite3 *db, struct log_position *ret, struct error *e)
{
    sqlite3_stmt *stmt = NULL;
    enum err err = sqlite_prepare(db, embed_last_change_sql, &stmt, e);
    if (err == ERR_OK && sqlite3_step(stmt) != SQLITE_ROW)
        err = sqlite_fail(db, e, "reading the end of the change log");
    if (err == ERR_OK)
        *ret = (struct log_position){
            .seq = sqlite3_column_int64(stmt, 0),
            .has_salt = sqlite3_column_type(stmt, 1) != SQLITE_NULL,
            .salt = sqlite3_column_int64(stmt, 1),
        };
    (void)sqlite3_finalize(stmt);
    return err;
}
