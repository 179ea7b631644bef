#include "feed/sqlite_follow.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/sqlite.h"
#include "feed/sql.h"
#include "feed/sqlite_row.h"
#include "feed_sql.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    SLICE_CHECK_ROWS = 8,
    LOAD_POLITE_MS = 20,
    WINDOW_MIN = 256,
    OPEN_ATTEMPTS = 4,
    OPEN_BUSY_MS = 500,
    TIMELINE_MAX = INT32_MAX - 1, /* room for one more, in a number of 32 bits */
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

/* ---- timeline ---- */

/* Another badged that follows the file may have raised it; it never goes down within one life. */
static enum err read_timeline(struct follow *f, struct error *e)
{
    int rc = sqlite3_step(f->read_timeline);
    sqlite3_int64 timeline = sqlite3_column_int64(f->read_timeline, 0);
    enum err err = ERR_OK;
    if (rc == SQLITE_DONE)
        err = error_set(e, ERR_NOT_READY, "the timeline is gone from badged_meta");
    else if (rc != SQLITE_ROW)
        err = sqlite_fail(f->db, e, "reading the timeline");
    else if (timeline < 1 || timeline > TIMELINE_MAX)
        err = error_set(e, ERR_DATABASE,
                        "the timeline in badged_meta is not a number from 1 to %d: set it to one "
                        "that is higher than any before",
                        TIMELINE_MAX);
    else if ((uint32_t)timeline > f->timeline)
        f->timeline = (uint32_t)timeline;
    (void)sqlite3_reset(f->read_timeline);
    return err;
}

static enum err write_timeline(struct follow *f, uint32_t timeline, struct error *e)
{
    sqlite3_stmt *stmt = NULL;
    enum err err = sqlite_prepare(f->db, embed_set_timeline_sql, &stmt, e);
    if (err == ERR_OK) {
        (void)sqlite3_bind_int64(stmt, 1, timeline);
        if (sqlite3_step(stmt) != SQLITE_DONE)
            err = sqlite_fail(f->db, e, "writing a new timeline");
    }
    (void)sqlite3_finalize(stmt);
    if (err == ERR_OK)
        err = sqlite_exec(f->db, "COMMIT", e);
    return err;
}

enum err follow_branch(struct follow *f, uint32_t above, struct error *e)
{
    enum err err = watch_begin_write(&f->watch, e);
    if (err != ERR_OK)
        return err;
    err = read_timeline(f, e);
    if (err == ERR_OK && f->timeline <= above)
        err = write_timeline(f, above + 1, e);
    watch_end(&f->watch);
    if (err == ERR_OK && f->timeline <= above)
        f->timeline = above + 1;
    return err;
}

/* ---- opening ---- */

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

static enum err read_log(struct follow *f, struct error *e)
{
    enum err err = sqlite_prepare(f->db, embed_changes_sql, &f->changes, e);
    if (err == ERR_OK)
        err = sqlite_prepare(f->db, embed_change_salt_sql, &f->salt, e);
    if (err == ERR_OK)
        err = sqlite_prepare(f->db, embed_timeline_sql, &f->read_timeline, e);
    if (err == ERR_OK)
        err = read_timeline(f, e);
    if (err == ERR_OK)
        err = log_last(f->db, &f->position, e);
    return err;
}

/* What the definitions ask for is looked at before anything is written to the file. */
static enum err read_start(struct follow *f, bool *ret_is_installed, struct source_fault *fault,
                           struct error *e)
{
    enum err err = log_check_file(f->db, e);
    if (err == ERR_OK)
        err = catalog_read(f->db, f->definitions, &f->catalog, fault, e);
    if (err == ERR_OK)
        err = index_new(f->definitions, f->catalog.tables, f->catalog.tables_count, &f->index,
                        fault, e);
    if (err == ERR_OK)
        err = log_is_installed(f->db, &f->catalog, ret_is_installed, e);
    if (err == ERR_OK && *ret_is_installed)
        err = read_tables(f, e);
    if (err == ERR_OK && *ret_is_installed)
        err = read_log(f, e);
    return err;
}

static enum err install(struct follow *f, struct error *e)
{
    enum err err = watch_begin_write(&f->watch, e);
    if (err != ERR_OK)
        return err;
    err = log_install(f->db, &f->catalog, e);
    if (err == ERR_OK)
        err = sqlite_exec(f->db, "COMMIT", e);
    watch_end(&f->watch);
    return err;
}

/* In one read transaction, so that the catalog, the triggers and the end of the log belong
 * together. */
static enum err start(struct follow *f, bool *ret_is_installed, struct source_fault *fault,
                      struct error *e)
{
    *ret_is_installed = false;
    enum err err = watch_open(&f->watch, f->path, f->db, e);
    if (err == ERR_OK)
        err = watch_begin(&f->watch, 0, e);
    if (err != ERR_OK)
        return err;
    err = read_start(f, ret_is_installed, fault, e);
    watch_end(&f->watch);
    if (err != ERR_OK || *ret_is_installed)
        return err;
    err = install(f, e);
    index_free(f->index);
    f->index = NULL;
    catalog_fini(&f->catalog);
    watch_close(&f->watch);
    return err;
}

enum err follow_open(struct follow *f, const char *path, const struct definitions *d,
                     struct source_fault *fault, struct error *e)
{
    *f = (struct follow){.path = path, .definitions = d, .window = WINDOW_MIN, .is_behind = true};
    *fault = (struct source_fault){0};
    enum err err = sqlite_open(path, SQLITE_MODE_WRITE, OPEN_BUSY_MS, &f->db, e);
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
    watch_close(&f->watch);
    (void)sqlite3_finalize(f->changes);
    (void)sqlite3_finalize(f->salt);
    (void)sqlite3_finalize(f->read_timeline);
    int rc = sqlite3_close(f->db);
    assert(rc == SQLITE_OK);
    *f = (struct follow){0};
}

struct as_of follow_as_of(const struct follow *f)
{
    return (struct as_of){f->timeline, (uint64_t)f->position.seq};
}

/* ---- loading ---- */

/* Load the live rows up to a rowid, or to one before it where the slice is over. */
static enum err load_window(struct follow *f, size_t table, sqlite3_int64 last,
                            sqlite3_int64 *ret_reached, struct error *e)
{
    sqlite3_stmt *stmt = f->tables[table].rows_live;
    (void)sqlite3_bind_int64(stmt, 1, f->tables[table].next);
    (void)sqlite3_bind_int64(stmt, 2, last);
    enum err err = ERR_OK;
    int rc = SQLITE_DONE;
    *ret_reached = last;
    for (unsigned n = 1; err == ERR_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW; n++) {
        err = row_apply(stmt, &f->catalog.tables[table], table, f->row, f->index, e);
        if (n % SLICE_CHECK_ROWS == 0 && watch_should_end(&f->watch)) {
            *ret_reached = sqlite3_column_int64(stmt, 0);
            break;
        }
    }
    if (err == ERR_OK && rc != SQLITE_ROW && rc != SQLITE_DONE)
        err = sqlite_fail(f->db, e, "loading table \"%s\"", f->catalog.tables[table].name);
    (void)sqlite3_reset(stmt);
    return err;
}

enum err follow_load(struct follow *f, bool *ret_done, struct error *e)
{
    while (f->loading < f->catalog.tables_count && f->tables[f->loading].is_loaded) {
        f->loading++;
        f->window = WINDOW_MIN; /* the next table's rowids may stand closer together */
    }
    *ret_done = f->loading == f->catalog.tables_count;
    if (*ret_done)
        return ERR_OK;
    struct follow_table *ft = &f->tables[f->loading];
    bool is_last = ft->last < INT64_MIN + f->window || ft->last - f->window < ft->next;
    sqlite3_int64 last = is_last ? ft->last : ft->next + f->window, reached;
    enum err err = watch_begin(&f->watch, clock_ms() + LOAD_POLITE_MS, e);
    if (err != ERR_OK)
        return err;
    err = load_window(f, f->loading, last, &reached, e);
    bool is_long = watch_should_end(&f->watch);
    watch_end(&f->watch);
    if (err != ERR_OK)
        return err;
    ft->is_loaded = reached == ft->last;
    ft->next = ft->is_loaded ? reached : reached + 1;
    if (!is_long && f->window < INT64_MAX / 4)
        f->window *= 2;
    else if (is_long && f->window > WINDOW_MIN)
        f->window /= 2;
    return ERR_OK;
}

/* ---- catching up ---- */

enum err follow_has_news(struct follow *f, bool *ret, struct error *e)
{
    bool has_news;
    enum err err = watch_has_news(&f->watch, &has_news, e);
    if (err != ERR_OK)
        return err;
    f->is_behind = f->is_behind || has_news;
    *ret = f->is_behind;
    return ERR_OK;
}

enum err follow_history(struct follow *f, const struct log_position *p, enum history *ret,
                        struct error *e)
{
    *ret = HISTORY_GONE;
    if (!p->has_salt)
        return ERR_OK;
    (void)sqlite3_bind_int64(f->salt, 1, p->seq);
    int rc = sqlite3_step(f->salt);
    enum err err = ERR_OK;
    if (rc == SQLITE_ROW)
        *ret = sqlite3_column_int64(f->salt, 0) == p->salt ? HISTORY_SAME : HISTORY_OTHER;
    else if (rc != SQLITE_DONE)
        err = sqlite_fail(f->db, e, "reading the change log");
    (void)sqlite3_reset(f->salt);
    return err;
}

/* Whether what follows in the log follows on what was read. */
static enum err check_history(struct follow *f, struct error *e)
{
    enum history history;
    enum err err = follow_history(f, &f->position, &history, e);
    if (err != ERR_OK || !f->position.has_salt || history == HISTORY_SAME)
        return err;
    return error_set(e, ERR_NOT_READY,
                     history == HISTORY_OTHER
                         ? "the file's history is not the one that was followed"
                         : "the change log was emptied, or more changes were made at once than it "
                           "holds");
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
        if (err != ERR_OK)
            (void)error_set(e, err, "a row that is gone could not be taken out");
    } else {
        err = sqlite_fail(f->db, e, "reading a changed row of table \"%s\"", name);
    }
    (void)sqlite3_reset(stmt);
    return err;
}

static enum err apply_entries(struct follow *f, bool is_whole, bool *ret_is_end, struct error *e)
{
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
        if (!is_whole && n % SLICE_CHECK_ROWS == 0 && watch_should_end(&f->watch))
            break;
    }
    *ret_is_end = rc == SQLITE_DONE;
    if (err == ERR_OK && rc != SQLITE_ROW && rc != SQLITE_DONE)
        err = sqlite_fail(f->db, e, "reading the change log");
    (void)sqlite3_reset(f->changes);
    return err;
}

enum err follow_catch_up(struct follow *f, const struct follow_pace *pace, bool *ret_is_end,
                         struct error *e)
{
    enum err err = watch_begin(&f->watch, pace->polite_until_ms, e);
    if (err != ERR_OK)
        return err;
    err = read_timeline(f, e);
    if (err == ERR_OK)
        err = check_history(f, e);
    if (err == ERR_OK)
        err = apply_entries(f, pace->is_whole, ret_is_end, e);
    watch_end(&f->watch);
    if (err == ERR_OK && *ret_is_end)
        f->is_behind = false;
    return err;
}
