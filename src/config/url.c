#include "config/url.h"

#include "base/buffer.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#define EXPECTED "expected postgres://USER@HOST:PORT/DATABASE"

static const char *const schemes[] = {"postgres://", "postgresql://"};

/* What is behind the scheme, or NULL. */
static const char *behind_scheme(const char *text)
{
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (strncmp(text, schemes[i], strlen(schemes[i])) == 0)
            return text + strlen(schemes[i]);
    return NULL;
}

bool url_is_postgres(const char *text)
{
    return behind_scheme(text) != NULL;
}

/* libpq takes what is before the first '@' for a user and a password, unless there is a '/' before
 * that. Where that ends, or the start of s. */
static const char *behind_user(const char *s)
{
    size_t len = strcspn(s, "@/");
    return s[len] == '@' ? s + len + 1 : s;
}

static enum err check_characters(const char *url, struct error *e)
{
    for (const char *c = url; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            return error_set(e, ERR_CONFIG, "a control character in the URL; expected it as %%XX");
    const char *s = behind_scheme(url), *host = behind_user(s);
    bool is_query_in_user = host > s && s[strcspn(s, ":@?")] == '?';
    bool is_at_behind = host[strcspn(host, "@?")] == '@';
    if (is_query_in_user || is_at_behind)
        return error_set(e, ERR_CONFIG,
                         "an '@' in the URL that does not end the user; expected '@', '/' and '?' "
                         "in a user, a password or a name as %%40, %%2F and %%3F");
    return ERR_OK;
}

/* libpq quotes the text at fault, which may be the password, so its words end at the first quote.
 */
static enum err refuse(const char *reason, struct error *e)
{
    size_t len = strcspn(reason != NULL ? reason : "", "\"\n");
    bool is_cut = len > 0 && reason[len] == '"';
    while (len > 0 && strchr(" :", reason[len - 1]) != NULL)
        len--;
    if (len == 0)
        return error_set(e, ERR_MEMORY, "no memory to read the URL");
    return error_set(e, ERR_CONFIG, "libpq cannot read the URL: %.*s%s; " EXPECTED, (int)len,
                     reason, is_cut ? " …" : "");
}

/* A list with commas, an empty entry standing for the default. */
static bool are_ports(const char *list)
{
    for (const char *s = list;; s++) {
        size_t digits = strspn(s, "0123456789");
        unsigned long port = digits > 0 && digits <= 5 ? strtoul(s, NULL, 10) : 0;
        if (digits > 0 && (port < 1 || port > 65535))
            return false;
        s += digits;
        if (*s == '\0')
            return true;
        if (*s != ',')
            return false;
    }
}

static enum err check_options(const PQconninfoOption *options, bool *ret_has_password,
                              struct error *e)
{
    bool has_password = false;
    for (const PQconninfoOption *o = options; o->keyword != NULL; o++) {
        if (o->val == NULL)
            continue;
        if (strcmp(o->keyword, "replication") == 0)
            return error_set(e, ERR_CONFIG,
                             "'replication' in the URL; expected none, as badged sets it itself");
        if (strcmp(o->keyword, "port") == 0 && !are_ports(o->val))
            return error_set(e, ERR_CONFIG,
                             "a port in the URL that is no number from 1 to 65535; " EXPECTED
                             ", with '/' in a user or a password as %%2F");
        has_password = has_password || (strcmp(o->keyword, "password") == 0 && *o->val != '\0');
    }
    *ret_has_password = has_password;
    return ERR_OK;
}

enum err url_check(const char *url, bool *ret_has_password, struct error *e)
{
    enum err err = check_characters(url, e);
    if (err != ERR_OK)
        return err;
    char *reason = NULL;
    PQconninfoOption *options = PQconninfoParse(url, &reason);
    err = options != NULL ? check_options(options, ret_has_password, e) : refuse(reason, e);
    PQconninfoFree(options);
    PQfreemem(reason);
    return err;
}

char *url_show(const char *url)
{
    struct buffer b = {0};
    const char *s = behind_scheme(url), *host = behind_user(s);
    buffer_add(&b, url, (size_t)(s - url));
    if (host > s) {
        size_t user = strcspn(s, ":@");
        buffer_add(&b, s, user);
        buffer_puts(&b, "@");
    }
    buffer_add(&b, host, strcspn(host, "?"));
    return buffer_take(&b);
}
