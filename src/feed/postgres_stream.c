#include "feed/postgres_stream.h"

#include "badge/as_of.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "feed/replication.h"
#include "feed/sqlite_sql.h"

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
    *t = (struct stream){.session = s, .index = ix, .position = position, .heard_ms = clock_ms()};
    t->decoder = pgoutput_new();
    relations_init(&t->relations, c, index_secret(ix));
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
    if (t->decoder != NULL)
        relations_fini(&t->relations);
    pgoutput_free(t->decoder);
    *t = (struct stream){0};
}

/* ---- messages ---- */

static enum err apply_change(struct stream *t, const struct pgoutput_message *m, struct error *e)
{
    struct change change;
    bool is_ours;
    enum err err = relations_change(&t->relations, m, &change, &is_ours, e);
    if (err != ERR_OK || !is_ours)
        return err;
    err = index_apply(t->index, &change);
    return err == ERR_OK ? err : error_set(e, err, "no memory for another live row");
}

static enum err apply_truncate(struct stream *t, const struct pgoutput_message *m, struct error *e)
{
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < m->truncate.oids_count; i++) {
        struct change change = {.kind = CHANGE_TRUNCATE};
        bool is_ours;
        err = relations_truncate(&t->relations, m->truncate.oids[i], &change.table, &is_ours, e);
        if (err == ERR_OK && is_ours)
            err = index_apply(t->index, &change);
    }
    return err;
}

static enum err apply(struct stream *t, const struct pgoutput_message *m, struct error *e)
{
    switch (m->kind) {
    case PGOUTPUT_BEGIN:
        t->is_in_transaction = true;
        return ERR_OK;
    case PGOUTPUT_COMMIT:
        t->is_in_transaction = false;
        if (m->commit.end_lsn > t->position)
            t->position = m->commit.end_lsn;
        return ERR_OK;
    case PGOUTPUT_RELATION:
        return relations_describe(&t->relations, m, e);
    case PGOUTPUT_INSERT:
    case PGOUTPUT_UPDATE:
    case PGOUTPUT_DELETE:
        return apply_change(t, m, e);
    case PGOUTPUT_TRUNCATE:
        return apply_truncate(t, m, e);
    case PGOUTPUT_ORIGIN:
    case PGOUTPUT_TYPE:
    case PGOUTPUT_MESSAGE:
        return ERR_OK;
    }
    return error_set(e, ERR_CORRUPT, "a message of no known kind");
}

static enum err take(struct stream *t, const char *bytes, size_t len, bool *ret_is_commit,
                     struct error *e)
{
    struct replication_frame frame;
    enum err err = replication_read(bytes, len, &frame, e);
    *ret_is_commit = false;
    if (err != ERR_OK)
        return err;
    if (frame.kind == REPLICATION_KEEPALIVE) {
        t->must_reply = t->must_reply || frame.must_reply;
        if (!t->is_in_transaction && frame.wal_end > t->position) {
            t->position = frame.wal_end;
            *ret_is_commit = true;
        }
        return ERR_OK;
    }
    struct pgoutput_message m;
    err = pgoutput_read(t->decoder, frame.payload.bytes, frame.payload.len, &m, e);
    if (err == ERR_OK)
        err = apply(t, &m, e);
    *ret_is_commit = err == ERR_OK && m.kind == PGOUTPUT_COMMIT;
    return err;
}

/* The server has ended the stream: why is in its result. */
static enum err ended(struct stream *t, struct error *e)
{
    PGresult *r = PQgetResult(session_conn(t->session));
    enum err err = session_fail(t->session, r, e, "the server ended the stream");
    PQclear(r);
    return err == ERR_DATABASE ? err : ERR_UNAVAILABLE;
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
        bool is_commit;
        enum err err = take(t, bytes, (size_t)len, &is_commit, e);
        PQfreemem(bytes);
        if (err != ERR_OK)
            return err;
        if (is_commit) {
            *ret = STREAM_COMMIT;
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
    struct replication_status status = {.written = t->position,
                                        .flushed = t->position,
                                        .applied = t->position,
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
    t->must_reply = false;
    return ERR_OK;
}
