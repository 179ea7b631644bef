#include "feed/sqlite_once.h"

#include "base/mem.h"
#include "base/sqlite.h"
#include "feed/sql.h"
#include "feed/sqlite_catalog.h"
#include "feed/sqlite_log.h"
#include "feed/sqlite_row.h"
#include "feed/sqlite_trigger.h"
#include "feed_sql.h"

#include <assert.h>
#include <stdlib.h>

enum {
    BUSY_MS = 5000
};

struct once {
    sqlite3 *db;
    struct catalog catalog;
    struct index *index;
};

/* A journal that a killed writer left can be rolled back only by a connection that may write. */
static enum err open_readable(const char *path, sqlite3 **ret, struct error *e)
{
    assert(e != NULL);
    enum err err = sqlite_open(path, SQLITE_MODE_READ, BUSY_MS, ret, e);
    if (err != ERR_OK && e->cause == SQLITE_READONLY_ROLLBACK)
        err = sqlite_open(path, SQLITE_MODE_WRITE, BUSY_MS, ret, e);
    return err;
}

static enum err once_open(struct once *o, const char *path, const struct definitions *d,
                          struct source_fault *fault, struct error *e)
{
    *fault = (struct source_fault){0};
    enum err err = open_readable(path, &o->db, e);
    if (err == ERR_OK)
        err = sqlite_exec(o->db, "BEGIN", e);
    if (err == ERR_OK && (err = log_check_file(o->db, e)) != ERR_OK)
        error_wrap(e, "opening %s", path);
    if (err == ERR_OK)
        err = catalog_read(o->db, d, &o->catalog, fault, e);
    if (err == ERR_OK)
        err = index_new(d, o->catalog.tables, o->catalog.tables_count, &o->index, fault, e);
    return err;
}

static void once_close(struct once *o)
{
    index_free(o->index);
    catalog_fini(&o->catalog);
    (void)sqlite3_close(o->db);
}

/* Whether triggers can note all changes of every table. */
static enum err check_triggers(struct once *o, const struct definitions *d,
                               struct source_fault *fault, struct error *e)
{
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < d->sources_count; i++) {
        size_t table = catalog_table(&o->catalog, &d->sources[i]);
        struct trigger_list l = {0};
        *fault = (struct source_fault){.source = i, .field = SPEC_TABLE};
        err = triggers_of(o->db, &o->catalog.tables[table], o->catalog.rowids[table], &l, e);
        triggers_fini(&l);
    }
    return err;
}

enum err sqlite_once_check(const char *path, const struct definitions *d,
                           struct source_fault *fault, struct error *e)
{
    struct once o = {0};
    enum err err = once_open(&o, path, d, fault, e);
    if (err == ERR_OK)
        err = check_triggers(&o, d, fault, e);
    once_close(&o);
    return err;
}

enum err sqlite_once_is_noted(const char *path, const struct definitions *d, bool *ret,
                              struct error *e)
{
    struct once o = {0};
    struct source_fault fault;
    enum err err = once_open(&o, path, d, &fault, e);
    if (err == ERR_OK)
        err = log_is_installed(o.db, &o.catalog, ret, e);
    once_close(&o);
    return err;
}

static enum err count_source(struct once *o, const struct source *s, const char *tenant,
                             struct error *e)
{
    size_t number = catalog_table(&o->catalog, s);
    const struct table *t = &o->catalog.tables[number];
    char *table = sql_identifier(t->name), *columns = row_columns(t),
         *column = sql_identifier(s->tenant);
    const struct sql_variable variables[] = {{"table", table},
                                             {"columns", columns},
                                             {"where", s->where},
                                             {"tenant", column},
                                             {"rowid", o->catalog.rowids[number]}};
    char *sql =
        sql_fill(embed_rows_of_tenant_sql, variables, sizeof(variables) / sizeof(variables[0]));
    struct value *room = mem_zero(t->columns_count, sizeof(*room));
    sqlite3_stmt *stmt = NULL;
    enum err err = sqlite_prepare(o->db, sql, &stmt, e);
    if (err == ERR_OK)
        (void)sqlite3_bind_text(stmt, 1, tenant, -1, SQLITE_STATIC);
    int rc = SQLITE_DONE;
    while (err == ERR_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
        err = row_apply(stmt, t, number, room, o->index, e);
    if (err == ERR_OK && rc != SQLITE_DONE)
        err = sqlite_fail(o->db, e, "counting table \"%s\"", t->name);
    (void)sqlite3_finalize(stmt);
    free(room);
    free(sql);
    free(table);
    free(columns);
    free(column);
    return err;
}

enum err sqlite_once_count(const char *path, const struct definitions *d, const struct uuid *tenant,
                           struct counts *counts, struct source_fault *fault, struct error *e)
{
    char id[UUID_TEXT_LEN + 1];
    uuid_format(tenant, id);
    struct once o = {0};
    sqlite3_int64 timeline;
    struct log_position position;
    enum err err = once_open(&o, path, d, fault, e);
    for (size_t i = 0; err == ERR_OK && i < d->sources_count; i++)
        err = count_source(&o, &d->sources[i], id, e);
    if (err == ERR_OK)
        err = sqlite_int(o.db, embed_timeline_sql, &timeline, e);
    if (err == ERR_OK)
        err = log_last(o.db, &position, e);
    if (err == ERR_OK) {
        (void)index_publish_all(o.index, counts,
                                (struct as_of){(uint32_t)timeline, (uint64_t)position.seq});
        (void)counts_set_status(counts, COUNTS_LIVE, "once", "", 0);
    }
    once_close(&o);
    return err;
}
