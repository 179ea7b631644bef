/* The first load: the live rows of every followed table, by the snapshot of the slot, with COPY.
 *
 * Only rows that are live in some source are read, and of them only the columns that are needed.
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
    LOAD_SILENT_MS_MAX = 60000, /* without a row that long, the load has failed */
    LOAD_PROGRESS_MS = 5000,
    LOAD_LOOK_MS = 1000, /* without a row, before on_silence is asked */
};

struct load {
    struct session *session; /* in the transaction of slot_create */
    const struct definitions *definitions;
    const struct pg_catalog *catalog;
    struct index *index;
    /* Called every LOAD_PROGRESS_MS with the rows read so far. */
    void (*on_progress)(size_t rows, void *context);
    /* Called after each LOAD_LOOK_MS without a row; an error ends the load. May be NULL. */
    enum err (*on_silence)(void *context, struct error *e);
    void *context;
};

/* load_rows(l, e): put every live row into the index. ERR_MEMORY and all other errors: the index
 * must be thrown away. */
enum err load_rows(const struct load *l, struct error *e) MUST_CHECK;

/* load_where(d, t): what makes a row of table t live in any source of d, as SQL; the caller frees
 * it. */
char *load_where(const struct definitions *d, const struct table *t);

#endif
