#include "serve/problem.h"

#include <string.h>

static void add_text(struct buffer *out, const char *name, const char *value)
{
    buffer_printf(out, "\"%s\":", name);
    buffer_json(out, value, strlen(value));
    buffer_puts(out, ",");
}

void problem_render(const struct error *e, struct buffer *out)
{
    const struct error_class *class = error_class(e->code);
    buffer_puts(out, "{\"type\":\"" PROBLEM_TYPE_BASE);
    buffer_printf(out, "%s\",", class->slug);
    add_text(out, "title", class->title);
    buffer_printf(out, "\"status\":%d,\"detail\":", class->http_status);
    buffer_json(out, e->message, strlen(e->message));
    buffer_puts(out, "}\n");
}

struct reply problem_reply(const struct error *e)
{
    struct buffer body = {0};
    problem_render(e, &body);
    struct reply r =
        reply_make((unsigned)error_class(e->code)->http_status, "application/problem+json", &body);
    reply_add(&r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    return r;
}
