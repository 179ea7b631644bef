#include "store/sqlite_record.h"

#include "base/sqlite.h"
#include "store/store_sql.h"

enum err sqlite_record_query(sqlite3 *db, const char *sql, const char *param, json_t **ret,
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

enum err sqlite_record_lacking(sqlite3 *db, json_t **ret, struct error *e)
{
    return sqlite_record_query(db, embed_sqlite_store_lacking_sql, migration_wanted(), ret, e);
}

enum err sqlite_record_read(sqlite3 *db, json_t **ret, struct error *e)
{
    sqlite3_int64 has_record = 0;
    enum err err = sqlite_int(db, embed_sqlite_store_has_record_sql, &has_record, e);
    if (err == ERR_OK && has_record == 0)
        *ret = json_array();
    else if (err == ERR_OK)
        err = sqlite_record_query(db, embed_sqlite_store_recorded_sql, NULL, ret, e);
    return err;
}

enum err sqlite_record_add(sqlite3 *db, const struct migration *m, struct error *e)
{
    char hash[MIGRATION_HASH_BYTES];
    sqlite3_stmt *insert = NULL;
    enum err err = sqlite_exec(db, embed_sqlite_store_make_record_sql, e);
    if (err == ERR_OK)
        err = sqlite_prepare(db, embed_sqlite_store_record_sql, &insert, e);
    if (err != ERR_OK)
        return err;
    migration_hash(m, hash);
    const char *const values[] = {m->name, hash, BADGED_VERSION};
    for (int i = 0; err == ERR_OK && i < 3; i++)
        if (sqlite3_bind_text(insert, i + 1, values[i], -1, SQLITE_STATIC) != SQLITE_OK)
            err = sqlite_fail(db, e, "noting %s", m->name);
    if (err == ERR_OK && sqlite3_step(insert) != SQLITE_DONE)
        err = sqlite_fail(db, e, "noting %s", m->name);
    (void)sqlite3_finalize(insert);
    return err;
}
