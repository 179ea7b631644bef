/* Frames: what a stream sends, as server-sent events (WHATWG HTML, section 9.2), each in a chunk of
 * its own for HTTP/1.1 (RFC 9112, section 7.1).
 *
 * Ownership: a frame has references, and is freed with the last; it never changes, so that it is
 * composed once for all who are sent it. One thread at a time has references to one frame.
 */
#ifndef BADGED_SERVE_FRAME_H
#define BADGED_SERVE_FRAME_H

#include "badge/as_of.h"
#include "badge/counts.h"
#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct frame;

/* frame_badges(json, as_of): the event "badges"; json is without line breaks. */
struct frame *frame_badges(const struct buffer *json, struct as_of as_of);

/* frame_status(trust, since_unix_s): the event "status": how far the counts can be trusted, and for
 * stale ones since when. */
struct frame *frame_status(enum counts_trust trust, int64_t since_unix_s);

/* frame_comment(): a comment, which only keeps the connection from looking dead. */
struct frame *frame_comment(void);

/* frame_first(retry_ms, is_chunked): the head of the response to GET, which has a body of no known
 * length, and how long its client waits before it comes back. frame_last: that, and the end of the
 * body. Both go to streams of that kind alone. */
struct frame *frame_first(unsigned retry_ms, bool is_chunked);
struct frame *frame_last(unsigned retry_ms, bool is_chunked);

struct frame *frame_ref(struct frame *f);
void frame_unref(struct frame *f); /* f may be NULL */

/* frame_bytes(f, is_chunked, ret_len): what is sent of it. */
const char *frame_bytes(const struct frame *f, bool is_chunked, size_t *ret_len);

/* The header fields of a stream's response, beside those that every response has. */
struct frame_field {
    const char *name, *value;
};
extern const struct frame_field frame_fields[];
extern const size_t frame_fields_count;

#endif
