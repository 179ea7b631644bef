/* request-line = method SP request-target SP HTTP-version CR LF
 * field-line   = field-name ":" OWS field-value OWS CR LF
 * field-name   = 1*tchar                          (RFC 9112, sections 3 and 5; RFC 9110,
 * section 5.6.2)
 *
 * and in memory, where libmicrohttpd was: NUL for the spaces of the request line, for ':' and for
 * each of CR and LF. The query in the target is cut too, so that what is checked of the target here
 * is where it ends.
 */
#include "serve/head.h"

#include <microhttpd.h>
#include <string.h>

enum {
    VERSION_LEN = 8
}; /* "HTTP/1.1" */

bool head_must_be_checked(void)
{
    return strcmp(MHD_get_version(), "0.9.75") == 0;
}

/* What a character may be part of, one bit each: all of ASCII in rows of sixteen. */
enum {
    TOKEN = 1,
    VALUE = 2,
    BOTH = TOKEN | VALUE
};

#define T BOTH
#define V VALUE
static const unsigned char classes[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, V, 0, 0, 0, 0, 0, 0, /* HT */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /**/
    V, T, V, T, T, T, T, T, V, V, T, T, V, T, T, V, /*  !"#$%&'()*+,-./ */
    T, T, T, T, T, T, T, T, T, T, V, V, V, V, V, V, /* 0123456789:;<=>? */
    V, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, /* @ABCDEFGHIJKLMNO */
    T, T, T, T, T, T, T, T, T, T, T, V, V, V, T, T, /* PQRSTUVWXYZ[\]^_ */
    T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, /* `abcdefghijklmno */
    T, T, T, T, T, T, T, T, T, T, T, V, T, V, T, 0, /* pqrstuvwxyz{|}~ */
    V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, /* obs-text */
    V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, /**/
    V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, /**/
    V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, /**/
    V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, /**/
    V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, /**/
    V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, /**/
    V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, /**/
};
#undef T
#undef V

/* What is left of the head. */
struct reader {
    const char *at, *end;
};

static bool take_run(struct reader *r, int class)
{
    const char *from = r->at;
    while (r->at < r->end && (classes[(unsigned char)*r->at] & class) != 0)
        r->at++;
    return r->at > from;
}

static bool take_nuls(struct reader *r, size_t n)
{
    for (; n > 0; n--)
        if (r->at == r->end || *r->at++ != '\0')
            return false;
    return true;
}

static bool take_request_line(struct reader *r, const struct head *h)
{
    if (!take_run(r, TOKEN) || !take_nuls(r, 1) || r->at != h->bytes + h->target)
        return false;
    if (h->target_len > (size_t)(r->end - r->at))
        return false;
    r->at += h->target_len;
    if (!take_nuls(r, 1) || (size_t)(r->end - r->at) < VERSION_LEN)
        return false;
    r->at += VERSION_LEN;
    return take_nuls(r, 2);
}

static bool take_field_line(struct reader *r)
{
    if (!take_run(r, TOKEN) || !take_nuls(r, 1))
        return false;
    (void)take_run(r, VALUE);
    return take_nuls(r, 2);
}

bool head_check(const struct head *h)
{
    struct reader r = {h->bytes, h->bytes + h->len};
    if (!take_request_line(&r, h))
        return false;
    while (r.at < r.end && *r.at != '\0')
        if (!take_field_line(&r))
            return false;
    return take_nuls(&r, 2) && r.at == r.end;
}

bool head_is_token(const char *s, size_t len)
{
    struct reader r = {s, s + len};
    return take_run(&r, TOKEN) && r.at == r.end;
}

bool head_is_value(const char *s, size_t len)
{
    struct reader r = {s, s + len};
    (void)take_run(&r, VALUE);
    return r.at == r.end;
}
