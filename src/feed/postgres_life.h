/* One life of the Postgres feed: connect, look whether the database can be followed, load, stream
 * until something is off. There is no other way in: after every doubt the next life begins from the
 * start.
 *
 * Ownership: life_run fills a zeroed struct; life_fini frees what it holds and closes both
 * sessions, and must follow every life_run. One thread.
 */
#ifndef BADGED_FEED_POSTGRES_LIFE_H
#define BADGED_FEED_POSTGRES_LIFE_H

#include "badge/definition.h"
#include "badge/index.h"
#include "base/error.h"
#include "base/session.h"
#include "feed/postgres.h"
#include "feed/postgres_catalog.h"
#include "feed/postgres_preflight.h"
#include "feed/postgres_publish.h"
#include "feed/postgres_stream.h"
#include "feed/postgres_watch.h"

#include <stdbool.h>
#include <stdint.h>

struct life {
    const struct feed_postgres_options *options;
    const struct definitions *definitions;
    struct publisher *publisher;
    int wake_fd; /* readable once the feed is to stop */
    /* Why the life before this one could not stream though the database is set up for it: then this
     * one polls instead, with FEED_AUTO, for so long; "" when there is no such cause. */
    const char *poll_cause;
    int64_t poll_ms;

    struct session *control, *sender;
    struct checks checks; /* of the preflight */
    struct pg_catalog catalog;
    struct index *index;
    struct stream stream;
    struct pg_watch watch;
    uint64_t target; /* counts are published once the stream has come this far */
    bool is_caught_up;
    int64_t reported_ms;
    int64_t kept_up_ms;   /* when it was last looked at whether all is well */
    int64_t streaming_ms; /* clock_ms() when streaming began */
};

/* life_run(l, e): until it fails; there is no other end. ERR_BUSY with "stopping": wake_fd is
 * readable. ERR_NOT_READY: it is to begin anew at once. */
enum err life_run(struct life *l, struct error *e) MUST_CHECK;
void life_fini(struct life *l);

#endif
