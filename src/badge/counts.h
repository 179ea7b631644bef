/* Counts: what is published. For each tenant the number of live rows of each source, the commit
 * boundary they are true at, and how far they can be trusted. The one thing that the thread of a
 * feed and the threads of the server share.
 *
 * The feed's thread writes: counts_begin, counts_set for each tenant whose numbers changed,
 * counts_publish. What was set waits until it is published, all under one lock, so that a reader
 * sees all of a transaction or none of it; and the lock is held for no longer than it takes to copy
 * the numbers that differ.
 *
 * Who waits for something to be published has a watcher, which is called after each time. It is
 * told which tenants changed, so that it need not look at all those it waits for, and is meant to
 * note that, wake a thread of its own and return: news that come faster than that thread looks are
 * then one to it. Nobody waits in here.
 *
 * Ownership: counts_new makes it, counts_free frees it once no thread uses it.
 */
#ifndef BADGED_BADGE_COUNTS_H
#define BADGED_BADGE_COUNTS_H

#include "badge/as_of.h"
#include "base/uuid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct counts;

enum counts_trust {
    COUNTS_UNKNOWN, /* nothing was loaded yet, or it is not to be trusted: never answer from it */
    COUNTS_LIVE,    /* exact at as_of, and as_of is now */
    COUNTS_STALE,   /* exact at as_of, but the feed cannot tell what came since */
};

enum {
    COUNTS_REASON_BYTES_MAX = 1024,
    COUNTS_STATE_BYTES_MAX = 32
};

struct counts_status {
    enum counts_trust trust;
    int64_t since_ms;                     /* clock_ms() when trust last changed */
    struct as_of as_of;                   /* of the numbers, when trust is not COUNTS_UNKNOWN */
    char state[COUNTS_STATE_BYTES_MAX];   /* the feed's state: "loading", "live", … */
    char reason[COUNTS_REASON_BYTES_MAX]; /* why it is not live, and what mends it; "" when live */
};

/* What changed, as a watcher is told. It and what it points to are good for that call only. */
struct counts_news {
    struct as_of as_of;
    enum counts_trust trust;
    const struct counts *counts;
    const uint32_t *tenants; /* whose numbers changed; counts_news_tenant gives their ids */
    size_t tenants_count;
};

/* on_news is called in the thread of the writer, with no lock that a reader takes. It must not call
 * counts_watch or counts_unwatch, and not block. */
struct counts_watcher {
    struct counts_watcher *next;
    void (*on_news)(void *context, const struct counts_news *news);
    void *context;
};

/* counts_new(sources_count): no tenant, COUNTS_UNKNOWN, state "starting". */
struct counts *counts_new(size_t sources_count);
void counts_free(struct counts *c);

/* Writer (one thread). */

/* counts_begin(c): counts_set and counts_zero_others may follow, and then counts_publish. What was
 * set and not published is forgotten. */
void counts_begin(struct counts *c);

/* counts_set(c, tenant, numbers): set all numbers of a tenant, sources_count of them. Its version
 * goes up only when one of them differs from before. */
void counts_set(struct counts *c, const struct uuid *tenant, const uint64_t *numbers);

/* counts_zero_others(c): set every tenant that had no counts_set since counts_begin to zero: a
 * whole state was given. */
void counts_zero_others(struct counts *c);

/* counts_publish(c, as_of): make it visible. as_of never goes back (asserted). Returns
 * how many versions went up since counts_begin. */
size_t counts_publish(struct counts *c, struct as_of as_of);

/* counts_set_status(c, trust, state, reason, now_ms): say how far the numbers can be trusted.
 * Returns whether trust, state or reason changed, so that the caller logs once. reason NULL is "";
 * a text over its limit is cut. */
bool counts_set_status(struct counts *c, enum counts_trust trust, const char *state,
                       const char *reason, int64_t now_ms);

/* Readers (any thread). */

/* counts_read(c, tenant, numbers, ret_as_of, ret_since_ms): from one moment, copy the numbers of a
 * tenant (zeros for one that has no row), their as-of, and when trust last changed. Nothing is
 * written when it returns COUNTS_UNKNOWN. */
enum counts_trust counts_read(struct counts *c, const struct uuid *tenant, uint64_t *numbers,
                              struct as_of *ret_as_of, int64_t *ret_since_ms);

/* counts_version(c, tenant): how often the tenant's numbers changed; 0 for a tenant that never had
 * a row. */
uint64_t counts_version(struct counts *c, const struct uuid *tenant);

/* counts_as_of(c, ret): from one moment, how far the counts can be trusted and their as-of, which
 * is written whatever they are. */
enum counts_trust counts_as_of(struct counts *c, struct as_of *ret);

/* counts_status(c, ret): a copy of the status. */
void counts_status(struct counts *c, struct counts_status *ret);

/* counts_sources(c): how many numbers a tenant has. counts_tenants(c): how many tenants are known.
 */
size_t counts_sources(const struct counts *c);
size_t counts_tenants(struct counts *c);

/* counts_watch(c, w): call w from now on, after each counts_publish and each counts_set_status that
 * changed something. Who reads the counts after this misses nothing: what was published before is
 * read, and w is told of the rest. w stays the caller's. counts_unwatch(c, w): once it returns, w
 * is not called any more. Any thread. */
void counts_watch(struct counts *c, struct counts_watcher *w);
void counts_unwatch(struct counts *c, struct counts_watcher *w);

/* counts_news_tenant(news, i): the id of tenants[i]. For on_news. */
struct uuid counts_news_tenant(const struct counts_news *news, size_t i);

#endif
