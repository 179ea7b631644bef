/* Badge counts as a person reads them in a terminal: the sidebar as a table, groups indented,
 * numbers right.
 *
 * Ownership: nothing is kept.
 */
#ifndef BADGED_CLI_SIDEBAR_H
#define BADGED_CLI_SIDEBAR_H

#include "badge/outline.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/uuid.h"
#include "config/config.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    SIDEBAR_COLUMNS = 40, /* that its lines take */
    SIDEBAR_NUMBER_BYTES = 32,
    SIDEBAR_COLUMNS_ANY = 0
};

/* sidebar_number(n, out): 1284 as "1,284". */
void sidebar_number(uint64_t n, char out[SIDEBAR_NUMBER_BYTES]);

/* What a line has behind its label. What stands around the number takes no column: the terminal's
 * colours. */
struct sidebar_cell {
    const char *number;
    const char *around[2];
};

/* sidebar_add_item(item, cell, columns, out): append the line of a group or a badge. A group has
 * the cell sidebar_no_cell. A label is cut where columns, or SIDEBAR_COLUMNS, do not have room;
 * with SIDEBAR_COLUMNS_ANY the line gets longer. */
extern const struct sidebar_cell sidebar_no_cell;
void sidebar_add_item(const struct outline_item *item, const struct sidebar_cell *cell,
                      unsigned columns, struct buffer *out);

struct sidebar_options {
    struct uuid tenant;
    const char *title; /* what to call the tenant */
    bool is_json;      /* the object of GET /api/sidebar/badges and a newline, not a table */
};

/* sidebar_print(c, o, e): read the badges of one tenant from the database, as it is now, and print
 * them to standard output; a zero that is shown as null is a dash. Errors are those of
 * sqlite_once_count, with the place of the badge in front, and of feed_postgres_once. */
enum err sidebar_print(const struct config *c, const struct sidebar_options *o,
                       struct error *e) MUST_CHECK;

#endif
