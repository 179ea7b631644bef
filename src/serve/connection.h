/* Connections: those that are open, and how long each has been waited for.
 *
 * libmicrohttpd's own limit is on silence, so that a byte now and then would hold a connection for
 * ever. Here a thread looks at all connections once a second, and shuts down those that have been
 * in one phase for too long, however busy they look: waiting for the next head of a request, or
 * from there until the answer is sent. It also shuts down those that wait for a head that cannot
 * come, because their other end was closed along with the last bytes it sent: libmicrohttpd 0.9.75
 * does not notice that.
 *
 * Ownership: connections_start and connections_stop bracket the use of a struct that the caller
 * supplies; a connection lives from connections_add to connections_remove.
 */
#ifndef BADGED_SERVE_CONNECTION_H
#define BADGED_SERVE_CONNECTION_H

#include "base/error.h"
#include "serve/request.h"
#include "serve/waiting.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct connection {
    struct connection *previous, *next;
    int fd;
    atomic_uint phase_s;    /* tick_s when the phase began */
    atomic_bool is_busy;    /* which phase it is: true from the head of a request to its answer */
    atomic_bool is_waiting; /* for something to be published: not for its client, no deadline */
    bool is_ended;          /* nothing more can come, as far as the reaper saw a second ago */
    struct request request; /* of the thread that serves the connection */
    struct wait wait;       /* of its request, while is_waiting */
};

struct connections {
    pthread_mutex_t lock;
    pthread_cond_t stopping; /* is_stopping was set */
    pthread_cond_t idle;     /* while draining: a connection is not busy any more */
    struct connection *first;
    bool is_stopping;
    atomic_bool is_draining;
    atomic_uint tick_s; /* whole seconds since the start, as far as the thread has got */
    unsigned phase_s_max;
    pthread_t reaper;
};

/* connections_start(cs, phase_s_max, e): none open. Starts the thread; ERR_SYSTEM when that fails,
 * and there is then nothing to stop. connections_stop ends it; none may be open then. */
enum err connections_start(struct connections *cs, unsigned phase_s_max,
                           struct error *e) MUST_CHECK;
void connections_stop(struct connections *cs);

/* connections_add(cs, fd): a connection was opened. connections_remove(cs, c): it is about to be
 * closed: fd is not touched any more once this returns. Any thread. */
struct connection *connections_add(struct connections *cs, int fd);
void connections_remove(struct connections *cs, struct connection *c);

/* connection_begin(cs, c): the head of a request is read. connection_wait(c): it waits for
 * something other than its client from now on, and has no deadline here. connection_resume(cs, c):
 * not any more; its answer has as long as it had from the start. connection_end(cs, c): its answer
 * is sent. Of the thread that serves the connection. */
void connection_begin(const struct connections *cs, struct connection *c);
void connection_wait(struct connection *c);
void connection_resume(const struct connections *cs, struct connection *c);
void connection_end(struct connections *cs, struct connection *c);

/* connections_drain(cs, timeout_ms): wait until no connection is busy. false: some still were after
 * timeout_ms. */
bool connections_drain(struct connections *cs, int timeout_ms);

#endif
