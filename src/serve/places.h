/* Places: how many subscribers there are under each key, for limits and for finding who is to be
 * told. A key of 16 bytes is a tenant or an address.
 *
 * Ownership: the caller embeds a struct places, and a struct place at the start of each entry,
 * which places_take allocates and who last leaves it frees. Its caller sees to it that one thread
 * at a time is in here.
 */
#ifndef BADGED_SERVE_PLACES_H
#define BADGED_SERVE_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PLACE_KEY_BYTES = 16
};

struct place {
    struct place *next;
    unsigned char key[PLACE_KEY_BYTES];
    size_t taken; /* by how many */
};

struct places {
    struct place **buckets;
    size_t buckets_count; /* a power of two */
    size_t entry_bytes;
    uint64_t seed; /* who chooses keys must not be able to choose those that collide */
};

/* places_init(p, entries, entry_bytes): room for about so many keys; an entry has entry_bytes. */
void places_init(struct places *p, size_t entries, size_t entry_bytes);

/* places_fini(p): all must have left. */
void places_fini(struct places *p);

/* places_find(p, key): the entry of a key that somebody has taken, or NULL. */
struct place *places_find(const struct places *p, const unsigned char key[PLACE_KEY_BYTES]);

/* places_take(p, key): one more is under this key; its entry, zeroed when it is the first. */
struct place *places_take(struct places *p, const unsigned char key[PLACE_KEY_BYTES]);

/* places_leave(p, place): one less. true: it was the last; the caller frees the entry. */
bool places_leave(struct places *p, struct place *place);

#endif
