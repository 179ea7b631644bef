/* A wake: how other threads tell one that waits in epoll to look at what they have left for it.
 *
 * What is left before wake_up is seen by whoever looks after wake_take; wakes that come faster than
 * that thread looks are one.
 *
 * Ownership: embedded; wake_init and wake_fini bracket its use.
 */
#ifndef BADGED_SERVE_WAKE_H
#define BADGED_SERVE_WAKE_H

#include <stdatomic.h>
#include <stdbool.h>

struct wake {
    atomic_bool is_up;
    int fd; /* an eventfd, to be read from by epoll; -1: none */
};

/* wake_init(w): false, with errno, when the system gives no descriptor. fd is -1 then. */
bool wake_init(struct wake *w);
void wake_fini(struct wake *w);

/* wake_up(w): have the thread look. Any thread; does not block. */
void wake_up(struct wake *w);

/* wake_take(w): of the thread, before it looks. */
void wake_take(struct wake *w);

#endif
