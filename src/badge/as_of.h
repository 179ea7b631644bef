/* As-of: the commit boundary that counts are true at.
 *
 * Its text is <timeline>-<position>, the position written as Postgres writes an LSN (two
 * hexadecimal halves with a slash, src/backend/utils/adt/pg_lsn.c), whatever the database:
 * "1-0/16B3748". The embedded database has the sequence number of its change log for a position.
 */
#ifndef BADGED_BADGE_AS_OF_H
#define BADGED_BADGE_AS_OF_H

#include <stdint.h>

enum {
    AS_OF_TEXT_BYTES = 32
}; /* room for the longest text and its NUL */

struct as_of {
    uint32_t timeline; /* goes up when history branches: a promoted standby, a file put back from a
                          copy */
    uint64_t position; /* goes up with every commit on a timeline */
};

/* as_of_compare(a, b): below, equal (0) or above; timeline first. */
int as_of_compare(struct as_of a, struct as_of b);

/* as_of_format(a, out): the text. */
void as_of_format(struct as_of a, char out[AS_OF_TEXT_BYTES]);

#endif
