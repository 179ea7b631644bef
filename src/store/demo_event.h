/* What can happen to a tenant of the demonstration: for each kind, something that adds to what
 * needs attention, and something that takes from it.
 *
 * Ownership: an event is the caller's, on its stack, within a transaction of the caller's.
 */
#ifndef BADGED_STORE_DEMO_EVENT_H
#define BADGED_STORE_DEMO_EVENT_H

#include "base/error.h"
#include "store/demo.h"
#include "store/demo_random.h"
#include "store/demo_words.h"

#include <sqlite3.h>
#include <stdbool.h>

enum {
    DEMO_TIME_BYTES = 32,
};

struct demo_event {
    sqlite3 *db;
    struct demo_random *random;
    const struct demo_tenant *tenant;
    const struct demo_words *words;
    char at[DEMO_TIME_BYTES]; /* when it happens, as a TIMESTAMP column holds it */
    bool has_happened;        /* written: false when there was nothing for it to happen to */
    char what[DEMO_WHAT_BYTES_MAX];
};

/* demo_event_worse(v, kind, e), demo_event_better(v, kind, e), demo_event_routine(v, kind, e): let
 * it happen, writing v->what. Routine is what goes as it should and needs nobody's attention. A
 * crawl or a delivery takes several steps, so that one may only be due, or have begun. */
enum err demo_event_worse(struct demo_event *v, enum demo_kind kind, struct error *e) MUST_CHECK;
enum err demo_event_better(struct demo_event *v, enum demo_kind kind, struct error *e) MUST_CHECK;
enum err demo_event_routine(struct demo_event *v, enum demo_kind kind, struct error *e) MUST_CHECK;

#endif
