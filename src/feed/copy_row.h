/* Rows as COPY TO STDOUT writes them in its text format (PostgreSQL documentation, COPY, "Text
 * Format"), with the default delimiter, a tab, and the default null string, \N.
 *
 * Pure, for any thread.
 */
#ifndef BADGED_FEED_COPY_ROW_H
#define BADGED_FEED_COPY_ROW_H

#include "base/error.h"
#include "feed/pgoutput.h"

#include <stddef.h>

/* copy_row_split(line, len, fields, fields_count, e): split one line, without its newline, into the
 * fields_count fields that it must have, of kind 'n' (NULL) or 't'. Escapes are resolved in place:
 * the fields point into line, and live as long. len is at most INT32_MAX. ERR_CORRUPT when there
 * are more or fewer fields, or something that COPY does not write, at the byte, counted from 0,
 * that the error names; line and fields then hold nothing of use. */
enum err copy_row_split(char *line, size_t len, struct pgoutput_datum *fields, size_t fields_count,
                        struct error *e) MUST_CHECK;

#endif
