/* Looking at the embedded database once, without following it: are its tables as the badges need
 * them, and what are the numbers of one tenant? Both only read.
 *
 * Ownership: nothing is kept.
 */
#ifndef BADGED_FEED_SQLITE_ONCE_H
#define BADGED_FEED_SQLITE_ONCE_H

#include "badge/counts.h"
#include "badge/definition.h"
#include "badge/index.h"
#include "base/error.h"

#include <stdbool.h>

/* sqlite_once_check(path, d, fault, e): whether the file's tables suit the definitions: ERR_CONFIG
 * with fault for a missing column or a type that does not fit, ERR_SCHEMA with fault for a table
 * that is missing or cannot be followed, ERR_SCHEMA with SPEC_BADGE in fault for a file that is not
 * badged's, the codes of sqlite_open for one that cannot be read.
 * e is not NULL. */
enum err sqlite_once_check(const char *path, const struct definitions *d,
                           struct source_fault *fault, struct error *e) MUST_CHECK;

/* sqlite_once_is_noted(path, d, ret, e): whether the file has the triggers that note every change
 * to the tables counted, and no old ones. Errors as above. */
enum err sqlite_once_is_noted(const char *path, const struct definitions *d, bool *ret,
                              struct error *e) MUST_CHECK;

/* sqlite_once_count(path, d, tenant, counts, fault, e): read one tenant's numbers, in one read
 * transaction, and publish them to counts. Errors as above. */
enum err sqlite_once_count(const char *path, const struct definitions *d, const struct uuid *tenant,
                           struct counts *counts, struct source_fault *fault,
                           struct error *e) MUST_CHECK;

#endif
