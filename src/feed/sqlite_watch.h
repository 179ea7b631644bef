/* Watching one SQLite file through a connection: whether somebody committed, whether it is still
 * the same file, and when to read it without standing in a writer's way.
 *
 * In rollback-journal mode a reader's SHARED lock and a writer's last step to its commit shut each
 * other out (sqlite.org/lockingv3.html). So looking for news takes no lock: it reads the file's
 * change counter and its neighbours (sqlite.org/fileformat2.html, section 1.3), and asks the system
 * for size and time of the last write. In WAL mode, where readers are in nobody's way and the
 * counter stands still, it asks SQLite (PRAGMA data_version).
 *
 * A size or time that changes while the counter stays says that something other than SQLite wrote
 * to the file, as `cp` over a live file does, and then nothing that was read of it holds any more.
 *
 * Ownership: watch_open fills a struct that the caller supplies, watch_close frees what it holds;
 * path and connection outlive it. One thread.
 */
#ifndef BADGED_FEED_SQLITE_WATCH_H
#define BADGED_FEED_SQLITE_WATCH_H

#include "base/error.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

enum {
    WATCH_HEAD_BYTES = 22, /* of the header: file format versions to count of free pages */
    WATCH_BUSY_MS = 100,
};

struct watch {
    const char *path;
    sqlite3 *db;
    sqlite3_stmt *data_version, *schema_version;
    struct watch_state {
        dev_t device;
        ino_t inode;
        struct timespec written; /* when it was last written to */
        off_t bytes;
        unsigned char head[WATCH_HEAD_BYTES];
        sqlite3_int64 data_version; /* in WAL mode, else 0 */
    } seen;                         /* when the last read transaction began */
    sqlite3_int64 schema;           /* schema_version in the first one */
    bool is_seen;
    int64_t polite_until_ms, begun_us; /* of the read transaction */
    bool was_written;                  /* somebody was between change and commit when it began */
};

/* watch_open(w, path, db, e): start watching the file that db has open. ERR_NOT_READY: another one
 * took its place under that path meanwhile. */
enum err watch_open(struct watch *w, const char *path, sqlite3 *db, struct error *e) MUST_CHECK;

/* watch_close(w): takes a zeroed struct. */
void watch_close(struct watch *w);

/* watch_is_wal(w): whether the file was in WAL mode when the last read transaction began. */
bool watch_is_wal(const struct watch *w);

/* watch_has_news(w, ret, e): whether somebody committed, or is about to, since the last read
 * transaction began. ERR_NOT_READY: another file is there now, or none. */
enum err watch_has_news(struct watch *w, bool *ret, struct error *e) MUST_CHECK;

/* watch_begin(w, polite_until_ms, e): begin a read transaction. Until clock_ms() is there, waits
 * for a time when no other connection is between its first change and its commit, or one has just
 * committed; then, for at most WATCH_BUSY_MS, until nobody locks the file: ERR_BUSY. ERR_NOT_READY:
 * the schema is another than in the first read transaction of w, another file is there, or it was
 * written to by something else than SQLite. watch_should_end(w): whether it has lasted long enough,
 * or too long for a writer that came up. watch_end(w): end it. */
enum err watch_begin(struct watch *w, int64_t polite_until_ms, struct error *e) MUST_CHECK;
bool watch_should_end(const struct watch *w);
void watch_end(struct watch *w);

/* watch_begin_write(w, e): begin a write transaction, once the file has rested for a moment under
 * its lock: a copy in progress over a live file must not be joined by a write of SQLite's.
 * ERR_BUSY: somebody locks the file. ERR_NOT_READY: it does not rest. The caller commits, or
 * watch_end(w) rolls back. */
enum err watch_begin_write(struct watch *w, struct error *e) MUST_CHECK;

#endif
