#include "serve/subscriber.h"

#include <errno.h>
#include <sodium/randombytes.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum {
    RETRY_MS_MIN = 2000,
    RETRY_MS_MAX = 4000
};

/* What is sent at a time: the frame that was begun, and one for each want. */
struct batch {
    struct {
        struct frame *frame; /* with a reference */
        int want;            /* -1: it was begun before */
    } items[1 + WANT__COUNT];
    struct iovec parts[1 + WANT__COUNT];
    size_t count;
};

unsigned subscriber_retry_ms(void)
{
    return RETRY_MS_MIN + randombytes_uniform(RETRY_MS_MAX - RETRY_MS_MIN + 1);
}

/* Takes the reference. */
static void add(struct batch *b, const struct subscriber *s, struct frame *f, int want, size_t sent)
{
    size_t len;
    const char *bytes = frame_bytes(f, s->is_chunked, &len);
    b->items[b->count].frame = f;
    b->items[b->count].want = want;
    /* sendmsg only reads it. */
    b->parts[b->count++] =
        (struct iovec){.iov_base = (void *)(uintptr_t)(bytes + sent), .iov_len = len - sent};
}

static struct frame *satisfy(const struct subscriber *s, const struct offer *o, enum want want)
{
    switch (want) {
    case WANT_FIRST:
        return frame_first(subscriber_retry_ms(), s->is_chunked);
    case WANT_BADGES:
        return frame_ref(s->topic->badges);
    case WANT_STATUS:
        return frame_ref(o->status);
    case WANT_COMMENT:
        return frame_ref(o->comment);
    default:
        return frame_last(subscriber_retry_ms(), s->is_chunked);
    }
}

static void gather(struct batch *b, struct subscriber *s, const struct offer *o)
{
    bool is_ending = s->begun != NULL && s->is_last;
    b->count = 0;
    if (s->begun != NULL)
        add(b, s, s->begun, -1, s->sent);
    s->begun = NULL;
    for (int want = 0; want < WANT__COUNT && !is_ending; want++)
        if (subscriber_wants(s, (enum want)want))
            add(b, s, satisfy(s, o, (enum want)want), want, 0);
}

/* Account for so many bytes that were sent, and let go of the batch. Of what was not begun, the
 * wants stay. Returns whether the last frame of all is among what was sent whole. */
static bool settle(struct batch *b, struct subscriber *s, size_t sent)
{
    bool is_over = false;
    size_t was_sent = s->sent;
    for (size_t i = 0; i < b->count; i++) {
        bool is_whole = sent >= b->parts[i].iov_len;
        bool is_begun = sent > 0 || b->items[i].want < 0;
        if (is_begun && b->items[i].want >= 0)
            subscriber_forget(s, (enum want)b->items[i].want);
        bool is_last = b->items[i].want == WANT_LAST || (b->items[i].want < 0 && s->is_last);
        is_over = is_over || (is_whole && is_last);
        if (is_begun && !is_whole) {
            s->begun = b->items[i].frame;
            s->sent = (b->items[i].want < 0 ? was_sent : 0) + sent;
            s->is_last = is_last;
        } else {
            frame_unref(b->items[i].frame);
        }
        sent -= is_whole ? b->parts[i].iov_len : sent;
    }
    return is_over;
}

bool subscriber_send(struct subscriber *s, const struct offer *o, int64_t now_ms)
{
    bool was_blocked = s->is_blocked;
    s->is_blocked = false;
    while (s->begun != NULL || s->wants != 0) {
        struct batch b;
        gather(&b, s, o);
        struct msghdr message = {.msg_iov = b.parts, .msg_iovlen = b.count};
        ssize_t n;
        while ((n = sendmsg(s->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL)) < 0 && errno == EINTR)
            ;
        int cause = errno;
        if (settle(&b, s, n > 0 ? (size_t)n : 0))
            return false;
        if (n < 0 && cause != EAGAIN)
            return false;
        if (n > 0 || !was_blocked)
            s->moved_ms = now_ms;
        was_blocked = true;
        if (n < 0) {
            s->is_blocked = true;
            return true;
        }
    }
    return true;
}
