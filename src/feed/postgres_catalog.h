/* What a Postgres server's catalog says of the tables that sources count: their columns, what names
 * a row of each, and the relations that their rows come from in the stream.
 *
 * Ownership: pg_catalog_of fills a struct that the caller supplies, pg_catalog_fini frees what it
 * holds.
 */
#ifndef BADGED_FEED_POSTGRES_CATALOG_H
#define BADGED_FEED_POSTGRES_CATALOG_H

#include "badge/definition.h"
#include "badge/index.h"
#include "badge/table.h"
#include "base/error.h"
#include "base/session.h"
#include "feed/postgres_fingerprint.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pg_column {
    uint32_t type_oid; /* as declared: of a domain, its own */
};

/* What struct table does not say. */
struct pg_table {
    uint32_t oid;
    struct pg_column *columns; /* parallel to table.columns */
    size_t *key;               /* ordinals in table.columns, in the order of the index */
    size_t key_count; /* 0: nothing names its rows, so it cannot be followed, only polled */
    bool is_partitioned;
};

/* A relation that rows of a table come from in the stream. */
struct pg_relation {
    uint32_t oid;
    size_t table; /* index into tables */
    bool is_leaf; /* a partition of the table, at any depth, and not the table itself */
};

struct pg_catalog {
    struct table *tables; /* with the columns that sources name, and the key's; for index_new */
    struct pg_table *details;
    size_t tables_count;
    struct pg_relation *relations; /* sorted by oid */
    size_t relations_count;
    char fingerprint[PG_FINGERPRINT_BYTES]; /* at the moment it was read at */
};

/* pg_catalog_survey(s, d, publication, ret, fingerprint, e): ask what the server says of d's
 * tables, and for the fingerprint of that moment. Runs a transaction of its own. Errors as
 * session_query. */
enum err pg_catalog_survey(struct session *s, const struct definitions *d, const char *publication,
                           json_t **ret, char fingerprint[PG_FINGERPRINT_BYTES],
                           struct error *e) MUST_CHECK;

/* pg_catalog_of(survey, d, ret, fault, e): look up every table and column that d's sources name,
 * but for predicates; the fingerprint is left empty. ERR_SCHEMA with fault: a table or its schema
 * is missing, or is a view, a foreign table or temporary. ERR_CONFIG with fault: a column is
 * missing or does not suit. */
enum err pg_catalog_of(const json_t *survey, const struct definitions *d, struct pg_catalog *ret,
                       struct source_fault *fault, struct error *e) MUST_CHECK;

/* pg_catalog_predicate(s, survey, source, t, offset, e): whether a source's predicate suits its
 * table t, to badged and to Postgres, which is asked to prepare it. ERR_CONFIG: it does not; offset
 * is the byte in its text. ERR_PREFLIGHT: the table may not be read. Others as session_query. */
enum err pg_catalog_predicate(struct session *s, const json_t *survey, const struct source *source,
                              const struct table *t, size_t *offset, struct error *e) MUST_CHECK;

/* pg_catalog_fini(c): takes a zeroed struct. */
void pg_catalog_fini(struct pg_catalog *c);

/* pg_catalog_table(c, s): index of the table that a source of the definitions counts. */
size_t pg_catalog_table(const struct pg_catalog *c, const struct source *s);

#endif
