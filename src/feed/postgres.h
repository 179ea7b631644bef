/* The Postgres feed: follows the user's database by logical replication with a temporary slot, and
 * counts by SQL where it may not.
 *
 *  ──▶ connecting ──▶ preflight ──▶ waiting for slot ──▶ loading ──▶ catching up ◀──▶ live
 *       ▲    │           │   │                │              │             │          │
 *       │    │           │   └──▶ polling     │              │             │          │
 *       │    ▼           ▼           ▼        ▼              ▼             ▼          ▼
 *      rebuilding ◀──────┴───────────┴────────┴──────────────┴─────────────┴──────────┘
 *
 *   every state ──▶ stopped
 *
 * Nothing is resumed: a lost connection, a change of the catalog, a message that is not understood,
 * a lag over its ceiling, all end in another life from the start, with the counts of the one before
 * shown as stale meanwhile. The slot is the connection's, and goes with it.
 *
 * Ownership: feed_postgres_new makes it, feed_postgres_free stops and frees it. Definitions and
 * counts outlive it.
 */
#ifndef BADGED_FEED_POSTGRES_H
#define BADGED_FEED_POSTGRES_H

#include "badge/counts.h"
#include "badge/definition.h"
#include "base/error.h"

#include <stdint.h>

struct feed_postgres;

enum feed_mode {
    FEED_AUTO,   /* stream where that is possible, else poll */
    FEED_STREAM, /* or say what is in the way */
    FEED_POLL,
};

struct feed_postgres_options {
    const char *conninfo;    /* as libpq reads it */
    const char *password;    /* NULL: as conninfo and the environment have it */
    const char *publication; /* that names the followed tables */
    enum feed_mode mode;
    unsigned poll_seconds;
    uint64_t lag_bytes_max; /* of WAL behind the server: then it loads anew */
    unsigned lag_seconds_max;
};

/* feed_postgres_new(o, d, counts, ret, e): start following, on a thread of its own. What is wrong
 * with the database is published as the status of counts, logged once a change, and tried again.
 * Texts of o are copied. ERR_SYSTEM: there is no thread. */
enum err feed_postgres_new(const struct feed_postgres_options *o, const struct definitions *d,
                           struct counts *counts, struct feed_postgres **ret,
                           struct error *e) MUST_CHECK;

/* feed_postgres_free(f): stop following and free. Waits for the thread, for a second or two when
 * the server has to be told. f may be NULL. */
void feed_postgres_free(struct feed_postgres *f);

/* feed_postgres_once(o, d, tenant, counts, e): read one tenant's numbers, by one snapshot, and
 * publish them to counts. */
enum err feed_postgres_once(const struct feed_postgres_options *o, const struct definitions *d,
                            const struct uuid *tenant, struct counts *counts,
                            struct error *e) MUST_CHECK;

#endif
