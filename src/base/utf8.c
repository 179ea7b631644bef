#include "base/utf8.h"

#include <string.h>

size_t utf8_decode(const char *s, size_t left, uint32_t *ret)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)s[0];
    size_t len;
    uint32_t c;
    if (first < 0x80) {
        len = 1;
        c = first;
    } else if (first >= 0xC2 && first < 0xE0) {
        len = 2;
        c = first & 0x1F;
    } else if (first >= 0xE0 && first < 0xF0) {
        len = 3;
        c = first & 0x0F;
    } else if (first >= 0xF0 && first < 0xF5) {
        len = 4;
        c = first & 0x07;
    } else {
        return 0;
    }
    if (len > left)
        return 0;
    for (size_t i = 1; i < len; i++) {
        unsigned char next = (unsigned char)s[i];
        if ((next & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (next & 0x3F);
    }
    if (c < smallest[len] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return 0;
    *ret = c;
    return len;
}

size_t utf8_count(const char *s, size_t len)
{
    size_t count = 0;
    for (size_t i = 0; i < len; i++)
        count += ((unsigned char)s[i] & 0xC0) != 0x80;
    return count;
}

bool utf8_is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0);
}

size_t utf8_disarm(char *text, size_t len, const char *kept)
{
    size_t out = 0, n;
    for (size_t at = 0; at < len; at += n) {
        uint32_t c;
        n = utf8_decode(text + at, len - at, &c);
        bool is_shown = n > 0 && !utf8_is_control(c);
        if (is_shown || (n == 1 && c != 0 && strchr(kept, (int)c) != NULL)) {
            memmove(text + out, text + at, n);
            out += n;
        } else {
            text[out++] = '?';
            n = n > 0 ? n : 1;
        }
    }
    return out;
}
