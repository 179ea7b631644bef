/* Host     = uri-host [ ":" port ]               (RFC 9110, section 7.2)
 * uri-host = IP-literal / IPv4address / reg-name (RFC 3986, section 3.2.2)
 */
#include "serve/host.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

enum {
    NAME_BYTES_MAX = 64
}; /* longer than any spelling of a loopback host */

static bool is_port(const char *s, size_t len)
{
    if (len > 5)
        return false;
    for (size_t i = 0; i < len; i++)
        if (s[i] < '0' || s[i] > '9')
            return false;
    return true;
}

static bool is_loopback_ipv4(const char *text)
{
    struct in_addr a;
    return inet_pton(AF_INET, text, &a) == 1 && ntohl(a.s_addr) >> 24 == 127;
}

static bool is_loopback_ipv6(const char *text)
{
    struct in6_addr a;
    return inet_pton(AF_INET6, text, &a) == 1 && IN6_IS_ADDR_LOOPBACK(&a);
}

bool host_is_loopback(const char *value, size_t len)
{
    char name[NAME_BYTES_MAX];
    const char *end = value + len;
    const char *bracket = len > 0 && value[0] == '[' ? memchr(value, ']', len) : NULL;
    const char *from = bracket != NULL ? bracket : value;
    const char *colon = memchr(from, ':', (size_t)(end - from));
    if (colon != NULL && !is_port(colon + 1, (size_t)(end - colon - 1)))
        return false;
    size_t name_len = (size_t)((colon != NULL ? colon : end) - value);
    if (name_len >= sizeof(name) || memchr(value, '\0', name_len) != NULL)
        return false;
    memcpy(name, value, name_len);
    name[name_len] = '\0';
    if (bracket != NULL) {
        if (name[name_len - 1] != ']')
            return false;
        name[name_len - 1] = '\0';
        return is_loopback_ipv6(name + 1);
    }
    return strcasecmp(name, "localhost") == 0 || is_loopback_ipv4(name);
}

enum err host_resolve(const char *host, uint16_t port, struct host_address *ret, struct error *e)
{
    *ret = (struct host_address){0};
    if (strcasecmp(host, "localhost") == 0)
        host = "127.0.0.1";
    if (is_loopback_ipv4(host)) {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
        (void)inet_pton(AF_INET, host, &in.sin_addr);
        memcpy(&ret->storage, &in, sizeof(in));
        ret->len = sizeof(in);
        return ERR_OK;
    }
    if (is_loopback_ipv6(host)) {
        struct sockaddr_in6 in6 = {
            .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
        memcpy(&ret->storage, &in6, sizeof(in6));
        ret->len = sizeof(in6);
        return ERR_OK;
    }
    return error_set(e, ERR_USAGE,
                     "cannot listen on %.100s: without authentication the tenant comes from a "
                     "header that anybody can write, so only a loopback address is allowed: "
                     "127.0.0.1, ::1 or localhost",
                     host);
}
