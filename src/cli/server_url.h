/* Where a badged is reached by HTTP: as --url says, or else where the configuration listens.
 *
 * Ownership: nothing is kept.
 */
#ifndef BADGED_CLI_SERVER_URL_H
#define BADGED_CLI_SERVER_URL_H

#include "base/error.h"
#include "config/config.h"

enum {
    SERVER_URL_BYTES_MAX = 300
};

/* server_url_read(given, c, out, e): the URL without a slash at its end; given is what --url says,
 * or NULL. "" when nothing says where: the configuration listens at a port that is taken when it
 * starts. ERR_USAGE: given is no http:// or https:// URL, is too long, or has a user or password in
 * it, which others of this machine would see. */
enum err server_url_read(const char *given, const struct config *c, char out[SERVER_URL_BYTES_MAX],
                         struct error *e) MUST_CHECK;

#endif
