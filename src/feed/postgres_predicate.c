#include "feed/postgres_predicate.h"

#include "base/clock.h"
#include "feed/sql.h"
#include "feed_postgres_sql.h"

#include <stdlib.h>
#include <string.h>

/* The last result of a query under way, as the place in the text is not in an error. */
static enum err last_result(struct session *s, PGresult **ret, struct error *e)
{
    PGconn *conn = session_conn(s);
    int64_t deadline_ms = clock_ms() + SESSION_QUERY_MS;
    PGresult *last = NULL;
    enum err err = ERR_OK;
    for (;;) {
        int unsent = PQflush(conn);
        if (unsent < 0) {
            err = session_fail(s, NULL, e, "sending a query");
        } else if (unsent == 0 && !PQisBusy(conn)) {
            PGresult *r = PQgetResult(conn);
            if (r == NULL)
                break;
            PQclear(last);
            last = r;
            continue;
        }
        if (err == ERR_OK)
            err = session_wait(s, unsent > 0, deadline_ms, e);
        if (err == ERR_OK && PQconsumeInput(conn) != 1)
            err = session_fail(s, NULL, e, "reading an answer");
        if (err != ERR_OK) {
            PQclear(last);
            return err;
        }
    }
    *ret = last;
    return ERR_OK;
}

/* The byte at which a text's character of a number (from 1) begins. */
static size_t byte_of(const char *text, unsigned long number)
{
    size_t at = 0;
    for (unsigned long seen = 1; text[at] != '\0'; at++)
        if (((unsigned char)text[at] & 0xC0) != 0x80 && seen++ == number)
            break;
    return at;
}

static size_t offset_in(const char *sql, const char *where, const PGresult *r)
{
    static const char tail[] = ")"; /* what stands behind it in predicate.sql */
    size_t start = strlen(sql) - strlen(tail) - strlen(where);
    const char *position = PQresultErrorField(r, PG_DIAG_STATEMENT_POSITION);
    size_t at = position != NULL ? byte_of(sql, strtoul(position, NULL, 10)) : start;
    if (at < start)
        return 0;
    return at - start < strlen(where) ? at - start : strlen(where);
}

enum err pg_predicate_check(struct session *s, const char *table, const char *where, size_t *offset,
                            struct error *e)
{
    const struct sql_variable variables[] = {{"table", table}, {"where", where}};
    char *sql = sql_fill(embed_predicate_sql, variables, 2);
    PGresult *r = NULL;
    enum err err = ERR_OK;
    if (PQsendPrepare(session_conn(s), "", sql, 0, NULL) != 1)
        err = session_fail(s, NULL, e, "sending a query");
    if (err == ERR_OK)
        err = last_result(s, &r, e);
    if (err == ERR_OK && PQresultStatus(r) != PGRES_COMMAND_OK) {
        err = session_fail(s, r, e, "the server refused");
        const char *message = r != NULL ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;
        if (err == ERR_DATABASE && message != NULL) {
            *offset = offset_in(sql, where, r);
            err = error_set(e, ERR_CONFIG, "Postgres does not take it: %s", message);
        }
    }
    PQclear(r);
    free(sql);
    return err;
}
