/* Building the indexes of large tables while others write to them: CREATE INDEX CONCURRENTLY, which
 * runs in no transaction, and leaves an index behind that is not valid when it is broken off.
 *
 * Ownership: nothing is kept.
 */
#ifndef BADGED_STORE_POSTGRES_INDEX_H
#define BADGED_STORE_POSTGRES_INDEX_H

#include "base/error.h"
#include "base/session.h"
#include "store/migration.h"

#include <stdbool.h>

/* postgres_index_build(s, o, number, report, ret_is_unfinished, e): build each index that the file
 * of this number left out, one after the other, saying how far it is every second. Of a partitioned
 * table those of the partitions are built; *ret_is_unfinished then says that the file is to be run
 * once more, and makes the one above them. What an earlier run of badged left half built is dropped
 * first; an index of that name that is anybody else's is left alone. s must
 * hold the migrations' lock. It waits without limit for transactions that are older than an index,
 * and says for whose. o opens the connection that watches. */
enum err postgres_index_build(struct session *s, const struct session_options *o, int number,
                              const struct migration_report *report, bool *ret_is_unfinished,
                              struct error *e) MUST_CHECK;

#endif
