#include "feed/postgres_preflight_part.h"

#include "feed/postgres_survey.h"

#include <stdlib.h>

void trouble_mend(struct trouble *t, const char *template, const struct sql_variable *variables,
                  size_t n)
{
    char *sql = sql_fill(template, variables, n);
    trouble_advise(t, "%s;", sql);
    free(sql);
}

const json_t *preflight_table(const struct preflight *p, size_t i)
{
    return json_array_get(json_object_get(p->survey, "tables"), i);
}

const json_t *preflight_relation(const json_t *table, size_t i)
{
    bool is_table = answer_is(table, "kind", "r") || answer_is(table, "kind", "p");
    return is_table ? json_array_get(json_object_get(table, "relations"), i) : NULL;
}

char *preflight_list(const json_t *table, const json_t *names)
{
    const json_t *columns = json_object_get(table, "columns");
    struct buffer list = {0};
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        const json_t *column = answer_named(columns, name);
        buffer_printf(&list, "%s%s", i > 0 ? ", " : "",
                      column != NULL ? answer_text(column, "sql") : name);
    }
    return buffer_take(&list);
}

static void add_names(json_t *list, const json_t *names)
{
    for (size_t i = 0; i < json_array_size(names); i++)
        if (!answer_has(list, json_string_value(json_array_get(names, i))))
            (void)json_array_append(list, json_array_get(names, i));
}

json_t *preflight_published(const json_t *table)
{
    json_t *list = json_array();
    add_names(list, survey_key(table));
    for (size_t i = 0; preflight_relation(table, i) != NULL; i++)
        add_names(list, survey_identity(preflight_relation(table, i)));
    add_names(list, json_object_get(table, "needed"));
    return list;
}
