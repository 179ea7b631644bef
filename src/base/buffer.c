#include "base/buffer.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_fini(struct buffer *b)
{
    free(b->bytes);
    *b = (struct buffer){0};
}

static void reserve(struct buffer *b, size_t more)
{
    size_t need = b->len + more + 1;
    if (need <= b->room)
        return;
    size_t room = b->room > 0 ? b->room * 2 : 128;
    if (room < need)
        room = need;
    b->bytes = mem_grow(b->bytes, room, 1);
    b->room = room;
}

void buffer_add(struct buffer *b, const char *s, size_t len)
{
    reserve(b, len);
    if (len > 0)
        memcpy(b->bytes + b->len, s, len);
    b->len += len;
    b->bytes[b->len] = '\0';
}

void buffer_puts(struct buffer *b, const char *s)
{
    buffer_add(b, s, strlen(s));
}

void buffer_printf(struct buffer *b, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    assert(n >= 0);
    reserve(b, (size_t)n);
    (void)vsnprintf(b->bytes + b->len, (size_t)n + 1, fmt, again);
    va_end(again);
    b->len += (size_t)n;
}

void buffer_decimal(struct buffer *b, uint64_t n)
{
    char digits[20];
    size_t i = sizeof(digits);
    do {
        digits[--i] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    buffer_add(b, digits + i, sizeof(digits) - i);
}

void buffer_json(struct buffer *b, const char *s, size_t len)
{
    buffer_puts(b, "\"");
    for (size_t i = 0; i < len;) {
        unsigned char c = (unsigned char)s[i];
        uint32_t point;
        size_t n = utf8_decode(s + i, len - i, &point);
        if (n == 0) {
            buffer_puts(b, "\\ufffd");
            i++;
        } else if (c == '"' || c == '\\') {
            buffer_printf(b, "\\%c", c);
            i++;
        } else if (utf8_is_control(point)) {
            buffer_printf(b, "\\u%04x", (unsigned)point);
            i += n;
        } else {
            buffer_add(b, s + i, n);
            i += n;
        }
    }
    buffer_puts(b, "\"");
}

char *buffer_take(struct buffer *b)
{
    reserve(b, 0);
    b->bytes[b->len] = '\0';
    char *text = b->bytes;
    *b = (struct buffer){0};
    return text;
}
