#include "badge/intern.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    SLOTS_MIN = 64
};

void intern_init(struct intern *t, uint64_t seed)
{
    *t = (struct intern){.seed = seed, .released = INTERN_NONE};
}

void intern_fini(struct intern *t)
{
    free(t->entries);
    free(t->slots);
    intern_init(t, t->seed);
}

static uint32_t home_of(const struct intern *t, const struct row_key *key, uint32_t owner)
{
    uint64_t hash = XXH3_64bits_withSeed(key->bytes, sizeof(key->bytes), t->seed + owner);
    return (uint32_t)hash & (t->slots_count - 1);
}

/* The slot that holds the pair, or the empty one where it would go. */
static uint32_t slot_of(const struct intern *t, const struct row_key *key, uint32_t owner)
{
    uint32_t i = home_of(t, key, owner);
    for (; t->slots[i] != INTERN_NONE; i = (i + 1) & (t->slots_count - 1)) {
        const struct intern_entry *e = &t->entries[t->slots[i]];
        if (e->owner == owner && memcmp(&e->key, key, sizeof(*key)) == 0)
            break;
    }
    return i;
}

uint32_t intern_find(const struct intern *t, const struct row_key *key, uint32_t owner)
{
    return t->slots_count > 0 ? t->slots[slot_of(t, key, owner)] : INTERN_NONE;
}

static void grow_slots(struct intern *t)
{
    assert(t->slots_count <= UINT32_MAX / 4);
    t->slots_count = t->slots_count > 0 ? t->slots_count * 2 : SLOTS_MIN;
    t->slots = mem_grow(t->slots, t->slots_count, sizeof(*t->slots));
    for (uint32_t i = 0; i < t->slots_count; i++)
        t->slots[i] = INTERN_NONE;
    /* Released numbers are given out first, so none is left when there are more than ever. */
    assert(t->released == INTERN_NONE);
    for (uint32_t n = 0; n < t->entries_count; n++)
        t->slots[slot_of(t, &t->entries[n].key, t->entries[n].owner)] = n;
}

static uint32_t new_number(struct intern *t)
{
    if (t->released != INTERN_NONE) {
        uint32_t n = t->released;
        t->released = t->entries[n].owner;
        return n;
    }
    if (t->entries_count == t->entries_room) {
        t->entries_room =
            t->entries_room > 0 ? t->entries_room + t->entries_room / 2 : SLOTS_MIN / 2;
        t->entries = mem_grow(t->entries, t->entries_room, sizeof(*t->entries));
    }
    return t->entries_count++;
}

uint32_t intern_ref(struct intern *t, const struct row_key *key, uint32_t owner)
{
    uint32_t found = intern_find(t, key, owner);
    if (found != INTERN_NONE) {
        t->entries[found].refs++;
        return found;
    }
    if (t->live_count >= t->slots_count / 2)
        grow_slots(t);
    uint32_t n = new_number(t);
    t->entries[n] = (struct intern_entry){.key = *key, .owner = owner, .refs = 1};
    t->slots[slot_of(t, key, owner)] = n;
    t->live_count++;
    return n;
}

/* Empty a slot, and move back those behind it that would no longer be found (Knuth, TAOCP 6.4,
 * algorithm R). */
static void empty_slot(struct intern *t, uint32_t hole)
{
    uint32_t mask = t->slots_count - 1;
    for (uint32_t i = (hole + 1) & mask; t->slots[i] != INTERN_NONE; i = (i + 1) & mask) {
        const struct intern_entry *e = &t->entries[t->slots[i]];
        if (((i - home_of(t, &e->key, e->owner)) & mask) >= ((i - hole) & mask)) {
            t->slots[hole] = t->slots[i];
            hole = i;
        }
    }
    t->slots[hole] = INTERN_NONE;
}

bool intern_unref(struct intern *t, uint32_t number)
{
    struct intern_entry *e = &t->entries[number];
    assert(number < t->entries_count && e->refs > 0);
    if (--e->refs > 0)
        return false;
    empty_slot(t, slot_of(t, &e->key, e->owner));
    e->owner = t->released;
    t->released = number;
    t->live_count--;
    return true;
}

size_t intern_bytes(const struct intern *t)
{
    return t->entries_room * sizeof(*t->entries) + t->slots_count * sizeof(*t->slots);
}

bool intern_check(const struct intern *t)
{
    uint32_t live = 0, used = 0, released = 0;
    if (t->entries_count > t->entries_room)
        return false;
    for (uint32_t i = 0; i < t->slots_count; i++) {
        if (t->slots[i] == INTERN_NONE)
            continue;
        used++;
        if (t->slots[i] >= t->entries_count)
            return false;
    }
    if (used > t->slots_count / 2)
        return false;
    for (uint32_t n = 0; n < t->entries_count; n++) {
        if (t->entries[n].refs == 0)
            continue;
        live++;
        if (intern_find(t, &t->entries[n].key, t->entries[n].owner) != n)
            return false;
    }
    for (uint32_t n = t->released; n != INTERN_NONE; n = t->entries[n].owner) {
        if (n >= t->entries_count || t->entries[n].refs != 0 || released == t->entries_count)
            return false;
        released++;
    }
    return live == t->live_count && used == live && released == t->entries_count - live;
}
