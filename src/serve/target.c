/* request-target = origin-form / absolute-form
 * origin-form    = absolute-path [ "?" query ]
 * absolute-form  = "http://" authority absolute-path [ "?" query ]
 *
 * RFC 9112, section 3.2. The other two forms are those of CONNECT and of "OPTIONS *", which a badge
 * server has no use for.
 */
#include "serve/target.h"

#include "base/hex.h"
#include "serve/host.h"
#include "serve/server.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static bool is_unreserved(int c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

/* Visible ASCII but for '#', which opens a fragment: no part of a target. Browsers leave a few
 * characters as they are that RFC 3986 would have escaped, and these do no harm. */
static enum fault check_characters(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] < 0x21 || text[i] > 0x7E || text[i] == '#')
            return FAULT_TARGET_CHARACTER;
        if (text[i] != '%')
            continue;
        if (len - i < 3 || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0)
            return FAULT_TARGET_ESCAPE;
    }
    return FAULT_NONE;
}

/* Step over "http://authority" if it is there. The authority has to be this server's, as Host has.
 */
static enum fault skip_authority(const char **text, size_t *len)
{
    static const char scheme[] = "http://";
    const size_t scheme_len = sizeof(scheme) - 1;
    if (*len < scheme_len || strncasecmp(*text, scheme, scheme_len) != 0)
        return FAULT_NONE;
    const char *authority = *text + scheme_len, *end = *text + *len;
    const char *at = authority;
    while (at < end && *at != '/' && *at != '?')
        at++;
    if (!host_is_loopback(authority, (size_t)(at - authority)))
        return FAULT_HOST_FOREIGN;
    *text = at;
    *len = (size_t)(end - at);
    return FAULT_NONE;
}

static enum fault decode(const char *path, size_t len, struct target *ret)
{
    size_t n = 0;
    bool fits = true;
    for (size_t i = 0; i < len; i++) {
        char c = path[i];
        if (c == '%') {
            int escaped = hex_value(path[i + 1]) << 4 | hex_value(path[i + 2]);
            if (escaped == 0)
                return FAULT_TARGET_ESCAPE;
            if (is_unreserved(escaped)) {
                c = (char)escaped;
                i += 2;
            }
        }
        fits = fits && n + 1 < sizeof(ret->path);
        if (fits)
            ret->path[n++] = c;
    }
    ret->path[fits ? n : 0] = '\0';
    return FAULT_NONE;
}

/* ---- the query ---- */

/* Put what is escaped back. Returns the length, or room when there is more than fits. */
static size_t unescape(const char *text, size_t len, char *out, size_t room)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++, n++) {
        if (n == room)
            return room;
        bool is_escaped = text[i] == '%';
        int c = is_escaped ? hex_value(text[i + 1]) << 4 | hex_value(text[i + 2]) : text[i];
        out[n] = (char)c;
        i += is_escaped ? 2 : 0;
    }
    return n;
}

static void take_after(const char *value, size_t len, struct target *ret)
{
    char text[AS_OF_TEXT_BYTES]; /* the longest one leaves a byte */
    bool is_first = ret->has_after == TARGET_AFTER_NONE;
    size_t n = unescape(value, len, text, sizeof(text));
    bool is_as_of = n < sizeof(text) && as_of_parse(text, n, &ret->after);
    if (!is_first)
        ret->has_after = TARGET_AFTER_TWICE;
    else
        ret->has_after = is_as_of ? TARGET_AFTER_GIVEN : TARGET_AFTER_MALFORMED;
}

static void take_parameter(const char *text, size_t len, struct target *ret)
{
    static const char verbose[] = "verbose", after[] = "after";
    const char *equals = len > 0 ? memchr(text, '=', len) : NULL;
    size_t escaped_len = equals != NULL ? (size_t)(equals - text) : len;
    char name[sizeof(verbose)];
    size_t name_len = unescape(text, escaped_len, name, sizeof(name));
    if (name_len == sizeof(verbose) - 1 && memcmp(name, verbose, name_len) == 0)
        ret->is_verbose = true;
    else if (name_len == sizeof(after) - 1 && memcmp(name, after, name_len) == 0)
        take_after(equals != NULL ? equals + 1 : "", equals != NULL ? len - escaped_len - 1 : 0,
                   ret);
}

/* The parameters, which '&' parts. */
static void read_query(const char *query, size_t len, struct target *ret)
{
    for (const char *end = query + len, *at = query; at < end;) {
        const char *next = memchr(at, '&', (size_t)(end - at));
        if (next == NULL)
            next = end;
        take_parameter(at, (size_t)(next - at), ret);
        at = next < end ? next + 1 : end;
    }
}

enum fault target_parse(const char *text, size_t len, struct target *ret)
{
    if (len > SERVER_TARGET_BYTES_MAX)
        return FAULT_TARGET_BYTES;
    enum fault fault = check_characters(text, len);
    if (fault == FAULT_NONE)
        fault = skip_authority(&text, &len);
    if (fault != FAULT_NONE)
        return fault;
    const char *query = memchr(text, '?', len);
    size_t path_len = query != NULL ? (size_t)(query - text) : len;
    if (path_len == 0 || text[0] != '/')
        return FAULT_TARGET_FORM;
    ret->is_verbose = false;
    ret->has_after = TARGET_AFTER_NONE;
    if (query != NULL)
        read_query(query + 1, len - path_len - 1, ret);
    return decode(text, path_len, ret);
}
