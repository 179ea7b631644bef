/* Asking a badged for the badges of a tenant, as any client does. libcurl is what speaks HTTP:
 * with TLS, and without a proxy, as what is asked is near.
 *
 * Ownership: fetched_fini frees what was fetched. One thread.
 */
#ifndef BADGED_DOCTOR_FETCH_H
#define BADGED_DOCTOR_FETCH_H

#include "base/buffer.h"
#include "base/error.h"

#include <curl/curl.h>
#include <stdbool.h>

enum {
    FETCH_MS_MAX = 8000,
    FETCH_BODY_BYTES_MAX = 1024 * 1024,
    FETCH_AS_OF_BYTES = 64,
};

struct fetched {
    long status;
    struct buffer body;
    bool is_stale;                 /* Badged-Stale is there */
    char as_of[FETCH_AS_OF_BYTES]; /* Badged-As-Of; "" without one */
};

/* fetch_prepare(url): a transfer from an http:// or https:// URL that ends within FETCH_MS_MAX,
 * follows no redirect and takes no proxy; curl_easy_cleanup ends it. NULL: libcurl does not start.
 */
CURL *fetch_prepare(const char *url);

/* fetch_is_there(url, e): whether something takes connections at this http:// or https:// URL. */
bool fetch_is_there(const char *url, struct error *e);

/* fetch_badges(url, tenant, ret, e): GET /api/sidebar/badges below url. ERR_UNAVAILABLE: nobody
 * answered within FETCH_MS_MAX, or with more than FETCH_BODY_BYTES_MAX. ret is a zeroed struct. */
enum err fetch_badges(const char *url, const char *tenant, struct fetched *ret,
                      struct error *e) MUST_CHECK;
void fetched_fini(struct fetched *f);

/* fetched_explain(f, e): e says, in one line, what an answer that is no 200 had to say. */
void fetched_explain(const struct fetched *f, struct error *e);

#endif
