#include "base/session.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base_sql.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct session {
    PGconn *conn;
    int wake_fd;
    PGresult *answer; /* of session_send, as far as it has come in */
};

/* What every session has set, beside what is given when it connects. */
static const char settings[] =
    "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres';"
    "SET extra_float_digits = 3; SET bytea_output = 'hex'; SET standard_conforming_strings = on;"
    "SET transform_null_equals = off; SET row_security = off; SET search_path = pg_catalog;"
    "SET lock_timeout = 10000; SET statement_timeout = 0;"
    "SET idle_in_transaction_session_timeout = 0; SET idle_session_timeout = 0; SET jit = off;"
    "SET default_transaction_isolation = 'read committed'; SET default_transaction_read_only = on;"
    "SET default_transaction_deferrable = off;"
    "SET client_connection_check_interval = 2000; SET tcp_keepalives_idle = 10;"
    "SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; SET tcp_user_timeout = 15000;"
    /* What not every server has: a limit from 17 on; and, from some fix of each version on, that a
     * view or a foreign table, which may run anybody's functions, cannot take a table's place
     * between the look at it and its load (as CVE-2024-7348 has it for pg_dump). */
    "SELECT pg_catalog.set_config(name, CASE name WHEN 'transaction_timeout' THEN '0'"
    " ELSE 'view, foreign-table' END, false) FROM pg_catalog.pg_settings"
    " WHERE name IN ('transaction_timeout', 'restrict_nonsystem_relation_kind')";
static const char sender_settings[] = "SET wal_sender_timeout = 30000";

static_assert(SESSION_LOCK_MS == 10000 && SESSION_UNREACHABLE_MS == 15000 &&
                  SESSION_SENDER_MS == 30000,
              "the texts above say the same");

/* ---- errors ---- */

static enum err code_of(const char *sqlstate)
{
    static const struct {
        const char *start;
        enum err code;
    } codes[] = {
        {"08", ERR_UNAVAILABLE},    {"57P01", ERR_UNAVAILABLE}, {"57P02", ERR_UNAVAILABLE},
        {"57P03", ERR_UNAVAILABLE}, {"57P05", ERR_UNAVAILABLE}, {"53300", ERR_UNAVAILABLE},
        {"55P03", ERR_BUSY},        {"40001", ERR_BUSY},        {"40P01", ERR_BUSY},
        {"57014", ERR_BUSY},        {"42P01", ERR_SCHEMA},      {"3F000", ERR_SCHEMA},
        {"42501", ERR_PREFLIGHT},   {"53100", ERR_FULL},
    };
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (strncmp(sqlstate, codes[i].start, strlen(codes[i].start)) == 0)
            return codes[i].code;
    return ERR_DATABASE;
}

/* One line, without the line break that libpq ends its messages with. */
static void flatten(const char *message, char *out, size_t room)
{
    size_t n = 0;
    for (; *message != '\0' && n + 3 < room; message++) {
        if (*message != '\n' && *message != '\t')
            out[n++] = *message;
        else if (message[1] != '\0' && n > 0 && out[n - 1] != ' ')
            out[n++] = ' ';
    }
    while (n > 0 && (out[n - 1] == ' ' || out[n - 1] == '\n'))
        n--;
    out[n] = '\0';
}

enum err session_fail(struct session *s, const PGresult *r, struct error *e, const char *fmt, ...)
{
    char what[256], why[ERROR_MESSAGE_BYTES_MAX / 2];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    const char *sqlstate = r != NULL ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
    const char *primary = r != NULL ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    flatten(primary != NULL ? primary : PQerrorMessage(s->conn), why, sizeof(why));
    enum err code = sqlstate != NULL ? code_of(sqlstate) : ERR_UNAVAILABLE;
    if (PQstatus(s->conn) == CONNECTION_BAD)
        code = ERR_UNAVAILABLE;
    if (sqlstate == NULL)
        return error_set(e, code, "%s: %s", what, why[0] != '\0' ? why : "the connection was lost");
    (void)error_set(e, code, "%s: %s (%s)", what, why, sqlstate);
    if (e != NULL)
        e->cause = error_sqlstate(sqlstate);
    return code;
}

/* ---- waiting ---- */

enum err session_wait(struct session *s, bool want_write, int64_t deadline_ms, struct error *e)
{
    struct pollfd fds[] = {
        {.fd = PQsocket(s->conn), .events = (short)(POLLIN | (want_write ? POLLOUT : 0))},
        {.fd = s->wake_fd, .events = POLLIN}};
    for (;;) {
        int64_t left_ms = deadline_ms - clock_ms();
        if (left_ms <= 0)
            return error_set(e, ERR_UNAVAILABLE, "the server did not answer in time");
        int n = poll(fds, 2, left_ms > INT32_MAX ? INT32_MAX : (int)left_ms);
        if (n < 0 && errno != EINTR)
            return error_set_errno(e, errno, "waiting for the server");
        if (n > 0 && fds[1].revents != 0)
            return error_set(e, ERR_BUSY, "stopping");
        if (n > 0)
            return ERR_OK;
    }
}

/* ---- opening ---- */

static void ignore_notice(void *context, const PGresult *r)
{
    (void)context;
    (void)r;
}

static enum err connect_to_end(struct session *s, int64_t deadline_ms, struct error *e)
{
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    while (next != PGRES_POLLING_OK) {
        if (next == PGRES_POLLING_FAILED || PQstatus(s->conn) == CONNECTION_BAD)
            return session_fail(s, NULL, e, "connecting");
        /* Waiting to write alone: a socket that has been refused is readable as well. */
        enum err err = session_wait(s, next == PGRES_POLLING_WRITING, deadline_ms, e);
        if (err != ERR_OK) {
            error_wrap(e, "connecting");
            return err;
        }
        next = PQconnectPoll(s->conn);
    }
    return ERR_OK;
}

/* Connected, and nothing set yet. */
static enum err connect_as(const struct session_options *o, int64_t deadline_ms,
                           struct session **ret, struct error *e)
{
    /* What stands before dbname yields to the user's text; what stands behind it does not. */
    const char *const keywords[] = {"fallback_application_name",
                                    "keepalives_idle",
                                    "keepalives_interval",
                                    "keepalives_count",
                                    "tcp_user_timeout",
                                    "dbname",
                                    "client_encoding",
                                    "password",
                                    "replication",
                                    NULL};
    const char *values[] = {"badged",    "10",   "5",         "3",        "15000",
                            o->conninfo, "UTF8", o->password, "database", NULL};
    const char *used[sizeof(values) / sizeof(values[0])],
        *names[sizeof(values) / sizeof(values[0])];
    size_t n = 0;
    for (size_t i = 0; keywords[i] != NULL; i++) {
        bool is_left_out = values[i] == NULL || (!o->is_replication && keywords[i][0] == 'r');
        if (is_left_out)
            continue;
        names[n] = keywords[i];
        used[n++] = values[i];
    }
    names[n] = used[n] = NULL;
    struct session *s = mem_zero(1, sizeof(*s));
    s->wake_fd = o->wake_fd;
    s->conn = PQconnectStartParams(names, used, 1);
    assert(s->conn != NULL);
    (void)PQsetNoticeReceiver(s->conn, ignore_notice, NULL);
    enum err err = connect_to_end(s, deadline_ms, e);
    if (err == ERR_OK && PQsetnonblocking(s->conn, 1) != 0)
        err = session_fail(s, NULL, e, "connecting");
    if (err != ERR_OK) {
        session_close(s);
        return err;
    }
    *ret = s;
    return ERR_OK;
}

/* The server's process that answers now, 0 when none does. */
static int process_now(struct session *s, int64_t deadline_ms)
{
    PGresult *r = NULL;
    int64_t left_ms = deadline_ms - clock_ms();
    if (session_query(s, embed_postgres_session_process_sql, NULL, 0,
                      left_ms > 0 ? (int)left_ms : 0, &r, NULL) != ERR_OK)
        return 0;
    int pid = PQntuples(r) == 1 ? (int)strtol(PQgetvalue(r, 0, 0), NULL, 10) : 0;
    PQclear(r);
    return pid;
}

/* A pooler that lends out its connections for one transaction each would hand what badged sets, as
 * its search_path, to the programs that come after it, and forget it for badged. Behind one, the
 * process that answers is not the one that was announced, and two connections get the same one, or
 * each gets another in turn. One that keeps a connection for whom it was lent to resets it
 * afterwards, and does no harm. */
static enum err refuse_shared(struct session *s, const struct session_options *o,
                              int64_t deadline_ms, struct error *e)
{
    int first = process_now(s, deadline_ms);
    if (first == PQbackendPID(s->conn) || first == 0)
        return ERR_OK;
    struct session *other = NULL;
    int64_t soon_ms = clock_ms() + (deadline_ms - clock_ms()) / 2;
    if (connect_as(o, soon_ms, &other, NULL) != ERR_OK)
        return ERR_OK; /* there is but one connection: nobody shares it */
    int second = process_now(other, soon_ms);
    bool is_shared = second != 0 && (second == first || process_now(other, soon_ms) != second ||
                                     process_now(s, deadline_ms) != first);
    session_close(other);
    if (!is_shared)
        return ERR_OK;
    return error_set(e, ERR_UNAVAILABLE,
                     "connecting: a pooler is in between that lends its connections for one "
                     "transaction each, and would hand badged's settings on to other programs: "
                     "name the server itself, or the pooler's port for whole sessions");
}

enum err session_open(const struct session_options *o, int timeout_ms, struct session **ret,
                      struct error *e)
{
    struct session *s = NULL;
    int64_t deadline_ms = clock_ms() + timeout_ms;
    enum err err = connect_as(o, deadline_ms, &s, e);
    if (err != ERR_OK)
        return err;
    if (!o->is_replication) /* which a pooler lends to nobody else */
        err = refuse_shared(s, o, deadline_ms, e);
    int64_t left_ms = deadline_ms - clock_ms();
    if (err == ERR_OK)
        err = session_query(s, settings, NULL, 0, left_ms > 1000 ? (int)left_ms : 1000, NULL, e);
    if (err == ERR_OK && o->is_replication)
        err = session_query(s, sender_settings, NULL, 0, left_ms > 1000 ? (int)left_ms : 1000, NULL,
                            e);
    if (err != ERR_OK) {
        session_close(s);
        return err;
    }
    *ret = s;
    return ERR_OK;
}

void session_close(struct session *s)
{
    if (s == NULL)
        return;
    PQclear(s->answer);
    PQfinish(s->conn);
    free(s);
}

void session_forget_wake(struct session *s)
{
    s->wake_fd = -1;
}

PGconn *session_conn(struct session *s)
{
    return s->conn;
}

int session_pid(struct session *s)
{
    return PQbackendPID(s->conn);
}

/* ---- queries ---- */

enum err session_send(struct session *s, const char *sql, const char *const *params,
                      size_t params_count, struct error *e)
{
    int sent = params == NULL ? PQsendQuery(s->conn, sql)
                              : PQsendQueryParams(s->conn, sql, (int)params_count, NULL, params,
                                                  NULL, NULL, 0);
    if (sent != 1 || PQflush(s->conn) < 0)
        return session_fail(s, NULL, e, "sending a query");
    return ERR_OK;
}

static bool is_failure(const PGresult *r)
{
    ExecStatusType status = PQresultStatus(r);
    return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE ||
           status == PGRES_NONFATAL_ERROR;
}

static bool is_copy(const PGresult *r)
{
    ExecStatusType status = PQresultStatus(r);
    return status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH || status == PGRES_COPY_IN;
}

enum err session_answer(struct session *s, PGresult **ret, struct error *e)
{
    *ret = NULL;
    if (PQflush(s->conn) < 0 || PQconsumeInput(s->conn) != 1)
        return session_fail(s, NULL, e, "reading an answer");
    while (!PQisBusy(s->conn)) {
        PGresult *r = PQgetResult(s->conn);
        if (r != NULL) {
            PQclear(s->answer);
            s->answer = r;
            continue;
        }
        *ret = s->answer;
        s->answer = NULL;
        if (*ret == NULL)
            return error_set(e, ERR_UNAVAILABLE, "reading an answer: there is none");
        if (!is_failure(*ret))
            return ERR_OK;
        enum err err = session_fail(s, *ret, e, "the server refused");
        PQclear(*ret);
        *ret = NULL;
        return err;
    }
    return ERR_OK;
}

enum err session_result(struct session *s, int64_t deadline_ms, PGresult **ret, struct error *e)
{
    for (;;) {
        int unsent = PQflush(s->conn);
        if (unsent < 0)
            return session_fail(s, NULL, e, "sending a query");
        if (unsent == 0 && !PQisBusy(s->conn))
            break;
        enum err err = session_wait(s, unsent > 0, deadline_ms, e);
        if (err != ERR_OK)
            return err;
        if (PQconsumeInput(s->conn) != 1)
            return session_fail(s, NULL, e, "reading an answer");
    }
    *ret = PQgetResult(s->conn);
    return ERR_OK;
}

enum err session_query(struct session *s, const char *sql, const char *const *params,
                       size_t params_count, int timeout_ms, PGresult **ret, struct error *e)
{
    int64_t deadline_ms = clock_ms() + timeout_ms;
    PGresult *last = NULL, *r = NULL;
    enum err err = session_send(s, sql, params, params_count, e);
    while (err == ERR_OK && (err = session_result(s, deadline_ms, &r, e)) == ERR_OK && r != NULL) {
        PQclear(last);
        last = r;
        if (is_failure(r) || is_copy(r))
            break;
    }
    if (err == ERR_OK && last == NULL)
        err = session_fail(s, NULL, e, "reading an answer");
    if (err == ERR_OK && is_failure(last)) {
        err = session_fail(s, last, e, "the server refused");
        /* What follows an error is no more than the end of the query. */
        while (err != ERR_UNAVAILABLE && session_result(s, deadline_ms, &r, NULL) == ERR_OK &&
               r != NULL)
            PQclear(r);
    }
    if (err != ERR_OK || ret == NULL)
        PQclear(last);
    else
        *ret = last;
    return err;
}
