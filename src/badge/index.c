/* Invariants, by the number that index_check returns:
 *
 *   1  Every row set and every table of interned values is sound by itself.
 *   2  A row's tenant is known; it has a distinct value exactly when its source counts distinct
 *      values, and that value is owned by the row's tenant.
 *   3  A distinct value has as many references as there are rows that hold it.
 *   4  A tenant's number for a source is the number of its rows there, or of the distinct values
 *      it owns there.
 *   5  A tenant is marked as touched exactly when it is on the list of touched tenants, once.
 */
#include "badge/index.h"

#include "badge/intern.h"
#include "badge/rowset.h"
#include "base/mem.h"

#include <assert.h>
#include <sodium/randombytes.h>
#include <stdlib.h>
#include <string.h>

struct source_state {
    const struct predicate *predicate;
    size_t table;    /* index into the tables given to index_new */
    size_t tenant;   /* column of that table */
    size_t distinct; /* column, when is_distinct */
    enum column_type distinct_type;
    bool is_distinct;
    struct rowset rows;
    struct intern values; /* distinct ones */
};

struct index {
    const struct definitions *definitions;
    struct key_secret secret;
    struct source_state *sources;
    size_t sources_count;
    struct intern tenants;
    /* By tenant number: sources_count numbers each, and whether it is on the list of touched. */
    uint64_t *numbers;
    bool *is_touched;
    size_t tenants_room;
    uint32_t *touched;
    size_t touched_count, touched_room;
};

static bool is_table_of(const struct table *t, const struct source *s)
{
    return strcmp(t->name, s->table) == 0 && strcmp(t->schema, s->schema) == 0;
}

static enum err bind_column(const struct table *t, const char *name, enum spec_field field,
                            size_t *ret, struct source_fault *fault, struct error *e)
{
    *ret = table_column(t, name);
    if (*ret != (size_t)-1)
        return ERR_OK;
    fault->field = field;
    return error_set(e, ERR_CONFIG, "table \"%s\" has no column \"%s\"", t->name, name);
}

static enum err bind_source(struct source_state *state, const struct source *s,
                            const struct table *tables, size_t tables_count,
                            struct source_fault *fault, struct error *e)
{
    size_t i = 0;
    while (i < tables_count && !is_table_of(&tables[i], s))
        i++;
    if (i == tables_count) {
        fault->field = SPEC_TABLE;
        return error_set(e, ERR_CONFIG, "there is no table \"%s\"", s->table);
    }
    state->table = i;
    enum err err = bind_column(&tables[i], s->tenant, SPEC_TENANT, &state->tenant, fault, e);
    if (err == ERR_OK && s->distinct != NULL) {
        state->is_distinct = true;
        err = bind_column(&tables[i], s->distinct, SPEC_DISTINCT, &state->distinct, fault, e);
        if (err == ERR_OK)
            state->distinct_type = tables[i].columns[state->distinct].type;
    }
    if (err != ERR_OK)
        return err;
    enum column_type tenant_type = tables[i].columns[state->tenant].type;
    if (tenant_type != COLUMN_UUID && tenant_type != COLUMN_TEXT) {
        fault->field = SPEC_TENANT;
        return error_set(
            e, ERR_CONFIG,
            "column \"%s\" cannot name a tenant: it must hold UUIDs, as uuid or as text",
            s->tenant);
    }
    if (state->is_distinct && state->distinct_type == COLUMN_OTHER) {
        fault->field = SPEC_DISTINCT;
        return error_set(
            e, ERR_CONFIG,
            "column \"%s\" is of a type whose values cannot be told apart by every database",
            s->distinct);
    }
    state->predicate = s->predicate;
    err = predicate_bind(s->predicate, &tables[i], &fault->offset, e);
    if (err != ERR_OK)
        fault->field = SPEC_WHERE;
    return err;
}

enum err index_new(const struct definitions *d, const struct table *tables, size_t tables_count,
                   struct index **ret, struct source_fault *fault, struct error *e)
{
    struct index *ix = mem_zero(1, sizeof(*ix));
    uint64_t seed;
    randombytes_buf(&seed, sizeof(seed));
    randombytes_buf(&ix->secret, sizeof(ix->secret));
    ix->definitions = d;
    ix->sources = mem_zero(d->sources_count, sizeof(*ix->sources));
    ix->sources_count = d->sources_count;
    intern_init(&ix->tenants, seed);
    enum err err = ERR_OK;
    for (size_t i = 0; i < d->sources_count; i++) {
        rowset_init(&ix->sources[i].rows, seed);
        intern_init(&ix->sources[i].values, seed);
        if (err != ERR_OK)
            continue;
        *fault = (struct source_fault){.source = i};
        err = bind_source(&ix->sources[i], &d->sources[i], tables, tables_count, fault, e);
    }
    if (err != ERR_OK) {
        index_free(ix);
        return err;
    }
    *ret = ix;
    return ERR_OK;
}

void index_free(struct index *ix)
{
    if (ix == NULL)
        return;
    for (size_t i = 0; i < ix->sources_count; i++) {
        rowset_fini(&ix->sources[i].rows);
        intern_fini(&ix->sources[i].values);
    }
    intern_fini(&ix->tenants);
    free(ix->sources);
    free(ix->numbers);
    free(ix->is_touched);
    free(ix->touched);
    free(ix);
}

const struct key_secret *index_secret(const struct index *ix)
{
    return &ix->secret;
}

/* ---- tenants and their numbers ---- */

static struct uuid tenant_id(const struct index *ix, uint32_t tenant)
{
    struct uuid id;
    memcpy(id.bytes, ix->tenants.entries[tenant].key.bytes, sizeof(id.bytes));
    return id;
}

/* The number of the tenant that a value names, INTERN_NONE for a value that names none: such a row
 * is nobody's. */
static uint32_t tenant_of(struct index *ix, const struct value *v)
{
    struct uuid id;
    if (v->kind != VALUE_TEXT || !uuid_parse_stored(v->text.bytes, v->text.len, &id))
        return INTERN_NONE;
    struct row_key key;
    memcpy(key.bytes, id.bytes, sizeof(key.bytes));
    uint32_t found = intern_find(&ix->tenants, &key, 0);
    if (found != INTERN_NONE)
        return found;
    uint32_t n = intern_ref(&ix->tenants, &key, 0);
    if (n >= ix->tenants_room) {
        size_t room = ix->tenants_room > 0 ? ix->tenants_room * 2 : 64;
        ix->numbers = mem_grow(ix->numbers, room * ix->sources_count, sizeof(*ix->numbers));
        ix->is_touched = mem_grow(ix->is_touched, room, sizeof(*ix->is_touched));
        memset(ix->is_touched + ix->tenants_room, 0, room - ix->tenants_room);
        ix->tenants_room = room;
    }
    memset(ix->numbers + n * ix->sources_count, 0, ix->sources_count * sizeof(*ix->numbers));
    return n;
}

static void touch(struct index *ix, uint32_t tenant)
{
    if (ix->is_touched[tenant])
        return;
    ix->is_touched[tenant] = true;
    if (ix->touched_count == ix->touched_room) {
        ix->touched_room = ix->touched_room > 0 ? ix->touched_room * 2 : 64;
        ix->touched = mem_grow(ix->touched, ix->touched_room, sizeof(*ix->touched));
    }
    ix->touched[ix->touched_count++] = tenant;
}

static uint64_t *number_of(const struct index *ix, const struct source_state *s, uint32_t tenant)
{
    return &ix->numbers[tenant * ix->sources_count + (size_t)(s - ix->sources)];
}

/* ---- rows ---- */

/* Count a row for its tenant: itself, or its distinct value when it is the first to hold it. */
static void count_in(struct index *ix, struct source_state *s, struct row *row,
                     const struct row_key *value)
{
    row->distinct = ROW_NONE;
    if (s->is_distinct) {
        uint32_t live_before = s->values.live_count;
        row->distinct = intern_ref(&s->values, value, row->tenant);
        if (s->values.live_count == live_before)
            return;
    }
    ++*number_of(ix, s, row->tenant);
    touch(ix, row->tenant);
}

static void count_out(struct index *ix, struct source_state *s, const struct row *row)
{
    if (s->is_distinct && !intern_unref(&s->values, row->distinct))
        return;
    assert(*number_of(ix, s, row->tenant) > 0);
    --*number_of(ix, s, row->tenant);
    touch(ix, row->tenant);
}

static void remove_row(struct index *ix, struct source_state *s, const struct row_key *key)
{
    struct row *row = rowset_find(&s->rows, key);
    if (row == NULL)
        return;
    count_out(ix, s, row);
    rowset_remove(&s->rows, row);
}

/* Make a row live, with the tenant and the distinct value it has now. */
static enum err put_row(struct index *ix, struct source_state *s, const struct row_key *key,
                        uint32_t tenant, const struct row_key *value)
{
    struct row *there = rowset_find(&s->rows, key);
    struct row row = {.key = *key, .tenant = tenant};
    if (there == NULL) {
        row.distinct = ROW_NONE;
        enum err err = rowset_add(&s->rows, &row, &there);
        if (err != ERR_OK)
            return err;
        count_in(ix, s, there, value);
        return ERR_OK;
    }
    if (there->tenant == tenant && !s->is_distinct)
        return ERR_OK;
    /* In before out: a value that stays keeps its number, and the tenant is not touched. */
    count_in(ix, s, &row, value);
    count_out(ix, s, there);
    *there = row;
    return ERR_OK;
}

static enum err apply_values(struct index *ix, struct source_state *s, const struct row_key *key,
                             const struct value *tenant, const struct value *distinct)
{
    uint32_t tenant_number = tenant_of(ix, tenant);
    bool is_counted = tenant_number != INTERN_NONE;
    struct row_key value = {{0}};
    if (s->is_distinct) {
        is_counted =
            is_counted && distinct->kind != VALUE_NULL; /* COUNT(DISTINCT x) leaves NULL out */
        if (is_counted)
            value = key_of_value(distinct, s->distinct_type, &ix->secret);
    }
    if (is_counted)
        return put_row(ix, s, key, tenant_number, &value);
    remove_row(ix, s, key);
    return ERR_OK;
}

static void truncate(struct index *ix, struct source_state *s)
{
    for (uint32_t t = 0; t < ix->tenants.entries_count; t++) {
        if (*number_of(ix, s, t) == 0)
            continue;
        *number_of(ix, s, t) = 0;
        touch(ix, t);
    }
    rowset_clear(&s->rows);
    intern_fini(&s->values);
}

static enum err apply_to(struct index *ix, struct source_state *s, const struct change *c)
{
    switch (c->kind) {
    case CHANGE_TRUNCATE:
        truncate(ix, s);
        return ERR_OK;
    case CHANGE_DELETE:
        remove_row(ix, s, &c->key);
        return ERR_OK;
    case CHANGE_UPDATE:
        if (memcmp(&c->old_key, &c->key, sizeof(c->key)) != 0)
            remove_row(ix, s, &c->old_key);
        break;
    case CHANGE_INSERT:
        break;
    }
    rowset_prefetch(&s->rows, &c->key);
    if (predicate_eval(s->predicate, c->row) == TRUTH_TRUE)
        return apply_values(ix, s, &c->key, &c->row[s->tenant],
                            s->is_distinct ? &c->row[s->distinct] : NULL);
    remove_row(ix, s, &c->key);
    return ERR_OK;
}

enum err index_apply(struct index *ix, const struct change *change)
{
    for (size_t i = 0; i < ix->sources_count; i++) {
        if (ix->sources[i].table != change->table)
            continue;
        enum err err = apply_to(ix, &ix->sources[i], change);
        if (err != ERR_OK)
            return err;
    }
    return ERR_OK;
}

void index_reserve(struct index *ix, size_t source, size_t rows)
{
    assert(source < ix->sources_count);
    rowset_reserve(&ix->sources[source].rows, rows);
}

void index_trim(struct index *ix)
{
    for (size_t i = 0; i < ix->sources_count; i++)
        rowset_trim(&ix->sources[i].rows);
}

/* ---- publication ---- */

static void publish(struct index *ix, struct counts *counts, uint32_t tenant)
{
    struct uuid id = tenant_id(ix, tenant);
    counts_set(counts, &id, ix->numbers + tenant * ix->sources_count);
    ix->is_touched[tenant] = false;
}

size_t index_commit(struct index *ix, struct counts *counts, struct as_of as_of)
{
    counts_begin(counts);
    for (size_t i = 0; i < ix->touched_count; i++)
        publish(ix, counts, ix->touched[i]);
    ix->touched_count = 0;
    return counts_publish(counts, as_of);
}

size_t index_publish_all(struct index *ix, struct counts *counts, struct as_of as_of)
{
    counts_begin(counts);
    for (uint32_t t = 0; t < ix->tenants.entries_count; t++)
        publish(ix, counts, t);
    counts_zero_others(counts);
    ix->touched_count = 0;
    return counts_publish(counts, as_of);
}

size_t index_rows(const struct index *ix)
{
    size_t rows = 0;
    for (size_t i = 0; i < ix->sources_count; i++)
        rows += ix->sources[i].rows.rows_count;
    return rows;
}

size_t index_bytes(const struct index *ix)
{
    size_t bytes =
        sizeof(*ix) + intern_bytes(&ix->tenants) + ix->touched_room * sizeof(*ix->touched) +
        ix->tenants_room * (ix->sources_count * sizeof(*ix->numbers) + sizeof(*ix->is_touched));
    for (size_t i = 0; i < ix->sources_count; i++)
        bytes += rowset_bytes(&ix->sources[i].rows) + intern_bytes(&ix->sources[i].values);
    return bytes;
}

/* ---- invariants ---- */

static int check_source(const struct index *ix, const struct source_state *s)
{
    if (!rowset_check(&s->rows) || !intern_check(&s->values))
        return 1;
    int broken = 0;
    uint64_t *numbers = mem_zero(ix->tenants.entries_count, sizeof(*numbers));
    uint32_t *refs = mem_zero(s->values.entries_count, sizeof(*refs));
    for (const struct row *r = rowset_next(&s->rows, NULL); r != NULL && broken == 0;
         r = rowset_next(&s->rows, r)) {
        if (r->tenant >= ix->tenants.entries_count || (r->distinct != ROW_NONE) != s->is_distinct ||
            (s->is_distinct && (r->distinct >= s->values.entries_count ||
                                s->values.entries[r->distinct].owner != r->tenant)))
            broken = 2;
        else if (!s->is_distinct || refs[r->distinct]++ == 0)
            numbers[r->tenant]++;
    }
    for (uint32_t v = 0; broken == 0 && v < s->values.entries_count; v++)
        if (refs[v] != s->values.entries[v].refs)
            broken = 3;
    for (uint32_t t = 0; broken == 0 && t < ix->tenants.entries_count; t++)
        if (numbers[t] != *number_of(ix, s, t))
            broken = 4;
    free(numbers);
    free(refs);
    return broken;
}

static int check_touched(const struct index *ix)
{
    bool *is_listed = mem_zero(ix->tenants.entries_count, sizeof(*is_listed));
    bool is_sound = true;
    for (size_t i = 0; is_sound && i < ix->touched_count; i++) {
        uint32_t t = ix->touched[i];
        is_sound = t < ix->tenants.entries_count && !is_listed[t];
        if (is_sound)
            is_listed[t] = true;
    }
    for (uint32_t t = 0; is_sound && t < ix->tenants.entries_count; t++)
        is_sound = is_listed[t] == ix->is_touched[t];
    free(is_listed);
    return is_sound ? 0 : 5;
}

int index_check(const struct index *ix)
{
    int broken = intern_check(&ix->tenants) ? 0 : 1;
    for (size_t i = 0; broken == 0 && i < ix->sources_count; i++)
        broken = check_source(ix, &ix->sources[i]);
    return broken != 0 ? broken : check_touched(ix);
}
