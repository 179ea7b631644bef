/* Following one SQLite file, step by step: open, load in slices, then catch up with what the change
 * log notes.
 *
 * A slice reads for at most about 3 ms in one read transaction, because in rollback-journal mode a
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
#include "feed/sqlite_watch.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

struct follow {
    const char *path;
    const struct definitions *definitions;
    sqlite3 *db;
    struct watch watch;
    struct catalog catalog;
    struct index *index;
    uint32_t timeline;
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
    sqlite3_stmt *changes, *salt, *read_timeline;
};

/* follow_open(f, path, d, fault, e): open, look up the tables, install the triggers, note where the
 * log ends. */
enum err follow_open(struct follow *f, const char *path, const struct definitions *d,
                     struct source_fault *fault, struct error *e) MUST_CHECK;

/* follow_close(f): takes a zeroed struct, and one that follow_open left half made. */
void follow_close(struct follow *f);

/* follow_load(f, ret_done, e): one slice of the first load. */
enum err follow_load(struct follow *f, bool *ret_done, struct error *e) MUST_CHECK;

/* follow_has_news(f, ret, e): whether somebody committed since the end of the log was last read.
 * Takes no lock. */
enum err follow_has_news(struct follow *f, bool *ret, struct error *e) MUST_CHECK;

/* How to go about a slice of the log. */
struct follow_pace {
    int64_t polite_until_ms; /* by clock_ms(): till then wait for a moment that suits writers */
    bool is_whole;           /* read to the end at once, as a writer outpaces the slices */
};

/* follow_catch_up(f, pace, ret_is_end, e): apply one slice of the log. At the end the index is the
 * state of the file that follow_as_of names. */
enum err follow_catch_up(struct follow *f, const struct follow_pace *pace, bool *ret_is_end,
                         struct error *e) MUST_CHECK;

/* follow_as_of(f): the position read up to. */
struct as_of follow_as_of(const struct follow *f);

/* What the log says of an entry that was read in another life of the connection. */
enum history {
    HISTORY_SAME,  /* it is there */
    HISTORY_GONE,  /* it is not, as after many changes, or the position never had one */
    HISTORY_OTHER, /* another one is in its place */
};

/* follow_history(f, p, ret, e): look for the entry at p. */
enum err follow_history(struct follow *f, const struct log_position *p, enum history *ret,
                        struct error *e) MUST_CHECK;

/* follow_branch(f, above, e): go on with a timeline higher than `above`, written to the file unless
 * it has one already: its history turned out to be another than the one published from before. */
enum err follow_branch(struct follow *f, uint32_t above, struct error *e) MUST_CHECK;

#endif
