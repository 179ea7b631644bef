/* Answers: counts as replies, and the last ones kept to be sent again.
 *
 * Making a reply costs more than all the rest of a badge read, most of it in some twenty small
 * allocations that libmicrohttpd makes for its header fields. So the last reply for a tenant is
 * kept, with the numbers and the commit boundary it says, and sent again as long as these are the
 * same. What is kept is found by the tenant's hash alone, one answer a slot, so the memory is
 * bounded; a tenant whose slot another one took costs a reply made anew, nothing else.
 *
 * Ownership: answers_new makes them, answers_free frees them once no thread uses them; they keep a
 * pointer to the shape. Any thread may call.
 */
#ifndef BADGED_SERVE_ANSWERS_H
#define BADGED_SERVE_ANSWERS_H

#include "badge/as_of.h"
#include "badge/shape.h"
#include "base/uuid.h"
#include "serve/reply.h"
#include "serve/request.h"

#include <stddef.h>
#include <stdint.h>

enum {
    ANSWERS_KEPT_MAX = 4096
};

struct answers;

/* answers_new(shape, sources_count): none kept yet. */
struct answers *answers_new(const struct shape *shape, size_t sources_count);
void answers_free(struct answers *a);

/* answers_make(a, r, numbers, as_of): the counts as the reply to r: 200, or 304 when r lists their
 * tag. Not kept. */
struct reply answers_make(const struct answers *a, const struct request *r, const uint64_t *numbers,
                          struct as_of as_of);

/* answers_find(a, r, tenant, numbers, as_of): the same, from those kept, made first where it is not
 * there. */
struct reply answers_find(struct answers *a, const struct request *r, const struct uuid *tenant,
                          const uint64_t *numbers, struct as_of as_of);

#endif
