/* The doctor: everything about a database that keeps badges from being right, and what mends it.
 *
 * What following Postgres takes is the preflight's (feed/postgres_preflight.h), and what migrating
 * makes is the store's; this runs both, and looks at what is left: base tables, indexes, triggers,
 * row ids, references, policies, slots, clocks, settings, the embedded file, and whether a badged
 * that serves the database answers what SQL counts. It only reads.
 *
 * Deliberately not here: mending anything.
 *
 * Ownership: nothing of the options is kept; the caller ends the checks with checks_fini.
 */
#ifndef BADGED_DOCTOR_DOCTOR_H
#define BADGED_DOCTOR_DOCTOR_H

#include "badge/counts.h"
#include "badge/definition.h"
#include "base/checks.h"
#include "base/error.h"
#include "base/session.h"
#include "base/uuid.h"

#include <stdbool.h>
#include <stddef.h>

struct doctor_options {
    const struct session_options *postgres; /* NULL: an embedded database */
    const char *path;                       /* of that; else NULL */
    const struct definitions *definitions;
    const char *publication;
    bool must_stream;      /* one that cannot be followed is a problem; else it is polled */
    unsigned poll_seconds; /* between two polls, where it is polled */
    const char *url;       /* where a badged serves it, without a slash at the end; NULL: nowhere */
    bool is_url_given;     /* somebody must answer there */
    /* Reads one tenant's numbers from the database, and publishes them to counts. */
    enum err (*count)(const void *context, const struct uuid *tenant, struct counts *counts,
                      struct error *e);
    const void *count_context;
    /* The checks that are wanted, by name; wanted_count 0: all. */
    const char *const *wanted;
    size_t wanted_count;
};

/* What a check looks at, for a list of them. */
struct doctor_check {
    const char *name;
    const char *about;
};

/* doctor_checks(is_postgres, count): all checks of such a database, in the order they are made. */
const struct doctor_check *doctor_checks(bool is_postgres, size_t *count);

/* doctor_wants(o, name): whether the check is wanted. Names may have a '-' for each space. */
bool doctor_wants(const struct doctor_options *o, const char *name);

/* doctor_run(o, ret, e): make the wanted checks. A database that cannot be reached is what one of
 * them found, and the rest are then skipped. ERR_BUSY: the session's wake_fd became readable. */
enum err doctor_run(const struct doctor_options *o, struct checks *ret, struct error *e) MUST_CHECK;

#endif
