/* Counting by SQL: one grouped query per source, all in one statement and so by one snapshot. For a
 * database that may not be followed, and for looking at one tenant once.
 *
 * Ownership: nothing is kept, but in a struct position, which is a plain value.
 */
#ifndef BADGED_FEED_POSTGRES_COUNT_H
#define BADGED_FEED_POSTGRES_COUNT_H

#include "badge/counts.h"
#include "badge/definition.h"
#include "base/error.h"
#include "base/session.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    COUNT_MS_MAX = 120000 /* for the statement */
};

/* Where a server is. */
struct position {
    uint64_t system; /* the cluster's identity */
    uint32_t timeline;
    uint64_t wal_end;    /* of what is written; on a standby, of what is replayed */
    uint64_t started_us; /* when the server was started, since 1970 */
    bool is_standby;
};

/* position_read(s, ret, e): ask the server. */
enum err position_read(struct session *s, struct position *ret, struct error *e) MUST_CHECK;

struct count_wait {
    void (*on_wait)(void *context); /* called about once a second until the server has counted */
    void *context;
};

/* count_all(s, d, counts, wait, e): count for every tenant, and hand it to counts: counts_begin,
 * counts_set, counts_zero_others. The caller publishes. ERR_UNAVAILABLE after COUNT_MS_MAX, too.
 * Others as session_query. */
enum err count_all(struct session *s, const struct definitions *d, struct counts *counts,
                   const struct count_wait *wait, struct error *e) MUST_CHECK;

/* count_tenant(s, d, tenant, counts, e): as count_all, for one tenant alone, calling nothing. */
enum err count_tenant(struct session *s, const struct definitions *d, const struct uuid *tenant,
                      struct counts *counts, struct error *e) MUST_CHECK;

#endif
