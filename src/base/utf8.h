/* UTF-8: one character at a time (RFC 3629, section 4).
 *
 * Ownership: nothing is kept.
 */
#ifndef BADGED_BASE_UTF8_H
#define BADGED_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* utf8_decode(s, left, ret): the length in bytes of the character that the left ≥ 1 bytes at s open
 * with, its code point in ret; 0 when it is malformed, cut off, overlong, or a surrogate. ret is
 * written only when it is not 0. */
size_t utf8_decode(const char *s, size_t left, uint32_t *ret);

/* utf8_count(s, len): how many characters start in these bytes. */
size_t utf8_count(const char *s, size_t len);

/* utf8_is_control(c): whether c would steer a terminal rather than show: C0, DEL and C1. */
bool utf8_is_control(uint32_t c);

/* utf8_disarm(text, len, kept): put '?' in place of each character that would steer a terminal, but
 * for those of ASCII in kept, and of each byte that belongs to no character. Returns the new
 * length, which is not more. */
size_t utf8_disarm(char *text, size_t len, const char *kept);

#endif
