#include "feed/postgres_poll.h"

#include "base/clock.h"
#include "feed/postgres_count.h"

#include <errno.h>
#include <poll.h>

static void on_wait(void *context)
{
    const struct poll *p = context;
    int64_t until_ms = p->publisher->fresh_ms + (int64_t)p->seconds * 1000 + POLL_LATE_MS;
    if (clock_ms() > until_ms)
        publisher_late(p->publisher, "the server takes long to count");
}

static enum err count(struct poll *p, struct error *e)
{
    struct position at;
    struct count_wait wait = {.on_wait = on_wait, .context = p};
    enum err err = position_read(p->session, &at, e);
    int64_t began_ms = clock_ms();
    if (err == ERR_OK)
        err = publisher_begin(p->publisher, &at, e);
    if (err == ERR_OK)
        err = count_all(p->session, p->definitions, p->publisher->counts, &wait, e);
    if (err != ERR_OK)
        return err;
    publisher_counted(p->publisher, at.wal_end);
    p->publisher->fresh_ms = began_ms;
    publisher_enter(p->publisher, PG_POLLING, p->reason);
    return ERR_OK;
}

static enum err pause_until(const struct poll *p, int64_t until_ms, struct error *e)
{
    struct pollfd wake = {.fd = p->wake_fd, .events = POLLIN};
    int64_t left_ms = until_ms - clock_ms();
    int n = poll(&wake, 1, left_ms > 0 ? (int)left_ms : 0);
    if (n < 0 && errno != EINTR)
        return error_set_errno(e, errno, "waiting for the next poll");
    return n > 0 ? error_set(e, ERR_BUSY, "stopping") : ERR_OK;
}

enum err poll_run(struct poll *p, struct error *e)
{
    enum err err = ERR_OK;
    while (err == ERR_OK) {
        int64_t start_ms = clock_ms();
        err = count(p, e);
        if (err == ERR_OK)
            err = pause_until(p, start_ms + (int64_t)p->seconds * 1000, e);
        if (err == ERR_OK)
            err = p->on_count(p->context, e);
    }
    return err;
}
