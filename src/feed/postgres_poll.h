/* Polling: counting by SQL every few seconds, in a database that may not be followed.
 *
 * What is counted is newest when it is published, and taken for that until a count is overdue: one
 * that takes long, or waits for a lock, leaves the numbers of the one before as stale.
 *
 * The server's position is read before a count, which has every commit up to there, and those that
 * came in between: numbers that are polled may be newer than their as-of, and never older.
 *
 * Ownership: nothing is kept. One thread.
 */
#ifndef BADGED_FEED_POSTGRES_POLL_H
#define BADGED_FEED_POSTGRES_POLL_H

#include "badge/definition.h"
#include "base/error.h"
#include "base/session.h"
#include "feed/postgres_publish.h"

enum {
    POLL_LATE_MS = 3000 /* behind the time that the next count should begin at */
};

struct poll {
    struct session *session;
    const struct definitions *definitions;
    struct publisher *publisher;
    int wake_fd;        /* readable once the feed is to stop */
    unsigned seconds;   /* between two counts that begin */
    const char *reason; /* for polling, or "" */
    /* Called behind each count; the polling ends when it returns an error. */
    enum err (*on_count)(void *context, struct error *e);
    void *context;
};

/* poll_run(p, e): until it fails; there is no other end. ERR_BUSY with "stopping": wake_fd is
 * readable. Others as session_query, and what on_count returns. */
enum err poll_run(struct poll *p, struct error *e) MUST_CHECK;

#endif
