/* Who holds a lock on a file, for the message that says why badged waits in vain.
 *
 * Ownership: nothing is kept.
 */
#ifndef BADGED_STORE_LOCK_H
#define BADGED_STORE_LOCK_H

#include <stdbool.h>
#include <stddef.h>

enum {
    LOCK_HOLDER_BYTES_MAX = 64
};

/* lock_holder(path, ret): write "process 1234 (python3)" for a process other than this one that
 * holds a POSIX lock on the file, one that locks out writers before one that only reads. false: the
 * system names none, as across containers; ret is not written then. Reads /proc/locks (proc(5)),
 * and does not open the file, because closing it would drop this process's own locks on it. */
bool lock_holder(const char *path, char ret[LOCK_HOLDER_BYTES_MAX]);

#endif
