/* Content codings: whether a client takes what is compressed.
 *
 * Ownership: plain values.
 */
#ifndef BADGED_SERVE_CODING_H
#define BADGED_SERVE_CODING_H

#include <stdbool.h>
#include <stddef.h>

/* coding_takes_gzip(value, len): whether a value of Accept-Encoding (RFC 9110, section 12.5.3)
 * names gzip, or all codings that it does not name, with a weight above 0. One that is not
 * well-formed takes nothing, so that its sender gets the plain body. Pure. */
bool coding_takes_gzip(const char *value, size_t len);

#endif
