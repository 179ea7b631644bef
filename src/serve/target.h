/* Request targets: which path a request line asks for.
 *
 * Ownership: plain values.
 */
#ifndef BADGED_SERVE_TARGET_H
#define BADGED_SERVE_TARGET_H

#include "serve/fault.h"

#include <stddef.h>

enum {
    TARGET_PATH_BYTES_MAX = 128
}; /* more than the longest path that badged has */

struct target {
    char path[TARGET_PATH_BYTES_MAX]; /* NUL-terminated; "" for one too long to be anything that
                                         badged has */
};

/* target_parse(text, len, ret): the path of a target in origin form or absolute form (RFC 9112,
 * section 3.2), with escaped unreserved characters put back (RFC 3986, section 6.2.2.2) and the
 * query checked and left out. Other escapes stay as they are: "%2F" is not a slash. FAULT_NONE, or
 * what is wrong. Pure. */
enum fault target_parse(const char *text, size_t len, struct target *ret);

#endif
