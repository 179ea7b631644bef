/* The parts of the doctor: what each looks at, and what they have in common.
 *
 * Ownership: a struct patient lives for one run; nothing of it is kept.
 */
#ifndef BADGED_DOCTOR_PART_H
#define BADGED_DOCTOR_PART_H

#include "base/trouble.h"
#include "doctor/doctor.h"
#include "feed/sql.h"

#include <jansson.h>

struct patient {
    const struct doctor_options *options;
    struct session *session; /* with Postgres; NULL: none, or lost */
    const json_t *facts;     /* of facts.sql */
    json_t *lacking;         /* as a verification has it (store/migration.h) */
    const char *role;        /* as SQL */
    struct checks *checks;
};

/* part_mend(t, template, variables, n): a statement that mends it, from a template. */
void part_mend(struct trouble *t, const char *template, const struct sql_variable *variables,
               size_t n);
#define PART_MEND(t, template, ...)                                                                \
    part_mend(t, template, (const struct sql_variable[]){__VA_ARGS__},                             \
              sizeof((const struct sql_variable[]){__VA_ARGS__}) / sizeof(struct sql_variable))

/* part_judge(p, words, t): as trouble_judge. part_skip(p, name, why): as trouble_skip. Neither
 * keeps a check that is not wanted. */
void part_judge(struct patient *p, const struct trouble_words *words, struct trouble *t);
void part_skip(struct patient *p, const char *name, const char *why);

/* part_table(s): the table of a source as SQL, freed by the caller. */
char *part_table(const struct patient *p, const struct source *s);

/* part_own_tables(p): the five tables, each as a check; and the triggers that they lack. */
void part_own_tables(struct patient *p);

/* The others, by what they look at. What the server does not answer soon enough is left out of what
 * they find; ERR_UNAVAILABLE: there is no server any more. */
enum err part_postgres(struct patient *p, struct error *e) MUST_CHECK;
void part_base_tables(struct patient *p);
void part_triggers(struct patient *p);
void part_rows(struct patient *p);
enum err part_indexes(struct patient *p, struct error *e) MUST_CHECK;
enum err part_policies(struct patient *p, struct error *e) MUST_CHECK;
enum err part_server(struct patient *p, struct error *e) MUST_CHECK;
enum err part_embedded(struct patient *p, struct error *e) MUST_CHECK;

/* part_is_served(p): whether there is something to compare with; says so where there is not.
 * part_answers(p, tenants, count): compare what is served with what SQL counts. */
bool part_is_served(struct patient *p);
void part_answers(struct patient *p, const struct uuid *tenants, size_t count);

enum {
    PART_TENANTS_MAX = 5 /* whose answers are compared */
};

#endif
