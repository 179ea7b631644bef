/* Row keys: any primary key, or any distinct value, as 16 bytes.
 *
 * A UUID is its own 16 bytes; an integer is widened; everything else (text, a real, a decimal, a
 * composite key) is hashed to 128 bits with SipHash-2-4 (Aumasson and Bernstein, 2012) under a key
 * that is drawn at random for each process, so that nobody who chooses primary keys can choose two
 * that collide.
 *
 * Ownership: plain values.
 */
#ifndef BADGED_BADGE_KEY_H
#define BADGED_BADGE_KEY_H

#include "badge/table.h"
#include "base/uuid.h"
#include "base/value.h"

#include <stdint.h>

struct row_key {
    uint8_t bytes[16];
};

struct key_secret {
    uint8_t bytes[16];
};

/* key_of_int(n): an integer primary key. */
struct row_key key_of_int(int64_t n);

/* key_of_value(v, type, secret): the key of one value that is not NULL in a column of that type.
 * Values of a column that SQL holds equal (1 and 1.0, -0 and 0, NaN and NaN) have one key; others
 * have different ones. */
struct row_key key_of_value(const struct value *v, enum column_type type,
                            const struct key_secret *secret);

/* key_of_values(v, n, secret): a composite key of n ≥ 1 values. */
struct row_key key_of_values(const struct value *v, size_t n, const struct key_secret *secret);

#endif
