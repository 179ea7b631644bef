#include "serve/connection.h"

#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/socket.h>

static void lock(struct connections *cs)
{
    int rc = pthread_mutex_lock(&cs->lock);
    assert(rc == 0);
}

static void unlock(struct connections *cs)
{
    int rc = pthread_mutex_unlock(&cs->lock);
    assert(rc == 0);
}

/* Wait, at most until deadline_ms of clock_ms(). The lock is held. */
static void wait_until(struct connections *cs, pthread_cond_t *condition, int64_t deadline_ms)
{
    struct timespec t = clock_deadline(deadline_ms);
    (void)pthread_cond_timedwait(condition, &cs->lock, &t);
}

/* Whether the other end has closed its half, and all that it sent was read: an end that came in one
 * event with the bytes before it, of which libmicrohttpd 0.9.75 took the bytes. Twice in a row, or
 * its thread may be about to begin the request that those bytes were. */
static bool has_ended(struct connection *c)
{
    char byte;
    bool was_ended = c->is_ended;
    c->is_ended = !atomic_load(&c->is_busy) && recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
    return was_ended && c->is_ended;
}

/* A connection is not closed but shut down: its thread then sees its end, and closes it. */
static bool is_late(const struct connections *cs, struct connection *c, unsigned tick)
{
    return !atomic_load(&c->is_waiting) && tick - atomic_load(&c->phase_s) > cs->phase_s_max;
}

static void *reap(void *context)
{
    struct connections *cs = context;
    int64_t start = clock_ms();
    lock(cs);
    for (unsigned tick = 0; !cs->is_stopping; tick = (unsigned)((clock_ms() - start) / 1000)) {
        atomic_store(&cs->tick_s, tick);
        for (struct connection *c = cs->first; c != NULL; c = c->next)
            if (is_late(cs, c, tick) || has_ended(c))
                (void)shutdown(c->fd, SHUT_RDWR);
        wait_until(cs, &cs->stopping, start + (int64_t)(tick + 1) * 1000);
    }
    unlock(cs);
    return NULL;
}

static void fini(struct connections *cs)
{
    (void)pthread_cond_destroy(&cs->stopping);
    (void)pthread_cond_destroy(&cs->idle);
    (void)pthread_mutex_destroy(&cs->lock);
}

enum err connections_start(struct connections *cs, unsigned phase_s_max, struct error *e)
{
    *cs = (struct connections){.phase_s_max = phase_s_max};
    pthread_condattr_t monotonic;
    int rc = pthread_mutex_init(&cs->lock, NULL);
    rc |= pthread_condattr_init(&monotonic);
    rc |= pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    rc |= pthread_cond_init(&cs->stopping, &monotonic);
    rc |= pthread_cond_init(&cs->idle, &monotonic);
    rc |= pthread_condattr_destroy(&monotonic);
    assert(rc == 0);
    rc = pthread_create(&cs->reaper, NULL, reap, cs);
    if (rc == 0)
        return ERR_OK;
    fini(cs);
    return error_set_errno(e, rc, "starting a thread");
}

void connections_stop(struct connections *cs)
{
    lock(cs);
    assert(cs->first == NULL);
    cs->is_stopping = true;
    (void)pthread_cond_signal(&cs->stopping);
    unlock(cs);
    int rc = pthread_join(cs->reaper, NULL);
    assert(rc == 0);
    fini(cs);
}

struct connection *connections_add(struct connections *cs, int fd)
{
    struct connection *c = mem_zero(1, sizeof(*c));
    c->fd = fd;
    atomic_init(&c->phase_s, atomic_load(&cs->tick_s));
    lock(cs);
    c->next = cs->first;
    if (c->next != NULL)
        c->next->previous = c;
    cs->first = c;
    unlock(cs);
    return c;
}

void connections_remove(struct connections *cs, struct connection *c)
{
    lock(cs);
    if (c->next != NULL)
        c->next->previous = c->previous;
    if (c->previous != NULL)
        c->previous->next = c->next;
    else
        cs->first = c->next;
    (void)pthread_cond_signal(&cs->idle);
    unlock(cs);
    free(c);
}

static void begin_phase(const struct connections *cs, struct connection *c, bool is_busy)
{
    unsigned tick_s = atomic_load_explicit(&cs->tick_s, memory_order_relaxed);
    atomic_store_explicit(&c->phase_s, tick_s, memory_order_relaxed);
    atomic_store(&c->is_busy, is_busy);
}

void connection_begin(const struct connections *cs, struct connection *c)
{
    begin_phase(cs, c, true);
}

void connection_wait(struct connection *c)
{
    atomic_store(&c->is_waiting, true);
}

void connection_resume(const struct connections *cs, struct connection *c)
{
    begin_phase(cs, c, true);
    atomic_store(&c->is_waiting, false);
}

void connection_end(struct connections *cs, struct connection *c)
{
    begin_phase(cs, c, false);
    if (!atomic_load(&cs->is_draining))
        return;
    lock(cs);
    (void)pthread_cond_signal(&cs->idle);
    unlock(cs);
}

static bool is_any_busy(const struct connections *cs)
{
    for (const struct connection *c = cs->first; c != NULL; c = c->next)
        if (atomic_load(&c->is_busy))
            return true;
    return false;
}

bool connections_drain(struct connections *cs, int timeout_ms)
{
    int64_t deadline = clock_ms() + timeout_ms;
    atomic_store(&cs->is_draining, true);
    lock(cs);
    bool busy;
    while ((busy = is_any_busy(cs)) && clock_ms() < deadline)
        wait_until(cs, &cs->idle, deadline);
    unlock(cs);
    return !busy;
}
