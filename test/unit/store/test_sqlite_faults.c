/* What a file is after the disk failed, or the process was killed, while it was made: as before, or
 * whole. */
#include "store/sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault.h"
#include "scratch.h"

static const char file[] = "badged.db";

static enum err open_and_close(const char *path, struct error *e)
{
    sqlite3 *db = NULL;
    enum err err = store_sqlite_open(path, &db, e);
    if (err == ERR_OK)
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return err;
}

static void remove_file(void)
{
    (void)unlink(file);
    (void)unlink("badged.db-journal");
}

/* How many operations the making of a file takes: where faults are worth trying. */
static int operations_to_make(void)
{
    fault_set(FAULT_NONE, 0);
    assert_int_equal(open_and_close(file, NULL), ERR_OK);
    int n = fault_count();
    remove_file();
    assert_true(n > 20);
    return n;
}

static void assert_blank_or_whole(int nth)
{
    fault_set(FAULT_NONE, 0);
    bool whole = !is_blank(file); /* the first look at it also rolls back what was left */
    if (whole && !is_whole(file))
        fail_msg("neither blank nor whole after a fault at operation %d", nth);
    assert_int_equal(open_and_close(file, NULL), ERR_OK);
    assert_true(is_whole(file));
    remove_file();
}

static void a_disk_that_fills_up_while_making_it_leaves_it_blank_or_whole(void **state)
{
    (void)state;
    int operations = operations_to_make(), full = 0;
    for (int nth = 1; nth <= operations; nth++) {
        struct error e = {0};
        fault_set(FAULT_FULL, nth);
        enum err err = open_and_close(file, &e);
        if (err == ERR_FULL && strstr(e.message, "make room, and start badged again") != NULL)
            full++;
        else if (err != ERR_OK)
            fail_msg("full at operation %d: %d %s", nth, (int)err, e.message);
        assert_blank_or_whole(nth);
    }
    assert_true(full > operations / 2);
}

static void a_disk_that_fails_while_making_it_leaves_it_blank_or_whole(void **state)
{
    (void)state;
    int operations = operations_to_make();
    for (int nth = 1; nth <= operations; nth++) {
        struct error e = {0};
        fault_set(FAULT_IO, nth);
        enum err err = open_and_close(file, &e);
        if (err != ERR_OK && err != ERR_DATABASE)
            fail_msg("failing at operation %d: %d %s", nth, (int)err, e.message);
        assert_blank_or_whole(nth);
    }
}

static void a_full_disk_changes_no_byte_of_a_whole_file(void **state)
{
    (void)state;
    fault_set(FAULT_NONE, 0);
    make_store(file);
    for (int nth = 1; nth <= 3; nth++) {
        struct bytes was = file_read(file);
        fault_set(FAULT_FULL, nth);
        enum err err = open_and_close(file, NULL);
        assert_true(err == ERR_FULL || (nth > 1 && err == ERR_OK));
        assert_true(file_is(file, &was));
        free(was.at);
    }
}

static int make_and_be_killed(void *context)
{
    fault_set(FAULT_KILL, *(int *)context);
    return open_and_close(file, NULL) == ERR_OK ? 0 : 1;
}

static void a_process_killed_at_any_write_leaves_it_blank_or_whole(void **state)
{
    (void)state;
    int operations = operations_to_make();
    for (int nth = 1; nth <= operations; nth++) {
        assert_int_equal(child_wait(child_start(make_and_be_killed, &nth)), -SIGKILL);
        assert_blank_or_whole(nth);
    }
}

static double seconds(void)
{
    struct timespec t;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Between two system calls too: the instants are random over the time that it takes. */
static void a_process_killed_at_any_instant_leaves_it_blank_or_whole(void **state)
{
    (void)state;
    unsigned long long random = 20261123;
    int never = 0, killed = 0;
    double start = seconds();
    assert_int_equal(child_wait(child_start(make_and_be_killed, &never)), 0);
    double whole_run = seconds() - start;
    remove_file();
    /* For four seconds; on a slow machine for as long as some are killed on the way. */
    for (start = seconds(); killed < 300 && (seconds() - start < 4 || killed <= 5);) {
        double wait = whole_run * (double)(random_next(&random) >> 11) * 0x1p-53;
        pid_t pid = child_start(make_and_be_killed, &never);
        (void)clock_nanosleep(CLOCK_MONOTONIC, 0,
                              &(struct timespec){.tv_nsec = (long)(wait * 1e9) % 999999999}, NULL);
        assert_int_equal(kill(pid, SIGKILL), 0);
        if (child_wait(pid) == -SIGKILL)
            killed++;
        assert_blank_or_whole(0);
    }
}

static int limit_pages(sqlite3 *db, char **ret_message, const struct sqlite3_api_routines *api)
{
    (void)ret_message, (void)api;
    return sqlite3_exec(db, "PRAGMA max_page_count = 12", NULL, NULL, NULL);
}

static void a_limit_on_pages_is_told_as_a_full_disk(void **state)
{
    (void)state;
    fault_set(FAULT_NONE, 0);
    struct error e = {0};
    assert_int_equal(sqlite3_auto_extension((void (*)(void))limit_pages), SQLITE_OK);
    enum err err = open_and_close(file, &e);
    sqlite3_reset_auto_extension();
    assert_int_equal(err, ERR_FULL);
    assert_non_null(strstr(e.message, "database or disk is full"));
    assert_blank_or_whole(0);
}

static bool write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "we");
    if (f == NULL)
        return false;
    bool is_written = fputs(text, f) >= 0;
    return fclose(f) == 0 && is_written;
}

/* A mount namespace of its own, so that nothing is left mounted; for a user who may not mount, in a
 * user namespace where that user is root (user_namespaces(7)). */
static bool enter_namespace(void)
{
    char users[32], groups[32];
    (void)snprintf(users, sizeof(users), "0 %d 1", (int)geteuid());
    (void)snprintf(groups, sizeof(groups), "0 %d 1", (int)getegid());
    if (unshare(CLONE_NEWNS) == 0)
        return true;
    return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
           write_text("/proc/self/setgroups", "deny") && write_text("/proc/self/uid_map", users) &&
           write_text("/proc/self/gid_map", groups);
}

/* Exit code 3: this system lets this user mount nothing. */
static int fill_a_small_disk(void *context)
{
    (void)context;
    if (!enter_namespace() || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", "disk", "tmpfs", 0, "size=128k") != 0)
        return 3;
    struct error e = {0};
    enum err err = open_and_close("disk/badged.db", &e);
    if (err == ERR_FULL && strstr(e.message, "opening disk/badged.db") != NULL &&
        strstr(e.message, "make room") != NULL && is_blank("disk/badged.db"))
        return 0;
    (void)fprintf(stderr, "%d: %s\n", (int)err, e.message);
    return 1;
}

/* Where mounting is not allowed the made-up disk above stands in; both say the same to SQLite. */
static void a_full_tmpfs_is_told_and_leaves_the_file_blank(void **state)
{
    (void)state;
    fault_set(FAULT_NONE, 0);
    assert_int_equal(mkdir("disk", 0755), 0);
    int code = child_wait(child_start(fill_a_small_disk, NULL));
    if (code == 3) {
        struct error e = {0};
        fault_set(FAULT_FULL, operations_to_make() / 2);
        assert_int_equal(open_and_close(file, &e), ERR_FULL);
        code = strstr(e.message, "make room") != NULL && is_blank(file) ? 0 : 1;
    }
    assert_int_equal(code, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    static const struct CMUnitTest tests[] = {
        TEST(a_disk_that_fills_up_while_making_it_leaves_it_blank_or_whole),
        TEST(a_disk_that_fails_while_making_it_leaves_it_blank_or_whole),
        TEST(a_full_disk_changes_no_byte_of_a_whole_file),
        TEST(a_process_killed_at_any_write_leaves_it_blank_or_whole),
        TEST(a_process_killed_at_any_instant_leaves_it_blank_or_whole),
        TEST(a_limit_on_pages_is_told_as_a_full_disk),
        TEST(a_full_tmpfs_is_told_and_leaves_the_file_blank),
    };
    fault_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
