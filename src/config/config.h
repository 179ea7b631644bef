/* Configuration: one file, the environment and flags become one immutable struct.
 *
 * Precedence: flag, then environment, then file, then default. The file is YAML:
 *
 *     database: sqlite:badged.db
 *     listen: 127.0.0.1:8080
 *     auth: none
 *     badges:
 *       - name: orders.late
 *         label: Late orders
 *         zero: null
 *         count:
 *           - { table: orders, where: "status = 'late'" }
 *
 * Ownership: config_load makes it, config_free frees it, the definitions in it too.
 */
#ifndef BADGED_CONFIG_CONFIG_H
#define BADGED_CONFIG_CONFIG_H

#include "badge/definition.h"
#include "badge/index.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CONFIG_FILE_BYTES_MAX = 1024 * 1024 };

enum config_auth {
    CONFIG_AUTH_UNSET,
    CONFIG_AUTH_NONE,
    CONFIG_AUTH_JWT,
    CONFIG_AUTH_PROXY,
};

struct config_places; /* where in the file each source stands */

struct config {
    char *file;         /* path that was read, or NULL: no file */
    char *database;     /* "sqlite:badged.db" */
    char *database_from;/* what named it: "--database", "DATABASE_URL", the file's path, "default" */
    char *listen_host;  /* address without brackets, "127.0.0.1" */
    uint16_t listen_port; /* 0: any free one */
    enum config_auth auth;
    unsigned threads;   /* of the server, 1 to 64; default: the processors this process may use, at most 4 */
    struct definitions *definitions;
    struct config_places *places;
};

/* What the command line said; NULL or 0 for what it did not. */
struct config_flags {
    const char *file; /* --config: must exist; when NULL, badged.yaml in the working directory is read if it is there */
    const char *database, *listen, *auth, *threads;
};

/* config_load(flags, ret, e): read, check, and put together. ERR_CONFIG with "file:line:column: what was found, what was expected" (and, for a
 * predicate, the line of text with a caret under the spot, on lines of their own), ERR_USAGE for a wrong flag. A file over CONFIG_FILE_BYTES_MAX, or one that is not a plain file, is refused. */
enum err config_load(const struct config_flags *flags, struct config **ret, struct error *e) MUST_CHECK;

/* config_parse(name, text, len, d, ret_places, e): the YAML alone: add its badges to d. For config_load and the fuzz target. name stands in messages. */
enum err config_parse(const char *name, const char *text, size_t len, struct config *config,
                      struct error *e) MUST_CHECK;

void config_free(struct config *c);

/* config_explain(c, fault, e): put in front of e's message the place in the file where the source stands, or "built-in badge NAME", and
 * for a predicate the caret, as config_load does. */
void config_explain(const struct config *c, const struct source_fault *fault, struct error *e);

#endif
