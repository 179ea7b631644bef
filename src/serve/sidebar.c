#include "serve/sidebar.h"

#include "badge/outline.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct sidebar {
    char *text;
    size_t len;
    struct etag tag;
};

static void add_text(struct buffer *out, const char *key, const char *value)
{
    buffer_puts(out, key);
    buffer_json(out, value, strlen(value));
}

/* Close what is deeper than depth. */
static size_t close_groups(struct buffer *out, size_t open, size_t depth)
{
    for (; open > depth; open--)
        buffer_puts(out, "]}");
    return open;
}

static void render(const struct outline *o, struct buffer *out)
{
    size_t open = 0;
    buffer_puts(out, "{\"items\":[");
    for (size_t i = 0; i < o->count; i++) {
        const struct outline_item *item = &o->items[i];
        open = close_groups(out, open, item->depth);
        if (i > 0 && o->items[i - 1].depth >= item->depth)
            buffer_puts(out, ",");
        add_text(out, "{\"name\":", item->name);
        add_text(out, ",\"label\":", item->label);
        if (item->badge == NULL) {
            buffer_puts(out, ",\"items\":[");
            open++;
        } else {
            buffer_puts(out, item->badge->is_zero_null ? ",\"zero\":null}" : ",\"zero\":0}");
        }
    }
    (void)close_groups(out, open, 0);
    buffer_puts(out, "]}");
}

struct sidebar *sidebar_new(const struct definitions *d)
{
    struct sidebar *s = mem_zero(1, sizeof(*s));
    struct outline *outline = outline_new(d, OUTLINE_SIDEBAR);
    struct buffer out = {0};
    render(outline, &out);
    outline_free(outline);
    s->len = out.len;
    s->text = buffer_take(&out);
    s->tag = etag_of(s->text, s->len);
    return s;
}

void sidebar_free(struct sidebar *s)
{
    if (s == NULL)
        return;
    free(s->text);
    free(s);
}

struct reply sidebar_answer(const struct service *service, const struct request *r)
{
    const struct sidebar *s = service->sidebar;
    struct buffer body = {0};
    bool is_same = request_lists(r, &s->tag);
    buffer_add(&body, s->text, s->len);
    struct reply reply = reply_make(is_same ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK,
                                    is_same ? NULL : "application/json", &body);
    reply_add(&reply, MHD_HTTP_HEADER_ETAG, s->tag.text);
    reply_add(&reply, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
    return reply;
}
