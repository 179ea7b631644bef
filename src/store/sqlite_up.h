/* Migrating an embedded file by hand: what `badged migrate up` does beyond what every badged does
 * when it opens the file for writing.
 *
 * Ownership: nothing is kept; the file is opened and closed.
 */
#ifndef BADGED_STORE_SQLITE_UP_H
#define BADGED_STORE_SQLITE_UP_H

#include "base/error.h"
#include "store/migration.h"

#include <stdbool.h>

/* store_sqlite_up(path, is_dry_run, report, e): make the file and its tables where they are not
 * there, make again the tables, indexes and triggers that somebody dropped, note down as which text
 * each file was applied, and say what is done; a dry run only says it. Errors as store_sqlite_open;
 * ERR_SCHEMA also for a column that is gone, once all the rest is done: it is in no statement of
 * its own. */
enum err store_sqlite_up(const char *path, bool is_dry_run, const struct migration_report *report,
                         struct error *e) MUST_CHECK;

#endif
