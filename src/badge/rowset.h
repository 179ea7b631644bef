/* A set of live rows: which keys are in it, and for each its tenant and distinct value as small
 * numbers.
 *
 * Open addressing with linear probing, in segments that grow one at a time, so that growing moves a
 * bounded share of the rows and needs little memory beside what it holds: 24 bytes a slot, a
 * segment of more than a few rows between 1/2 and 7/8 full. That is at most 48 bytes a row.
 *
 * Ownership: rowset_init makes an empty set in memory that the caller supplies; rowset_fini frees
 * what it grew. One thread.
 */
#ifndef BADGED_BADGE_ROWSET_H
#define BADGED_BADGE_ROWSET_H

#include "badge/key.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ROWSET_SEGMENTS = 64
};

/* ROW_NONE stands for no tenant (an empty slot) and for no distinct value. */
#define ROW_NONE UINT32_MAX

struct row {
    struct row_key key;
    uint32_t tenant;   /* number of the tenant */
    uint32_t distinct; /* number of the distinct value, or ROW_NONE */
};

struct rowset_segment {
    struct row *slots;
    uint32_t slots_count;
    uint32_t rows_count;
};

struct rowset {
    uint64_t seed;
    size_t rows_count;
    struct rowset_segment segments[ROWSET_SEGMENTS];
};

/* rowset_init(s, seed): seed is the hash's, random for each process. */
void rowset_init(struct rowset *s, uint64_t seed);
void rowset_fini(struct rowset *s);

/* rowset_find(s, key): the row, or NULL. It moves with the next add or remove. The caller may
 * change its tenant and distinct value, nothing else. */
struct row *rowset_find(const struct rowset *s, const struct row_key *key);

/* rowset_prefetch(s, key): a hint that the row will soon be looked for. In a large set the first
 * look at a row waits for memory, longer than all else that a change takes. */
void rowset_prefetch(const struct rowset *s, const struct row_key *key);

/* rowset_add(s, row, ret): add a row whose key is not in the set yet (asserted), and say where it
 * is as rowset_find does. ERR_MEMORY leaves the set as it was. */
enum err rowset_add(struct rowset *s, const struct row *row, struct row **ret) MUST_CHECK;

/* rowset_reserve(s, rows): room for about so many rows, so that adding them moves none; a guess
 * that is wrong costs time or, until rowset_trim, memory. Without that memory it does nothing.
 * rowset_trim(s): give back the room beyond what segments have by themselves. Rows move. */
void rowset_reserve(struct rowset *s, size_t rows);
void rowset_trim(struct rowset *s);

/* rowset_remove(s, row): remove a row that rowset_find gave. Segments shrink as they empty. */
void rowset_remove(struct rowset *s, struct row *row);

/* rowset_clear(s): empty. */
void rowset_clear(struct rowset *s);

/* rowset_next(s, row): the first row with row NULL, then the one behind it; NULL at the end. Any
 * order. */
const struct row *rowset_next(const struct rowset *s, const struct row *row);

/* rowset_bytes(s): memory it takes. */
size_t rowset_bytes(const struct rowset *s);

/* rowset_check(s): whether every row is found by its key, every count is right, and nothing is
 * over-full. */
bool rowset_check(const struct rowset *s);

#endif
