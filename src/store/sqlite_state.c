#include "store/sqlite_state.h"

#include "base/sqlite.h"
#include "store/migration.h"
#include "store/sqlite.h"
#include "store/sqlite_record.h"
#include "store/store_sql.h"

#include <string.h>
#include <unistd.h>

/* What is known of a file; nothing of one that is not there yet. */
struct knowledge {
    int version;
    json_t *recorded, *lacking;
};

static enum err learn(const char *path, struct knowledge *ret, struct error *e)
{
    sqlite3 *db = NULL;
    enum err err = store_sqlite_examine(path, &ret->version, e);
    if (err != ERR_OK || ret->version == 0)
        return err;
    err = sqlite_open(path, SQLITE_MODE_READ, STORE_SQLITE_BUSY_MS, &db, e);
    if (err != ERR_OK)
        return err;
    err = sqlite_record_read(db, &ret->recorded, e);
    if (err == ERR_OK)
        err = sqlite_record_lacking(db, &ret->lacking, e);
    if (err != ERR_OK)
        error_wrap(e, "%s", path);
    (void)sqlite3_close(db);
    return err;
}

static json_t *describe(const struct migration *m, const struct knowledge *k)
{
    char hash[MIGRATION_HASH_BYTES];
    const json_t *record = NULL;
    const char *state = "applied";
    migration_hash(m, hash);
    for (size_t i = 0; i < json_array_size(k->recorded); i++) {
        const json_t *r = json_array_get(k->recorded, i);
        if (strcmp(json_string_value(json_object_get(r, "file")), m->name) == 0)
            record = r;
    }
    if (m->number > k->version)
        state = "pending";
    else if (json_array_size(k->lacking) > 0)
        state = "incomplete";
    else if (record != NULL &&
             strcmp(json_string_value(json_object_get(record, "sha256")), hash) != 0)
        state = "changed";
    return json_pack("{s:s, s:i, s:s, s:s, s:O?, s:O?}", "file", m->name, "number", m->number,
                     "sha256", hash, "state", state, "applied_at",
                     json_object_get(record, "applied_at"), "version",
                     json_object_get(record, "version"));
}

enum err store_sqlite_status(const char *path, json_t **ret, struct error *e)
{
    struct knowledge k = {0};
    enum err err = learn(path, &k, e);
    if (err == ERR_OK) {
        size_t count;
        const struct migration *list = migrations_sqlite(&count);
        *ret = json_array();
        for (size_t i = 0; i < count; i++)
            (void)json_array_append_new(*ret, describe(&list[i], &k));
    }
    json_decref(k.recorded);
    json_decref(k.lacking);
    return err;
}

enum err store_sqlite_verify(const char *path, json_t **ret, struct error *e)
{
    if (access(path, F_OK) != 0)
        return error_set(e, ERR_NOT_FOUND, "%s is not there yet: `badged migrate up` makes it",
                         path);
    sqlite3 *db = NULL;
    json_t *tables = NULL, *lacking = NULL;
    enum err err = sqlite_open(path, SQLITE_MODE_READ, STORE_SQLITE_BUSY_MS, &db, e);
    if (err != ERR_OK)
        return err;
    err = sqlite_record_query(db, embed_sqlite_store_tables_sql, NULL, &tables, e);
    if (err == ERR_OK)
        err = sqlite_record_lacking(db, &lacking, e);
    if (err == ERR_OK)
        *ret = json_pack("{s:O, s:O}", "tables", tables, "lacking", lacking);
    else
        error_wrap(e, "%s", path);
    json_decref(tables);
    json_decref(lacking);
    (void)sqlite3_close(db);
    return err;
}
