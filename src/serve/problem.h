/* Problems: errors as application/problem+json (RFC 9457).
 *
 * Ownership: the caller owns the buffer; of a reply, see reply.h.
 */
#ifndef BADGED_SERVE_PROBLEM_H
#define BADGED_SERVE_PROBLEM_H

#include "base/buffer.h"
#include "base/error.h"
#include "serve/reply.h"

#define PROBLEM_TYPE_BASE "https://badged.dev/problems/"

/* problem_render(e, out): append the problem: type, title and status are those of the error's code,
 * and never vary with the message, which is the detail. */
void problem_render(const struct error *e, struct buffer *out);

/* problem_reply(e): the reply that says e, with the status of its code. No cache keeps it. */
struct reply problem_reply(const struct error *e);

#endif
