#include "feed/postgres_predicate.h"

#include "base/clock.h"
#include "feed/sql.h"
#include "feed_postgres_sql.h"

#include <stdlib.h>
#include <string.h>

/* The last result of what was sent. session_query would keep of it only what its error says, which
 * the place in the text is not. */
static enum err last_result(struct session *s, PGresult **ret, struct error *e)
{
    int64_t deadline_ms = clock_ms() + SESSION_QUERY_MS;
    PGresult *last = NULL, *r = NULL;
    enum err err;
    while ((err = session_result(s, deadline_ms, &r, e)) == ERR_OK && r != NULL) {
        PQclear(last);
        last = r;
    }
    if (err == ERR_OK)
        *ret = last;
    else
        PQclear(last);
    return err;
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
