/* Relations: the published tables as the stream describes them, and its tuples as rows.
 *
 * The stream says how a relation's columns stand before it sends the first row, and again whenever
 * that changed; each such message takes the place of the one before. Columns are found by name, so
 * that a leaf of a partitioned table may have them in another order. What does not fit the catalog
 * that the load was read by ends in a rebuild.
 *
 * Ownership: relations_init fills a struct that the caller supplies, relations_fini frees what it
 * holds; the catalog outlives it. One thread.
 */
#ifndef BADGED_FEED_POSTGRES_RELATION_H
#define BADGED_FEED_POSTGRES_RELATION_H

#include "badge/index.h"
#include "base/error.h"
#include "feed/pgoutput.h"
#include "feed/postgres_catalog.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct relation {
    uint16_t *ordinals; /* for each column of the stream, that of struct table, or RELATION_NONE */
    uint16_t columns_count; /* 0: not described yet */
};

enum {
    RELATION_NONE = UINT16_MAX,
    RELATION_KEY_COLUMNS_MAX = 32, /* INDEX_MAX_KEYS of Postgres */
};

struct relations {
    const struct pg_catalog *catalog;
    const struct key_secret *secret;
    struct relation *list; /* parallel to catalog.relations */
    struct value *row;     /* room for the widest table, of the change read last */
};

void relations_init(struct relations *r, const struct pg_catalog *c, const struct key_secret *s);

/* relations_fini(r): takes a zeroed struct. */
void relations_fini(struct relations *r);

/* relations_describe(r, m, e): take a PGOUTPUT_RELATION message. ERR_NOT_READY: what it describes
 * is not what the catalog said. A relation that no badge counts is passed over. */
enum err relations_describe(struct relations *r, const struct pgoutput_message *m,
                            struct error *e) MUST_CHECK;

/* relations_change(r, m, ret, ret_is_ours, e): a PGOUTPUT_INSERT, UPDATE or DELETE as a change,
 * which points into m and r; ret_is_ours tells whether a badge counts that relation, and nothing
 * else is written when not. ERR_NOT_READY: a value that is needed is not in the stream, as one
 * stored out of line that did not change, or a part of the key. ERR_CORRUPT: a tuple that does not
 * fit its relation. */
enum err relations_change(struct relations *r, const struct pgoutput_message *m, struct change *ret,
                          bool *ret_is_ours, struct error *e) MUST_CHECK;

/* relations_truncate(r, oid, ret_table, ret_is_ours, e): the table that a truncated relation is.
 * ERR_NOT_READY: it is a part of one. */
enum err relations_truncate(struct relations *r, uint32_t oid, size_t *ret_table, bool *ret_is_ours,
                            struct error *e) MUST_CHECK;

/* relation_key(t, details, row, secret): the key of a row that has values for the columns of its
 * key. */
struct row_key relation_key(const struct table *t, const struct pg_table *details,
                            const struct value *row, const struct key_secret *secret);

#endif
