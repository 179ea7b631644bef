#include "feed/sqlite_follow.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/sqlite.h"
#include "feed/sqlite_row.h"
#include "feed/sqlite_sql.h"
#include "feed_sql.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    BUSY_MS = 100,
    SLICE_MS = 20,
    SLICE_CHECK_ROWS = 64,
    WINDOW_MIN = 256,
    OPEN_ATTEMPTS = 4,
};

/* ---- statements of a table ---- */

/* What makes a row of a table live in any source. */
static char *where_any(const struct follow *f, size_t table)
{
    struct buffer b = {0};
    for (size_t i = 0; i < f->definitions->sources_count; i++) {
        const struct source *s = &f->definitions->sources[i];
        if (catalog_table(&f->catalog, s) == table)
            buffer_printf(&b, "%s(%s)", b.len > 0 ? " OR " : "", s->where);
    }
    return buffer_take(&b);
}

static enum err prepare_filled(struct follow *f, const char *template,
                               const struct sql_variable *variables, size_t n, sqlite3_stmt **ret,
                               struct error *e)
{
    char *sql = sql_fill(template, variables, n);
    enum err err = sqlite_prepare(f->db, sql, ret, e);
    free(sql);
    return err;
}

static enum err prepare_table(struct follow *f, size_t i, struct error *e)
{
    const struct table *t = &f->catalog.tables[i];
    struct follow_table *ft = &f->tables[i];
    char *table = sql_identifier(t->name), *columns = row_columns(t), *where = where_any(f, i);
    const struct sql_variable variables[] = {
        {"table", table}, {"columns", columns}, {"where", where}, {"rowid", f->catalog.rowids[i]}};
    sqlite3_stmt *range = NULL;
    enum err err = prepare_filled(f, embed_rows_live_sql, variables, 4, &ft->rows_live, e);
    if (err == ERR_OK)
        err = prepare_filled(f, embed_row_sql, variables, 4, &ft->row, e);
    if (err == ERR_OK)
        err = prepare_filled(f, embed_rowid_range_sql, variables, 4, &range, e);
    if (err == ERR_OK && sqlite3_step(range) != SQLITE_ROW)
        err = sqlite_fail(f->db, e, "reading the size of table \"%s\"", t->name);
    if (err == ERR_OK) {
        ft->is_loaded = sqlite3_column_type(range, 0) == SQLITE_NULL;
        ft->next = sqlite3_column_int64(range, 0);
        ft->last = sqlite3_column_int64(range, 1);
    }
    (void)sqlite3_finalize(range);
    free(table);
    free(columns);
    free(where);
    return err;
}

/* ---- opening ---- */

static enum err identify(struct follow *f, struct error *e)
{
    struct stat st;
    if (stat(f->path, &st) != 0)
        return error_set(e, ERR_NOT_FOUND, "%s is gone: put it back, or stop badged", f->path);
    f->device = st.st_dev;
    f->inode = st.st_ino;
    return ERR_OK;
}

static enum err read_tables(struct follow *f, struct error *e)
{
    size_t columns_max = 1;
    enum err err = ERR_OK;
    f->tables = mem_zero(f->catalog.tables_count, sizeof(*f->tables));
    for (size_t i = 0; err == ERR_OK && i < f->catalog.tables_count; i++) {
        if (f->catalog.tables[i].columns_count > columns_max)
            columns_max = f->catalog.tables[i].columns_count;
        err = prepare_table(f, i, e);
    }
    f->row = mem_zero(columns_max, sizeof(*f->row));
    return err;
}

/* In one read transaction, so that the catalog, the triggers and the end of the log belong
 * together. */
static enum err read_start(struct follow *f, bool *ret_is_installed, struct source_fault *fault,
                           struct error *e)
{
    enum err err = catalog_read(f->db, f->definitions, &f->catalog, fault, e);
    if (err == ERR_OK)
        err = log_is_installed(f->db, &f->catalog, ret_is_installed, e);
    if (err != ERR_OK || !*ret_is_installed)
        return err;
    err =
        index_new(f->definitions, f->catalog.tables, f->catalog.tables_count, &f->index, fault, e);
    if (err == ERR_OK)
        err = read_tables(f, e);
    if (err == ERR_OK)
        err = sqlite_int(f->db, "PRAGMA schema_version", &f->schema_version, e);
    if (err == ERR_OK)
        err = sqlite_int(f->db, embed_timeline_sql, &f->timeline, e);
    if (err == ERR_OK)
        err = log_last(f->db, &f->position, e);
    return err;
}

static enum err start(struct follow *f, bool *ret_is_installed, struct source_fault *fault,
                      struct error *e)
{
    *ret_is_installed = false;
    enum err err = sqlite_exec(f->db, "BEGIN", e);
    if (err != ERR_OK)
        return err;
    err = read_start(f, ret_is_installed, fault, e);
    (void)sqlite3_exec(f->db, "COMMIT", NULL, NULL, NULL);
    if (err != ERR_OK || *ret_is_installed)
        return err;
    err = log_install(f->db, &f->catalog, e);
    catalog_fini(&f->catalog);
    return err;
}

enum err follow_open(struct follow *f, const char *path, const struct definitions *d,
                     struct source_fault *fault, struct error *e)
{
    *f = (struct follow){.path = path, .definitions = d, .window = WINDOW_MIN, .is_behind = true};
    *fault = (struct source_fault){0};
    enum err err = sqlite_open(path, SQLITE_MODE_WRITE, BUSY_MS, &f->db, e);
    if (err == ERR_OK)
        err = identify(f, e);
    if (err == ERR_OK)
        err = sqlite_prepare(f->db, embed_changes_sql, &f->changes, e);
    if (err == ERR_OK)
        err = sqlite_prepare(f->db, embed_change_salt_sql, &f->salt, e);
    bool is_installed = false;
    for (int attempt = 0; err == ERR_OK && !is_installed; attempt++) {
        if (attempt == OPEN_ATTEMPTS)
            return error_set(e, ERR_NOT_READY, "the database's schema keeps changing");
        err = start(f, &is_installed, fault, e);
    }
    return err;
}

void follow_close(struct follow *f)
{
    for (size_t i = 0; f->tables != NULL && i < f->catalog.tables_count; i++) {
        (void)sqlite3_finalize(f->tables[i].rows_live);
        (void)sqlite3_finalize(f->tables[i].row);
    }
    free(f->tables);
    free(f->row);
    index_free(f->index);
    catalog_fini(&f->catalog);
    (void)sqlite3_finalize(f->changes);
    (void)sqlite3_finalize(f->salt);
    int rc = sqlite3_close(f->db);
    assert(rc == SQLITE_OK);
    *f = (struct follow){0};
}

struct as_of follow_as_of(const struct follow *f)
{
    return (struct as_of){(uint32_t)f->timeline, (uint64_t)f->position.seq};
}

enum err follow_branch(struct follow *f, uint32_t timeline, struct error *e)
{
    sqlite3_stmt *stmt = NULL;
    enum err err = sqlite_prepare(f->db, embed_set_timeline_sql, &stmt, e);
    if (err == ERR_OK) {
        (void)sqlite3_bind_int64(stmt, 1, timeline);
        if (sqlite3_step(stmt) != SQLITE_DONE)
            err = sqlite_fail(f->db, e, "writing a new timeline");
        else
            f->timeline = timeline;
    }
    (void)sqlite3_finalize(stmt);
    return err;
}

/* ---- one read transaction ---- */

/* Begin to read, and make sure that the schema is still the one that was looked up. */
static enum err begin(struct follow *f, struct error *e)
{
    enum err err = sqlite_exec(f->db, "BEGIN", e);
    if (err != ERR_OK)
        return err;
    sqlite3_int64 version;
    err = sqlite_int(f->db, "PRAGMA schema_version", &version, e);
    if (err == ERR_OK && version != f->schema_version)
        err = error_set(e, ERR_NOT_READY, "the database's schema changed");
    if (err != ERR_OK)
        (void)sqlite3_exec(f->db, "ROLLBACK", NULL, NULL, NULL);
    return err;
}

static void end(struct follow *f)
{
    (void)sqlite3_exec(f->db, "ROLLBACK", NULL, NULL, NULL);
}

/* ---- loading ---- */

static enum err load_window(struct follow *f, size_t table, sqlite3_int64 last, struct error *e)
{
    sqlite3_stmt *stmt = f->tables[table].rows_live;
    (void)sqlite3_bind_int64(stmt, 1, f->tables[table].next);
    (void)sqlite3_bind_int64(stmt, 2, last);
    enum err err = ERR_OK;
    int rc = SQLITE_DONE;
    while (err == ERR_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
        err = row_apply(stmt, &f->catalog.tables[table], table, f->row, f->index, e);
    if (err == ERR_OK && rc != SQLITE_DONE)
        err = sqlite_fail(f->db, e, "loading table \"%s\"", f->catalog.tables[table].name);
    (void)sqlite3_reset(stmt);
    return err;
}

enum err follow_load(struct follow *f, bool *ret_done, struct error *e)
{
    while (f->loading < f->catalog.tables_count && f->tables[f->loading].is_loaded)
        f->loading++;
    *ret_done = f->loading == f->catalog.tables_count;
    if (*ret_done)
        return ERR_OK;
    struct follow_table *ft = &f->tables[f->loading];
    bool is_last = ft->last - f->window < ft->next || ft->last < INT64_MIN + f->window;
    sqlite3_int64 last = is_last ? ft->last : ft->next + f->window;
    int64_t start_ms = clock_ms();
    enum err err = begin(f, e);
    if (err != ERR_OK)
        return err;
    err = load_window(f, f->loading, last, e);
    end(f);
    if (err != ERR_OK)
        return err;
    ft->is_loaded = is_last;
    ft->next = is_last ? last : last + 1;
    int64_t took_ms = clock_ms() - start_ms;
    if (took_ms < SLICE_MS / 2 && f->window < INT64_MAX / 4)
        f->window *= 2;
    else if (took_ms > SLICE_MS && f->window > WINDOW_MIN)
        f->window /= 2;
    return ERR_OK;
}

/* ---- catching up ---- */

enum err follow_has_news(struct follow *f, bool *ret, struct error *e)
{
    struct stat st;
    if (stat(f->path, &st) != 0 || st.st_dev != f->device || st.st_ino != f->inode)
        return error_set(e, ERR_NOT_READY, "%s was replaced or removed", f->path);
    sqlite3_int64 version;
    enum err err = sqlite_int(f->db, "PRAGMA data_version", &version, e);
    if (err != ERR_OK)
        return err;
    f->is_behind = f->is_behind || version != f->data_version;
    f->data_version = version;
    *ret = f->is_behind;
    return ERR_OK;
}

/* Whether the entry read last is still there and the same. */
static enum err check_history(struct follow *f, struct error *e)
{
    if (!f->position.has_salt)
        return ERR_OK;
    (void)sqlite3_bind_int64(f->salt, 1, f->position.seq);
    int rc = sqlite3_step(f->salt);
    enum err err = ERR_OK;
    if (rc == SQLITE_DONE)
        err =
            error_set(e, ERR_NOT_READY, "more changes were made at once than the change log holds");
    else if (rc != SQLITE_ROW)
        err = sqlite_fail(f->db, e, "reading the change log");
    else if (sqlite3_column_int64(f->salt, 0) != f->position.salt)
        err = error_set(e, ERR_NOT_READY, "the file's history is not the one that was followed");
    (void)sqlite3_reset(f->salt);
    return err;
}

/* Read the row that an entry names, as it is now. */
static enum err apply_entry(struct follow *f, const char *name, sqlite3_int64 rowid,
                            struct error *e)
{
    size_t table = 0;
    while (table < f->catalog.tables_count && strcmp(f->catalog.tables[table].name, name) != 0)
        table++;
    if (table == f->catalog.tables_count)
        return ERR_OK; /* noted for another badged, which counts other tables */
    sqlite3_stmt *stmt = f->tables[table].row;
    (void)sqlite3_bind_int64(stmt, 1, rowid);
    int rc = sqlite3_step(stmt);
    enum err err = ERR_OK;
    if (rc == SQLITE_ROW) {
        err = row_apply(stmt, &f->catalog.tables[table], table, f->row, f->index, e);
    } else if (rc == SQLITE_DONE) {
        struct change gone = {.kind = CHANGE_DELETE, .table = table, .key = key_of_int(rowid)};
        err = index_apply(f->index, &gone);
    } else {
        err = sqlite_fail(f->db, e, "reading a changed row of table \"%s\"", name);
    }
    (void)sqlite3_reset(stmt);
    return err;
}

static enum err apply_entries(struct follow *f, bool is_whole, bool *ret_is_end, struct error *e)
{
    int64_t start_ms = clock_ms();
    (void)sqlite3_bind_int64(f->changes, 1, f->position.seq);
    enum err err = ERR_OK;
    int rc = SQLITE_ROW;
    for (unsigned n = 1; err == ERR_OK && (rc = sqlite3_step(f->changes)) == SQLITE_ROW; n++) {
        sqlite3_int64 seq = sqlite3_column_int64(f->changes, 0);
        if (seq != f->position.seq + 1) {
            err = error_set(e, ERR_NOT_READY, "the change log has a gap");
            break;
        }
        err = apply_entry(f, (const char *)sqlite3_column_text(f->changes, 1),
                          sqlite3_column_int64(f->changes, 2), e);
        if (err == ERR_OK)
            f->position = (struct log_position){seq, true, sqlite3_column_int64(f->changes, 3)};
        if (!is_whole && n % SLICE_CHECK_ROWS == 0 && clock_ms() - start_ms >= SLICE_MS)
            break;
    }
    *ret_is_end = rc == SQLITE_DONE;
    if (err == ERR_OK && rc != SQLITE_ROW && rc != SQLITE_DONE)
        err = sqlite_fail(f->db, e, "reading the change log");
    (void)sqlite3_reset(f->changes);
    return err;
}

enum err follow_catch_up(struct follow *f, bool is_whole, bool *ret_is_end, struct error *e)
{
    enum err err = begin(f, e);
    if (err != ERR_OK)
        return err;
    err = check_history(f, e);
    if (err == ERR_OK)
        err = apply_entries(f, is_whole, ret_is_end, e);
    end(f);
    if (err == ERR_OK && *ret_is_end)
        f->is_behind = false;
    return err;
}
