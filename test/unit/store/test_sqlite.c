/* What sqlite.h promises of a file that is opened: made, taken, or refused and left as it was. */
#include "store/sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"

static const char file[] = "badged.db";

static void assert_opens(const char *path)
{
    sqlite3 *db = NULL;
    struct error e = {0};
    if (store_sqlite_open(path, &db, &e) != ERR_OK)
        fail_msg("%s", e.message);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* For what is no file to begin with, or must not become one. */
static void assert_no_database(const char *path, enum err code, const char *words)
{
    sqlite3 *db = NULL;
    struct error e = {0};
    assert_int_equal(store_sqlite_open(path, &db, &e), code);
    assert_null(db);
    if (strstr(e.message, words) == NULL)
        fail_msg("no \"%s\" in: %s", words, e.message);
}

static void a_missing_file_is_made_with_all_tables(void **state)
{
    (void)state;
    assert_opens(file);
    assert_true(is_whole(file));
}

static void a_new_file_is_for_its_owner_only(void **state)
{
    (void)state;
    mode_t was = umask(0);
    assert_opens(file);
    (void)umask(was);
    struct stat st;
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void an_empty_file_is_filled(void **state)
{
    (void)state;
    file_write(file, "", 0);
    assert_opens(file);
    assert_true(is_whole(file));
}

static void a_link_to_nothing_makes_what_it_points_at(void **state)
{
    (void)state;
    assert_int_equal(symlink("elsewhere.db", file), 0);
    assert_opens(file);
    assert_true(is_whole("elsewhere.db"));
}

static void opening_again_changes_no_byte(void **state)
{
    (void)state;
    make_store(file);
    struct bytes was = file_read(file);
    assert_opens(file);
    assert_true(file_is(file, &was));
    assert_false(file_exists("badged.db-journal"));
    free(was.at);
}

static void foreign_keys_and_full_sync_are_on(void **state)
{
    (void)state;
    sqlite3 *db = NULL;
    assert_int_equal(store_sqlite_open(file, &db, NULL), ERR_OK);
    exec(db, "CREATE TEMP TABLE t (ok CHECK (ok));"
             "INSERT INTO t SELECT foreign_keys = 1 FROM pragma_foreign_keys;"
             "INSERT INTO t SELECT synchronous = 2 FROM pragma_synchronous;"
             "INSERT INTO t SELECT journal_mode = 'delete' FROM pragma_journal_mode;"
             "INSERT INTO t SELECT NOT ignore_check_constraints"
             " FROM pragma_ignore_check_constraints");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void names_that_sqlite_reads_otherwise_are_names(void **state)
{
    (void)state;
    static const char *const names[] = {":memory:", "file:x.db?mode=memory", "file::memory:"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_opens(names[i]);
        assert_true(file_exists(names[i]));
    }
}

static void another_programs_tables_are_refused(void **state)
{
    (void)state;
    sql(file, "CREATE TABLE songs (title); INSERT INTO songs VALUES ('x')");
    assert_refused(file, ERR_SCHEMA, "another program");
}

static void another_programs_mark_is_refused_without_tables(void **state)
{
    (void)state;
    sql(file, "PRAGMA application_id = 7");
    assert_refused(file, ERR_SCHEMA, "application_id 7");
}

static void another_programs_version_is_refused_without_tables(void **state)
{
    (void)state;
    sql(file, "PRAGMA user_version = 1");
    assert_refused(file, ERR_SCHEMA, "another program");
}

static void a_newer_version_is_refused(void **state)
{
    (void)state;
    make_store(file);
    sql(file, "PRAGMA user_version = 2");
    assert_refused(file, ERR_SCHEMA, "version 2, made by a newer badged");
}

static void versions_that_no_migration_starts_from_are_refused(void **state)
{
    (void)state;
    make_store(file);
    sql(file, "PRAGMA user_version = 0");
    assert_refused(file, ERR_SCHEMA, "version 0, from which no migration leads to version 1");
    sql(file, "PRAGMA user_version = -3");
    assert_refused(file, ERR_SCHEMA, "version -3");
}

static void a_text_file_is_refused(void **state)
{
    (void)state;
    static const char text[] = "Dear diary, today I ran a database server.\n";
    file_write(file, text, sizeof(text) - 1);
    assert_refused(file, ERR_CORRUPT, "name another file");
}

static void a_file_of_one_byte_is_refused(void **state)
{
    (void)state;
    file_write(file, "\n", 1);
    assert_refused(file, ERR_CORRUPT, "not a database: it was left as it is: name another file");
}

/* Every byte of the first hundred that must be what it is, and one that is damaged at a time. */
static void a_damaged_header_is_refused(void **state)
{
    (void)state;
    make_store(file);
    struct bytes whole = file_read(file);
    static const size_t offsets[] = {0, 15, 16, 18, 19, 21, 22, 23, 28, 100};
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        whole.at[offsets[i]] ^= 0x5A;
        file_write(file, whole.at, whole.len);
        whole.at[offsets[i]] ^= 0x5A;
        struct bytes damaged = file_read(file);
        sqlite3 *db = NULL;
        struct error e = {0};
        enum err err = store_sqlite_open(file, &db, &e);
        /* A version of the format that this SQLite does not write is read-only, not damaged. */
        if (err != ERR_CORRUPT && !(offsets[i] == 18 && err == ERR_READ_ONLY))
            fail_msg("byte %zu: %d %s", offsets[i], (int)err, e.message);
        assert_true(file_is(file, &damaged));
        free(damaged.at);
    }
    free(whole.at);
}

static void a_damaged_page_in_the_middle_is_refused(void **state)
{
    (void)state;
    make_store(file);
    sqlite3_int64 page =
        sql_int(file, "SELECT rootpage FROM sqlite_schema WHERE name = 'feedback'");
    struct bytes whole = file_read(file);
    memset(whole.at + (page - 1) * 4096, 0xA5, 512);
    file_write(file, whole.at, whole.len);
    free(whole.at);
    assert_refused(file, ERR_CORRUPT, "restore it from a backup");
}

static void a_truncated_file_is_refused_wherever_it_ends(void **state)
{
    (void)state;
    make_store(file);
    struct bytes whole = file_read(file);
    assert_true(whole.len > 100 * 4096);
    static const size_t lengths[] = {2, 16, 99, 100, 512, 4095, 4096, 4097, 8192, 40 * 4096};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        file_write(file, whole.at, lengths[i]);
        assert_refused(file, ERR_CORRUPT, "it was left as it is");
    }
    file_write(file, whole.at, whole.len - 1);
    assert_refused(file, ERR_CORRUPT, "it was left as it is");
    free(whole.at);
}

static void what_is_no_file_is_refused(void **state)
{
    (void)state;
    assert_no_database("", ERR_USAGE, "no file name");
    assert_no_database(".", ERR_DATABASE, "it is a directory: name a file in it");
    assert_int_equal(mkfifo("pipe", 0600), 0);
    assert_no_database("pipe", ERR_DATABASE, "not a plain file");
    assert_no_database("/dev/null", ERR_DATABASE, "not a plain file");
    assert_no_database("none/badged.db", ERR_NOT_FOUND, "its directory is not there");
    file_write("plain", "x", 1);
    assert_no_database("plain/badged.db", ERR_NOT_FOUND, "not a directory");
    char name[5000];
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_no_database(name, ERR_SYSTEM, "");
}

/* Permission bits do not bind root, so root becomes somebody else first. */
static int refused_as_nobody(void *context)
{
    if (geteuid() == 0 && (setresgid(65534, 65534, 65534) != 0 || setresuid(65534, 65534, 65534)))
        return 2;
    const char *words = context;
    sqlite3 *db = NULL;
    struct error e = {0};
    enum err err = store_sqlite_open("d/badged.db", &db, &e);
    if (err == ERR_READ_ONLY && strstr(e.message, words) != NULL &&
        strstr(e.message, "d/badged.db") != NULL)
        return 0;
    (void)fprintf(stderr, "%d: %s\n", (int)err, e.message);
    return 1;
}

static void assert_read_only(mode_t directory_mode, mode_t file_mode)
{
    struct bytes was = file_read("d/badged.db");
    assert_int_equal(chmod("d/badged.db", file_mode), 0);
    assert_int_equal(chmod("d", directory_mode), 0);
    static char words[] = "let its user write to both file and directory";
    assert_int_equal(child_wait(child_start(refused_as_nobody, words)), 0);
    assert_int_equal(chmod("d", 0755), 0);
    assert_int_equal(chmod("d/badged.db", 0644), 0);
    assert_true(file_is("d/badged.db", &was));
    assert_false(file_exists("d/badged.db-journal"));
    free(was.at);
}

static void a_read_only_file_is_refused(void **state)
{
    (void)state;
    assert_int_equal(mkdir("d", 0755), 0);
    make_store("d/badged.db");
    assert_read_only(geteuid() == 0 ? 0777 : 0755, 0444);
}

static void a_read_only_empty_file_is_refused(void **state)
{
    (void)state;
    assert_int_equal(mkdir("d", 0755), 0);
    file_write("d/badged.db", "", 0);
    assert_read_only(geteuid() == 0 ? 0777 : 0755, 0444);
}

static void an_unreadable_file_is_refused(void **state)
{
    (void)state;
    assert_int_equal(mkdir("d", 0755), 0);
    make_store("d/badged.db");
    assert_read_only(geteuid() == 0 ? 0777 : 0755, 0000);
}

static void a_writable_file_in_a_read_only_directory_is_refused(void **state)
{
    (void)state;
    assert_int_equal(mkdir("d", 0755), 0);
    make_store("d/badged.db");
    assert_read_only(0555, geteuid() == 0 ? 0666 : 0644);
}

static void a_new_file_in_a_read_only_directory_is_refused(void **state)
{
    (void)state;
    assert_int_equal(mkdir("d", 0555), 0);
    static char words[] = "making d/badged.db: Permission denied";
    assert_int_equal(child_wait(child_start(refused_as_nobody, words)), 0);
    assert_false(file_exists("d/badged.db"));
}

/* A process that takes hold of the file with some statements, says so, and keeps it until told. */
struct holder {
    const char *statements;
    int held[2], done[2];
};

static int hold(void *context)
{
    struct holder *h = context;
    char c = 0;
    (void)close(h->done[1]); /* so that the end of the parent is the end of this */
    sqlite3 *db = raw_open(file);
    exec(db, h->statements);
    if (write(h->held[1], &c, 1) != 1)
        return 2;
    (void)!read(h->done[0], &c, 1);
    return 0;
}

static pid_t holder_start(struct holder *h)
{
    char c;
    assert_int_equal(pipe(h->held) | pipe(h->done), 0);
    pid_t pid = child_start(hold, h);
    assert_int_equal(read(h->held[0], &c, 1), 1);
    return pid;
}

static void holder_stop(struct holder *h, pid_t pid)
{
    assert_int_equal(write(h->done[1], "", 1), 1);
    assert_int_equal(child_wait(pid), 0);
    for (size_t i = 0; i < 2; i++) {
        (void)close(h->held[i]);
        (void)close(h->done[i]);
    }
}

static void an_exclusive_lock_is_waited_for_and_then_named(void **state)
{
    (void)state;
    make_store(file);
    struct holder h = {.statements = "BEGIN EXCLUSIVE"};
    pid_t pid = holder_start(&h);
    char words[64];
    (void)snprintf(words, sizeof(words), "process %d (test_sqlite) holds it", (int)pid);
    assert_no_database(file, ERR_BUSY, words);
    holder_stop(&h, pid);
    assert_opens(file);
}

static void wal_mode_is_left_and_what_was_in_the_wal_is_kept(void **state)
{
    (void)state;
    make_store(file);
    /* A writer that is killed leaves its last commits in the WAL. */
    struct holder h = {.statements =
                           "PRAGMA journal_mode = WAL; UPDATE feedback SET title = 'in the WAL'"};
    pid_t pid = holder_start(&h);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(child_wait(pid), -SIGKILL);
    assert_true(file_exists("badged.db-wal"));
    assert_opens(file);
    assert_false(file_exists("badged.db-wal"));
    struct bytes b = file_read(file);
    assert_int_equal(b.at[18], 1); /* 1: rollback journal, 2: WAL (sqlite.org/fileformat2.html) */
    free(b.at);
    assert_int_equal(sql_int(file, "SELECT count(*) FROM feedback WHERE title = 'in the WAL'"),
                     400);
}

static void wal_mode_that_another_connection_keeps_is_refused(void **state)
{
    (void)state;
    make_store(file);
    struct holder h = {.statements = "PRAGMA journal_mode = WAL; SELECT count(*) FROM feedback"};
    pid_t pid = holder_start(&h);
    assert_refused(file, ERR_BUSY, "WAL mode");
    char words[64];
    (void)snprintf(words, sizeof(words), "process %d (test_sqlite) holds it", (int)pid);
    assert_no_database(file, ERR_BUSY, words);
    holder_stop(&h, pid);
    assert_opens(file);
}

static void another_programs_wal_is_not_folded_into_its_file(void **state)
{
    (void)state;
    sql(file, "CREATE TABLE songs (title)");
    struct holder h = {.statements = "PRAGMA journal_mode = WAL; INSERT INTO songs VALUES ('x')"};
    pid_t pid = holder_start(&h);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(child_wait(pid), -SIGKILL);
    struct bytes wal = file_read("badged.db-wal");
    assert_refused(file, ERR_SCHEMA, "another program");
    assert_true(file_is("badged.db-wal", &wal));
    free(wal.at);
}

static void what_a_killed_writer_left_is_rolled_back(void **state)
{
    (void)state;
    make_store(file);
    struct bytes was = file_read(file);
    /* A cache too small for the change makes SQLite write to the file before the commit. */
    struct holder h = {.statements = "PRAGMA cache_size = 5; BEGIN; UPDATE feedback SET"
                                     " title = 'half', description = hex(randomblob(900))"};
    pid_t pid = holder_start(&h);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(child_wait(pid), -SIGKILL);
    assert_false(file_is(file, &was));
    assert_true(file_exists("badged.db-journal"));
    assert_opens(file);
    assert_true(is_whole(file));
    assert_int_equal(sql_int(file, "SELECT count(*) FROM feedback WHERE title LIKE 'Title %'"),
                     400);
    free(was.at);
}

static int open_once(void *context)
{
    (void)context;
    sqlite3 *db = NULL;
    struct error e = {0};
    if (store_sqlite_open(file, &db, &e) == ERR_OK)
        return sqlite3_close(db) == SQLITE_OK ? 0 : 2;
    (void)fprintf(stderr, "%s\n", e.message);
    return 1;
}

static void processes_that_make_the_file_at_once_all_succeed(void **state)
{
    (void)state;
    for (size_t round = 0; round < 10; round++) {
        pid_t pids[4];
        for (size_t i = 0; i < 4; i++)
            pids[i] = child_start(open_once, NULL);
        for (size_t i = 0; i < 4; i++)
            assert_int_equal(child_wait(pids[i]), 0);
        assert_true(is_whole(file));
        assert_int_equal(unlink(file), 0);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    static const struct CMUnitTest tests[] = {
        TEST(a_missing_file_is_made_with_all_tables),
        TEST(a_new_file_is_for_its_owner_only),
        TEST(an_empty_file_is_filled),
        TEST(a_link_to_nothing_makes_what_it_points_at),
        TEST(opening_again_changes_no_byte),
        TEST(foreign_keys_and_full_sync_are_on),
        TEST(names_that_sqlite_reads_otherwise_are_names),
        TEST(another_programs_tables_are_refused),
        TEST(another_programs_mark_is_refused_without_tables),
        TEST(another_programs_version_is_refused_without_tables),
        TEST(a_newer_version_is_refused),
        TEST(versions_that_no_migration_starts_from_are_refused),
        TEST(a_text_file_is_refused),
        TEST(a_file_of_one_byte_is_refused),
        TEST(a_damaged_header_is_refused),
        TEST(a_damaged_page_in_the_middle_is_refused),
        TEST(a_truncated_file_is_refused_wherever_it_ends),
        TEST(what_is_no_file_is_refused),
        TEST(a_read_only_file_is_refused),
        TEST(a_read_only_empty_file_is_refused),
        TEST(an_unreadable_file_is_refused),
        TEST(a_writable_file_in_a_read_only_directory_is_refused),
        TEST(a_new_file_in_a_read_only_directory_is_refused),
        TEST(an_exclusive_lock_is_waited_for_and_then_named),
        TEST(wal_mode_is_left_and_what_was_in_the_wal_is_kept),
        TEST(wal_mode_that_another_connection_keeps_is_refused),
        TEST(another_programs_wal_is_not_folded_into_its_file),
        TEST(what_a_killed_writer_left_is_rolled_back),
        TEST(processes_that_make_the_file_at_once_all_succeed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
