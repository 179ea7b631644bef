#include "base/uuid.h"

#include "base/hex.h"

static bool is_dash(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

/* Without a branch in it: a row that is loaded or changed has several of them. */
bool uuid_parse(const char *s, size_t len, struct uuid *ret)
{
    static const uint8_t places[] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
    if (len != UUID_TEXT_LEN)
        return false;
    struct uuid u;
    int all = 0; /* negative once a digit was none */
    for (size_t n = 0; n < sizeof(u.bytes); n++) {
        int high = hex_value(s[places[n]]), low = hex_value(s[places[n] + 1]);
        all |= high | low;
        u.bytes[n] = (uint8_t)((unsigned)high << 4 | (unsigned)low);
    }
    if (all < 0 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-')
        return false;
    *ret = u;
    return true;
}

bool uuid_parse_stored(const char *s, size_t len, struct uuid *ret)
{
    if (len != UUID_TEXT_LEN)
        return false;
    bool is_upper = false;
    for (size_t i = 0; i < UUID_TEXT_LEN; i++)
        is_upper |= s[i] >= 'A' && s[i] <= 'F';
    return !is_upper && uuid_parse(s, len, ret);
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
