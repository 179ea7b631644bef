#include "badge/rowset.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

static_assert(sizeof(struct row) == 24,
              "48 bytes a live row are promised, and slots are not all full");

enum {
    SLOTS_MIN = 8
};

void rowset_init(struct rowset *s, uint64_t seed)
{
    *s = (struct rowset){.seed = seed};
}

void rowset_clear(struct rowset *s)
{
    for (size_t i = 0; i < ROWSET_SEGMENTS; i++)
        free(s->segments[i].slots);
    rowset_init(s, s->seed);
}

void rowset_fini(struct rowset *s)
{
    rowset_clear(s);
}

/* The low bits choose the segment and the high ones the slot, by multiplication instead of division
 * (Lemire, 2016, "Fast random integer generation in an interval"), so that a segment may have any
 * number of slots. */
static uint64_t hash_of(const struct rowset *s, const struct row_key *key)
{
    return XXH3_64bits_withSeed(key->bytes, sizeof(key->bytes), s->seed);
}

static size_t segment_of(uint64_t hash)
{
    return hash % ROWSET_SEGMENTS;
}

static uint32_t home_of(uint64_t hash, uint32_t slots_count)
{
    return (uint32_t)(((hash >> 32) * slots_count) >> 32);
}

static uint32_t next_slot(const struct rowset_segment *g, uint32_t i)
{
    return i + 1 == g->slots_count ? 0 : i + 1;
}

static struct row *find_in(const struct rowset_segment *g, uint64_t hash, const struct row_key *key)
{
    uint32_t i = home_of(hash, g->slots_count);
    while (g->slots[i].tenant != ROW_NONE && memcmp(&g->slots[i].key, key, sizeof(*key)) != 0)
        i = next_slot(g, i);
    return &g->slots[i];
}

struct row *rowset_find(const struct rowset *s, const struct row_key *key)
{
    uint64_t hash = hash_of(s, key);
    const struct rowset_segment *g = &s->segments[segment_of(hash)];
    if (g->rows_count == 0)
        return NULL;
    struct row *row = find_in(g, hash, key);
    return row->tenant != ROW_NONE ? row : NULL;
}

void rowset_prefetch(const struct rowset *s, const struct row_key *key)
{
    uint64_t hash = hash_of(s, key);
    const struct rowset_segment *g = &s->segments[segment_of(hash)];
    if (g->rows_count > 0)
        __builtin_prefetch(&g->slots[home_of(hash, g->slots_count)]);
}

static enum err resize(struct rowset *s, struct rowset_segment *g, uint32_t slots_count)
{
    struct rowset_segment bigger = {.slots_count = slots_count, .rows_count = g->rows_count};
    bigger.slots = malloc((size_t)slots_count * sizeof(*bigger.slots));
    if (bigger.slots == NULL)
        return ERR_MEMORY;
    memset(bigger.slots, 0xFF, (size_t)slots_count * sizeof(*bigger.slots)); /* tenant = ROW_NONE */
    for (uint32_t i = 0; i < g->slots_count; i++) {
        const struct row *row = &g->slots[i];
        if (row->tenant != ROW_NONE)
            *find_in(&bigger, hash_of(s, &row->key), &row->key) = *row;
    }
    free(g->slots);
    *g = bigger;
    return ERR_OK;
}

static bool is_full(const struct rowset_segment *g, uint32_t rows_count)
{
    return (uint64_t)rows_count * 8 > (uint64_t)g->slots_count * 7;
}

enum err rowset_add(struct rowset *s, const struct row *row, struct row **ret)
{
    assert(row->tenant != ROW_NONE);
    uint64_t hash = hash_of(s, &row->key);
    struct rowset_segment *g = &s->segments[segment_of(hash)];
    if (is_full(g, g->rows_count + 1)) {
        if (g->slots_count > UINT32_MAX / 2)
            return ERR_MEMORY;
        uint32_t more =
            g->slots_count < SLOTS_MIN ? SLOTS_MIN : g->slots_count + g->slots_count / 2;
        if (resize(s, g, more) != ERR_OK)
            return ERR_MEMORY;
    }
    struct row *slot = find_in(g, hash, &row->key);
    assert(slot->tenant == ROW_NONE);
    *slot = *row;
    g->rows_count++;
    s->rows_count++;
    *ret = slot;
    return ERR_OK;
}

/* A segment gets a 64th of the rows and a few more or less: room for them at 3/4 full leaves
 * enough. */
void rowset_reserve(struct rowset *s, size_t rows)
{
    size_t slots = rows / ROWSET_SEGMENTS / 3 * 4;
    if (slots > UINT32_MAX / 2)
        return;
    for (size_t i = 0; i < ROWSET_SEGMENTS; i++)
        if (slots > s->segments[i].slots_count &&
            resize(s, &s->segments[i], (uint32_t)slots) != ERR_OK)
            return;
}

/* To 3/4 full: a sixth more rows until it grows again. Without memory for the smaller table the
 * larger one serves as well. */
static void shrink(struct rowset *s, struct rowset_segment *g)
{
    if (g->slots_count <= SLOTS_MIN || g->rows_count >= g->slots_count / 2)
        return;
    uint32_t fewer = g->rows_count / 3 * 4 + g->rows_count % 3;
    (void)resize(s, g, fewer > SLOTS_MIN ? fewer : SLOTS_MIN);
}

void rowset_trim(struct rowset *s)
{
    for (size_t i = 0; i < ROWSET_SEGMENTS; i++)
        shrink(s, &s->segments[i]);
}

/* Slots from one to the other, going round. */
static uint32_t distance(const struct rowset_segment *g, uint32_t from, uint32_t to)
{
    return to >= from ? to - from : to + g->slots_count - from;
}

/* Empties a slot by moving back the rows behind it that could not be reached any more (Knuth,
 * TAOCP 6.4, algorithm R): no tombstones, so that a set that is changed for months stays as quick
 * as a new one. */
void rowset_remove(struct rowset *s, struct row *row)
{
    struct rowset_segment *g = &s->segments[segment_of(hash_of(s, &row->key))];
    assert(row >= g->slots && row < g->slots + g->slots_count && row->tenant != ROW_NONE);
    uint32_t hole = (uint32_t)(row - g->slots);
    for (uint32_t i = next_slot(g, hole); g->slots[i].tenant != ROW_NONE; i = next_slot(g, i)) {
        uint32_t home = home_of(hash_of(s, &g->slots[i].key), g->slots_count);
        if (distance(g, home, i) >= distance(g, hole, i)) {
            g->slots[hole] = g->slots[i];
            hole = i;
        }
    }
    memset(&g->slots[hole], 0xFF, sizeof(g->slots[hole]));
    g->rows_count--;
    s->rows_count--;
    shrink(s, g);
}

const struct row *rowset_next(const struct rowset *s, const struct row *row)
{
    size_t segment = 0;
    uint32_t slot = 0;
    if (row != NULL) {
        segment = segment_of(hash_of(s, &row->key));
        slot = (uint32_t)(row - s->segments[segment].slots) + 1;
    }
    for (; segment < ROWSET_SEGMENTS; segment++, slot = 0)
        for (; slot < s->segments[segment].slots_count; slot++)
            if (s->segments[segment].slots[slot].tenant != ROW_NONE)
                return &s->segments[segment].slots[slot];
    return NULL;
}

size_t rowset_bytes(const struct rowset *s)
{
    size_t bytes = sizeof(*s);
    for (size_t i = 0; i < ROWSET_SEGMENTS; i++)
        bytes += s->segments[i].slots_count * sizeof(struct row);
    return bytes;
}

bool rowset_check(const struct rowset *s)
{
    size_t all = 0;
    for (size_t i = 0; i < ROWSET_SEGMENTS; i++) {
        const struct rowset_segment *g = &s->segments[i];
        uint32_t rows = 0;
        for (uint32_t j = 0; j < g->slots_count; j++) {
            if (g->slots[j].tenant == ROW_NONE)
                continue;
            rows++;
            if (rowset_find(s, &g->slots[j].key) != &g->slots[j])
                return false;
        }
        if (rows != g->rows_count || is_full(g, rows))
            return false;
        all += rows;
    }
    return all == s->rows_count;
}
