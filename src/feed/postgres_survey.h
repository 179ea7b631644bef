/* The survey: what a Postgres server says of the tables that sources name, of their partitions and
 * of the publication, read in one statement, before anything is made of it. The catalog and the
 * preflight both start from it.
 *
 * Ownership: survey_wanted's text is freed by the caller; a survey is JSON, freed with json_decref.
 * Names and meaning of its members stand in sql/postgres/feed/survey.sql.
 */
#ifndef BADGED_FEED_POSTGRES_SURVEY_H
#define BADGED_FEED_POSTGRES_SURVEY_H

#include "badge/definition.h"
#include "base/error.h"
#include "base/session.h"
#include "feed/postgres_answer.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* survey_wanted(d): the tables of d's sources, each once, with the columns that they name, as the
 * parameter $1 of survey.sql and fingerprint.sql. */
char *survey_wanted(const struct definitions *d);

/* survey_read(s, d, publication, ret, e): ask. Errors as session_query. */
enum err survey_read(struct session *s, const struct definitions *d, const char *publication,
                     json_t **ret, struct error *e) MUST_CHECK;

/* survey_table(survey, schema, name): what it says of a table that a source names; never NULL. */
const json_t *survey_table(const json_t *survey, const char *schema, const char *name);

/* survey_key(table): the columns that name a row of the table in the stream (a list of texts):
 * those of the index that is its replica identity, or else of its primary key, whichever every
 * partition sends with an old row. NULL: there are none, and the table cannot be followed. */
const json_t *survey_key(const json_t *table);

/* survey_holds_rows(relation): whether one of a table's relations has rows itself. */
bool survey_holds_rows(const json_t *relation);

/* survey_identity(relation): the columns that a relation sends with an old row; NULL: none, or with
 * REPLICA IDENTITY FULL all. */
const json_t *survey_identity(const json_t *relation);

#endif
