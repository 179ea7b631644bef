/* UUIDs: 16 bytes and their text form (RFC 9562, section 4: 8-4-4-4-12 hexadecimal digits).
 *
 * Any version and variant is taken, as Postgres takes them. Braces, "urn:uuid:" and missing dashes
 * are not.
 */
#ifndef BADGED_BASE_UUID_H
#define BADGED_BASE_UUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    UUID_TEXT_LEN = 36
};

struct uuid {
    uint8_t bytes[16];
};

/* uuid_parse(s, len, ret): whether the len bytes at s are a UUID, in either letter case as the RFC
 * asks of readers. ret is written only then. */
bool uuid_parse(const char *s, size_t len, struct uuid *ret);

/* uuid_parse_stored(s, len, ret): as uuid_parse, but lower case only. This is how a text column
 * must hold a UUID for SQL's `=` to find it, so a row in any other spelling belongs to no tenant.
 */
bool uuid_parse_stored(const char *s, size_t len, struct uuid *ret);

/* uuid_format(u, out): the text in lower case, with a NUL. */
void uuid_format(const struct uuid *u, char out[UUID_TEXT_LEN + 1]);

#endif
