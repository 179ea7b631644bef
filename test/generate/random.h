/* Random numbers for tests: seeded, the same on every machine (splitmix64: Steele, Lea and Flood,
 * 2014). */
#ifndef BADGED_TEST_GENERATE_RANDOM_H
#define BADGED_TEST_GENERATE_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
    uint64_t state; /* the seed, at first */
};

static inline uint64_t random_next(struct random *r)
{
    uint64_t z = r->state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

/* A number from 0 to n - 1. */
static inline uint32_t random_below(struct random *r, uint32_t n)
{
    return (uint32_t)((random_next(r) >> 32) * n >> 32);
}

/* True in one of n cases. */
static inline bool random_one_in(struct random *r, uint32_t n)
{
    return random_below(r, n) == 0;
}

#endif
