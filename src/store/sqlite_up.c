#include "store/sqlite_up.h"

#include "base/sqlite.h"
#include "store/sqlite.h"
#include "store/sqlite_record.h"
#include "store/sqlite_state.h"

#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

/* Each thing that has a statement of its own; how many there were. */
static enum err make_all(sqlite3 *db, const json_t *lacking, const struct migration_report *report,
                         size_t *ret_made, struct error *e)
{
    *ret_made = 0;
    for (size_t i = 0; i < json_array_size(lacking); i++) {
        const json_t *item = json_array_get(lacking, i);
        const char *kind = text_of(item, "kind"), *name = text_of(item, "name");
        char *sql = migration_sqlite_statement(kind, name);
        enum err err = sql != NULL ? sqlite_exec(db, sql, e) : ERR_OK;
        if (sql != NULL && err == ERR_OK) {
            migration_say(report, "%s %s: made again", kind, name);
            ++*ret_made;
        }
        free(sql);
        if (err != ERR_OK) {
            error_wrap(e, "making %s %s again", kind, name);
            return err;
        }
    }
    return ERR_OK;
}

/* A table that is made lacks its indexes, so look again until nothing is left to make. */
static enum err mend(sqlite3 *db, const struct migration_report *report, size_t *ret_made,
                     json_t **ret_left, struct error *e)
{
    size_t made = 0;
    enum err err;
    do {
        json_decref(*ret_left);
        *ret_left = NULL;
        err = sqlite_record_lacking(db, ret_left, e);
        if (err == ERR_OK)
            err = make_all(db, *ret_left, report, &made, e);
        *ret_made += made;
    } while (err == ERR_OK && made > 0);
    return err;
}

/* Files that older badgeds applied, or other programs, are noted down as they are now. */
static enum err note(sqlite3 *db, const json_t *status, const struct migration_report *report,
                     size_t *ret_noted, struct error *e)
{
    size_t count;
    const struct migration *list = migrations_sqlite(&count);
    for (size_t i = 0; i < count; i++) {
        const json_t *file = json_array_get(status, i);
        bool is_changed = strcmp(text_of(file, "state"), "changed") == 0;
        if (!is_changed && *text_of(file, "applied_at") != '\0')
            continue;
        enum err err = sqlite_record_add(db, &list[i], e);
        if (err != ERR_OK)
            return err;
        migration_say(report,
                      is_changed ? "%s: applied before as another text; noted down as it is"
                                 : "%s: was applied; noted down",
                      list[i].name);
        ++*ret_noted;
    }
    return ERR_OK;
}

static enum err complain(const json_t *left, struct error *e)
{
    if (json_array_size(left) == 0)
        return ERR_OK;
    return error_set(e, ERR_SCHEMA,
                     "%s, and no migration adds it: put a backup of the file in its "
                     "place, or ALTER TABLE it",
                     text_of(json_array_get(left, 0), "text"));
}

static enum err go_on(sqlite3 *db, const json_t *status, const struct migration_report *report,
                      size_t *done, struct error *e)
{
    json_t *left = NULL;
    enum err err = sqlite_exec(db, "BEGIN IMMEDIATE", e);
    if (err == ERR_OK)
        err = mend(db, report, done, &left, e);
    if (err == ERR_OK)
        err = note(db, status, report, done, e);
    if (err == ERR_OK)
        err = sqlite_exec(db, "COMMIT", e);
    if (err == ERR_OK)
        err = complain(left, e);
    json_decref(left);
    return err;
}

static enum err plan(const char *path, const json_t *status, const struct migration_report *report,
                     struct error *e)
{
    bool is_any_pending = false;
    size_t planned = 0;
    json_t *verification = NULL;
    for (size_t i = 0; i < json_array_size(status); i++) {
        const json_t *file = json_array_get(status, i);
        bool is_pending = strcmp(text_of(file, "state"), "pending") == 0;
        is_any_pending = is_any_pending || is_pending;
        if (is_pending)
            migration_say(report, "would apply %s", text_of(file, "file"));
        planned += is_pending;
    }
    enum err err = is_any_pending ? ERR_OK : store_sqlite_verify(path, &verification, e);
    const json_t *lacking = json_object_get(verification, "lacking");
    for (size_t i = 0; i < json_array_size(lacking); i++, planned++)
        migration_say(report, "would make %s %s again", text_of(json_array_get(lacking, i), "kind"),
                      text_of(json_array_get(lacking, i), "name"));
    if (err == ERR_OK && planned == 0)
        migration_say(report, "nothing to do");
    json_decref(verification);
    return err;
}

static enum err apply(const char *path, const json_t *before, const struct migration_report *report,
                      struct error *e)
{
    sqlite3 *db = NULL;
    json_t *status = NULL;
    size_t done = 0;
    enum err err = store_sqlite_open(path, &db, e);
    if (err != ERR_OK)
        return err;
    for (size_t i = 0; i < json_array_size(before); i++) {
        const json_t *file = json_array_get(before, i);
        if (strcmp(text_of(file, "state"), "pending") != 0)
            continue;
        migration_say(report, "%s: applied", text_of(file, "file"));
        done++;
    }
    err = store_sqlite_status(path, &status, e);
    if (err == ERR_OK && (done == 0 || !migration_is_current(status)))
        err = go_on(db, status, report, &done, e);
    if (err == ERR_OK && done == 0)
        migration_say(report, "nothing to do");
    json_decref(status);
    (void)sqlite3_close(db);
    return err;
}

enum err store_sqlite_up(const char *path, bool is_dry_run, const struct migration_report *report,
                         struct error *e)
{
    json_t *status = NULL;
    enum err err = store_sqlite_status(path, &status, e);
    if (err == ERR_OK)
        err = is_dry_run ? plan(path, status, report, e) : apply(path, status, report, e);
    json_decref(status);
    return err;
}
