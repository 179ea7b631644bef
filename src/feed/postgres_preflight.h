/* The preflight: whether a Postgres database is set up to be followed, and what mends it where it
 * is not. It looks at everything and reports all that it finds; it never alters anything.
 *
 *     server              version, encoding, a primary
 *     tables              each is there, and a table
 *     columns             those that sources name are there, and of a type that suits
 *     predicates          badged and Postgres take them
 *     right to read       SELECT, and USAGE of the schemas
 *     row security        no policy would hide rows from this role
 *     wal_level           logical
 *     right to replicate  REPLICATION, or what stands for it
 *     replication slots   one is free
 *     WAL senders         one is free
 *     replica identity    every table and partition says which row changed
 *     keys                and does so by columns that name one row of the whole table
 *     storage             nothing is unlogged or foreign
 *     generated columns   none is needed that Postgres does not publish
 *     publication         it is there, and of named tables
 *     published changes   insert, update, delete and truncate
 *     published tables    each table, or each of its partitions
 *     published columns   all that are needed
 *     row filters         none
 *     long values         none that an update might leave out
 *     wal_sender_timeout  on
 *     WAL kept            enough for badged to fall behind a little
 *     open transactions   none that a new slot would have to wait for
 *
 * and, apart from these, whether a session that replicates is let in.
 *
 * Ownership: the caller ends the checks with checks_fini.
 */
#ifndef BADGED_FEED_POSTGRES_PREFLIGHT_H
#define BADGED_FEED_POSTGRES_PREFLIGHT_H

#include "badge/definition.h"
#include "badge/index.h"
#include "base/checks.h"
#include "base/error.h"
#include "base/session.h"
#include "feed/postgres_catalog.h"

#include <stddef.h>

/* preflight_run(s, d, publication, ret, fault, e): run every check, in the order above; only the
 * first on a server that badged cannot read. Returns
 * ERR_OK when they could be run, whatever they found; fault is that of the first definition that
 * does not suit its table, if one does not. Errors as session_query; ret is then empty. d's
 * predicates stay bound as they are. */
enum err preflight_run(struct session *s, const struct definitions *d, const char *publication,
                       struct checks *ret, struct source_fault *fault, struct error *e) MUST_CHECK;

/* preflight_catalog(s, d, publication, ret, catalog, fault, e): preflight_run, and the catalog that
 * rows are loaded by, made of the same answer of the server. It stays empty when a check found that
 * the database cannot be followed. The caller ends it with pg_catalog_fini. */
enum err preflight_catalog(struct session *s, const struct definitions *d, const char *publication,
                           struct checks *ret, struct pg_catalog *catalog,
                           struct source_fault *fault, struct error *e) MUST_CHECK;

/* preflight_connect(o, ret, e): add the check "replication connection" to ret: whether a session
 * that replicates can be opened as well, which a pooler or the server's pg_hba.conf may refuse.
 * ERR_BUSY: o's wake_fd became readable. */
enum err preflight_connect(const struct session_options *o, struct checks *ret,
                           struct error *e) MUST_CHECK;

#endif
