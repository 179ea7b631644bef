#include "store/postgres.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/session.h"
#include "store/migration_sql.h"
#include "store/postgres_index.h"
#include "store/postgres_state.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

enum {
    AGAIN_MS = 250,           /* between two tries */
    TELL_MS = 5000,           /* between two lines that say it still waits */
    FILE_MS = 10 * 60 * 1000, /* no file takes so long: its indexes of large tables are left out */
    BASES = 2,
};

struct run {
    struct session *session;
    struct session_options session_options;
    const struct migration_report *report;
};

static enum err open_run(const struct store_postgres_options *o, struct run *ret, struct error *e)
{
    *ret = (struct run){
        .session_options = {.conninfo = o->conninfo, .password = o->password, .wake_fd = -1},
        .report = o->report};
    return session_open(&ret->session_options, SESSION_CONNECT_MS, &ret->session, e);
}

static void pause_ms(int ms)
{
    (void)poll(NULL, 0, ms);
}

/* Where that fails the session is of no use any more, and what comes next says so. */
static void roll_back(struct run *run)
{
    if (session_query(run->session, "ROLLBACK", NULL, 0, SESSION_QUERY_MS, NULL, NULL) != ERR_OK)
        return;
}

/* ---- one at a time ---- */

static void describe_holder(struct run *run, char *out, size_t room)
{
    PGresult *r = NULL;
    (void)snprintf(out, room, "another one");
    if (session_query(run->session, embed_postgres_migrate_holder_sql, NULL, 0, SESSION_QUERY_MS,
                      &r, NULL) != ERR_OK)
        return;
    if (PQntuples(r) == 1)
        (void)snprintf(out, room, "that of process %s (%.40s)", PQgetvalue(r, 0, 0),
                       PQgetvalue(r, 0, 1));
    PQclear(r);
}

static enum err take_lock(struct run *run, struct error *e)
{
    int64_t started_ms = clock_ms(), told_ms = started_ms - TELL_MS;
    for (;;) {
        PGresult *r = NULL;
        enum err err = session_query(run->session, embed_postgres_migrate_lock_sql, NULL, 0,
                                     SESSION_QUERY_MS, &r, e);
        if (err != ERR_OK)
            return err;
        bool is_taken = PQgetvalue(r, 0, 0)[0] == 't';
        PQclear(r);
        if (is_taken)
            return ERR_OK;
        char holder[80];
        describe_holder(run, holder, sizeof(holder));
        if (clock_ms() - started_ms > STORE_POSTGRES_WAIT_MS)
            return error_set(e, ERR_BUSY,
                             "another migration of this database, %s, did not end within %d s: let "
                             "it end, and run this again",
                             holder, STORE_POSTGRES_WAIT_MS / 1000);
        if (clock_ms() - told_ms >= TELL_MS) {
            migration_say(run->report, "waiting for another migration to end: %s", holder);
            told_ms = clock_ms();
        }
        pause_ms(AGAIN_MS);
    }
}

/* ---- one file ---- */

static void describe_blocker(struct run *run, char *out, size_t room)
{
    PGresult *r = NULL;
    (void)snprintf(out, room, "somebody");
    if (session_query(run->session, embed_postgres_migrate_in_the_way_sql, NULL, 0,
                      SESSION_QUERY_MS, &r, NULL) != ERR_OK)
        return;
    if (PQntuples(r) == 1)
        (void)snprintf(out, room, "process %s (%.40s, role %.40s), in a transaction for %s s,",
                       PQgetvalue(r, 0, 0), PQgetvalue(r, 0, 1), PQgetvalue(r, 0, 2),
                       PQgetvalue(r, 0, 3));
    PQclear(r);
}

static enum err record(struct run *run, const struct migration *m, struct error *e)
{
    char hash[MIGRATION_HASH_BYTES];
    migration_hash(m, hash);
    const char *const params[] = {m->name, hash, BADGED_VERSION};
    return session_query(run->session, embed_postgres_migrate_record_sql, params, 3,
                         SESSION_QUERY_MS, NULL, e);
}

static enum err run_transaction(struct run *run, const struct migration *m, struct error *e)
{
    struct buffer sql = {0};
    size_t len;
    const char *body = migration_body(m, &len);
    buffer_add(&sql, body, len);
    enum err err = session_query(run->session, "BEGIN", NULL, 0, SESSION_QUERY_MS, NULL, e);
    if (err == ERR_OK)
        err = session_query(run->session, sql.bytes, NULL, 0, FILE_MS, NULL, e);
    if (err == ERR_OK)
        err = session_query(run->session, "COMMIT", NULL, 0, FILE_MS, NULL, e);
    else if (err != ERR_UNAVAILABLE)
        roll_back(run);
    buffer_fini(&sql);
    return err;
}

static enum err run_until_free(struct run *run, const struct migration *m, struct error *e)
{
    int64_t started_ms = clock_ms(), told_ms = started_ms;
    for (;;) {
        enum err err = run_transaction(run, m, e);
        if (err != ERR_BUSY)
            return err;
        char blocker[160];
        describe_blocker(run, blocker, sizeof(blocker));
        if (clock_ms() - started_ms > STORE_POSTGRES_WAIT_MS)
            return error_set(e, ERR_BUSY,
                             "%s keeps a table that is to be changed, for longer than %d s: let it "
                             "end its transaction, and run this again",
                             blocker, STORE_POSTGRES_WAIT_MS / 1000);
        if (clock_ms() - told_ms >= TELL_MS) {
            migration_say(run->report, "%s: waiting, as %s keeps a table", m->name, blocker);
            told_ms = clock_ms();
        }
        pause_ms(AGAIN_MS);
    }
}

/* Recorded last: what is broken off is run again, and finds done what was done. */
static enum err apply(struct run *run, const struct migration *m, struct error *e)
{
    int64_t started_ms = clock_ms();
    bool is_unfinished = false;
    enum err err = run_until_free(run, m, e);
    if (err == ERR_OK)
        err = postgres_index_build(run->session, &run->session_options, m->number, run->report,
                                   &is_unfinished, e);
    if (err == ERR_OK && is_unfinished)
        err = run_until_free(run, m, e);
    if (err == ERR_OK)
        err = record(run, m, e);
    if (err == ERR_OK)
        migration_say(run->report, "%s: applied in %.1f s", m->name,
                      (double)(clock_ms() - started_ms) / 1000);
    else
        error_wrap(e, "%s", m->name);
    return err;
}

/* ---- all files ---- */

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

/* The tables are of use without it. */
static bool is_publication(const struct migration *m)
{
    return m->number == 95;
}

static void say_left_out(struct run *run, const struct migration *m, const char *why)
{
    migration_say(run->report,
                  "%s: left out, as %s; badges are counted without it, by polling; `badged migrate "
                  "export` writes the file for somebody who may apply it",
                  m->name, why);
}

/* Whether the publication is left out, which is said. */
static enum err is_left_out(struct run *run, const struct migration *m, bool *ret, struct error *e)
{
    *ret = false;
    if (!is_publication(m))
        return ERR_OK;
    PGresult *r = NULL;
    enum err err = session_query(run->session, embed_postgres_migrate_may_publish_sql, NULL, 0,
                                 SESSION_QUERY_MS, &r, e);
    if (err != ERR_OK)
        return err;
    *ret = !PQgetisnull(r, 0, 0);
    if (*ret)
        say_left_out(run, m, PQgetvalue(r, 0, 0));
    PQclear(r);
    return ERR_OK;
}

static enum err check_bases(const struct postgres_bases *bases, struct error *e)
{
    if (bases->bases_count != 1)
        return ERR_OK;
    return error_set(e, ERR_SCHEMA,
                     "of the tables public.tenants and public.tenant_sites, which badge tables "
                     "refer to, one is there and one is not: create it, or have "
                     "060_base_tables.sql add it, which `badged migrate export` writes");
}

static enum err check_role(struct run *run, bool has_record, struct error *e)
{
    PGresult *r = NULL;
    const char *params[] = {has_record ? "true" : "false"};
    enum err err = session_query(run->session, embed_postgres_migrate_may_migrate_sql, params, 1,
                                 SESSION_QUERY_MS, &r, e);
    if (err == ERR_OK && !PQgetisnull(r, 0, 0))
        err = error_set(e, ERR_PREFLIGHT, "%s", PQgetvalue(r, 0, 0));
    PQclear(r);
    return err;
}

static enum err make_record(struct run *run, struct error *e)
{
    enum err err = session_query(run->session, embed_postgres_migrate_make_record_sql, NULL, 0,
                                 SESSION_QUERY_MS, NULL, e);
    if (err == ERR_OK)
        return err;
    roll_back(run);
    error_wrap(e, "making public.badged_migrations");
    return err;
}

static void say_plan(struct run *run, const struct migration *m, const char *state)
{
    migration_say(run->report, "would apply %s (%s)", m->name, state);
}

static enum err go_through(struct run *run, const json_t *status, int to, bool is_dry_run,
                           struct error *e)
{
    size_t count, done = 0;
    const struct migration *list = migrations_postgres(&count);
    for (size_t i = 0; i < count && list[i].number <= to; i++) {
        const struct migration *m = &list[i];
        const char *state = text_of(json_array_get(status, i), "state");
        bool is_out = false;
        if (strcmp(state, "applied") == 0 || strcmp(state, "not needed") == 0)
            continue;
        enum err err = is_left_out(run, m, &is_out, e);
        if (err != ERR_OK)
            return err;
        if (is_out)
            continue;
        done++;
        if (strcmp(state, "changed") == 0)
            migration_say(run->report,
                          "%s: applied before as another text; it adds what is new in this one",
                          m->name);
        if (strcmp(state, "incomplete") == 0)
            migration_say(run->report, "%s: applied before, and something of it is gone", m->name);
        if (is_dry_run)
            say_plan(run, m, state);
        else
            err = apply(run, m, e);
        if (is_publication(m) && err != ERR_OK && err != ERR_UNAVAILABLE) {
            say_left_out(run, m, e->message);
            err = ERR_OK;
        }
        if (err != ERR_OK)
            return err;
    }
    if (done == 0)
        migration_say(run->report, "nothing to do");
    return ERR_OK;
}

static enum err prepare(struct run *run, bool is_dry_run, struct error *e)
{
    struct postgres_bases bases;
    enum err err = session_query(run->session, embed_postgres_migrate_settings_sql, NULL, 0,
                                 SESSION_QUERY_MS, NULL, e);
    if (err == ERR_OK && !is_dry_run)
        err = take_lock(run, e);
    if (err == ERR_OK)
        err = postgres_state_bases(run->session, &bases, e);
    if (err == ERR_OK)
        err = check_role(run, bases.has_record, e);
    if (err == ERR_OK)
        err = check_bases(&bases, e);
    if (err == ERR_OK && !bases.has_record && !is_dry_run)
        err = make_record(run, e);
    return err;
}

enum err store_postgres_up(const struct store_postgres_options *o, int to, bool is_dry_run,
                           struct error *e)
{
    struct run run = {0};
    json_t *status = NULL;
    size_t count;
    const struct migration *list = migrations_postgres(&count);
    enum err err = migration_check_number(list, count, to, e);
    if (err != ERR_OK)
        return err;
    err = open_run(o, &run, e);
    if (err == ERR_OK)
        err = prepare(&run, is_dry_run, e);
    if (err == ERR_OK)
        err = postgres_state_status(run.session, &status, e);
    if (err == ERR_OK)
        err = go_through(&run, status, to, is_dry_run, e);
    json_decref(status);
    session_close(run.session);
    return err;
}

enum err store_postgres_status(const struct store_postgres_options *o, json_t **ret,
                               struct error *e)
{
    struct run run = {0};
    enum err err = open_run(o, &run, e);
    if (err == ERR_OK)
        err = postgres_state_status(run.session, ret, e);
    session_close(run.session);
    return err;
}

enum err store_postgres_verify(const struct store_postgres_options *o, json_t **ret,
                               struct error *e)
{
    struct run run = {0};
    enum err err = open_run(o, &run, e);
    if (err == ERR_OK)
        err = postgres_state_verify(run.session, ret, e);
    session_close(run.session);
    return err;
}
