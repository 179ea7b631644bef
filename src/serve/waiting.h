/* Waiting: requests that are suspended until the counts are published as far as they ask for.
 *
 * One thread owns them, and resumes each when the counts cover what it waits for, or are not known
 * any more; when it has waited long enough; when its client closed the connection, or the half of
 * it that a request comes in; or when the server stops. The handler is then called again, and sees
 * for itself which it was; but libmicrohttpd 0.9.75 may close a connection whose client closed its
 * half without calling it, as it looks for more to read before.
 *
 * All wait equally long, so that they are in the order of their deadlines. A publication wakes the
 * thread when any request waits, and costs the feed no more than that, however many do; one that
 * comes while the thread has yet to look is one with the former.
 *
 * Ownership: waiting_start makes it, waiting_free frees it; the counts outlive it. A struct wait is
 * the caller's and, from waiting_add until its connection is resumed, is not touched by it.
 */
#ifndef BADGED_SERVE_WAITING_H
#define BADGED_SERVE_WAITING_H

#include "badge/counts.h"
#include "base/error.h"

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct waiting;

struct wait {
    struct wait *previous, *next;
    struct MHD_Connection *mhd;
    int fd;
    struct as_of after;
    int64_t deadline_ms;
};

struct waiting_options {
    unsigned wait_ms;    /* for how long a request waits */
    size_t requests_max; /* how many may wait */
};

/* waiting_start(o, counts, ret, e): none wait. Starts the thread. ERR_SYSTEM when the system gives
 * none, or no descriptors. */
enum err waiting_start(const struct waiting_options *o, struct counts *counts, struct waiting **ret,
                       struct error *e) MUST_CHECK;

/* waiting_add(w, wait, mhd, fd, after): suspend the connection, whose socket is fd. Of its handler,
 * which returns MHD_YES then, and is called again when the wait is over. false: requests_max wait
 * already, or waiting_stop was called, and nothing was done. Any thread. */
bool waiting_add(struct waiting *w, struct wait *wait, struct MHD_Connection *mhd, int fd,
                 struct as_of after);

/* waiting_stop(w): resume all; no other is taken. None waits when it returns. waiting_free(w): the
 * same, and free it; nobody may call waiting_add then. w may be NULL. */
void waiting_stop(struct waiting *w);
void waiting_free(struct waiting *w);

#endif
