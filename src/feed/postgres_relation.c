#include "feed/postgres_relation.h"

#include "base/mem.h"
#include "feed/postgres_text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void relations_init(struct relations *r, const struct pg_catalog *c, const struct key_secret *s)
{
    size_t columns_max = 1;
    for (size_t i = 0; i < c->tables_count; i++)
        if (c->tables[i].columns_count > columns_max)
            columns_max = c->tables[i].columns_count;
    *r = (struct relations){.catalog = c, .secret = s};
    r->list = mem_zero(c->relations_count, sizeof(*r->list));
    r->row = mem_zero(columns_max, sizeof(*r->row));
}

void relations_fini(struct relations *r)
{
    for (size_t i = 0; r->list != NULL && i < r->catalog->relations_count; i++)
        free(r->list[i].ordinals);
    free(r->list);
    free(r->row);
    *r = (struct relations){0};
}

/* The number of a relation in the catalog, or relations_count. */
static size_t find(const struct relations *r, uint32_t oid)
{
    size_t low = 0, high = r->catalog->relations_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (r->catalog->relations[middle].oid < oid)
            low = middle + 1;
        else
            high = middle;
    }
    bool is_there = low < r->catalog->relations_count && r->catalog->relations[low].oid == oid;
    return is_there ? low : r->catalog->relations_count;
}

/* ---- descriptions ---- */

static enum err refuse(const struct table *t, struct error *e)
{
    return error_set(e, ERR_NOT_READY, "table \"%s\" is not as it was when its rows were loaded",
                     t->name);
}

static bool has(const uint16_t *ordinals, uint16_t count, size_t ordinal)
{
    for (uint16_t i = 0; i < count; i++)
        if (ordinals[i] == ordinal)
            return true;
    return false;
}

/* Each column that is needed must be there once, and of the type it had: a row leaves no value of
 * the one before it standing. */
static enum err check_columns(const struct table *t, const struct pg_table *details,
                              const struct pgoutput_message *m, uint16_t *ordinals, struct error *e)
{
    size_t found = 0;
    for (uint16_t i = 0; i < m->relation.columns_count; i++) {
        size_t ordinal = table_column(t, m->relation.columns[i].name);
        bool is_needed = ordinal != (size_t)-1;
        ordinals[i] = is_needed ? (uint16_t)ordinal : (uint16_t)RELATION_NONE;
        found += is_needed;
        if (is_needed && (has(ordinals, i, ordinal) ||
                          details->columns[ordinal].type_oid != m->relation.columns[i].type_oid))
            return refuse(t, e);
    }
    return found == t->columns_count ? ERR_OK : refuse(t, e);
}

enum err relations_describe(struct relations *r, const struct pgoutput_message *m, struct error *e)
{
    size_t n = find(r, m->relation.oid);
    if (n == r->catalog->relations_count)
        return ERR_OK;
    const struct pg_relation *known = &r->catalog->relations[n];
    const struct table *t = &r->catalog->tables[known->table];
    bool is_renamed =
        strcmp(t->name, m->relation.name) != 0 || strcmp(t->schema, m->relation.schema) != 0;
    if (!known->is_leaf && is_renamed)
        return refuse(t, e);
    struct relation *relation = &r->list[n];
    relation->ordinals = mem_grow(relation->ordinals, (size_t)m->relation.columns_count + 1,
                                  sizeof(*relation->ordinals));
    relation->columns_count = m->relation.columns_count;
    return check_columns(t, &r->catalog->details[known->table], m, relation->ordinals, e);
}

/* ---- tuples ---- */

struct reading {
    const struct table *table;
    const struct pg_table *details;
    const struct relation *relation;
    struct value *row;
    struct error *error;
};

static enum err read_value(const struct reading *g, size_t ordinal, const char *bytes, size_t len)
{
    const struct column *column = &g->table->columns[ordinal];
    enum err err = pg_text_value(column->type, bytes, len, &g->row[ordinal], g->error);
    if (err != ERR_OK)
        error_wrap(g->error, "column \"%s\" of table \"%s\"", column->name, g->table->name);
    return err;
}

static enum err check_width(const struct reading *g, const struct pgoutput_tuple *tuple)
{
    if (g->relation->columns_count == 0)
        return error_set(g->error, ERR_CORRUPT, "a row of table \"%s\" before its description",
                         g->table->name);
    if (tuple->columns_count != g->relation->columns_count)
        return error_set(g->error, ERR_CORRUPT,
                         "a row of table \"%s\" with %u columns in place of %u", g->table->name,
                         tuple->columns_count, g->relation->columns_count);
    return ERR_OK;
}

static bool is_in_key(const struct pg_table *details, size_t ordinal)
{
    for (size_t k = 0; k < details->key_count; k++)
        if (details->key[k] == ordinal)
            return true;
    return false;
}

/* The values of a row after a change. What was stored out of line and did not change is in the old
 * tuple, when that is a whole one; the key is there anyhow, as the server sends it along when any
 * of it is stored out of line. */
static enum err read_row(const struct reading *g, const struct pgoutput_message *m)
{
    const struct pgoutput_tuple *tuple = &m->change.new, *old = &m->change.old;
    enum err err = check_width(g, tuple);
    for (uint16_t i = 0; err == ERR_OK && i < tuple->columns_count; i++) {
        const struct pgoutput_datum *d = &tuple->columns[i];
        size_t ordinal = g->relation->ordinals[i];
        if (ordinal == RELATION_NONE)
            continue;
        bool is_key = is_in_key(g->details, ordinal);
        if (d->kind == 'u' && (m->change.old_kind == 'O' || (m->change.old_kind == 'K' && is_key)))
            d = &old->columns[i]; /* whose width was checked when its key was read */
        if (d->kind == 'u')
            return error_set(g->error, ERR_NOT_READY,
                             "column \"%s\" of table \"%s\" did not change and is stored out of "
                             "line, so that the stream leaves it out; ALTER TABLE … REPLICA "
                             "IDENTITY FULL brings it in",
                             g->table->columns[ordinal].name, g->table->name);
        if (d->kind == 'n')
            g->row[ordinal] = (struct value){.kind = VALUE_NULL};
        else
            err = read_value(g, ordinal, d->bytes, d->len);
    }
    return err;
}

struct row_key relation_key(const struct table *t, const struct pg_table *details,
                            const struct value *row, const struct key_secret *secret)
{
    struct value values[RELATION_KEY_COLUMNS_MAX];
    assert(details->key_count >= 1 && details->key_count <= RELATION_KEY_COLUMNS_MAX);
    if (details->key_count == 1)
        return key_of_value(&row[details->key[0]], t->columns[details->key[0]].type, secret);
    for (size_t i = 0; i < details->key_count; i++)
        values[i] = row[details->key[i]];
    return key_of_values(values, details->key_count, secret);
}

static enum err take_key(const struct reading *g, const struct key_secret *secret,
                         struct row_key *ret)
{
    for (size_t k = 0; k < g->details->key_count; k++)
        if (g->row[g->details->key[k]].kind == VALUE_NULL)
            return error_set(g->error, ERR_NOT_READY,
                             "a change of table \"%s\" does not name the row's whole key",
                             g->table->name);
    *ret = relation_key(g->table, g->details, g->row, secret);
    return ERR_OK;
}

/* The key in an old tuple: of one that has the key only, the other columns say nothing. */
static enum err read_key(const struct reading *g, const struct pgoutput_tuple *tuple,
                         const struct key_secret *secret, struct row_key *ret)
{
    enum err err = check_width(g, tuple);
    for (size_t k = 0; k < g->details->key_count; k++)
        g->row[g->details->key[k]].kind = VALUE_NULL;
    for (uint16_t i = 0; err == ERR_OK && i < tuple->columns_count; i++) {
        size_t ordinal = g->relation->ordinals[i];
        if (ordinal != RELATION_NONE && tuple->columns[i].kind == 't')
            err = read_value(g, ordinal, tuple->columns[i].bytes, tuple->columns[i].len);
    }
    return err == ERR_OK ? take_key(g, secret, ret) : err;
}

enum err relations_change(struct relations *r, const struct pgoutput_message *m, struct change *ret,
                          bool *ret_is_ours, struct error *e)
{
    size_t n = find(r, m->change.oid);
    *ret_is_ours = n < r->catalog->relations_count;
    if (!*ret_is_ours)
        return ERR_OK;
    size_t table = r->catalog->relations[n].table;
    struct reading g = {.table = &r->catalog->tables[table],
                        .details = &r->catalog->details[table],
                        .relation = &r->list[n],
                        .row = r->row,
                        .error = e};
    struct change change = {.table = table};
    bool has_old = m->change.old_kind != 0;
    enum err err = ERR_OK;
    if (has_old)
        err = read_key(&g, &m->change.old, r->secret, &change.old_key);
    if (m->kind == PGOUTPUT_DELETE) {
        if (err == ERR_OK && !has_old)
            err = error_set(e, ERR_CORRUPT, "a delete of table \"%s\" names no row", g.table->name);
        change.kind = CHANGE_DELETE;
        change.key = change.old_key;
    } else {
        if (err == ERR_OK)
            err = read_row(&g, m);
        if (err == ERR_OK)
            err = take_key(&g, r->secret, &change.key);
        change.kind = m->kind == PGOUTPUT_INSERT ? CHANGE_INSERT : CHANGE_UPDATE;
        change.row = g.row;
        if (!has_old)
            change.old_key = change.key;
    }
    if (err == ERR_OK)
        *ret = change;
    return err;
}

enum err relations_truncate(struct relations *r, uint32_t oid, size_t *ret_table, bool *ret_is_ours,
                            struct error *e)
{
    size_t n = find(r, oid);
    *ret_is_ours = n < r->catalog->relations_count;
    if (!*ret_is_ours)
        return ERR_OK;
    const struct pg_relation *known = &r->catalog->relations[n];
    if (known->is_leaf)
        return error_set(e, ERR_NOT_READY, "a partition of table \"%s\" was truncated",
                         r->catalog->tables[known->table].name);
    *ret_table = known->table;
    return ERR_OK;
}
