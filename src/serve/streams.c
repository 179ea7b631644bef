/* What this deliberately does not do: read. What a client sends behind its request stays in the
 * kernel, which bounds it.
 */
#include "serve/streams.h"

#include "base/clock.h"
#include "base/mem.h"
#include "serve/roster.h"
#include "serve/subscriber.h"
#include "serve/wake.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sodium/randombytes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* SEND_BYTES is what the kernel holds for a client that does not read, instead of megabytes, most
 * of which would be old news by the time they are read; of these UNSENT_BYTES are not on their way
 * yet. */
enum {
    EVENTS_MAX = 256,   /* taken at a time */
    TICK_MS_MIN = 10,   /* between two looks at who is late */
    TICK_MS_MAX = 1000, /* likewise */
    SEND_BYTES = 16 * 1024,
    UNSENT_BYTES = 4 * 1024,
};

struct streams {
    struct streams_options options;
    struct counts *counts;
    const struct shape *shape;
    struct counts_watcher watcher;
    struct wake wake;
    int epoll;
    int drained; /* an eventfd, to be read from once is_drained */
    pthread_t thread;
    bool is_joined; /* of streams_stop alone */

    struct roster roster;
    atomic_bool is_draining, is_stopping; /* set once */
    int64_t drain_end_ms;                 /* set before is_draining is */

    /* The thread's own. */
    struct subscriber *first, *ended;
    enum counts_trust trust; /* as subscribers are told */
    int64_t since_ms;        /* when it became that */
    struct offer offer;
    uint64_t round;
    uint64_t *numbers; /* room for those of one tenant */
    int tick_ms;
    int64_t look_ms; /* when to look for who is late */
    bool is_drain_begun, is_drained;
};

static struct uuid tenant_of(const struct topic *t)
{
    struct uuid id;
    memcpy(id.bytes, t->place.key, sizeof(id.bytes));
    return id;
}

/* In the feed's thread. */
static void on_news(void *context, const struct counts_news *news)
{
    struct streams *s = context;
    if (roster_note(&s->roster, news))
        wake_up(&s->wake);
}

/* ---- subscribers ---- */

/* It is freed when nothing of this turn can name it any more. */
static void end(struct streams *s, struct subscriber *sub)
{
    if (sub->fd < 0)
        return;
    (void)close(sub->fd); /* which takes it out of the epoll set */
    sub->fd = -1;
    if (sub->next != NULL)
        sub->next->previous = sub->previous;
    if (sub->previous != NULL)
        sub->previous->next = sub->next;
    else
        s->first = sub->next;
    if (sub->topic_next != NULL)
        sub->topic_next->topic_previous = sub->topic_previous;
    if (sub->topic_previous != NULL)
        sub->topic_previous->topic_next = sub->topic_next;
    else
        sub->topic->first = sub->topic_next;
    frame_unref(sub->begun);
    roster_leave(&s->roster, sub);
    sub->next_ended = s->ended;
    s->ended = sub;
}

static void free_ended(struct streams *s)
{
    while (s->ended != NULL) {
        struct subscriber *sub = s->ended;
        s->ended = sub->next_ended;
        free(sub);
    }
}

static void send_wanted(struct streams *s, struct subscriber *sub, int64_t now)
{
    if (!subscriber_send(sub, &s->offer, now))
        end(s, sub);
}

/* Unless it waits for room, which then sends everything it wants. */
static void offer(struct streams *s, struct subscriber *sub, int64_t now)
{
    if (!sub->is_blocked)
        send_wanted(s, sub, now);
}

/* ---- topics ---- */

/* Compose the tenant's frame anew unless it is of the counts there are. Returns whether the numbers
 * are others than those in the frame before. */
static bool look(struct streams *s, struct topic *t)
{
    struct uuid id = tenant_of(t);
    struct as_of as_of;
    int64_t since_ms;
    size_t bytes = counts_sources(s->counts) * sizeof(*s->numbers);
    if (counts_read(s->counts, &id, s->numbers, &as_of, &since_ms) == COUNTS_UNKNOWN)
        return false; /* which is news of its own */
    bool is_same = t->badges != NULL && memcmp(t->numbers, s->numbers, bytes) == 0;
    if (is_same && as_of_compare(t->as_of, as_of) == 0)
        return false;
    struct buffer json = {0};
    shape_render(s->shape, s->numbers, &json);
    frame_unref(t->badges);
    t->badges = frame_badges(&json, as_of);
    t->as_of = as_of;
    memcpy(t->numbers, s->numbers, bytes);
    buffer_fini(&json);
    return !is_same;
}

static void publish(struct streams *s, struct topic *t, int64_t now)
{
    for (struct subscriber *sub = t->first, *next; sub != NULL; sub = next) {
        next = sub->topic_next;
        subscriber_want(sub, WANT_BADGES);
        offer(s, sub, now);
    }
}

/* ---- the thread's turn ---- */

static void set_status(struct streams *s, const struct counts_status *status)
{
    int64_t since_ms = clock_unix_us() / 1000 - (clock_ms() - status->since_ms);
    frame_unref(s->offer.status);
    s->offer.status = frame_status(status->trust, since_ms / 1000);
    s->trust = status->trust;
    s->since_ms = status->since_ms;
}

/* Tell everybody how far the counts can be trusted now. Counts that were not live may be others
 * since, and those that were not known were not shown: they come first. So it is when trust went
 * and came back between two looks: what was published meanwhile may have been passed over. */
static void take_status(struct streams *s, int64_t now)
{
    struct counts_status status;
    counts_status(s->counts, &status);
    if (status.trust == s->trust && status.since_ms == s->since_ms && s->offer.status != NULL)
        return;
    bool is_back =
        status.trust == COUNTS_LIVE || (status.trust == COUNTS_STALE && s->trust != COUNTS_LIVE);
    set_status(s, &status);
    s->round++;
    for (struct subscriber *sub = s->first, *next; sub != NULL; sub = next) {
        next = sub->next;
        if (is_back && sub->topic->round != s->round) {
            sub->topic->round = s->round;
            (void)look(s, sub->topic);
        }
        if (is_back && sub->topic->badges != NULL)
            subscriber_want(sub, WANT_BADGES);
        if (status.trust == COUNTS_UNKNOWN)
            subscriber_forget(sub, WANT_BADGES);
        subscriber_want(sub, WANT_STATUS);
        offer(s, sub, now);
    }
}

static void take_news_of_all(struct streams *s, int64_t now)
{
    s->round++;
    for (struct subscriber *sub = s->first, *next; sub != NULL; sub = next) {
        next = sub->next;
        if (sub->topic->round != s->round) {
            sub->topic->round = s->round;
            sub->topic->is_changed = look(s, sub->topic);
        }
        if (!sub->topic->is_changed)
            continue;
        subscriber_want(sub, WANT_BADGES);
        offer(s, sub, now);
    }
}

/* One at a time, as a topic goes with its last subscriber. */
static void take_news(struct streams *s, int64_t now)
{
    struct topic *t;
    while ((t = roster_take_news(&s->roster)) != NULL)
        if (look(s, t))
            publish(s, t, now);
}

static bool watch_socket(struct streams *s, struct subscriber *sub)
{
    const int on = 1, off = 0, send_bytes = SEND_BYTES, unsent_bytes = UNSENT_BYTES;
    const unsigned stall_ms = s->options.stall_ms;
    struct epoll_event event = {.events = EPOLLRDHUP | EPOLLOUT | EPOLLET, .data.ptr = sub};
    (void)setsockopt(sub->fd, IPPROTO_TCP, TCP_CORK, &off, sizeof(off));
    (void)setsockopt(sub->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    (void)setsockopt(sub->fd, SOL_SOCKET, SO_SNDBUF, &send_bytes, sizeof(send_bytes));
    (void)setsockopt(sub->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_bytes, sizeof(unsent_bytes));
    (void)setsockopt(sub->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &stall_ms, sizeof(stall_ms));
    return epoll_ctl(s->epoll, EPOLL_CTL_ADD, sub->fd, &event) == 0;
}

/* When the stream of one that is there now, or arrives now, is to end. */
static int64_t choose_end_ms(const struct streams *s, int64_t now)
{
    if (s->is_drain_begun) {
        int64_t left_ms = s->drain_end_ms - now;
        return now +
               (left_ms > 0 ? randombytes_uniform((uint32_t)(left_ms - left_ms / 10 + 1)) : 0);
    }
    unsigned age_ms = s->options.stream_ms;
    return now + age_ms - age_ms / 10 + randombytes_uniform(age_ms / 5 + 1);
}

static void welcome(struct streams *s, struct subscriber *sub, int64_t now)
{
    struct topic *t = sub->topic;
    if (look(s, t))
        publish(s, t, now); /* to those before it: what it is told is not news to it alone */
    sub->next = s->first;
    sub->previous = NULL;
    if (s->first != NULL)
        s->first->previous = sub;
    s->first = sub;
    sub->topic_next = t->first;
    if (t->first != NULL)
        t->first->topic_previous = sub;
    t->first = sub;
    sub->moved_ms = now;
    sub->end_ms = choose_end_ms(s, now);
    subscriber_want(sub, WANT_FIRST);
    if (s->trust != COUNTS_UNKNOWN && t->badges != NULL)
        subscriber_want(sub, WANT_BADGES);
    if (s->trust != COUNTS_LIVE)
        subscriber_want(sub, WANT_STATUS);
    if (watch_socket(s, sub))
        send_wanted(s, sub, now);
    else
        end(s, sub);
}

/* What became of trust while nobody was subscribed was noted for nobody. It is looked up once they
 * are here, as one may arrive at any moment of a turn. */
static void take_arrivals(struct streams *s, int64_t now)
{
    struct subscriber *sub = roster_take_arrivals(&s->roster), *next;
    if (sub != NULL)
        take_status(s, now);
    for (; sub != NULL; sub = next) {
        next = sub->next;
        welcome(s, sub, now);
    }
}

static void look_around(struct streams *s, int64_t now)
{
    bool is_status, is_all;
    roster_take_flags(&s->roster, &is_status, &is_all);
    if (is_status)
        take_status(s, now);
    if (is_all)
        take_news_of_all(s, now);
    take_news(s, now);
    take_arrivals(s, now);
}

/* Spread over an eighth of the time, as those that were sent the same frame would else be sent
 * their comments at once, too. */
static int64_t comment_ms(const struct streams *s, const struct subscriber *sub)
{
    unsigned spread = s->options.heartbeat_ms / 8 + 1;
    return sub->moved_ms + s->options.heartbeat_ms - s->tick_ms - (unsigned)sub->fd % spread;
}

static void look_for_late(struct streams *s, int64_t now)
{
    for (struct subscriber *sub = s->first, *next; sub != NULL; sub = next) {
        next = sub->next;
        if (sub->is_blocked && now - sub->moved_ms >= s->options.stall_ms) {
            end(s, sub);
            continue;
        }
        if (now >= sub->end_ms)
            subscriber_want(sub, WANT_LAST);
        else if (!sub->is_blocked && now >= comment_ms(s, sub))
            subscriber_want(sub, WANT_COMMENT);
        if (sub->wants != 0)
            offer(s, sub, now);
    }
}

static int choose_tick_ms(const struct streams_options *o)
{
    unsigned least = o->heartbeat_ms < o->stall_ms ? o->heartbeat_ms : o->stall_ms;
    least = (least < o->stream_ms ? least : o->stream_ms) / 8;
    return least < TICK_MS_MIN ? TICK_MS_MIN : least > TICK_MS_MAX ? TICK_MS_MAX : (int)least;
}

static void begin_drain(struct streams *s, int64_t now)
{
    for (struct subscriber *sub = s->first; sub != NULL; sub = sub->next)
        sub->end_ms = choose_end_ms(s, now);
    s->tick_ms = TICK_MS_MIN;
    s->look_ms = now;
}

/* Once all are gone, or the time is up, whoever awaits that is told. */
static void drain(struct streams *s, int64_t now)
{
    if (!s->is_drain_begun && atomic_load(&s->is_draining)) {
        s->is_drain_begun = true;
        begin_drain(s, now);
    }
    if (s->is_drain_begun && !s->is_drained &&
        (atomic_load(&s->roster.count) == 0 || now >= s->drain_end_ms)) {
        s->is_drained = true;
        (void)eventfd_write(s->drained, 1);
    }
}

static void take_event(struct streams *s, const struct epoll_event *event, int64_t now)
{
    struct subscriber *sub = event->data.ptr;
    if (sub->fd < 0)
        return;
    if ((event->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
        end(s, sub);
    else if ((event->events & EPOLLOUT) != 0)
        send_wanted(s, sub, now);
}

static void *run(void *context)
{
    struct streams *s = context;
    s->look_ms = clock_ms() + s->tick_ms;
    for (bool is_over = false; !is_over;) {
        struct epoll_event events[EVENTS_MAX];
        int64_t left_ms = s->look_ms - clock_ms();
        int wait_ms = s->first == NULL && !s->is_drain_begun ? -1 : left_ms > 0 ? (int)left_ms : 0;
        int count = epoll_wait(s->epoll, events, EVENTS_MAX, wait_ms);
        assert(count >= 0 || errno == EINTR);
        int64_t now = clock_ms();
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == s)
                wake_take(&s->wake);
            else
                take_event(s, &events[i], now);
        }
        look_around(s, now);
        drain(s, now);
        is_over = atomic_load(&s->is_stopping);
        if (now >= s->look_ms) {
            look_for_late(s, now);
            s->look_ms = now + s->tick_ms;
        }
        free_ended(s);
    }
    take_arrivals(s, clock_ms()); /* one may have come since, but none will any more */
    while (s->first != NULL)
        end(s, s->first);
    free_ended(s);
    return NULL;
}

/* ---- from outside ---- */

static void release(struct streams *s)
{
    wake_fini(&s->wake);
    if (s->epoll >= 0)
        (void)close(s->epoll);
    if (s->drained >= 0)
        (void)close(s->drained);
    frame_unref(s->offer.status);
    frame_unref(s->offer.comment);
    roster_fini(&s->roster);
    free(s->numbers);
    free(s);
}

static enum err start_thread(struct streams *s, struct error *e)
{
    struct epoll_event woken = {.events = EPOLLIN, .data.ptr = s};
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    s->drained = eventfd(0, EFD_CLOEXEC);
    if (!wake_init(&s->wake) || s->epoll < 0 || s->drained < 0 ||
        epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->wake.fd, &woken) != 0)
        return error_set_errno(e, errno, "preparing for streams");
    int rc = pthread_create(&s->thread, NULL, run, s);
    return rc == 0 ? ERR_OK : error_set_errno(e, rc, "starting a thread");
}

enum err streams_start(const struct streams_options *o, struct counts *counts,
                       const struct shape *shape, struct streams **ret, struct error *e)
{
    struct streams *s = mem_zero(1, sizeof(*s));
    size_t sources = counts_sources(counts);
    s->options = *o;
    s->counts = counts;
    s->shape = shape;
    s->epoll = s->drained = s->wake.fd = -1;
    s->tick_ms = choose_tick_ms(o);
    s->offer.comment = frame_comment();
    s->numbers = mem_zero(sources + 1, sizeof(*s->numbers));
    roster_init(&s->roster, &o->limits, sources);
    enum err err = start_thread(s, e);
    if (err != ERR_OK) {
        release(s);
        return err;
    }
    s->watcher = (struct counts_watcher){.on_news = on_news, .context = s};
    counts_watch(counts, &s->watcher);
    *ret = s;
    return ERR_OK;
}

enum streams_verdict streams_admit(struct streams *s, const struct uuid *tenant,
                                   const unsigned char address[16], struct subscriber **ret)
{
    return roster_admit(&s->roster, tenant, address, ret);
}

void streams_refuse(struct streams *s, struct subscriber *subscriber)
{
    roster_leave(&s->roster, subscriber);
    free(subscriber);
}

void streams_open(struct streams *s, struct subscriber *subscriber, int fd, bool is_chunked)
{
    subscriber->fd = fd;
    subscriber->is_chunked = is_chunked;
    roster_arrive(&s->roster, subscriber);
    wake_up(&s->wake);
}

void streams_drain(struct streams *s, int drain_ms)
{
    roster_close(&s->roster);
    s->drain_end_ms = clock_ms() + drain_ms;
    atomic_store(&s->is_draining, true);
    wake_up(&s->wake);
}

void streams_await(struct streams *s)
{
    eventfd_t value;
    while (eventfd_read(s->drained, &value) != 0 && errno == EINTR)
        ;
}

void streams_stop(struct streams *s)
{
    if (s == NULL || s->is_joined)
        return;
    atomic_store(&s->is_stopping, true);
    wake_up(&s->wake);
    int rc = pthread_join(s->thread, NULL);
    assert(rc == 0);
    s->is_joined = true;
    counts_unwatch(s->counts, &s->watcher);
}

void streams_free(struct streams *s)
{
    if (s == NULL)
        return;
    streams_stop(s);
    release(s);
}
