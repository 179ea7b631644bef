#include "base/mem.h"
#include "doctor/part.h"
#include "doctor_sql.h"
#include "feed/postgres_answer.h"
#include "feed/postgres_preflight.h"
#include "store/migration.h"
#include "store/postgres_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- connecting ---- */

static void advise_connection(struct trouble *t, const struct error *why)
{
    if (strstr(why->message, "does not exist") != NULL)
        trouble_advise(t, "create it on the server, or name another with --database");
    else if (strstr(why->message, "a pooler is in between") != NULL)
        trouble_advise(t, "name the server itself with --database, or the pooler's port for whole "
                          "sessions: at Supabase 5432 and not 6543");
    else if (strstr(why->message, "password") != NULL || strstr(why->message, "pg_hba") != NULL)
        trouble_advise(t, "give the role's password in PGPASSWORD_FILE or ~/.pgpass, and have the "
                          "server's pg_hba.conf let it in from here");
    else
        trouble_advise(t, "pg_isready -d 'the URL' says whether a server listens there: start it, "
                          "open the firewall, or name another with --database");
}

static enum err connect(struct patient *p, struct error *e)
{
    struct error why;
    struct trouble t = {0};
    enum err err = session_open(p->options->postgres, SESSION_CONNECT_MS, &p->session, &why);
    if (err == ERR_BUSY) {
        *e = why;
        return err;
    }
    if (err == ERR_OK)
        return ERR_OK;
    trouble_add(&t, "%s", why.message);
    advise_connection(&t, &why);
    static const struct trouble_words words = {
        "connection", "", VERDICT_NO_COUNTS,
        "nothing is counted, and what was counted before grows stale, until it is there"};
    trouble_judge(p->checks, &words, &t);
    return ERR_OK;
}

static void say_where(struct patient *p)
{
    struct buffer well = {0};
    struct trouble none = {0};
    const char *version = PQparameterStatus(session_conn(p->session), "server_version");
    buffer_printf(&well, "PostgreSQL %s at %s, database %s, as role %s", version,
                  answer_text(p->facts, "where"), answer_text(p->facts, "database"), p->role);
    const struct trouble_words words = {"connection", well.bytes, VERDICT_OK, ""};
    part_judge(p, &words, &none);
    buffer_fini(&well);
}

/* ---- facts ---- */

static enum err read_facts(struct patient *p, json_t **ret, struct error *e)
{
    const struct definitions *d = p->options->definitions;
    json_t *tables = json_array();
    for (size_t i = 0; i < d->sources_count; i++)
        (void)json_array_append_new(tables, json_pack("{s:s, s:s}", "schema", d->sources[i].schema,
                                                      "table", d->sources[i].table));
    char *list = json_dumps(tables, JSON_COMPACT), idle[24];
    (void)snprintf(idle, sizeof(idle), "%u", 2 * p->options->poll_seconds + 5);
    const char *params[] = {list, migration_wanted(), idle};
    enum err err = answer_query(p->session, embed_postgres_doctor_facts_sql, params, 3, ret, e);
    free(list);
    json_decref(tables);
    return err;
}

static enum err preflight(struct patient *p, struct error *e)
{
    struct source_fault fault;
    struct checks found = {0};
    enum err err = preflight_run(p->session, p->options->definitions, p->options->publication,
                                 &found, &fault, e);
    if (err == ERR_OK && checks_worst(&found) < VERDICT_NO_STREAM)
        err = preflight_connect(p->options->postgres, &found, e);
    for (size_t i = 0; i < found.count; i++) {
        struct check *check = &found.list[i];
        if (check->verdict == VERDICT_NO_STREAM && !p->options->must_stream)
            check->verdict = VERDICT_WARNING;
        if (err != ERR_OK || !doctor_wants(p->options, check->name))
            continue;
        checks_add(p->checks, check);
        *check = (struct check){0}; /* its texts are the list's now */
    }
    checks_fini(&found);
    return err;
}

/* ---- what is locked ---- */

static void look_for_locks(const struct patient *p, struct trouble *t)
{
    const json_t *locks = json_object_get(p->facts, "locks");
    for (size_t i = 0; i < json_array_size(locks); i++) {
        const json_t *l = json_array_get(locks, i);
        const char *since = answer_text(l, "since");
        trouble_add(t, "process %s (%s, role %s) keeps %s from being read%s%s",
                    answer_text(l, "pid"), answer_text(l, "name"), answer_text(l, "role"),
                    answer_text(l, "table"), since != NULL ? ", since " : "",
                    since != NULL ? since : "");
        PART_MEND(t, embed_postgres_feed_mend_end_process_sql, {"pid", answer_text(l, "pid")});
    }
}

static void judge_locks(struct patient *p, struct trouble *t)
{
    static const struct trouble_words words = {
        "locks", "nobody keeps a table from being read", VERDICT_NO_COUNTS,
        "what badged follows goes on; nothing can be loaded, polled or looked at here until that "
        "transaction ends. Let it, or end it"};
    if (t->count > 0)
        trouble_judge(p->checks, &words, t);
    else
        part_judge(p, &words, t);
}

/* ---- whom to ask for ---- */

static enum err sample_tenants(struct patient *p, struct uuid *tenants, size_t *count,
                               struct error *e)
{
    const struct definitions *d = p->options->definitions;
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < d->sources_count; i++) {
        const struct source *s = &d->sources[i];
        char *table = part_table(p, s), *tenant = sql_identifier(s->tenant);
        const struct sql_variable variables[] = {
            {"tenant", tenant}, {"table", table}, {"where", s->where}};
        char *sql = sql_fill(embed_postgres_doctor_tenants_sql, variables, 3);
        PGresult *r = NULL;
        err = session_query(p->session, sql, NULL, 0, SESSION_QUERY_MS, &r, e);
        if (err != ERR_OK && err != ERR_UNAVAILABLE) {
            err = ERR_OK; /* others will do */
            r = NULL;
        }
        for (int row = 0; err == ERR_OK && row < PQntuples(r); row++) {
            struct uuid u;
            const char *text = PQgetvalue(r, row, 0);
            if (*count < PART_TENANTS_MAX && uuid_parse_stored(text, strlen(text), &u))
                tenants[(*count)++] = u;
        }
        PQclear(r);
        free(sql);
        free(table);
        free(tenant);
    }
    return err;
}

static enum err look_at_answers(struct patient *p, struct error *e)
{
    struct uuid tenants[PART_TENANTS_MAX];
    size_t count = 0;
    if (!doctor_wants(p->options, "answers"))
        return ERR_OK;
    if (checks_worst(p->checks) == VERDICT_NO_COUNTS || !part_is_served(p))
        return ERR_OK; /* skipped */
    enum err err = sample_tenants(p, tenants, &count, e);
    if (err == ERR_OK)
        part_answers(p, tenants, count);
    return err;
}

static enum err look_at_tables(struct patient *p, struct error *e)
{
    enum err err = part_indexes(p, e);
    return err == ERR_OK ? part_policies(p, e) : err;
}

static enum err look(struct patient *p, struct error *e)
{
    struct trouble locks = {0};
    say_where(p);
    look_for_locks(p, &locks);
    enum err err = locks.count == 0 ? preflight(p, e) : ERR_OK;
    if (err == ERR_BUSY && p->options->postgres->wake_fd < 0) { /* locked since */
        trouble_add(&locks, "%s", e->message);
        trouble_advise(&locks, "run this again: it says by whom");
        err = ERR_OK;
    }
    if (err == ERR_OK) {
        part_base_tables(p);
        part_own_tables(p);
        part_triggers(p);
        part_rows(p);
        err = locks.count == 0 ? look_at_tables(p, e) : ERR_OK;
    }
    if (err == ERR_OK)
        err = part_server(p, e);
    judge_locks(p, &locks);
    return err == ERR_OK ? look_at_answers(p, e) : err;
}

enum err part_postgres(struct patient *p, struct error *e)
{
    json_t *facts = NULL, *verification = NULL;
    enum err err = connect(p, e);
    if (err != ERR_OK || p->session == NULL)
        return err;
    err = session_query(p->session, embed_postgres_doctor_settings_sql, NULL, 0, SESSION_QUERY_MS,
                        NULL, e);
    if (err == ERR_OK)
        err = read_facts(p, &facts, e);
    if (err == ERR_OK)
        err = postgres_state_verify(p->session, &verification, e);
    /* What may not be looked into, or is locked: the check of that says so. */
    if (err == ERR_PREFLIGHT || (err == ERR_BUSY && facts != NULL))
        err = ERR_OK;
    if (err == ERR_OK) {
        p->facts = facts;
        p->role = answer_text(facts, "role");
        p->lacking = json_object_get(verification, "lacking");
        err = look(p, e);
    }
    json_decref(facts);
    json_decref(verification);
    session_close(p->session);
    return err;
}
