#include "feed/postgres_count.h"

#include "badge/as_of.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/mem.h"
#include "feed/sql.h"
#include "feed_postgres_sql.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WAIT_MS = 1000
};

/* ---- position ---- */

static bool parse_number(const char *text, uint64_t max, uint64_t *ret)
{
    char *end;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || n > max)
        return false;
    *ret = n;
    return true;
}

enum err position_read(struct session *s, struct position *ret, struct error *e)
{
    PGresult *r = NULL;
    enum err err = session_query(s, embed_position_sql, NULL, 0, SESSION_QUERY_MS, &r, e);
    if (err != ERR_OK) {
        error_wrap(e, "asking where the server is");
        return err;
    }
    struct position p;
    uint64_t timeline;
    const char *lsn = PQgetvalue(r, 0, 2);
    bool is_read = parse_number(PQgetvalue(r, 0, 0), UINT64_MAX, &p.system) &&
                   parse_number(PQgetvalue(r, 0, 1), UINT32_MAX, &timeline) &&
                   as_of_parse_position(lsn, strlen(lsn), &p.wal_end) &&
                   parse_number(PQgetvalue(r, 0, 3), UINT64_MAX, &p.started_us);
    p.is_standby = *PQgetvalue(r, 0, 4) == 't';
    PQclear(r);
    if (!is_read)
        return error_set(e, ERR_DATABASE, "the server does not say where it is");
    p.timeline = (uint32_t)timeline;
    *ret = p;
    return ERR_OK;
}

/* ---- counting ---- */

static void add_source(struct buffer *out, const struct source *s, size_t number,
                       const char *tenant_is)
{
    char *schema = sql_identifier(s->schema), *relation = sql_identifier(s->table),
         *tenant = sql_identifier(s->tenant), source[24];
    (void)snprintf(source, sizeof(source), "%zu", number);
    struct buffer table = {0}, counted = {0};
    buffer_printf(&table, "%s.%s", schema, relation);
    if (s->distinct != NULL) {
        char *distinct = sql_identifier(s->distinct);
        buffer_printf(&counted, "DISTINCT %s", distinct);
        free(distinct);
    } else {
        buffer_puts(&counted, "*");
    }
    const struct sql_variable variables[] = {{"source", source},         {"tenant", tenant},
                                             {"counted", counted.bytes}, {"table", table.bytes},
                                             {"where", s->where},        {"tenant_is", tenant_is}};
    char *sql = sql_fill(embed_count_sql, variables, sizeof(variables) / sizeof(variables[0]));
    buffer_printf(out, "%s%s", out->len > 0 ? " UNION ALL " : "", sql);
    buffer_fini(&table);
    buffer_fini(&counted);
    free(schema);
    free(relation);
    free(tenant);
    free(sql);
}

static enum err query(struct session *s, const char *sql, const struct count_wait *wait,
                      PGresult **ret, struct error *e)
{
    int64_t until_ms = clock_ms() + COUNT_MS_MAX;
    *ret = NULL;
    enum err err = session_send(s, sql, NULL, 0, e);
    while (err == ERR_OK && *ret == NULL) {
        err = session_answer(s, ret, e);
        if (err != ERR_OK || *ret != NULL)
            break;
        int64_t tick_ms = clock_ms() + WAIT_MS;
        err = session_wait(s, false, tick_ms < until_ms ? tick_ms : until_ms, e);
        if (err == ERR_UNAVAILABLE && clock_ms() >= tick_ms && tick_ms < until_ms) {
            wait->on_wait(wait->context);
            err = ERR_OK;
        }
    }
    return err;
}

static enum err run(struct session *s, const struct definitions *d, const char *tenant,
                    const struct count_wait *wait, PGresult **ret, struct error *e)
{
    struct buffer sql = {0};
    /* As a literal, the tenant is of whatever type each table has for it. */
    char tenant_is[UUID_TEXT_LEN + 16] = "IS NOT NULL";
    if (tenant != NULL)
        (void)snprintf(tenant_is, sizeof(tenant_is), "= '%s'", tenant);
    for (size_t i = 0; i < d->sources_count; i++)
        add_source(&sql, &d->sources[i], i, tenant_is);
    buffer_puts(&sql, " ORDER BY 2");
    enum err err = query(s, sql.bytes, wait, ret, e);
    buffer_fini(&sql);
    if (err != ERR_OK)
        error_wrap(e, "counting");
    return err;
}

/* Rows come in the order of their tenants. One that no UUID names is nobody's. */
static enum err take_rows(const PGresult *r, size_t sources_count, struct counts *counts,
                          struct error *e)
{
    uint64_t *numbers = mem_zero(sources_count, sizeof(*numbers));
    enum err err = ERR_OK;
    int rows = PQntuples(r);
    for (int i = 0; err == ERR_OK && i < rows; i++) {
        const char *text = PQgetvalue(r, i, 1);
        uint64_t source, number;
        struct uuid tenant;
        if (!parse_number(PQgetvalue(r, i, 0), sources_count - 1, &source) ||
            !parse_number(PQgetvalue(r, i, 2), INT64_MAX, &number))
            err = error_set(e, ERR_DATABASE, "counting: the server answered no number");
        else
            numbers[source] = number;
        bool is_last = i + 1 == rows || strcmp(text, PQgetvalue(r, i + 1, 1)) != 0;
        if (!is_last)
            continue;
        if (uuid_parse_stored(text, strlen(text), &tenant))
            counts_set(counts, &tenant, numbers);
        memset(numbers, 0, sources_count * sizeof(*numbers));
    }
    free(numbers);
    return err;
}

static enum err count(struct session *s, const struct definitions *d, const char *tenant,
                      struct counts *counts, const struct count_wait *wait, struct error *e)
{
    PGresult *r = NULL;
    counts_begin(counts);
    enum err err = d->sources_count > 0 ? run(s, d, tenant, wait, &r, e) : ERR_OK;
    if (err == ERR_OK && r != NULL)
        err = take_rows(r, d->sources_count, counts, e);
    if (err == ERR_OK)
        counts_zero_others(counts);
    PQclear(r);
    return err;
}

enum err count_all(struct session *s, const struct definitions *d, struct counts *counts,
                   const struct count_wait *wait, struct error *e)
{
    return count(s, d, NULL, counts, wait, e);
}

static void pass_over(void *context)
{
    (void)context;
}

enum err count_tenant(struct session *s, const struct definitions *d, const struct uuid *tenant,
                      struct counts *counts, struct error *e)
{
    char id[UUID_TEXT_LEN + 1];
    const struct count_wait wait = {.on_wait = pass_over};
    uuid_format(tenant, id);
    return count(s, d, id, counts, &wait, e);
}
