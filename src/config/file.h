/* Files: a plain file's whole text, up to a limit.
 *
 * Ownership: the text is freed with free().
 */
#ifndef BADGED_CONFIG_FILE_H
#define BADGED_CONFIG_FILE_H

#include "base/error.h"

#include <stddef.h>

/* file_read(path, bytes_max, ret, ret_len, e): read the file, a NUL behind its text. ERR_NOT_FOUND:
 * there is none. ERR_CONFIG: no plain file, or larger than bytes_max. ERR_READ_ONLY, ERR_SYSTEM: it
 * cannot be read. Never waits, as opening a pipe that nobody writes to would. */
enum err file_read(const char *path, size_t bytes_max, char **ret, size_t *ret_len,
                   struct error *e) MUST_CHECK;

#endif
