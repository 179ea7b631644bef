/* Settings: the text of one, from a flag, the environment or the file, as what it means.
 *
 * Every message says what was found and what was expected; the caller puts in front where the text
 * stood. None repeats the text of a database setting: there may be a password in it.
 *
 * Ownership: nothing is kept; what is returned through char ** is freed with free().
 */
#ifndef BADGED_CONFIG_SETTING_H
#define BADGED_CONFIG_SETTING_H

#include "base/error.h"
#include "config/config.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    SETTING_THREADS_MAX = 64,
    SETTING_PUBLICATION_BYTES_MAX = 63,
    SETTING_STREAMS_MAX = 1000000,
};

struct setting_range {
    unsigned min, max;
};

/* setting_check_database(text, ret_has_password, e): ERR_CONFIG unless it is sqlite:FILE, or
 * postgres://… or postgresql://… as url_check takes it; whether there is a password in it. */
enum err setting_check_database(const char *text, bool *ret_has_password,
                                struct error *e) MUST_CHECK;

/* setting_listen(text, ret_host, ret_port, e): ADDRESS:PORT, where ADDRESS is a name, an IPv4
 * address, or an IPv6 address in brackets (RFC 3986, section 3.2.2), and PORT is 0 to 65535. */
enum err setting_listen(const char *text, char **ret_host, uint16_t *ret_port,
                        struct error *e) MUST_CHECK;

/* setting_auth(text, ret, e): none, jwt or proxy. */
enum err setting_auth(const char *text, enum config_auth *ret, struct error *e) MUST_CHECK;

/* setting_feed(text, ret, e): auto, stream or poll. */
enum err setting_feed(const char *text, enum config_feed *ret, struct error *e) MUST_CHECK;

/* setting_check_publication(text, e): ERR_CONFIG unless it is 1 to SETTING_PUBLICATION_BYTES_MAX
 * bytes long, as names in Postgres are (PostgreSQL manual, "Identifiers and Key Words"). */
enum err setting_check_publication(const char *text, struct error *e) MUST_CHECK;

/* setting_seconds(text, range, ret, e): a whole number in the range. */
enum err setting_seconds(const char *text, struct setting_range range, unsigned *ret,
                         struct error *e) MUST_CHECK;

/* setting_streams(text, range, ret, e): the same, of streams. */
enum err setting_streams(const char *text, struct setting_range range, unsigned *ret,
                         struct error *e) MUST_CHECK;

/* setting_bytes(text, ret, e): a whole number of bytes, or of KiB, MiB or GiB when that is behind
 * it, from 1 MiB to 1024 GiB. */
enum err setting_bytes(const char *text, uint64_t *ret, struct error *e) MUST_CHECK;

/* setting_threads(text, ret, e): 1 to SETTING_THREADS_MAX. */
enum err setting_threads(const char *text, unsigned *ret, struct error *e) MUST_CHECK;

#endif
