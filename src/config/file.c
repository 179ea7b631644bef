#include "config/file.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err check_plain(int fd, const char *path, struct error *e)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return error_set_errno(e, errno, "reading %s", path);
    if (S_ISDIR(st.st_mode))
        return error_set(e, ERR_CONFIG, "%s: a directory; expected a plain file", path);
    if (!S_ISREG(st.st_mode))
        return error_set(e, ERR_CONFIG, "%s: no plain file; expected one", path);
    return ERR_OK;
}

/* One byte more than is allowed tells a file that is too large, whatever it claimed to be. */
static enum err read_all(int fd, const char *path, size_t bytes_max, char *out, size_t *ret_len,
                         struct error *e)
{
    size_t len = 0;
    for (;;) {
        ssize_t n = read(fd, out + len, bytes_max + 1 - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set_errno(e, errno, "reading %s", path);
        if (n == 0)
            break;
        len += (size_t)n;
        if (len > bytes_max)
            return error_set(e, ERR_CONFIG, "%s: more than %zu bytes; expected at most that many",
                             path, bytes_max);
    }
    *ret_len = len;
    return ERR_OK;
}

static enum err read_open(int fd, const char *path, size_t bytes_max, char **ret, size_t *ret_len,
                          struct error *e)
{
    enum err err = check_plain(fd, path, e);
    if (err != ERR_OK)
        return err;
    size_t len = 0;
    char *text = mem_zero(bytes_max + 2, 1);
    err = read_all(fd, path, bytes_max, text, &len, e);
    if (err != ERR_OK) {
        free(text);
        return err;
    }
    *ret = text;
    *ret_len = len;
    return ERR_OK;
}

enum err file_read(const char *path, size_t bytes_max, char **ret, size_t *ret_len, struct error *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ENOENT)
        return error_set(e, ERR_NOT_FOUND, "%s: there is no such file", path);
    if (fd < 0)
        return error_set_errno(e, errno, "reading %s", path);
    enum err err = read_open(fd, path, bytes_max, ret, ret_len, e);
    (void)close(fd);
    return err;
}
