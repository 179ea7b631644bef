/* Checks: what was found of a database, and how a person or a program reads it.
 *
 * Ownership: a zeroed struct checks is empty; checks_fini frees what it holds. Texts given to
 * checks_add belong to it from then on.
 */
#ifndef BADGED_BASE_CHECKS_H
#define BADGED_BASE_CHECKS_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum verdict {
    VERDICT_OK,
    VERDICT_WARNING,   /* works, but somebody should know */
    VERDICT_NO_STREAM, /* changes cannot be followed; polling still works */
    VERDICT_NO_COUNTS, /* nothing can be counted */
};

enum {
    CHECKS_SUMMARY_BYTES = 1001 /* room for any summary, its NUL included */
};

/* A fault of a definition: which source's, in which field and where in its text, as whoever made
 * the check numbers them. */
struct check_fault {
    size_t source;
    int field;
    size_t offset;
    struct error why;
};

struct check {
    const char *name; /* static */
    enum verdict verdict;
    bool is_skipped; /* could not be made, for a reason that another check names; verdict is OK */
    char *found;     /* one sentence or phrase, without a full stop */
    char *means, *mend; /* for the badges; the statements that mend it. NULL when all is well */
    struct check_fault *faults; /* when it is about definitions; found is made of them */
    size_t faults_count;
};

struct checks {
    struct check *list;
    size_t count;
};

/* checks_fini(c): takes a zeroed struct. */
void checks_fini(struct checks *c);

/* checks_add(c, check): add one at the end. */
void checks_add(struct checks *c, const struct check *check);

/* checks_find(c, name): the check of that name; NULL when there is none. */
const struct check *checks_find(const struct checks *c, const char *name);

/* checks_worst(c): the worst verdict among them. */
enum verdict checks_worst(const struct checks *c);

/* checks_has_fault(c): whether a definition does not suit the database. */
bool checks_has_fault(const struct checks *c);

/* checks_explain(c, explain, context): have explain put where it stands in front of the error of
 * every fault of a definition. */
void checks_explain(struct checks *c,
                    void (*explain)(const void *context, struct check_fault *fault),
                    const void *context);

/* checks_count(c, verdict): how many are at least as bad as that. */
size_t checks_count(const struct checks *c, enum verdict verdict);

/* checks_print(to, c): one line a check, then of those that are not well what was found, what it
 * means, and what mends it. Marks are coloured where to is a terminal that takes colours and
 * NO_COLOR (no-color.org) is not set. */
void checks_print(FILE *to, const struct checks *c);

/* checks_json(c): {"verdict": …, "can_stream": …, "can_count": …, "checks": […]}; freed with
 * json_decref. */
json_t *checks_json(const struct checks *c);

/* checks_summary(c, out, room): one line, at most room - 1 bytes, of the first check with the worst
 * verdict: what was found and what mends it. Empty when nothing is in the way. */
void checks_summary(const struct checks *c, char *out, size_t room);

#endif
