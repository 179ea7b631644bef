/* The HTTP server: routes, and what each answers. libmicrohttpd frames the requests on its own
 * epoll threads.
 *
 * A badge read takes no lock but the short one of counts, and issues no SQL.
 *
 * Ownership: server_start makes it, server_stop frees it. Counts and definitions outlive it.
 */
#ifndef BADGED_SERVE_SERVER_H
#define BADGED_SERVE_SERVER_H

#include "badge/counts.h"
#include "badge/definition.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    SERVER_HEADER_BYTES_MAX = 16 * 1024,
    SERVER_HEADER_FIELDS_MAX = 100,
    SERVER_TARGET_BYTES_MAX = 2048,
    SERVER_BODY_BYTES_MAX = 1024 * 1024,
    SERVER_PHASE_S_MAX = 30, /* until the head of the next request, and from there to the answer */
    SERVER_CONNECTIONS_MAX = 20000,
};

struct server;

/* Somebody whose tenants the demonstration page offers; only `badged demo` has any. */
struct server_demo_tenant {
    const char *id, *name;
};

struct server_options {
    const char *host; /* address to listen on; must be a loopback address, as the tenant comes from
                         a header */
    uint16_t port;    /* 0: any free one */
    unsigned threads; /* at least 1 */
    unsigned idle_s, request_s;                    /* 0: the limits above; tests take less */
    const struct server_demo_tenant *demo_tenants; /* NULL: no page */
    size_t demo_tenants_count;
};

/* server_start(o, counts, d, ret, e): listen and serve. ERR_USAGE for a host that is not loopback,
 * ERR_SYSTEM when the address is taken. */
enum err server_start(const struct server_options *o, struct counts *counts,
                      const struct definitions *d, struct server **ret, struct error *e) MUST_CHECK;

/* server_port(s): the port it listens on. */
uint16_t server_port(const struct server *s);

/* server_stop(s, drain_ms): take no new connections, give those under way drain_ms to end, close
 * all, free. s may be NULL. */
void server_stop(struct server *s, int drain_ms);

#endif
