/* The HTTP server: routes, and what each answers. libmicrohttpd frames the requests on its own
 * epoll threads.
 *
 * A badge read takes no lock but short ones, and issues no SQL.
 *
 * Ownership: server_start makes it, server_stop frees it. Counts and definitions outlive it.
 */
#ifndef BADGED_SERVE_SERVER_H
#define BADGED_SERVE_SERVER_H

#include "badge/counts.h"
#include "badge/definition.h"
#include "base/error.h"
#include "serve/history.h"
#include "serve/streams.h"

#include <stddef.h>
#include <stdint.h>

enum {
    SERVER_HEADER_BYTES_MAX = 16 * 1024, /* of the request line and the header fields together */
    SERVER_HEADER_FIELDS_MAX = 100,
    SERVER_TARGET_BYTES_MAX = 2048,
    SERVER_BODY_BYTES_MAX = 1024 * 1024,
    SERVER_PHASE_S_MAX = 30, /* until the head of the next request, and from there to the answer */
    SERVER_CONNECTIONS_MAX = 20000, /* without streams; fewer where the process may not open so many
                                       files */
    SERVER_THREADS_MAX = 64,
    SERVER_WAITING_MAX = 10000, /* requests that wait for what they ask for (waiting.h) */
    SERVER_STREAMS_MAX = 10000,
    SERVER_STREAMS_TENANT_MAX = 1000,
    SERVER_STREAM_S = 600,
    SERVER_HEARTBEAT_S = 15,
    SERVER_STALL_S = 30,
    SERVER_HISTORY_BYTES = 16 * 1024 * 1024,
    SERVER_HISTORY_STEP_S = 30,
};

struct server;

/* One of the tenants that the pages of the demonstration offer; only `badged demo` has any. */
struct server_demo_tenant {
    const char *id, *name;
};

struct server_options {
    const char *host;     /* what to listen on; loopback, as the tenant comes from a header */
    uint16_t port;        /* 0: any free one */
    unsigned threads;     /* 1 to SERVER_THREADS_MAX */
    unsigned phase_s_max; /* 0: SERVER_PHASE_S_MAX; tests wait for less */
    unsigned after_ms;    /* that a request waits for the commit it asks for; 0: none waits */
    size_t waiting_max;   /* 0: SERVER_WAITING_MAX; tests have fewer */
    /* Of streams (streams.h); what is 0 is as above, and there is no limit for an address. */
    struct streams_options streams;
    struct history_options history; /* what is 0 is as above, and kept_s comes of streams */
    const struct server_demo_tenant *demo_tenants; /* NULL: none are offered */
    size_t demo_tenants_count;
    const char *demo_file; /* its database, from where it was started; NULL: there is none */
};

/* server_start(o, counts, d, ret, e): listen and serve. The options are not needed afterwards.
 * ERR_USAGE for a host that is not loopback, ERR_SYSTEM or ERR_READ_ONLY when it cannot listen
 * there: the message says whether the port is taken. */
enum err server_start(const struct server_options *o, struct counts *counts,
                      const struct definitions *d, struct server **ret, struct error *e) MUST_CHECK;

/* server_port(s): the port it listens on. */
uint16_t server_port(const struct server *s);

/* server_streams_max(s): how many streams there may be: fewer than was asked for where the process
 * may not open so many files. */
size_t server_streams_max(const struct server *s);

/* server_stop(s, drain_ms): say that it is not ready, take no new connections, end all waits, give
 * the requests under way drain_ms to be answered, and end the streams, spread over drain_ms; close
 * all connections, free. s may be NULL. */
void server_stop(struct server *s, int drain_ms);

#endif
