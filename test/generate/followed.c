#include "generate/followed.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "feed/postgres_text.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum {
    BOOL = 16,
    INT8 = 20,
    INT4 = 23,
    TEXT = 25,
    FLOAT8 = 701,
    NUMERIC = 1700,
    UUID = 2950,
};

const char *const followed_names[FIELDS] = {"id",     "code",    "tenant_id", "owner_id",
                                            "status", "is_open", "amount",    "ref"};

const char *const followed_tenants[TENANTS] = {
    "0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01",
    "0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a02",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "00000000-0000-0000-0000-000000000000",
    "0B9DD3C2-6E0C-4A9C-9F6C-0D6C8A6F1A01",
    "not a tenant",
    "",
};

static const char *const statuses[STATUSES] = {"failed", "open", "done"};
static const char *const refs[REFS] = {"x",
                                       "y",
                                       "",
                                       "0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01",
                                       NULL, /* REF_LONG */
                                       "O'Hara \\ \"\n\xC3\xA9"};

const struct followed_table followed_tables[FOLLOWED_TABLES] = {
    [FOLLOWED_CODED] = {.name = "coded",
                        .types = {0, TEXT, UUID, 0, TEXT, BOOL, 0, TEXT},
                        .key = {FIELD_CODE},
                        .key_count = 1},
    [FOLLOWED_ORDERS] = {.name = "orders",
                         .types = {UUID, 0, UUID, TEXT, TEXT, BOOL, INT4, TEXT},
                         .key = {FIELD_ID},
                         .key_count = 1},
    [FOLLOWED_PAIRS] = {.name = "pairs",
                        .types = {INT8, TEXT, TEXT, 0, TEXT, 0, NUMERIC, TEXT},
                        .key = {FIELD_ID, FIELD_CODE},
                        .key_count = 2},
    [FOLLOWED_PARTS] = {.name = "parts",
                        .types = {INT8, 0, UUID, 0, TEXT, BOOL, 0, TEXT},
                        .key = {FIELD_ID},
                        .key_count = 1},
    [FOLLOWED_ROOTED] = {.name = "rooted",
                         .types = {UUID, 0, TEXT, 0, 0, BOOL, FLOAT8, 0},
                         .key = {FIELD_ID},
                         .key_count = 1},
};

const struct followed_relation followed_relations[FOLLOWED_RELATIONS] = {
    [RELATION_CODED] = {16390, FOLLOWED_CODED, "coded", 'i', false},
    [RELATION_ORDERS] = {16400, FOLLOWED_ORDERS, "orders", 'd', false},
    [RELATION_PAIRS] = {16410, FOLLOWED_PAIRS, "pairs", 'f', false},
    [RELATION_PARTS] = {16420, FOLLOWED_PARTS, "parts", 'd', false},
    {16421, FOLLOWED_PARTS, "parts_old", 'd', true},
    {16422, FOLLOWED_PARTS, "parts_new", 'f', true},
    {16423, FOLLOWED_PARTS, "parts_rest", 'd', true},
    [RELATION_ROOTED] = {16430, FOLLOWED_ROOTED, "rooted", 'd', false},
    {16431, FOLLOWED_ROOTED, "rooted_1", 'd', true}, /* never in the stream */
};

/* ---- what is counted ---- */

/* The conditions of sources, once for badged and once more in C. */
static bool is_failed_and_open(const struct followed_row *r)
{
    return r->status == 0 && r->is_open == 1;
}

static bool is_any(const struct followed_row *r)
{
    (void)r;
    return true;
}

static bool is_above_2(const struct followed_row *r)
{
    return r->amount > 2;
}

static bool is_failed_or_open_and_has_ref(const struct followed_row *r)
{
    return (r->status == 0 || r->status == 1) && r->ref >= 0;
}

static bool is_1_to_3_or_null(const struct followed_row *r)
{
    return r->amount < 0 || (r->amount >= 1 && r->amount <= 3);
}

static bool is_closed(const struct followed_row *r)
{
    return r->is_open == 0;
}

static bool is_known_and_not_done(const struct followed_row *r)
{
    return r->status == 0 || r->status == 1;
}

static bool is_not_open_and_at_most_3(const struct followed_row *r)
{
    return r->is_open != 1 && r->amount >= 0 && r->amount <= 3;
}

static bool is_open_by_either(const struct followed_row *r)
{
    return r->status == 1 || r->is_open == 1;
}

static bool is_not_done(const struct followed_row *r)
{
    return r->status != 2;
}

static bool is_failed(const struct followed_row *r)
{
    return r->status == 0;
}

static const struct source_plan {
    size_t table;
    const char *where;
    bool (*is_counted)(const struct followed_row *r);
    enum followed_field tenant;
    enum followed_field distinct; /* FIELDS: rows are counted */
} plans[FOLLOWED_SOURCES] = {
    {FOLLOWED_ORDERS, "status = 'failed' AND is_open", is_failed_and_open, FIELD_TENANT, FIELDS},
    {FOLLOWED_ORDERS, "TRUE", is_any, FIELD_TENANT, FIELD_REF},
    {FOLLOWED_ORDERS, "amount > 2", is_above_2, FIELD_OWNER, FIELDS},
    {FOLLOWED_PAIRS, "status IN ('failed', 'open') AND ref IS NOT NULL",
     is_failed_or_open_and_has_ref, FIELD_TENANT, FIELD_REF},
    {FOLLOWED_PAIRS, "amount IS NULL OR amount BETWEEN 1 AND 3", is_1_to_3_or_null, FIELD_TENANT,
     FIELDS},
    {FOLLOWED_PARTS, "NOT is_open", is_closed, FIELD_TENANT, FIELD_REF},
    {FOLLOWED_PARTS, "status <> 'done'", is_known_and_not_done, FIELD_TENANT, FIELDS},
    {FOLLOWED_ROOTED, "is_open IS NOT TRUE AND amount <= 3", is_not_open_and_at_most_3,
     FIELD_TENANT, FIELDS},
    {FOLLOWED_ROOTED, "TRUE", is_any, FIELD_TENANT, FIELD_AMOUNT},
    {FOLLOWED_CODED, "status = 'open' OR is_open", is_open_by_either, FIELD_TENANT, FIELDS},
    {FOLLOWED_PAIRS, "status IS DISTINCT FROM 'done'", is_not_done, FIELD_TENANT, FIELD_AMOUNT},
    {FOLLOWED_PARTS, "TRUE", is_any, FIELD_TENANT, FIELDS},
    {FOLLOWED_CODED, "status = 'failed'", is_failed, FIELD_TENANT, FIELD_REF},
};

size_t followed_source_table(size_t source)
{
    return plans[source].table;
}

uint64_t followed_count(size_t source, const struct followed_row *rows, size_t slots, int tenant)
{
    const struct source_plan *p = &plans[source];
    uint64_t count = 0;
    unsigned seen = 0;
    for (size_t i = 0; i < slots; i++) {
        const struct followed_row *r = &rows[i];
        int owner = p->tenant == FIELD_OWNER ? r->owner : r->tenant;
        if (!r->is_there || owner != tenant || !p->is_counted(r))
            continue;
        int value = p->distinct == FIELD_REF ? r->ref : r->amount;
        if (p->distinct != FIELDS && (value < 0 || (seen & 1U << value) != 0))
            continue;
        seen |= p->distinct != FIELDS ? 1U << value : 0;
        count++;
    }
    return count;
}

/* A badge for each source, which shares it with the badge behind. */
static struct definitions *define(void)
{
    struct definitions *d = definitions_new();
    for (size_t i = 0; i < FOLLOWED_SOURCES; i++) {
        struct source_spec count[2];
        for (size_t k = 0; k <= 1 && k <= i; k++) {
            const struct source_plan *p = &plans[i - k];
            count[k] = (struct source_spec){
                .table = followed_tables[p->table].name,
                .tenant = followed_names[p->tenant],
                .where = p->where,
                .distinct = p->distinct == FIELDS ? NULL : followed_names[p->distinct]};
        }
        char name[8];
        (void)snprintf(name, sizeof(name), "b%zu", i);
        struct badge_spec spec = {.name = name, .count = count, .count_len = i > 0 ? 2 : 1};
        struct spec_fault fault;
        struct error e = {0};
        enum err err = definitions_add(d, &spec, &fault, &e);
        assert(err == ERR_OK && strcmp(d->sources[i].where, plans[i].where) == 0);
    }
    assert(d->sources_count == FOLLOWED_SOURCES);
    return d;
}

/* ---- the catalog ---- */

bool followed_is_key(size_t table, enum followed_field field)
{
    const struct followed_table *t = &followed_tables[table];
    for (size_t k = 0; k < t->key_count; k++)
        if (t->key[k] == field)
            return true;
    return false;
}

static void add_table(struct pg_catalog *c, size_t table)
{
    const struct followed_table *plan = &followed_tables[table];
    struct table *t = &c->tables[table];
    struct pg_table *details = &c->details[table];
    t->schema = mem_text("public", strlen("public"));
    t->name = mem_text(plan->name, strlen(plan->name));
    t->columns = mem_zero(FIELDS, sizeof(*t->columns));
    details->columns = mem_zero(FIELDS, sizeof(*details->columns));
    details->key = mem_zero(COUNT(plan->key), sizeof(*details->key));
    details->key_count = plan->key_count;
    details->is_partitioned = table == FOLLOWED_PARTS || table == FOLLOWED_ROOTED;
    for (size_t field = 0; field < FIELDS; field++) {
        if (plan->types[field] == 0)
            continue;
        size_t ordinal = t->columns_count++;
        t->columns[ordinal].name = mem_text(followed_names[field], strlen(followed_names[field]));
        t->columns[ordinal].type = pg_type_class(plan->types[field], 'b', true);
        details->columns[ordinal].type_oid = plan->types[field];
        for (size_t k = 0; k < plan->key_count; k++)
            if (plan->key[k] == field)
                details->key[k] = ordinal;
    }
}

void followed_init(struct followed *f)
{
    *f = (struct followed){.definitions = define()};
    struct pg_catalog *c = &f->catalog;
    c->tables_count = FOLLOWED_TABLES;
    c->tables = mem_zero(c->tables_count, sizeof(*c->tables));
    c->details = mem_zero(c->tables_count, sizeof(*c->details));
    for (size_t i = 0; i < c->tables_count; i++)
        add_table(c, i);
    c->relations_count = FOLLOWED_RELATIONS;
    c->relations = mem_zero(c->relations_count, sizeof(*c->relations));
    for (size_t i = 0; i < c->relations_count; i++) {
        const struct followed_relation *r = &followed_relations[i];
        c->relations[i] =
            (struct pg_relation){.oid = r->oid, .table = r->table, .is_leaf = r->is_leaf};
        if (!r->is_leaf)
            c->details[r->table].oid = r->oid;
    }
}

void followed_fini(struct followed *f)
{
    pg_catalog_fini(&f->catalog);
    definitions_free(f->definitions);
    *f = (struct followed){0};
}

/* ---- values ---- */

static void copy(const char *text, char out[FOLLOWED_TEXT_BYTES])
{
    (void)snprintf(out, FOLLOWED_TEXT_BYTES, "%s", text);
}

static void print_key(size_t table, enum followed_field field, size_t slot,
                      char out[FOLLOWED_TEXT_BYTES])
{
    if (followed_tables[table].types[field] == UUID)
        (void)snprintf(out, FOLLOWED_TEXT_BYTES, "0b9dd3c2-6e0c-4a9c-9f6c-%012zx", slot);
    else if (table == FOLLOWED_PAIRS) /* both halves are shared by several rows */
        (void)snprintf(out, FOLLOWED_TEXT_BYTES, field == FIELD_ID ? "%zu" : "of %zu",
                       field == FIELD_ID ? slot / 4 : slot % 4);
    else
        (void)snprintf(out, FOLLOWED_TEXT_BYTES, field == FIELD_ID ? "-%zu000000000" : "code %zu",
                       slot + 1);
}

static void print_amount(size_t table, int amount, unsigned zeros, char out[FOLLOWED_TEXT_BYTES])
{
    bool is_numeric = followed_tables[table].types[FIELD_AMOUNT] == NUMERIC && zeros > 0;
    (void)snprintf(out, FOLLOWED_TEXT_BYTES, is_numeric ? "%d.%0*d" : "%d", amount, (int)zeros, 0);
}

static void print_ref(int ref, char out[FOLLOWED_TEXT_BYTES])
{
    if (ref != REF_LONG) {
        copy(refs[ref], out);
        return;
    }
    memset(out, 'z', FOLLOWED_TEXT_BYTES - 1);
    out[FOLLOWED_TEXT_BYTES - 1] = '\0';
}

bool followed_text(size_t table, enum followed_field field, size_t slot,
                   const struct followed_row *row, unsigned zeros, char out[FOLLOWED_TEXT_BYTES])
{
    const int values[FIELDS] = {
        0, 0, row->tenant, row->owner, row->status, row->is_open, row->amount, row->ref};
    int v = values[field];
    if (v < 0)
        return false;
    switch (field) {
    case FIELD_ID:
    case FIELD_CODE:
        print_key(table, field, slot, out);
        break;
    case FIELD_TENANT:
    case FIELD_OWNER:
        copy(followed_tenants[v], out);
        break;
    case FIELD_STATUS:
        copy(statuses[v], out);
        break;
    case FIELD_OPEN:
        copy(v == 1 ? "t" : "f", out);
        break;
    case FIELD_AMOUNT:
        print_amount(table, v, zeros, out);
        break;
    case FIELD_REF:
        print_ref(v, out);
        break;
    case FIELDS:
        return false;
    }
    return true;
}
