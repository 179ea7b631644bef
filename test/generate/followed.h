/* Five tables that between them have every way in which rows come in the stream, badges that count
 * them, and the catalog of both, as a server's would be read:
 *
 *     coded    named by a unique index over text; tenants as uuid
 *     orders   named by a uuid; tenants as uuid, and owners, another tenant, as text
 *     pairs    named by a bigint and a text, identity FULL; tenants as text
 *     parts    named by a bigint; in three partitions, one of which has identity FULL
 *     rooted   named by a uuid; partitioned, but published as itself; tenants as text
 *
 * A row has small numbers that stand for its values, so that what a source counts can be told in
 * plain C. Ownership: followed_init fills a struct that the caller supplies, followed_fini frees
 * what it holds.
 */
#ifndef BADGED_TEST_GENERATE_FOLLOWED_H
#define BADGED_TEST_GENERATE_FOLLOWED_H

#include "badge/definition.h"
#include "feed/postgres_catalog.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum followed_field {
    FIELD_ID,
    FIELD_CODE,
    FIELD_TENANT,
    FIELD_OWNER,
    FIELD_STATUS,
    FIELD_OPEN,
    FIELD_AMOUNT,
    FIELD_REF,
    FIELDS,
};

enum {
    FOLLOWED_CODED,
    FOLLOWED_ORDERS,
    FOLLOWED_PAIRS,
    FOLLOWED_PARTS,
    FOLLOWED_ROOTED,
    FOLLOWED_TABLES,
};

enum {
    FOLLOWED_RELATIONS = 9,
    FOLLOWED_SOURCES = 13,
    FOLLOWED_LEAVES = 3, /* of parts; the relations behind RELATION_PARTS */
    RELATION_CODED = 0,
    RELATION_ORDERS = 1,
    RELATION_PAIRS = 2,
    RELATION_PARTS = 3,
    RELATION_ROOTED = 7,
    FOLLOWED_TEXT_BYTES = 400,
};

/* What a row's numbers are below; -1 is NULL. Tenants from TENANTS_REAL on are those of no row, as
 * they are no UUID as it is stored, and only a text can hold them. */
enum {
    TENANTS_REAL = 4,
    TENANTS = 7,
    STATUSES = 3,
    AMOUNTS = 5,
    REFS = 6,
    REF_LONG = 4, /* stored out of line */
};

struct followed_row {
    bool is_there;
    int tenant, owner, status, is_open, amount, ref;
    int leaf; /* of a row of parts */
};

struct followed_table {
    const char *name;
    uint32_t types[FIELDS]; /* oid of the type, 0 for a column that no source needs */
    enum followed_field key[2];
    size_t key_count;
};

struct followed_relation {
    uint32_t oid;
    size_t table;
    const char *name;
    char identity;
    bool is_leaf;
};

extern const char *const followed_names[FIELDS]; /* of the columns */
extern const char *const followed_tenants[TENANTS];
extern const struct followed_table followed_tables[FOLLOWED_TABLES];
extern const struct followed_relation followed_relations[FOLLOWED_RELATIONS];

struct followed {
    struct definitions *definitions;
    struct pg_catalog catalog;
};

void followed_init(struct followed *f);
void followed_fini(struct followed *f);

/* followed_text(table, field, slot, row, zeros, out): what Postgres prints of a field of the row
 * that has the key of that slot, and whether it is not NULL. A numeric has so many zeros behind its
 * point, which change nothing. */
bool followed_text(size_t table, enum followed_field field, size_t slot,
                   const struct followed_row *row, unsigned zeros, char out[FOLLOWED_TEXT_BYTES]);

/* followed_is_key(table, field): whether it is in what names the table's rows. */
bool followed_is_key(size_t table, enum followed_field field);

/* followed_count(source, rows, slots, tenant): what the source counts for a tenant in all rows of
 * its table. followed_source_table(source): that table. */
uint64_t followed_count(size_t source, const struct followed_row *rows, size_t slots, int tenant);
size_t followed_source_table(size_t source);

#endif
