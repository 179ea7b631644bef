#include "feed/postgres_answer.h"

#include <string.h>

enum err answer_query(struct session *s, const char *sql, const char *const *params,
                      size_t params_count, json_t **ret, struct error *e)
{
    PGresult *r = NULL;
    enum err err = session_query(s, sql, params, params_count, SESSION_QUERY_MS, &r, e);
    if (err != ERR_OK)
        return err;
    json_t *answer = NULL;
    if (PQntuples(r) == 1 && PQnfields(r) == 1)
        answer =
            json_loadb(PQgetvalue(r, 0, 0), (size_t)PQgetlength(r, 0, 0), JSON_ALLOW_NUL, NULL);
    PQclear(r);
    if (!json_is_object(answer)) {
        json_decref(answer);
        return error_set(e, ERR_DATABASE, "the server's answer is no JSON object");
    }
    *ret = answer;
    return ERR_OK;
}

const char *answer_text(const json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

bool answer_is(const json_t *o, const char *key, const char *text)
{
    const char *found = answer_text(o, key);
    return found != NULL && strcmp(found, text) == 0;
}

bool answer_flag(const json_t *o, const char *key)
{
    return json_is_true(json_object_get(o, key));
}

int64_t answer_number(const json_t *o, const char *key)
{
    return json_integer_value(json_object_get(o, key));
}

bool answer_has(const json_t *list, const char *text)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *found = json_string_value(json_array_get(list, i));
        if (found != NULL && strcmp(found, text) == 0)
            return true;
    }
    return false;
}

bool answer_covers(const json_t *list, const json_t *part)
{
    for (size_t i = 0; i < json_array_size(part); i++)
        if (!answer_has(list, json_string_value(json_array_get(part, i))))
            return false;
    return true;
}

const json_t *answer_named(const json_t *list, const char *name)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (answer_is(json_array_get(list, i), "name", name))
            return json_array_get(list, i);
    return NULL;
}
