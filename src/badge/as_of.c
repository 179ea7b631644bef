/* as-of    = [ timeline "-" ] position
 * timeline = "0" / ( %x31-39 *9DIGIT )          at most 4294967295
 * position = 1*8HEXDIG "/" 1*8HEXDIG            HEXDIG in either letter case
 */
#include "badge/as_of.h"

#include "base/hex.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    HALF_DIGITS_MAX = 8
};

int as_of_compare(struct as_of a, struct as_of b)
{
    if (a.timeline != b.timeline)
        return a.timeline < b.timeline ? -1 : 1;
    return (a.position > b.position) - (a.position < b.position);
}

bool as_of_covers(struct as_of a, struct as_of wanted)
{
    if (wanted.timeline == 0)
        return a.position >= wanted.position;
    return as_of_compare(a, wanted) >= 0;
}

void as_of_format_position(uint64_t position, char out[AS_OF_TEXT_BYTES])
{
    (void)snprintf(out, AS_OF_TEXT_BYTES, "%" PRIX32 "/%" PRIX32, (uint32_t)(position >> 32),
                   (uint32_t)position);
}

void as_of_format(struct as_of a, char out[AS_OF_TEXT_BYTES])
{
    char position[AS_OF_TEXT_BYTES];
    as_of_format_position(a.position, position);
    (void)snprintf(out, AS_OF_TEXT_BYTES, "%" PRIu32 "-%.17s", a.timeline, position);
}

static bool parse_timeline(const char *text, size_t len, uint32_t *ret)
{
    uint64_t n = 0;
    if (len == 0 || len > 10 || (text[0] == '0' && len > 1))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        n = n * 10 + (uint64_t)(text[i] - '0');
    }
    if (n > UINT32_MAX)
        return false;
    *ret = (uint32_t)n;
    return true;
}

static bool parse_half(const char *text, size_t len, uint32_t *ret)
{
    uint32_t n = 0;
    if (len == 0 || len > HALF_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        int digit = hex_value(text[i]);
        if (digit < 0)
            return false;
        n = n << 4 | (uint32_t)digit;
    }
    *ret = n;
    return true;
}

bool as_of_parse_position(const char *text, size_t len, uint64_t *ret)
{
    const char *slash = len > 0 ? memchr(text, '/', len) : NULL;
    if (slash == NULL)
        return false;
    size_t high_len = (size_t)(slash - text);
    uint32_t high, low;
    if (!parse_half(text, high_len, &high) || !parse_half(slash + 1, len - high_len - 1, &low))
        return false;
    *ret = (uint64_t)high << 32 | low;
    return true;
}

bool as_of_parse(const char *text, size_t len, struct as_of *ret)
{
    struct as_of a = {0};
    const char *dash = len > 0 ? memchr(text, '-', len) : NULL;
    if (dash != NULL) {
        size_t timeline_len = (size_t)(dash - text);
        if (!parse_timeline(text, timeline_len, &a.timeline))
            return false;
        text = dash + 1;
        len -= timeline_len + 1;
    }
    if (!as_of_parse_position(text, len, &a.position))
        return false;
    *ret = a;
    return true;
}
