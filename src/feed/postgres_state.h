/* The states of the Postgres feed: their names, and which may follow which. The drawing is in
 * postgres.h.
 *
 * Ownership: none.
 */
#ifndef BADGED_FEED_POSTGRES_STATE_H
#define BADGED_FEED_POSTGRES_STATE_H

#include <stdbool.h>

/* In the order of one life, so that a later one is further on. */
enum pg_state {
    PG_CONNECTING,
    PG_PREFLIGHT,
    PG_WAITING_FOR_SLOT,
    PG_LOADING,
    PG_CATCHING_UP,
    PG_LIVE,
    PG_POLLING,
    PG_REBUILDING,
    PG_STOPPED,
    PG_STATE__COUNT
};

/* pg_state_name(s): as /readyz?verbose and the log have it. */
const char *pg_state_name(enum pg_state s);

/* pg_state_may_follow(from, to): whether the move is allowed; a state may follow itself. */
bool pg_state_may_follow(enum pg_state from, enum pg_state to);

#endif
