#include "badge/shape.h"

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

static size_t count_dots(const char *name)
{
    size_t n = 0;
    for (; *name != '\0'; name++)
        n += *name == '.';
    return n;
}

/* From badge to badge: close the groups that the next one is not in, open those that it is. */
static struct piece compose(const char *before, const char *name)
{
    struct buffer b = {0};
    size_t shared_bytes = 0;
    size_t shared =
        before != NULL && name != NULL ? badge_shared_groups(before, name, &shared_bytes) : 0;
    size_t close = before != NULL ? count_dots(before) - shared : 0;
    if (before == NULL)
        buffer_puts(&b, "{");
    for (size_t i = 0; i < close; i++)
        buffer_puts(&b, "}");
    if (name == NULL) {
        buffer_puts(&b, "}");
    } else {
        if (before != NULL)
            buffer_puts(&b, ",");
        const char *part = name + shared_bytes;
        for (const char *dot; (dot = strchr(part, '.')) != NULL; part = dot + 1) {
            buffer_json(&b, part, (size_t)(dot - part));
            buffer_puts(&b, ":{");
        }
        buffer_json(&b, part, strlen(part));
        buffer_puts(&b, ":");
    }
    struct piece p = {.len = b.len};
    p.text = buffer_take(&b);
    return p;
}

struct shape *shape_new(const struct definitions *d)
{
    struct shape *s = mem_zero(1, sizeof(*s));
    s->definitions = d;
    s->pieces = mem_zero(d->badges_count + 1, sizeof(*s->pieces));
    const char *before = NULL;
    for (size_t i = 0; i < d->badges_count; i++) {
        s->pieces[i] = compose(before, d->badges[i].name);
        before = d->badges[i].name;
    }
    s->pieces[d->badges_count] = compose(before, NULL);
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
