/* Trouble: what a check gathers while it looks at many things: what is wrong, and what mends it. It
 * ends as one check.
 *
 * Ownership: a zeroed struct is empty; trouble_judge empties it again.
 */
#ifndef BADGED_BASE_TROUBLE_H
#define BADGED_BASE_TROUBLE_H

#include "base/buffer.h"
#include "base/checks.h"
#include "base/error.h"

#include <stddef.h>

struct trouble {
    struct buffer found, mend;
    size_t count;
};

/* trouble_add(t, fmt, ...): one more thing that was found, on a line, left out when it is there
 * already. Past the fifth they are only counted. */
void trouble_add(struct trouble *t, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* trouble_advise(t, fmt, ...): one more line of what mends it, left out when it is there already.
 */
void trouble_advise(struct trouble *t, const char *fmt, ...) PRINTF_LIKE(2, 3);

struct trouble_words {
    const char *name;     /* of the check; static */
    const char *well;     /* what to say when nothing was found */
    enum verdict verdict; /* when something was */
    const char *means;
};

/* trouble_judge(c, words, t): add the check that t is for, and empty t. */
void trouble_judge(struct checks *c, const struct trouble_words *words, struct trouble *t);

/* trouble_skip(c, name, why): add a check that could not be made. */
void trouble_skip(struct checks *c, const char *name, const char *why);

#endif
