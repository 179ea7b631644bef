/* Migrating a Postgres database: the badge tables, on a new database and on one with years of life
 * in it.
 *
 * One migration runs at a time, under an advisory lock of the database. Each file is one
 * transaction, and gives up a lock that it does not get at once, as others wait behind it; it is
 * tried again until its time is over. Indexes of large tables are left out of it and built
 * afterwards, concurrently. What was applied stands in public.badged_migrations; as files only add
 * what is missing, one that changed since, or whose tables lost something, is applied again.
 *
 * Deliberately not here: taking anything back, and finding out whether badges can be counted, which
 * is the preflight's.
 *
 * Ownership: each function opens and closes a connection of its own; reports are the caller's to
 * release.
 */
#ifndef BADGED_STORE_POSTGRES_H
#define BADGED_STORE_POSTGRES_H

#include "base/error.h"
#include "store/migration.h"

enum {
    STORE_POSTGRES_WAIT_MS = 60000, /* for another migration, and for tables that are in use */
};

struct store_postgres_options {
    const char *conninfo; /* as session_open takes it */
    const char *password; /* or NULL */
    const struct migration_report *report;
};

/* store_postgres_up(o, to, is_dry_run, e): apply what is not applied yet, up to the file of that
 * number, and say what is done; a dry run only says it. Base tables are made where there are none;
 * the publication is left out, and that is said, where the role may not make it. ERR_USAGE: there
 * is no such file; ERR_BUSY: another migration, or a transaction that keeps a table, did not end
 * within STORE_POSTGRES_WAIT_MS; ERR_PREFLIGHT: a right is missing, and the message names it;
 * ERR_SCHEMA: what is there cannot be built on. What was applied before an error stays. */
enum err store_postgres_up(const struct store_postgres_options *o, int to, bool is_dry_run,
                           struct error *e) MUST_CHECK;

/* store_postgres_status(o, ret, e), store_postgres_verify(o, ret, e): reports as migration.h has
 * them. They change nothing. */
enum err store_postgres_status(const struct store_postgres_options *o, json_t **ret,
                               struct error *e) MUST_CHECK;
enum err store_postgres_verify(const struct store_postgres_options *o, json_t **ret,
                               struct error *e) MUST_CHECK;

#endif
