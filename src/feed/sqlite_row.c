#include "feed/sqlite_row.h"

#include "base/buffer.h"
#include "feed/sql.h"

#include <stdlib.h>

char *row_columns(const struct table *t)
{
    struct buffer b = {0};
    for (size_t i = 0; i < t->columns_count; i++) {
        char *quoted = sql_identifier(t->columns[i].name);
        buffer_printf(&b, "%s%s", i > 0 ? ", " : "", quoted);
        free(quoted);
    }
    return buffer_take(&b);
}

/* The values of the columns behind the first, which is the rowid. They live until the statement
 * steps on. */
static void read_row(sqlite3_stmt *stmt, struct value *row, size_t columns_count)
{
    for (size_t i = 0; i < columns_count; i++) {
        int column = (int)i + 1;
        struct value *v = &row[i];
        switch (sqlite3_column_type(stmt, column)) {
        case SQLITE_NULL:
            v->kind = VALUE_NULL;
            continue;
        case SQLITE_INTEGER:
            v->kind = VALUE_INT;
            v->integer = sqlite3_column_int64(stmt, column);
            continue;
        case SQLITE_FLOAT:
            v->kind = VALUE_REAL;
            v->real = sqlite3_column_double(stmt, column);
            continue;
        case SQLITE_TEXT:
            v->kind = VALUE_TEXT;
            v->text.bytes = (const char *)sqlite3_column_text(stmt, column);
            break;
        default:
            v->kind = VALUE_BLOB;
            v->text.bytes = sqlite3_column_blob(stmt, column);
            break;
        }
        v->text.len = (size_t)sqlite3_column_bytes(stmt, column);
    }
}

enum err row_apply(sqlite3_stmt *stmt, const struct table *t, size_t number, struct value *room,
                   struct index *ix, struct error *e)
{
    read_row(stmt, room, t->columns_count);
    struct change change = {.kind = CHANGE_INSERT, .table = number, .row = room};
    change.key = key_of_int(sqlite3_column_int64(stmt, 0));
    enum err err = index_apply(ix, &change);
    return err == ERR_OK ? err : error_set(e, err, "no memory for another live row");
}
