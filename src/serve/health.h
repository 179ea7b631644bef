/* Health: whether the program runs (/livez), and whether it can answer with counts (/readyz).
 *
 * Ownership: of a reply, see reply.h.
 */
#ifndef BADGED_SERVE_HEALTH_H
#define BADGED_SERVE_HEALTH_H

#include "serve/reply.h"
#include "serve/request.h"
#include "serve/service.h"

/* health_answer_live(s, r): 200 "ok". */
struct reply health_answer_live(const struct service *s, const struct request *r);

/* health_answer_ready(s, r): 200 "ok" while counts are known, be they stale, and the server is not
 * being stopped; else 503 "not ready". With ?verbose one line a check, "[+]name ok: …" or "[-]name
 * failed: …", and the verdict. */
struct reply health_answer_ready(const struct service *s, const struct request *r);

#endif
