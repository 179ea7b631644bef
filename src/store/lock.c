#include "store/lock.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* One line of /proc/locks: "7: POSIX  ADVISORY  WRITE 1234 fe:00:131 1073741824 1073742335". Lines
 * of processes that wait have "->" for the type, and so are left out. */
static bool is_held(const char *line, const struct stat *file, bool is_write, int *ret_pid)
{
    char type[16], strength[16], mode[16];
    int pid;
    unsigned major_number, minor_number;
    unsigned long long inode;
    if (sscanf(line, "%*d: %15s %15s %15s %d %x:%x:%llu", type, strength, mode, &pid, &major_number,
               &minor_number, &inode) != 7)
        return false;
    if (strcmp(type, "POSIX") != 0 || strcmp(mode, is_write ? "WRITE" : "READ") != 0)
        return false;
    if (inode != file->st_ino || major_number != major(file->st_dev) ||
        minor_number != minor(file->st_dev))
        return false;
    if (pid <= 0 || pid == getpid())
        return false;
    *ret_pid = pid;
    return true;
}

static bool find_holder(FILE *locks, const struct stat *file, bool is_write, int *ret_pid)
{
    char line[256];
    rewind(locks);
    while (fgets(line, sizeof(line), locks) != NULL)
        if (is_held(line, file, is_write, ret_pid))
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
    struct stat file;
    if (stat(path, &file) != 0)
        return false;
    FILE *locks = fopen("/proc/locks", "re");
    if (locks == NULL)
        return false;
    int pid = 0;
    bool is_found = find_holder(locks, &file, true, &pid) || find_holder(locks, &file, false, &pid);
    (void)fclose(locks);
    if (!is_found)
        return false;
    char name[32];
    process_name(pid, name);
    (void)snprintf(ret, LOCK_HOLDER_BYTES_MAX, "process %d (%s)", pid, name);
    return true;
}
