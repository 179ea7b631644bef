/* Predicates: any bytes are either refused, with a reason and a place in them, or a condition that
 * binds and is evaluated as SQLite evaluates the same text.
 *
 * The text ends at the first byte 0x1E, if there is one; what stands behind it makes one more row.
 */
#include "badge/predicate.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/mem.h"
#include "generate/sqlite.h"

#include "generate/sqlite.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    ROWS = 12,
    SEPARATOR = 0x1E
};

static sqlite3 *db;
static sqlite3_stmt *cast;
static struct column columns[GENERATE_SQLITE_COLUMNS];
static struct table table = {.schema = (char[]){"public"},
                             .name = (char[]){"t"},
                             .columns = columns,
                             .columns_count = COUNT(columns)};
static struct value rows[ROWS][GENERATE_SQLITE_COLUMNS]; /* what SQLite stored */

static double real_of(const char *text, void *context)
{
    (void)context;
    (void)sqlite3_bind_text(cast, 1, text, -1, SQLITE_STATIC);
    int rc = sqlite3_step(cast);
    assert(rc == SQLITE_ROW);
    double real = sqlite3_column_double(cast, 0);
    (void)sqlite3_reset(cast);
    return real;
}

static sqlite3_stmt *prepare(const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK) {
        (void)fprintf(stderr, "SQLite refuses what badged takes: %s: %s\n", sql,
                      sqlite3_errmsg(db));
        abort();
    }
    return stmt;
}

static void make_table(void)
{
    struct buffer sql = {0};
    buffer_puts(&sql, "CREATE TABLE t (id INTEGER PRIMARY KEY");
    for (size_t i = 0; i < GENERATE_SQLITE_COLUMNS; i++) {
        const struct generate_column *c = &generate_sqlite_columns[i];
        char *quoted = sqlite3_mprintf("\"%w\"", c->name);
        buffer_printf(&sql, ", %s %s", quoted, c->declared);
        sqlite3_free(quoted);
        columns[i].type = c->type;
        columns[i].name = mem_text(c->name, strlen(c->name));
    }
    buffer_puts(&sql, ")");
    int rc = sqlite3_open(":memory:", &db);
    assert(rc == SQLITE_OK);
    rc = sqlite3_exec(db, sql.bytes, NULL, NULL, NULL);
    assert(rc == SQLITE_OK);
    buffer_fini(&sql);
    cast = prepare("SELECT CAST(? AS REAL)");
    table.real_of = real_of;
    if (sqlite3_libversion_number() < 3039000)
        table.no_distinct_from = "this SQLite has no IS DISTINCT FROM";
}

static void bind(sqlite3_stmt *stmt, int i, const struct value *v)
{
    if (v->kind == VALUE_INT)
        (void)sqlite3_bind_int64(stmt, i, v->integer);
    else if (v->kind == VALUE_REAL)
        (void)sqlite3_bind_double(stmt, i, v->real);
    else if (v->kind == VALUE_TEXT)
        (void)sqlite3_bind_text(stmt, i, v->text.bytes, (int)v->text.len, SQLITE_STATIC);
    else if (v->kind == VALUE_BLOB)
        (void)sqlite3_bind_blob(stmt, i, v->text.bytes, (int)v->text.len, SQLITE_STATIC);
}

static struct value stored(sqlite3_stmt *stmt, int i)
{
    struct value v = {.kind = VALUE_NULL};
    int type = sqlite3_column_type(stmt, i);
    if (type == SQLITE_INTEGER) {
        v = (struct value){.kind = VALUE_INT, .integer = sqlite3_column_int64(stmt, i)};
    } else if (type == SQLITE_FLOAT) {
        v = (struct value){.kind = VALUE_REAL, .real = sqlite3_column_double(stmt, i)};
    } else if (type != SQLITE_NULL) {
        const char *bytes = sqlite3_column_blob(stmt, i);
        v.kind = type == SQLITE_TEXT ? VALUE_TEXT : VALUE_BLOB;
        v.text.len = (size_t)sqlite3_column_bytes(stmt, i);
        v.text.bytes = mem_text(v.text.len > 0 ? bytes : "", v.text.len);
    }
    return v;
}

static void fill_table(void)
{
    struct random r = {20261123};
    struct buffer sql = {0};
    buffer_puts(&sql, "INSERT INTO t VALUES (NULL");
    for (int i = 0; i < GENERATE_SQLITE_COLUMNS; i++)
        buffer_puts(&sql, ", ?");
    buffer_puts(&sql, ")");
    for (int n = 0; n < ROWS; n++) {
        struct value row[GENERATE_SQLITE_COLUMNS];
        generate_sqlite_row(&r, n % 2 == 1, row);
        sqlite3_stmt *stmt = prepare(sql.bytes);
        for (int i = 0; i < GENERATE_SQLITE_COLUMNS; i++)
            bind(stmt, i + 1, &row[i]);
        int rc = sqlite3_step(stmt);
        assert(rc == SQLITE_DONE);
        (void)sqlite3_finalize(stmt);
    }
    sqlite3_stmt *stmt = prepare("SELECT * FROM t ORDER BY id");
    for (int n = 0; n < ROWS; n++) {
        int rc = sqlite3_step(stmt);
        assert(rc == SQLITE_ROW);
        for (int i = 0; i < GENERATE_SQLITE_COLUMNS; i++)
            rows[n][i] = stored(stmt, i + 1);
    }
    (void)sqlite3_finalize(stmt);
    buffer_fini(&sql);
}

/* Parsing twice gives the same. */
static struct predicate *parse(const char *text, size_t len)
{
    struct predicate *p = NULL, *again = NULL;
    struct error e = {0}, e_again = {0};
    size_t offset = SIZE_MAX, offset_again = SIZE_MAX;
    enum err err = predicate_parse(text, len, &p, &offset, &e);
    enum err err_again = predicate_parse(text, len, &again, &offset_again, &e_again);
    assert(err == err_again && offset == offset_again);
    assert(memcmp(&e, &e_again, sizeof(e)) == 0);
    if (err == ERR_OK) {
        assert(predicate_columns_count(p) == predicate_columns_count(again));
        for (size_t i = 0; i < predicate_columns_count(p); i++)
            assert(strcmp(predicate_column(p, i), predicate_column(again, i)) == 0);
        predicate_free(again);
        return p;
    }
    assert(err == ERR_CONFIG && e.code == err && e.message[0] != '\0');
    assert(offset <= len && p == NULL && again == NULL);
    return NULL;
}

/* A row made of bytes: for each column what kind of value, and its bytes. */
static void row_of(const uint8_t *data, size_t size, struct value row[GENERATE_SQLITE_COLUMNS])
{
    static const enum value_kind kinds[] = {VALUE_NULL, VALUE_INT, VALUE_REAL, VALUE_TEXT,
                                            VALUE_BLOB};
    for (size_t i = 0; i < GENERATE_SQLITE_COLUMNS; i++) {
        row[i] = (struct value){.kind = VALUE_NULL};
        if (size == 0)
            continue;
        size_t len = *data / 8 < size - 1 ? *data / 8 : size - 1;
        row[i].kind = kinds[*data % COUNT(kinds)];
        if (row[i].kind == VALUE_INT || row[i].kind == VALUE_REAL) {
            len = len < 8 ? len : 8;
            row[i].integer = 0;
            memcpy(&row[i].integer, data + 1, len);
        } else if (row[i].kind != VALUE_NULL) {
            row[i].text.bytes = (const char *)data + 1;
            row[i].text.len = len;
        }
        data += 1 + len;
        size -= 1 + len;
    }
}

static void compare_with_sqlite(const struct predicate *p, const char *text, size_t len)
{
    struct buffer sql = {0};
    buffer_puts(&sql, "SELECT CASE WHEN (");
    buffer_add(&sql, text, len);
    buffer_puts(&sql, ") THEN 1 WHEN NOT (");
    buffer_add(&sql, text, len);
    buffer_puts(&sql, ") THEN 0 ELSE 2 END FROM t ORDER BY id");
    sqlite3_stmt *stmt = prepare(sql.bytes);
    for (size_t n = 0; n < ROWS; n++) {
        int rc = sqlite3_step(stmt);
        assert(rc == SQLITE_ROW);
        assert(sqlite3_column_int(stmt, 0) == (int)predicate_eval(p, rows[n]));
    }
    (void)sqlite3_finalize(stmt);
    buffer_fini(&sql);
}

/* NOT (text) is the contrary, unless it is too long, too large or too deep. */
static void compare_with_contrary(const struct predicate *p, const char *text, size_t len,
                                  const struct value *row)
{
    static const enum truth contrary[] = {
        [TRUTH_FALSE] = TRUTH_TRUE, [TRUTH_TRUE] = TRUTH_FALSE, [TRUTH_UNKNOWN] = TRUTH_UNKNOWN};
    struct buffer negated = {0};
    struct predicate *not_p = NULL;
    struct error e;
    size_t offset;
    buffer_puts(&negated, "NOT (");
    buffer_add(&negated, text, len);
    buffer_puts(&negated, ")");
    if (predicate_parse(negated.bytes, negated.len, &not_p, &offset, &e) == ERR_OK) {
        enum err err = predicate_bind(not_p, &table, &offset, &e);
        assert(err == ERR_OK);
        assert(predicate_eval(not_p, row) == contrary[predicate_eval(p, row)]);
        predicate_free(not_p);
    } else {
        assert(strstr(e.message, "at most") != NULL || strstr(e.message, "more than") != NULL ||
               strstr(e.message, "too deep") != NULL);
    }
    buffer_fini(&negated);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (db == NULL) {
        make_table();
        fill_table();
    }
    const uint8_t *end = size > 0 ? memchr(data, SEPARATOR, size) : NULL;
    size_t len = end != NULL ? (size_t)(end - data) : size;
    predicate_free(parse((const char *)data, size));
    /* From memory that ends where the text does, so that reading past it is seen. */
    char *text = malloc(len > 0 ? len : 1);
    assert(text != NULL);
    if (len > 0)
        memcpy(text, data, len);
    struct predicate *p = parse(text, len);
    struct error e = {0};
    size_t offset = 0;
    if (p != NULL && predicate_bind(p, &table, &offset, &e) == ERR_OK) {
        struct value row[GENERATE_SQLITE_COLUMNS];
        row_of(end != NULL ? end + 1 : data, end != NULL ? size - len - 1 : 0, row);
        compare_with_contrary(p, text, len, row);
        compare_with_sqlite(p, text, len);
    } else if (p != NULL) {
        assert(e.code == ERR_CONFIG && e.message[0] != '\0' && offset <= len);
    }
    predicate_free(p);
    free(text);
    return 0;
}
