#include "base/uuid.h"

static bool is_dash(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool uuid_parse(const char *s, size_t len, struct uuid *ret)
{
    if (len != UUID_TEXT_LEN)
        return false;
    struct uuid u;
    size_t n = 0;
    for (size_t i = 0; i < len;) {
        if (is_dash(i)) {
            if (s[i++] != '-')
                return false;
            continue;
        }
        int high = digit(s[i]), low = digit(s[i + 1]);
        if (high < 0 || low < 0)
            return false;
        u.bytes[n++] = (uint8_t)(high << 4 | low);
        i += 2;
    }
    *ret = u;
    return true;
}

bool uuid_parse_stored(const char *s, size_t len, struct uuid *ret)
{
    for (size_t i = 0; i < len; i++)
        if (s[i] >= 'A' && s[i] <= 'F')
            return false;
    return uuid_parse(s, len, ret);
}

void uuid_format(const struct uuid *u, char out[UUID_TEXT_LEN + 1])
{
    static const char digits[] = "0123456789abcdef";
    size_t n = 0;
    for (size_t i = 0; i < UUID_TEXT_LEN;) {
        if (is_dash(i)) {
            out[i++] = '-';
            continue;
        }
        out[i++] = digits[u->bytes[n] >> 4];
        out[i++] = digits[u->bytes[n++] & 15];
    }
    out[UUID_TEXT_LEN] = '\0';
}
