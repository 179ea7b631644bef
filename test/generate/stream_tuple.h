/* Tuples of the generated stream, and how the columns of relations stand in it.
 *
 * Ownership: structs that the caller supplies, which point into themselves and are not copied.
 */
#ifndef BADGED_TEST_GENERATE_STREAM_TUPLE_H
#define BADGED_TEST_GENERATE_STREAM_TUPLE_H

#include "feed/pgoutput.h"
#include "generate/followed.h"
#include "generate/stream.h"

#include <stdbool.h>
#include <stddef.h>

struct stream_description {
    struct pgoutput_message message;
    struct pgoutput_column columns[STREAM_COLUMNS];
};

struct stream_tuple {
    struct pgoutput_tuple tuple;
    struct pgoutput_datum columns[STREAM_COLUMNS + 1];
    char texts[STREAM_COLUMNS][FOLLOWED_TEXT_BYTES];
};

/* stream_tuple_shuffle(s, relation): another order of its columns, with other extra ones. */
void stream_tuple_shuffle(struct stream *s, size_t relation);

/* stream_tuple_describe(s, relation, ret): the message that says how they stand. */
void stream_tuple_describe(const struct stream *s, size_t relation, struct stream_description *ret);

/* stream_tuple_needed(s, relation, n): the place of the column of the nth field that is needed. */
size_t stream_tuple_needed(const struct stream *s, size_t relation, size_t n);

/* stream_tuple_fill(s, relation, slot, row, is_key_only, ret): a row, or its key alone. */
void stream_tuple_fill(struct stream *s, size_t relation, size_t slot,
                       const struct followed_row *row, bool is_key_only, struct stream_tuple *ret);

/* stream_tuple_leave_out(s, relation, field, t): as stored out of line and not changed. */
void stream_tuple_leave_out(const struct stream *s, size_t relation, enum followed_field field,
                            struct stream_tuple *t);
void stream_tuple_leave_out_extras(struct stream *s, size_t relation, struct stream_tuple *t);

#endif
