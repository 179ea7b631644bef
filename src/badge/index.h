/* The index: turns transactions into counts.
 *
 * One row set per source. Changes come in per transaction: index_apply for each, then index_commit,
 * which publishes the tenants touched. What is applied and not committed is never visible; a feed
 * that loses its connection in the middle of a transaction throws the index away and fills another,
 * so there is no abort. Sets, never running sums: a change seen twice leaves the same set.
 *
 * A rebuild fills a second index and publishes it whole with index_publish_all: only tenants whose
 * numbers differ from what is published get a new version.
 *
 * Ownership: index_new makes it, index_free frees it. It keeps a pointer to the definitions and
 * binds their predicates, so one index at a time may be bound to a set of definitions. One thread.
 */
#ifndef BADGED_BADGE_INDEX_H
#define BADGED_BADGE_INDEX_H

#include "badge/counts.h"
#include "badge/definition.h"
#include "badge/key.h"
#include "badge/table.h"
#include "base/error.h"
#include "base/value.h"

#include <stddef.h>
#include <stdint.h>

struct index;

enum change_kind {
    CHANGE_INSERT,
    CHANGE_UPDATE,
    CHANGE_DELETE,
    CHANGE_TRUNCATE,
};

struct change {
    enum change_kind kind;
    size_t table;            /* index into the tables given to index_new */
    struct row_key key;      /* of the row after an insert or update, before a delete */
    struct row_key old_key;  /* UPDATE: the key before; equal to key unless the key changed */
    const struct value *row; /* INSERT, UPDATE: value of each column of the table; else NULL */
};

/* Which source cannot be bound to its table, and where in it the fault stands. */
struct source_fault {
    size_t source; /* index into definitions.sources */
    enum spec_field field;
    size_t offset; /* byte in the predicate's text, for SPEC_WHERE */
};

/* index_new(d, tables, tables_count, ret, fault, e): an empty index over the tables of d's sources,
 * matched by schema and name. Binds every source to its table: ERR_CONFIG, with fault and e, says
 * which does not fit (a table or column that is missing, a predicate that does not suit the types).
 * Nothing of tables is kept. */
enum err index_new(const struct definitions *d, const struct table *tables, size_t tables_count,
                   struct index **ret, struct source_fault *fault, struct error *e) MUST_CHECK;
void index_free(struct index *ix);

/* index_secret(ix): what keys of this index are hashed with. */
const struct key_secret *index_secret(const struct index *ix);

/* index_reserve(ix, source, rows): about so many rows will be live in a source of the definitions:
 * a guess that spares a load moving them as it grows. index_trim(ix): that load is over. */
void index_reserve(struct index *ix, size_t source, size_t rows);
void index_trim(struct index *ix);

/* index_apply(ix, change): apply one change to every source of its table. ERR_MEMORY: the index
 * must be thrown away. */
enum err index_apply(struct index *ix, const struct change *change) MUST_CHECK;

/* index_commit(ix, counts, as_of): publish the tenants that changed since the last commit. Returns
 * how many tenants have other numbers than before. */
size_t index_commit(struct index *ix, struct counts *counts, struct as_of as_of);

/* index_publish_all(ix, counts, as_of): publish every tenant; those that counts has and ix has not
 * become zero. Returns as index_commit. */
size_t index_publish_all(struct index *ix, struct counts *counts, struct as_of as_of);

/* index_rows(ix): live rows over all sources. index_bytes(ix): memory they take, all tables
 * included. */
size_t index_rows(const struct index *ix);
size_t index_bytes(const struct index *ix);

/* index_check(ix): the number of the first invariant that is broken (they stand at the top of
 * index.c), 0 when all hold. */
int index_check(const struct index *ix);

#endif
