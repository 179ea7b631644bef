#include "feed/postgres_survey.h"

#include "base/mem.h"
#include "feed_postgres_sql.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool is_named(const json_t *table, const char *schema, const char *name)
{
    return answer_is(table, "schema", schema) && answer_is(table, "table", name);
}

static void want(json_t *columns, const char *name)
{
    if (name != NULL && !answer_has(columns, name))
        (void)json_array_append_new(columns, json_string(name));
}

char *survey_wanted(const struct definitions *d)
{
    json_t *tables = json_array();
    for (size_t i = 0; i < d->sources_count; i++) {
        const struct source *s = &d->sources[i];
        size_t n = 0;
        while (n < json_array_size(tables) &&
               !is_named(json_array_get(tables, n), s->schema, s->table))
            n++;
        if (n == json_array_size(tables))
            (void)json_array_append_new(tables, json_pack("{s:s, s:s, s:[]}", "schema", s->schema,
                                                          "table", s->table, "columns"));
        json_t *columns = json_object_get(json_array_get(tables, n), "columns");
        want(columns, s->tenant);
        want(columns, s->distinct);
        for (size_t j = 0; j < predicate_columns_count(s->predicate); j++)
            want(columns, predicate_column(s->predicate, j));
    }
    char *text = json_dumps(tables, JSON_COMPACT);
    json_decref(tables);
    assert(text != NULL); /* names are UTF-8: definitions take no others */
    return text;
}

enum err survey_read(struct session *s, const struct definitions *d, const char *publication,
                     json_t **ret, struct error *e)
{
    char *wanted = survey_wanted(d);
    const char *const params[] = {wanted, publication};
    enum err err = answer_query(s, embed_survey_sql, params, 2, ret, e);
    free(wanted);
    return err;
}

const json_t *survey_table(const json_t *survey, const char *schema, const char *name)
{
    const json_t *tables = json_object_get(survey, "tables");
    size_t n = 0;
    while (n < json_array_size(tables) && !is_named(json_array_get(tables, n), schema, name))
        n++;
    assert(n < json_array_size(tables));
    return json_array_get(tables, n);
}

bool survey_holds_rows(const json_t *relation)
{
    return !answer_is(relation, "kind", "p");
}

const json_t *survey_identity(const json_t *relation)
{
    const json_t *columns = NULL;
    if (answer_is(relation, "identity", "d"))
        columns = json_object_get(relation, "primary");
    else if (answer_is(relation, "identity", "i"))
        columns = json_object_get(relation, "index");
    return json_is_array(columns) ? columns : NULL;
}

static bool is_sent_by_all(const json_t *relations, const json_t *key)
{
    if (!json_is_array(key))
        return false;
    for (size_t i = 0; i < json_array_size(relations); i++) {
        const json_t *r = json_array_get(relations, i);
        if (survey_holds_rows(r) && !answer_is(r, "identity", "f") &&
            !answer_covers(survey_identity(r), key))
            return false;
    }
    return true;
}

const json_t *survey_key(const json_t *table)
{
    const json_t *relations = json_object_get(table, "relations");
    const json_t *root = json_array_get(relations, 0);
    const json_t *index = answer_is(root, "identity", "i") ? json_object_get(root, "index") : NULL;
    const json_t *primary = json_object_get(root, "primary");
    if (is_sent_by_all(relations, index))
        return index;
    return is_sent_by_all(relations, primary) ? primary : NULL;
}
