/* The embedded feed: follows one SQLite file, whoever writes to it.
 *
 * Triggers on the followed tables note the rowid of every changed row in a table of badged's,
 * `badged_change`; a thread looks at the file every 100 ms (sqlite_watch.h), reads what was noted,
 * and reads those rows again. The first load reads the live rows in slices and then what was noted
 * meanwhile. Both read in short transactions, because in rollback-journal mode a reader holds up a
 * writer's commit.
 *
 *                  ┌── DDL, file replaced, gap in the log ──┐
 *                  ▼                                         │
 *   start ──▶ opening ──▶ loading ─────────────────────────▶ live
 *                │         ▲   │                             │ ▲
 *                ▼         │   ▼                             ▼ │
 *              waiting: table missing, file locked, damaged or gone; tried again
 *
 *   every state ──▶ stopped
 *
 * Ownership: feed_sqlite_new makes it, feed_sqlite_free stops and frees it. Definitions and counts
 * outlive it.
 */
#ifndef BADGED_FEED_SQLITE_H
#define BADGED_FEED_SQLITE_H

#include "badge/counts.h"
#include "badge/definition.h"
#include "badge/index.h"
#include "base/error.h"

struct feed_sqlite;

/* feed_sqlite_new(path, d, counts, ret, e): start following, on a thread of its own. What is wrong
 * with the file, a missing one included, is published as the status of counts, logged once a
 * change, and tried again. ERR_SYSTEM: there is no thread. */
enum err feed_sqlite_new(const char *path, const struct definitions *d, struct counts *counts,
                         struct feed_sqlite **ret, struct error *e) MUST_CHECK;

/* feed_sqlite_free(f): stop following and free. Waits for the thread: for some milliseconds, and
 * when others lock the file or it is far behind for about a second. f may be NULL. */
void feed_sqlite_free(struct feed_sqlite *f);

/* feed_sqlite_sync(f, timeout_ms): wait until every commit made before this call is published.
 * false: it was not within timeout_ms, or the feed is stopping. Any thread: a writer in this
 * process calls it between its commit and its answer. */
bool feed_sqlite_sync(struct feed_sqlite *f, int timeout_ms);

#endif
