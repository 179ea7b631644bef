/* History: the course of the badges over the last HISTORY_POINTS steps (an hour, of half a minute
 * each), of the tenants that somebody watches.
 *
 * Time is cut into steps by the clock of the day, at full multiples of the step since 1970, so that
 * several badged agree on them. A tenant is watched when it was asked for in the last
 * HISTORY_POINTS steps, or kept_s seconds where these are more. At each step its numbers are noted;
 * or that they are not known, as when they are stale, or when no step was noted in time. Memory is
 * bounded: where a tenant more would not fit, the one that was asked for longest ago is forgotten.
 * So whoever can name any tenant can push out others.
 *
 * A clock that is set back by more than a step has all series begin anew.
 *
 * Ownership: history_new makes it, history_free frees it; the counts outlive it, and the
 * definitions. Any thread may call. Times are milliseconds since 1970.
 */
#ifndef BADGED_SERVE_HISTORY_H
#define BADGED_SERVE_HISTORY_H

#include "badge/counts.h"
#include "badge/definition.h"
#include "base/buffer.h"

#include <stddef.h>
#include <stdint.h>

enum {
    HISTORY_POINTS = 120
};

struct history;

struct history_options {
    uint64_t bytes_max; /* of all series together; at least one is kept */
    unsigned step_s;
    unsigned kept_s; /* how long a tenant is kept at least when nobody asks for it again */
};

/* history_new(o, counts, d, now_ms): no tenant is watched. */
struct history *history_new(const struct history_options *o, struct counts *counts,
                            const struct definitions *d, int64_t now_ms);
void history_free(struct history *h);

/* history_watch(h, tenant, now_ms): somebody watches the tenant. To be called when a stream of its
 * opens; kept_s covers its life. */
void history_watch(struct history *h, const struct uuid *tenant, int64_t now_ms);

/* history_sample(h, now_ms): note the numbers of all tenants that are watched, for the step that
 * now_ms is in, unless that was done. Steps that were left out become unknown. */
void history_sample(struct history *h, int64_t now_ms);

/* history_render(h, tenant, now_ms, out): append the tenant's course as JSON, and watch it:
 *
 *     {"from":"2026-11-24T20:30:00Z","step_seconds":30,"badges":{"feedback":[null,3,4]}}
 *
 * Each badge that counts something has one value a step, all of them equally many, the first of the
 * moment "from"; null is not known. A tenant that was not watched has none yet. */
void history_render(struct history *h, const struct uuid *tenant, int64_t now_ms,
                    struct buffer *out);

/* history_tenants(h): how many are watched. history_tenants_max(h): how many there is room for. */
size_t history_tenants(struct history *h);
size_t history_tenants_max(const struct history *h);

#endif
