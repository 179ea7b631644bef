/* What this deliberately does not do: parse HTTP. libmicrohttpd reads requests and writes answers;
 * it refuses some malformed requests by itself, with a short HTML text that no option of it can
 * replace: a request line without a target or an HTTP/1.x version, a field without a colon, a
 * Content-Length that is not a number, a head larger than its buffer (a bit above
 * SERVER_HEADER_BYTES_MAX, which is answered here), malformed chunks. Everything else is answered
 * here. It is not asked to be strict where head.c is, because it would then close the connection
 * without a word.
 *
 * The handler is called twice or more for a request: first when the head is read. Answering then
 * makes libmicrohttpd close the connection, so only faults are answered then. The last call is the
 * answer's; or the request is left to waiting.c instead, and the handler called once more; or its
 * socket goes to streams.c, and libmicrohttpd closes what is left of the connection.
 */
#include "serve/server.h"

#include "badge/shape.h"
#include "base/clock.h"
#include "base/mem.h"
#include "serve/answers.h"
#include "serve/assets.h"
#include "serve/connection.h"
#include "serve/handover.h"
#include "serve/head.h"
#include "serve/history.h"
#include "serve/host.h"
#include "serve/problem.h"
#include "serve/route.h"
#include "serve/sampler.h"
#include "serve/sidebar.h"
#include "serve/streams.h"
#include "serve/waiting.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* POOL_BYTES is the memory of a connection: the head as it came (SERVER_HEADER_BYTES_MAX), 64 bytes
 * for each of its fields, and the head of the answer. libmicrohttpd zeroes it for every request:
 * with its default of 32 KiB a badge read takes a twelfth longer. BODY_BYTES_READ_MAX of a body
 * that is too large are read before the connection is closed, because libmicrohttpd takes no answer
 * in the middle of one. FILES_KEPT descriptors are left for the rest of the program. */
enum {
    POOL_BYTES = 24 * 1024,
    BODY_BYTES_READ_MAX = 4 * SERVER_BODY_BYTES_MAX,
    FILES_KEPT = 64,
    LISTEN_BACKLOG = 1024,
};

struct server {
    struct service service;
    struct shape *shape;
    struct connections connections;
    struct sampler *sampler;
    struct waiting *waiting; /* NULL: no request waits */
    struct handover handover;
    struct MHD_Daemon *daemon;
    size_t streams_max;
    unsigned stream_ms;
    int listener;
    uint16_t port;
};

static enum MHD_Result send_reply(const struct request *r, struct reply reply, bool is_draining)
{
    if (is_draining && reply.keeper == NULL)
        reply_add(&reply, MHD_HTTP_HEADER_CONNECTION, "close");
    return reply_send(&reply, r->mhd);
}

static enum MHD_Result send_fault(struct server *s, struct request *r, enum fault fault)
{
    struct error e;
    fault_error(fault, &e);
    return send_reply(r, problem_reply(&e), service_is_draining(&s->service));
}

static struct connection *connection_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    assert(info != NULL && info->socket_context != NULL);
    return info->socket_context;
}

/* While the server stops, connections are closed as they come. MHD_quiesce_daemon would leave them
 * waiting; and in version 0.9.75 it aborts the process when one of its threads notices first, and
 * takes the listening socket out of its epoll set before MHD_quiesce_daemon does. */
static enum MHD_Result on_accept(void *context, const struct sockaddr *address, socklen_t len)
{
    const struct server *s = context;
    (void)address;
    (void)len;
    return service_is_draining(&s->service) ? MHD_NO : MHD_YES;
}

static void on_connection(void *context, struct MHD_Connection *mhd, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct server *s = context;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        connections_remove(&s->connections, *socket_context);
        return;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    assert(info != NULL);
    *socket_context = connections_add(&s->connections, info->connect_fd);
}

/* The request line was read, and is not cut up yet. What this returns is the handler's
 * request_context. The query is emptied once it was read: libmicrohttpd would make a list of its
 * parameters, which nobody asks for, and when that does not fit its memory (a thousand would do),
 * version 0.9.75 neither answers, nor closes the connection, nor looks at it again before its time
 * is up. A query behind a NUL is out of reach here. */
static void *on_target(void *context, const char *target, struct MHD_Connection *mhd)
{
    (void)context;
    struct connection *c = connection_of(mhd);
    request_begin(&c->request, mhd, target);
    char *query = target != NULL ? strchr(target, '?') : NULL;
    if (query != NULL)
        query[1] = '\0';
    return c;
}

/* libmicrohttpd would otherwise decode the target in its place; target.c has decoded what it needs.
 */
static size_t on_unescape(void *context, struct MHD_Connection *mhd, char *text)
{
    (void)context;
    (void)mhd;
    return strlen(text);
}

/* Let the request wait. false: it may not. */
static bool wait_for_counts(struct server *s, struct connection *c)
{
    struct request *r = &c->request;
    connection_wait(c);
    r->wait = WAIT_OVER; /* what it is when the handler is called again */
    if (s->waiting != NULL && waiting_add(s->waiting, &c->wait, r->mhd, c->fd, r->after))
        return true;
    connection_resume(&s->connections, c);
    if (s->waiting != NULL && !service_is_draining(&s->service))
        r->wait = WAIT_REFUSED;
    return false;
}

/* Let the socket go to the streams. When that fails for want of descriptors, the connection is
 * closed without a word, as one that is over the limit of connections is. */
static enum MHD_Result open_stream(struct server *s, struct connection *c,
                                   struct subscriber *subscriber)
{
    struct request *r = &c->request;
    int fd = handover_take(&s->handover, r->mhd, c->fd);
    r->is_handed_over = true;
    if (fd < 0) {
        streams_refuse(s->service.streams, subscriber);
        return MHD_NO;
    }
    streams_open(s->service.streams, subscriber, fd, !r->is_http_1_0);
    return MHD_YES;
}

static enum MHD_Result answer(struct server *s, struct connection *c, const char *method)
{
    struct request *r = &c->request;
    /* Before the route asks: an answer that tells of the end of its connection is one of a server
     * that its route, too, saw stopping. */
    bool is_draining = service_is_draining(&s->service);
    struct reply reply = route_answer(&s->service, r, method);
    if (reply.subscriber != NULL)
        return open_stream(s, c, reply.subscriber);
    if (reply.response == NULL && wait_for_counts(s, c))
        return MHD_YES;
    if (reply.response == NULL)
        reply = route_answer(&s->service, r, method);
    return send_reply(r, reply, is_draining);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *body,
                                  size_t *body_len, void **request_context)
{
    (void)mhd;
    (void)url;
    (void)body;
    struct server *s = context;
    struct connection *c = *request_context;
    struct request *r = &c->request;
    if (!r->is_begun) {
        r->is_begun = true;
        connection_begin(&s->connections, c);
        enum fault fault = request_read_head(r, method, version);
        return fault == FAULT_NONE ? MHD_YES : send_fault(s, r, fault);
    }
    if (r->is_handed_over)
        return MHD_NO;
    if (atomic_load(&c->is_waiting))
        connection_resume(&s->connections, c);
    if (*body_len > 0) { /* no route takes a body, but a client may send one */
        r->body_bytes += *body_len;
        *body_len = 0;
        return r->body_bytes > BODY_BYTES_READ_MAX ? MHD_NO : MHD_YES;
    }
    if (r->body_bytes > SERVER_BODY_BYTES_MAX)
        return send_fault(s, r, FAULT_BODY_BYTES);
    return answer(s, c, method);
}

static void on_completed(void *context, struct MHD_Connection *mhd, void **request_context,
                         enum MHD_RequestTerminationCode code)
{
    (void)mhd;
    (void)code;
    struct server *s = context;
    connection_end(&s->connections, *request_context);
}

static enum err listen_at(struct server *s, const struct server_options *o, struct error *e)
{
    struct host_address address;
    enum err err = host_resolve(o->host, o->port, &address, e);
    if (err != ERR_OK)
        return err;
    const struct sockaddr *to = (const struct sockaddr *)&address.storage;
    const int on = 1;
    s->listener = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->listener < 0 ||
        setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(s->listener, to, address.len) != 0 || listen(s->listener, LISTEN_BACKLOG) != 0) {
        int cause = errno;
        err = error_set_errno(e, cause, "listening on %s port %u", o->host, (unsigned)o->port);
        if (cause == EADDRINUSE)
            err = error_set(e, ERR_SYSTEM,
                            "port %u of %s is taken by another program: stop that, or choose "
                            "another port (0 picks a free one)",
                            (unsigned)o->port, o->host);
        if (e != NULL)
            e->cause = cause;
        return err;
    }
    struct sockaddr_storage bound = {0};
    socklen_t len = sizeof(bound);
    int rc = getsockname(s->listener, (struct sockaddr *)&bound, &len);
    assert(rc == 0);
    const void *port = bound.ss_family == AF_INET6
                           ? (const void *)&((const struct sockaddr_in6 *)&bound)->sin6_port
                           : (const void *)&((const struct sockaddr_in *)&bound)->sin_port;
    uint16_t network_order;
    memcpy(&network_order, port, sizeof(network_order));
    s->port = ntohs(network_order);
    return ERR_OK;
}

/* How many descriptors there are for connections and streams. Streams get three quarters at
 * most. */
static size_t descriptors(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY)
        return SIZE_MAX;
    return files.rlim_cur > 2 * FILES_KEPT ? files.rlim_cur - FILES_KEPT : FILES_KEPT;
}

static unsigned connections_limit(size_t streams_max)
{
    size_t left = descriptors() - streams_max;
    return left < SERVER_CONNECTIONS_MAX ? (unsigned)left : SERVER_CONNECTIONS_MAX;
}

static enum err start_daemon(struct server *s, unsigned threads, unsigned phase_s_max,
                             struct error *e)
{
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_LISTEN_SOCKET, s->listener, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, POOL_BYTES, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, connections_limit(s->streams_max), NULL},
        /* connection.c closes connections sooner, but for those that libmicrohttpd has lost sight
           of (on_target says of which), and only its own clock frees these. */
        {MHD_OPTION_CONNECTION_TIMEOUT, phase_s_max + 1, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, head_must_be_checked() ? 0 : 1, NULL},
        /* One thread is what libmicrohttpd starts without a pool. */
        {threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, threads, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    s->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME, 0,
        on_accept, s, on_request, s, MHD_OPTION_ARRAY, options, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, s, MHD_OPTION_URI_LOG_CALLBACK, on_target, s, MHD_OPTION_UNESCAPE_CALLBACK,
        on_unescape, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_END);
    if (s->daemon == NULL)
        return error_set_errno(e, errno, "starting the HTTP server's %u threads", threads);
    return ERR_OK;
}

static enum err start_waiting(struct server *s, const struct server_options *o, struct error *e)
{
    const struct waiting_options options = {
        .wait_ms = o->after_ms,
        .requests_max = o->waiting_max > 0 ? o->waiting_max : SERVER_WAITING_MAX,
    };
    return o->after_ms > 0 ? waiting_start(&options, s->service.counts, &s->waiting, e) : ERR_OK;
}

static enum err start_streams(struct server *s, const struct server_options *o, struct error *e)
{
    struct streams_options so = o->streams;
    if (so.limits.all == 0)
        so.limits.all = SERVER_STREAMS_MAX;
    if (so.limits.all > descriptors() / 4 * 3)
        so.limits.all = descriptors() / 4 * 3;
    if (so.limits.tenant == 0)
        so.limits.tenant = SERVER_STREAMS_TENANT_MAX;
    if (so.stream_ms == 0)
        so.stream_ms = SERVER_STREAM_S * 1000;
    if (so.heartbeat_ms == 0)
        so.heartbeat_ms = SERVER_HEARTBEAT_S * 1000;
    if (so.stall_ms == 0)
        so.stall_ms = SERVER_STALL_S * 1000;
    s->streams_max = so.limits.all;
    s->stream_ms = so.stream_ms;
    enum err err = handover_open(&s->handover, e);
    if (err == ERR_OK)
        err = streams_start(&so, s->service.counts, s->shape, &s->service.streams, e);
    return err;
}

/* A tenant is watched from the moment a stream of its opens, and for as long as that may live. */
static enum err start_history(struct server *s, const struct server_options *o,
                              const struct definitions *d, struct error *e)
{
    struct history_options ho = o->history;
    if (ho.bytes_max == 0)
        ho.bytes_max = SERVER_HISTORY_BYTES;
    if (ho.step_s == 0)
        ho.step_s = SERVER_HISTORY_STEP_S;
    ho.kept_s = s->stream_ms / 1000 * 11 / 10 + ho.step_s;
    s->service.history = history_new(&ho, s->service.counts, d, clock_unix_us() / 1000);
    return sampler_start(s->service.history, ho.step_s, &s->sampler, e);
}

static void release(struct server *s)
{
    if (s->listener >= 0)
        (void)close(s->listener);
    sampler_stop(s->sampler);
    waiting_free(s->waiting);
    streams_free(s->service.streams);
    handover_close(&s->handover);
    history_free(s->service.history);
    answers_free(s->service.answers);
    shape_free(s->shape);
    sidebar_free(s->service.sidebar);
    assets_free(s->service.assets);
    free(s);
}

enum err server_start(const struct server_options *o, struct counts *counts,
                      const struct definitions *d, struct server **ret, struct error *e)
{
    assert(o->threads >= 1 && o->threads <= SERVER_THREADS_MAX &&
           counts_sources(counts) <= SOURCES_MAX);
    struct server *s = mem_zero(1, sizeof(*s));
    s->listener = s->handover.nothing = -1;
    s->service.counts = counts;
    s->shape = shape_new(d);
    s->service.answers = answers_new(s->shape, counts_sources(counts));
    s->service.sidebar = sidebar_new(d);
    s->service.assets = assets_new(o);
    enum err err = listen_at(s, o, e);
    if (err == ERR_OK)
        err = start_waiting(s, o, e);
    if (err == ERR_OK)
        err = start_streams(s, o, e);
    if (err == ERR_OK)
        err = start_history(s, o, d, e);
    if (err == ERR_OK) {
        unsigned phase_s_max = o->phase_s_max > 0 ? o->phase_s_max : SERVER_PHASE_S_MAX;
        err = connections_start(&s->connections, phase_s_max, e);
        if (err == ERR_OK && (err = start_daemon(s, o->threads, phase_s_max, e)) != ERR_OK)
            connections_stop(&s->connections);
    }
    if (err != ERR_OK) {
        release(s);
        return err;
    }
    *ret = s;
    return ERR_OK;
}

uint16_t server_port(const struct server *s)
{
    return s->port;
}

size_t server_streams_max(const struct server *s)
{
    return s->streams_max;
}

void server_stop(struct server *s, int drain_ms)
{
    if (s == NULL)
        return;
    atomic_store(&s->service.is_draining, true);
    streams_drain(s->service.streams, drain_ms);
    waiting_stop(s->waiting);
    (void)connections_drain(&s->connections, drain_ms);
    streams_await(s->service.streams); /* others are answered meanwhile, and told of the stop */
    MHD_stop_daemon(s->daemon);
    s->listener = -1; /* which closed it */
    connections_stop(&s->connections);
    streams_stop(s->service.streams);
    release(s);
}
