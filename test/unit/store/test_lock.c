/* What lock.h promises: another process that holds a lock is named, this one is not. */
#include "store/lock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "scratch.h"

static const char file[] = "locked";

static void lock(short type, off_t from)
{
    int fd = open(file, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = from, .l_len = 1};
    assert_int_equal(fcntl(fd, F_SETLK, &lock), 0);
}

struct locker {
    short type;
    off_t from;
    int ready[2];
};

static int lock_and_wait(void *context)
{
    struct locker *l = context;
    lock(l->type, l->from);
    if (write(l->ready[1], "", 1) != 1)
        return 1;
    for (;;)
        (void)pause();
}

static pid_t locker_start(short type, off_t from)
{
    struct locker l = {.type = type, .from = from};
    char c;
    assert_int_equal(pipe(l.ready), 0);
    pid_t pid = child_start(lock_and_wait, &l);
    assert_int_equal(read(l.ready[0], &c, 1), 1);
    (void)close(l.ready[0]);
    (void)close(l.ready[1]);
    return pid;
}

static void locker_stop(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(child_wait(pid), -SIGKILL);
}

static void a_file_that_nobody_locks_or_that_is_not_there_has_no_holder(void **state)
{
    (void)state;
    char holder[LOCK_HOLDER_BYTES_MAX] = "as it was";
    assert_false(lock_holder(file, holder));
    file_write(file, "x", 1);
    assert_false(lock_holder(file, holder));
    assert_string_equal(holder, "as it was");
}

static void this_process_is_not_named(void **state)
{
    (void)state;
    char holder[LOCK_HOLDER_BYTES_MAX];
    file_write(file, "x", 1);
    lock(F_WRLCK, 0);
    assert_false(lock_holder(file, holder));
}

static void a_writer_is_named_before_a_reader(void **state)
{
    (void)state;
    file_write(file, "x", 1);
    file_write("other", "x", 1);
    char holder[LOCK_HOLDER_BYTES_MAX], expected[LOCK_HOLDER_BYTES_MAX];
    pid_t reader = locker_start(F_RDLCK, 0);
    assert_true(lock_holder(file, holder));
    (void)snprintf(expected, sizeof(expected), "process %d (test_lock)", (int)reader);
    assert_string_equal(holder, expected);
    pid_t writer = locker_start(F_WRLCK, 7);
    assert_true(lock_holder(file, holder));
    (void)snprintf(expected, sizeof(expected), "process %d (test_lock)", (int)writer);
    assert_string_equal(holder, expected);
    assert_false(lock_holder("other", holder));
    locker_stop(writer);
    locker_stop(reader);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    static const struct CMUnitTest tests[] = {
        TEST(a_file_that_nobody_locks_or_that_is_not_there_has_no_holder),
        TEST(this_process_is_not_named),
        TEST(a_writer_is_named_before_a_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
