/* Assets: the demonstration page, built into the program, and the tenants it offers.
 *
 * Ownership: assets_new makes them, assets_free frees them; any thread may read them.
 */
#ifndef BADGED_SERVE_ASSETS_H
#define BADGED_SERVE_ASSETS_H

#include "serve/reply.h"
#include "serve/request.h"
#include "serve/server.h"
#include "serve/service.h"

/* assets_new(tenants, count): the page for these tenants. The texts are copied. */
struct assets *assets_new(const struct server_demo_tenant *tenants, size_t count);
void assets_free(struct assets *a);

/* assets_answer(s, r): the file of the request's path; 304 when If-None-Match lists it. The service
 * must have assets. */
struct reply assets_answer(const struct service *s, const struct request *r);

#endif
