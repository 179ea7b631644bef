/* Answers in JSON: what a statement of badged's own returns as one row of one column, when there is
 * more to say than fits columns.
 *
 * Ownership: answer_query makes one, json_decref frees it; the rest points into it. Any thread.
 */
#ifndef BADGED_FEED_POSTGRES_ANSWER_H
#define BADGED_FEED_POSTGRES_ANSWER_H

#include "base/error.h"
#include "base/session.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* answer_query(s, sql, params, params_count, ret, e): as session_query; ERR_DATABASE also when the
 * answer is not one JSON object. */
enum err answer_query(struct session *s, const char *sql, const char *const *params,
                      size_t params_count, json_t **ret, struct error *e) MUST_CHECK;

/* answer_text(o, key): the text at key, NULL where there is none. answer_is(o, key, text): whether
 * it is that text. answer_flag(o, key): whether it is true there. answer_number(o, key): 0 where
 * there is none. */
const char *answer_text(const json_t *o, const char *key);
bool answer_is(const json_t *o, const char *key, const char *text);
bool answer_flag(const json_t *o, const char *key);
int64_t answer_number(const json_t *o, const char *key);

/* answer_has(list, text): whether text is in a list of texts, which may be NULL or null.
 * answer_covers(list, part): whether every text of part is. answer_named(list, name): the object in
 * a list whose "name" is that, or NULL. */
bool answer_has(const json_t *list, const char *text);
bool answer_covers(const json_t *list, const json_t *part);
const json_t *answer_named(const json_t *list, const char *name);

#endif
