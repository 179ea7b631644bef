#include "store/demo_query.h"

#include "base/sqlite.h"

#include <assert.h>
#include <string.h>

/* Returns how many were bound. */
static int bind(sqlite3_stmt *stmt, const struct demo_value *values, bool may_be_unnamed)
{
    int bound = 0;
    for (const struct demo_value *v = values; v != NULL && v->name != NULL; v++) {
        int at = sqlite3_bind_parameter_index(stmt, v->name);
        assert(at > 0 || may_be_unnamed);
        if (at == 0)
            continue;
        int rc = v->is_number ? sqlite3_bind_int64(stmt, at, v->number)
                              : sqlite3_bind_text(stmt, at, v->text, -1, SQLITE_STATIC);
        assert(rc == SQLITE_OK);
        bound++;
    }
    return bound;
}

/* As much of a text as fits, whole UTF-8 characters kept. */
static void copy_text(const char *text, char ret[DEMO_TEXT_BYTES_MAX])
{
    size_t len = strlen(text);
    if (len > DEMO_TEXT_BYTES_MAX - 1)
        len = DEMO_TEXT_BYTES_MAX - 1;
    while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
        len--;
    memcpy(ret, text, len);
    ret[len] = '\0';
}

static void copy_row(sqlite3_stmt *stmt, struct demo_row *ret)
{
    int count = sqlite3_column_count(stmt);
    assert(count <= DEMO_COLUMNS_MAX);
    ret->is_there = true;
    for (int i = 0; i < count; i++) {
        ret->columns[i].number = sqlite3_column_int64(stmt, i);
        const char *text = (const char *)sqlite3_column_text(stmt, i);
        if (text != NULL)
            copy_text(text, ret->columns[i].text);
    }
}

enum err demo_query(sqlite3 *db, const char *sql, const struct demo_value *common,
                    const struct demo_value *own, struct demo_row *ret, struct error *e)
{
    sqlite3_stmt *stmt = NULL;
    enum err err = sqlite_prepare(db, sql, &stmt, e);
    if (err != ERR_OK)
        return err;
    int bound = bind(stmt, common, true) + bind(stmt, own, false);
    assert(bound == sqlite3_bind_parameter_count(stmt));
    if (ret != NULL)
        *ret = (struct demo_row){0};
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW && ret != NULL)
        copy_row(stmt, ret);
    while (rc == SQLITE_ROW)
        rc = sqlite3_step(stmt);
    if (rc != SQLITE_DONE)
        err = sqlite_fail(db, e, "running %.80s", sql);
    (void)sqlite3_finalize(stmt);
    return err;
}
