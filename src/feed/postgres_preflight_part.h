/* The parts of the preflight: what they look at, and what they have in common.
 *
 * Ownership: a struct preflight lives for one run; nothing of it is kept.
 */
#ifndef BADGED_FEED_POSTGRES_PREFLIGHT_PART_H
#define BADGED_FEED_POSTGRES_PREFLIGHT_PART_H

#include "badge/definition.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/session.h"
#include "base/trouble.h"
#include "feed/postgres_answer.h"
#include "feed/sql.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct preflight {
    struct session *session;
    const struct definitions *definitions;
    const char *name;        /* of the publication */
    const char *publication; /* the same, as SQL */
    const json_t *server;    /* of server.sql */
    const json_t *survey;    /* of survey.sql */
    const char *role;        /* this session's, as SQL */
    struct checks *checks;
    struct source_fault *fault;
    bool has_fault;
};

/* trouble_mend(t, template, variables, n): one more statement that mends it, from a template in
 * sql/postgres/feed/mend; left out when it is there already. */
void trouble_mend(struct trouble *t, const char *template, const struct sql_variable *variables,
                  size_t n);

/* The same, with the variables as {"name", text}, … */
#define TROUBLE_MEND(t, template, ...)                                                             \
    trouble_mend(t, template, (const struct sql_variable[]){__VA_ARGS__},                          \
                 sizeof((const struct sql_variable[]){__VA_ARGS__}) / sizeof(struct sql_variable))

/* preflight_table(p, i), preflight_relation(table, i): the i-th, NULL behind the last. A table that
 * is not there has no relations. */
const json_t *preflight_table(const struct preflight *p, size_t i);
const json_t *preflight_relation(const json_t *table, size_t i);

/* preflight_list(table, names): a list of its columns as SQL, with commas; the caller frees it. */
char *preflight_list(const json_t *table, const json_t *names);

/* preflight_published(table): the columns of a table that must be published: those needed, and
 * whatever tells its rows apart, as a list that is freed with json_decref. */
json_t *preflight_published(const json_t *table);

/* The checks, by what they look at. ERR_OK when they could be made. */
enum err preflight_definitions(struct preflight *p, struct error *e) MUST_CHECK;
void preflight_server(struct preflight *p);
void preflight_rights(struct preflight *p);
void preflight_replication(struct preflight *p);
void preflight_identities(struct preflight *p);
void preflight_publication(struct preflight *p);
void preflight_long_values(struct preflight *p);
void preflight_surroundings(struct preflight *p);

#endif
