#include "feed/postgres_stream.h"

#include "badge/as_of.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "feed/replication.h"
#include "feed/sql.h"

#include <stdlib.h>

/* A publication's name stands in double quotes within a text in single quotes. */
static char *start_statement(const char *slot, uint64_t position, const char *publication)
{
    char lsn[AS_OF_TEXT_BYTES];
    as_of_format_position(position, lsn);
    char *name = sql_identifier(publication), *list = sql_text(name);
    struct buffer b = {0};
    buffer_printf(&b,
                  "START_REPLICATION SLOT %s LOGICAL %s (proto_version '1', publication_names %s)",
                  slot, lsn, list);
    free(name);
    free(list);
    return buffer_take(&b);
}

enum err stream_start(struct stream *t, struct session *s, const char *slot, uint64_t position,
                      const char *publication, const struct pg_catalog *c, struct index *ix,
                      struct error *e)
{
    *t = (struct stream){.session = s, .heard_ms = clock_ms()};
    pg_apply_init(&t->apply, c, ix, position);
    char *sql = start_statement(slot, position, publication);
    PGresult *r = NULL;
    enum err err = session_query(s, sql, NULL, 0, SESSION_QUERY_MS, &r, e);
    if (err == ERR_OK && PQresultStatus(r) != PGRES_COPY_BOTH)
        err = error_set(e, ERR_DATABASE, "the server does not stream");
    PQclear(r);
    free(sql);
    if (err != ERR_OK)
        error_wrap(e, "starting replication");
    return err;
}

void stream_fini(struct stream *t)
{
    pg_apply_fini(&t->apply);
    *t = (struct stream){0};
}

/* The server has ended the stream: why is in its result. */
static enum err ended(struct stream *t, struct error *e)
{
    PGresult *r = PQgetResult(session_conn(t->session));
    enum err err = session_fail(t->session, r, e, "the server ended the stream");
    PQclear(r);
    return err;
}

enum err stream_read(struct stream *t, enum stream_event *ret, struct error *e)
{
    PGconn *conn = session_conn(t->session);
    *ret = STREAM_MORE;
    for (int n = 0; n < STREAM_MESSAGES_MAX; n++) {
        char *bytes = NULL;
        int len = PQgetCopyData(conn, &bytes, 1);
        if (len == 0) {
            *ret = STREAM_NOTHING;
            return ERR_OK;
        }
        if (len < 0)
            return ended(t, e);
        if (n == 0)
            t->heard_ms = clock_ms();
        bool is_boundary;
        enum err err = pg_apply_frame(&t->apply, bytes, (size_t)len, &is_boundary, e);
        PQfreemem(bytes);
        if (err != ERR_OK)
            return err;
        if (is_boundary) {
            *ret = STREAM_BOUNDARY;
            return ERR_OK;
        }
    }
    return ERR_OK;
}

/* ---- reports ---- */

enum err stream_report(struct stream *t, struct error *e)
{
    PGconn *conn = session_conn(t->session);
    unsigned char bytes[REPLICATION_STATUS_BYTES];
    struct replication_status status = {.written = t->apply.position,
                                        .flushed = t->apply.position,
                                        .applied = t->apply.position,
                                        .sent_us = clock_unix_us(),
                                        .wants_reply = true};
    int unsent = PQflush(conn);
    if (unsent < 0)
        return session_fail(t->session, NULL, e, "reporting to the server");
    if (unsent > 0)
        return ERR_OK;
    replication_write_status(&status, bytes);
    if (PQputCopyData(conn, (const char *)bytes, sizeof(bytes)) < 0 || PQflush(conn) < 0)
        return session_fail(t->session, NULL, e, "reporting to the server");
    t->apply.must_reply = false;
    return ERR_OK;
}
