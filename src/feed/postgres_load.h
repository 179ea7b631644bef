/* The first load: the live rows of every followed table, by the snapshot of the slot, with COPY.
 *
 * Only rows that are live in some source are read, and of them only the columns that are needed.
 *
 * A server that reads a large table and finds few live rows says nothing for as long as that takes:
 * what it has to send waits until there are 8 KiB of it. So silence alone ends no load:
 * on_silence looks on another session whether the server is still at it.
 *
 * Ownership: nothing is kept.
 */
#ifndef BADGED_FEED_POSTGRES_LOAD_H
#define BADGED_FEED_POSTGRES_LOAD_H

#include "badge/definition.h"
#include "badge/index.h"
#include "base/error.h"
#include "base/session.h"
#include "feed/postgres_catalog.h"

#include <stddef.h>

enum {
    LOAD_PROGRESS_MS = 5000,
};

struct load {
    struct session *session; /* in the transaction of slot_create */
    const struct definitions *definitions;
    const struct pg_catalog *catalog;
    struct index *index;
    /* Called every LOAD_PROGRESS_MS with the rows read so far. */
    void (*on_progress)(size_t rows, void *context);
    /* Called after each silent_ms without a word from the server: whether it is still at it. An
     * error ends the load. */
    enum err (*on_silence)(void *context, struct error *e);
    int silent_ms;
    void *context;
};

/* load_reserve(l, control, e): ask the server's planner, on another session and before there is a
 * slot, how many rows to expect, and make room for them. Errors as session_query: the index must be
 * thrown away. */
enum err load_reserve(const struct load *l, struct session *control, struct error *e) MUST_CHECK;

/* load_rows(l, e): put every live row into the index. ERR_CORRUPT: a row that cannot be read.
 * ERR_MEMORY. ERR_BUSY: woken. Others as session_query. After a failure the index must be thrown
 * away. */
enum err load_rows(const struct load *l, struct error *e) MUST_CHECK;

/* load_where(d, t): what makes a row of table t live in any source of d, as SQL; the caller frees
 * it. */
char *load_where(const struct definitions *d, const struct table *t);

#endif
