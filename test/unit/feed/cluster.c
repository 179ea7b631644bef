#include "cluster.h"

#include "base/buffer.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char folder_form[] = "/tmp/badged-cluster-XXXXXX";

enum {
    FOLDER_BYTES_MAX = sizeof(folder_form)
};

struct cluster {
    pid_t keeper;
    int hold; /* the end that the keeper waits for */
    char *conninfo;
};

/* What the keeper works with; it lives in that process only. */
struct keeper {
    char folder[FOLDER_BYTES_MAX];
    char *bin; /* with a slash, or empty */
};

static void fail(const char *what)
{
    (void)fprintf(stderr, "cluster: %s\n", what);
    _exit(1);
}

/* "/usr/lib/postgresql/15/bin/", of the highest version. */
static char *find_bin(void)
{
    glob_t found = {0};
    struct buffer bin = {0};
    if (glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) == 0) {
        const char *newest = found.gl_pathv[0];
        for (size_t i = 1; i < found.gl_pathc; i++)
            if (strverscmp(found.gl_pathv[i], newest) > 0)
                newest = found.gl_pathv[i];
        buffer_add(&bin, newest, strlen(newest) - strlen("initdb"));
    }
    globfree(&found);
    return buffer_take(&bin);
}

/* Run a program of Postgres to its end, silently; its output stands in the folder. Whether it
 * succeeded. */
static bool run(const struct keeper *k, const char *name, const char *const *arguments)
{
    pid_t child = fork();
    if (child < 0)
        return false;
    if (child == 0) {
        const char *argv[16] = {name};
        for (size_t i = 0; arguments[i] != NULL; i++)
            argv[i + 1] = arguments[i];
        struct buffer path = {0};
        buffer_printf(&path, "%s%s", k->bin, name);
        int null = open("/dev/null", O_RDONLY),
            output = open("output", O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (null < 0 || output < 0 || dup2(null, 0) < 0 || dup2(output, 1) < 0 ||
            dup2(output, 2) < 0)
            _exit(127);
        (void)execvp(path.bytes, (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* What the programs said, on the way out. */
static void show_output(void)
{
    char text[4000];
    int output = open("output", O_RDONLY);
    ssize_t n = output >= 0 ? read(output, text, sizeof(text)) : 0;
    if (n > 0)
        (void)fwrite(text, 1, (size_t)n, stderr);
    if (output >= 0)
        (void)close(output);
}

static void become_postgres(void)
{
    if (geteuid() != 0)
        return;
    const struct passwd *user = getpwnam("postgres");
    if (user == NULL)
        fail("there is no user postgres, and Postgres does not run as root");
    if (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
        setuid(user->pw_uid) != 0)
        fail("cannot become the user postgres");
}

static bool write_settings(const struct keeper *k, const char *settings)
{
    FILE *f = fopen("data/postgresql.conf", "a");
    if (f == NULL)
        return false;
    (void)fprintf(f,
                  "listen_addresses = ''\n"
                  "unix_socket_directories = '%s'\n"
                  "port = 5432\n"
                  "wal_level = logical\n"
                  "fsync = off\n"
                  "max_wal_senders = 10\n"
                  "max_replication_slots = 10\n"
                  "max_prepared_transactions = 4\n"
                  "shared_buffers = 32MB\n"
                  "%s",
                  k->folder, settings != NULL ? settings : "");
    return fclose(f) == 0;
}

static bool start(struct keeper *k, const char *settings)
{
    static const char *const initdb[] = {"-D", "data", "-U", "postgres",         "-A", "trust",
                                         "-E", "UTF8", "-N", "--locale=C.UTF-8", NULL};
    static const char *const pg_ctl[] = {"-D", "data", "-l", "log", "-w", "-s", "start", NULL};
    return run(k, "initdb", initdb) && write_settings(k, settings) && run(k, "pg_ctl", pg_ctl);
}

/* The process that outlives the test for a moment. It says the folder once the server runs, and
 * then waits until nobody holds the other end of the pipe. */
static void keep(int hold, int tell, const char *settings)
{
    static const char *const pg_ctl[] = {"-D", "data", "-m", "immediate", "-w", "-s", "stop", NULL};
    struct keeper k = {.bin = find_bin()};
    (void)setsid(); /* an interrupt from the terminal is for the test */
    become_postgres();
    (void)memcpy(k.folder, folder_form, sizeof(folder_form));
    if (mkdtemp(k.folder) == NULL || chdir(k.folder) != 0)
        fail("cannot make a folder in /tmp");
    bool is_running = start(&k, settings);
    if (is_running) {
        char byte;
        if (write(tell, k.folder, sizeof(k.folder)) != sizeof(k.folder))
            fail("nobody waits for the server");
        while (read(hold, &byte, 1) < 0 && errno == EINTR) {
        }
        (void)run(&k, "pg_ctl", pg_ctl);
    } else {
        show_output();
    }
    struct keeper rm = {.bin = (char[]){""}};
    (void)run(&rm, "rm", (const char *const[]){"-rf", k.folder, NULL});
    free(k.bin);
    _exit(is_running ? 0 : 1);
}

struct cluster *cluster_start(const char *settings)
{
    int hold[2], tell[2];
    if (pipe2(hold, O_CLOEXEC) != 0 || pipe2(tell, O_CLOEXEC) != 0)
        fail("no pipe");
    (void)fflush(NULL);
    pid_t keeper = fork();
    if (keeper < 0)
        fail("no process");
    if (keeper == 0) {
        (void)close(hold[1]);
        (void)close(tell[0]);
        keep(hold[0], tell[1], settings);
    }
    (void)close(hold[0]);
    (void)close(tell[1]);
    char folder[FOLDER_BYTES_MAX];
    if (read(tell[0], folder, sizeof(folder)) != sizeof(folder))
        fail("Postgres did not start; script/setup installs what tests need");
    (void)close(tell[0]);
    struct cluster *c = mem_zero(1, sizeof(*c));
    struct buffer conninfo = {0};
    buffer_printf(&conninfo, "host=%s port=5432 user=postgres dbname=postgres", folder);
    c->keeper = keeper;
    c->hold = hold[1];
    c->conninfo = buffer_take(&conninfo);
    return c;
}

const char *cluster_conninfo(const struct cluster *c)
{
    return c->conninfo;
}

void cluster_stop(struct cluster *c)
{
    if (c == NULL)
        return;
    (void)close(c->hold);
    while (waitpid(c->keeper, NULL, 0) < 0 && errno == EINTR) {
    }
    free(c->conninfo);
    free(c);
}
