#include "serve/places.h"

#include "base/mem.h"

#include <assert.h>
#include <sodium/randombytes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

void places_init(struct places *p, size_t entries, size_t entry_bytes)
{
    assert(entry_bytes >= sizeof(struct place));
    p->buckets_count = 16;
    while (p->buckets_count < entries)
        p->buckets_count *= 2;
    p->buckets = mem_zero(p->buckets_count, sizeof(struct place *));
    p->entry_bytes = entry_bytes;
    randombytes_buf(&p->seed, sizeof(p->seed));
}

void places_fini(struct places *p)
{
    for (size_t i = 0; p->buckets != NULL && i < p->buckets_count; i++)
        assert(p->buckets[i] == NULL);
    free(p->buckets);
    p->buckets = NULL;
}

/* The link that leads to the entry of the key, or the one at the end where it would go. */
static struct place **find(const struct places *p, const unsigned char *key)
{
    uint64_t hash = XXH3_64bits_withSeed(key, PLACE_KEY_BYTES, p->seed);
    struct place **link = &p->buckets[hash & (p->buckets_count - 1)];
    while (*link != NULL && memcmp((*link)->key, key, PLACE_KEY_BYTES) != 0)
        link = &(*link)->next;
    return link;
}

struct place *places_find(const struct places *p, const unsigned char key[PLACE_KEY_BYTES])
{
    return *find(p, key);
}

struct place *places_take(struct places *p, const unsigned char key[PLACE_KEY_BYTES])
{
    struct place **link = find(p, key);
    if (*link == NULL) {
        *link = mem_zero(1, p->entry_bytes);
        memcpy((*link)->key, key, PLACE_KEY_BYTES);
    }
    (*link)->taken++;
    return *link;
}

bool places_leave(struct places *p, struct place *place)
{
    assert(place->taken > 0);
    if (--place->taken > 0)
        return false;
    struct place **link = find(p, place->key);
    assert(*link == place);
    *link = place->next;
    return true;
}
