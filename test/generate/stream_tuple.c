#include "generate/stream_tuple.h"

#include <string.h>

/* Columns that no source needs; some look like one that is. */
static const struct {
    const char *name;
    uint32_t type_oid;
    const char *text;
} extras[STREAM_EXTRAS] = {
    {"note", 25, "anything"},
    {"Status", 25, "failed"},
    {"created_at", 1184, "2026-01-31 12:00:00+00"},
};

static uint32_t type_of(size_t relation, size_t field)
{
    return followed_tables[followed_relations[relation].table].types[field];
}

void stream_tuple_shuffle(struct stream *s, size_t relation)
{
    struct stream_layout *l = &s->layouts[relation];
    l->columns_count = 0;
    for (size_t column = 0; column < STREAM_COLUMNS; column++) {
        bool is_there = column < FIELDS ? type_of(relation, column) != 0 : random_one_in(&s->r, 2);
        if (!is_there)
            continue;
        size_t place = random_below(&s->r, l->columns_count + 1u);
        l->columns[l->columns_count++] = l->columns[place];
        l->columns[place] = column;
    }
}

void stream_tuple_describe(const struct stream *s, size_t relation, struct stream_description *ret)
{
    const struct followed_relation *r = &followed_relations[relation];
    const struct stream_layout *l = &s->layouts[relation];
    for (size_t i = 0; i < l->columns_count; i++) {
        size_t c = l->columns[i];
        struct pgoutput_column *column = &ret->columns[i];
        column->name = c < FIELDS ? followed_names[c] : extras[c - FIELDS].name;
        column->type_oid = c < FIELDS ? type_of(relation, c) : extras[c - FIELDS].type_oid;
        column->typmod = -1;
        column->is_key =
            r->identity == 'f' || (c < FIELDS && followed_is_key(r->table, (enum followed_field)c));
    }
    ret->message = (struct pgoutput_message){.kind = PGOUTPUT_RELATION,
                                             .relation = {.oid = r->oid,
                                                          .schema = "public",
                                                          .name = r->name,
                                                          .identity = r->identity,
                                                          .columns = ret->columns,
                                                          .columns_count = l->columns_count}};
}

static size_t place_of(const struct stream *s, size_t relation, size_t column)
{
    const struct stream_layout *l = &s->layouts[relation];
    size_t i = 0;
    while (i < l->columns_count && l->columns[i] != column)
        i++;
    return i;
}

size_t stream_tuple_needed(const struct stream *s, size_t relation, size_t n)
{
    size_t field = 0;
    for (; type_of(relation, field) == 0 || n > 0; field++)
        n -= type_of(relation, field) != 0;
    return place_of(s, relation, field);
}

static void fill_one(struct stream *s, size_t relation, size_t slot, const struct followed_row *row,
                     size_t column, struct pgoutput_datum *ret, char text[FOLLOWED_TEXT_BYTES])
{
    size_t table = followed_relations[relation].table;
    bool is_null;
    if (column < FIELDS) {
        is_null = !followed_text(table, (enum followed_field)column, slot, row,
                                 random_below(&s->r, 3), text);
        ret->bytes = text;
    } else {
        is_null = random_one_in(&s->r, 2);
        ret->bytes = extras[column - FIELDS].text;
    }
    if (!is_null) {
        ret->kind = 't';
        ret->len = (uint32_t)strlen(ret->bytes);
    }
}

void stream_tuple_fill(struct stream *s, size_t relation, size_t slot,
                       const struct followed_row *row, bool is_key_only, struct stream_tuple *ret)
{
    const struct stream_layout *l = &s->layouts[relation];
    size_t table = followed_relations[relation].table;
    for (size_t i = 0; i < l->columns_count; i++) {
        size_t column = l->columns[i];
        ret->columns[i] = (struct pgoutput_datum){.kind = 'n'};
        if (!is_key_only ||
            (column < FIELDS && followed_is_key(table, (enum followed_field)column)))
            fill_one(s, relation, slot, row, column, &ret->columns[i], ret->texts[i]);
    }
    ret->tuple = (struct pgoutput_tuple){ret->columns, l->columns_count};
}

void stream_tuple_leave_out(const struct stream *s, size_t relation, enum followed_field field,
                            struct stream_tuple *t)
{
    t->columns[place_of(s, relation, field)] = (struct pgoutput_datum){.kind = 'u'};
}

void stream_tuple_leave_out_extras(struct stream *s, size_t relation, struct stream_tuple *t)
{
    for (size_t i = 0; i < t->tuple.columns_count; i++)
        if (s->layouts[relation].columns[i] >= FIELDS && random_one_in(&s->r, 2))
            t->columns[i] = (struct pgoutput_datum){.kind = 'u'};
}
