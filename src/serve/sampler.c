#include "serve/sampler.h"

#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct sampler {
    struct history *history;
    int64_t step_ms;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stopping;
    bool is_stopping;
};

/* Until the next step begins by the clock of the day, but never longer than a step, whatever is
 * done to that clock. */
static void wait_for_step(struct sampler *s)
{
    int64_t left_ms = s->step_ms - clock_unix_us() / 1000 % s->step_ms;
    struct timespec t = clock_deadline(clock_ms() + left_ms);
    (void)pthread_cond_timedwait(&s->stopping, &s->lock, &t);
}

static void *sample(void *context)
{
    struct sampler *s = context;
    int rc = pthread_mutex_lock(&s->lock);
    assert(rc == 0);
    while (!s->is_stopping) {
        history_sample(s->history, clock_unix_us() / 1000);
        wait_for_step(s);
    }
    rc = pthread_mutex_unlock(&s->lock);
    assert(rc == 0);
    return NULL;
}

static void release(struct sampler *s)
{
    (void)pthread_cond_destroy(&s->stopping);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

enum err sampler_start(struct history *h, unsigned step_s, struct sampler **ret, struct error *e)
{
    struct sampler *s = mem_zero(1, sizeof(*s));
    s->history = h;
    s->step_ms = (int64_t)step_s * 1000;
    pthread_condattr_t monotonic;
    int rc = pthread_mutex_init(&s->lock, NULL);
    rc |= pthread_condattr_init(&monotonic);
    rc |= pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    rc |= pthread_cond_init(&s->stopping, &monotonic);
    rc |= pthread_condattr_destroy(&monotonic);
    assert(rc == 0);
    rc = pthread_create(&s->thread, NULL, sample, s);
    if (rc != 0) {
        release(s);
        return error_set_errno(e, rc, "starting the thread that keeps the history");
    }
    *ret = s;
    return ERR_OK;
}

void sampler_stop(struct sampler *s)
{
    if (s == NULL)
        return;
    int rc = pthread_mutex_lock(&s->lock);
    assert(rc == 0);
    s->is_stopping = true;
    (void)pthread_cond_signal(&s->stopping);
    rc = pthread_mutex_unlock(&s->lock);
    assert(rc == 0);
    rc = pthread_join(s->thread, NULL);
    assert(rc == 0);
    release(s);
}
