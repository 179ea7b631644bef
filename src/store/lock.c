#include "store/lock.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* One line of /proc/locks: "7: POSIX  ADVISORY  WRITE 1234 fe:00:131 1073741824 1073742335". Lines
 * of processes that wait have "->" for the type, and so are left out. */
static bool is_held(const char *line, const char *file, const char *mode, int *ret_pid)
{
    char type[16], line_mode[16], pid_text[16], line_file[48];
    if (sscanf(line, "%*s %15s %*s %15s %15s %47s", type, line_mode, pid_text, line_file) != 4)
        return false;
    if (strcmp(type, "POSIX") != 0 || strcmp(line_mode, mode) != 0 || strcmp(line_file, file) != 0)
        return false;
    long pid = strtol(pid_text, NULL, 10); /* 0 for a process of another namespace */
    if (pid <= 0 || pid > INT_MAX || pid == getpid())
        return false;
    *ret_pid = (int)pid;
    return true;
}

static bool find_holder(FILE *locks, const char *file, const char *mode, int *ret_pid)
{
    char line[256];
    rewind(locks);
    while (fgets(line, sizeof(line), locks) != NULL)
        if (is_held(line, file, mode, ret_pid))
            return true;
    return false;
}

/* The name of a process, "?" once it is gone. */
static void process_name(int pid, char name[32])
{
    char path[32];
    (void)snprintf(path, sizeof(path), "/proc/%d/comm", pid);
    (void)snprintf(name, 32, "?");
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return;
    char line[32];
    if (fgets(line, sizeof(line), f) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        (void)snprintf(name, 32, "%s", line);
    }
    (void)fclose(f);
}

bool lock_holder(const char *path, char ret[LOCK_HOLDER_BYTES_MAX])
{
    struct stat st;
    if (stat(path, &st) != 0)
        return false;
    char file[48];
    (void)snprintf(file, sizeof(file), "%02x:%02x:%ju", major(st.st_dev), minor(st.st_dev),
                   (uintmax_t)st.st_ino);
    FILE *locks = fopen("/proc/locks", "re");
    if (locks == NULL)
        return false;
    int pid = 0;
    bool is_found =
        find_holder(locks, file, "WRITE", &pid) || find_holder(locks, file, "READ", &pid);
    (void)fclose(locks);
    if (!is_found)
        return false;
    char name[32];
    process_name(pid, name);
    (void)snprintf(ret, LOCK_HOLDER_BYTES_MAX, "process %d (%s)", pid, name);
    return true;
}
