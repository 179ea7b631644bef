/* Following one SQLite file, step by step: open, load in slices, then catch up with what the change
 * log notes.
 *
 * A slice reads for at most about 20 ms in one read transaction, because in rollback-journal mode a
 * reader holds up a writer's commit. Slices see different states of the file; that is sound because
 * what the load missed stands in the log behind the position where it began, and because a row
 * noted in the log is read again as it is now. At the end of the log, read in one transaction, the
 * index is the state of the file at that transaction, and only then is it published.
 *
 * ERR_NOT_READY from any step: what was loaded no longer holds (DDL, a gap in the log, another file
 * in its place); close and begin anew. ERR_BUSY: somebody holds the file; the same step may be
 * tried again. Any other error: close, and open again later.
 *
 * Ownership: follow_open fills a struct that the caller supplies, follow_close frees what it holds;
 * path and definitions outlive it. One thread.
 */
#ifndef BADGED_FEED_SQLITE_FOLLOW_H
#define BADGED_FEED_SQLITE_FOLLOW_H

#include "badge/as_of.h"
#include "badge/definition.h"
#include "badge/index.h"
#include "base/error.h"
#include "feed/sqlite_catalog.h"
#include "feed/sqlite_log.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <sys/types.h>

struct follow {
    const char *path;
    const struct definitions *definitions;
    sqlite3 *db;
    dev_t device;
    ino_t inode;
    struct catalog catalog;
    struct index *index;
    sqlite3_int64 schema_version, data_version, timeline;
    bool is_behind;    /* somebody committed since the end of the log was read */
    struct value *row; /* room for the values of one row of any table */
    struct log_position position;
    struct follow_table {
        sqlite3_stmt *rows_live, *row;
        sqlite3_int64 next, last; /* rowids still to load */
        bool is_loaded;
    } * tables;
    size_t loading;       /* table that is being loaded; catalog.tables_count: all are */
    sqlite3_int64 window; /* rowids in a slice, adapted to the time that one takes */
    sqlite3_stmt *changes, *salt;
};

/* follow_open(f, path, d, fault, e): open, look up the tables, install the triggers, note where the
 * log ends. */
enum err follow_open(struct follow *f, const char *path, const struct definitions *d,
                     struct source_fault *fault, struct error *e) MUST_CHECK;

/* follow_close(f): takes a zeroed struct, and one that follow_open left half made. */
void follow_close(struct follow *f);

/* follow_load(f, ret_done, e): one slice of the first load. */
enum err follow_load(struct follow *f, bool *ret_done, struct error *e) MUST_CHECK;

/* follow_has_news(f, ret, e): whether somebody committed since the end of the log was
 * last read. Reads a few bytes. */
enum err follow_has_news(struct follow *f, bool *ret, struct error *e) MUST_CHECK;

/* follow_catch_up(f, is_whole, ret_is_end, e): apply one slice of the log, or all of it at once
 * when is_whole. At the end the index is the state of the file that follow_as_of names. */
enum err follow_catch_up(struct follow *f, bool is_whole, bool *ret_is_end,
                         struct error *e) MUST_CHECK;

/* follow_as_of(f): the position read up to. */
struct as_of follow_as_of(const struct follow *f);

/* follow_branch(f, timeline, e): write a higher timeline to the file, as its history turned out to
 * be another than the one published from before. */
enum err follow_branch(struct follow *f, uint32_t timeline, struct error *e) MUST_CHECK;

#endif
