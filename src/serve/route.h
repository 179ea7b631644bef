/* Routes: which paths there are, what they take and who answers.
 *
 * Ownership: one constant table.
 */
#ifndef BADGED_SERVE_ROUTE_H
#define BADGED_SERVE_ROUTE_H

#include "serve/reply.h"
#include "serve/request.h"
#include "serve/service.h"

struct route {
    const char *path;
    struct reply (*answer)(const struct service *s, const struct request *r); /* to GET and HEAD */
};

/* route_find(path, ret_page): the route of that path, or NULL. Where it is the one to pages, which
 * of them. */
const struct route *route_find(const char *path, const struct page_file **ret_page);

/* route_answer(s, r, method): the answer to a request that has no fault: that of its route, or what
 * is wrong with the path or the method. No response: it is to wait until the counts cover its
 * after, and to be asked for again; or, with a subscriber, its stream is to be opened. */
struct reply route_answer(const struct service *s, const struct request *r, const char *method);

#endif
