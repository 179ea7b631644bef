/* What is wrong with a text that is no YAML, in words that say how to mend it.
 *
 * libyaml says where it gave up and what its scanner was after; this says what the author most
 * likely did.
 *
 * Ownership: nothing is kept.
 */
#ifndef BADGED_CONFIG_SYNTAX_H
#define BADGED_CONFIG_SYNTAX_H

#include "base/error.h"
#include "config/tree.h"

#include <yaml.h>

/* syntax_check_bytes(t, e): whether the text is UTF-8 without the characters that YAML bars
 * (YAML 1.1, section 5.1). */
enum err syntax_check_bytes(const struct tree *t, struct error *e) MUST_CHECK;

/* syntax_explain(t, parser, e): the error of a parser that failed on the text of t. */
enum err syntax_explain(const struct tree *t, const yaml_parser_t *parser, struct error *e);

#endif
