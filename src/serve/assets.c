#include "serve/assets.h"

#include "base/mem.h"
#include "serve/coding.h"
#include "serve/page.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Nothing but the pages' own files, no script or style in a page, and no other page may frame one.
 */
static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

struct assets {
    char *tenants;
    size_t tenants_len;
    struct etag tag;
};

static void render_tenants(const struct server_options *o, struct buffer *out)
{
    const struct server_demo_tenant *tenants = o->demo_tenants;
    buffer_puts(out, "{\"file\":");
    if (o->demo_file != NULL)
        buffer_json(out, o->demo_file, strlen(o->demo_file));
    else
        buffer_puts(out, "null");
    buffer_puts(out, ",\"tenants\":[");
    for (size_t i = 0; i < o->demo_tenants_count; i++) {
        buffer_puts(out, i > 0 ? ",{\"id\":" : "{\"id\":");
        buffer_json(out, tenants[i].id, strlen(tenants[i].id));
        buffer_puts(out, ",\"name\":");
        buffer_json(out, tenants[i].name, strlen(tenants[i].name));
        buffer_puts(out, "}");
    }
    buffer_puts(out, "]}");
}

struct assets *assets_new(const struct server_options *o)
{
    struct assets *a = mem_zero(1, sizeof(*a));
    struct buffer list = {0};
    render_tenants(o, &list);
    a->tenants_len = list.len;
    a->tenants = buffer_take(&list);
    a->tag = etag_of(a->tenants, a->tenants_len);
    return a;
}

void assets_free(struct assets *a)
{
    if (a == NULL)
        return;
    free(a->tenants);
    free(a);
}

/* What every answer here has. */
static void add_fields(struct reply *reply, const struct etag *tag, const char *cache_control)
{
    reply_add(reply, MHD_HTTP_HEADER_ETAG, tag->text);
    reply_add(reply, MHD_HTTP_HEADER_CACHE_CONTROL, cache_control);
    reply_add(reply, "Content-Security-Policy", policy);
    reply_add(reply, "Cross-Origin-Opener-Policy", "same-origin");
    reply_add(reply, "Cross-Origin-Resource-Policy", "same-origin");
    reply_add(reply, "Referrer-Policy", "no-referrer");
}

/* A field that is there twice is not put together: the plain body is for everybody. */
static bool takes_gzip(const struct request *r)
{
    const struct field *field = &r->fields[FIELD_ACCEPT_ENCODING];
    return field->count == 1 && coding_takes_gzip(field->value, field->len);
}

struct reply assets_answer_page(const struct service *s, const struct request *r)
{
    (void)s;
    const struct page_file *file = r->page;
    assert(file != NULL);
    bool is_gzip = file->gzip.len > 0 && takes_gzip(r);
    const struct page_body *body = is_gzip ? &file->gzip : &file->plain;
    struct reply reply = request_lists(r, &body->tag)
                             ? reply_make_constant(MHD_HTTP_NOT_MODIFIED, NULL, "", 0)
                             : reply_make_constant(MHD_HTTP_OK, file->type, body->bytes, body->len);
    if (is_gzip && reply.status == MHD_HTTP_OK)
        reply_add(&reply, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
    if (file->gzip.len > 0)
        reply_add(&reply, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT_ENCODING);
    add_fields(&reply, &body->tag,
               page_is_kept(file) ? "public, max-age=31536000, immutable" : "no-cache");
    return reply;
}

struct reply assets_answer_tenants(const struct service *s, const struct request *r)
{
    const struct assets *a = s->assets;
    struct buffer body = {0};
    bool is_same = request_lists(r, &a->tag);
    buffer_add(&body, a->tenants, a->tenants_len);
    struct reply reply = reply_make(is_same ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK,
                                    is_same ? NULL : "application/json", &body);
    add_fields(&reply, &a->tag, "no-cache");
    return reply;
}
