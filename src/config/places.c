#include "config/places.h"

#include "base/buffer.h"
#include "base/mem.h"
#include "config/caret.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct config_places {
    struct tree *tree;
    const struct tree_node **sources; /* by number of the source; NULL: not from the file */
    size_t sources_count;
};

/* A badge keeps its sources in the order in which the file lists them, so the two lists run in
 * step. */
static void note_badge(struct config_places *p, const struct tree_node *node,
                       const struct definitions *d)
{
    const struct badge *badge = definitions_find(d, tree_find(p->tree, node, "name")->value);
    assert(badge != NULL);
    const struct tree_node *source = tree_first(p->tree, tree_find(p->tree, node, "count"));
    for (size_t i = 0; i < badge->sources_count; i++, source = tree_next(p->tree, source)) {
        assert(source != NULL);
        if (p->sources[badge->sources[i]] == NULL)
            p->sources[badge->sources[i]] = source;
    }
}

struct config_places *places_new(struct tree *t, const struct definitions *d)
{
    struct config_places *p = mem_zero(1, sizeof(*p));
    p->tree = t;
    p->sources = mem_zero(d->sources_count, sizeof(struct tree_node *));
    p->sources_count = d->sources_count;
    const struct tree_node *badges = tree_find(t, tree_root(t), "badges");
    const struct tree_node *badge = badges != NULL ? tree_first(t, badges) : NULL;
    for (; badge != NULL; badge = tree_next(t, badge))
        note_badge(p, badge, d);
    return p;
}

void places_free(struct config_places *p)
{
    if (p == NULL)
        return;
    tree_free(p->tree);
    free(p->sources);
    free(p);
}

const struct tree_node *places_source(const struct config_places *p, size_t source)
{
    return p != NULL && source < p->sources_count ? p->sources[source] : NULL;
}

const struct tree *places_tree(const struct config_places *p)
{
    return p->tree;
}

static void append(struct error *e, struct buffer *drawn)
{
    struct buffer message = {0};
    buffer_puts(&message, e->message);
    buffer_add(&message, drawn->bytes, drawn->len);
    int cause = e->cause;
    (void)error_set(e, e->code, "%s", message.bytes);
    e->cause = cause;
    buffer_fini(&message);
    buffer_fini(drawn);
}

/* The line of the file where that shows the spot and no secret; else the predicate alone. */
static void explain_where(const struct tree *t, const struct tree_node *where, size_t offset,
                          struct error *e)
{
    struct buffer drawn = {0};
    size_t at = where->start;
    bool is_exact = caret_find(t, where, offset, &at);
    tree_wrap(t, at, e);
    if (is_exact && !caret_is_secret_line(t, at))
        caret_draw_line(t, at, &drawn);
    else
        caret_draw(where->value, where->len, offset, &drawn);
    append(e, &drawn);
}

void places_explain(const struct tree *t, const struct tree_node *map, enum spec_field field,
                    size_t offset, struct error *e)
{
    static const char *const keys[] = {
        [SPEC_NAME] = "name",     [SPEC_LABEL] = "label",       [SPEC_COUNT] = "count",
        [SPEC_SCHEMA] = "schema", [SPEC_TABLE] = "table",       [SPEC_TENANT] = "tenant",
        [SPEC_WHERE] = "where",   [SPEC_DISTINCT] = "distinct", [SPEC_ORDER] = "order",
    };
    const struct tree_node *value = keys[field] != NULL ? tree_find(t, map, keys[field]) : NULL;
    if (value != NULL && field == SPEC_WHERE && offset <= value->len)
        explain_where(t, value, offset, e);
    else
        tree_wrap(t, value != NULL ? value->start : map->start, e);
}

static const struct badge *badge_of(const struct definitions *d, size_t source)
{
    for (size_t i = 0; i < d->badges_count; i++)
        for (size_t j = 0; j < d->badges[i].sources_count; j++)
            if (d->badges[i].sources[j] == source)
                return &d->badges[i];
    return NULL;
}

void places_explain_builtin(const struct definitions *d, size_t source, enum spec_field field,
                            size_t offset, struct error *e)
{
    const struct badge *badge = badge_of(d, source);
    assert(badge != NULL);
    error_wrap(e, "built-in badge '%s'", badge->name);
    const char *where = d->sources[source].where;
    if (field != SPEC_WHERE || offset > strlen(where))
        return;
    struct buffer drawn = {0};
    caret_draw(where, strlen(where), offset, &drawn);
    append(e, &drawn);
}
