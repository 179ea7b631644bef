#include "scratch.h"

#include "store/sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ftw.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[] = "/tmp/badged-store-XXXXXX";

int scratch_setup(void **state)
{
    (void)state;
    memcpy(strrchr(directory, '-') + 1, "XXXXXX", 6);
    assert_non_null(mkdtemp(directory));
    /* A child that is somebody else must be able to look in. */
    assert_int_equal(chmod(directory, 0755), 0);
    assert_int_equal(chdir(directory), 0);
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

int scratch_teardown(void **state)
{
    (void)state;
    assert_int_equal(chdir("/"), 0);
    return nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

struct bytes file_read(const char *path)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    struct bytes b = {.len = (size_t)ftell(f)};
    rewind(f);
    b.at = malloc(b.len + 1);
    assert_non_null(b.at);
    assert_int_equal(fread(b.at, 1, b.len, f), b.len);
    assert_int_equal(fclose(f), 0);
    return b;
}

void file_write(const char *path, const void *bytes, size_t len)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

bool file_is(const char *path, const struct bytes *was)
{
    struct bytes is = file_read(path);
    bool same = is.len == was->len && memcmp(is.at, was->at, is.len) == 0;
    free(is.at);
    return same;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

sqlite3 *raw_open(const char *path)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_busy_timeout(db, 10000), SQLITE_OK);
    return db;
}

void exec(sqlite3 *db, const char *text)
{
    char *message = NULL;
    if (sqlite3_exec(db, text, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", text, message);
}

void sql(const char *path, const char *text)
{
    sqlite3 *db = raw_open(path);
    exec(db, text);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

sqlite3_int64 sql_int(const char *path, const char *text)
{
    sqlite3 *db = raw_open(path);
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, text, -1, &stmt, NULL) != SQLITE_OK ||
        sqlite3_step(stmt) != SQLITE_ROW)
        fail_msg("%s: %s", text, sqlite3_errmsg(db));
    sqlite3_int64 n = sqlite3_column_int64(stmt, 0);
    (void)sqlite3_finalize(stmt);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return n;
}

void make_store(const char *path)
{
    sqlite3 *db = NULL;
    struct error e = {0};
    if (store_sqlite_open(path, &db, &e) != ERR_OK)
        fail_msg("%s", e.message);
    exec(db, "INSERT INTO tenants (id, name, slug)"
             " VALUES ('11111111-1111-4111-8111-111111111111', 'One', 'one');"
             "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 400)"
             " INSERT INTO feedback (tenant_id, title, priority, description)"
             " SELECT '11111111-1111-4111-8111-111111111111', 'Title ' || i, 'urgent',"
             " hex(randomblob(200)) FROM n");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

bool is_whole(const char *path)
{
    static const char text[] =
        "SELECT (SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN"
        " ('tenants', 'tenant_sites', 'conversations', 'crawl_attempts', 'page_failures',"
        " 'feedback', 'integrations', 'integration_outbox', 'badged_meta', 'badged_change')) = 10"
        " AND (SELECT user_version FROM pragma_user_version) = 1"
        " AND (SELECT application_id FROM pragma_application_id) = 1650747236"
        " AND (SELECT value FROM badged_meta WHERE key = 'timeline') = 1"
        " AND (SELECT count(*) FROM sqlite_schema WHERE type = 'trigger') >= 5"
        " AND (SELECT integrity_check FROM pragma_integrity_check) = 'ok'";
    return sql_int(path, text) == 1;
}

bool is_blank(const char *path)
{
    return sql_int(path, "SELECT (SELECT count(*) FROM sqlite_schema) = 0"
                         " AND (SELECT user_version FROM pragma_user_version) = 0"
                         " AND (SELECT application_id FROM pragma_application_id) = 0") == 1;
}

void assert_refused(const char *path, enum err code, const char *words)
{
    struct bytes was = file_read(path);
    sqlite3 *db = NULL;
    struct error e = {0};
    assert_int_equal(store_sqlite_open(path, &db, &e), code);
    assert_null(db);
    assert_int_equal(e.code, code);
    if (strstr(e.message, words) == NULL || strstr(e.message, path) == NULL)
        fail_msg("no \"%s\" or no \"%s\" in: %s", words, path, e.message);
    assert_true(file_is(path, &was));
    free(was.at);
}

pid_t child_start(int (*act)(void *context), void *context)
{
    (void)fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(act(context)); /* the parent's buffers and its leak check are not the child's */
    return pid;
}

int child_wait(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

unsigned long long random_next(unsigned long long *state)
{
    unsigned long long z = *state += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}
