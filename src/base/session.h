/* A session with a Postgres server: one connection through libpq, on which nothing waits longer
 * than it was told to, and every wait ends when its user is to stop.
 *
 * What libpq reads of the environment, of password and service files, and of certificates holds
 * here, too. Every session sets the formats that values are printed in, so that a value looks the
 * same in a query, in COPY and in the stream, and turns row security off, so that a policy fails a
 * statement and never silently shortens what it reads. It writes nothing, takes no limits of time
 * that are meant for other programs, and where the server can refuse it, reads no view or foreign
 * table that is not the server's own, as such may run functions of anybody.
 *
 * The name of a host is looked up by libpq with getaddrinfo(3), the one wait that has no deadline
 * here.
 *
 * Ownership: session_open makes it, session_close frees it. One thread.
 */
#ifndef BADGED_BASE_SESSION_H
#define BADGED_BASE_SESSION_H

#include "base/error.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SESSION_CONNECT_MS = 4000,      /* for session_open */
    SESSION_QUERY_MS = 10000,       /* for a query that reads catalogs */
    SESSION_LOCK_MS = 10000,        /* the server's lock_timeout in every session */
    SESSION_SENDER_MS = 30000,      /* wal_sender_timeout of a session with replication */
    SESSION_UNREACHABLE_MS = 15000, /* sent bytes unacknowledged for so long end a connection */
};

struct session;

struct session_options {
    const char *conninfo; /* a URL or key=value text, as libpq reads it */
    const char *password; /* NULL: as conninfo and the environment have it */
    bool is_replication;  /* a walsender that also takes SQL: replication=database */
    int wake_fd;          /* a wait ends once this is readable; -1: none */
};

/* session_open(o, timeout_ms, ret, e): connect, and set what every session has set. Nothing of o
 * is kept but wake_fd. ERR_UNAVAILABLE: it cannot be reached, refuses the credentials, or took
 * longer, or a pooler is in between that shares the connection with other programs, which would get
 * what is set here; ERR_BUSY: wake_fd became readable. No message holds a password. */
enum err session_open(const struct session_options *o, int timeout_ms, struct session **ret,
                      struct error *e) MUST_CHECK;

/* session_close(s): without waiting for the server. s may be NULL. */
void session_close(struct session *s);

/* session_query(s, sql, params, params_count, timeout_ms, ret, e): run sql to its end. With params
 * NULL, sql may be several statements, the result is that of the last; with params, which are texts
 * or NULLs for $1, $2, …, it is one. ret may be NULL; else the caller clears it with PQclear; it
 * may be PGRES_COPY_OUT or PGRES_COPY_BOTH, and the copy is the caller's to read then. ERR_BUSY
 * also for a lock that was not to be had (55P03), ERR_SCHEMA for a table that is not there (42P01),
 * ERR_PREFLIGHT for a right that is missing (42501), ERR_DATABASE for other refusals;
 * ERR_UNAVAILABLE: the connection was lost or the time is over, and the session is good for
 * session_close only. */
enum err session_query(struct session *s, const char *sql, const char *const *params,
                       size_t params_count, int timeout_ms, PGresult **ret,
                       struct error *e) MUST_CHECK;

/* session_send(s, sql, params, params_count, e): start a query whose answer session_answer reads.
 * session_answer(s, ret, e): take what has come in; ret is NULL as long as the query has not
 * ended. */
enum err session_send(struct session *s, const char *sql, const char *const *params,
                      size_t params_count, struct error *e) MUST_CHECK;
enum err session_answer(struct session *s, PGresult **ret, struct error *e) MUST_CHECK;

/* session_result(s, deadline_ms, ret, e): wait for the next result of what was sent, whatever it
 * says; ret is NULL behind the last. ERR_UNAVAILABLE: the connection was lost, or clock_ms()
 * reached deadline_ms. ERR_BUSY when woken. */
enum err session_result(struct session *s, int64_t deadline_ms, PGresult **ret,
                        struct error *e) MUST_CHECK;

/* session_wait(s, want_write, deadline_ms, e): until bytes can be read (or written, if wanted), or
 * clock_ms() reaches deadline_ms. ERR_UNAVAILABLE at the deadline, ERR_BUSY when woken. */
enum err session_wait(struct session *s, bool want_write, int64_t deadline_ms,
                      struct error *e) MUST_CHECK;

/* session_fail(s, r, e, fmt, ...): write why r (NULL: the connection itself) failed: the words of
 * fmt, the server's own message, its SQLSTATE. What a row holds is never in it. */
enum err session_fail(struct session *s, const PGresult *r, struct error *e, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/* session_forget_wake(s): from now on no wait ends because of wake_fd: for what is to be done after
 * it was woken. */
void session_forget_wake(struct session *s);

PGconn *session_conn(struct session *s);

/* session_pid(s): the server's process that serves it. */
int session_pid(struct session *s);

#endif
