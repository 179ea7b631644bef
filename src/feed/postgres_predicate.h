/* Asking Postgres itself whether it takes a predicate, as the server reads what badged evaluates:
 * a literal, say, must be one that the type of its column has.
 *
 * Ownership: nothing is kept.
 */
#ifndef BADGED_FEED_POSTGRES_PREDICATE_H
#define BADGED_FEED_POSTGRES_PREDICATE_H

#include "base/error.h"
#include "base/session.h"

#include <stddef.h>

/* pg_predicate_check(s, table, where, offset, e): have the server prepare a query over table (as
 * SQL) with the condition. ERR_CONFIG: it refuses, with the byte of where it points at in offset.
 * Other codes as session_query; ERR_PREFLIGHT for a table that may not be read, or only through row
 * security. */
enum err pg_predicate_check(struct session *s, const char *table, const char *where, size_t *offset,
                            struct error *e) MUST_CHECK;

#endif
