/* Accept-Encoding = [ ( codings [ weight ] ) *( OWS "," OWS ( codings [ weight ] ) ) ]
 * codings         = token
 * weight          = OWS ";" OWS "q=" qvalue
 * qvalue          = ( "0" [ "." *3DIGIT ] ) / ( "1" [ "." *3"0" ] )
 *
 * RFC 9110, sections 12.4.2 and 12.5.3; "*" is a token, too. Empty elements of the list are passed
 * over (section 5.6.1.2). x-gzip is gzip (section 8.4.1.3).
 */
#include "serve/coding.h"

#include "serve/head.h"

#include <strings.h>

struct text {
    const char *at, *end;
};

static void skip_space(struct text *t)
{
    while (t->at < t->end && (*t->at == ' ' || *t->at == '\t'))
        t->at++;
}

static bool take(struct text *t, char c)
{
    if (t->at == t->end || *t->at != c)
        return false;
    t->at++;
    return true;
}

static bool read_qvalue(struct text *t, bool *ret_is_zero)
{
    bool is_one = take(t, '1');
    if (!is_one && !take(t, '0'))
        return false;
    *ret_is_zero = !is_one;
    if (!take(t, '.'))
        return true;
    for (int digits = 0; digits < 3 && t->at < t->end && *t->at >= '0' && *t->at <= '9'; digits++) {
        if (is_one && *t->at != '0')
            return false;
        *ret_is_zero &= *t->at == '0';
        t->at++;
    }
    return true;
}

/* The weight, if there is one, up to the next element. */
static bool read_weight(struct text *t, bool *ret_is_zero)
{
    *ret_is_zero = false;
    skip_space(t);
    if (take(t, ';')) {
        skip_space(t);
        if ((!take(t, 'q') && !take(t, 'Q')) || !take(t, '=') || !read_qvalue(t, ret_is_zero))
            return false;
        skip_space(t);
    }
    return t->at == t->end || *t->at == ',';
}

static bool is_coding(const char *token, size_t len, const char *name, size_t name_len)
{
    return len == name_len && strncasecmp(token, name, len) == 0;
}

bool coding_takes_gzip(const char *value, size_t len)
{
    struct text t = {value, value + len};
    bool is_named = false, takes_named = false, takes_others = false;
    while (t.at < t.end) {
        skip_space(&t);
        if (take(&t, ',') || t.at == t.end)
            continue;
        const char *token = t.at;
        while (t.at < t.end && head_is_token(t.at, 1))
            t.at++;
        size_t token_len = (size_t)(t.at - token);
        bool is_zero;
        if (token_len == 0 || !read_weight(&t, &is_zero))
            return false;
        if (is_coding(token, token_len, "gzip", 4) || is_coding(token, token_len, "x-gzip", 6)) {
            is_named = true;
            takes_named = !is_zero;
        } else if (is_coding(token, token_len, "*", 1)) {
            takes_others = !is_zero;
        }
    }
    return is_named ? takes_named : takes_others;
}
