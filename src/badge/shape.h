/* The shape of the answer: badge names and numbers as one JSON object.
 *
 * The text between the numbers is the same for every tenant, so it is composed once; an answer is
 * these pieces with numbers in between.
 *
 * Ownership: shape_new makes it, shape_free frees it; it keeps a pointer to the definitions, which
 * outlive it. Any thread may read one.
 */
#ifndef BADGED_BADGE_SHAPE_H
#define BADGED_BADGE_SHAPE_H

#include "badge/definition.h"
#include "base/buffer.h"

#include <stdint.h>

struct shape;

/* shape_new(d): the shape of a set of definitions. */
struct shape *shape_new(const struct definitions *d);
void shape_free(struct shape *s);

/* shape_render(s, numbers, out): append the object, without white space. numbers[i] is the count of
 * source i. */
void shape_render(const struct shape *s, const uint64_t *numbers, struct buffer *out);

/* badge_number(b, numbers): the number of one badge: the sum over its sources. */
uint64_t badge_number(const struct badge *b, const uint64_t *numbers);

#endif
