/* A growing run of bytes, for text that badged itself composes.
 *
 * Ownership: the caller owns the struct; buffer_fini frees what it grew. Nothing here fails: sizes
 * are badged's own.
 */
#ifndef BADGED_BASE_BUFFER_H
#define BADGED_BASE_BUFFER_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct buffer {
    char *bytes; /* NUL-terminated once anything was added; NULL before */
    size_t len;  /* without the NUL */
    size_t room;
};

/* A zeroed struct is an empty buffer. buffer_fini leaves it empty and usable. */
void buffer_fini(struct buffer *b);

/* buffer_add(b, s, len): append len bytes. */
void buffer_add(struct buffer *b, const char *s, size_t len);

/* buffer_puts(b, s): append a NUL-terminated text. */
void buffer_puts(struct buffer *b, const char *s);

/* buffer_printf(b, fmt, ...): append formatted text. */
void buffer_printf(struct buffer *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* buffer_decimal(b, n): append n in decimal; the quick way on the path of a badge read. */
void buffer_decimal(struct buffer *b, uint64_t n);

/* buffer_json(b, s, len): append a JSON string with its quotes (RFC 8259, section 7). Bytes that
 * are not UTF-8 (RFC 3629) become U+FFFD, so that the result always parses; what would steer a
 * terminal is escaped. */
void buffer_json(struct buffer *b, const char *s, size_t len);

/* buffer_take(b): the text, which the caller then frees; the buffer is empty again. Never NULL. */
char *buffer_take(struct buffer *b);

#endif
