#include "config/setting.h"

#include "base/mem.h"
#include "config/url.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* ---- database ---- */

static enum err check_file(const char *file, struct error *e)
{
    if (*file == '\0')
        return error_set(e, ERR_CONFIG,
                         "no file behind 'sqlite:'; expected one, as in sqlite:badged.db");
    if (strcmp(file, ":memory:") == 0)
        return error_set(
            e, ERR_CONFIG,
            "a database in memory, which nothing else could write to; expected a file, "
            "as in sqlite:badged.db");
    if (starts_with(file, "//") && !starts_with(file, "///"))
        return error_set(
            e, ERR_CONFIG,
            "'sqlite://' with two slashes; expected sqlite:FILE, as in sqlite:badged.db or "
            "sqlite:/var/lib/badged/badged.db");
    return ERR_OK;
}

enum err setting_check_database(const char *text, bool *ret_has_password, struct error *e)
{
    if (url_is_postgres(text))
        return url_check(text, ret_has_password, e);
    if (starts_with(text, "sqlite:")) {
        enum err err = check_file(text + strlen("sqlite:"), e);
        if (err == ERR_OK)
            *ret_has_password = false;
        return err;
    }
    size_t scheme =
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
    if (scheme > 0 && scheme < 20 && starts_with(text + scheme, "://"))
        return error_set(e, ERR_CONFIG,
                         "a database at %.*s://; expected sqlite:FILE or postgres://…", (int)scheme,
                         text);
    return error_set(
        e, ERR_CONFIG,
        "a database without 'sqlite:' or 'postgres://' in front; expected sqlite:FILE, "
        "as in sqlite:badged.db, or postgres://…");
}

/* ---- how Postgres is followed ---- */

enum err setting_feed(const char *text, enum config_feed *ret, struct error *e)
{
    static const struct {
        const char *word;
        enum config_feed feed;
    } words[] = {
        {"auto", CONFIG_FEED_AUTO}, {"stream", CONFIG_FEED_STREAM}, {"poll", CONFIG_FEED_POLL}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i].word, text) == 0) {
            *ret = words[i].feed;
            return ERR_OK;
        }
    }
    return error_set(e, ERR_CONFIG,
                     "'%.40s' is no way to follow a database; expected auto, stream or poll", text);
}

enum err setting_check_publication(const char *text, struct error *e)
{
    size_t len = strlen(text);
    if (len < 1 || len > SETTING_PUBLICATION_BYTES_MAX)
        return error_set(e, ERR_CONFIG,
                         "the name of a publication with %zu bytes; expected 1 to %d", len,
                         SETTING_PUBLICATION_BYTES_MAX);
    return ERR_OK;
}

static enum err parse_number(const char *text, struct setting_range range, const char *unit,
                             unsigned *ret, struct error *e)
{
    size_t digits = strspn(text, "0123456789");
    bool is_number = digits > 0 && digits <= 7 && text[digits] == '\0';
    unsigned long number = is_number ? strtoul(text, NULL, 10) : 0;
    if (!is_number || number < range.min || number > range.max)
        return error_set(e, ERR_CONFIG,
                         "'%.40s' is no number of %s; expected a whole number from %u to %u", text,
                         unit, range.min, range.max);
    *ret = (unsigned)number;
    return ERR_OK;
}

enum err setting_seconds(const char *text, struct setting_range range, unsigned *ret,
                         struct error *e)
{
    return parse_number(text, range, "seconds", ret, e);
}

enum err setting_streams(const char *text, struct setting_range range, unsigned *ret,
                         struct error *e)
{
    return parse_number(text, range, "streams", ret, e);
}

enum err setting_bytes(const char *text, uint64_t *ret, struct error *e)
{
    static const char *const units[] = {"", "KiB", "MiB", "GiB"};
    const uint64_t min = (uint64_t)1 << 20, max = (uint64_t)1024 << 30;
    size_t digits = strspn(text, "0123456789");
    const char *unit = text + digits + strspn(text + digits, " ");
    size_t power = 0;
    while (power < sizeof(units) / sizeof(units[0]) && strcmp(units[power], unit) != 0)
        power++;
    bool is_number = digits > 0 && digits <= 13 && power < sizeof(units) / sizeof(units[0]);
    uint64_t number = is_number ? strtoull(text, NULL, 10) : 0;
    if (number > max >> 10 * power || number << 10 * power < min)
        return error_set(e, ERR_CONFIG,
                         "'%.40s' is no number of bytes; expected a whole number, with KiB, MiB or "
                         "GiB behind it as needed, from 1 MiB to 1024 GiB",
                         text);
    *ret = number << 10 * power;
    return ERR_OK;
}

/* ---- listen ---- */

static enum err refuse_listen(const char *text, const char *why, struct error *e)
{
    return error_set(e, ERR_CONFIG, "'%.60s' %s; expected ADDRESS:PORT, as in 127.0.0.1:8080", text,
                     why);
}

static bool parse_port(const char *text, uint16_t *ret)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 5 || text[digits] != '\0')
        return false;
    unsigned long port = strtoul(text, NULL, 10);
    if (port > UINT16_MAX)
        return false;
    *ret = (uint16_t)port;
    return true;
}

/* Letters, digits, dots and dashes (RFC 1123, section 2.1); what has digits and dots only must be
 * an IPv4 address. */
static bool is_host(const char *host, bool is_bracketed)
{
    unsigned char address[sizeof(struct in6_addr)];
    size_t len = strlen(host);
    if (is_bracketed)
        return inet_pton(AF_INET6, host, address) == 1;
    if (strspn(host, "0123456789.") == len)
        return inet_pton(AF_INET, host, address) == 1;
    return len < 254 && host[0] != '-' && host[0] != '.' &&
           strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") == len;
}

enum err setting_listen(const char *text, char **ret_host, uint16_t *ret_port, struct error *e)
{
    const char *colon = strrchr(text, ':');
    bool is_bracketed = text[0] == '[';
    if (colon == text || strspn(text, "0123456789") == strlen(text))
        return refuse_listen(text, "names no address", e);
    if (colon == NULL || (is_bracketed && colon[-1] != ']'))
        return refuse_listen(text, "names no port", e);
    if (!is_bracketed && strchr(text, ':') != colon)
        return error_set(
            e, ERR_CONFIG,
            "'%.60s' has more than one ':'; expected ADDRESS:PORT, with an IPv6 address "
            "in brackets, as in [::1]:8080",
            text);
    uint16_t port;
    if (!parse_port(colon + 1, &port))
        return refuse_listen(text, "has no port from 0 to 65535", e);
    char *host = is_bracketed ? mem_text(text + 1, (size_t)(colon - text) - 2)
                              : mem_text(text, (size_t)(colon - text));
    if (!is_host(host, is_bracketed)) {
        free(host);
        return refuse_listen(text, "has no address that can be one", e);
    }
    *ret_host = host;
    *ret_port = port;
    return ERR_OK;
}

/* ---- auth, threads ---- */

enum err setting_auth(const char *text, enum config_auth *ret, struct error *e)
{
    static const struct {
        const char *word;
        enum config_auth auth;
    } words[] = {
        {"none", CONFIG_AUTH_NONE}, {"jwt", CONFIG_AUTH_JWT}, {"proxy", CONFIG_AUTH_PROXY}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i].word, text) == 0) {
            *ret = words[i].auth;
            return ERR_OK;
        }
    }
    return error_set(e, ERR_CONFIG,
                     "'%.40s' is no way to authenticate; expected none, jwt or proxy", text);
}

enum err setting_threads(const char *text, unsigned *ret, struct error *e)
{
    size_t digits = strspn(text, "0123456789");
    unsigned long threads = digits <= 2 && text[digits] == '\0' ? strtoul(text, NULL, 10) : 0;
    if (threads < 1 || threads > SETTING_THREADS_MAX)
        return error_set(e, ERR_CONFIG,
                         "'%.40s' is no number of threads; expected a whole number from 1 to %d",
                         text, SETTING_THREADS_MAX);
    *ret = (unsigned)threads;
    return ERR_OK;
}
