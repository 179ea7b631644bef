#include "base/mem.h"
#include "doctor/part.h"
#include "doctor_sql.h"
#include "feed/postgres_answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A statement may be refused for what other checks name, or take too long; only a lost connection
 * ends the run. */
static enum err ask(struct patient *p, const char *sql, PGresult **ret, struct error *e)
{
    return session_query(p->session, sql, NULL, 0, SESSION_QUERY_MS, ret, e);
}

static enum err end(struct patient *p, enum err err, struct error *e)
{
    if (err == ERR_UNAVAILABLE)
        return err;
    struct error ended;
    enum err rolled = ask(p, "ROLLBACK", NULL, &ended);
    if (rolled != ERR_OK && err == ERR_OK) {
        *e = ended;
        return rolled;
    }
    return err;
}

/* ---- indexes ---- */

/* The node of a plan that reads a whole table, looked for without recursion: a plan of badged's own
 * statements is a few nodes deep, but has one for each partition. */
static const json_t *find_scan(const json_t *plan)
{
    enum {
        NODES_MAX = 4096
    };
    const json_t *stack[NODES_MAX];
    size_t depth = 0;
    stack[depth++] = plan;
    while (depth > 0) {
        const json_t *node = stack[--depth];
        if (answer_is(node, "Node Type", "Seq Scan"))
            return node;
        const json_t *under = json_object_get(node, "Plans");
        for (size_t i = 0; i < json_array_size(under) && depth < NODES_MAX; i++)
            stack[depth++] = json_array_get(under, i);
    }
    return NULL;
}

static enum err explain(struct patient *p, const char *sql, json_t **ret_plan, struct error *e)
{
    PGresult *r = NULL;
    enum err err = ask(p, sql, &r, e);
    if (err != ERR_OK)
        return err;
    json_t *answer = json_loads(PQgetvalue(r, 0, 0), 0, NULL);
    *ret_plan = json_incref(json_object_get(json_array_get(answer, 0), "Plan"));
    json_decref(answer);
    PQclear(r);
    return ERR_OK;
}

/* Whether Postgres has no index for the source, even when told to avoid reading the whole table;
 * and what the count costs then. */
static enum err look_at_plan(struct patient *p, const char *sql, bool *ret_scans, double *ret_cost,
                             struct error *e)
{
    json_t *forced = NULL, *plan = NULL;
    enum err err = ask(p, embed_postgres_doctor_begin_without_scans_sql, NULL, e);
    if (err == ERR_OK)
        err = explain(p, sql, &forced, e);
    if (err == ERR_OK)
        err = ask(p, embed_postgres_doctor_scans_again_sql, NULL, e);
    if (err == ERR_OK)
        err = explain(p, sql, &plan, e);
    err = end(p, err, e);
    if (err == ERR_OK) {
        *ret_scans = find_scan(forced) != NULL;
        *ret_cost = json_number_value(json_object_get(plan, "Total Cost"));
    }
    json_decref(forced);
    json_decref(plan);
    return err;
}

static bool is_partitioned(const struct patient *p, const char *table, struct error *e)
{
    const char *params[] = {table};
    PGresult *r = NULL;
    enum err err = session_query(p->session, embed_postgres_doctor_kind_sql, params, 1,
                                 SESSION_QUERY_MS, &r, e);
    bool is = err == ERR_OK && PQntuples(r) == 1 && PQgetvalue(r, 0, 0)[0] == 'p';
    PQclear(r);
    return is;
}

static bool is_broken(const json_t *lacking)
{
    return json_object_get(lacking, "broken") != NULL;
}

/* Whether mending an index of the source's table may be all it takes. */
static bool is_any_broken(const struct patient *p, const struct source *s)
{
    for (size_t i = 0; i < json_array_size(p->lacking); i++) {
        const json_t *item = json_array_get(p->lacking, i);
        if (is_broken(item) && strcmp(s->schema, "public") == 0 &&
            answer_is(item, "table", s->table))
            return true;
    }
    return false;
}

static void look_for_broken(const struct patient *p, struct trouble *t)
{
    for (size_t i = 0; i < json_array_size(p->lacking); i++) {
        const json_t *item = json_array_get(p->lacking, i);
        if (!is_broken(item))
            continue;
        trouble_add(t, "%s", answer_text(item, "text"));
        PART_MEND(t, embed_postgres_doctor_mend_reindex_sql,
                  {"index", answer_text(item, "broken")});
    }
}

static enum err look_at_source(struct patient *p, const struct source *s, struct trouble *t,
                               struct error *e)
{
    char *table = part_table(p, s), *tenant = sql_identifier(s->tenant), *distinct = NULL;
    struct buffer counted = {0}, columns = {0};
    buffer_puts(&counted, "*");
    buffer_puts(&columns, tenant);
    if (s->distinct != NULL) {
        distinct = sql_identifier(s->distinct);
        buffer_fini(&counted);
        buffer_printf(&counted, "DISTINCT %s", distinct);
        buffer_printf(&columns, ", %s", distinct);
    }
    const struct sql_variable variables[] = {{"counted", counted.bytes},
                                             {"table", table},
                                             {"where", s->where},
                                             {"tenant", tenant},
                                             {"id", "00000000-0000-4000-8000-000000000000"}};
    char *sql = sql_fill(embed_postgres_doctor_explain_sql, variables, 5);
    bool scans = false;
    double cost = 0;
    enum err err = look_at_plan(p, sql, &scans, &cost, e);
    if (err == ERR_OK && scans) {
        trouble_add(t,
                    "no index serves %s where %s: one tenant's count reads the whole table, at a "
                    "cost of %.0f",
                    table, s->where, cost);
        const char *template = is_partitioned(p, table, e)
                                   ? embed_postgres_doctor_mend_create_index_of_partitions_sql
                                   : embed_postgres_doctor_mend_create_index_sql;
        if (!is_any_broken(p, s))
            PART_MEND(t, template, {"table", table}, {"columns", columns.bytes},
                      {"where", s->where});
    }
    buffer_fini(&counted);
    buffer_fini(&columns);
    free(distinct);
    free(table);
    free(tenant);
    free(sql);
    return err;
}

enum err part_indexes(struct patient *p, struct error *e)
{
    const struct definitions *d = p->options->definitions;
    struct trouble t = {0};
    size_t unasked = 0;
    if (!doctor_wants(p->options, "indexes"))
        return ERR_OK;
    look_for_broken(p, &t);
    for (size_t i = 0; i < d->sources_count; i++) {
        enum err err = look_at_source(p, &d->sources[i], &t, e);
        if (err == ERR_UNAVAILABLE) {
            buffer_fini(&t.found);
            buffer_fini(&t.mend);
            return err;
        }
        unasked += err != ERR_OK;
    }
    if (unasked > 0 && unasked == d->sources_count && t.count == 0)
        return ERR_OK; /* skipped */
    struct buffer well = {0};
    buffer_printf(&well, "every count of a tenant finds one%s",
                  unasked > 0 ? ", where the table can be read" : "");
    const struct trouble_words words = {
        "indexes", well.bytes, VERDICT_WARNING,
        "the badges themselves ask no index; loading, polling, lists and `badged badges` read the "
        "whole table each time"};
    part_judge(p, &words, &t);
    buffer_fini(&well);
    return ERR_OK;
}

/* ---- policies ---- */

static enum err count_visible(struct patient *p, const char *table, int64_t *ret, struct error *e)
{
    char *sql =
        sql_fill(embed_postgres_doctor_visible_sql, &(struct sql_variable){"table", table}, 1);
    PGresult *r = NULL;
    enum err err = ask(p, embed_postgres_doctor_begin_with_policies_sql, NULL, e);
    if (err == ERR_OK)
        err = ask(p, sql, &r, e);
    if (err == ERR_OK)
        *ret = strtoll(PQgetvalue(r, 0, 0), NULL, 10);
    PQclear(r);
    free(sql);
    return end(p, err, e);
}

enum err part_policies(struct patient *p, struct error *e)
{
    struct trouble t = {0};
    struct buffer well = {0};
    const json_t *policies = json_object_get(p->facts, "policies");
    for (size_t i = 0; i < json_array_size(policies); i++) {
        const json_t *o = json_array_get(policies, i);
        const char *table = answer_text(o, "sql");
        int64_t visible = 0;
        buffer_printf(&well, "%s%s has %" PRId64 "%s", i > 0 ? ", " : "", table,
                      answer_number(o, "policies"), answer_flag(o, "is_forced") ? ", forced" : "");
        if (!answer_flag(o, "is_active"))
            continue;
        enum err err = count_visible(p, table, &visible, e);
        if (err == ERR_UNAVAILABLE) {
            buffer_fini(&well);
            buffer_fini(&t.found);
            buffer_fini(&t.mend);
            return err;
        }
        if (err != ERR_OK)
            trouble_add(&t,
                        "policies of %s hold for role %s; what they leave in sight was not to be "
                        "had in time",
                        table, p->role);
        else
            trouble_add(
                &t, "policies of %s leave role %s %" PRId64 "%s of about %" PRId64 " rows in sight",
                table, p->role, visible, visible == 100000 ? " or more" : "",
                answer_number(o, "rows"));
        PART_MEND(&t, embed_postgres_doctor_mend_bypass_sql, {"role", p->role});
    }
    if (well.len == 0)
        buffer_puts(&well, "none");
    else
        buffer_puts(&well, "; they do not hold for this role");
    const struct trouble_words words = {
        "policies", well.bytes, VERDICT_NO_COUNTS,
        "badged refuses to count what it cannot see: a badge would miss the hidden rows without a "
        "sign"};
    part_judge(p, &words, &t);
    buffer_fini(&well);
    return ERR_OK;
}
