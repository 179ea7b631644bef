/* If-None-Match = "*" / #entity-tag
 * entity-tag    = [ "W/" ] DQUOTE *etagc DQUOTE
 * etagc         = %x21 / %x23-7E / obs-text              (RFC 9110, sections 8.8.3 and 13.1.2)
 * #element      = [ element ] *( OWS "," OWS [ element ] )   as a recipient reads it
 * (section 5.6.1.2)
 */
#include "serve/etag.h"

#include "base/hex.h"

#include <stdint.h>
#include <string.h>
#include <xxhash.h>

struct etag etag_of(const char *bytes, size_t len)
{
    XXH128_canonical_t sum;
    XXH128_canonicalFromHash(&sum, XXH3_128bits(bytes, len));
    struct etag tag;
    char *out = tag.text;
    *out++ = '"';
    for (size_t i = 0; i < sizeof(sum.digest); i++)
        out = hex_write(out, sum.digest[i]);
    *out++ = '"';
    *out = '\0';
    return tag;
}

/* What is left of the value. */
struct reader {
    const char *at;
    size_t left;
};

static bool take(struct reader *r, char c)
{
    if (r->left == 0 || *r->at != c)
        return false;
    r->at++;
    r->left--;
    return true;
}

static void skip_space(struct reader *r)
{
    while (take(r, ' ') || take(r, '\t'))
        ;
}

/* Whether a whole entity tag stands here; *opaque is then its opaque tag, quotes included. */
static bool take_tag(struct reader *r, struct reader *opaque)
{
    if (take(r, 'W') && !take(r, '/'))
        return false;
    opaque->at = r->at;
    if (!take(r, '"'))
        return false;
    while (!take(r, '"')) {
        if (r->left == 0 || (unsigned char)*r->at < 0x21 || *r->at == 0x7F)
            return false;
        r->at++;
        r->left--;
    }
    opaque->left = (size_t)(r->at - opaque->at);
    return true;
}

bool etag_is_listed(const char *value, size_t len, const struct etag *tag)
{
    struct reader r = {value, len};
    skip_space(&r);
    if (take(&r, '*')) {
        skip_space(&r);
        return r.left == 0;
    }
    bool found = false;
    while (r.left > 0) {
        struct reader opaque;
        if (*r.at != ',') {
            if (!take_tag(&r, &opaque))
                return false;
            found |= opaque.left == ETAG_LEN && memcmp(opaque.at, tag->text, ETAG_LEN) == 0;
        }
        skip_space(&r);
        if (r.left > 0 && !take(&r, ','))
            return false;
        skip_space(&r);
    }
    return found;
}
