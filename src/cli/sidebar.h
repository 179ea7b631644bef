/* Badge counts as a person reads them in a terminal: the sidebar as a table.
 *
 * Ownership: nothing is kept.
 */
#ifndef BADGED_CLI_SIDEBAR_H
#define BADGED_CLI_SIDEBAR_H

#include "base/error.h"
#include "base/uuid.h"
#include "config/config.h"

#include <stdbool.h>

struct sidebar_options {
    struct uuid tenant;
    const char *title; /* what to call the tenant */
    bool is_json;      /* the object of GET /api/sidebar/badges and a newline, not a table */
};

/* sidebar_print(c, o, e): read the badges of one tenant from the database, as it is now, and print
 * them to standard output: groups indented, numbers right; a zero that is shown as null is a dash.
 * Errors are those of sqlite_once_count, with the place of the badge in front, and of
 * feed_postgres_once. */
enum err sidebar_print(const struct config *c, const struct sidebar_options *o,
                       struct error *e) MUST_CHECK;

#endif
