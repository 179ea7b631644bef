#ifndef STUBP
#define STUBP
#include "badge/definition.h"
#include "badge/index.h"
#include "feed/postgres_session.h"
#include <stdio.h>
enum verdict {
    VERDICT_OK,
    VERDICT_WARNING,
    VERDICT_NO_STREAM,
    VERDICT_NO_COUNTS
};
struct checks {
    size_t count;
};
static inline enum err preflight_run(struct session *s, const struct definitions *d, const char *p,
                                     struct checks *c, struct source_fault *f, struct error *e)
{
    (void)s;
    (void)d;
    (void)p;
    (void)c;
    (void)f;
    (void)e;
    return ERR_OK;
}
static inline enum verdict checks_worst(const struct checks *c)
{
    (void)c;
    return VERDICT_OK;
}
static inline void checks_summary(const struct checks *c, char *o, size_t n)
{
    (void)c;
    (void)n;
    *o = 0;
}
static inline void checks_print(FILE *f, const struct checks *c)
{
    (void)c;
    (void)f;
}
static inline void checks_fini(struct checks *c)
{
    (void)c;
}
#endif
