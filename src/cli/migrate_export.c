#include "cli/command.h"

#include "base/mem.h"
#include "store/migration.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    STAMP_LEN = 14, /* YYYYMMDDHHMMSS, as supabase names its migrations */
};

/* Whether a file holds exactly what m does. */
static bool is_same(int directory, const char *name, const struct migration *m)
{
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    char *bytes = mem_zero(m->sql_len + 1, 1); /* one more, to see that it ends */
    size_t len = 0;
    ssize_t n;
    while (len <= m->sql_len && (n = read(fd, bytes + len, m->sql_len + 1 - len)) > 0)
        len += (size_t)n;
    bool is_it = len == m->sql_len && memcmp(bytes, m->sql, len) == 0;
    free(bytes);
    (void)close(fd);
    return is_it;
}

/* Of the files that were exported before: their stamps are kept, as they may have been applied. */
static bool is_exported(const char *path, const struct migration *m)
{
    DIR *directory = opendir(path);
    bool is_it = false;
    const struct dirent *entry;
    char suffix[80];
    (void)snprintf(suffix, sizeof(suffix), "_badged_%s", m->name);
    while (directory != NULL && !is_it && (entry = readdir(directory)) != NULL)
        is_it = strspn(entry->d_name, "0123456789") == STAMP_LEN &&
                strcmp(entry->d_name + STAMP_LEN, suffix) == 0 &&
                is_same(dirfd(directory), entry->d_name, m);
    if (directory != NULL)
        (void)closedir(directory);
    return is_it;
}

static enum err write_file(const char *path, const struct migration *m, struct error *e)
{
    FILE *to = fopen(path, "wxe");
    if (to == NULL)
        return error_set_errno(e, errno, "making %s", path);
    bool is_written = fwrite(m->sql, 1, m->sql_len, to) == m->sql_len;
    if (fclose(to) != 0 || !is_written) {
        int errnum = errno;
        (void)unlink(path);
        return error_set_errno(e, errnum, "writing %s", path);
    }
    (void)printf("%s\n", path);
    return ERR_OK;
}

static enum err export_all(const char *directory, int to, struct error *e)
{
    size_t count;
    const struct migration *list = migrations_postgres(&count);
    time_t now = time(NULL);
    for (size_t i = 0; i < count && list[i].number <= to; i++) {
        if (is_exported(directory, &list[i]))
            continue;
        char stamp[STAMP_LEN + 1], path[4096];
        struct tm utc;
        time_t at = now + (time_t)i; /* a second apart, so that they stay in their order */
        if (gmtime_r(&at, &utc) == NULL ||
            strftime(stamp, sizeof(stamp), "%Y%m%d%H%M%S", &utc) != STAMP_LEN)
            return error_set(e, ERR_SYSTEM, "the clock of this machine is off");
        int n = snprintf(path, sizeof(path), "%s/%s_badged_%s", directory, stamp, list[i].name);
        if (n < 0 || (size_t)n >= sizeof(path))
            return error_set(e, ERR_USAGE, "the name of the folder is too long");
        enum err err = write_file(path, &list[i], e);
        if (err != ERR_OK)
            return err;
    }
    return ERR_OK;
}

int cmd_migrate_export(const struct invocation *in)
{
    struct error e;
    size_t count;
    const struct migration *list = migrations_postgres(&count);
    int to = migration_last(list, count);
    const char *format = in->options[OPTION_FORMAT];
    enum err err = ERR_OK;
    if (format != NULL && strcmp(format, "supabase") != 0)
        err = error_set(&e, ERR_USAGE, "--format %.60s: expected supabase", format);
    if (err == ERR_OK && in->options[OPTION_TO] != NULL) {
        to = (int)strtol(in->options[OPTION_TO], NULL, 10);
        err = migration_check_number(list, count, to, &e);
    }
    if (err == ERR_OK)
        err = export_all(in->operand, to, &e);
    return err == ERR_OK ? 0 : command_fail(&e);
}
