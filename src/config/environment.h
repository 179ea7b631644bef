/* Environment: what the variables say of the database, themselves or through a file that they name,
 * as a secret is better kept in a file than in the environment.
 *
 * A variable that is empty says nothing. Of a file's text one newline at its end is left out. No
 * message repeats what a variable or its file holds.
 *
 * Ownership: the texts are freed with free(). These read the environment, so before threads start.
 */
#ifndef BADGED_CONFIG_ENVIRONMENT_H
#define BADGED_CONFIG_ENVIRONMENT_H

#include "base/error.h"

enum {
    ENVIRONMENT_FILE_BYTES_MAX = 64 * 1024
};

/* environment_database(ret, ret_from, e): the text of DATABASE_URL, or of the file that
 * DATABASE_URL_FILE names, and which of the two it was; *ret is NULL when neither is set. ERR_USAGE
 * when both are, or the file is no text of at most ENVIRONMENT_FILE_BYTES_MAX bytes.
 * ERR_NOT_FOUND: there is no such file. ERR_READ_ONLY, ERR_SYSTEM: it cannot be read. */
enum err environment_database(char **ret, const char **ret_from, struct error *e) MUST_CHECK;

/* environment_password(ret, e): the text of the file that PGPASSWORD_FILE names; *ret is NULL when
 * it is not set. PGPASSWORD is left to libpq; both set is an ERR_USAGE. Otherwise as above; an
 * empty password is an ERR_USAGE too. */
enum err environment_password(char **ret, struct error *e) MUST_CHECK;

#endif
