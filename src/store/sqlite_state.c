#include "store/sqlite_state.h"

#include "base/sqlite.h"
#include "store/migration.h"
#include "store/sqlite.h"
#include "store/store_sql.h"

#include <string.h>
#include <unistd.h>

enum err store_sqlite_status(const char *path, json_t **ret, struct error *e)
{
    int version = 0;
    enum err err = store_sqlite_examine(path, &version, e);
    if (err != ERR_OK)
        return err;
    size_t count;
    const struct migration *list = migrations_sqlite(&count);
    *ret = json_array();
    for (size_t i = 0; i < count; i++) {
        char hash[MIGRATION_HASH_BYTES];
        migration_hash(&list[i], hash);
        const char *state = list[i].number <= version ? "applied" : "pending";
        (void)json_array_append_new(*ret,
                                    json_pack("{s:s, s:i, s:s, s:s, s:n, s:n}", "file",
                                              list[i].name, "number", list[i].number, "sha256",
                                              hash, "state", state, "applied_at", "version"));
    }
    return ERR_OK;
}

/* The one JSON text that a statement gives. */
static enum err query_json(sqlite3 *db, const char *sql, const char *param, json_t **ret,
                           struct error *e)
{
    sqlite3_stmt *query = NULL;
    enum err err = sqlite_prepare(db, sql, &query, e);
    if (err != ERR_OK)
        return err;
    if (param != NULL && sqlite3_bind_text(query, 1, param, -1, SQLITE_STATIC) != SQLITE_OK)
        err = sqlite_fail(db, e, "asking for its tables");
    if (err == ERR_OK && sqlite3_step(query) != SQLITE_ROW)
        err = sqlite_fail(db, e, "asking for its tables");
    if (err == ERR_OK)
        *ret = json_loads((const char *)sqlite3_column_text(query, 0), 0, NULL);
    if (err == ERR_OK && *ret == NULL)
        err = error_set(e, ERR_DATABASE, "asking for its tables: the answer is not JSON");
    (void)sqlite3_finalize(query);
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
    err = query_json(db, embed_sqlite_store_tables_sql, NULL, &tables, e);
    if (err == ERR_OK)
        err = query_json(db, embed_sqlite_store_lacking_sql, migration_wanted(), &lacking, e);
    if (err == ERR_OK)
        *ret = json_pack("{s:O, s:O}", "tables", tables, "lacking", lacking);
    else
        error_wrap(e, "%s", path);
    json_decref(tables);
    json_decref(lacking);
    (void)sqlite3_close(db);
    return err;
}
