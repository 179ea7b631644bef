#include "feed/postgres_catalog.h"

#include "base/mem.h"
#include "feed/postgres_predicate.h"
#include "feed/postgres_survey.h"
#include "feed/postgres_text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    OID_DEFAULT_COLLATION = 100 /* pg_collation.dat: that of the database */
};

void pg_catalog_fini(struct pg_catalog *c)
{
    for (size_t i = 0; i < c->tables_count; i++) {
        table_fini(&c->tables[i]);
        free(c->details[i].columns);
        free(c->details[i].key);
    }
    free(c->tables);
    free(c->details);
    free(c->relations);
    *c = (struct pg_catalog){0};
}

static size_t find_table(const struct pg_catalog *c, const struct source *s)
{
    size_t i = 0;
    while (i < c->tables_count && (strcmp(c->tables[i].name, s->table) != 0 ||
                                   strcmp(c->tables[i].schema, s->schema) != 0))
        i++;
    return i;
}

size_t pg_catalog_table(const struct pg_catalog *c, const struct source *s)
{
    size_t i = find_table(c, s);
    assert(i < c->tables_count);
    return i;
}

/* ---- tables ---- */

struct lookup {
    const json_t *facts; /* of the table at hand */
    struct table *table;
    struct pg_table *details;
    struct source_fault *fault;
    struct error *error;
};

static enum err refuse_missing(const struct lookup *l, const struct source *s)
{
    const char *similar = answer_text(l->facts, "similar"),
               *elsewhere = answer_text(l->facts, "elsewhere");
    l->fault->field = SPEC_TABLE;
    if (!answer_flag(l->facts, "has_schema")) {
        l->fault->field = SPEC_SCHEMA;
        return error_set(l->error, ERR_SCHEMA,
                         "schema \"%s\" is not in the database: create it, "
                         "or name another in the badge's definition",
                         s->schema);
    }
    if (similar != NULL)
        return error_set(l->error, ERR_SCHEMA,
                         "table \"%s\" is not in schema \"%s\"; there is one named \"%s\": name "
                         "that in the badge's definition",
                         s->table, s->schema, similar);
    if (elsewhere != NULL)
        return error_set(
            l->error, ERR_SCHEMA,
            "table \"%s\" is not in schema \"%s\"; there is one in schema \"%s\": name "
            "that with `schema:` in the badge's definition",
            s->table, s->schema, elsewhere);
    return error_set(l->error, ERR_SCHEMA,
                     "table \"%s\" is not in schema \"%s\": create it, or name another in the "
                     "badge's definition",
                     s->table, s->schema);
}

static enum err check_kind(const struct lookup *l, const struct source *s)
{
    const char *what = NULL;
    if (answer_is(l->facts, "kind", "v"))
        what = "a view";
    else if (answer_is(l->facts, "kind", "m"))
        what = "a materialized view";
    else if (answer_is(l->facts, "kind", "f"))
        what = "a foreign table";
    else if (answer_is(l->facts, "persistence", "t"))
        what = "a temporary table";
    if (what == NULL)
        return ERR_OK;
    l->fault->field = SPEC_TABLE;
    return error_set(l->error, ERR_SCHEMA,
                     "\"%s\" is %s, whose changes no other session can follow: name the tables "
                     "that its rows come from",
                     s->table, what);
}

/* ---- columns ---- */

static void take_labels(struct column *column, const json_t *facts)
{
    const json_t *labels = json_object_get(facts, "labels");
    column->labels_count = json_array_size(labels);
    column->labels = mem_zero(column->labels_count + 1, sizeof(*column->labels));
    for (size_t i = 0; i < column->labels_count; i++) {
        const char *label = json_string_value(json_array_get(labels, i));
        column->labels[i] = mem_text(label, strlen(label));
    }
}

/* The ordinal of a column that is there, added when it is new. */
static size_t take_column(const struct lookup *l, const json_t *facts)
{
    struct table *t = l->table;
    const char *name = answer_text(facts, "name");
    size_t n = table_column(t, name);
    if (n != (size_t)-1)
        return n;
    n = t->columns_count++;
    t->columns = mem_grow(t->columns, t->columns_count, sizeof(*t->columns));
    l->details->columns =
        mem_grow(l->details->columns, t->columns_count, sizeof(*l->details->columns));
    uint32_t base = (uint32_t)answer_number(facts, "base"),
             collation = (uint32_t)answer_number(facts, "collation");
    t->columns[n] = (struct column){
        .name = mem_text(name, strlen(name)),
        .type = pg_type_class(base, answer_text(facts, "kind")[0],
                              answer_flag(facts, "is_deterministic")),
    };
    if (t->columns[n].type == COLUMN_ENUM) {
        t->columns[n].kin = base;
        take_labels(&t->columns[n], facts);
    } else if (t->columns[n].type == COLUMN_TEXT && collation != OID_DEFAULT_COLLATION) {
        t->columns[n].kin = collation;
    }
    l->details->columns[n] = (struct pg_column){(uint32_t)answer_number(facts, "type_oid")};
    return n;
}

static const json_t *find_similar(const json_t *columns, const char *name)
{
    for (size_t i = 0; i < json_array_size(columns); i++)
        if (strcasecmp(answer_text(json_array_get(columns, i), "name"), name) == 0)
            return json_array_get(columns, i);
    return NULL;
}

/* One that only a predicate names may be missing: binding the source says where it stands. */
static enum err add_column(const struct lookup *l, const char *name, enum spec_field field)
{
    const json_t *columns = json_object_get(l->facts, "columns");
    const json_t *facts = answer_named(columns, name);
    if (facts == NULL && field == SPEC_WHERE)
        return ERR_OK;
    l->fault->field = field;
    if (facts == NULL) {
        const json_t *similar = find_similar(columns, name);
        return error_set(l->error, ERR_CONFIG, "table \"%s\" has no column \"%s\"%s%s%s",
                         l->table->name, name, similar != NULL ? "; there is one named \"" : "",
                         similar != NULL ? answer_text(similar, "name") : "",
                         similar != NULL ? "\"" : "");
    }
    if (field == SPEC_ORDER)
        return ERR_OK; /* the index needs no value of it */
    if (!answer_flag(facts, "is_deterministic"))
        return error_set(l->error, ERR_CONFIG,
                         "column \"%s\" has a collation under which texts that differ are equal: "
                         "only deterministic ones are counted",
                         name);
    (void)take_column(l, facts);
    return ERR_OK;
}

static enum err add_columns(const struct lookup *l, const struct source *s)
{
    enum err err = add_column(l, s->tenant, SPEC_TENANT);
    if (err == ERR_OK && s->distinct != NULL)
        err = add_column(l, s->distinct, SPEC_DISTINCT);
    for (size_t i = 0; err == ERR_OK && i < predicate_columns_count(s->predicate); i++)
        err = add_column(l, predicate_column(s->predicate, i), SPEC_WHERE);
    if (err == ERR_OK && s->order != NULL)
        err = add_column(l, s->order, SPEC_ORDER);
    return err;
}

static void add_key(const struct lookup *l)
{
    const json_t *key = survey_key(l->facts), *columns = json_object_get(l->facts, "columns");
    l->details->key_count = json_array_size(key);
    l->details->key = mem_zero(l->details->key_count + 1, sizeof(*l->details->key));
    for (size_t i = 0; i < l->details->key_count; i++) {
        const json_t *facts = answer_named(columns, json_string_value(json_array_get(key, i)));
        l->details->key[i] = take_column(l, facts);
    }
}

/* ---- relations ---- */

static void add_relations(struct pg_catalog *c, const json_t *facts, size_t table)
{
    const json_t *relations = json_object_get(facts, "relations");
    size_t more = json_array_size(relations);
    c->relations = mem_grow(c->relations, c->relations_count + more + 1, sizeof(*c->relations));
    for (size_t i = 0; i < more; i++) {
        const json_t *r = json_array_get(relations, i);
        c->relations[c->relations_count++] = (struct pg_relation){
            .oid = (uint32_t)answer_number(r, "oid"),
            .table = table,
            .is_leaf = answer_number(r, "depth") > 0,
        };
    }
}

static int by_oid(const void *a, const void *b)
{
    const struct pg_relation *x = a, *y = b;
    return (x->oid > y->oid) - (x->oid < y->oid);
}

/* ---- all of it ---- */

static enum err add_source(struct pg_catalog *c, struct lookup *l, const struct source *s)
{
    size_t i = find_table(c, s);
    bool is_new = i == c->tables_count;
    if (is_new) {
        if (json_is_null(json_object_get(l->facts, "oid")))
            return refuse_missing(l, s);
        enum err err = check_kind(l, s);
        if (err != ERR_OK)
            return err;
        c->tables = mem_grow(c->tables, i + 1, sizeof(*c->tables));
        c->details = mem_grow(c->details, i + 1, sizeof(*c->details));
        c->tables[i] = (struct table){.schema = mem_text(s->schema, strlen(s->schema)),
                                      .name = mem_text(s->table, strlen(s->table))};
        c->details[i] = (struct pg_table){.oid = (uint32_t)answer_number(l->facts, "oid"),
                                          .is_partitioned = answer_is(l->facts, "kind", "p")};
        c->tables_count++;
        add_relations(c, l->facts, i);
    }
    l->table = &c->tables[i];
    l->details = &c->details[i];
    return add_columns(l, s);
}

enum err pg_catalog_of(const json_t *survey, const struct definitions *d, struct pg_catalog *ret,
                       struct source_fault *fault, struct error *e)
{
    struct pg_catalog c = {0};
    struct lookup l = {.fault = fault, .error = e};
    enum err err = ERR_OK;
    *fault = (struct source_fault){0};
    for (size_t i = 0; err == ERR_OK && i < d->sources_count; i++) {
        fault->source = i;
        l.facts = survey_table(survey, d->sources[i].schema, d->sources[i].table);
        err = add_source(&c, &l, &d->sources[i]);
    }
    if (err != ERR_OK) {
        pg_catalog_fini(&c);
        return err;
    }
    for (size_t i = 0; i < c.tables_count; i++) {
        l.facts = survey_table(survey, c.tables[i].schema, c.tables[i].name);
        l.table = &c.tables[i];
        l.details = &c.details[i];
        add_key(&l);
    }
    if (c.relations_count > 0)
        qsort(c.relations, c.relations_count, sizeof(*c.relations), by_oid);
    *ret = c;
    return ERR_OK;
}

enum err pg_catalog_predicate(struct session *s, const json_t *survey, const struct source *source,
                              const struct table *t, size_t *offset, struct error *e)
{
    /* One of its own: the source's may be bound to an index that is in use. */
    struct predicate *p = NULL;
    enum err err = predicate_parse(source->where, strlen(source->where), &p, offset, e);
    if (err == ERR_OK)
        err = predicate_bind(p, t, offset, e);
    predicate_free(p);
    const char *sql = answer_text(survey_table(survey, source->schema, source->table), "sql");
    return err == ERR_OK ? pg_predicate_check(s, sql, source->where, offset, e) : err;
}

enum err pg_catalog_survey(struct session *s, const struct definitions *d, const char *publication,
                           json_t **ret, char fingerprint[PG_FINGERPRINT_BYTES], struct error *e)
{
    struct pg_fingerprint found;
    json_t *survey = NULL;
    enum err err = session_query(s, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", NULL, 0,
                                 SESSION_QUERY_MS, NULL, e);
    if (err != ERR_OK)
        return err;
    err = survey_read(s, d, publication, &survey, e);
    if (err == ERR_OK)
        err = pg_fingerprint_query(s, d, publication, &found, e);
    /* A session that was lost has ended its transaction. */
    if (err != ERR_UNAVAILABLE) {
        enum err ended =
            session_query(s, "ROLLBACK", NULL, 0, SESSION_QUERY_MS, NULL, err == ERR_OK ? e : NULL);
        if (err == ERR_OK)
            err = ended;
    }
    if (err != ERR_OK) {
        json_decref(survey);
        return err;
    }
    memcpy(fingerprint, found.text, sizeof(found.text));
    *ret = survey;
    return ERR_OK;
}
