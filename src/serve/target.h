/* Request targets: which path a request line asks for.
 *
 * Ownership: plain values.
 */
#ifndef BADGED_SERVE_TARGET_H
#define BADGED_SERVE_TARGET_H

#include "serve/fault.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    TARGET_PATH_BYTES_MAX = 128
}; /* more than the longest path that badged has */

struct target {
    char
        path[TARGET_PATH_BYTES_MAX]; /* NUL-terminated; "" for one too long to be any of badged's */
    bool is_verbose; /* the query has the parameter "verbose", with or without a value */
};

/* target_parse(text, len, ret): the path of a target in origin form or absolute form (RFC 9112,
 * section 3.2), with escaped unreserved characters put back (RFC 3986, section 6.2.2.2); other
 * escapes stay as they are: "%2F" is not a slash. Of the query, what struct target has; the rest is
 * checked and passed over. FAULT_NONE, or what is wrong. Pure. */
enum fault target_parse(const char *text, size_t len, struct target *ret);

#endif
