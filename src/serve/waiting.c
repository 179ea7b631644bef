#include "serve/waiting.h"

#include "base/clock.h"
#include "base/mem.h"
#include "serve/wake.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    EVENTS_MAX = 64
}; /* taken at a time */

struct waiting {
    struct waiting_options options;
    struct counts *counts;
    struct counts_watcher watcher;
    pthread_mutex_t lock;
    struct wait *first, *last; /* by deadline */
    atomic_size_t count;       /* changed under the lock */
    bool is_stopping;
    bool is_joined;   /* of waiting_stop alone */
    struct wake wake; /* the thread is to look */
    int epoll;
    pthread_t thread;
};

static void lock(struct waiting *w)
{
    int rc = pthread_mutex_lock(&w->lock);
    assert(rc == 0);
}

static void unlock(struct waiting *w)
{
    int rc = pthread_mutex_unlock(&w->lock);
    assert(rc == 0);
}

/* In the feed's thread. A request that is about to wait is either counted here, or looks at the
 * counts after this was published: both go through the lock of the counts. */
static void on_news(void *context, const struct counts_news *news)
{
    (void)news;
    struct waiting *w = context;
    if (atomic_load(&w->count) > 0)
        wake_up(&w->wake);
}

/* ---- the list ---- */

static void append(struct waiting *w, struct wait *wait)
{
    wait->next = NULL;
    wait->previous = w->last;
    if (w->last != NULL)
        w->last->next = wait;
    else
        w->first = wait;
    w->last = wait;
    atomic_fetch_add(&w->count, 1);
}

/* Move one to those that are done, a list that next links. */
static void finish(struct waiting *w, struct wait *wait, struct wait **done)
{
    if (wait->previous != NULL)
        wait->previous->next = wait->next;
    else
        w->first = wait->next;
    if (wait->next != NULL)
        wait->next->previous = wait->previous;
    else
        w->last = wait->previous;
    atomic_fetch_sub(&w->count, 1);
    wait->next = *done;
    *done = wait;
}

static void finish_all(struct waiting *w, struct wait **done)
{
    while (w->first != NULL)
        finish(w, w->first, done);
}

static void finish_covered(struct waiting *w, struct wait **done)
{
    struct as_of as_of;
    bool is_known = counts_as_of(w->counts, &as_of) != COUNTS_UNKNOWN;
    for (struct wait *wait = w->first, *next; wait != NULL; wait = next) {
        next = wait->next;
        if (!is_known || as_of_covers(as_of, wait->after))
            finish(w, wait, done);
    }
}

/* ---- the thread ---- */

/* A connection may be closed, and its wait with it, as soon as it is resumed. */
static void resume(struct waiting *w, struct wait *done)
{
    while (done != NULL) {
        struct wait *next = done->next;
        (void)epoll_ctl(w->epoll, EPOLL_CTL_DEL, done->fd, NULL);
        MHD_resume_connection(done->mhd);
        done = next;
    }
}

static int sleep_ms(struct waiting *w)
{
    lock(w);
    int64_t ms = w->first != NULL ? w->first->deadline_ms - clock_ms() : -1;
    if (w->first != NULL && ms < 0)
        ms = 0;
    unlock(w);
    return (int)ms;
}

/* Only this thread takes requests out, so one that an event names is still there; and it names each
 * at most once. */
static void *run(void *context)
{
    struct waiting *w = context;
    for (bool is_over = false; !is_over;) {
        struct epoll_event events[EVENTS_MAX];
        struct wait *done = NULL;
        bool is_woken = false;
        int count = epoll_wait(w->epoll, events, EVENTS_MAX, sleep_ms(w));
        assert(count >= 0 || errno == EINTR);
        lock(w);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == w)
                is_woken = true;
            else
                finish(w, events[i].data.ptr, &done);
        }
        if (is_woken) {
            wake_take(&w->wake);
            finish_covered(w, &done);
        }
        int64_t now = clock_ms();
        while (w->first != NULL && w->first->deadline_ms <= now)
            finish(w, w->first, &done);
        is_over = w->is_stopping;
        if (is_over)
            finish_all(w, &done);
        unlock(w);
        resume(w, done);
    }
    return NULL;
}

/* ---- from outside ---- */

bool waiting_add(struct waiting *w, struct wait *wait, struct MHD_Connection *mhd, int fd,
                 struct as_of after)
{
    lock(w);
    bool is_taken = !w->is_stopping && atomic_load(&w->count) < w->options.requests_max;
    if (!is_taken) {
        unlock(w);
        return false;
    }
    /* In this order: to resume what is not suspended yet would do nothing. */
    MHD_suspend_connection(mhd);
    bool was_empty = w->first == NULL;
    *wait = (struct wait){
        .mhd = mhd, .fd = fd, .after = after, .deadline_ms = clock_ms() + w->options.wait_ms};
    append(w, wait);
    /* Without memory for this, a client that goes away is noticed at the deadline. */
    struct epoll_event gone = {.events = EPOLLRDHUP, .data.ptr = wait};
    (void)epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &gone);
    struct as_of as_of;
    enum counts_trust trust = counts_as_of(w->counts, &as_of);
    if (was_empty || trust == COUNTS_UNKNOWN || as_of_covers(as_of, after))
        wake_up(&w->wake);
    unlock(w);
    return true;
}

static enum err open_descriptors(struct waiting *w, struct error *e)
{
    struct epoll_event woken = {.events = EPOLLIN, .data.ptr = w};
    w->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!wake_init(&w->wake) || w->epoll < 0 ||
        epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->wake.fd, &woken) != 0)
        return error_set_errno(e, errno, "preparing to let requests wait");
    int rc = pthread_create(&w->thread, NULL, run, w);
    return rc == 0 ? ERR_OK : error_set_errno(e, rc, "starting a thread");
}

static void release(struct waiting *w)
{
    wake_fini(&w->wake);
    if (w->epoll >= 0)
        (void)close(w->epoll);
    (void)pthread_mutex_destroy(&w->lock);
    free(w);
}

enum err waiting_start(const struct waiting_options *o, struct counts *counts, struct waiting **ret,
                       struct error *e)
{
    struct waiting *w = mem_zero(1, sizeof(*w));
    w->options = *o;
    w->counts = counts;
    w->epoll = w->wake.fd = -1;
    int rc = pthread_mutex_init(&w->lock, NULL);
    assert(rc == 0);
    enum err err = open_descriptors(w, e);
    if (err != ERR_OK) {
        release(w);
        return err;
    }
    w->watcher = (struct counts_watcher){.on_news = on_news, .context = w};
    counts_watch(counts, &w->watcher);
    *ret = w;
    return ERR_OK;
}

void waiting_stop(struct waiting *w)
{
    if (w == NULL || w->is_joined)
        return;
    lock(w);
    w->is_stopping = true;
    unlock(w);
    wake_up(&w->wake);
    int rc = pthread_join(w->thread, NULL);
    assert(rc == 0);
    w->is_joined = true;
    counts_unwatch(w->counts, &w->watcher);
}

void waiting_free(struct waiting *w)
{
    if (w == NULL)
        return;
    waiting_stop(w);
    release(w);
}
