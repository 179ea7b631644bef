/* The catalog of a server's tables, as the feed reads it before it loads, without its preflight.
 *
 * Ownership: as pg_catalog_of.
 */
#ifndef BADGED_TEST_UNIT_FEED_READING_H
#define BADGED_TEST_UNIT_FEED_READING_H

#include "feed/postgres_catalog.h"

/* read_catalog(s, d, ret, fault, e): ask, look up, and try each predicate. Errors are those of the
 * three functions in feed/postgres_catalog.h. */
enum err read_catalog(struct session *s, const struct definitions *d, struct pg_catalog *ret,
                      struct source_fault *fault, struct error *e) MUST_CHECK;

#endif
