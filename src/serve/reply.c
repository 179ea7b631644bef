#include "serve/reply.h"

#include <assert.h>

void reply_add(struct reply *r, const char *name, const char *value)
{
    assert(r->keeper == NULL);
    enum MHD_Result result = MHD_add_response_header(r->response, name, value);
    assert(result == MHD_YES);
}

static struct reply make(unsigned status, const char *type, struct MHD_Response *response)
{
    struct reply r = {.status = status, .response = response};
    assert(response != NULL);
    if (type != NULL)
        reply_add(&r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    reply_add(&r, "X-Content-Type-Options", "nosniff");
    return r;
}

struct reply reply_make(unsigned status, const char *type, struct buffer *body)
{
    size_t len = body->len;
    return make(status, type,
                MHD_create_response_from_buffer(len, buffer_take(body), MHD_RESPMEM_MUST_FREE));
}

struct reply reply_make_constant(unsigned status, const char *type, const char *bytes, size_t len)
{
    /* libmicrohttpd takes what it only reads without const. */
    union {
        const char *constant;
        void *plain;
    } body = {.constant = bytes};
    return make(status, type,
                MHD_create_response_from_buffer(len, body.plain, MHD_RESPMEM_PERSISTENT));
}

enum MHD_Result reply_send(struct reply *r, struct MHD_Connection *mhd)
{
    enum MHD_Result result = MHD_queue_response(mhd, r->status, r->response);
    if (r->keeper == NULL) {
        MHD_destroy_response(r->response);
    } else {
        int rc = pthread_mutex_unlock(r->keeper);
        assert(rc == 0);
    }
    return result;
}
