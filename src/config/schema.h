/* The schema of the configuration file: which keys there are, and what each holds.
 *
 * One table says both to libcyaml what to load and to schema_check what to expect, so that the two
 * cannot disagree.
 *
 * Ownership: schema_load makes a struct schema_file, schema_free frees it and its texts.
 */
#ifndef BADGED_CONFIG_SCHEMA_H
#define BADGED_CONFIG_SCHEMA_H

#include "badge/definition.h"
#include "base/error.h"
#include "config/tree.h"

#include <stddef.h>

enum schema_zero {
    SCHEMA_ZERO_NULL, /* the default */
    SCHEMA_ZERO_ZERO,
};

struct schema_badge {
    char *name, *label;
    enum schema_zero zero;
    struct source_spec *count;
    size_t count_len;
};

/* NULL is a key that the file does not have. */
struct schema_file {
    char *database, *feed, *publication, *poll_seconds, *lag_bytes, *lag_seconds;
    char *listen, *auth, *threads, *after_seconds;
    char *streams_max, *streams_per_tenant, *streams_per_address, *stream_seconds, *drain_seconds;
    char *history_bytes, *history_step_seconds;
    struct schema_badge *badges;
    size_t badges_count;
};

/* schema_check(t, e): whether the tree of a file that is not empty fits: no unknown, missing or
 * repeated key, every value of its kind. ERR_CONFIG with the place, what was found and what was
 * expected. */
enum err schema_check(const struct tree *t, struct error *e) MUST_CHECK;

/* schema_load(t, ret, e): the structs of a tree that schema_check passed. Entry i of badges, or of
 * a count, is item i of that list in the tree. */
enum err schema_load(const struct tree *t, struct schema_file **ret, struct error *e) MUST_CHECK;

/* schema_free(file): file may be NULL. */
void schema_free(struct schema_file *file);

#endif
