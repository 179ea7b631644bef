/* Subscribers: clients with an open stream, and what each is still to be sent.
 *
 * Nothing queues: what a subscriber is to be sent is a set of wants, and what satisfies one is
 * looked up when there is room to send it. So a slow one skips to the latest, and a frame of which
 * the first byte was sent is the only one that is kept for it, and is finished.
 *
 * Ownership: streams.c makes, links and frees them; all of it belongs to its thread.
 */
#ifndef BADGED_SERVE_SUBSCRIBER_H
#define BADGED_SERVE_SUBSCRIBER_H

#include "base/uuid.h"
#include "serve/frame.h"
#include "serve/places.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the order in which they are sent. */
enum want {
    WANT_FIRST,
    WANT_BADGES,
    WANT_STATUS,
    WANT_COMMENT,
    WANT_LAST, /* nothing is sent behind it */
    WANT__COUNT
};

/* A tenant that has subscribers. */
struct topic {
    struct place place;
    struct topic *next_news; /* of those whose numbers changed; under the lock of streams.c */
    bool has_news;
    struct subscriber *first;
    struct frame *badges; /* of numbers and as_of; NULL: nothing was composed yet */
    struct as_of as_of;
    uint64_t round; /* in which it was last looked at */
    bool is_changed;
    uint64_t numbers[];
};

struct subscriber {
    struct subscriber *next_ended;
    struct subscriber *next, *previous;             /* of all; next of those that arrive */
    struct subscriber *topic_next, *topic_previous; /* of those of its tenant */
    struct topic *topic;
    struct place *address; /* NULL: those are not counted */
    int fd;                /* -1: it was ended */
    bool is_chunked;
    bool is_blocked;     /* there was no room to send more */
    bool is_last;        /* begun is the last */
    unsigned char wants; /* 1 << enum want */
    size_t sent;         /* of begun */
    struct frame *begun; /* or NULL */
    int64_t moved_ms;    /* when something was last sent */
    int64_t end_ms;      /* when its stream is to end */
};

/* What satisfies wants, but for the first and the last, which are made for each. */
struct offer {
    struct frame *status, *comment;
};

static inline void subscriber_want(struct subscriber *s, enum want want)
{
    s->wants = (unsigned char)(s->wants | 1U << want);
}

static inline void subscriber_forget(struct subscriber *s, enum want want)
{
    s->wants = (unsigned char)(s->wants & ~(1U << want));
}

static inline bool subscriber_wants(const struct subscriber *s, enum want want)
{
    return (s->wants & 1U << want) != 0;
}

/* subscriber_send(s, o, now_ms): send what it wants, as far as there is room. false: its stream is
 * over: the last was sent, or the client is gone. */
bool subscriber_send(struct subscriber *s, const struct offer *o, int64_t now_ms);

/* subscriber_retry_ms(): how long a client is to wait before it comes back, another time for each.
 */
unsigned subscriber_retry_ms(void);

#endif
