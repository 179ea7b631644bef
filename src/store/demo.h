/* The demonstration's data: a few tenants in an embedded database, and things that keep happening
 * to them.
 *
 * Everything happens by chance from a seed, and is steered: the more there is of a kind that needs
 * attention, the likelier is a step that mends some of it, so that the badges hover around what is
 * usual for a tenant. Old rows that need nothing are deleted along the way, and the file stays
 * small over days. Rows of other tenants are never touched.
 *
 * Ownership: the connection is the caller's, made by store_sqlite_open; one thread at a time uses
 * it.
 */
#ifndef BADGED_STORE_DEMO_H
#define BADGED_STORE_DEMO_H

#include "base/error.h"
#include "store/demo_random.h"

#include <sqlite3.h>
#include <stddef.h>

enum {
    DEMO_WHAT_BYTES_MAX = 320, /* room for the line that says what happened, with its NUL */
};

struct demo_tenant {
    const char *id, *name;
};

/* demo_tenants(ret_count): the tenants of the demonstration, always the same. The last is a nearly
 * quiet one. */
const struct demo_tenant *demo_tenants(size_t *ret_count);

/* demo_fill(db, e): add the tenants, and two weeks of things that happened to them, in one
 * transaction. Does nothing where any of them is there already. Errors: codes of base/sqlite.h. */
enum err demo_fill(sqlite3 *db, struct error *e) MUST_CHECK;

/* demo_step(db, random, ret_what, e): one thing happens to one of the tenants, in one transaction.
 * The same seed on the same rows gives the same row of things. ret_what: one line, "Harbour Bakery:
 * crawl of https://… failed (timeout)". Errors: ERR_NOT_FOUND when none of the tenants is there any
 * more, codes of base/sqlite.h; then nothing changed, and the next step may go well (ERR_BUSY,
 * ERR_FULL). */
enum err demo_step(sqlite3 *db, struct demo_random *random, char ret_what[DEMO_WHAT_BYTES_MAX],
                   struct error *e) MUST_CHECK;

#endif
