/* Badge definitions: what is counted, and where in the answer the number stands.
 *
 * A badge's number is the sum over its sources. Badges that count the same rows of a table share
 * one source, so that the index keeps those rows once.
 *
 * Ownership: definitions_new makes an empty set, definitions_free frees it and everything in it.
 * Texts given to definitions_add are copied. A set is read-only once it was handed to an index;
 * then any thread may read it.
 */
#ifndef BADGED_BADGE_DEFINITION_H
#define BADGED_BADGE_DEFINITION_H

#include "badge/predicate.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    BADGES_MAX = 256,           /* badges in a set */
    BADGE_SOURCES_MAX = 16,     /* sources of one badge */
    SOURCES_MAX = 256,          /* distinct sources in a set */
    BADGE_NAME_BYTES_MAX = 100, /* "knowledge.crawlFailures" */
    BADGE_NAME_PARTS_MAX = 4,   /* dotted parts of a name */
    BADGE_LABEL_BYTES_MAX = 200,
    IDENTIFIER_BYTES_MAX = PREDICATE_COLUMN_BYTES_MAX, /* of a schema, table or column */
};

struct source {
    char *schema; /* "public" unless the file says otherwise; the embedded database has only this
                     one */
    char *table;
    char *tenant;   /* column, default "tenant_id" */
    char *where;    /* the predicate's text; "TRUE" when every row counts */
    char *distinct; /* column, or NULL: count rows */
    char *order;    /* column that the list is sorted by, or NULL: created_at, where there is one */
    struct predicate *predicate;
};

struct badge {
    char *name;
    char *label;
    bool is_zero_null; /* whether 0 is shown as null ("nothing to show") or as 0 */
    size_t *sources;   /* indexes into definitions.sources; none: always empty */
    size_t sources_count;
};

struct definitions {
    struct badge *badges; /* in the order of the answer */
    size_t badges_count;
    struct source *sources;
    size_t sources_count;
};

/* What a file, or the table of built-in badges, says of one source or badge. NULL takes the default
 * above. */
struct source_spec {
    const char *schema, *table, *tenant, *where, *distinct, *order;
};

struct badge_spec {
    const char *name,
        *label; /* label NULL: made from the name's last part, "crawlFailures" → "Crawl Failures" */
    bool is_zero_null;
    const struct source_spec *count;
    size_t count_len;
};

/* Where a badge_spec is wrong, for a message that points at the place. */
enum spec_field {
    SPEC_BADGE,
    SPEC_NAME,
    SPEC_LABEL,
    SPEC_COUNT,
    SPEC_SCHEMA,
    SPEC_TABLE,
    SPEC_TENANT,
    SPEC_WHERE,
    SPEC_DISTINCT,
    SPEC_ORDER,
};

struct spec_fault {
    enum spec_field field;
    size_t source; /* index into count, for the fields of a source */
    size_t offset; /* byte in the text of that field, for SPEC_WHERE */
};

/* definitions_new(): an empty set. definitions_builtin(): the badges that badged ships. */
struct definitions *definitions_new(void);
struct definitions *definitions_builtin(void);
void definitions_free(struct definitions *d);

/* definitions_add(d, spec, fault, e): add a badge, or replace the one of that name, keeping its
 * place. A new badge whose dotted name opens with a group that is there already goes behind the
 * last of that group, others to the end. Refuses with ERR_CONFIG (d unchanged, fault written): a
 * name that is not dotted words of letters, digits, '_' and '-'; one that collides with another
 * ("a" and "a.b"); a predicate that does not parse; a text or number over its limit above. */
enum err definitions_add(struct definitions *d, const struct badge_spec *spec,
                         struct spec_fault *fault, struct error *e) MUST_CHECK;

/* definitions_compact(d): drop sources that no badge counts any more (after replacements); till
 * then they count towards SOURCES_MAX. Indexes change. */
void definitions_compact(struct definitions *d);

/* badge_label(name): the label of a name that was given none, made of its last part. The caller
 * frees it. */
char *badge_label(const char *name);

/* badge_shared_groups(a, b, ret_bytes): how many dotted groups two names are both in: 1 for "a.b.c"
 * and "a.d". Writes how many bytes their names take, "a.". */
size_t badge_shared_groups(const char *a, const char *b, size_t *ret_bytes);

/* definitions_find(d, name): the badge of that name, or NULL. */
const struct badge *definitions_find(const struct definitions *d, const char *name);

#endif
