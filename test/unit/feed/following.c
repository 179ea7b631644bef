#include "following.h"

#include "base/log.h"
#include "feed/sql.h"
#include "store/sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ftw.h>
#include <time.h>
#include <unistd.h>

const char *const tenant_ids[TENANTS] = {
    "11111111-1111-4111-8111-111111111111",
    "22222222-2222-4222-8222-222222222222",
    "33333333-3333-4333-8333-333333333333",
    "44444444-4444-4444-8444-444444444444",
};

static char directory[] = "/tmp/badged-feed-XXXXXX";

/* ---- a directory, a database ---- */

static void make_database(void)
{
    sqlite3 *db = NULL;
    struct error e = {0};
    if (store_sqlite_open(FILE_NAME, &db, &e) != ERR_OK)
        fail_msg("%s", e.message);
    exec(db, "PRAGMA synchronous = OFF; BEGIN");
    for (size_t i = 0; i < TENANTS; i++)
        exec(db, "INSERT INTO tenants (id, name, slug) VALUES ('%s', 'Tenant', 'tenant-%zu')",
             tenant_ids[i], i);
    exec(db, "COMMIT");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

int following_setup(void **state)
{
    (void)setvbuf(stdout, NULL, _IOLBF,
                  0); /* the feed logs in between, and lines must stay whole */
    log_quiet(true);
    memcpy(strrchr(directory, '-') + 1, "XXXXXX", 6);
    assert_non_null(mkdtemp(directory));
    assert_int_equal(chdir(directory), 0);
    make_database();
    struct following *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    f->definitions = definitions_builtin();
    f->db = raw_open(FILE_NAME);
    *state = f;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

int following_teardown(void **state)
{
    struct following *f = *state;
    following_stop(f);
    definitions_free(f->definitions);
    assert_int_equal(sqlite3_close(f->db), SQLITE_OK); /* may be NULL */
    free(f);
    assert_int_equal(chdir("/"), 0);
    return nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void following_begin(struct following *f)
{
    struct error e = {0};
    f->counts = counts_new(f->definitions->sources_count);
    f->last = (struct as_of){0};
    if (feed_sqlite_new(FILE_NAME, f->definitions, f->counts, &f->feed, &e) != ERR_OK)
        fail_msg("%s", e.message);
}

void following_start(struct following *f)
{
    following_begin(f);
    if (!feed_sqlite_sync(f->feed, PATIENCE_MS))
        await_status(f, COUNTS_LIVE, "");
}

void following_stop(struct following *f)
{
    feed_sqlite_free(f->feed);
    counts_free(f->counts);
    f->feed = NULL;
    f->counts = NULL;
}

static void define_source(struct following *f, const struct source_spec *s)
{
    char name[32];
    (void)snprintf(name, sizeof(name), "test.b%zu", f->definitions->badges_count);
    struct badge_spec spec = {.name = name, .count = s, .count_len = 1};
    struct spec_fault fault;
    struct error e = {0};
    if (definitions_add(f->definitions, &spec, &fault, &e) != ERR_OK)
        fail_msg("%s: %s", s->where, e.message);
}

void define(struct following *f, const char *table, const char *where, const char *distinct)
{
    define_source(f, &(struct source_spec){.table = table, .where = where, .distinct = distinct});
}

void define_order(struct following *f, const char *table, const char *where, const char *order)
{
    define_source(f, &(struct source_spec){.table = table, .where = where, .order = order});
}

void define_tenant(struct following *f, const char *table, const char *where, const char *tenant)
{
    define_source(f, &(struct source_spec){.table = table, .where = where, .tenant = tenant});
}

/* ---- SQL and commands ---- */

sqlite3 *raw_open(const char *path)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_busy_timeout(db, PATIENCE_MS), SQLITE_OK);
    exec(db, "PRAGMA synchronous = OFF"); /* nobody pulls the plug here */
    return db;
}

void exec(sqlite3 *db, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *sql = NULL, *message = NULL;
    int n = vasprintf(&sql, fmt, args);
    va_end(args);
    assert_true(n >= 0);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    free(sql);
}

void exec_fails(sqlite3 *db, const char *sql)
{
    assert_int_not_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

sqlite3_int64 sql_int(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK ||
        sqlite3_step(stmt) != SQLITE_ROW)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_int64 n = sqlite3_column_int64(stmt, 0);
    (void)sqlite3_finalize(stmt);
    return n;
}

void shell(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *command = NULL;
    int n = vasprintf(&command, fmt, args);
    va_end(args);
    assert_true(n >= 0);
    if (system(command) != 0)
        fail_msg("%s failed", command);
    free(command);
}

int64_t now_ms(void)
{
    struct timespec t;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void rest(void)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* ---- what the counts must be ---- */

static uint64_t sql_number(sqlite3 *db, const struct source *s, const char *tenant)
{
    char *table = sql_identifier(s->table), *column = sql_identifier(s->tenant), *sql = NULL;
    char *distinct = s->distinct != NULL ? sql_identifier(s->distinct) : NULL;
    int n = asprintf(&sql, "SELECT count(%s%s) FROM %s WHERE %s = '%s' AND (%s)",
                     distinct != NULL ? "DISTINCT " : "", distinct != NULL ? distinct : "*", table,
                     column, tenant, s->where);
    assert_true(n >= 0);
    uint64_t number = (uint64_t)sql_int(db, sql);
    free(table);
    free(column);
    free(distinct);
    free(sql);
    return number;
}

void sql_numbers(sqlite3 *db, const struct definitions *d, const char *tenant, uint64_t *numbers)
{
    for (size_t i = 0; i < d->sources_count; i++)
        numbers[i] = sql_number(db, &d->sources[i], tenant);
}

static enum counts_trust read_tenant(struct following *f, size_t tenant, uint64_t *numbers)
{
    struct uuid id;
    struct as_of as_of;
    int64_t since_ms;
    assert_true(uuid_parse(tenant_ids[tenant], UUID_TEXT_LEN, &id));
    enum counts_trust trust = counts_read(f->counts, &id, numbers, &as_of, &since_ms);
    if (trust != COUNTS_UNKNOWN) {
        assert_true(as_of_compare(as_of, f->last) >= 0);
        f->last = as_of;
    }
    return trust;
}

/* NULL: equal. Else what differs. */
static const char *difference(struct following *f)
{
    static char text[200];
    uint64_t numbers[SOURCES_MAX], wanted[SOURCES_MAX];
    for (size_t t = 0; t < TENANTS; t++) {
        if (read_tenant(f, t, numbers) != COUNTS_LIVE)
            return "not live";
        sql_numbers(f->db, f->definitions, tenant_ids[t], wanted);
        for (size_t i = 0; i < f->definitions->sources_count; i++) {
            if (numbers[i] == wanted[i])
                continue;
            (void)snprintf(text, sizeof(text), "tenant %zu, %s where %.60s: %llu, and SQL has %llu",
                           t, f->definitions->sources[i].table, f->definitions->sources[i].where,
                           (unsigned long long)numbers[i], (unsigned long long)wanted[i]);
            return text;
        }
    }
    return NULL;
}

static const char *status_of(struct following *f)
{
    static char text[COUNTS_REASON_BYTES_MAX + 100];
    struct counts_status s;
    counts_status(f->counts, &s);
    (void)snprintf(text, sizeof(text), "state %s, trust %d: %s", s.state, (int)s.trust, s.reason);
    return text;
}

void assert_exact(struct following *f)
{
    if (!feed_sqlite_sync(f->feed, PATIENCE_MS))
        fail_msg("no sync within %d ms: %s", PATIENCE_MS, status_of(f));
    const char *text = difference(f);
    if (text != NULL)
        fail_msg("%s; %s", text, status_of(f));
}

/* Wake the feed, so that a test need not wait for its next look or attempt. */
static void wake(struct following *f)
{
    enum {
        WAKE_MS = 5
    };
    (void)feed_sqlite_sync(f->feed, WAKE_MS);
}

void await_status(struct following *f, enum counts_trust trust, const char *words)
{
    struct counts_status s;
    uint64_t numbers[SOURCES_MAX];
    for (int64_t until = now_ms() + PATIENCE_MS; now_ms() < until; wake(f)) {
        (void)read_tenant(f, 0, numbers);
        counts_status(f->counts, &s);
        if (s.trust == trust && strstr(s.reason, words) != NULL)
            return;
    }
    fail_msg("not trust %d with \"%s\", but %s", (int)trust, words, status_of(f));
}

void await_exact(struct following *f)
{
    const char *text = NULL;
    for (int64_t until = now_ms() + PATIENCE_MS; now_ms() < until; wake(f))
        if ((text = difference(f)) == NULL)
            return;
    fail_msg("%s; %s", text, status_of(f));
}
