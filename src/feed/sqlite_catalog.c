#include "feed/sqlite_catalog.h"

#include "base/mem.h"
#include "base/sqlite.h"
#include "feed_sql.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    SQLITE_WITH_DISTINCT_FROM = 3039000 /* sqlite.org/changes.html, 3.39.0 */
};

void catalog_fini(struct catalog *c)
{
    for (size_t i = 0; i < c->tables_count; i++)
        table_fini(&c->tables[i]);
    free(c->tables);
    free(c->rowids);
    (void)sqlite3_finalize(c->real);
    *c = (struct catalog){0};
}

static size_t find_table(const struct catalog *c, const struct source *s)
{
    size_t i = 0;
    while (i < c->tables_count && (strcmp(c->tables[i].name, s->table) != 0 ||
                                   strcmp(c->tables[i].schema, s->schema) != 0))
        i++;
    return i;
}

size_t catalog_table(const struct catalog *c, const struct source *s)
{
    size_t i = find_table(c, s);
    assert(i < c->tables_count);
    return i;
}

/* The number that SQLite makes of a text: the same function that reads literals in a statement. */
static double real_of(const char *text, void *context)
{
    sqlite3_stmt *stmt = context;
    (void)sqlite3_bind_text(stmt, 1, text, -1, SQLITE_STATIC);
    double real =
        sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_double(stmt, 0) : strtod(text, NULL);
    (void)sqlite3_reset(stmt);
    return real;
}

/* The type of a column, from the declared one by SQLite's rules of affinity
 * (sqlite.org/datatype3.html, section 3.1); of those with numeric affinity, the names that other
 * databases use tell booleans, times and UUIDs. */
static enum column_type type_of(const char *declared)
{
    if (strcasestr(declared, "INT") != NULL)
        return COLUMN_NUMBER;
    if (strcasestr(declared, "CHAR") != NULL || strcasestr(declared, "CLOB") != NULL ||
        strcasestr(declared, "TEXT") != NULL)
        return COLUMN_TEXT;
    if (*declared == '\0' || strcasestr(declared, "BLOB") != NULL ||
        strcasestr(declared, "JSON") != NULL)
        return COLUMN_OTHER;
    if (strncasecmp(declared, "BOOL", 4) == 0)
        return COLUMN_BOOL;
    if (strcasestr(declared, "TIME") != NULL || strcasestr(declared, "DATE") != NULL)
        return COLUMN_TIME;
    return strcasecmp(declared, "UUID") == 0 ? COLUMN_UUID : COLUMN_NUMBER;
}

struct lookup {
    sqlite3 *db;
    sqlite3_stmt *table, *column;
    struct source_fault *fault;
    struct error *error;
};

static enum err refuse(struct lookup *l, enum err code, enum spec_field field, const char *what,
                       const char *name, const char *why)
{
    l->fault->field = field;
    return error_set(l->error, code, "%s \"%s\" %s", what, name, why);
}

static enum err read_table(struct lookup *l, const struct source *s, struct table *t)
{
    if (strcmp(s->schema, "public") != 0)
        return refuse(l, ERR_CONFIG, SPEC_SCHEMA, "schema", s->schema,
                      "is not there: the embedded database has none but public");
    if (strncasecmp(s->table, "badged_", 7) == 0 || strncasecmp(s->table, "sqlite_", 7) == 0)
        return refuse(l, ERR_CONFIG, SPEC_TABLE, "table", s->table,
                      "belongs to badged or to SQLite itself, and cannot be counted");
    (void)sqlite3_bind_text(l->table, 1, s->table, -1, SQLITE_STATIC);
    int rc = sqlite3_step(l->table);
    enum err err = ERR_OK;
    if (rc == SQLITE_DONE)
        err =
            refuse(l, ERR_SCHEMA, SPEC_TABLE, "table", s->table,
                   "is not in the database: create it, or name another in the badge's definition");
    else if (rc != SQLITE_ROW)
        err = sqlite_fail(l->db, l->error, "looking up table \"%s\"", s->table);
    else if (strcmp((const char *)sqlite3_column_text(l->table, 0), "table") != 0)
        err = refuse(l, ERR_SCHEMA, SPEC_TABLE, "table", s->table,
                     "is a view or a virtual table, whose changes cannot be followed: name the "
                     "tables under it");
    else if (sqlite3_column_int(l->table, 1) != 0)
        err = refuse(l, ERR_SCHEMA, SPEC_TABLE, "table", s->table,
                     "was made WITHOUT ROWID, which the embedded feed cannot follow: make it again "
                     "without that");
    (void)sqlite3_reset(l->table);
    if (err == ERR_OK) {
        t->schema = mem_text(s->schema, strlen(s->schema));
        t->name = mem_text(s->table, strlen(s->table));
    }
    return err;
}

static enum err check_collation(struct lookup *l, const struct table *t, const char *name,
                                enum spec_field field)
{
    const char *collation = NULL;
    if (sqlite3_table_column_metadata(l->db, "main", t->name, name, NULL, &collation, NULL, NULL,
                                      NULL) != SQLITE_OK)
        return sqlite_fail(l->db, l->error, "looking up column \"%s\" of table \"%s\"", name,
                           t->name);
    if (collation == NULL || strcasecmp(collation, "BINARY") == 0)
        return ERR_OK;
    return refuse(l, ERR_CONFIG, field, "column", name,
                  "has a collation of its own, under which texts that differ are equal: only "
                  "BINARY ones are counted");
}

static enum err find_column(struct lookup *l, const struct table *t, const char *name, bool *ret,
                            enum column_type *ret_type)
{
    (void)sqlite3_bind_text(l->column, 1, t->name, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(l->column, 2, name, -1, SQLITE_STATIC);
    int rc = sqlite3_step(l->column);
    enum err err = ERR_OK;
    if (rc == SQLITE_ROW) {
        const char *declared = (const char *)sqlite3_column_text(l->column, 1);
        *ret_type = type_of(declared != NULL ? declared : "");
    } else if (rc != SQLITE_DONE) {
        err =
            sqlite_fail(l->db, l->error, "looking up column \"%s\" of table \"%s\"", name, t->name);
    }
    *ret = rc == SQLITE_ROW;
    (void)sqlite3_reset(l->column);
    return err;
}

/* Add a column that a source names, once. One that is missing is left out here: binding the source
 * says so, and for a predicate where in its text it stands. */
static enum err add_column(struct lookup *l, struct table *t, const char *name,
                           enum spec_field field)
{
    if (table_column(t, name) != (size_t)-1)
        return ERR_OK;
    bool is_there;
    enum column_type type;
    enum err err = find_column(l, t, name, &is_there, &type);
    if (err != ERR_OK || !is_there)
        return err;
    t->columns = mem_grow(t->columns, t->columns_count + 1, sizeof(*t->columns));
    t->columns[t->columns_count++] = (struct column){mem_text(name, strlen(name)), type};
    return check_collation(l, t, name, field);
}

/* The index needs no value of it, so it is no column of the table. */
static enum err check_order(struct lookup *l, const struct source *s, const struct table *t)
{
    if (s->order == NULL)
        return ERR_OK;
    bool is_there;
    enum column_type type;
    enum err err = find_column(l, t, s->order, &is_there, &type);
    if (err != ERR_OK || is_there)
        return err;
    l->fault->field = SPEC_ORDER;
    return error_set(l->error, ERR_CONFIG, "table \"%s\" has no column \"%s\"", t->name, s->order);
}

static enum err add_columns(struct lookup *l, const struct source *s, struct table *t)
{
    enum err err = add_column(l, t, s->tenant, SPEC_TENANT);
    if (err == ERR_OK && s->distinct != NULL)
        err = add_column(l, t, s->distinct, SPEC_DISTINCT);
    for (size_t i = 0; err == ERR_OK && i < predicate_columns_count(s->predicate); i++)
        err = add_column(l, t, predicate_column(s->predicate, i), SPEC_WHERE);
    return err == ERR_OK ? check_order(l, s, t) : err;
}

/* A name for the rowid that is not the name of a column (sqlite.org/lang_createtable.html,
 * "ROWIDs"). */
static enum err find_rowid(struct lookup *l, const struct table *t, const char **ret)
{
    static const char *const names[] = {"rowid", "_rowid_", "oid"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        bool is_hidden;
        enum column_type type;
        enum err err = find_column(l, t, names[i], &is_hidden, &type);
        *ret = names[i];
        if (err != ERR_OK || !is_hidden)
            return err;
    }
    return refuse(l, ERR_SCHEMA, SPEC_TABLE, "table", t->name,
                  "has columns named rowid, _rowid_ and oid, which hide its rowid: rename one");
}

static enum err add_source(struct lookup *l, struct catalog *c, const struct source *s)
{
    size_t i = find_table(c, s);
    if (i < c->tables_count)
        return add_columns(l, s, &c->tables[i]);
    struct table t = {.real_of = real_of, .real_context = c->real};
    if (sqlite3_libversion_number() < SQLITE_WITH_DISTINCT_FROM)
        t.no_distinct_from = "IS DISTINCT FROM needs SQLite 3.39 or later: write it with = and "
                             "IS NULL, or bring SQLite up to date";
    const char *rowid;
    enum err err = read_table(l, s, &t);
    if (err == ERR_OK)
        err = find_rowid(l, &t, &rowid);
    if (err == ERR_OK)
        err = add_columns(l, s, &t);
    if (err != ERR_OK) {
        table_fini(&t);
        return err;
    }
    c->tables = mem_grow(c->tables, i + 1, sizeof(*c->tables));
    c->rowids = mem_grow(c->rowids, i + 1, sizeof(*c->rowids));
    c->tables[i] = t;
    c->rowids[i] = rowid;
    c->tables_count++;
    return ERR_OK;
}

enum err catalog_read(sqlite3 *db, const struct definitions *d, struct catalog *ret,
                      struct source_fault *fault, struct error *e)
{
    struct lookup l = {.db = db, .fault = fault, .error = e};
    struct catalog c = {0};
    *fault = (struct source_fault){0};
    enum err err = sqlite_prepare(db, embed_table_sql, &l.table, e);
    if (err == ERR_OK)
        err = sqlite_prepare(db, embed_column_sql, &l.column, e);
    if (err == ERR_OK)
        err = sqlite_prepare(db, embed_real_sql, &c.real, e);
    for (size_t i = 0; err == ERR_OK && i < d->sources_count; i++) {
        fault->source = i;
        err = add_source(&l, &c, &d->sources[i]);
    }
    (void)sqlite3_finalize(l.table);
    (void)sqlite3_finalize(l.column);
    if (err == ERR_OK)
        *ret = c;
    else
        catalog_fini(&c);
    return err;
}
