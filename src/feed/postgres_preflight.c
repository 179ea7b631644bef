#include "feed/postgres_preflight.h"

#include "base/mem.h"
#include "feed/postgres_catalog.h"
#include "feed/postgres_preflight_part.h"
#include "feed/postgres_survey.h"
#include "feed_postgres_sql.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

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
    struct source_fault where = {0};
    enum err err = pg_catalog_of(p->survey, d, &c, &where, &fault->why);
    if (err == ERR_OK)
        err = index_new(d, c.tables, c.tables_count, &index, &where, &fault->why);
    if (err == ERR_OK) {
        where.field = SPEC_WHERE;
        err = pg_catalog_predicate(p->session, p->survey, s, &c.tables[0], &where.offset,
                                   &fault->why);
    }
    fault->field = (int)where.field;
    fault->offset = where.offset;
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
        fault.source = i;
        if (err == ERR_OK || err == ERR_PREFLIGHT)
            continue; /* the check of rights says what may not be read */
        if (err != ERR_CONFIG && err != ERR_SCHEMA) {
            if (e != NULL)
                *e = fault.why;
            return err;
        }
        if (!p->has_fault)
            *p->fault =
                (struct source_fault){fault.source, (enum spec_field)fault.field, fault.offset};
        p->has_fault = true;
        bool is_table = fault.field == SPEC_TABLE || fault.field == SPEC_SCHEMA;
        add_fault(is_table ? &tables : fault.field == SPEC_WHERE ? &predicates : &columns, &fault);
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

/* Behind the server's own check. catalog may be NULL. */
static enum err run_others(struct preflight *p, struct pg_catalog *catalog, struct error *e)
{
    json_t *survey = NULL;
    char fingerprint[PG_FINGERPRINT_BYTES] = "";
    enum err err = catalog != NULL ? pg_catalog_survey(p->session, p->definitions, p->name, &survey,
                                                       fingerprint, e)
                                   : survey_read(p->session, p->definitions, p->name, &survey, e);
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
    if (err == ERR_OK && catalog != NULL && checks_worst(p->checks) < VERDICT_NO_STREAM) {
        err = pg_catalog_of(survey, p->definitions, catalog, p->fault, e);
        memcpy(catalog->fingerprint, fingerprint, sizeof(fingerprint));
    }
    json_decref(survey);
    return err;
}

static enum err run(struct session *s, const struct definitions *d, const char *publication,
                    struct checks *ret, struct pg_catalog *catalog, struct source_fault *fault,
                    struct error *e)
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
        err = run_others(&p, catalog, e);
    json_decref(server);
    if (err != ERR_OK)
        checks_fini(&checks);
    *ret = checks;
    return err;
}

enum err preflight_run(struct session *s, const struct definitions *d, const char *publication,
                       struct checks *ret, struct source_fault *fault, struct error *e)
{
    return run(s, d, publication, ret, NULL, fault, e);
}

enum err preflight_catalog(struct session *s, const struct definitions *d, const char *publication,
                           struct checks *ret, struct pg_catalog *catalog,
                           struct source_fault *fault, struct error *e)
{
    *catalog = (struct pg_catalog){0};
    return run(s, d, publication, ret, catalog, fault, e);
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
    static const struct trouble_words words = {
        "replication connection", "let in", VERDICT_NO_STREAM,
        "changes cannot be asked for; badged polls every few seconds instead"};
    trouble_judge(p.checks, &words, &t);
    return ERR_OK;
}
