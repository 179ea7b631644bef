#include "feed/sqlite_trigger.h"

#include "base/buffer.h"
#include "base/mem.h"
#include "base/sqlite.h"
#include "feed/sql.h"
#include "feed/sqlite_sql.h"
#include "feed_sql.h"

#include <stdlib.h>

void triggers_fini(struct trigger_list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        free(l->triggers[i].name);
        free(l->triggers[i].sql);
    }
    free(l->triggers);
    *l = (struct trigger_list){0};
}

/* What stands in the templates besides the trigger's name. */
struct place {
    const char *table, *table_text, *rowid, *match, *changed;
};

/* A trigger's name says what it does and then to which table or index, so that no two of a database
 * have one name. */
static void add_trigger(struct trigger_list *l, const char *template, const char *kind,
                        const char *object, const struct place *place)
{
    struct buffer name = {0};
    buffer_printf(&name, "badged_%s_%s", kind, object);
    char *quoted = sql_identifier(name.bytes);
    const struct sql_variable variables[] = {
        {"name", quoted},        {"table", place->table}, {"table_text", place->table_text},
        {"rowid", place->rowid}, {"match", place->match}, {"changed", place->changed},
    };
    l->triggers = mem_grow(l->triggers, l->count + 1, sizeof(*l->triggers));
    l->triggers[l->count++] = (struct trigger){
        .name = buffer_take(&name),
        .sql = sql_fill(template, variables, sizeof(variables) / sizeof(variables[0])),
    };
    free(quoted);
}

/* ---- what a REPLACE pushes out ---- */

/* The conditions of one unique index. */
struct unique {
    struct buffer match;   /* of a row there: it has the key of the new one */
    struct buffer changed; /* of an update: it may change the key */
};

static void unique_fini(struct unique *u)
{
    buffer_fini(&u->match);
    buffer_fini(&u->changed);
}

/* One column of a unique index. A NULL in one that is NOT NULL and has a default becomes that
 * default on REPLACE, after the triggers that run before. */
static void add_column(struct unique *u, const char *name, const char *collation,
                       const char *default_value)
{
    char *column = sql_identifier(name), *quoted_collation = sql_identifier(collation);
    buffer_puts(&u->match, u->match.len > 0 ? " AND " : "");
    if (default_value != NULL) {
        char *plain = sql_plain(default_value);
        buffer_printf(&u->match, "%s = coalesce(NEW.%s, (%s)) COLLATE %s", column, column, plain,
                      quoted_collation);
        free(plain);
    } else {
        buffer_printf(&u->match, "%s = NEW.%s COLLATE %s", column, column, quoted_collation);
    }
    buffer_printf(&u->changed, "%sNEW.%s IS NOT OLD.%s COLLATE BINARY",
                  u->changed.len > 0 ? " OR " : "", column, column);
    free(column);
    free(quoted_collation);
}

static enum err add_columns(sqlite3_stmt *columns_of, const char *index, const struct table *t,
                            struct unique *u, struct error *e)
{
    (void)sqlite3_bind_text(columns_of, 1, index, -1, SQLITE_TRANSIENT);
    (void)sqlite3_bind_text(columns_of, 2, t->name, -1, SQLITE_STATIC);
    enum err err = ERR_OK;
    int rc = SQLITE_DONE;
    while (err == ERR_OK && (rc = sqlite3_step(columns_of)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(columns_of, 0);
        if (name == NULL)
            err = error_set(e, ERR_SCHEMA,
                            "table \"%s\" has a unique index on an expression (\"%s\"), through "
                            "which a REPLACE could push out rows unseen: index columns instead",
                            t->name, index);
        else
            add_column(u, name, (const char *)sqlite3_column_text(columns_of, 1),
                       (const char *)sqlite3_column_text(columns_of, 2));
    }
    if (err == ERR_OK && rc != SQLITE_DONE)
        err = sqlite_fail(sqlite3_db_handle(columns_of), e, "reading index \"%s\"", index);
    (void)sqlite3_reset(columns_of);
    return err;
}

/* Only rows that a partial index holds can be pushed out through it; and whether an update brings a
 * row into it shows in columns that are not its own. */
static enum err add_condition(const char *index, const char *sql, struct unique *u, struct error *e)
{
    char *where = sql_index_where(sql);
    if (where == NULL)
        return error_set(e, ERR_SCHEMA, "the condition of unique index \"%s\" cannot be read",
                         index);
    buffer_printf(&u->match, " AND (%s)", where);
    buffer_fini(&u->changed);
    buffer_puts(&u->changed, "TRUE");
    free(where);
    return ERR_OK;
}

static enum err add_unique(sqlite3_stmt *indexes, sqlite3_stmt *columns_of, const struct table *t,
                           struct place place, struct trigger_list *l, struct error *e)
{
    const char *index = (const char *)sqlite3_column_text(indexes, 0);
    bool is_partial = sqlite3_column_int(indexes, 1) != 0;
    struct unique u = {0};
    enum err err = add_columns(columns_of, index, t, &u, e);
    if (err == ERR_OK && is_partial)
        err = add_condition(index, (const char *)sqlite3_column_text(indexes, 2), &u, e);
    if (err == ERR_OK) {
        place.match = u.match.bytes;
        place.changed = u.changed.bytes;
        add_trigger(l, embed_note_replaced_by_insert_sql, "replaced_by_insert", index, &place);
        add_trigger(l, embed_note_replaced_by_update_sql, "replaced_by_update", index, &place);
    }
    unique_fini(&u);
    return err;
}

static enum err add_uniques(sqlite3 *db, const struct table *t, struct place place,
                            struct trigger_list *l, struct error *e)
{
    sqlite3_stmt *indexes = NULL, *columns_of = NULL;
    enum err err = sqlite_prepare(db, embed_unique_indexes_sql, &indexes, e);
    if (err == ERR_OK)
        err = sqlite_prepare(db, embed_index_columns_sql, &columns_of, e);
    if (err == ERR_OK)
        (void)sqlite3_bind_text(indexes, 1, t->name, -1, SQLITE_STATIC);
    int rc = SQLITE_DONE;
    while (err == ERR_OK && (rc = sqlite3_step(indexes)) == SQLITE_ROW)
        err = add_unique(indexes, columns_of, t, place, l, e);
    if (err == ERR_OK && rc != SQLITE_DONE)
        err = sqlite_fail(db, e, "reading the indexes of table \"%s\"", t->name);
    (void)sqlite3_finalize(indexes);
    (void)sqlite3_finalize(columns_of);
    return err;
}

enum err triggers_of(sqlite3 *db, const struct table *t, const char *rowid, struct trigger_list *l,
                     struct error *e)
{
    char *table = sql_identifier(t->name), *table_text = sql_text(t->name);
    struct place place = {
        .table = table, .table_text = table_text, .rowid = rowid, .match = "", .changed = ""};
    add_trigger(l, embed_note_insert_sql, "insert", t->name, &place);
    add_trigger(l, embed_note_update_sql, "update", t->name, &place);
    add_trigger(l, embed_note_delete_sql, "delete", t->name, &place);
    enum err err = add_uniques(db, t, place, l, e);
    free(table);
    free(table_text);
    return err;
}
