/* Configuration: one file, the environment and flags become one immutable struct.
 *
 * Precedence: flag, then environment, then file, then default. The file is YAML:
 *
 *     database: sqlite:badged.db
 *     listen: 127.0.0.1:8080
 *     auth: none
 *     threads: 2
 *     badges:
 *       - name: orders.late
 *         label: Late orders
 *         zero: null
 *         count:
 *           - { table: orders, where: "status = 'late'" }
 *
 * docs/badged.example.yaml explains every key. What is wrong is refused with "file:line:column:
 * what was found; expected what", and for a predicate the line with a caret under the spot, on two
 * lines more. No message has a password in it.
 *
 * Ownership: config_load or config_new makes it, config_free frees it, the definitions in it too.
 * The definitions are shared with whatever index is bound to them; the rest is read-only, for any
 * thread.
 */
#ifndef BADGED_CONFIG_CONFIG_H
#define BADGED_CONFIG_CONFIG_H

#include "badge/definition.h"
#include "badge/index.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CONFIG_FILE_BYTES_MAX = 1024 * 1024
};

enum config_auth {
    CONFIG_AUTH_UNSET, /* nothing said it; there is no default for who may read whose counts */
    CONFIG_AUTH_NONE,
    CONFIG_AUTH_JWT,
    CONFIG_AUTH_PROXY,
};

/* How a Postgres database is followed. */
enum config_feed {
    CONFIG_FEED_AUTO, /* the default: by its stream of changes, or by polling without the right to
                       */
    CONFIG_FEED_STREAM,
    CONFIG_FEED_POLL,
};

struct config_places; /* where in the file each source stands */

struct config {
    char *file;     /* path that was read, or NULL: no file */
    char *database; /* "sqlite:FILE", FILE relative to the working directory, or a URL for libpq,
                       "postgres://…" or "postgresql://…"; default "sqlite:badged.db" */
    char *database_shown; /* what may be printed of it: no password, no query */
    char *database_from;  /* what named it: "--database", "DATABASE_URL", "DATABASE_URL_FILE", the
                             file's path, "default" */
    bool has_database_password; /* there is a password in the URL */
    char *pg_password;     /* of PGPASSWORD_FILE; NULL: the URL's, or what libpq finds by itself */
    enum config_feed feed; /* of Postgres, as all up to lag_seconds */
    char *publication;     /* default "badged" */
    unsigned poll_seconds; /* between two polls, 1 to 3600; default 5 */
    uint64_t lag_bytes;    /* of the server's log that may wait for badged; default 4 GiB */
    unsigned lag_seconds;  /* that badged may be behind, 1 to 86400; default 300 */
    char *listen_host;     /* address without brackets; default "127.0.0.1" */
    uint16_t listen_port;  /* 0: any free one; default 8080 */
    enum config_auth auth;
    unsigned threads; /* of the server, 1 to 64; default: the processors this process may use, at
                         most 4 */
    unsigned after_seconds; /* that a request waits for the commit it asks for, 0 to 60; default 5
                             */
    /* Streams: how many there may be, in all (default 10000), of a tenant (1000), from an address
     * (0: as many as in all, the default); the age at which one is ended, 1 to 86400 (600); and
     * over how long they are ended when badged stops, 0 to 300 (5). */
    unsigned streams_max, streams_per_tenant, streams_per_address, stream_seconds, drain_seconds;
    uint64_t history_bytes;        /* for the course of the badges (serve/history.h); 16 MiB */
    unsigned history_step_seconds; /* between two of its values, 1 to 3600; default 30 */
    struct definitions
        *definitions; /* the built-in badges, with the file's added or put in their place */
    struct config_places *places; /* NULL: no badge comes from a file */
};

/* What the command line said; NULL for what it did not. */
struct config_flags {
    const char *file; /* --config: must exist; when NULL, badged.yaml in the working directory is
                         read if it is there */
    const char *database, *feed, *listen, *auth, *threads;
};

/* config_load(flags, ret, e): read the file and the environment (DATABASE_URL and DATABASE_URL_FILE
 * unless a flag names a database, PGPASSWORD_FILE when it is Postgres), check, and put together.
 * ERR_CONFIG: the file is wrong, no plain file, or larger than CONFIG_FILE_BYTES_MAX. ERR_USAGE: a
 * flag or the environment is wrong, or --feed is given with an embedded database. ERR_NOT_FOUND:
 * --config or the environment names no file. ERR_READ_ONLY, ERR_SYSTEM: it cannot be read. What a
 * flag overrides is checked in the file all the same. Logs a warning of a password in a flag. Reads
 * the environment, so before threads start. */
enum err config_load(const struct config_flags *flags, struct config **ret,
                     struct error *e) MUST_CHECK;

/* config_new(): the defaults. */
struct config *config_new(void);

/* config_parse(c, name, text, len, e): put what len bytes of YAML say into c, fresh from
 * config_new; name stands for the file in messages. For config_load, and for tests that have no
 * file. On failure c is good for config_free only. */
enum err config_parse(struct config *c, const char *name, const char *text, size_t len,
                      struct error *e) MUST_CHECK;

/* config_is_postgres(c): whether the database is Postgres, and not an embedded one. */
bool config_is_postgres(const struct config *c);

/* config_free(c): c may be NULL. */
void config_free(struct config *c);

/* config_explain_setting(c, key, flag, e): e says why the value of a top-level key such as "listen"
 * cannot be used, and flag is what the command line said of it. When the file's value is the one in
 * use: put in front where it stands, and make it an ERR_CONFIG. Returns e's code. */
enum err config_explain_setting(const struct config *c, const char *key, const char *flag,
                                struct error *e);

/* config_explain(c, fault, e): e says why a source of c's definitions does not suit its table
 * (index_new, sqlite_once_check): put in front where it stands in the file, or "built-in badge
 * NAME", and for a predicate add the caret. With SPEC_BADGE it is no source's fault, and e stays as
 * it is. e may be NULL. */
void config_explain(const struct config *c, const struct source_fault *fault, struct error *e);

#endif
