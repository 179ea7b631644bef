/* The watch: what the stream does not tell, asked of the server once a second on the other session.
 *
 * One statement answers whether anything changed that no row of the stream tells (a partition
 * attached or truncated, the publication, a policy, a right), and how far the server's WAL reaches,
 * so that badged knows whether what it has is what is newest.
 *
 * Ownership: watch_start fills a struct that the caller supplies, watch_fini frees what it holds;
 * the session outlives it. One thread.
 */
#ifndef BADGED_FEED_POSTGRES_WATCH_H
#define BADGED_FEED_POSTGRES_WATCH_H

#include "badge/definition.h"
#include "base/error.h"
#include "base/session.h"
#include "feed/postgres_catalog.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    PG_WATCH_MS = 1000,             /* between two questions */
    PG_WATCH_ANSWER_MS_MAX = 10000, /* for an answer */
};

struct pg_watch {
    struct session *session;
    char *params[2];
    char fingerprint[PG_FINGERPRINT_BYTES]; /* of the catalog that was loaded by */
    int64_t asked_ms;                       /* clock_ms() of the question last asked */
    bool is_asking;                         /* and it is not answered */
    uint64_t wal_end;    /* of the server, some time after answered_ms; 0 before the first answer */
    int64_t answered_ms; /* clock_ms() when that question was asked */
};

/* pg_watch_start(w, s, d, publication, c): from now on, against the catalog c. */
void pg_watch_start(struct pg_watch *w, struct session *s, const struct definitions *d,
                    const char *publication, const struct pg_catalog *c);

/* pg_watch_fini(w): takes a zeroed struct. */
void pg_watch_fini(struct pg_watch *w);

/* pg_watch_tick(w, e): read an answer that came, and ask again when it is time. Never waits.
 * ERR_NOT_READY: something changed. ERR_UNAVAILABLE: the session was lost, or does not answer. */
enum err pg_watch_tick(struct pg_watch *w, struct error *e) MUST_CHECK;

#endif
