#include "store/postgres_state.h"

#include "store/migration.h"
#include "store/migration_sql.h"

#include <stdlib.h>
#include <string.h>

enum err postgres_state_bases(struct session *s, struct postgres_bases *ret, struct error *e)
{
    PGresult *r = NULL;
    enum err err =
        session_query(s, embed_postgres_migrate_bases_sql, NULL, 0, SESSION_QUERY_MS, &r, e);
    if (err != ERR_OK)
        return err;
    ret->bases_count = PQgetvalue(r, 0, 0)[0] - '0';
    ret->has_record = PQgetvalue(r, 0, 1)[0] == 't';
    PQclear(r);
    return ERR_OK;
}

/* The one JSON text that a statement gives. */
static enum err query_json(struct session *s, const char *sql, const char *param, json_t **ret,
                           struct error *e)
{
    PGresult *r = NULL;
    enum err err = session_query(s, sql, &param, param != NULL ? 1 : 0, SESSION_QUERY_MS, &r, e);
    if (err != ERR_OK)
        return err;
    *ret = json_loads(PQgetvalue(r, 0, 0), 0, NULL);
    PQclear(r);
    if (*ret == NULL)
        return error_set(e, ERR_DATABASE, "the server gave something else than JSON");
    return ERR_OK;
}

static enum err read_recorded(struct session *s, const struct postgres_bases *bases, json_t **ret,
                              struct error *e)
{
    if (!bases->has_record) {
        *ret = json_array();
        return ERR_OK;
    }
    enum err err = query_json(s, embed_postgres_migrate_recorded_sql, NULL, ret, e);
    if (err != ERR_OK)
        error_wrap(e, "reading public.badged_migrations, which is for the role that migrated first "
                      "and for superusers");
    return err;
}

static json_t *find(const json_t *list, const char *key, const char *wanted)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *item = json_array_get(list, i);
        const char *text = json_string_value(json_object_get(item, key));
        if (text != NULL && strcmp(text, wanted) == 0)
            return item;
    }
    return NULL;
}

/* Whether a run of badged left it half built; one of anybody else's is left alone. */
static bool is_ours(const json_t *item, const json_t *recorded)
{
    const json_t *building =
        find(recorded, "file", json_string_value(json_object_get(item, "name")));
    return building != NULL;
}

/* Whether something is missing that the file of this number makes. */
static bool is_lacking(const json_t *lacking, const json_t *recorded, int number)
{
    for (size_t i = 0; i < json_array_size(lacking); i++) {
        const json_t *item = json_array_get(lacking, i), *files = json_object_get(item, "files");
        if (json_object_get(item, "broken") != NULL && !is_ours(item, recorded))
            continue;
        for (size_t j = 0; j < json_array_size(files); j++)
            if (json_integer_value(json_array_get(files, j)) == number)
                return true;
    }
    return false;
}

/* What is known of a database. */
struct knowledge {
    const json_t *recorded, *lacking;
    int bases_count;
};

static const char *state_of(const struct migration *m, const json_t *record,
                            const struct knowledge *k)
{
    char hash[MIGRATION_HASH_BYTES];
    migration_hash(m, hash);
    bool is_base = m->number == 60;
    if (record == NULL && m->is_optional)
        return "optional";
    if (record == NULL)
        return is_base && k->bases_count == 2 ? "not needed" : "pending";
    if (is_lacking(k->lacking, k->recorded, m->number) || (is_base && k->bases_count < 2))
        return "incomplete";
    const char *recorded = json_string_value(json_object_get(record, "sha256"));
    return recorded != NULL && strcmp(recorded, hash) == 0 ? "applied" : "changed";
}

static json_t *describe(const struct migration *m, const struct knowledge *k)
{
    char hash[MIGRATION_HASH_BYTES];
    const json_t *record = find(k->recorded, "file", m->name);
    migration_hash(m, hash);
    json_t *at = json_object_get(record, "applied_at"), *by = json_object_get(record, "version");
    return json_pack("{s:s, s:i, s:s, s:s, s:O?, s:O?}", "file", m->name, "number", m->number,
                     "sha256", hash, "state", state_of(m, record, k), "applied_at", at, "version",
                     by);
}

static void add_unknown(const json_t *recorded, json_t *status)
{
    for (size_t i = 0; i < json_array_size(recorded); i++) {
        json_t *record = json_array_get(recorded, i);
        const char *file = json_string_value(json_object_get(record, "file"));
        bool is_applied =
            strcmp(json_string_value(json_object_get(record, "state")), "applied") == 0;
        if (!is_applied || find(status, "file", file) != NULL)
            continue;
        (void)json_object_set_new(record, "state", json_string("unknown"));
        (void)json_object_set_new(record, "number", json_integer(strtol(file, NULL, 10)));
        (void)json_array_append(status, record);
    }
}

enum err postgres_state_lacking(struct session *s, json_t **ret, struct error *e)
{
    return query_json(s, embed_postgres_migrate_lacking_sql, migration_wanted(), ret, e);
}

enum err postgres_state_status(struct session *s, json_t **ret, struct error *e)
{
    struct postgres_bases bases = {0};
    json_t *recorded = NULL, *lacking = NULL;
    enum err err = postgres_state_bases(s, &bases, e);
    if (err == ERR_OK)
        err = read_recorded(s, &bases, &recorded, e);
    if (err == ERR_OK)
        err = postgres_state_lacking(s, &lacking, e);
    if (err == ERR_OK) {
        const struct knowledge k = {recorded, lacking, bases.bases_count};
        size_t count;
        const struct migration *list = migrations_postgres(&count);
        *ret = json_array();
        for (size_t i = 0; i < count; i++)
            (void)json_array_append_new(*ret, describe(&list[i], &k));
        add_unknown(recorded, *ret);
    }
    json_decref(recorded);
    json_decref(lacking);
    return err;
}

enum err postgres_state_verify(struct session *s, json_t **ret, struct error *e)
{
    json_t *tables = NULL, *lacking = NULL;
    enum err err = query_json(s, embed_postgres_migrate_tables_sql, NULL, &tables, e);
    if (err == ERR_OK)
        err = postgres_state_lacking(s, &lacking, e);
    if (err == ERR_OK)
        *ret = json_pack("{s:O, s:O}", "tables", tables, "lacking", lacking);
    json_decref(tables);
    json_decref(lacking);
    return err;
}
