/* Predicates: the part of SQL's conditions that is a pure function of one row.
 *
 * A predicate is parsed once, bound to a table's columns, and then evaluated on rows with
 * three-valued logic. The text it came from runs unchanged in SQL, and evaluation agrees with what
 * the database answers. The grammar stands at the top of predicate_parse.c.
 *
 * Ownership: predicate_parse makes it, predicate_free frees it; it keeps nothing of the text or the
 * table it was given. Evaluation only reads, so any number of threads may evaluate one predicate.
 */
#ifndef BADGED_BADGE_PREDICATE_H
#define BADGED_BADGE_PREDICATE_H

#include "badge/table.h"
#include "base/error.h"
#include "base/value.h"

#include <stddef.h>

struct predicate;

enum {
    PREDICATE_BYTES_MAX = 4096, /* length of a predicate's text */
    PREDICATE_NODES_MAX = 512,  /* operators, columns and literals in one predicate */
    /* Operators and parentheses that wait for what they enclose: SQLite's parser runs out of its
     * stack (YYSTACKDEPTH, 100) where 46 of them stand in each other. */
    PREDICATE_DEPTH_MAX = 40,
    PREDICATE_COLUMN_BYTES_MAX = 63, /* name of a column; Postgres would cut a longer one */
};

enum truth {
    TRUTH_FALSE,
    TRUTH_TRUE,
    TRUTH_UNKNOWN,
};

/* predicate_parse(text, len, ret, offset, e): parse len bytes of text, which is UTF-8. On failure
 * returns ERR_CONFIG, and writes the byte offset of the fault in the text (at most len) to offset;
 * ret is written only on success. */
enum err predicate_parse(const char *text, size_t len, struct predicate **ret, size_t *offset,
                         struct error *e) MUST_CHECK;

/* predicate_free(p): p may be NULL. */
void predicate_free(struct predicate *p);

/* predicate_columns_count(p), predicate_column(p, i): the distinct columns it names, in order of
 * first use; names as SQL reads them, an unquoted one in lower case and a quoted one without its
 * quotes. */
size_t predicate_columns_count(const struct predicate *p);
const char *predicate_column(const struct predicate *p, size_t i);

/* predicate_bind(p, table, offset, e): look up each column in the table and check the types of
 * every comparison. On failure returns ERR_CONFIG, with the offset of the fault as above, and p
 * must be bound anew before its use. May be called again when the table changed. */
enum err predicate_bind(struct predicate *p, const struct table *table, size_t *offset,
                        struct error *e) MUST_CHECK;

/* predicate_eval(p, row): the truth of a bound predicate for one row; row[i] is the value of column
 * i of the table it was bound to. A row is live only where this is TRUTH_TRUE. */
enum truth predicate_eval(const struct predicate *p, const struct value *row);

#endif
