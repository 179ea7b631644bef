#include "base/uuid.h"

#include "base/hex.h"

static bool is_dash(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
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
        int high = hex_value(s[i]), low = hex_value(s[i + 1]);
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
    char *at = out;
    for (size_t n = 0; n < sizeof(u->bytes); n++) {
        if (is_dash((size_t)(at - out)))
            *at++ = '-';
        at = hex_write(at, u->bytes[n]);
    }
    *at = '\0';
}
