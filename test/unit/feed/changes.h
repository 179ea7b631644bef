/* Random transactions on the built-in tables, for the feed's tests: rows that come, change tenant,
 * enter and leave a badge, are replaced and deleted, one by one and by cascade.
 *
 * Ownership: nothing is kept.
 */
#ifndef BADGED_TEST_FEED_CHANGES_H
#define BADGED_TEST_FEED_CHANGES_H

#include "generate/random.h"

#include <sqlite3.h>

/* changes_make(db, r): some changes, in the transaction that is open. Rows that they meet are few,
 * so that they meet them often. */
void changes_make(sqlite3 *db, struct random *r);

#endif
