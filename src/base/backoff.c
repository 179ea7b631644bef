#include "base/backoff.h"

#include <assert.h>

int64_t backoff_bound_ms(const struct backoff *b, unsigned failures)
{
    assert(b->first_ms > 0 && b->most_ms >= b->first_ms);
    int64_t bound_ms = failures > 0 ? b->first_ms : 0;
    for (unsigned i = 1; i < failures && bound_ms < b->most_ms; i++)
        bound_ms = bound_ms > b->most_ms / 2 ? b->most_ms : bound_ms * 2;
    return bound_ms;
}

int64_t backoff_jitter_ms(int64_t bound_ms, uint32_t random)
{
    assert(bound_ms >= 0 && bound_ms <= UINT32_MAX);
    return (int64_t)((uint64_t)bound_ms * random >> 32);
}
