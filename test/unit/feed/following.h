/* What the feed's tests share: a database of badged's in a directory of its own, a feed that
 * follows it, and SQL that says what the counts must be.
 *
 * Ownership: following_setup and following_teardown are cmocka's, for each test; the working
 * directory is a new one in between, with "badged.db" in it. What following_make makes is freed by
 * following_free.
 */
#ifndef BADGED_TEST_FEED_FOLLOWING_H
#define BADGED_TEST_FEED_FOLLOWING_H

#include "badge/counts.h"
#include "badge/definition.h"
#include "base/error.h"
#include "feed/sqlite.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILE_NAME "badged.db"

enum {
    TENANTS = 4,
    PATIENCE_MS =
        20000, /* for what takes milliseconds: a machine under load must not fail a test */
};

/* The tenants of the tests; they are rows of `tenants`. */
extern const char *const tenant_ids[TENANTS];

struct following {
    struct definitions *definitions;
    struct counts *counts;
    struct feed_sqlite *feed;
    sqlite3 *db; /* a connection that knows nothing of badged: "another program" */
    struct as_of last;
};

int following_setup(void **state);
int following_teardown(void **state);

/* following_start(f): begin to follow, and wait until it is live. following_begin(f): do not wait.
 * following_stop(f): stop. */
void following_start(struct following *f);
void following_begin(struct following *f);
void following_stop(struct following *f);

/* define(f, table, where, distinct): count these rows too, under a name of their own. Before
 * following_start. define_tenant: of tenants in a column of another name. define_order: with an
 * order column. */
void define(struct following *f, const char *table, const char *where, const char *distinct);
void define_tenant(struct following *f, const char *table, const char *where, const char *tenant);
void define_order(struct following *f, const char *table, const char *where, const char *order);

/* exec(db, fmt, ...): run statements. exec_fails(db, sql): run one that must be refused.
 * sql_int(db, sql): the number that one gives. raw_open(path): a connection to a file. shell(fmt,
 * ...): run a command of sh, which must succeed. */
void exec(sqlite3 *db, const char *fmt, ...) PRINTF_LIKE(2, 3);
void exec_fails(sqlite3 *db, const char *sql);
sqlite3_int64 sql_int(sqlite3 *db, const char *sql);
sqlite3 *raw_open(const char *path);
void shell(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* assert_exact(f): wait for what was committed so far, and compare the counts of every tenant and
 * source with what SQL counts; they are live, and as-of has not gone back. Nobody may write
 * meanwhile. */
void assert_exact(struct following *f);

/* await_status(f, trust, words): until the counts' trust is this and their reason contains words.
 * await_exact(f): until the counts are live and equal what SQL counts. Both fail where as-of goes
 * back on the way. */
void await_status(struct following *f, enum counts_trust trust, const char *words);
void await_exact(struct following *f);

/* sql_numbers(db, d, tenant, numbers): what SQL counts for each source. */
void sql_numbers(sqlite3 *db, const struct definitions *d, const char *tenant, uint64_t *numbers);

/* now_ms(): for a test's own deadlines. rest(): let a millisecond pass between two looks. */
int64_t now_ms(void);
void rest(void);

#endif
