/* Messages of pgoutput, Postgres' own output plugin for logical replication, in version 1 of its
 * protocol: bytes in, struct out (PostgreSQL documentation, "Logical Replication Message Formats").
 * The grammar stands on top of pgoutput.c.
 *
 * Version 1 sends whole transactions in the order of their commits, never parts of one that may yet
 * be rolled back. Values are asked for as text.
 *
 * Ownership: struct pgoutput holds room for columns and oids, which is used again for every
 * message, so that reading allocates nothing. A message points into the bytes that it was read from
 * and into that room: it lives until the bytes go or the next is read. One thread at a time.
 */
#ifndef BADGED_FEED_PGOUTPUT_H
#define BADGED_FEED_PGOUTPUT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PGOUTPUT_COLUMNS_MAX = 1664,  /* MaxTupleAttributeNumber in src/include/access/htup_details.h */
    PGOUTPUT_NAME_BYTES_MAX = 63, /* NAMEDATALEN without its NUL */
    PGOUTPUT_OIDS_MAX = 65536,    /* tables that one TRUNCATE may name; badged's own limit */
};

enum pgoutput_kind {
    PGOUTPUT_BEGIN,
    PGOUTPUT_COMMIT,
    PGOUTPUT_ORIGIN,
    PGOUTPUT_RELATION,
    PGOUTPUT_TYPE,
    PGOUTPUT_INSERT,
    PGOUTPUT_UPDATE,
    PGOUTPUT_DELETE,
    PGOUTPUT_TRUNCATE,
    PGOUTPUT_MESSAGE,
};

/* One value of one column. */
struct pgoutput_datum {
    char kind;         /* 'n': NULL; 'u': stored out of line, not changed and so not sent, with a
                          value that can be anything; 't': a text */
    const char *bytes; /* of 't', without a NUL behind them; else NULL */
    uint32_t len;      /* of 't'; else 0 */
};

struct pgoutput_tuple {
    const struct pgoutput_datum *columns; /* in the order of the relation's */
    uint16_t columns_count;
};

struct pgoutput_column {
    const char *name;
    uint32_t type_oid; /* of a domain: the domain's own */
    int32_t typmod;    /* -1 for none */
    bool is_key;       /* part of the replica identity, as which FULL takes every column */
};

struct pgoutput_message {
    enum pgoutput_kind kind;
    union {
        struct {
            uint64_t final_lsn;     /* of the commit */
            int64_t commit_time_us; /* since 1970 */
            uint32_t xid;
        } begin;
        struct {
            uint64_t lsn;
            uint64_t end_lsn; /* behind the commit: what counts are as of */
            int64_t commit_time_us;
        } commit;
        struct {
            uint64_t lsn; /* of the commit on the server that the transaction came from */
            const char *name;
        } origin;
        struct {
            uint32_t oid;
            const char *schema; /* empty for pg_catalog */
            const char *name;
            const struct pgoutput_column *columns; /* generated ones are missing before 18 */
            uint16_t columns_count;
            char identity; /* pg_class.relreplident: 'd', 'n', 'f' or 'i' */
        } relation;
        struct {
            uint32_t oid;
            const char *schema; /* empty for pg_catalog */
            const char *name;   /* of a domain: of the type that it is over */
        } type;
        struct {
            uint32_t oid;              /* of the relation */
            char old_kind;             /* of UPDATE and DELETE: 'O' for a whole old row; 'K' for its
                                          replica identity, where the columns that are not part of
                                          it say 'n' whatever their value; 0 for none, as of an
                                          UPDATE that leaves the identity alone */
            struct pgoutput_tuple old; /* empty when old_kind is 0 */
            struct pgoutput_tuple new; /* empty for DELETE */
        } change;                      /* of INSERT, UPDATE and DELETE */
        struct {
            const uint32_t
                *oids;         /* of published relations, those that CASCADE reached among them */
            size_t oids_count; /* at least 1 */
            bool is_cascade;
            bool restarts_identity;
        } truncate;
        struct {
            uint64_t lsn;
            const char *prefix;
            const char *content; /* any bytes */
            uint32_t len;
            bool is_transactional; /* else it may stand outside of any transaction */
        } message;                 /* written by pg_logical_emit_message */
    };
};

/* pgoutput_new(): room for what messages hold. pgoutput_free(NULL) does nothing. */
struct pgoutput *pgoutput_new(void) __attribute__((malloc, returns_nonnull));
void pgoutput_free(struct pgoutput *p);

/* pgoutput_read(p, bytes, len, ret, e): read the one message that the len bytes are. ERR_CORRUPT
 * names the message and says what is wrong at which byte, counted from 0: a kind, flag or length
 * that there is none of, more than the limits above, bytes that are missing or left over. ret is
 * written on success only. */
enum err pgoutput_read(struct pgoutput *p, const void *bytes, size_t len,
                       struct pgoutput_message *ret, struct error *e) MUST_CHECK;

#endif
