#include "feed/postgres_load.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/mem.h"
#include "feed/copy_row.h"
#include "feed/postgres_relation.h"
#include "feed/postgres_text.h"
#include "feed/sql.h"
#include "feed_postgres_sql.h"

#include <stdlib.h>
#include <string.h>

enum {
    CLOCK_ROWS = 1024,      /* rows between two looks at the clock */
    RESERVED_MAX = 1 << 24, /* rows that a guess may take memory for: half a GiB */
};

struct reading {
    const struct load *load;
    size_t table;
    struct pgoutput_datum *fields;
    struct value *row;
    size_t *rows; /* so far, over all tables */
    int64_t told_ms;
};

static bool is_source_of(const struct source *s, const struct table *t)
{
    return strcmp(s->table, t->name) == 0 && strcmp(s->schema, t->schema) == 0;
}

char *load_where(const struct definitions *d, const struct table *t)
{
    struct buffer b = {0};
    for (size_t i = 0; i < d->sources_count; i++) {
        const struct source *s = &d->sources[i];
        if (is_source_of(s, t))
            buffer_printf(&b, "%s(%s)", b.len > 0 ? " OR " : "", s->where);
    }
    return buffer_take(&b);
}

/* ONLY leaves out the rows of tables that inherit from this one, as the publication does. */
static char *from_table(const struct load *l, size_t table)
{
    const struct table *t = &l->catalog->tables[table];
    struct buffer name = {0};
    char *schema = sql_identifier(t->schema), *relation = sql_identifier(t->name);
    buffer_printf(&name, "%s%s.%s", l->catalog->details[table].is_partitioned ? "" : "ONLY ",
                  schema, relation);
    free(schema);
    free(relation);
    return buffer_take(&name);
}

static char *copy_statement(const struct load *l, size_t table)
{
    const struct table *t = &l->catalog->tables[table];
    struct buffer columns = {0};
    for (size_t i = 0; i < t->columns_count; i++) {
        char *column = sql_identifier(t->columns[i].name);
        buffer_printf(&columns, "%s%s", i > 0 ? ", " : "", column);
        free(column);
    }
    char *where = load_where(l->definitions, t), *list = buffer_take(&columns),
         *from = from_table(l, table);
    const struct sql_variable variables[] = {{"columns", list}, {"table", from}, {"where", where}};
    char *sql = sql_fill(embed_load_sql, variables, 3);
    free(where);
    free(list);
    free(from);
    return sql;
}

/* How many rows the server's planner expects to be live in a source; 0 when it does not say. Its
 * first line reads "Seq Scan on t  (cost=0.00..35.50 rows=2550 width=0)". */
static enum err estimate(const struct load *l, struct session *control, size_t table,
                         const struct source *s, size_t *ret, struct error *e)
{
    char *from = from_table(l, table);
    const struct sql_variable variables[] = {{"table", from}, {"where", s->where}};
    char *sql = sql_fill(embed_estimate_sql, variables, 2);
    PGresult *r = NULL;
    enum err err = session_query(control, sql, NULL, 0, SESSION_QUERY_MS, &r, e);
    if (err == ERR_OK) {
        const char *told = PQntuples(r) > 0 ? strstr(PQgetvalue(r, 0, 0), " rows=") : NULL;
        size_t rows = told != NULL ? strtoull(told + strlen(" rows="), NULL, 10) : 0;
        *ret = rows < RESERVED_MAX ? rows : RESERVED_MAX;
        PQclear(r);
    }
    free(sql);
    free(from);
    return err;
}

enum err load_reserve(const struct load *l, struct session *control, struct error *e)
{
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < l->definitions->sources_count; i++) {
        const struct source *s = &l->definitions->sources[i];
        size_t table = pg_catalog_table(l->catalog, s), rows = 0;
        err = estimate(l, control, table, s, &rows, e);
        if (err == ERR_OK)
            index_reserve(l->index, i, rows);
        else
            error_wrap(e, "estimating the rows of table \"%s\"", s->table);
    }
    return err;
}

static enum err apply_line(const struct reading *g, char *line, size_t len, struct error *e)
{
    const struct load *l = g->load;
    const struct table *t = &l->catalog->tables[g->table];
    if (len > 0 && line[len - 1] == '\n')
        len--;
    enum err err = copy_row_split(line, len, g->fields, t->columns_count, e);
    for (size_t i = 0; err == ERR_OK && i < t->columns_count; i++) {
        if (g->fields[i].kind == 'n')
            g->row[i] = (struct value){.kind = VALUE_NULL};
        else
            err = pg_text_value(t->columns[i].type, g->fields[i].bytes, g->fields[i].len,
                                &g->row[i], e);
    }
    if (err != ERR_OK)
        return err;
    struct change change = {.kind = CHANGE_INSERT, .table = g->table, .row = g->row};
    change.key = relation_key(t, &l->catalog->details[g->table], g->row, index_secret(l->index));
    err = index_apply(l->index, &change);
    return err == ERR_OK ? err : error_set(e, err, "no memory for another live row");
}

static void tell_progress(struct reading *g)
{
    if (clock_ms() - g->told_ms < LOAD_PROGRESS_MS)
        return;
    g->told_ms = clock_ms();
    g->load->on_progress(*g->rows, g->load->context);
}

/* ---- waiting ---- */

/* Whether a wait is to go on: it ended because the server said nothing, and, by the other session,
 * it is still at it. A load sends nothing itself, so nobody else would see a dead connection. */
static bool is_at_it(const struct load *l, enum err *err, struct error *e)
{
    if (*err != ERR_UNAVAILABLE || PQstatus(session_conn(l->session)) != CONNECTION_OK)
        return false;
    *err = l->on_silence(l->context, e);
    return *err == ERR_OK;
}

static enum err await_bytes(const struct load *l, struct error *e)
{
    enum err err;
    do {
        err = session_wait(l->session, false, clock_ms() + l->silent_ms, e);
    } while (is_at_it(l, &err, e));
    if (err == ERR_OK && PQconsumeInput(session_conn(l->session)) != 1)
        err = session_fail(l->session, NULL, e, "reading rows");
    return err;
}

static enum err await_result(const struct load *l, PGresult **ret, struct error *e)
{
    enum err err;
    do {
        err = session_result(l->session, clock_ms() + l->silent_ms, ret, e);
    } while (is_at_it(l, &err, e));
    return err;
}

/* ---- rows ---- */

static enum err begin_copy(const struct load *l, const char *sql, struct error *e)
{
    PGresult *r = NULL;
    enum err err = session_send(l->session, sql, NULL, 0, e);
    if (err == ERR_OK)
        err = await_result(l, &r, e);
    if (err == ERR_OK && PQresultStatus(r) != PGRES_COPY_OUT)
        err = session_fail(l->session, r, e, "the server refused");
    PQclear(r);
    return err;
}

static enum err read_copy(struct reading *g, struct error *e)
{
    PGconn *conn = session_conn(g->load->session);
    enum err err = ERR_OK;
    while (err == ERR_OK) {
        char *line = NULL;
        int len = PQgetCopyData(conn, &line, 1);
        if (len > 0) {
            err = apply_line(g, line, (size_t)len, e);
            if (++*g->rows % CLOCK_ROWS == 0)
                tell_progress(g);
        } else if (len == 0) {
            err = await_bytes(g->load, e);
        } else {
            return len == -1 ? ERR_OK : session_fail(g->load->session, NULL, e, "reading rows");
        }
        PQfreemem(line);
    }
    return err;
}

/* Behind the last row comes whether COPY succeeded. */
static enum err end_copy(const struct load *l, struct error *e)
{
    PGresult *r = NULL;
    enum err err;
    while ((err = await_result(l, &r, e)) == ERR_OK && r != NULL) {
        if (PQresultStatus(r) != PGRES_COMMAND_OK)
            err = session_fail(l->session, r, e, "reading rows");
        PQclear(r);
        if (err != ERR_OK)
            break;
    }
    return err;
}

static enum err load_table(const struct load *l, size_t table, size_t *rows, struct error *e)
{
    const struct table *t = &l->catalog->tables[table];
    struct reading g = {.load = l,
                        .table = table,
                        .fields = mem_zero(t->columns_count, sizeof(*g.fields)),
                        .row = mem_zero(t->columns_count, sizeof(*g.row)),
                        .rows = rows,
                        .told_ms = clock_ms()};
    char *sql = copy_statement(l, table);
    enum err err = begin_copy(l, sql, e);
    if (err == ERR_OK)
        err = read_copy(&g, e);
    if (err == ERR_OK)
        err = end_copy(l, e);
    if (err != ERR_OK)
        error_wrap(e, "loading table \"%s\"", t->name);
    free(sql);
    free(g.fields);
    free(g.row);
    return err;
}

enum err load_rows(const struct load *l, struct error *e)
{
    enum err err = ERR_OK;
    size_t rows = 0;
    for (size_t i = 0; err == ERR_OK && i < l->catalog->tables_count; i++)
        err = load_table(l, i, &rows, e);
    index_trim(l->index);
    if (err == ERR_OK)
        err = session_query(l->session, "COMMIT", NULL, 0, SESSION_QUERY_MS, NULL, e);
    return err;
}
