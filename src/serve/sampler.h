/* The sampler: a thread that has the history note the numbers at each step.
 *
 * Ownership: sampler_start makes it, sampler_stop ends its thread and frees it; the history
 * outlives it.
 */
#ifndef BADGED_SERVE_SAMPLER_H
#define BADGED_SERVE_SAMPLER_H

#include "base/error.h"
#include "serve/history.h"

struct sampler;

/* sampler_start(h, step_s, ret, e): step_s is the history's step. ERR_SYSTEM when the system gives
 * no thread. */
enum err sampler_start(struct history *h, unsigned step_s, struct sampler **ret,
                       struct error *e) MUST_CHECK;

/* sampler_stop(s): s may be NULL. */
void sampler_stop(struct sampler *s);

#endif
