/* What Postgres prints of a value, read into a struct value; and which types it is read of.
 *
 * The text is that of the type's output function with TimeZone UTC, DateStyle ISO,
 * extra_float_digits 1 or more and client_encoding UTF8 (manual, sections 8.1, 8.5 and 20.11.2), as
 * both COPY and logical replication hand it over, without escapes. Pure; any thread.
 *
 * Ownership: a value of VALUE_TEXT or VALUE_DECIMAL points into the bytes given.
 */
#ifndef BADGED_FEED_POSTGRES_TEXT_H
#define BADGED_FEED_POSTGRES_TEXT_H

#include "badge/table.h"
#include "base/error.h"
#include "base/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* pg_type_class(base_oid, typtype, is_deterministic): what columns of a type are to badges.
 * base_oid is the type itself, or of a domain the type at the base of it; typtype is always that of
 * the type itself in pg_type, so 'd' of a domain. is_deterministic is
 * pg_collation.collisdeterministic of the column's collation (true where it has none).
 *
 *     bool                             COLUMN_BOOL
 *     int2, int4, int8                 COLUMN_INTEGER
 *     float4                           COLUMN_SINGLE
 *     float8                           COLUMN_REAL
 *     numeric                          COLUMN_DECIMAL
 *     timestamptz, timestamp           COLUMN_INSTANT
 *     date                             COLUMN_DATE
 *     uuid                             COLUMN_UUID
 *     text, varchar                    COLUMN_TEXT, when the collation is deterministic
 *     enums (typtype 'e')              COLUMN_ENUM; the caller fills in kin and labels
 *     all others                       COLUMN_OTHER
 *
 * Among the others are domains over enums, which Postgres compares with nothing, and those whose
 * `=` is not that of their text: character(n), which leaves blanks at the end out; "char" and name,
 * which cut a literal short; citext; json, which has none. */
enum column_type pg_type_class(uint32_t base_oid, char typtype, bool is_deterministic);

/* pg_text_value(type, bytes, len, ret, e): the value that the text means in a column of the type,
 * which is none of COLUMN_NUMBER and COLUMN_TIME. NULL has no text: it is the caller's to tell. On
 * failure returns ERR_CORRUPT, and ret is not written; the message, which clients may see, has
 * nothing of the text in it. */
enum err pg_text_value(enum column_type type, const char *bytes, size_t len, struct value *ret,
                       struct error *e) MUST_CHECK;

#endif
