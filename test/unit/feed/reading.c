#include "unit/feed/reading.h"

#include <string.h>

enum err read_catalog(struct session *s, const struct definitions *d, struct pg_catalog *ret,
                      struct source_fault *fault, struct error *e)
{
    json_t *survey = NULL;
    char fingerprint[PG_FINGERPRINT_BYTES];
    *ret = (struct pg_catalog){0};
    *fault = (struct source_fault){0};
    enum err err = pg_catalog_survey(s, d, "badged", &survey, fingerprint, e);
    if (err == ERR_OK)
        err = pg_catalog_of(survey, d, ret, fault, e);
    for (size_t i = 0; err == ERR_OK && i < d->sources_count; i++) {
        const struct source *source = &d->sources[i];
        *fault = (struct source_fault){.source = i, .field = SPEC_WHERE};
        err = pg_catalog_predicate(s, survey, source, &ret->tables[pg_catalog_table(ret, source)],
                                   &fault->offset, e);
    }
    if (err == ERR_OK)
        memcpy(ret->fingerprint, fingerprint, sizeof(fingerprint));
    else
        pg_catalog_fini(ret);
    json_decref(survey);
    return err;
}
