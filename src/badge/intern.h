/* Interning: each pair of a key and an owner gets a small number, for as long as somebody refers to
 * it.
 *
 * Used for tenants (owner 0, never released) and for the distinct values of a source (owned by a
 * tenant, one reference a row). A number that was released is given out again; the memory stays
 * that of the most numbers that had references at one time.
 *
 * Ownership: intern_init makes an empty table in memory that the caller supplies; intern_fini frees
 * what it grew. One thread at a time.
 */
#ifndef BADGED_BADGE_INTERN_H
#define BADGED_BADGE_INTERN_H

#include "badge/key.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INTERN_NONE UINT32_MAX

struct intern_entry {
    struct row_key key;
    uint32_t owner; /* of a released number: the next released one */
    uint32_t refs;  /* 0: released */
};

struct intern {
    uint64_t seed;
    struct intern_entry *entries; /* by number */
    uint32_t entries_count;       /* numbers below this were given out at some time */
    uint32_t entries_room;
    uint32_t live_count; /* numbers that have references */
    uint32_t released;   /* first number to give out again, or INTERN_NONE */
    uint32_t *slots;     /* open addressing, a power of two, at most half full */
    uint32_t slots_count;
};

/* intern_init(t, seed): seed is the hash's, random for each process. */
void intern_init(struct intern *t, uint64_t seed);
void intern_fini(struct intern *t);

/* intern_find(t, key, owner): the number, or INTERN_NONE. */
uint32_t intern_find(const struct intern *t, const struct row_key *key, uint32_t owner);

/* intern_ref(t, key, owner): the number, with one reference more; a new one has one. */
uint32_t intern_ref(struct intern *t, const struct row_key *key, uint32_t owner);

/* intern_unref(t, number): one reference less. Whether that was the last: the number is released
 * then. */
bool intern_unref(struct intern *t, uint32_t number);

/* intern_bytes(t): memory it takes. intern_check(t): whether every live entry is found, every
 * released number is on the list of those, and the counts are right. */
size_t intern_bytes(const struct intern *t);
bool intern_check(const struct intern *t);

#endif
