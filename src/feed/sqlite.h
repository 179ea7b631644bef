/* The embedded feed: follows one SQLite file, whoever writes to it.
 *
 * Triggers on the followed tables note the rowid of every changed row in a table of badged's, `badged_change`; a thread
 * polls the file for commits (PRAGMA data_version), reads what was noted, and reads those rows again. The first load
 * reads the live rows in slices and then what was noted meanwhile. Both read in short transactions, because in rollback-journal mode a
 * reader holds up a writer's commit.
 *
 *                  ┌────────────── file replaced, DDL, gap in the log ─────────────┐
 *                  ▼                                                               │
 *   opening ──▶ checking ──▶ loading ──────────────────────────────────────────▶ live
 *      ▲           │            │                                                  │
 *      │           ▼            ▼                                                  ▼
 *      └──────── waiting (missing table, locked, damaged, unreadable; tried again) ◀┘
 *
 *   every state ──▶ stopped
 *
 * Ownership: feed_sqlite_new makes it, feed_sqlite_free stops and frees it. Definitions and counts outlive it.
 */
#ifndef BADGED_FEED_SQLITE_H
#define BADGED_FEED_SQLITE_H

#include "badge/counts.h"
#include "badge/definition.h"
#include "badge/index.h"
#include "base/error.h"

struct feed_sqlite;

/* feed_sqlite_check(path, d, fault, e): whether the file's tables suit the definitions: ERR_CONFIG with fault for a
 * missing column or a type that does not fit, ERR_SCHEMA for a missing table, codes of base/sqlite.h for a file that
 * cannot be read. Only reads. */
enum err feed_sqlite_check(const char *path, const struct definitions *d,
                           struct source_fault *fault, struct error *e) MUST_CHECK;

/* feed_sqlite_count(path, d, tenant, counts, e): read one tenant's numbers once, into counts. Only reads. */
enum err feed_sqlite_count(const char *path, const struct definitions *d,
                           const struct uuid *tenant, struct counts *counts,
                           struct error *e) MUST_CHECK;

/* feed_sqlite_new(path, d, counts, ret, e): start following, on a thread of its own. The file must exist and be of this schema version. What
 * goes wrong later is published as the status of counts, logged once a change, and tried again. */
enum err feed_sqlite_new(const char *path, const struct definitions *d, struct counts *counts,
                         struct feed_sqlite **ret, struct error *e) MUST_CHECK;

/* feed_sqlite_free(f): stop following and free. Waits for the thread, at most a slice (20 ms). f may be NULL. */
void feed_sqlite_free(struct feed_sqlite *f);

/* feed_sqlite_sync(f, timeout_ms): wait until every commit made before this call is published. false: it was not within
 * timeout_ms. Any thread: a writer in this process calls it between its commit and its answer. */
bool feed_sqlite_sync(struct feed_sqlite *f, int timeout_ms);

/* feed_sqlite_memory(f): bytes that the index holds, and the live rows in it. */
void feed_sqlite_memory(struct feed_sqlite *f, size_t *ret_bytes, size_t *ret_rows);

#endif
