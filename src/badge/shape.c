#include "badge/shape.h"

#include "badge/outline.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* One number and the text in front of it, from the end of the number before. */
struct piece {
    char *text;
    size_t len;
};

struct shape {
    const struct definitions *definitions;
    struct piece *pieces; /* one for each badge, and one for the end */
};

static struct piece take(struct buffer *b)
{
    size_t len = b->len;
    return (struct piece){buffer_take(b), len};
}

struct shape *shape_new(const struct definitions *d)
{
    struct shape *s = mem_zero(1, sizeof(*s));
    struct outline *outline = outline_new(d, OUTLINE_ANSWER);
    struct buffer b = {0};
    size_t open = 0, pieces = 0;
    s->definitions = d;
    s->pieces = mem_zero(d->badges_count + 1, sizeof(*s->pieces));
    buffer_puts(&b, "{");
    for (size_t i = 0; i < outline->count; i++) {
        const struct outline_item *item = &outline->items[i];
        for (; open > item->depth; open--)
            buffer_puts(&b, "}");
        if (i > 0 && outline->items[i - 1].depth >= item->depth)
            buffer_puts(&b, ",");
        buffer_json(&b, item->part, strlen(item->part));
        buffer_puts(&b, item->badge == NULL ? ":{" : ":");
        if (item->badge == NULL)
            open++;
        else
            s->pieces[pieces++] = take(&b);
    }
    for (; open > 0; open--)
        buffer_puts(&b, "}");
    buffer_puts(&b, "}");
    s->pieces[pieces] = take(&b);
    outline_free(outline);
    return s;
}

void shape_free(struct shape *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i <= s->definitions->badges_count; i++)
        free(s->pieces[i].text);
    free(s->pieces);
    free(s);
}

uint64_t badge_number(const struct badge *b, const uint64_t *numbers)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < b->sources_count; i++)
        sum += numbers[b->sources[i]];
    return sum;
}

void shape_render(const struct shape *s, const uint64_t *numbers, struct buffer *out)
{
    size_t i = 0;
    for (; i < s->definitions->badges_count; i++) {
        const struct badge *b = &s->definitions->badges[i];
        uint64_t n = badge_number(b, numbers);
        buffer_add(out, s->pieces[i].text, s->pieces[i].len);
        if (n == 0 && b->is_zero_null)
            buffer_add(out, "null", 4);
        else
            buffer_decimal(out, n);
    }
    buffer_add(out, s->pieces[i].text, s->pieces[i].len);
}
