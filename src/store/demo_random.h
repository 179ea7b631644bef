/* Chance for the demonstration: a row of numbers that a seed determines.
 *
 * Not for secrets: anybody who knows the seed knows the row. The generator is splitmix64 (Steele,
 * Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
 *
 * Ownership: the caller owns the struct; one thread at a time uses it.
 */
#ifndef BADGED_STORE_DEMO_RANDOM_H
#define BADGED_STORE_DEMO_RANDOM_H

#include "base/uuid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct demo_random {
    uint64_t state; /* the seed, to begin with; any value will do */
};

/* demo_random_below(r, n): a whole number from 0 to n - 1; n is at least 1. */
size_t demo_random_below(struct demo_random *r, size_t n);

/* demo_random_chance(r, part, whole): true in part of whole cases; whole is at least 1. */
bool demo_random_chance(struct demo_random *r, size_t part, size_t whole);

/* demo_random_uuid(r, out): the text of a UUID of version 4 (RFC 9562, section 5.4). */
void demo_random_uuid(struct demo_random *r, char out[UUID_TEXT_LEN + 1]);

#endif
