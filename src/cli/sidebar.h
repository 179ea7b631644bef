/* Badge counts as a person reads them in a terminal: the sidebar as a table.
 *
 * Ownership: nothing is kept.
 */
#ifndef BADGED_CLI_SIDEBAR_H
#define BADGED_CLI_SIDEBAR_H

#include "badge/counts.h"
#include "badge/definition.h"

/* sidebar_print(d, counts, title, tenant): the badges of one tenant to standard output, groups
 * indented, numbers right; a zero that is shown as null is a dash. counts must be loaded. */
void sidebar_print(const struct definitions *d, struct counts *counts, const char *title,
                   const struct uuid *tenant);

/* sidebar_print_json(d, counts, tenant): the object of GET /api/sidebar/badges, and a newline. */
void sidebar_print_json(const struct definitions *d, struct counts *counts,
                        const struct uuid *tenant);

#endif
