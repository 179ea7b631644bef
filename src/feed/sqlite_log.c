#include "feed/sqlite_log.h"

#include "base/buffer.h"
#include "base/mem.h"
#include "base/sqlite.h"
#include "feed/sqlite_sql.h"
#include "feed_sql.h"

#include <stdlib.h>
#include <string.h>

/* ---- the triggers of one table ---- */

struct trigger_list {
    struct trigger {
        char *name; /* not quoted */
        char *sql;
    } * triggers;
    size_t count;
};

static void triggers_fini(struct trigger_list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        free(l->triggers[i].name);
        free(l->triggers[i].sql);
    }
    free(l->triggers);
}

/* What stands in the templates besides the trigger's name. */
struct trigger_place {
    const char *table, *table_text, *rowid, *match, *columns;
};

static void add_trigger(struct trigger_list *l, const char *template, const char *table,
                        const char *suffix, const struct trigger_place *place)
{
    struct buffer name = {0};
    buffer_printf(&name, "badged_%s_%s", table, suffix);
    char *quoted = sql_identifier(name.bytes);
    const struct sql_variable variables[] = {
        {"name", quoted},        {"table", place->table}, {"table_text", place->table_text},
        {"rowid", place->rowid}, {"match", place->match}, {"columns", place->columns},
    };
    l->triggers = mem_grow(l->triggers, l->count + 1, sizeof(*l->triggers));
    l->triggers[l->count++] =
        (struct trigger){buffer_take(&name),
                         sql_fill(template, variables, sizeof(variables) / sizeof(variables[0]))};
    free(quoted);
}

/* The condition under which a row would be pushed out by the new one, and the columns that decide
 * it: those of a unique index. A partial index is taken as a whole one, which notes a row too many
 * at worst. */
static enum err read_index(sqlite3_stmt *columns_of, const char *index, const struct table *t,
                           struct buffer *match, struct buffer *columns, struct error *e)
{
    (void)sqlite3_bind_text(columns_of, 1, index, -1, SQLITE_TRANSIENT);
    enum err err = ERR_OK;
    int rc;
    while (err == ERR_OK && (rc = sqlite3_step(columns_of)) == SQLITE_ROW) {
        const char *column = (const char *)sqlite3_column_text(columns_of, 0);
        const char *collation = (const char *)sqlite3_column_text(columns_of, 1);
        if (column == NULL) {
            err = error_set(e, ERR_SCHEMA,
                            "table \"%s\" has a unique index on an expression (\"%s\"), and a "
                            "REPLACE could push rows "
                            "out through it unseen: index columns instead",
                            t->name, index);
            break;
        }
        char *quoted = sql_identifier(column), *quoted_collation = sql_identifier(collation);
        buffer_printf(match, "%s%s = NEW.%s COLLATE %s", match->len > 0 ? " AND " : "", quoted,
                      quoted, quoted_collation);
        buffer_printf(columns, "%s%s", columns->len > 0 ? ", " : "", quoted);
        free(quoted);
        free(quoted_collation);
    }
    if (err == ERR_OK && rc != SQLITE_DONE)
        err = sqlite_fail(sqlite3_db_handle(columns_of), e, "reading index \"%s\"", index);
    (void)sqlite3_reset(columns_of);
    return err;
}

static enum err add_replace_triggers(sqlite3 *db, const struct table *t, struct trigger_place place,
                                     struct trigger_list *l, struct error *e)
{
    sqlite3_stmt *indexes = NULL, *columns_of = NULL;
    enum err err = sqlite_prepare(db, embed_unique_indexes_sql, &indexes, e);
    if (err == ERR_OK)
        err = sqlite_prepare(db, embed_index_columns_sql, &columns_of, e);
    if (err == ERR_OK)
        (void)sqlite3_bind_text(indexes, 1, t->name, -1, SQLITE_STATIC);
    int rc = SQLITE_DONE;
    while (err == ERR_OK && (rc = sqlite3_step(indexes)) == SQLITE_ROW) {
        const char *index = (const char *)sqlite3_column_text(indexes, 0);
        struct buffer match = {0}, columns = {0}, suffix = {0};
        err = read_index(columns_of, index, t, &match, &columns, e);
        if (err == ERR_OK) {
            place.match = match.bytes;
            place.columns = columns.bytes;
            buffer_printf(&suffix, "replaced_by_insert_%s", index);
            add_trigger(l, embed_note_replaced_by_insert_sql, t->name, suffix.bytes, &place);
            suffix.len = 0;
            buffer_printf(&suffix, "replaced_by_update_%s", index);
            add_trigger(l, embed_note_replaced_by_update_sql, t->name, suffix.bytes, &place);
        }
        buffer_fini(&match);
        buffer_fini(&columns);
        buffer_fini(&suffix);
    }
    if (err == ERR_OK && rc != SQLITE_DONE)
        err = sqlite_fail(db, e, "reading the indexes of table \"%s\"", t->name);
    (void)sqlite3_finalize(indexes);
    (void)sqlite3_finalize(columns_of);
    return err;
}

static enum err add_triggers(sqlite3 *db, const struct table *t, const char *rowid,
                             struct trigger_list *l, struct error *e)
{
    char *table = sql_identifier(t->name), *table_text = sql_text(t->name);
    struct trigger_place place = {
        .table = table, .table_text = table_text, .rowid = rowid, .match = "", .columns = ""};
    add_trigger(l, embed_note_insert_sql, t->name, "insert", &place);
    add_trigger(l, embed_note_update_sql, t->name, "update", &place);
    add_trigger(l, embed_note_delete_sql, t->name, "delete", &place);
    enum err err = add_replace_triggers(db, t, place, l, e);
    free(table);
    free(table_text);
    return err;
}

/* ---- compare and install ---- */

static enum err is_installed(sqlite3_stmt *lookup, const struct trigger *t, bool *ret,
                             struct error *e)
{
    (void)sqlite3_bind_text(lookup, 1, t->name, -1, SQLITE_STATIC);
    int rc = sqlite3_step(lookup);
    enum err err = ERR_OK;
    if (rc == SQLITE_ROW)
        *ret = strcmp((const char *)sqlite3_column_text(lookup, 0), t->sql) == 0;
    else if (rc == SQLITE_DONE)
        *ret = false;
    else
        err = sqlite_fail(sqlite3_db_handle(lookup), e, "reading trigger \"%s\"", t->name);
    (void)sqlite3_reset(lookup);
    return err;
}

static enum err install(sqlite3 *db, const struct trigger *t, struct error *e)
{
    char *name = sql_identifier(t->name);
    char *drop = sql_fill(embed_drop_trigger_sql, &(struct sql_variable){"name", name}, 1);
    struct buffer sql = {0};
    buffer_printf(&sql, "%s; %s", drop, t->sql);
    enum err err = sqlite_exec(db, sql.bytes, e);
    buffer_fini(&sql);
    free(drop);
    free(name);
    return err;
}

/* All triggers of all tables. */
static enum err list_triggers(sqlite3 *db, const struct catalog *c, struct trigger_list *l,
                              struct error *e)
{
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < c->tables_count; i++)
        err = add_triggers(db, &c->tables[i], c->rowids[i], l, e);
    return err;
}

enum err log_is_installed(sqlite3 *db, const struct catalog *c, bool *ret, struct error *e)
{
    struct trigger_list l = {0};
    sqlite3_stmt *lookup = NULL;
    enum err err = list_triggers(db, c, &l, e);
    if (err == ERR_OK)
        err = sqlite_prepare(db, embed_trigger_sql, &lookup, e);
    *ret = true;
    for (size_t i = 0; err == ERR_OK && *ret && i < l.count; i++)
        err = is_installed(lookup, &l.triggers[i], ret, e);
    (void)sqlite3_finalize(lookup);
    triggers_fini(&l);
    return err;
}

enum err log_install(sqlite3 *db, const struct catalog *c, struct error *e)
{
    struct trigger_list l = {0};
    enum err err = list_triggers(db, c, &l, e);
    if (err == ERR_OK)
        err = sqlite_exec(db, "BEGIN IMMEDIATE", e);
    bool is_writing = err == ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < l.count; i++)
        err = install(db, &l.triggers[i], e);
    if (err == ERR_OK)
        err = sqlite_exec(db, "COMMIT", e);
    if (err != ERR_OK && is_writing)
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    triggers_fini(&l);
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
