#include "feed/postgres.h"

#include "base/backoff.h"
#include "base/clock.h"
#include "base/mem.h"
#include "feed/postgres_count.h"
#include "feed/postgres_life.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sodium/randombytes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    RETRY_MS_MIN = 200, /* after a failure: doubled up to the maximum, and a random half added */
    RETRY_MS_MAX = 1600,
    /* For which it is polled where a slot was not to be had, or the server outran the load. Trying
     * again costs the server a slot that keeps its log, for up to SLOT_MS_MAX, or a whole load. */
    POLL_INSTEAD_MS_MIN = 30000,
    POLL_INSTEAD_MS_MAX = 300000,
    LIFE_MS_MIN = 5000, /* a life that was live for less than this does not begin anew at once */
};

struct feed_postgres {
    struct feed_postgres_options options;
    char *conninfo, *password, *publication;
    const struct definitions *definitions;
    struct publisher publisher;
    pthread_t thread;
    int wake_fd; /* readable once the feed is to stop */
};

static bool is_stopping(const struct feed_postgres *f, int wait_ms)
{
    struct pollfd wake = {.fd = f->wake_fd, .events = POLLIN};
    return poll(&wake, 1, wait_ms) > 0;
}

/* Jitter keeps several that follow one server from coming back in step. */
static int next_pause(int before_ms)
{
    int pause_ms = before_ms == 0 ? RETRY_MS_MIN : before_ms * 2;
    return pause_ms < RETRY_MS_MAX ? pause_ms : RETRY_MS_MAX;
}

static void *run(void *arg)
{
    struct feed_postgres *f = arg;
    static const struct backoff instead = {POLL_INSTEAD_MS_MIN, POLL_INSTEAD_MS_MAX};
    char poll_cause[ERROR_MESSAGE_BYTES_MAX] = "";
    unsigned in_vain = 0; /* tries to stream since it last did */
    int pause_ms = 0;
    while (!is_stopping(f, 0)) {
        struct error e;
        struct life life = {.options = &f->options,
                            .definitions = f->definitions,
                            .publisher = &f->publisher,
                            .wake_fd = f->wake_fd,
                            .poll_cause = poll_cause,
                            .poll_ms = backoff_bound_ms(&instead, in_vain)};
        int64_t start_ms = clock_ms();
        enum err err = life_run(&life, &e);
        if (is_stopping(f, 0)) {
            life_fini(&life);
            break;
        }
        bool is_slot_late = err == ERR_BUSY && f->publisher.state == PG_WAITING_FOR_SLOT;
        /* A load that the server writes faster than will not do better the next time. */
        bool is_outrun = err == ERR_BEHIND && !life.is_caught_up;
        bool was_long = clock_ms() - start_ms > LIFE_MS_MIN && f->publisher.state >= PG_CATCHING_UP;
        if (publisher_fail(&f->publisher, &e) && checks_worst(&life.checks) >= VERDICT_NO_STREAM)
            checks_print(stderr, &life.checks);
        poll_cause[0] = '\0';
        if (is_slot_late || is_outrun) {
            memcpy(poll_cause, e.message, sizeof(poll_cause));
            in_vain++;
        } else if (life.is_caught_up) {
            in_vain = 0;
        }
        life_fini(&life);
        pause_ms = was_long || is_slot_late ? RETRY_MS_MIN : next_pause(pause_ms);
        (void)is_stopping(f, pause_ms / 2 + (int)randombytes_uniform((uint32_t)pause_ms));
    }
    publisher_enter(&f->publisher, PG_STOPPED, "badged is stopping");
    return NULL;
}

/* ---- for other threads ---- */

static char *copy(const char *text)
{
    return text != NULL ? mem_text(text, strlen(text)) : NULL;
}

static void release(struct feed_postgres *f)
{
    if (f->wake_fd >= 0)
        (void)close(f->wake_fd);
    free(f->conninfo);
    free(f->password);
    free(f->publication);
    free(f);
}

enum err feed_postgres_new(const struct feed_postgres_options *o, const struct definitions *d,
                           struct counts *counts, struct feed_postgres **ret, struct error *e)
{
    struct feed_postgres *f = mem_zero(1, sizeof(*f));
    f->options = *o;
    f->options.conninfo = f->conninfo = copy(o->conninfo);
    f->options.password = f->password = copy(o->password);
    f->options.publication = f->publication = copy(o->publication);
    f->definitions = d;
    publisher_init(&f->publisher, counts);
    f->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int rc = f->wake_fd < 0 ? errno : pthread_create(&f->thread, NULL, run, f);
    if (rc != 0) {
        release(f);
        return error_set_errno(e, rc, "starting the feed's thread");
    }
    *ret = f;
    return ERR_OK;
}

void feed_postgres_free(struct feed_postgres *f)
{
    if (f == NULL)
        return;
    (void)eventfd_write(f->wake_fd, 1);
    (void)pthread_join(f->thread, NULL);
    release(f);
}

enum err feed_postgres_once(const struct feed_postgres_options *o, const struct definitions *d,
                            const struct uuid *tenant, struct counts *counts, struct error *e)
{
    struct session_options so = {.conninfo = o->conninfo, .password = o->password, .wake_fd = -1};
    struct session *s = NULL;
    struct position at;
    enum err err = session_open(&so, SESSION_CONNECT_MS, &s, e);
    if (err == ERR_OK)
        err = position_read(s, &at, e);
    if (err == ERR_OK)
        err = count_tenant(s, d, tenant, counts, e);
    if (err == ERR_OK) {
        (void)counts_publish(counts, (struct as_of){at.timeline, at.wal_end});
        (void)counts_set_status(counts, COUNTS_LIVE, "once", "", clock_ms());
    }
    session_close(s);
    return err;
}
