/* Entity tags, and the condition If-None-Match on them (RFC 9110, sections 8.8.3 and 13.1.2).
 *
 * Ownership: plain values.
 */
#ifndef BADGED_SERVE_ETAG_H
#define BADGED_SERVE_ETAG_H

#include <stdbool.h>
#include <stddef.h>

enum {
    ETAG_LEN = 34
}; /* 32 hexadecimal digits in quotes */

struct etag {
    char text[ETAG_LEN + 1];
};

/* etag_of(bytes, len): the strong tag of a body: its XXH3-128. Equal bodies have equal tags, on any
 * machine. */
struct etag etag_of(const char *bytes, size_t len);

/* etag_is_listed(value, len, tag): whether a value of If-None-Match lists tag, or is "*". Compares
 * weakly, as If-None-Match asks. A value that is not well-formed lists nothing, so that its sender
 * gets the whole answer. Pure. */
bool etag_is_listed(const char *value, size_t len, const struct etag *tag);

#endif
