/* What an embedded file has of the migrations.
 *
 * Ownership: reports are the caller's to release.
 */
#ifndef BADGED_STORE_SQLITE_STATE_H
#define BADGED_STORE_SQLITE_STATE_H

#include "base/error.h"

#include <jansson.h>

/* store_sqlite_status(path, ret, e): a status as migration.h has it. The file's own version says
 * what was applied; when, and as which text, its record does, where there is one. A file that is
 * not there is one that nothing was applied to. */
enum err store_sqlite_status(const char *path, json_t **ret, struct error *e) MUST_CHECK;

/* store_sqlite_verify(path, ret, e): a verification as migration.h has it. ERR_NOT_FOUND: there is
 * no such file. Neither writes anything; both refuse what store_sqlite_open refuses to read. */
enum err store_sqlite_verify(const char *path, json_t **ret, struct error *e) MUST_CHECK;

#endif
