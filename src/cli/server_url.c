#include "cli/server_url.h"

#include <stdio.h>
#include <string.h>

/* Where `listen` is reached from this machine. */
static void from_config(const struct config *c, char out[SERVER_URL_BYTES_MAX])
{
    const char *host = c->listen_host;
    if (strcmp(host, "0.0.0.0") == 0)
        host = "127.0.0.1";
    else if (strcmp(host, "::") == 0)
        host = "::1";
    bool is_six = strchr(host, ':') != NULL;
    out[0] = '\0';
    if (c->listen_port != 0)
        (void)snprintf(out, SERVER_URL_BYTES_MAX, is_six ? "http://[%s]:%u" : "http://%s:%u", host,
                       (unsigned)c->listen_port);
}

enum err server_url_read(const char *given, const struct config *c, char out[SERVER_URL_BYTES_MAX],
                         struct error *e)
{
    if (given == NULL) {
        from_config(c, out);
        return ERR_OK;
    }
    size_t len = strlen(given);
    size_t scheme = strncmp(given, "http://", 7) == 0    ? 7
                    : strncmp(given, "https://", 8) == 0 ? 8
                                                         : 0;
    if (scheme == 0 || len >= SERVER_URL_BYTES_MAX)
        return error_set(e, ERR_USAGE, "--url %.60s: expected such as http://127.0.0.1:8080",
                         given);
    if (memchr(given + scheme, '@', strcspn(given + scheme, "/?#")) != NULL)
        return error_set(e, ERR_USAGE,
                         "--url: a user and password there would be seen by others; leave them "
                         "out");
    while (given[len - 1] == '/')
        len--;
    (void)snprintf(out, SERVER_URL_BYTES_MAX, "%.*s", (int)len, given);
    return ERR_OK;
}
