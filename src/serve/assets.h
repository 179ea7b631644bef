/* Assets: the pages, and the tenants that the demonstration's offer, which are none elsewhere.
 *
 * Ownership: assets_new makes them, assets_free frees them; any thread may read them.
 */
#ifndef BADGED_SERVE_ASSETS_H
#define BADGED_SERVE_ASSETS_H

#include "serve/reply.h"
#include "serve/request.h"
#include "serve/server.h"
#include "serve/service.h"

/* assets_new(o): the demonstration's tenants and file of these options. The texts are copied. */
struct assets *assets_new(const struct server_options *o);
void assets_free(struct assets *a);

/* assets_answer_page(s, r): the file of the request's page (page.h), compressed where the client
 * takes that; 304 when If-None-Match lists it. */
struct reply assets_answer_page(const struct service *s, const struct request *r);

/* assets_answer_tenants(s, r): {"file": …, "tenants": [{"id": …, "name": …}, …]}; without a
 * demonstration null and no tenants, so that the pages may ask everywhere and meet no error. */
struct reply assets_answer_tenants(const struct service *s, const struct request *r);

#endif
