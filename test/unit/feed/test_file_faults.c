/* What happens to the file itself while it is followed: copies and backups put in its place,
 * removal, damage, locks, another journal mode, writers that die. After each, the counts are SQL's
 * again, or not live with a reason; as-of never goes back. */
#include "following.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define A "'11111111-1111-4111-8111-111111111111'"
#define B "'22222222-2222-4222-8222-222222222222'"

enum {
    ROWS = 3000, /* half a megabyte */
};

static void add_feedback(struct following *f, int rows)
{
    exec(f->db,
         "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
         " INSERT INTO feedback (tenant_id, title, priority) SELECT CASE i %% 3 WHEN 0 THEN " A
         " ELSE " B " END, 'A title that takes up some room in the file ' || i, 'urgent' FROM n",
         rows);
}

static void start_with_rows(struct following *f)
{
    add_feedback(f, ROWS);
    following_start(f);
    add_feedback(f, 1);
    assert_exact(f);
}

static void close_database(struct following *f)
{
    assert_int_equal(sqlite3_close(f->db), SQLITE_OK);
    f->db = NULL;
}

/* The file is another one now, and is followed as such. */
static void assert_goes_on(struct following *f)
{
    if (f->db != NULL)
        close_database(f);
    f->db = raw_open(FILE_NAME);
    await_exact(f);
    add_feedback(f, 2);
    await_exact(f);
    exec(f->db, "DELETE FROM feedback WHERE rowid %% 2 = 0");
    await_exact(f);
}

static struct as_of as_of_now(struct following *f)
{
    struct counts_status s;
    counts_status(f->counts, &s);
    return s.as_of;
}

/* ---- another program at the file, as a process of its own ---- */

struct program {
    FILE *in, *out; /* what it reads, and what it says */
    pid_t pid;
};

/* The sqlite3 shell, with the file open. */
static struct program program_start(void)
{
    int in[2], out[2];
    struct program p;
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    p.pid = fork();
    assert_true(p.pid >= 0);
    if (p.pid == 0) {
        (void)dup2(in[0], STDIN_FILENO);
        (void)dup2(out[1], STDOUT_FILENO);
        (void)dup2(out[1], STDERR_FILENO);
        (void)close(in[1]);
        (void)execlp("sqlite3", "sqlite3", "-batch", FILE_NAME, (char *)NULL);
        _exit(127);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    p.in = fdopen(in[1], "w");
    p.out = fdopen(out[0], "r");
    assert_true(p.in != NULL && p.out != NULL);
    return p;
}

/* Run statements, and wait until it is done with them. */
static void program_run(struct program *p, const char *sql)
{
    char line[200];
    (void)fprintf(p->in, "%s\n.print done\n", sql);
    (void)fflush(p->in);
    do
        assert_non_null(fgets(line, sizeof(line), p->out));
    while (strcmp(line, "done\n") != 0);
}

static void program_end(struct program *p, int signal)
{
    if (signal != 0)
        (void)kill(p->pid, signal);
    (void)fclose(p->in);
    (void)fclose(p->out);
    int status;
    assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
}

/* ---- in its place ---- */

static void a_copy_moved_over_it_goes_on_from_what_it_holds(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    shell("sqlite3 " FILE_NAME " \"VACUUM INTO 'copy.db'\"");
    uint32_t timeline = as_of_now(f).timeline;
    close_database(f);
    shell("mv copy.db " FILE_NAME);
    assert_goes_on(f);
    assert_int_equal(as_of_now(f).timeline, timeline); /* it lost nothing */
}

static void an_older_copy_moved_over_it_is_another_timeline(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    shell("sqlite3 " FILE_NAME " \"VACUUM INTO 'copy.db'\"");
    uint32_t timeline = as_of_now(f).timeline;
    add_feedback(f, 5);
    await_exact(f);
    close_database(f);
    shell("mv copy.db " FILE_NAME);
    assert_goes_on(f);
    assert_true(as_of_now(f).timeline > timeline);
}

/* Their last changes have one number; what they are true of is not the same. */
static void another_history_as_long_as_its_own_is_another_timeline(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    uint32_t timeline = as_of_now(f).timeline;
    shell("sqlite3 " FILE_NAME " \"VACUUM INTO 'copy.db'\" &&"
          " sqlite3 copy.db \"DELETE FROM feedback WHERE rowid <= 5\"");
    add_feedback(f, 5);
    await_exact(f);
    close_database(f);
    shell("mv copy.db " FILE_NAME);
    assert_goes_on(f);
    assert_true(as_of_now(f).timeline > timeline);
}

static void a_link_pointed_elsewhere_is_followed(void **state)
{
    struct following *f = *state;
    close_database(f);
    shell("mv " FILE_NAME " one.db && ln -s one.db " FILE_NAME);
    f->db = raw_open("one.db");
    start_with_rows(f);
    exec(f->db, "VACUUM INTO 'two.db'");
    close_database(f);
    shell("ln -sf two.db " FILE_NAME);
    f->db = raw_open("two.db");
    add_feedback(f, 2);
    await_exact(f);
    close_database(f);
    shell("rm " FILE_NAME " && ln -s one.db " FILE_NAME);
    f->db = raw_open("one.db");
    await_exact(f);
    close_database(f);
}

static void an_older_copy_written_over_it_in_place_is_noticed(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    shell("cp " FILE_NAME " copy.db");
    exec(f->db, "DELETE FROM feedback WHERE rowid %% 2 = 0");
    await_exact(f);
    close_database(f);
    shell("cp copy.db " FILE_NAME);
    assert_goes_on(f);
}

/* The feed reads it while its head is old and its tail new, and neither looks damaged; what it made
 * of that must not stay. */
static void a_slow_copy_in_place_ends_in_the_right_counts(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    exec(f->db, "UPDATE feedback SET priority = 'low' WHERE rowid %% 2 = 0");
    await_exact(f);
    shell("cp " FILE_NAME " copy.db");
    exec(f->db, "UPDATE feedback SET priority = 'high'");
    await_exact(f);
    close_database(f);
    shell("for i in $(seq 0 $(($(stat -c %%s copy.db) / 16384))); do dd if=copy.db of=" FILE_NAME
          " bs=16384 skip=$i seek=$i count=1 conv=notrunc status=none; sleep 0.01; done");
    assert_goes_on(f);
}

static void a_backup_restored_into_it_is_noticed(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    shell("sqlite3 " FILE_NAME " '.backup backup.db'");
    uint32_t timeline = as_of_now(f).timeline;
    exec(f->db, "UPDATE feedback SET priority = 'low' WHERE rowid %% 2 = 0");
    await_exact(f);
    shell("sqlite3 " FILE_NAME " '.restore backup.db'");
    assert_goes_on(f);
    assert_true(as_of_now(f).timeline > timeline);
}

static void a_dump_read_into_a_new_file_must_be_marked(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    shell("sqlite3 " FILE_NAME " .dump > dump.sql && sqlite3 new.db '.read dump.sql'");
    close_database(f);
    shell("mv new.db " FILE_NAME);
    await_status(f, COUNTS_UNKNOWN,
                 "lost its mark, as one does that was restored from a dump: run on it PRAGMA "
                 "application_id = 1650747236; PRAGMA user_version = 1");
    shell("sqlite3 " FILE_NAME " 'PRAGMA application_id = 1650747236; PRAGMA user_version = 1'");
    assert_goes_on(f);
}

static void another_programs_database_is_not_touched(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    close_database(f);
    shell("mv " FILE_NAME " kept.db && sqlite3 " FILE_NAME
          " 'CREATE TABLE feedback (tenant_id TEXT,"
          " priority TEXT, resolved_at)' && cp " FILE_NAME " was.db");
    await_status(f, COUNTS_UNKNOWN,
                 "not badged's database, but another one in its place (application_id 0): put the "
                 "right one back");
    shell("cmp was.db " FILE_NAME);
    shell("cp kept.db newer.db && sqlite3 newer.db 'PRAGMA user_version = 2' && mv "
          "newer.db " FILE_NAME);
    await_status(f, COUNTS_UNKNOWN, "version 2 and this badged reads version 1");
    shell("mv kept.db " FILE_NAME);
    assert_goes_on(f);
}

/* ---- gone, or damaged ---- */

static void a_removed_file_is_stale_until_it_is_back(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    close_database(f);
    shell("mv " FILE_NAME " elsewhere.db");
    await_status(f, COUNTS_STALE, "there is no such file: put it back");
    shell("mv elsewhere.db " FILE_NAME);
    assert_goes_on(f);
}

static void a_damaged_file_is_stale_until_it_is_restored(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    close_database(f);
    shell("cp " FILE_NAME " good.db && head -c 100000 /dev/urandom > " FILE_NAME);
    await_status(f, COUNTS_STALE, "file is not a database (SQLite 26): restore it from a backup");
    shell("cp good.db " FILE_NAME);
    await_status(f, COUNTS_LIVE, "");
    shell("truncate -s 20000 " FILE_NAME);
    await_status(f, COUNTS_STALE, "restore it from a backup");
    shell("cp good.db " FILE_NAME);
    await_status(f, COUNTS_LIVE, "");
    shell(": > " FILE_NAME);
    await_status(f, COUNTS_UNKNOWN, "not badged's database");
    shell("cp good.db " FILE_NAME);
    assert_goes_on(f);
}

/* ---- locked ---- */

static void a_lock_behind_which_nothing_was_written_leaves_the_counts_live(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    struct program p = program_start();
    program_run(&p, "BEGIN EXCLUSIVE;");
    uint64_t numbers[SOURCES_MAX];
    struct uuid id;
    struct as_of as_of;
    int64_t since_ms;
    assert_true(uuid_parse(tenant_ids[0], UUID_TEXT_LEN, &id));
    for (int64_t until = now_ms() + 1500; now_ms() < until; rest())
        assert_int_equal(counts_read(f->counts, &id, numbers, &as_of, &since_ms), COUNTS_LIVE);
    program_run(&p, "ROLLBACK;");
    program_end(&p, 0);
    assert_goes_on(f);
}

static void a_lock_behind_which_commits_happen_makes_the_counts_stale(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    struct program p = program_start();
    program_run(&p, "PRAGMA locking_mode = EXCLUSIVE; DELETE FROM feedback WHERE rowid % 2 = 0;");
    int64_t start = now_ms();
    await_status(f, COUNTS_STALE, "locked the file for more than a second: let it end");
    assert_in_range(now_ms() - start, 900, PATIENCE_MS);
    program_run(&p, "DELETE FROM feedback WHERE rowid % 5 = 1;");
    program_end(&p, 0);
    assert_goes_on(f);
}

static void a_file_locked_from_the_start_is_unknown_with_the_reason(void **state)
{
    struct following *f = *state;
    add_feedback(f, 10);
    struct program p = program_start();
    program_run(&p, "BEGIN EXCLUSIVE; DELETE FROM feedback WHERE rowid = 1;");
    following_begin(f);
    await_status(f, COUNTS_UNKNOWN, "let the program that locks the file end its transaction");
    program_run(&p, "COMMIT;");
    program_end(&p, 0);
    assert_goes_on(f);
}

static void a_long_transaction_holds_up_nothing_but_itself(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    struct program p = program_start();
    program_run(&p, "BEGIN IMMEDIATE; DELETE FROM feedback WHERE rowid % 2 = 0;");
    for (int i = 0; i < 20; i++)
        assert_true(feed_sqlite_sync(f->feed, PATIENCE_MS));
    await_status(f, COUNTS_LIVE, "");
    program_run(&p, "COMMIT;");
    program_end(&p, 0);
    assert_goes_on(f);
}

/* ---- writers that give up or die ---- */

/* With one page of cache, changes are written to the file before the commit. */
#define SPILL                                                                                      \
    "PRAGMA synchronous = OFF; PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN; DELETE FROM " \
    "feedback WHERE rowid % 2 "                                                                    \
    "= 0;"

static void a_large_transaction_rolled_back_is_never_counted(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    for (int i = 0; i < 3; i++) {
        struct program p = program_start();
        program_run(&p, SPILL);
        program_run(&p, "ROLLBACK;");
        program_end(&p, 0);
        await_exact(f);
    }
    assert_goes_on(f);
}

static void a_killed_writers_half_transaction_is_never_counted(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    close_database(f);
    for (int i = 0; i < 3; i++) {
        struct program p = program_start();
        program_run(&p, SPILL);
        assert_int_equal(access(FILE_NAME "-journal", F_OK), 0);
        program_end(&p, SIGKILL);
        f->db = raw_open(FILE_NAME);
        await_exact(f);
        close_database(f);
    }
    assert_goes_on(f);
    assert_int_equal(sql_int(f->db, "SELECT count(*) FROM pragma_integrity_check"
                                    " WHERE integrity_check <> 'ok'"),
                     0);
}

/* ---- another journal ---- */

static void wal_mode_set_by_another_program_is_followed(void **state)
{
    struct following *f = *state;
    start_with_rows(f);
    exec(f->db, "PRAGMA journal_mode = WAL");
    await_exact(f);
    for (int i = 0; i < 20; i++) {
        add_feedback(f, 1);
        if (i % 7 == 0)
            exec(f->db, "PRAGMA wal_checkpoint(TRUNCATE)");
        assert_exact(f);
    }
    exec(f->db, "PRAGMA wal_checkpoint; BEGIN; DELETE FROM feedback");
    assert_true(feed_sqlite_sync(f->feed, PATIENCE_MS));
    exec(f->db, "ROLLBACK");
    assert_goes_on(f);
}

static void every_rollback_journal_is_followed(void **state)
{
    struct following *f = *state;
    static const char *const modes[] = {"TRUNCATE", "PERSIST", "MEMORY", "OFF", "DELETE"};
    start_with_rows(f);
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        exec(f->db, "PRAGMA journal_mode = %s", modes[i]);
        add_feedback(f, 3);
        assert_exact(f);
    }
    exec(f->db, "PRAGMA locking_mode = EXCLUSIVE; DELETE FROM feedback WHERE rowid %% 3 = 0;"
                "PRAGMA locking_mode = NORMAL; SELECT * FROM feedback LIMIT 1");
    assert_goes_on(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_copy_moved_over_it_goes_on_from_what_it_holds,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(an_older_copy_moved_over_it_is_another_timeline,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(another_history_as_long_as_its_own_is_another_timeline,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(a_link_pointed_elsewhere_is_followed, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(an_older_copy_written_over_it_in_place_is_noticed,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(a_slow_copy_in_place_ends_in_the_right_counts,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(a_backup_restored_into_it_is_noticed, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(a_dump_read_into_a_new_file_must_be_marked, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(another_programs_database_is_not_touched, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(a_removed_file_is_stale_until_it_is_back, following_setup,
                                        following_teardown),
        cmocka_unit_test_setup_teardown(a_damaged_file_is_stale_until_it_is_restored,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(
            a_lock_behind_which_nothing_was_written_leaves_the_counts_live, following_setup,
            following_teardown),
        cmocka_unit_test_setup_teardown(a_lock_behind_which_commits_happen_makes_the_counts_stale,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(a_file_locked_from_the_start_is_unknown_with_the_reason,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(a_long_transaction_holds_up_nothing_but_itself,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(a_large_transaction_rolled_back_is_never_counted,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(a_killed_writers_half_transaction_is_never_counted,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(wal_mode_set_by_another_program_is_followed,
                                        following_setup, following_teardown),
        cmocka_unit_test_setup_teardown(every_rollback_journal_is_followed, following_setup,
                                        following_teardown),
    };
    cmocka_set_test_filter(getenv("ONLY"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
