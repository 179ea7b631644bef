/* The roster: who is subscribed, within the limits, and which tenants there is news of. What the
 * thread of the streams shares with those that take requests and with the feed's.
 *
 * Ownership: embedded in the streams; roster_init and roster_fini bracket its use.
 */
#ifndef BADGED_SERVE_ROSTER_H
#define BADGED_SERVE_ROSTER_H

#include "badge/counts.h"
#include "base/uuid.h"
#include "serve/places.h"
#include "serve/streams.h"
#include "serve/subscriber.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct roster {
    struct streams_limits limits;
    enum counts_trust trust; /* as the feed's thread last said, whose own this is */
    pthread_mutex_t lock;    /* of what follows */
    struct places tenants, addresses;
    atomic_size_t count; /* of places taken; changed under the lock */
    struct subscriber *arrivals;
    struct topic *news;
    bool has_news_of_all, has_status_news;
    bool is_closed;
};

/* roster_init(r, limits, sources_count): nobody is on it. */
void roster_init(struct roster *r, const struct streams_limits *limits, size_t sources_count);
void roster_fini(struct roster *r);

/* roster_admit: see streams_admit. roster_leave(r, sub): its place is free again; it is not freed,
 * and its topic only when it was the last there. Any thread. */
enum streams_verdict roster_admit(struct roster *r, const struct uuid *tenant,
                                  const unsigned char address[PLACE_KEY_BYTES],
                                  struct subscriber **ret);
void roster_leave(struct roster *r, struct subscriber *sub);

/* roster_close(r): admit nobody any more. roster_arrive(r, sub): the thread is to welcome it. Any
 * thread. */
void roster_close(struct roster *r);
void roster_arrive(struct roster *r, struct subscriber *sub);

/* roster_note(r, news): of the feed's thread: what was published. Returns whether anybody who is on
 * the roster is to hear of it. */
bool roster_note(struct roster *r, const struct counts_news *news);

/* Of the thread of the streams. */

/* roster_take_flags(r, ret_is_status, ret_is_all): whether trust may have changed since somebody is
 * on the roster; and whether the numbers of any tenant may have. */
void roster_take_flags(struct roster *r, bool *ret_is_status, bool *ret_is_all);

/* roster_take_news(r): the next tenant whose numbers changed and that has subscribers; NULL: no
 * other has. roster_take_arrivals(r): those that arrived, in their order, linked by next. */
struct topic *roster_take_news(struct roster *r);
struct subscriber *roster_take_arrivals(struct roster *r);

#endif
