#include "feed/postgres_preflight.h"

#include "base/mem.h"
#include "feed/postgres_catalog.h"
#include "feed/postgres_preflight_part.h"
#include "feed/postgres_survey.h"
#include "feed_postgres_sql.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
    TROUBLE_SHOWN_MAX = 5 /* of what was found; what mends it is shown whole */
};

/* ---- what the parts have in common ---- */

PRINTF_LIKE(2, 0)
static void add_line(struct buffer *b, const char *fmt, va_list args)
{
    char *line = NULL;
    int n = vasprintf(&line, fmt, args);
    assert(n >= 0);
    if (b->len > 0)
        buffer_puts(b, "\n");
    buffer_puts(b, line);
    free(line);
}

void trouble_add(struct trouble *t, const char *fmt, ...)
{
    if (t->count++ >= TROUBLE_SHOWN_MAX)
        return;
    va_list args;
    va_start(args, fmt);
    add_line(&t->found, fmt, args);
    va_end(args);
}

void trouble_advise(struct trouble *t, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    add_line(&t->mend, fmt, args);
    va_end(args);
}

void trouble_mend(struct trouble *t, const char *template, const struct sql_variable *variables,
                  size_t n)
{
    char *sql = sql_fill(template, variables, n);
    bool is_there = t->mend.len > 0 && strstr(t->mend.bytes, sql) != NULL;
    if (!is_there)
        trouble_advise(t, "%s;", sql);
    free(sql);
}

void preflight_skip(struct preflight *p, const char *name, const char *why)
{
    const struct check check = {
        .name = name, .is_skipped = true, .found = mem_text(why, strlen(why))};
    checks_add(p->checks, &check);
}

void preflight_judge(struct preflight *p, const struct preflight_words *words, struct trouble *t)
{
    struct check check = {.name = words->name};
    if (t->count > TROUBLE_SHOWN_MAX)
        buffer_printf(&t->found, "\nand %zu more", t->count - TROUBLE_SHOWN_MAX);
    if (t->count > 0) {
        check.verdict = words->verdict;
        check.found = buffer_take(&t->found);
        check.means = mem_text(words->means, strlen(words->means));
        check.mend = buffer_take(&t->mend);
    } else {
        check.found = mem_text(words->well, strlen(words->well));
    }
    checks_add(p->checks, &check);
    buffer_fini(&t->found);
    buffer_fini(&t->mend);
    *t = (struct trouble){0};
}

const json_t *preflight_table(const struct preflight *p, size_t i)
{
    return json_array_get(json_object_get(p->survey, "tables"), i);
}

const json_t *preflight_relation(const json_t *table, size_t i)
{
    bool is_table = answer_is(table, "kind", "r") || answer_is(table, "kind", "p");
    return is_table ? json_array_get(json_object_get(table, "relations"), i) : NULL;
}

char *preflight_list(const json_t *table, const json_t *names)
{
    const json_t *columns = json_object_get(table, "columns");
    struct buffer list = {0};
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        const json_t *column = answer_named(columns, name);
        buffer_printf(&list, "%s%s", i > 0 ? ", " : "",
                      column != NULL ? answer_text(column, "sql") : name);
    }
    return buffer_take(&list);
}

static void add_names(json_t *list, const json_t *names)
{
    for (size_t i = 0; i < json_array_size(names); i++)
        if (!answer_has(list, json_string_value(json_array_get(names, i))))
            (void)json_array_append(list, json_array_get(names, i));
}

json_t *preflight_published(const json_t *table)
{
    json_t *list = json_array();
    add_names(list, survey_key(table));
    for (size_t i = 0; preflight_relation(table, i) != NULL; i++)
        add_names(list, survey_identity(preflight_relation(table, i)));
    add_names(list, json_object_get(table, "needed"));
    return list;
}

/* ---- definitions ---- */

static void add_fault(struct check *check, const struct check_fault *fault)
{
    for (size_t i = 0; i < check->faults_count; i++)
        if (strcmp(check->faults[i].why.message, fault->why.message) == 0)
            return; /* of a table that several sources count */
    check->faults = mem_grow(check->faults, check->faults_count + 1, sizeof(*check->faults));
    check->faults[check->faults_count++] = *fault;
}

/* A set with this source alone, so that binding it leaves alone what is bound to an index. */
static struct definitions *copy_source(const struct source *s)
{
    const struct source_spec source = {s->schema, s->table,    s->tenant,
                                       s->where,  s->distinct, s->order};
    const struct badge_spec badge = {.name = "one", .count = &source, .count_len = 1};
    struct definitions *d = definitions_new();
    struct spec_fault fault;
    struct error error;
    enum err err = definitions_add(d, &badge, &fault, &error);
    assert(err == ERR_OK); /* it was taken before */
    return d;
}

static enum err look_at_source(const struct preflight *p, const struct source *s,
                               struct check_fault *fault)
{
    struct definitions *d = copy_source(s);
    struct pg_catalog c = {0};
    struct index *index = NULL;
    enum err err = pg_catalog_of(p->survey, d, &c, &fault->where, &fault->why);
    if (err == ERR_OK)
        err = index_new(d, c.tables, c.tables_count, &index, &fault->where, &fault->why);
    if (err == ERR_OK) {
        fault->where.field = SPEC_WHERE;
        err = pg_catalog_predicate(p->session, p->survey, s, &c.tables[0], &fault->where.offset,
                                   &fault->why);
    }
    index_free(index);
    pg_catalog_fini(&c);
    definitions_free(d);
    return err;
}

static void judge_definitions(struct preflight *p, struct check *check, const char *well,
                              const char *mend)
{
    struct buffer found = {0};
    for (size_t i = 0; i < check->faults_count; i++)
        buffer_printf(&found, "%s%s", i > 0 ? "\n" : "", check->faults[i].why.message);
    if (check->faults_count > 0) {
        static const char means[] = "nothing is counted until all badges can be";
        check->verdict = VERDICT_NO_COUNTS;
        check->means = mem_text(means, strlen(means));
        check->mend = mem_text(mend, strlen(mend));
    } else {
        buffer_puts(&found, well);
    }
    check->found = buffer_take(&found);
    checks_add(p->checks, check);
}

enum err preflight_definitions(struct preflight *p, struct error *e)
{
    struct check tables = {.name = "tables"}, columns = {.name = "columns"},
                 predicates = {.name = "predicates"};
    for (size_t i = 0; i < p->definitions->sources_count; i++) {
        struct check_fault fault = {0};
        enum err err = look_at_source(p, &p->definitions->sources[i], &fault);
        fault.where.source = i;
        if (err == ERR_OK || err == ERR_PREFLIGHT)
            continue; /* the check of rights says what may not be read */
        if (err != ERR_CONFIG && err != ERR_SCHEMA) {
            if (e != NULL)
                *e = fault.why;
            return err;
        }
        if (!p->has_fault)
            *p->fault = fault.where;
        p->has_fault = true;
        bool is_table = fault.where.field == SPEC_TABLE || fault.where.field == SPEC_SCHEMA;
        add_fault(is_table                          ? &tables
                  : fault.where.field == SPEC_WHERE ? &predicates
                                                    : &columns,
                  &fault);
    }
    judge_definitions(
        p, &tables, "all are there",
        "create what is missing (`badged migrate up` makes the tables of the built-in "
        "badges), or name another table in the badge's definition");
    judge_definitions(p, &columns, "all are there, and of types that suit",
                      "name another column in the badge's definition, or change the table's");
    judge_definitions(p, &predicates, "badged and Postgres take them",
                      "change the predicate in the badge's definition");
    return ERR_OK;
}

/* ---- all of it ---- */

/* Behind the server's own check. */
static enum err run_others(struct preflight *p, struct error *e)
{
    json_t *survey = NULL;
    enum err err = survey_read(p->session, p->definitions, p->name, &survey, e);
    if (err != ERR_OK)
        return err;
    p->survey = survey;
    p->publication = answer_text(survey, "publication_sql");
    err = preflight_definitions(p, e);
    if (err == ERR_OK) {
        preflight_rights(p);
        preflight_replication(p);
        preflight_identities(p);
        preflight_publication(p);
        preflight_long_values(p);
        preflight_surroundings(p);
    }
    json_decref(survey);
    return err;
}

enum err preflight_run(struct session *s, const struct definitions *d, const char *publication,
                       struct checks *ret, struct source_fault *fault, struct error *e)
{
    json_t *server = NULL;
    struct checks checks = {0};
    *fault = (struct source_fault){0};
    *ret = (struct checks){0};
    enum err err = answer_query(s, embed_server_sql, NULL, 0, &server, e);
    if (err != ERR_OK)
        return err;
    struct preflight p = {.session = s,
                          .definitions = d,
                          .name = publication,
                          .server = server,
                          .role = answer_text(json_object_get(server, "role"), "sql"),
                          .checks = &checks,
                          .fault = fault};
    preflight_server(&p);
    /* One that is too old, or that cannot take these texts, has no answer to the rest. */
    if (checks_worst(&checks) < VERDICT_NO_COUNTS)
        err = run_others(&p, e);
    json_decref(server);
    if (err != ERR_OK)
        checks_fini(&checks);
    *ret = checks;
    return err;
}

enum err preflight_connect(const struct session_options *o, struct checks *ret, struct error *e)
{
    struct session_options replicating = *o;
    replicating.is_replication = true;
    struct preflight p = {.checks = ret};
    struct trouble t = {0};
    struct session *s = NULL;
    struct error why;
    enum err err = session_open(&replicating, SESSION_CONNECT_MS, &s, &why);
    if (err == ERR_OK)
        err = session_query(s, "IDENTIFY_SYSTEM", NULL, 0, SESSION_QUERY_MS, NULL, &why);
    session_close(s);
    if (err == ERR_BUSY) {
        if (e != NULL)
            *e = why;
        return err;
    }
    if (err != ERR_OK) {
        trouble_add(&t, "%s", why.message);
        trouble_advise(&t,
                       "connect to the server itself and not through a pooler (PgBouncer passes "
                       "replication on from version 1.23), from an address that its pg_hba.conf "
                       "lets in");
    }
    static const struct preflight_words words = {
        "replication connection", "let in", VERDICT_NO_STREAM,
        "changes cannot be asked for; badged polls every few seconds instead"};
    preflight_judge(&p, &words, &t);
    return ERR_OK;
}
