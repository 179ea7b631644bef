/* The files that make the tables: which there are, and what `badged migrate` says of each.
 *
 * Ownership: the files are constants; what is reported is JSON that the caller releases.
 */
#ifndef BADGED_STORE_MIGRATION_H
#define BADGED_STORE_MIGRATION_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    MIGRATION_HASH_BYTES = 65, /* SHA-256 (FIPS 180-4) in hexadecimal digits, and a NUL */
};

struct migration {
    int number; /* what the name begins with */
    const char *name;
    const char *sql;
    size_t sql_len;
    bool is_optional; /* applied only when asked for by its number */
};

/* migrations_postgres(count), migrations_sqlite(count): the files, in the order they are applied.
 */
const struct migration *migrations_postgres(size_t *count);
const struct migration *migrations_sqlite(size_t *count);

/* migration_last(list, count): the number of the last one that is applied unasked. */
int migration_last(const struct migration *list, size_t count);

/* migration_check_number(list, count, number, e): ERR_USAGE, listing the numbers, unless one has
 * it. */
enum err migration_check_number(const struct migration *list, size_t count, int number,
                                struct error *e) MUST_CHECK;

/* migration_hash(m, ret): the SHA-256 of the file. */
void migration_hash(const struct migration *m, char ret[MIGRATION_HASH_BYTES]);

/* migration_body(m, len): the file's text without the BEGIN and the COMMIT that stand on lines of
 * their own, for a transaction that does more. */
const char *migration_body(const struct migration *m, size_t *len);

/* migration_sqlite_statement(kind, name): the statement of the embedded database's files that makes
 * the "table", "index" or "trigger" of that name, freed by the caller; NULL when there is none. */
char *migration_sqlite_statement(const char *kind, const char *name);

/* Whom migrating tells what it does, one line at a time, without a newline. */
struct migration_report {
    void (*say)(void *context, const char *line);
    void *context;
};

void migration_say(const struct migration_report *r, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* migration_wanted(): what there must be: tables, columns, indexes, triggers, as JSON text. */
const char *migration_wanted(void);

/* Reports, as JSON:
 *   a status is a list of {"file", "number", "sha256", "state", "applied_at", "version"}; state is
 *     "applied", "pending", "changed" (applied as another text), "incomplete" (applied, and
 *     something of it is gone), "not needed", "optional", or "unknown" (applied by a badged that
 *     has other files); applied_at and version are null where nothing was applied;
 *   a verification is {"tables": [{"schemaname", "tablename", "hasindexes", "hasrules",
 *     "hastriggers"}], "lacking": [{"table", "kind", "name", "text"}]}; kind is "table", "column",
 *     "index" or "trigger". With Postgres each has "files", the numbers of those that make it; a
 *     table may be "is_something_else", an index has the "statement" that builds it, and is
 *     "broken", with its name as SQL, where it is there and not valid. */

/* migration_is_current(status): whether `up` would do nothing. */
bool migration_is_current(const json_t *status);

/* migration_is_usable(verification): whether every table is there with every column. */
bool migration_is_usable(const json_t *verification);

#endif
