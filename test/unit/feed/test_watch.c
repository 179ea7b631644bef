/* What sqlite_watch.h promises: news without a lock, reading without standing in a writer's way,
 * and no trust in a file that changes past SQLite. */
#include "feed/sqlite_watch.h"

#include "following.h"

#include "base/clock.h"
#include "base/sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#define CHANGE "UPDATE tenants SET name = name || '.'"

struct watched {
    sqlite3 *db;
    struct watch watch;
};

static void watched_open(struct watched *w)
{
    struct error e = {0};
    if (sqlite_open(FILE_NAME, SQLITE_MODE_WRITE, 0, &w->db, &e) != ERR_OK ||
        watch_open(&w->watch, FILE_NAME, w->db, &e) != ERR_OK)
        fail_msg("%s", e.message);
}

static void watched_close(struct watched *w)
{
    watch_close(&w->watch);
    assert_int_equal(sqlite3_close(w->db), SQLITE_OK);
}

static bool has_news(struct watched *w)
{
    bool news;
    struct error e = {0};
    if (watch_has_news(&w->watch, &news, &e) != ERR_OK)
        fail_msg("%s", e.message);
    return news;
}

static void read_once(struct watched *w)
{
    struct error e = {0};
    if (watch_begin(&w->watch, 0, &e) != ERR_OK)
        fail_msg("%s", e.message);
    watch_end(&w->watch);
}

static void assert_begins_anew(struct watched *w, const char *words)
{
    struct error e = {0};
    assert_int_equal(watch_begin(&w->watch, 0, &e), ERR_NOT_READY);
    if (strstr(e.message, words) == NULL)
        fail_msg("no \"%s\" in: %s", words, e.message);
    assert_int_not_equal(sqlite3_get_autocommit(w->db), 0);
}

static void a_commit_is_news_until_it_was_read(void **state)
{
    struct following *f = *state;
    struct watched w;
    watched_open(&w);
    read_once(&w);
    assert_false(has_news(&w));
    exec(f->db, CHANGE);
    assert_true(has_news(&w));
    assert_true(has_news(&w));
    read_once(&w);
    assert_false(has_news(&w));
    exec(f->db, "BEGIN; " CHANGE "; ROLLBACK");
    assert_false(has_news(&w));
    exec(f->db, "PRAGMA journal_mode = WAL");
    assert_true(has_news(&w));
    read_once(&w);
    assert_true(watch_is_wal(&w.watch));
    assert_false(has_news(&w));
    exec(f->db, CHANGE);
    assert_true(has_news(&w));
    read_once(&w);
    exec(f->db, "PRAGMA wal_checkpoint(TRUNCATE)");
    read_once(&w);
    assert_false(has_news(&w));
    watched_close(&w);
}

static void looking_for_news_takes_no_lock_and_needs_none(void **state)
{
    struct following *f = *state;
    struct watched w;
    watched_open(&w);
    read_once(&w);
    exec(f->db, "BEGIN EXCLUSIVE");
    assert_false(has_news(&w));
    exec(f->db, CHANGE "; COMMIT; PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; " CHANGE);
    for (int i = 0; i < 1000; i++)
        assert_true(has_news(&w));
    exec(f->db, "COMMIT");
    watched_close(&w);
}

static void a_locked_file_is_busy_for_a_while_and_not_longer(void **state)
{
    struct following *f = *state;
    struct watched w;
    struct error e = {0};
    watched_open(&w);
    exec(f->db, "BEGIN EXCLUSIVE");
    int64_t start = clock_ms();
    assert_int_equal(watch_begin(&w.watch, 0, &e), ERR_BUSY);
    assert_in_range(clock_ms() - start, WATCH_BUSY_MS, PATIENCE_MS);
    exec(f->db, "COMMIT");
    read_once(&w);
    watched_close(&w);
}

static void reading_waits_for_a_writer_as_long_as_it_was_told(void **state)
{
    struct following *f = *state;
    struct watched w;
    struct error e = {0};
    watched_open(&w);
    exec(f->db, "BEGIN IMMEDIATE; " CHANGE);
    int64_t start = clock_ms();
    assert_int_equal(watch_begin(&w.watch, start + 50, &e), ERR_OK);
    assert_true(clock_ms() - start >= 50);
    assert_false(watch_should_end(&w.watch)); /* it was told of this writer, and is short */
    watch_end(&w.watch);
    exec(f->db, "COMMIT");
    start = clock_ms();
    assert_int_equal(watch_begin(&w.watch, start + PATIENCE_MS, &e), ERR_OK);
    assert_true(clock_ms() - start < PATIENCE_MS);
    watch_end(&w.watch);
    watched_close(&w);
}

static void a_read_makes_room_for_a_writer_that_comes_up(void **state)
{
    struct following *f = *state;
    struct watched w;
    struct error e = {0};
    watched_open(&w);
    assert_int_equal(watch_begin(&w.watch, clock_ms() + PATIENCE_MS, &e), ERR_OK);
    exec(f->db, "BEGIN IMMEDIATE; " CHANGE);
    assert_true(watch_should_end(&w.watch));
    watch_end(&w.watch);
    exec(f->db, "COMMIT");
    assert_int_equal(watch_begin(&w.watch, 0, &e), ERR_OK);
    for (int64_t until = clock_ms() + PATIENCE_MS; !watch_should_end(&w.watch); rest())
        assert_true(clock_ms() < until);
    watch_end(&w.watch);
    watched_close(&w);
}

static void a_write_without_a_commit_is_never_believed(void **state)
{
    (void)state;
    struct watched w;
    watched_open(&w);
    read_once(&w);
    shell("touch -d '2001-01-01' " FILE_NAME);
    assert_true(has_news(&w));
    assert_begins_anew(&w, "written to without a commit");
    watched_close(&w);
    watched_open(&w);
    read_once(&w);
    shell("truncate -s +4096 " FILE_NAME);
    assert_begins_anew(&w, "written to without a commit");
    watched_close(&w);
}

static void another_file_and_another_schema_are_noticed(void **state)
{
    struct following *f = *state;
    struct watched w;
    bool news;
    struct error e = {0};
    watched_open(&w);
    read_once(&w);
    exec(f->db, "CREATE TABLE more (x)");
    assert_begins_anew(&w, "schema changed");
    watched_close(&w);
    watched_open(&w);
    read_once(&w);
    shell("cp " FILE_NAME " copy.db && mv copy.db " FILE_NAME);
    assert_int_equal(watch_has_news(&w.watch, &news, &e), ERR_NOT_READY);
    assert_begins_anew(&w, "another file was put");
    shell("rm " FILE_NAME);
    assert_int_equal(watch_has_news(&w.watch, &news, &e), ERR_NOT_READY);
    assert_begins_anew(&w, "was removed");
    watched_close(&w);
}

static void a_file_replaced_while_it_is_opened_is_noticed(void **state)
{
    (void)state;
    struct watched w;
    struct error e = {0};
    assert_int_equal(sqlite_open(FILE_NAME, SQLITE_MODE_WRITE, 0, &w.db, &e), ERR_OK);
    shell("cp " FILE_NAME " copy.db && mv copy.db " FILE_NAME);
    assert_int_equal(watch_open(&w.watch, FILE_NAME, w.db, &e), ERR_NOT_READY);
    watched_close(&w);
}

static atomic_bool is_copying;

/* What the file's times show while something is copied over it. */
static void *copy_along(void *arg)
{
    while (atomic_load(&is_copying)) {
        (void)utimensat(AT_FDCWD, FILE_NAME, NULL, 0);
        rest();
    }
    return arg;
}

static void a_write_begins_when_nobody_else_writes(void **state)
{
    struct following *f = *state;
    struct watched w;
    struct error e = {0};
    watched_open(&w);
    assert_int_equal(watch_begin_write(&w.watch, &e), ERR_OK);
    exec(f->db, "PRAGMA busy_timeout = 0");
    exec_fails(f->db, CHANGE);
    watch_end(&w.watch);
    exec(f->db, "BEGIN IMMEDIATE");
    assert_int_equal(watch_begin_write(&w.watch, &e), ERR_BUSY);
    exec(f->db, "COMMIT");
    pthread_t copying;
    atomic_store(&is_copying, true);
    assert_int_equal(pthread_create(&copying, NULL, copy_along, NULL), 0);
    while (!has_news(&w))
        rest();
    assert_int_equal(watch_begin_write(&w.watch, &e), ERR_NOT_READY);
    assert_non_null(strstr(e.message, "past SQLite"));
    atomic_store(&is_copying, false);
    assert_int_equal(pthread_join(copying, NULL), 0);
    assert_int_equal(watch_begin_write(&w.watch, &e), ERR_OK);
    watch_end(&w.watch);
    watched_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_commit_is_news_until_it_was_read, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(looking_for_news_takes_no_lock_and_needs_none,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(a_locked_file_is_busy_for_a_while_and_not_longer,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(reading_waits_for_a_writer_as_long_as_it_was_told,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(a_read_makes_room_for_a_writer_that_comes_up,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(a_write_without_a_commit_is_never_believed, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(another_file_and_another_schema_are_noticed,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(a_file_replaced_while_it_is_opened_is_noticed,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(a_write_begins_when_nobody_else_writes, following_setup,
                                        following_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
