/* A table of the user's as far as badges need it: its name and the columns that sources name, each
 * with its type.
 *
 * A feed fills these from the database's catalog; predicates are typed against them. The order of
 * the columns is the order in which a row's values are handed to the index.
 *
 * Ownership: table_fini frees the texts and the array. Names are kept as the database's catalog
 * spells them.
 */
#ifndef BADGED_BADGE_TABLE_H
#define BADGED_BADGE_TABLE_H

#include <stddef.h>

/* What a column may be compared with, and how. */
enum column_type {
    COLUMN_BOOL,   /* TRUE, FALSE; usable as a condition by itself; stored as a number */
    COLUMN_NUMBER, /* integers and reals of any size; equality and order */
    COLUMN_TEXT,   /* text and enums; equality only, as order depends on collation */
    COLUMN_UUID,   /* text in the form of a UUID; equality only */
    COLUMN_TIME,   /* a point in time, stored as text: 2026-01-31T12:00:00.000Z; equality, order */
    COLUMN_OTHER,  /* anything else: IS NULL only */
};

struct column {
    char *name;
    enum column_type type;
};

struct table {
    char *schema;
    char *name;
    struct column *columns;
    size_t columns_count;
    /* How the database reads the text of a number that is not a whole one, as the last bit may
     * differ from strtod's; NULL: strtod. context outlives the binding of predicates to this table.
     */
    double (*real_of)(const char *text, void *context);
    void *real_context;
    /* Why the database cannot read IS DISTINCT FROM, for a message; NULL when it can. */
    const char *no_distinct_from;
};

/* table_fini(t): frees what t holds, not t; takes a zeroed struct. */
void table_fini(struct table *t);

/* table_column(t, name): index of the column of exactly this name, or (size_t)-1. */
size_t table_column(const struct table *t, const char *name);

#endif
