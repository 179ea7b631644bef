/* Servers of tests: they run, and nothing stays of them. */
#include "cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The folder that a conninfo names as host. */
static void folder_of(const char *conninfo, char folder[256])
{
    size_t len = strcspn(conninfo + strlen("host="), " ");
    assert_true(len < 256);
    memcpy(folder, conninfo + strlen("host="), len);
    folder[len] = '\0';
}

static bool is_there(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

static void a_server_answers_and_leaves_nothing(void **state)
{
    (void)state;
    char folder[256];
    struct cluster *c = cluster_start("max_replication_slots = 3\n");
    folder_of(cluster_conninfo(c), folder);
    assert_true(is_there(folder));
    PGconn *conn = PQconnectdb(cluster_conninfo(c));
    assert_int_equal(PQstatus(conn), CONNECTION_OK);
    PGresult *result = PQexec(conn, "SHOW max_replication_slots");
    assert_string_equal(PQgetvalue(result, 0, 0), "3");
    PQclear(result);
    result = PQexec(conn, "SHOW wal_level");
    assert_string_equal(PQgetvalue(result, 0, 0), "logical");
    PQclear(result);
    cluster_stop(c);
    assert_false(is_there(folder));
    PQreset(conn);
    assert_int_equal(PQstatus(conn), CONNECTION_BAD);
    PQfinish(conn);
}

/* The end of the pipe comes when the last process that holds it has gone, which is the keeper. */
static void a_killed_test_leaves_nothing(void **state)
{
    (void)state;
    int told[2];
    char conninfo[256] = "", folder[256];
    assert_int_equal(pipe2(told, O_CLOEXEC), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct cluster *c = cluster_start(NULL);
        size_t len = strlen(cluster_conninfo(c));
        if (write(told[1], cluster_conninfo(c), len) == (ssize_t)len)
            (void)kill(getpid(), SIGKILL);
        _exit(1);
    }
    close(told[1]);
    assert_true(read(told[0], conninfo, sizeof(conninfo) - 1) > 0);
    folder_of(conninfo, folder);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    char byte;
    assert_int_equal(read(told[0], &byte, 1), 0);
    close(told[0]);
    assert_false(is_there(folder));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_answers_and_leaves_nothing),
        cmocka_unit_test(a_killed_test_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
