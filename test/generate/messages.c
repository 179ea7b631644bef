#include "generate/messages.h"

#include <string.h>

#include "feed/replication.h"

/* n, big-endian, in the given number of bytes. */
static void put(struct buffer *out, uint64_t n, int bytes_count)
{
    for (int shift = (bytes_count - 1) * 8; shift >= 0; shift -= 8) {
        char byte = (char)(n >> shift);
        buffer_add(out, &byte, 1);
    }
}

static void put_text(struct buffer *out, const char *s)
{
    buffer_add(out, s, strlen(s) + 1);
}

static void put_time(struct buffer *out, int64_t unix_us)
{
    put(out, (uint64_t)replication_postgres_us(unix_us), 8);
}

static void put_tuple(struct buffer *out, char kind, const struct pgoutput_tuple *t)
{
    buffer_add(out, &kind, 1);
    put(out, t->columns_count, 2);
    for (size_t i = 0; i < t->columns_count; i++) {
        const struct pgoutput_datum *d = &t->columns[i];
        buffer_add(out, &d->kind, 1);
        if (d->kind == 't') {
            put(out, d->len, 4);
            buffer_add(out, d->bytes, d->len);
        }
    }
}

static void put_relation(struct buffer *out, const struct pgoutput_message *m)
{
    put(out, m->relation.oid, 4);
    put_text(out, m->relation.schema);
    put_text(out, m->relation.name);
    buffer_add(out, &m->relation.identity, 1);
    put(out, m->relation.columns_count, 2);
    for (size_t i = 0; i < m->relation.columns_count; i++) {
        const struct pgoutput_column *c = &m->relation.columns[i];
        put(out, c->is_key, 1);
        put_text(out, c->name);
        put(out, c->type_oid, 4);
        put(out, (uint32_t)c->typmod, 4);
    }
}

static void put_change(struct buffer *out, const struct pgoutput_message *m)
{
    put(out, m->change.oid, 4);
    if (m->change.old_kind != 0)
        put_tuple(out, m->change.old_kind, &m->change.old);
    if (m->kind != PGOUTPUT_DELETE)
        put_tuple(out, 'N', &m->change.new);
}

static void put_truncate(struct buffer *out, const struct pgoutput_message *m)
{
    put(out, m->truncate.oids_count, 4);
    put(out, (m->truncate.is_cascade ? 1 : 0) | (m->truncate.restarts_identity ? 2 : 0), 1);
    for (size_t i = 0; i < m->truncate.oids_count; i++)
        put(out, m->truncate.oids[i], 4);
}

void messages_write(const struct pgoutput_message *m, struct buffer *out)
{
    buffer_add(out, &"BCORYIUDTM"[m->kind], 1);
    switch (m->kind) {
    case PGOUTPUT_BEGIN:
        put(out, m->begin.final_lsn, 8);
        put_time(out, m->begin.commit_time_us);
        put(out, m->begin.xid, 4);
        break;
    case PGOUTPUT_COMMIT:
        put(out, 0, 1);
        put(out, m->commit.lsn, 8);
        put(out, m->commit.end_lsn, 8);
        put_time(out, m->commit.commit_time_us);
        break;
    case PGOUTPUT_ORIGIN:
        put(out, m->origin.lsn, 8);
        put_text(out, m->origin.name);
        break;
    case PGOUTPUT_RELATION:
        put_relation(out, m);
        break;
    case PGOUTPUT_TYPE:
        put(out, m->type.oid, 4);
        put_text(out, m->type.schema);
        put_text(out, m->type.name);
        break;
    case PGOUTPUT_INSERT:
    case PGOUTPUT_UPDATE:
    case PGOUTPUT_DELETE:
        put_change(out, m);
        break;
    case PGOUTPUT_TRUNCATE:
        put_truncate(out, m);
        break;
    case PGOUTPUT_MESSAGE:
        put(out, m->message.is_transactional, 1);
        put(out, m->message.lsn, 8);
        put_text(out, m->message.prefix);
        put(out, m->message.len, 4);
        buffer_add(out, m->message.content, m->message.len);
        break;
    }
}
