/* Streams: who is told when counts change, by one thread.
 *
 * The thread has the sockets, which libmicrohttpd gave up (handover.h), so that a change costs what
 * the subscribers of its tenants cost and nothing for all others. A publication notes the tenants
 * that somebody is subscribed to and wakes the thread, once for as many publications as come before
 * it looks; it then composes each of these tenants' frames once and sends it to all of theirs.
 *
 * Ownership: streams_start makes them, streams_free frees them; the counts and the shape outlive
 * them. A subscriber is streams' own.
 */
#ifndef BADGED_SERVE_STREAMS_H
#define BADGED_SERVE_STREAMS_H

#include "badge/counts.h"
#include "badge/shape.h"
#include "base/error.h"
#include "base/uuid.h"

#include <stdbool.h>
#include <stddef.h>

struct streams;
struct subscriber;

/* How many streams there may be: in all, of a tenant, from an address; 0: as many as in all. */
struct streams_limits {
    size_t all, tenant, address;
};

struct streams_options {
    struct streams_limits limits;
    unsigned stream_ms;    /* the age at which one ends, give or take a tenth */
    unsigned heartbeat_ms; /* without anything else to send, a comment so often */
    unsigned stall_ms;     /* a client that takes nothing for so long is gone */
};

enum streams_verdict {
    STREAMS_ADMITTED,
    STREAMS_TENANT_FULL,
    STREAMS_ADDRESS_FULL,
    STREAMS_FULL,
    STREAMS_STOPPING,
};

/* streams_start(o, counts, shape, ret, e): nobody is subscribed. Starts the thread. ERR_SYSTEM when
 * the system gives none, or no descriptors. */
enum err streams_start(const struct streams_options *o, struct counts *counts,
                       const struct shape *shape, struct streams **ret, struct error *e) MUST_CHECK;

/* streams_admit(s, tenant, address, ret): a place for one more subscriber of the tenant, from the
 * address, an IPv6 one. ret is written when there is one, and streams_open or streams_refuse must
 * follow. Any thread. */
enum streams_verdict streams_admit(struct streams *s, const struct uuid *tenant,
                                   const unsigned char address[16], struct subscriber **ret);

/* streams_open(s, subscriber, fd, is_chunked): send it the head of the response, the counts, and
 * from then on what changes. The socket is streams' from here on. streams_refuse: give the place
 * back. */
void streams_open(struct streams *s, struct subscriber *subscriber, int fd, bool is_chunked);
void streams_refuse(struct streams *s, struct subscriber *subscriber);

/* streams_drain(s, drain_ms): admit no more, and end those that there are, one after the other over
 * this time. streams_await(s): wait until that is done; once. streams_stop(s): end all at once, and
 * the thread; nobody may call streams_open any more. streams_free(s): the same, and free it; s may
 * be NULL. */
void streams_drain(struct streams *s, int drain_ms);
void streams_await(struct streams *s);
void streams_stop(struct streams *s);
void streams_free(struct streams *s);

#endif
