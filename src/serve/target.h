/* Request targets: which path a request line asks for.
 *
 * Ownership: plain values.
 */
#ifndef BADGED_SERVE_TARGET_H
#define BADGED_SERVE_TARGET_H

#include "badge/as_of.h"
#include "serve/fault.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    TARGET_PATH_BYTES_MAX = 128
}; /* more than the longest path that badged has */

/* What the parameter "after" of the query says. */
enum target_after {
    TARGET_AFTER_NONE, /* it is not there */
    TARGET_AFTER_GIVEN,
    TARGET_AFTER_MALFORMED, /* its value is no as-of */
    TARGET_AFTER_TWICE,     /* it is there more than once */
};

struct target {
    char
        path[TARGET_PATH_BYTES_MAX]; /* NUL-terminated; "" for one too long to be any of badged's */
    bool is_verbose; /* the query has the parameter "verbose", with or without a value */
    enum target_after has_after;
    struct as_of after; /* when it is given */
};

/* target_parse(text, len, ret): the path of a target in origin form or absolute form (RFC 9112,
 * section 3.2), with escaped unreserved characters put back (RFC 3986, section 6.2.2.2); other
 * escapes stay as they are: "%2F" is not a slash. Of the query, what struct target has, in
 * whatever way its characters are escaped; the rest is checked and passed over. FAULT_NONE, or what
 * is wrong. Pure. */
enum fault target_parse(const char *text, size_t len, struct target *ret);

#endif
