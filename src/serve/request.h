/* Requests: what the server keeps of one while it is read and answered.
 *
 * Ownership: embedded in its connection and used again for each request on it. What it points to
 * belongs to libmicrohttpd and lives until the answer is sent.
 */
#ifndef BADGED_SERVE_REQUEST_H
#define BADGED_SERVE_REQUEST_H

#include "base/error.h"
#include "base/uuid.h"
#include "serve/etag.h"
#include "serve/fault.h"
#include "serve/target.h"

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct page_file;
struct route;

/* The header fields that decide anything. */
enum request_field {
    FIELD_HOST,
    FIELD_TENANT,
    FIELD_IF_NONE_MATCH,
    FIELD_ACCEPT_ENCODING,
    FIELD_CONTENT_LENGTH,
    FIELD_TRANSFER_ENCODING,
    FIELD__COUNT
};

struct field {
    unsigned count;    /* how often it stands in the request */
    const char *value; /* of the last one, NULL when there is none */
    size_t len;
};

/* Whether a request may wait for what it asks for. */
enum request_wait {
    WAIT_OPEN,    /* it may */
    WAIT_OVER,    /* it has waited, and is to be answered with what there is */
    WAIT_REFUSED, /* it may not: too many do */
};

struct request {
    struct MHD_Connection *mhd;
    const struct route *route;    /* NULL: nothing has that path */
    const struct page_file *page; /* of a route to pages */
    const char *target;           /* where the target began; its text has been cut up since */
    size_t target_len;
    enum fault fault;            /* of the target */
    bool is_malformed;           /* a field of it is */
    bool is_verbose;             /* the query asks for more */
    bool is_begun;               /* the handler was called for it before */
    bool is_handed_over;         /* its connection is not libmicrohttpd's any more */
    bool is_head;                /* its method is HEAD */
    bool is_http_1_0;            /* its client is that old, or a proxy that says so */
    enum target_after has_after; /* as the query has it */
    struct as_of after;
    enum request_wait wait;
    uint64_t body_bytes;
    struct field fields[FIELD__COUNT];
};

/* request_begin(r, mhd, target): take the target of a new request, the moment it was read.
 * Everything else in r is reset. */
void request_begin(struct request *r, struct MHD_Connection *mhd, const char *target);

/* request_read_head(r, method, version): read the header fields. FAULT_NONE, or what is wrong with
 * the head. */
enum fault request_read_head(struct request *r, const char *method, const char *version);

/* request_tenant(r, ret, e): the tenant that the request names. ERR_REQUEST when it names none, or
 * not one. */
enum err request_tenant(const struct request *r, struct uuid *ret, struct error *e) MUST_CHECK;

/* request_lists(r, tag): whether If-None-Match lists the tag. A field that is there twice lists
 * nothing, so that its sender gets the whole answer. */
bool request_lists(const struct request *r, const struct etag *tag);

#endif
