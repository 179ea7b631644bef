#include "feed/postgres_publish.h"

#include "base/clock.h"
#include "base/log.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void publisher_init(struct publisher *p, struct counts *counts)
{
    *p = (struct publisher){.counts = counts, .failed_in = -1, .fresh_ms = clock_ms()};
    (void)snprintf(p->label, sizeof(p->label), "Postgres");
}

/* ---- states ---- */

static enum counts_trust trust_in(const struct publisher *p, enum pg_state state)
{
    if (state == PG_LIVE || state == PG_POLLING)
        return COUNTS_LIVE;
    return p->is_loaded ? COUNTS_STALE : COUNTS_UNKNOWN;
}

static bool announce(struct publisher *p, enum counts_trust trust, enum pg_state state,
                     const char *reason, enum log_level level)
{
    /* Counts have been old since they were last known to be newest, not since that was noticed. */
    int64_t since_ms = trust == COUNTS_STALE ? p->fresh_ms : clock_ms();
    if (!counts_set_status(p->counts, trust, pg_state_name(state), reason, since_ms))
        return false;
    log_line(level, "following %s: %s%s%s", p->label, pg_state_name(state),
             *reason != '\0' ? ": " : "", reason);
    return true;
}

void publisher_enter(struct publisher *p, enum pg_state state, const char *reason)
{
    assert(pg_state_may_follow(p->state, state));
    p->state = state;
    if ((int)state <= p->failed_in)
        return;
    p->failed_in = -1;
    bool is_off = *reason != '\0' && state != PG_STOPPED;
    (void)announce(p, trust_in(p, state), state, reason,
                   is_off ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO);
}

void publisher_late(struct publisher *p, const char *reason)
{
    if (p->is_loaded)
        (void)announce(p, COUNTS_STALE, p->state, reason, LOG_LEVEL_WARNING);
}

bool publisher_fail(struct publisher *p, const struct error *e)
{
    /* Counts of a table that is gone or no longer fits are not merely old. */
    if (e->code == ERR_SCHEMA || e->code == ERR_CONFIG)
        p->is_loaded = false;
    enum pg_state failed = p->state;
    p->state = PG_REBUILDING;
    p->failed_in = failed < PG_CATCHING_UP ? (int)failed : -1;
    /* Where nothing was built yet, it says how far it came. */
    bool is_again = p->is_loaded || failed >= PG_CATCHING_UP;
    return announce(p, trust_in(p, PG_REBUILDING), is_again ? PG_REBUILDING : failed, e->message,
                    LOG_LEVEL_WARNING);
}

/* ---- publishing ---- */

enum err publisher_begin(struct publisher *p, const struct position *at, struct error *e)
{
    bool is_same = p->has_history && p->system == at->system;
    if (is_same && at->timeline < p->timeline)
        return error_set(
            e, ERR_PREFLIGHT,
            "this server is on timeline %u, but badged has followed timeline %u of the "
            "same cluster: an old primary is back at this address; stop it, or "
            "restart badged to follow it all the same",
            at->timeline, p->timeline);
    /* Not another history: it is the same one, and the standby will get there. */
    struct as_of as_of = {at->timeline + p->timeline_offset, at->wal_end};
    if (is_same && at->is_standby && p->is_published && as_of_compare(as_of, p->published) < 0)
        return error_set(e, ERR_NOT_READY,
                         "this server is a standby that has not replayed yet what was counted "
                         "before; waiting for it");
    if (p->has_history && !is_same)
        log_line(LOG_LEVEL_WARNING, "following %s: another database cluster answers there now",
                 p->label);
    p->has_history = true;
    p->system = at->system;
    p->timeline = at->timeline;
    return ERR_OK;
}

static struct as_of as_of_at(const struct publisher *p, uint64_t position)
{
    return (struct as_of){p->timeline + p->timeline_offset, position};
}

/* A position below the one published is another history, and gets a timeline above it. */
static struct as_of keep_forward(struct publisher *p, uint64_t position)
{
    struct as_of as_of = as_of_at(p, position);
    if (p->is_published && as_of_compare(as_of, p->published) < 0) {
        p->timeline_offset += p->published.timeline + 1 - as_of.timeline;
        as_of = as_of_at(p, position);
    }
    p->is_published = true;
    p->published = as_of;
    return as_of;
}

void publisher_whole(struct publisher *p, struct index *ix, uint64_t position)
{
    (void)index_publish_all(ix, p->counts, keep_forward(p, position));
    p->is_loaded = true;
}

void publisher_commit(struct publisher *p, struct index *ix, uint64_t position)
{
    (void)index_commit(ix, p->counts, keep_forward(p, position));
}

void publisher_counted(struct publisher *p, uint64_t wal_end)
{
    bool is_published = p->is_published && as_of_compare(as_of_at(p, wal_end), p->published) == 0;
    bool is_seen = wal_end == p->counted_at || is_published;
    p->counted_at = wal_end;
    (void)counts_publish(p->counts, keep_forward(p, is_seen ? wal_end : wal_end - 1));
    p->is_loaded = true;
}
