/* Places: where in the file each source stands, so that what is found wrong with it later can be
 * pointed at.
 *
 * Ownership: places_new takes over the tree; places_free frees both. Read-only afterwards.
 */
#ifndef BADGED_CONFIG_PLACES_H
#define BADGED_CONFIG_PLACES_H

#include "badge/definition.h"
#include "base/error.h"
#include "config/tree.h"

#include <stddef.h>

struct config_places;

/* places_new(t, d): the places of the sources of d, whose badges from the file are in t and whose
 * sources have their last numbers. */
struct config_places *places_new(struct tree *t, const struct definitions *d);

/* places_free(p): p may be NULL. */
void places_free(struct config_places *p);

/* places_source(p, source): the mapping of that source of the definitions, or NULL when none in the
 * file is it; p may be NULL: no file. places_tree(p): the tree. */
const struct tree_node *places_source(const struct config_places *p, size_t source);
const struct tree *places_tree(const struct config_places *p);

/* places_explain(t, map, field, offset, e): put in front of e's message where the field of a badge
 * or source stands, map being its mapping, or where the mapping begins when it has no such key; for
 * SPEC_WHERE add the text with a caret under byte offset of the predicate. */
void places_explain(const struct tree *t, const struct tree_node *map, enum spec_field field,
                    size_t offset, struct error *e);

/* places_explain_builtin(d, source, field, offset, e): the same for a source that no file names. */
void places_explain_builtin(const struct definitions *d, size_t source, enum spec_field field,
                            size_t offset, struct error *e);

#endif
