/* How long to wait before something that failed is tried again: bounds that double, and a random
 * part of one ("full jitter": Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture
 * Blog, 2015), so that many who failed at once do not come back at once.
 *
 * Ownership: nothing is kept; pure.
 */
#ifndef BADGED_BASE_BACKOFF_H
#define BADGED_BASE_BACKOFF_H

#include <stdint.h>

struct backoff {
    int64_t first_ms; /* the bound behind the first failure, more than 0 */
    int64_t most_ms;  /* above which it does not grow, at least first_ms */
};

/* backoff_bound_ms(b, failures): the bound behind so many failures in a row; 0 behind none. */
int64_t backoff_bound_ms(const struct backoff *b, unsigned failures);

/* backoff_jitter_ms(bound_ms, random): a part of the bound, from 0 to below it; random is any of
 * 2^32 numbers. */
int64_t backoff_jitter_ms(int64_t bound_ms, uint32_t random);

#endif
