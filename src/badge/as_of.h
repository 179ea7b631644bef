/* As-of: the commit boundary that counts are true at.
 *
 * Its text is <timeline>-<position>, the position written as Postgres writes an LSN (two
 * hexadecimal halves with a slash, src/backend/utils/adt/pg_lsn.c), whatever the database:
 * "1-0/16B3748". The embedded database has the sequence number of its change log for a position.
 */
#ifndef BADGED_BADGE_AS_OF_H
#define BADGED_BADGE_AS_OF_H

#include <stdbool.h>
#include <stddef.h>
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

/* as_of_covers(a, wanted): whether what is true at a has the commit at wanted: a is not below it. A
 * wanted one of timeline 0 is a position of any timeline. */
bool as_of_covers(struct as_of a, struct as_of wanted);

/* as_of_format(a, out): the text. */
void as_of_format(struct as_of a, char out[AS_OF_TEXT_BYTES]);

/* as_of_format_position(position, out): the position alone, as Postgres takes an LSN. */
void as_of_format_position(uint64_t position, char out[AS_OF_TEXT_BYTES]);

/* as_of_parse(text, len, ret): whether the len bytes at text are an as-of, or a position alone,
 * which is one of any timeline and gives timeline 0. The timeline is decimal without zeros in
 * front; each half of the position is 1 to 8 hexadecimal digits in either letter case, as pg_lsn
 * reads them. Nothing may stand around them. ret is written only then. */
bool as_of_parse(const char *text, size_t len, struct as_of *ret);

/* as_of_parse_position(text, len, ret): as as_of_parse, but for a position alone: what Postgres
 * answers where it gives an LSN as text. */
bool as_of_parse_position(const char *text, size_t len, uint64_t *ret);

#endif
