/* The service: what the routes answer from. All of it is set up before the first request and read
 * by any thread.
 *
 * Ownership: part of the server.
 */
#ifndef BADGED_SERVE_SERVICE_H
#define BADGED_SERVE_SERVICE_H

#include "badge/counts.h"

#include <stdatomic.h>
#include <stdbool.h>

struct answers;
struct assets;
struct history;
struct sidebar;
struct streams;

struct service {
    struct counts *counts;
    struct answers *answers;
    struct sidebar *sidebar;
    struct streams *streams;
    struct history *history;
    struct assets *assets;   /* the demonstration's tenants, where there are any */
    atomic_bool is_draining; /* the server is being stopped: replies say so, and none is kept */
};

static inline bool service_is_draining(const struct service *s)
{
    return atomic_load_explicit(&s->is_draining, memory_order_relaxed);
}

#endif
