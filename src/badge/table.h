/* A table of the user's as far as badges need it: its name and the columns that sources name, each
 * with its type.
 *
 * A feed fills these from the database's catalog; predicates are typed against them. The order of
 * the columns is the order in which a row's values are handed to the index.
 *
 * Ownership: table_fini frees the texts and the arrays. Names are kept as the database's catalog
 * spells them.
 */
#ifndef BADGED_BADGE_TABLE_H
#define BADGED_BADGE_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* What a column may be compared with, and how. SQLite has BOOL, NUMBER, TEXT, UUID, TIME and OTHER;
 * Postgres has all but NUMBER and TIME. What stands behind "as" is the kind of its values. */
enum column_type {
    COLUMN_BOOL,    /* TRUE, FALSE; usable as a condition by itself; as VALUE_INT, 0 or 1 */
    COLUMN_NUMBER,  /* integers and reals of any size, compared exactly; equality and order */
    COLUMN_TEXT,    /* equality only, as order depends on collation; as VALUE_TEXT */
    COLUMN_UUID,    /* text in the form of a UUID; equality only; as VALUE_TEXT */
    COLUMN_TIME,    /* a point in time, stored as text: 2026-01-31T12:00:00.000Z; equality, order */
    COLUMN_OTHER,   /* anything else: IS NULL only */
    COLUMN_INTEGER, /* of at most 64 bits; equality, order; as VALUE_INT */
    COLUMN_REAL,    /* a double, compared as one; equality, order; as VALUE_REAL */
    COLUMN_SINGLE,  /* a real of 32 bits, widened to a double; equality, order; as VALUE_REAL */
    COLUMN_DECIMAL, /* any number of digits, compared exactly; equality, order; as VALUE_DECIMAL */
    /* A point in time, in UTC where the type has no zone: microseconds since 2000-01-01T00:00Z,
     * which Postgres counts from, with the ends of int64_t for the infinities; equality, order; as
     * VALUE_INT. */
    COLUMN_INSTANT,
    /* A day: days since 2000-01-01, infinities as above; equality, order; as VALUE_INT. Its first
     * instant is what it is compared by with a COLUMN_INSTANT. */
    COLUMN_DATE,
    COLUMN_ENUM, /* one of a list of labels; equality only; as VALUE_TEXT */
};

struct column {
    char *name;
    enum column_type type;
    /* Two columns of different kin do not compare, unless one has kin 0: of COLUMN_ENUM the
     * enumeration it is of (never 0), of COLUMN_TEXT its collation (0: the database's own). */
    uint32_t kin;
    /* Of COLUMN_ENUM: the texts that it may be compared with. NULL for all others. */
    char **labels;
    size_t labels_count;
};

struct table {
    char *schema;
    char *name;
    struct column *columns;
    size_t columns_count;
    /* How the database reads the text of a number that is not a whole one, beside a COLUMN_NUMBER,
     * as the last bit may differ from strtod's; NULL: strtod. context outlives the binding of
     * predicates to this table.
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
