#include "badge/outline.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* The sidebar's, top level. */
static const char *const built_in[] = {"knowledge", "conversations", "feedback", "automation",
                                       "integrations"};
enum {
    BUILT_IN = sizeof(built_in) / sizeof(built_in[0])
};

static size_t rank_of(const char *name)
{
    size_t len = strcspn(name, "."), rank = 0;
    while (rank < BUILT_IN &&
           (strlen(built_in[rank]) != len || strncmp(built_in[rank], name, len) != 0))
        rank++;
    return rank;
}

static char *keep(struct outline *o, char *text)
{
    o->texts = mem_grow(o->texts, o->texts_count + 1, sizeof(*o->texts));
    return o->texts[o->texts_count++] = text;
}

static void add(struct outline *o, struct outline_item item)
{
    const char *dot = strrchr(item.name, '.');
    item.part = dot != NULL ? dot + 1 : item.name;
    o->items = mem_grow(o->items, o->count + 1, sizeof(*o->items));
    o->items[o->count++] = item;
}

/* The groups that name is in and the badge in front of it is not, and then the badge. */
static void add_badge(struct outline *o, const char *before, const struct badge *b)
{
    size_t bytes, depth = badge_shared_groups(before, b->name, &bytes);
    for (const char *dot; (dot = strchr(b->name + bytes, '.')) != NULL; depth++) {
        bytes = (size_t)(dot - b->name) + 1;
        const char *name = keep(o, mem_text(b->name, bytes - 1));
        add(o, (struct outline_item){
                   .name = name, .label = keep(o, badge_label(name)), .depth = depth});
    }
    add(o, (struct outline_item){.name = b->name, .label = b->label, .depth = depth, .badge = b});
}

struct outline *outline_new(const struct definitions *d, enum outline_order order)
{
    struct outline *o = mem_zero(1, sizeof(*o));
    const char *before = "";
    size_t ranks = order == OUTLINE_SIDEBAR ? BUILT_IN + 1 : 1;
    for (size_t rank = 0; rank < ranks; rank++) {
        for (size_t i = 0; i < d->badges_count; i++) {
            const struct badge *b = &d->badges[i];
            if (ranks > 1 && rank_of(b->name) != rank)
                continue;
            add_badge(o, before, b);
            before = b->name;
        }
    }
    return o;
}

void outline_free(struct outline *o)
{
    if (o == NULL)
        return;
    for (size_t i = 0; i < o->texts_count; i++)
        free(o->texts[i]);
    free(o->texts);
    free(o->items);
    free(o);
}
