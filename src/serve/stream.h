/* GET /api/sidebar/badges/stream: the counts of one tenant, and each change of them.
 *
 * Ownership: of a reply, see reply.h.
 */
#ifndef BADGED_SERVE_STREAM_H
#define BADGED_SERVE_STREAM_H

#include "serve/reply.h"
#include "serve/request.h"
#include "serve/service.h"

/* stream_answer(s, r): a subscriber of the tenant that X-Tenant-Id names, to be opened in place of
 * a response: server-sent events, in frame.h. To HEAD, the head of that. 503 when the counts are
 * not known, the server stops, or there are as many streams as may be; 429 when there are as many
 * of the tenant, or of the client's address. */
struct reply stream_answer(const struct service *s, const struct request *r);

#endif
