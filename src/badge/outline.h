/* The outline of a set of badges: its groups and badges as a tree, written out line by line, each
 * group in front of what is in it. This is where dotted names become groups, whether they are
 * drawn or written as JSON.
 *
 * Ownership: outline_new makes it, outline_free frees it. It points to the definitions, which
 * outlive it. Any thread may read one.
 */
#ifndef BADGED_BADGE_OUTLINE_H
#define BADGED_BADGE_OUTLINE_H

#include "badge/definition.h"

#include <stddef.h>

enum outline_order {
    OUTLINE_ANSWER,  /* that of the definitions, which is the answer's */
    OUTLINE_SIDEBAR, /* the built-in items as people know them, and behind them all others */
};

struct outline_item {
    const char *name; /* dotted: "knowledge", "knowledge.sites" */
    const char *part; /* the last part of it */
    const char *label;
    size_t depth;              /* in how many groups it is */
    const struct badge *badge; /* NULL: a group; the items behind it that are deeper are in it */
};

struct outline {
    struct outline_item *items;
    size_t count;
    char **texts; /* of groups */
    size_t texts_count;
};

/* outline_new(d, order): the outline of a set of definitions. The badges of a group stand together,
 * as definitions_add places them. */
struct outline *outline_new(const struct definitions *d, enum outline_order order);
void outline_free(struct outline *o);

#endif
