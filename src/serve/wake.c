#include "serve/wake.h"

#include <sys/eventfd.h>
#include <unistd.h>

bool wake_init(struct wake *w)
{
    atomic_init(&w->is_up, false);
    w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return w->fd >= 0;
}

void wake_fini(struct wake *w)
{
    if (w->fd >= 0)
        (void)close(w->fd);
    w->fd = -1;
}

/* Who finds is_up set leaves its news to a look that is still to come: see wake_take. */
void wake_up(struct wake *w)
{
    if (!atomic_exchange(&w->is_up, true))
        (void)eventfd_write(w->fd, 1);
}

/* As this reads what the last wake_up wrote, all that was done before that is seen. */
void wake_take(struct wake *w)
{
    eventfd_t value;
    (void)eventfd_read(w->fd, &value);
    (void)atomic_exchange(&w->is_up, false);
}
