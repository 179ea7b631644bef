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

/* Whether "verbose" or "verbose=…" is one of the parameters, which '&' parts. */
static bool has_verbose(const char *query, size_t len)
{
    static const char name[] = "verbose";
    const size_t name_len = sizeof(name) - 1;
    for (const char *end = query + len, *at = query; at < end;) {
        const char *next = memchr(at, '&', (size_t)(end - at));
        if (next == NULL)
            next = end;
        size_t left = (size_t)(next - at);
        if (left >= name_len && memcmp(at, name, name_len) == 0 &&
            (left == name_len || at[name_len] == '='))
            return true;
        at = next < end ? next + 1 : end;
    }
    return false;
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
    ret->is_verbose = query != NULL && has_verbose(query + 1, len - path_len - 1);
    return decode(text, path_len, ret);
}
