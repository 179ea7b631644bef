/* A fingerprint of everything that counts rest on and that no row of the stream tells: when it is
 * another, the counts must be built anew. What it covers stands in
 * sql/postgres/feed/fingerprint.sql.
 *
 * Ownership: the texts of pg_fingerprint_params are freed by the caller.
 */
#ifndef BADGED_FEED_POSTGRES_FINGERPRINT_H
#define BADGED_FEED_POSTGRES_FINGERPRINT_H

#include "badge/definition.h"
#include "base/error.h"
#include "base/session.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    PG_FINGERPRINT_BYTES = 33 /* hexadecimal digits and a NUL */
};

struct pg_fingerprint {
    char text[PG_FINGERPRINT_BYTES];
    uint64_t wal_end; /* how far the server's WAL was flushed (on a standby: replayed) then */
    bool is_in_recovery;
};

/* pg_fingerprint_sql(), pg_fingerprint_params(d, publication, params): the statement and its two
 * parameters, for session_send. It takes no lock. */
const char *pg_fingerprint_sql(void);
void pg_fingerprint_params(const struct definitions *d, const char *publication, char *params[2]);

/* pg_fingerprint_read(r, ret, e): read what the statement answered. ERR_DATABASE: r is no such
 * answer. */
enum err pg_fingerprint_read(const PGresult *r, struct pg_fingerprint *ret,
                             struct error *e) MUST_CHECK;

/* pg_fingerprint_query(s, d, publication, ret, e): ask, and wait for the answer. */
enum err pg_fingerprint_query(struct session *s, const struct definitions *d,
                              const char *publication, struct pg_fingerprint *ret,
                              struct error *e) MUST_CHECK;

#endif
