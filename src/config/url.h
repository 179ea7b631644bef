/* URLs of a Postgres database, as libpq reads them (PostgreSQL manual, section "Connection URIs").
 *
 * libpq takes some URLs in which a password was not escaped for something else, such as a host, and
 * would name it in the messages of a failed connection. They are refused here. No message of this
 * module repeats any part of a URL.
 *
 * Ownership: plain values; what is returned through char * is freed with free().
 */
#ifndef BADGED_CONFIG_URL_H
#define BADGED_CONFIG_URL_H

#include "base/error.h"

#include <stdbool.h>

/* url_is_postgres(text): whether it begins as one: postgres:// or postgresql://. Pure. */
bool url_is_postgres(const char *text);

/* url_check(url, ret_has_password, e): whether libpq can use the URL, and whether there is a
 * password in it. ERR_CONFIG when it cannot, or it holds what badged sets itself. */
enum err url_check(const char *url, bool *ret_has_password, struct error *e) MUST_CHECK;

/* url_show(url): what may be printed of a URL that url_check passed: no password, no query. */
char *url_show(const char *url);

#endif
