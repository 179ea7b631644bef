#include "feed/postgres_state.h"

#include <assert.h>

#define TO(s) (1u << PG_##s)

static const struct {
    const char *name;
    unsigned next; /* states that may follow, a bit each */
} states[PG_STATE__COUNT] = {
    [PG_CONNECTING] = {"connecting", TO(PREFLIGHT) | TO(REBUILDING) | TO(STOPPED)},
    [PG_PREFLIGHT] = {"preflight",
                      TO(WAITING_FOR_SLOT) | TO(POLLING) | TO(REBUILDING) | TO(STOPPED)},
    [PG_WAITING_FOR_SLOT] = {"waiting for slot", TO(LOADING) | TO(REBUILDING) | TO(STOPPED)},
    [PG_LOADING] = {"loading", TO(CATCHING_UP) | TO(REBUILDING) | TO(STOPPED)},
    [PG_CATCHING_UP] = {"catching up", TO(LIVE) | TO(REBUILDING) | TO(STOPPED)},
    [PG_LIVE] = {"live", TO(CATCHING_UP) | TO(REBUILDING) | TO(STOPPED)},
    [PG_POLLING] = {"polling", TO(REBUILDING) | TO(STOPPED)},
    [PG_REBUILDING] = {"rebuilding", TO(CONNECTING) | TO(STOPPED)},
    [PG_STOPPED] = {"stopped", 0},
};

const char *pg_state_name(enum pg_state s)
{
    assert(s < PG_STATE__COUNT);
    return states[s].name;
}

bool pg_state_may_follow(enum pg_state from, enum pg_state to)
{
    assert(from < PG_STATE__COUNT && to < PG_STATE__COUNT);
    return from == to || (states[from].next & 1u << to) != 0;
}
