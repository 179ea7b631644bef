/* Replies: a status and what goes with it.
 *
 * Ownership: the maker of a reply hands it to the server, which sends it once and frees it; one
 * with a keeper stays the keeper's, and is locked until it is sent. One without a response or a
 * subscriber is none: the request waits.
 */
#ifndef BADGED_SERVE_REPLY_H
#define BADGED_SERVE_REPLY_H

#include "base/buffer.h"

#include <microhttpd.h>
#include <pthread.h>

struct subscriber;

struct reply {
    unsigned status;
    struct MHD_Response *response;
    pthread_mutex_t *keeper;       /* NULL, or held: the response may not be changed */
    struct subscriber *subscriber; /* in place of a response, or NULL: its stream is to be opened */
};

/* reply_make(status, type, body): a reply with what every reply has, the Content-Type unless type
 * is NULL, and the body, which is taken from the buffer. libmicrohttpd leaves the body out for HEAD
 * and 304, and keeps its length. */
struct reply reply_make(unsigned status, const char *type, struct buffer *body);

/* reply_make_constant(status, type, bytes, len): the same with a body that is never freed. */
struct reply reply_make_constant(unsigned status, const char *type, const char *bytes, size_t len);

/* reply_add(r, name, value): one more header field. value is badged's own text, without CR or LF.
 */
void reply_add(struct reply *r, const char *name, const char *value);

/* reply_send(r, mhd): hand it to libmicrohttpd. r is done with after this. */
enum MHD_Result reply_send(struct reply *r, struct MHD_Connection *mhd);

#endif
