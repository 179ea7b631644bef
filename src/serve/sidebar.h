/* GET /api/sidebar: what a sidebar shows, whoever looks: the groups and badges of the definitions
 * with their labels, no numbers.
 *
 * Ownership: sidebar_new makes it, sidebar_free frees it; any thread may read it.
 */
#ifndef BADGED_SERVE_SIDEBAR_H
#define BADGED_SERVE_SIDEBAR_H

#include "badge/definition.h"
#include "serve/reply.h"
#include "serve/request.h"
#include "serve/service.h"

/* sidebar_new(d): that of these definitions, which are not needed afterwards. */
struct sidebar *sidebar_new(const struct definitions *d);
void sidebar_free(struct sidebar *s);

/* sidebar_answer(s, r): {"items":[…]} in the order of the sidebar. A badge is {"name":"feedback",
 * "label":"Feedback","zero":null}, where zero is what the answer has in place of 0; a group has
 * "items" in place of "zero". 304 when If-None-Match lists it. */
struct reply sidebar_answer(const struct service *s, const struct request *r);

#endif
