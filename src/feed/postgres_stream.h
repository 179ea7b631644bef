/* The stream: frames from the server, and reports to it.
 *
 * What is acknowledged to the server is what is applied, as nothing here outlives the connection:
 * the end of the last commit, or, between transactions, the end of the WAL that the server says it
 * has read. The caller reports about once a second, in the middle of a large transaction as well,
 * so that the server keeps no WAL for badged and does not take it for dead.
 *
 * Ownership: stream_start fills a struct that the caller supplies, stream_fini frees what it holds.
 * Session, catalog and index outlive it. One thread.
 */
#ifndef BADGED_FEED_POSTGRES_STREAM_H
#define BADGED_FEED_POSTGRES_STREAM_H

#include "badge/index.h"
#include "base/error.h"
#include "base/session.h"
#include "feed/postgres_apply.h"
#include "feed/postgres_catalog.h"

#include <stdint.h>

enum {
    STREAM_MESSAGES_MAX = 256, /* read in one go before the caller sees to other things */
};

struct stream {
    struct session *session;
    struct pg_apply apply;
    int64_t heard_ms; /* clock_ms() when the server last sent anything */
};

enum stream_event {
    STREAM_NOTHING,  /* all that has come in is read */
    STREAM_BOUNDARY, /* the index is at another commit boundary; there may be more to read */
    STREAM_MORE,     /* there may be more to read */
};

/* stream_start(t, s, slot, position, publication, c, ix, e): begin to stream on the session that
 * made the slot. */
enum err stream_start(struct stream *t, struct session *s, const char *slot, uint64_t position,
                      const char *publication, const struct pg_catalog *c, struct index *ix,
                      struct error *e) MUST_CHECK;

/* stream_fini(t): takes a zeroed struct. */
void stream_fini(struct stream *t);

/* stream_read(t, ret, e): apply what has come in, up to the next boundary or STREAM_MESSAGES_MAX
 * messages. Never waits. ERR_NOT_READY: the index must be built anew, and why. ERR_CORRUPT: what
 * came is not to be understood. ERR_MEMORY. ERR_UNAVAILABLE: the connection was lost; others as
 * session_query: the server ended the stream. After a failure the index must be thrown away.
 *
 * libpq holds one message whole, and Postgres makes none of 1 GiB or more: a row of that size is
 * what this needs for a moment, also where no badge counts it. A publication that lists columns
 * keeps what is not needed out. */
enum err stream_read(struct stream *t, enum stream_event *ret, struct error *e) MUST_CHECK;

/* stream_report(t, e): tell the server how far it is applied, and ask how far it is. Never waits:
 * while an earlier report is still unsent, none is added. */
enum err stream_report(struct stream *t, struct error *e) MUST_CHECK;

#endif
