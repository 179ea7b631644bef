#include "base/buffer.h"

#include "base/mem.h"

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

/* Length of the well-formed UTF-8 character at s (RFC 3629, section 4), 0 when there is none. */
static size_t utf8_length(const unsigned char *s, size_t left)
{
    static const struct {
        unsigned char first, last, second_min, second_max, len;
    } rows[] = {
        {0x00, 0x7F, 0, 0, 1},       {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
        if (s[0] < rows[r].first || s[0] > rows[r].last)
            continue;
        if (rows[r].len > left)
            return 0;
        if (rows[r].len > 1 && (s[1] < rows[r].second_min || s[1] > rows[r].second_max))
            return 0;
        for (size_t i = 2; i < rows[r].len; i++)
            if ((s[i] & 0xC0) != 0x80)
                return 0;
        return rows[r].len;
    }
    return 0;
}

void buffer_json(struct buffer *b, const char *s, size_t len)
{
    buffer_puts(b, "\"");
    for (size_t i = 0; i < len;) {
        unsigned char c = (unsigned char)s[i];
        size_t n = utf8_length((const unsigned char *)s + i, len - i);
        if (n == 0) {
            buffer_puts(b, "\\ufffd");
            i++;
        } else if (c == '"' || c == '\\') {
            buffer_printf(b, "\\%c", c);
            i++;
        } else if (c < 0x20 || c == 0x7F) {
            buffer_printf(b, "\\u%04x", c);
            i++;
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
