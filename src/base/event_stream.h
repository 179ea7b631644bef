/* Server-sent events: bytes in, events out (WHATWG HTML, section 9.2.6, "Interpreting an event
 * stream"; the grammar is that of section 9.2.5):
 *
 *     stream        = [ bom ] *event
 *     event         = *( comment / field ) end-of-line
 *     comment       = colon *any-char end-of-line
 *     field         = 1*name-char [ colon [ space ] *any-char ] end-of-line
 *     end-of-line   = ( cr lf / cr / lf )
 *     name-char     = any but NUL, lf, cr, ":"
 *     any-char      = any but NUL, lf, cr
 *
 * Bytes may come in pieces of any size. There is one difference to the standard: bytes that are not
 * UTF-8 are passed on as they are, and whoever reads the data decides about them.
 *
 * Ownership: a zeroed struct is at the beginning of a stream; event_stream_fini frees what it holds
 * and leaves it so. One thread.
 */
#ifndef BADGED_BASE_EVENT_STREAM_H
#define BADGED_BASE_EVENT_STREAM_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    EVENT_LINE_BYTES_MAX = 1024 * 1024,
    EVENT_DATA_BYTES_MAX = 1024 * 1024,
};

/* Texts may hold NULs, and end with one behind their length; they live as long as the call. */
struct event {
    const char *type; /* "message" when the stream names none */
    size_t type_len;
    const char *data; /* lines joined by LF */
    size_t data_len;
    const char *id; /* the last one that the stream gave, for this event or before; "" before any */
    size_t id_len;
};

struct event_stream {
    struct buffer line, type, data, id, next_id;
    size_t bom_seen; /* bytes of a byte order mark at the beginning */
    bool is_begun;   /* behind the place of the byte order mark */
    bool is_after_cr;
    bool has_data;     /* since the last event; it may be empty */
    bool has_retry;    /* the stream said how long to wait */
    uint32_t retry_ms; /* the last such word; UINT32_MAX for more than that */
};

typedef void event_stream_fn(const struct event *event, void *context);

/* event_stream_read(s, bytes, len, on_event, context, e): read the next len bytes, and call
 * on_event for each event that they end. One that is not ended when the stream is, is none.
 * ERR_TOO_LARGE: a line or the data of an event is longer than its limit above; the stream is not
 * to be read on. */
enum err event_stream_read(struct event_stream *s, const char *bytes, size_t len,
                           event_stream_fn *on_event, void *context, struct error *e) MUST_CHECK;

void event_stream_fini(struct event_stream *s);

#endif
