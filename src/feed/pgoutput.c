/* Byte, Int and String as in PostgreSQL's documentation, "Message Data Types": numbers are
 * big-endian, a String ends with a NUL. The messages are those of its chapter "Logical Replication
 * Message Formats", for protocol version 1.
 *
 * message  = begin / commit / origin / relation / type
 *          / insert / update / delete / truncate / logical
 * begin    = "B" lsn time xid
 * commit   = "C" Int8(0) lsn lsn time       of the commit, and behind it
 * origin   = "O" lsn String
 * relation = "R" oid name name identity Int16 *column
 *                                           schema and name; as many columns as it says
 * column   = Int8 name oid Int32            1 for a part of the key, or 0; type and typmod
 * identity = "d" / "n" / "f" / "i"
 * type     = "Y" oid name name              schema and name
 * insert   = "I" oid "N" tuple
 * update   = "U" oid [ ( "K" / "O" ) tuple ] "N" tuple
 *                                           both of as many columns
 * delete   = "D" oid ( "K" / "O" ) tuple
 * truncate = "T" Int32 Int8 1*oid           as many as it says; bits: 1 cascade, 2 restart
 * logical  = "M" Int8 lsn String Int32 Byten
 *                                           1 for transactional, or 0; prefix; content
 * tuple    = Int16 *datum                   as many as it says
 * datum    = "n" / "u" / "t" Int32 Byten
 *
 * lsn = Int64    time = Int64, microseconds since 2000    xid, oid = Int32    name = String
 *
 * Refused on purpose: a datum of kind "b", as badged does not ask for binary values; messages of
 * streamed and of prepared transactions ("S", "E", "c", "A", "b", "P", "K", "r", "p"), which belong
 * to later versions; a bit, flag or identity that is not in this grammar, since what it means for
 * counts is not known.
 */
#include "feed/pgoutput.h"

#include "base/mem.h"
#include "base/reader.h"
#include "feed/replication.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TRUNCATE_CASCADE = 1,
    TRUNCATE_RESTART = 2,
};

struct pgoutput {
    struct pgoutput_datum old[PGOUTPUT_COLUMNS_MAX];
    struct pgoutput_datum new[PGOUTPUT_COLUMNS_MAX];
    struct pgoutput_column columns[PGOUTPUT_COLUMNS_MAX];
    uint32_t oids[PGOUTPUT_OIDS_MAX];
};

struct pgoutput *pgoutput_new(void)
{
    return mem_zero(1, sizeof(struct pgoutput));
}

void pgoutput_free(struct pgoutput *p)
{
    free(p);
}

/* Refuse the message for what stands at byte at, unless it had already ended there: a read that
 * failed gave a zero, which is not what is wrong. */
PRINTF_LIKE(4, 5)
static enum err refuse(const struct reader *r, size_t at, struct error *e, const char *fmt, ...)
{
    if (reader_is_failed(r))
        return error_set(e, ERR_CORRUPT, "it ends inside of what begins at byte %zu", r->at);
    char what[256];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    return error_set(e, ERR_CORRUPT, "%s, at byte %zu", what, at);
}

static enum err read_name(struct reader *r, const char *of, size_t bytes_min, const char **ret,
                          struct error *e)
{
    size_t at = r->at;
    const char *name = reader_text(r);
    size_t len = strlen(name);
    if (len < bytes_min)
        return refuse(r, at, e, "the name of %s is empty", of);
    if (len > PGOUTPUT_NAME_BYTES_MAX)
        return refuse(r, at, e, "the name of %s has %zu bytes, more than the %d there can be", of,
                      len, PGOUTPUT_NAME_BYTES_MAX);
    *ret = name;
    return ERR_OK;
}

/* A number of columns, and where it stands. */
static enum err read_count(struct reader *r, uint16_t *ret, struct error *e)
{
    size_t at = r->at;
    uint16_t count = reader_u16(r);
    if (count > PGOUTPUT_COLUMNS_MAX)
        return refuse(r, at, e, "%u columns are more than the %d there can be", count,
                      PGOUTPUT_COLUMNS_MAX);
    *ret = count;
    return ERR_OK;
}

/* A byte that says no or yes. */
static enum err read_flag(struct reader *r, const char *what, bool *ret, struct error *e)
{
    size_t at = r->at;
    uint8_t flag = reader_u8(r);
    if (flag > 1)
        return refuse(r, at, e, "the flags of %s are 0x%02X, which is neither 0 nor 1", what, flag);
    *ret = flag == 1;
    return ERR_OK;
}

static enum err read_tuple(struct reader *r, struct pgoutput_datum *room,
                           struct pgoutput_tuple *ret, struct error *e)
{
    enum err err = read_count(r, &ret->columns_count, e);
    for (uint16_t i = 0; err == ERR_OK && i < ret->columns_count; i++) {
        size_t at = r->at;
        struct pgoutput_datum d = {.kind = (char)reader_u8(r)};
        if (d.kind == 't') {
            d.len = reader_u32(r);
            if (d.len > INT32_MAX)
                return refuse(r, at + 1, e, "column %u has a negative length", i + 1);
            d.bytes = reader_run(r, d.len);
        } else if (d.kind == 'b') {
            return refuse(r, at, e, "column %u is binary, where badged asks for text", i + 1);
        } else if (d.kind != 'n' && d.kind != 'u') {
            return refuse(r, at, e, "column %u is of kind 0x%02X, which is none of n, u and t",
                          i + 1, (unsigned char)d.kind);
        }
        room[i] = d;
    }
    ret->columns = room;
    return err;
}

/* ---- the messages, behind the byte that names them ---- */

static enum err read_begin(struct pgoutput *p, struct reader *r, struct pgoutput_message *m,
                           struct error *e)
{
    (void)p;
    (void)e;
    m->begin.final_lsn = reader_u64(r);
    m->begin.commit_time_us = replication_unix_us(reader_i64(r));
    m->begin.xid = reader_u32(r);
    return ERR_OK;
}

static enum err read_commit(struct pgoutput *p, struct reader *r, struct pgoutput_message *m,
                            struct error *e)
{
    (void)p;
    size_t at = r->at;
    uint8_t flags = reader_u8(r);
    if (flags != 0)
        return refuse(r, at, e, "the flags are 0x%02X, which is not 0", flags);
    m->commit.lsn = reader_u64(r);
    m->commit.end_lsn = reader_u64(r);
    m->commit.commit_time_us = replication_unix_us(reader_i64(r));
    return ERR_OK;
}

static enum err read_origin(struct pgoutput *p, struct reader *r, struct pgoutput_message *m,
                            struct error *e)
{
    (void)p;
    (void)e;
    m->origin.lsn = reader_u64(r);
    m->origin.name = reader_text(r);
    return ERR_OK;
}

static enum err read_column(struct reader *r, struct pgoutput_column *ret, struct error *e)
{
    enum err err = read_flag(r, "a column", &ret->is_key, e);
    if (err == ERR_OK)
        err = read_name(r, "a column", 1, &ret->name, e);
    ret->type_oid = reader_u32(r);
    ret->typmod = reader_i32(r);
    return err;
}

static enum err read_relation(struct pgoutput *p, struct reader *r, struct pgoutput_message *m,
                              struct error *e)
{
    m->relation.oid = reader_u32(r);
    enum err err = read_name(r, "the schema", 0, &m->relation.schema, e);
    if (err == ERR_OK)
        err = read_name(r, "the relation", 1, &m->relation.name, e);
    if (err != ERR_OK)
        return err;
    size_t at = r->at;
    m->relation.identity = (char)reader_u8(r);
    if (memchr("dnfi", m->relation.identity, 4) == NULL)
        return refuse(r, at, e, "the replica identity is 0x%02X, which is none of d, n, f and i",
                      (unsigned char)m->relation.identity);
    err = read_count(r, &m->relation.columns_count, e);
    for (uint16_t i = 0; err == ERR_OK && i < m->relation.columns_count; i++)
        err = read_column(r, &p->columns[i], e);
    m->relation.columns = p->columns;
    return err;
}

static enum err read_type(struct pgoutput *p, struct reader *r, struct pgoutput_message *m,
                          struct error *e)
{
    (void)p;
    m->type.oid = reader_u32(r);
    enum err err = read_name(r, "the schema", 0, &m->type.schema, e);
    return err == ERR_OK ? read_name(r, "the type", 1, &m->type.name, e) : err;
}

/* The new row, behind the byte N at byte at, which was read already. */
static enum err read_new(struct pgoutput *p, struct reader *r, size_t at, uint8_t kind,
                         struct pgoutput_message *m, struct error *e)
{
    if (kind != 'N')
        return refuse(r, at, e, "0x%02X stands where N opens the new row", kind);
    return read_tuple(r, p->new, &m->change.new, e);
}

static enum err read_insert(struct pgoutput *p, struct reader *r, struct pgoutput_message *m,
                            struct error *e)
{
    m->change.oid = reader_u32(r);
    size_t at = r->at;
    return read_new(p, r, at, reader_u8(r), m, e);
}

static enum err read_update(struct pgoutput *p, struct reader *r, struct pgoutput_message *m,
                            struct error *e)
{
    m->change.oid = reader_u32(r);
    size_t at = r->at;
    uint8_t kind = reader_u8(r);
    if (kind == 'K' || kind == 'O') {
        m->change.old_kind = (char)kind;
        enum err err = read_tuple(r, p->old, &m->change.old, e);
        if (err != ERR_OK)
            return err;
        at = r->at;
        kind = reader_u8(r);
    }
    enum err err = read_new(p, r, at, kind, m, e);
    const struct pgoutput_tuple *old = &m->change.old, *new = &m->change.new;
    if (err == ERR_OK && m->change.old_kind != 0 && old->columns_count != new->columns_count)
        err = refuse(r, at + 1, e, "the new row has %u columns, the old one %u", new->columns_count,
                     old->columns_count);
    return err;
}

static enum err read_delete(struct pgoutput *p, struct reader *r, struct pgoutput_message *m,
                            struct error *e)
{
    m->change.oid = reader_u32(r);
    size_t at = r->at;
    uint8_t kind = reader_u8(r);
    if (kind != 'K' && kind != 'O')
        return refuse(r, at, e, "0x%02X stands where K or O opens the old row", kind);
    m->change.old_kind = (char)kind;
    return read_tuple(r, p->old, &m->change.old, e);
}

static enum err read_truncate(struct pgoutput *p, struct reader *r, struct pgoutput_message *m,
                              struct error *e)
{
    size_t at = r->at;
    uint32_t count = reader_u32(r);
    if (count == 0 || count > PGOUTPUT_OIDS_MAX)
        return refuse(r, at, e, "%u relations are truncated, where there can be 1 to %d", count,
                      PGOUTPUT_OIDS_MAX);
    at = r->at;
    uint8_t options = reader_u8(r);
    if ((options & ~(TRUNCATE_CASCADE | TRUNCATE_RESTART)) != 0)
        return refuse(r, at, e, "the options are 0x%02X, of which only the bits 1 and 2 are known",
                      options);
    m->truncate.is_cascade = (options & TRUNCATE_CASCADE) != 0;
    m->truncate.restarts_identity = (options & TRUNCATE_RESTART) != 0;
    for (uint32_t i = 0; i < count && !reader_is_failed(r); i++)
        p->oids[i] = reader_u32(r);
    m->truncate.oids = p->oids;
    m->truncate.oids_count = count;
    return ERR_OK;
}

static enum err read_message(struct pgoutput *p, struct reader *r, struct pgoutput_message *m,
                             struct error *e)
{
    (void)p;
    enum err err = read_flag(r, "the message", &m->message.is_transactional, e);
    if (err != ERR_OK)
        return err;
    m->message.lsn = reader_u64(r);
    m->message.prefix = reader_text(r);
    size_t at = r->at;
    m->message.len = reader_u32(r);
    if (m->message.len > INT32_MAX)
        return refuse(r, at, e, "the content has a negative length");
    m->message.content = reader_run(r, m->message.len);
    return ERR_OK;
}

static const struct form {
    char byte;
    const char *name;
    enum err (*read)(struct pgoutput *p, struct reader *r, struct pgoutput_message *m,
                     struct error *e);
} forms[] = {
    [PGOUTPUT_BEGIN] = {'B', "a BEGIN", read_begin},
    [PGOUTPUT_COMMIT] = {'C', "a COMMIT", read_commit},
    [PGOUTPUT_ORIGIN] = {'O', "an ORIGIN", read_origin},
    [PGOUTPUT_RELATION] = {'R', "a RELATION", read_relation},
    [PGOUTPUT_TYPE] = {'Y', "a TYPE", read_type},
    [PGOUTPUT_INSERT] = {'I', "an INSERT", read_insert},
    [PGOUTPUT_UPDATE] = {'U', "an UPDATE", read_update},
    [PGOUTPUT_DELETE] = {'D', "a DELETE", read_delete},
    [PGOUTPUT_TRUNCATE] = {'T', "a TRUNCATE", read_truncate},
    [PGOUTPUT_MESSAGE] = {'M', "a MESSAGE", read_message},
};

enum err pgoutput_read(struct pgoutput *p, const void *bytes, size_t len,
                       struct pgoutput_message *ret, struct error *e)
{
    struct reader r = reader_of(bytes, len);
    char byte = (char)reader_u8(&r);
    if (reader_is_failed(&r))
        return error_set(e, ERR_CORRUPT, "a message of pgoutput is empty");
    enum pgoutput_kind kind = PGOUTPUT_BEGIN;
    while (kind <= PGOUTPUT_MESSAGE && forms[kind].byte != byte)
        kind++;
    if (kind > PGOUTPUT_MESSAGE)
        return error_set(e, ERR_CORRUPT,
                         "a message of pgoutput of %zu bytes opens with byte 0x%02X, which no "
                         "message of protocol version 1 does",
                         len, (unsigned char)byte);
    struct pgoutput_message m = {.kind = kind};
    enum err err = forms[kind].read(p, &r, &m, e);
    if (err == ERR_OK && (reader_is_failed(&r) || reader_left(&r) > 0))
        err = refuse(&r, r.at, e, "%zu bytes are left over", reader_left(&r));
    if (err == ERR_OK)
        *ret = m;
    else
        error_wrap(e, "%s of pgoutput of %zu bytes", forms[kind].name, len);
    return err;
}
