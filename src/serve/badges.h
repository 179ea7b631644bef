/* GET /api/sidebar/badges: the counts of one tenant, and what they were.
 *
 * Ownership: of a reply, see reply.h.
 */
#ifndef BADGED_SERVE_BADGES_H
#define BADGED_SERVE_BADGES_H

#include "serve/reply.h"
#include "serve/request.h"
#include "serve/service.h"

/* badges_answer(s, r): the counts of the tenant that X-Tenant-Id names, as one object in the shape
 * of the definitions, with the commit boundary they are true at (Badged-As-Of) and, only when the
 * feed cannot tell what came since, for how many seconds that has been so (Badged-Stale); or 304
 * when If-None-Match lists them. 503 when the counts are not known.
 *
 * With ?after=AS-OF they have that commit (as_of_covers). As long as they do not, no response while
 * the request may still wait, then 504; 503 when it may not wait at all. */
struct reply badges_answer(const struct service *s, const struct request *r);

/* badges_answer_history(s, r): GET /api/sidebar/badges/history: the course of that tenant's badges
 * (history.h). */
struct reply badges_answer_history(const struct service *s, const struct request *r);

/* badges_unknown(s): 503, with the reason why the counts are not known. */
struct reply badges_unknown(const struct service *s);

#endif
