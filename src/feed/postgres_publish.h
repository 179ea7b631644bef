/* The publisher: what the Postgres feed tells the world. It hands the index's numbers to counts, as
 * of a position that never goes back, and says in which state the feed is, in the status of counts
 * and, once a change, in the log.
 *
 * A server may turn out to be another one behind the same address. A promoted standby goes on as a
 * higher timeline; another cluster, or one that was put back from a backup, gets a timeline above
 * every one before, so that no client takes its counts for older ones; an old primary of the same
 * cluster is refused.
 *
 * Ownership: part of the feed. One thread.
 */
#ifndef BADGED_FEED_POSTGRES_PUBLISH_H
#define BADGED_FEED_POSTGRES_PUBLISH_H

#include "badge/counts.h"
#include "badge/index.h"
#include "base/error.h"
#include "feed/postgres_count.h"
#include "feed/postgres_state.h"

#include <stdbool.h>
#include <stdint.h>

struct publisher {
    struct counts *counts;
    char label[128]; /* of the database, for the log; never a password */
    enum pg_state state;
    int failed_in;    /* state in which the last life failed before it had counts, or -1 */
    bool is_loaded;   /* counts hold numbers that were once exact, of tables that are still there */
    int64_t fresh_ms; /* clock_ms() when what is published was last known to be newest */

    bool has_history;
    uint64_t system;
    uint32_t timeline, timeline_offset; /* the server's; added to it for an as-of */
    bool is_published;
    struct as_of published;
    uint64_t counted_at; /* the server's position before the last count by SQL */
};

/* publisher_init(p, counts): of a feed that starts. */
void publisher_init(struct publisher *p, struct counts *counts);

/* publisher_enter(p, state, reason): the feed is in a state, for a reason or "". A life that begins
 * anew after a failure says nothing until it is further than the one that failed. */
void publisher_enter(struct publisher *p, enum pg_state state, const char *reason);

/* publisher_late(p, reason): in the state it is in, the feed cannot tell whether what is published
 * is newest; until the next publisher_enter. */
void publisher_late(struct publisher *p, const char *reason);

/* publisher_fail(p, e): a life has ended with e. Whether that is news. */
bool publisher_fail(struct publisher *p, const struct error *e);

/* publisher_begin(p, at, e): what is published from now on comes from the server at this position.
 * ERR_PREFLIGHT for an old primary, ERR_NOT_READY for a standby that has not replayed yet what was
 * published. */
enum err publisher_begin(struct publisher *p, const struct position *at,
                         struct error *e) MUST_CHECK;

/* publisher_whole(p, ix, position), publisher_commit(p, ix, position): publish all of an index, or
 * what changed in it since. */
void publisher_whole(struct publisher *p, struct index *ix, uint64_t position);
void publisher_commit(struct publisher *p, struct index *ix, uint64_t position);

/* publisher_counted(p, wal_end): publish what the caller set in counts, which was counted by a
 * snapshot that is younger than wal_end, the end of the server's WAL. A commit's end is written
 * before its rows are seen, so the as-of is one less, unless the server stood there a count ago, or
 * is no further than what is published. */
void publisher_counted(struct publisher *p, uint64_t wal_end);

#endif
