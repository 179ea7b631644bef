#include "serve/reply.h"

#include <assert.h>

void reply_add(struct reply *r, const char *name, const char *value)
{
    assert(r->keeper == NULL);
    enum MHD_Result result = MHD_add_response_header(r->response, name, value);
    assert(result == MHD_YES);
}

struct reply reply_make(unsigned status, const char *type, struct buffer *body)
{
    size_t len = body->len;
    struct reply r = {
        .status = status,
        .response = MHD_create_response_from_buffer(len, buffer_take(body), MHD_RESPMEM_MUST_FREE),
    };
    assert(r.response != NULL);
    if (type != NULL)
        reply_add(&r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    reply_add(&r, "X-Content-Type-Options", "nosniff");
    return r;
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
