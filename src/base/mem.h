/* Allocation that does not fail.
 *
 * badged treats running out of memory for something small as it treats a broken invariant: it says
 * so and aborts. Its state is a copy of the database, so that a restart loses nothing, while code
 * for a failure that Linux all but never reports would be code that never runs. An allocation whose
 * size comes from outside is bounded by its caller first; the large tables of the index allocate
 * with plain calloc and report ERR_MEMORY.
 *
 * Ownership: what these return is freed with free().
 */
#ifndef BADGED_BASE_MEM_H
#define BADGED_BASE_MEM_H

#include <stddef.h>

/* mem_zero(n, size): n zeroed elements of size bytes. */
void *mem_zero(size_t n, size_t size) __attribute__((malloc, returns_nonnull, alloc_size(1, 2)));

/* mem_grow(old, n, size): old with room for n elements of size bytes; new bytes are not set. old
 * may be NULL. */
void *mem_grow(void *old, size_t n, size_t size)
    __attribute__((warn_unused_result, returns_nonnull, alloc_size(2, 3)));

/* mem_text(s, len): a NUL-terminated copy of len bytes. */
char *mem_text(const char *s, size_t len) __attribute__((malloc, returns_nonnull));

#endif
