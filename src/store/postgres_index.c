#include "store/postgres_index.h"

#include "base/clock.h"
#include "store/migration_sql.h"
#include "store/postgres_state.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TICK_MS = 1000,
};

/* One that is to be built. */
struct building {
    const char *name, *table, *size, *statement;
    const char *drop; /* NULL: nothing was left behind */
};

static struct building row_of(const PGresult *r, int i)
{
    return (struct building){
        .name = PQgetvalue(r, i, 0),
        .table = PQgetvalue(r, i, 1),
        .size = PQgetvalue(r, i, 2),
        .statement = PQgetvalue(r, i, 3),
        .drop = PQgetisnull(r, i, 4) ? NULL : PQgetvalue(r, i, 4),
    };
}

static enum err list(struct session *s, int number, PGresult **ret, struct error *e)
{
    char file[16];
    json_t *lacking = NULL;
    enum err err = postgres_state_lacking(s, &lacking, e);
    if (err != ERR_OK)
        return err;
    (void)snprintf(file, sizeof(file), "%d", number);
    char *text = json_dumps(lacking, JSON_COMPACT);
    const char *const params[] = {text, file};
    err = session_query(s, embed_postgres_migrate_indexes_sql, params, 2, SESSION_QUERY_MS, ret, e);
    free(text);
    json_decref(lacking);
    return err;
}

/* Say how far the server is; of no consequence when that cannot be had. */
static void tell_progress(struct session *watch, const char *pid, const struct building *b,
                          const struct migration_report *report)
{
    PGresult *r = NULL;
    if (watch == NULL || session_query(watch, embed_postgres_migrate_progress_sql, &pid, 1,
                                       SESSION_QUERY_MS, &r, NULL) != ERR_OK)
        return;
    if (PQntuples(r) == 1 && !PQgetisnull(r, 0, 2))
        migration_say(report,
                      "%s: waiting for process %s to end its transaction (writers are not held up)",
                      b->name, PQgetvalue(r, 0, 2));
    else if (PQntuples(r) == 1 && !PQgetisnull(r, 0, 1))
        migration_say(report, "%s: %s, %s %%", b->name, PQgetvalue(r, 0, 0), PQgetvalue(r, 0, 1));
    PQclear(r);
}

/* Run a statement that may take hours, telling every second how far it is. */
static enum err run_watched(struct session *s, struct session *watch, const char *sql,
                            const struct building *b, const struct migration_report *report,
                            struct error *e)
{
    char pid[16];
    (void)snprintf(pid, sizeof(pid), "%d", session_pid(s));
    enum err err = session_send(s, sql, NULL, 0, e);
    PGresult *r = NULL;
    int64_t told_ms = clock_ms();
    while (err == ERR_OK && r == NULL) {
        struct pollfd fd = {.fd = PQsocket(session_conn(s)), .events = POLLIN};
        (void)poll(&fd, 1, TICK_MS);
        err = session_answer(s, &r, e);
        if (err == ERR_OK && r == NULL && clock_ms() - told_ms >= TICK_MS) {
            tell_progress(watch, pid, b, report);
            told_ms = clock_ms();
        }
    }
    PQclear(r);
    return err;
}

static enum err build(struct session *s, struct session *watch, const struct building *b,
                      const struct migration_report *report, struct error *e)
{
    char hash[MIGRATION_HASH_BYTES];
    const struct migration as_file = {.sql = b->statement, .sql_len = strlen(b->statement)};
    migration_hash(&as_file, hash);
    const char *const params[] = {b->name, hash, BADGED_VERSION};
    int64_t started_ms = clock_ms();
    migration_say(report, "%s: building it beside the writers of %s (%s)", b->name, b->table,
                  b->size);
    enum err err = ERR_OK;
    if (b->drop != NULL)
        err = run_watched(s, watch, b->drop, b, report, e);
    if (err == ERR_OK)
        err = session_query(s, embed_postgres_migrate_building_sql, params, 3, SESSION_QUERY_MS,
                            NULL, e);
    if (err == ERR_OK)
        err = run_watched(s, watch, b->statement, b, report, e);
    if (err == ERR_OK)
        err = session_query(s, embed_postgres_migrate_built_sql, params, 1, SESSION_QUERY_MS, NULL,
                            e);
    if (err == ERR_OK)
        migration_say(report, "%s: built in %.1f s", b->name,
                      (double)(clock_ms() - started_ms) / 1000);
    else
        error_wrap(e, "building %s; run `badged migrate up` again to go on", b->name);
    return err;
}

enum err postgres_index_build(struct session *s, const struct session_options *o, int number,
                              const struct migration_report *report, bool *ret_is_unfinished,
                              struct error *e)
{
    PGresult *r = NULL;
    *ret_is_unfinished = false;
    enum err err = list(s, number, &r, e);
    if (err != ERR_OK)
        return err;
    struct session *watch = NULL;
    if (PQntuples(r) > 0 && session_open(o, SESSION_CONNECT_MS, &watch, NULL) != ERR_OK)
        watch = NULL; /* one connection is all there is, and will do */
    for (int i = 0; err == ERR_OK && i < PQntuples(r); i++) {
        struct building b = row_of(r, i);
        err = build(s, watch, &b, report, e);
        *ret_is_unfinished = *ret_is_unfinished || PQgetvalue(r, i, 5)[0] == 't';
    }
    session_close(watch);
    PQclear(r);
    return err;
}
