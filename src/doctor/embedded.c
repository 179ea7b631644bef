#include "base/mem.h"
#include "base/sqlite.h"
#include "doctor/part.h"
#include "doctor_sql.h"
#include "feed/sqlite_once.h"
#include "store/migration.h"
#include "store/sqlite.h"
#include "store/sqlite_state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    ROOM_MB_MIN = 256 /* of free space; a rollback journal may be as large as what changes */
};

/* ---- the file ---- */

static enum err look_at_file(struct patient *p, sqlite3 **ret, struct error *e)
{
    struct error why;
    struct trouble t = {0};
    const char *path = p->options->path;
    enum err err = sqlite_open(path, SQLITE_MODE_READ, STORE_SQLITE_BUSY_MS, ret, &why);
    if (err == ERR_BUSY) {
        *e = why;
        return err;
    }
    if (err != ERR_OK) {
        trouble_add(&t, "%s", why.message);
        if (err == ERR_NOT_FOUND)
            trouble_advise(&t, "badged migrate up --database 'sqlite:%s'", path);
        else if (err == ERR_CORRUPT)
            trouble_advise(&t,
                           "put a backup in its place, or save what can be read: sqlite3 '%s' "
                           ".recover | sqlite3 recovered.db",
                           path);
        else
            trouble_advise(&t, "let badged's user read it: chmod u+rw '%s'", path);
    }
    struct buffer well = {0};
    buffer_printf(&well, "%s, SQLite %s", path, sqlite3_libversion());
    const struct trouble_words words = {"file", well.bytes, VERDICT_NO_COUNTS,
                                        "nothing is counted"};
    if (err == ERR_OK)
        part_judge(p, &words, &t);
    else
        trouble_judge(p->checks, &words, &t);
    buffer_fini(&well);
    return ERR_OK;
}

static void look_at_integrity(struct patient *p, sqlite3 *db)
{
    struct trouble t = {0};
    sqlite3_stmt *stmt = NULL;
    struct error why;
    if (!doctor_wants(p->options, "integrity"))
        return;
    enum err err = sqlite_prepare(db, "PRAGMA integrity_check(20)", &stmt, &why);
    int rc = SQLITE_DONE;
    while (err == ERR_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *line = (const char *)sqlite3_column_text(stmt, 0);
        if (line != NULL && strcmp(line, "ok") != 0)
            trouble_add(&t, "%s", line);
    }
    if (err == ERR_OK && rc != SQLITE_DONE)
        err = sqlite_fail(db, &why, "reading it through");
    (void)sqlite3_finalize(stmt);
    if (err != ERR_OK)
        trouble_add(&t, "%s", why.message);
    if (t.count > 0)
        trouble_advise(&t,
                       "stop badged; sqlite3 '%s' REINDEX mends indexes; for anything else put "
                       "a backup in its place, or save what can be read: sqlite3 '%s' .recover "
                       "| sqlite3 recovered.db",
                       p->options->path, p->options->path);
    static const struct trouble_words words = {
        "integrity", "every page and index is sound", VERDICT_NO_COUNTS,
        "the file is damaged: counts may miss rows, and writes may be lost"};
    part_judge(p, &words, &t);
}

static void look_at_space(struct patient *p)
{
    struct trouble t = {0};
    struct statvfs s;
    struct buffer well = {0};
    if (statvfs(p->options->path, &s) != 0) {
        part_skip(p, "free space", "the file system does not say");
        return;
    }
    uint64_t mb = (uint64_t)s.f_bavail * s.f_frsize / (1024 * 1024);
    if (mb < ROOM_MB_MIN) {
        trouble_add(&t, "%" PRIu64 " MB are left where it lies", mb);
        trouble_advise(&t, "make room, or move the file: df -h '%s'", p->options->path);
    }
    buffer_printf(&well, "%" PRIu64 " MB", mb);
    const struct trouble_words words = {"free space", well.bytes, VERDICT_WARNING,
                                        "once it is full every write fails; counts stay right"};
    part_judge(p, &words, &t);
    buffer_fini(&well);
}

static void look_at_version(struct patient *p, sqlite3 *db)
{
    struct trouble t = {0};
    sqlite3_int64 id = 0, version = 0;
    struct error why;
    enum err err = sqlite_int(db, "PRAGMA application_id", &id, &why);
    if (err == ERR_OK)
        err = sqlite_int(db, "PRAGMA user_version", &version, &why);
    int own = store_sqlite_version();
    if (err != ERR_OK) {
        trouble_add(&t, "%s", why.message);
        trouble_advise(&t, "see the check of its integrity");
    } else if (id != STORE_SQLITE_APPLICATION_ID) {
        trouble_add(&t, "it is not marked as a database of badged");
        trouble_advise(&t, "name another file with --database; `badged migrate up` makes one");
    } else if (version > own) {
        trouble_add(&t, "its tables are of version %lld, and this badged knows up to %d",
                    (long long)version, own);
        trouble_advise(&t, "install the badged that made it, or a newer one");
    } else if (version < own) {
        trouble_add(&t, "its tables are of version %lld, and not %d", (long long)version, own);
        trouble_advise(&t, "badged migrate up --database 'sqlite:%s'", p->options->path);
    }
    struct buffer well = {0};
    buffer_printf(&well, "%d", own);
    const struct trouble_words words = {"version", well.bytes, VERDICT_NO_COUNTS,
                                        "badged does not count in it"};
    part_judge(p, &words, &t);
    buffer_fini(&well);
}

static void look_at_journal(struct patient *p, sqlite3 *db)
{
    struct trouble t = {0};
    sqlite3_stmt *stmt = NULL;
    struct error why;
    const char *mode = NULL;
    if (sqlite_prepare(db, "PRAGMA journal_mode", &stmt, &why) == ERR_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        mode = (const char *)sqlite3_column_text(stmt, 0);
    if (mode != NULL && strcmp(mode, "wal") == 0) {
        trouble_add(&t, "it is in WAL mode");
        trouble_advise(&t, "sqlite3 '%s' 'PRAGMA journal_mode = DELETE'", p->options->path);
    }
    (void)sqlite3_finalize(stmt);
    static const struct trouble_words words = {
        "journal mode", "a rollback journal", VERDICT_WARNING,
        "SQLite up to 3.51.2 can damage a file in WAL mode when two programs write; badged turns "
        "it off when nobody else has the file open"};
    part_judge(p, &words, &t);
}

/* ---- what is in it ---- */

static void look_at_definitions(struct patient *p)
{
    struct error why;
    struct source_fault where;
    struct check check = {.name = "definitions"};
    enum err err = sqlite_once_check(p->options->path, p->options->definitions, &where, &why);
    if (!doctor_wants(p->options, check.name))
        return;
    struct buffer found = {0};
    if (err == ERR_OK) {
        buffer_puts(&found, "tables and columns suit the badges");
    } else {
        static const char means[] = "nothing is counted until all badges can be";
        static const char mend[] = "make what is missing, as the checks of the tables say; or "
                                   "change the badge's definition, or the table";
        buffer_puts(&found, why.message);
        check.verdict = VERDICT_NO_COUNTS;
        check.means = mem_text(means, strlen(means));
        check.mend = mem_text(mend, strlen(mend));
        if (err == ERR_CONFIG || err == ERR_SCHEMA) {
            check.faults = mem_zero(1, sizeof(*check.faults));
            check.faults[check.faults_count++] =
                (struct check_fault){where.source, (int)where.field, where.offset, why};
        }
    }
    check.found = buffer_take(&found);
    checks_add(p->checks, &check);
}

static void look_at_indexes(struct patient *p)
{
    struct trouble t = {0};
    for (size_t i = 0; i < json_array_size(p->lacking); i++) {
        const json_t *item = json_array_get(p->lacking, i);
        const char *kind = json_string_value(json_object_get(item, "kind"));
        if (kind == NULL || strcmp(kind, "index") != 0)
            continue;
        trouble_add(&t, "%s", json_string_value(json_object_get(item, "text")));
        char *sql =
            migration_sqlite_statement(kind, json_string_value(json_object_get(item, "name")));
        trouble_advise(&t, "%s", sql != NULL ? sql : "badged migrate up");
        free(sql);
    }
    static const struct trouble_words words = {
        "indexes", "all are there", VERDICT_WARNING,
        "the badges themselves ask no index; loading and lists read the whole table each time"};
    part_judge(p, &words, &t);
}

static void look_at_log(struct patient *p, sqlite3 *db)
{
    struct trouble t = {0};
    struct error why;
    bool is_noted = false;
    sqlite3_int64 triggers = 0;
    enum err err = sqlite_int(db, embed_sqlite_doctor_triggers_sql, &triggers, &why);
    if (err == ERR_OK)
        err = sqlite_once_is_noted(p->options->path, p->options->definitions, &is_noted, &why);
    if (err != ERR_OK) {
        part_skip(p, "change log", "not looked at, because of what is said above");
        return;
    }
    if (triggers == 0) {
        part_skip(p, "change log", "none yet: `badged serve` makes it when it starts");
        return;
    }
    if (!is_noted) {
        trouble_add(&t, "a trigger that notes changes is missing, or an old one");
        trouble_advise(&t, "start badged serve again, which makes them");
    }
    static const struct trouble_words words = {
        "change log", "triggers note every change", VERDICT_WARNING,
        "a badged that serves the file finds out when its schema changes, makes them again, and "
        "loads all rows anew"};
    part_judge(p, &words, &t);
}

static void look_at_dangling(struct patient *p, sqlite3 *db)
{
    struct trouble t = {0};
    struct error why;
    sqlite3_int64 dangling = 0;
    if (!doctor_wants(p->options, "foreign keys"))
        return;
    enum err err = sqlite_int(db, embed_sqlite_doctor_dangling_sql, &dangling, &why);
    if (err != ERR_OK)
        trouble_add(&t, "%s", why.message);
    else if (dangling > 0)
        trouble_add(&t, "%lld rows refer to what is not there", (long long)dangling);
    if (t.count > 0)
        trouble_advise(&t,
                       "sqlite3 '%s' 'PRAGMA foreign_key_check' lists them: delete them, or add "
                       "what they refer to; writers turn PRAGMA foreign_keys on",
                       p->options->path);
    static const struct trouble_words words = {"foreign keys", "every row's tenant is there",
                                               VERDICT_WARNING,
                                               "rows of what is gone stay, and are counted"};
    part_judge(p, &words, &t);
}

/* ---- whom to ask for ---- */

static void look_at_answers(struct patient *p, sqlite3 *db)
{
    const struct definitions *d = p->options->definitions;
    struct uuid tenants[PART_TENANTS_MAX];
    size_t count = 0;
    struct error why;
    if (!doctor_wants(p->options, "answers") || checks_worst(p->checks) == VERDICT_NO_COUNTS ||
        !part_is_served(p))
        return;
    for (size_t i = 0; i < d->sources_count; i++) {
        char *table = part_table(p, &d->sources[i]), *tenant = sql_identifier(d->sources[i].tenant);
        const struct sql_variable variables[] = {
            {"tenant", tenant}, {"table", table}, {"where", d->sources[i].where}};
        char *sql = sql_fill(embed_sqlite_doctor_tenants_sql, variables, 3);
        sqlite3_stmt *stmt = NULL;
        enum err err = sqlite_prepare(db, sql, &stmt, &why);
        while (err == ERR_OK && count < PART_TENANTS_MAX && sqlite3_step(stmt) == SQLITE_ROW) {
            const char *text = (const char *)sqlite3_column_text(stmt, 0);
            if (text != NULL && uuid_parse_stored(text, strlen(text), &tenants[count]))
                count++;
        }
        (void)sqlite3_finalize(stmt);
        free(sql);
        free(table);
        free(tenant);
    }
    part_answers(p, tenants, count);
}

static void look(struct patient *p, sqlite3 *db)
{
    struct error why;
    json_t *verification = NULL;
    look_at_integrity(p, db);
    look_at_space(p);
    look_at_version(p, db);
    look_at_journal(p, db);
    if (checks_worst(p->checks) == VERDICT_NO_COUNTS)
        return; /* a damaged file, or another program's: nothing in it says more */
    look_at_definitions(p);
    if (store_sqlite_verify(p->options->path, &verification, &why) == ERR_OK) {
        p->lacking = json_object_get(verification, "lacking");
        part_own_tables(p);
        look_at_indexes(p);
        part_triggers(p);
    }
    look_at_log(p, db);
    look_at_dangling(p, db);
    look_at_answers(p, db);
    p->lacking = NULL;
    json_decref(verification);
}

enum err part_embedded(struct patient *p, struct error *e)
{
    sqlite3 *db = NULL;
    enum err err = look_at_file(p, &db, e);
    if (err == ERR_OK && db != NULL)
        look(p, db);
    (void)sqlite3_close(db);
    return err;
}
