#include "serve/assets.h"

#include "base/mem.h"
#include "serve/demo.h"
#include "serve/etag.h"
#include "serve/route.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Nothing but the page's own files, and no other page may frame it. */
static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

struct asset {
    const char *path, *type;
    const char *bytes;
    size_t len;
    struct etag tag;
};

enum {
    PAGE,
    STYLE,
    SCRIPT,
    TENANTS,
    ASSETS_COUNT
};

struct assets {
    struct asset rows[ASSETS_COUNT];
    char *tenants;
};

static void render_tenants(const struct server_demo_tenant *tenants, size_t count,
                           struct buffer *out)
{
    buffer_puts(out, "[");
    for (size_t i = 0; i < count; i++) {
        buffer_puts(out, i > 0 ? ",{\"id\":" : "{\"id\":");
        buffer_json(out, tenants[i].id, strlen(tenants[i].id));
        buffer_puts(out, ",\"name\":");
        buffer_json(out, tenants[i].name, strlen(tenants[i].name));
        buffer_puts(out, "}");
    }
    buffer_puts(out, "]");
}

struct assets *assets_new(const struct server_demo_tenant *tenants, size_t count)
{
    struct assets *a = mem_zero(1, sizeof(*a));
    struct buffer list = {0};
    render_tenants(tenants, count, &list);
    size_t list_len = list.len;
    a->tenants = buffer_take(&list);
    const struct asset rows[ASSETS_COUNT] = {
        [PAGE] = {"/", "text/html; charset=utf-8", embed_index_html, embed_index_html_len},
        [STYLE] = {"/demo.css", "text/css; charset=utf-8", embed_demo_css, embed_demo_css_len},
        [SCRIPT] = {"/demo.js", "text/javascript; charset=utf-8", embed_demo_js, embed_demo_js_len},
        [TENANTS] = {"/demo/tenants", "application/json", a->tenants, list_len},
    };
    memcpy(a->rows, rows, sizeof(rows));
    for (size_t i = 0; i < ASSETS_COUNT; i++)
        a->rows[i].tag = etag_of(a->rows[i].bytes, a->rows[i].len);
    return a;
}

void assets_free(struct assets *a)
{
    if (a == NULL)
        return;
    free(a->tenants);
    free(a);
}

struct reply assets_answer(const struct service *s, const struct request *r)
{
    const struct asset *asset = s->assets->rows;
    while (strcmp(asset->path, r->route->path) != 0) {
        asset++;
        assert(asset < s->assets->rows + ASSETS_COUNT);
    }
    bool is_same = request_lists(r, &asset->tag);
    struct buffer body = {0};
    buffer_add(&body, asset->bytes, asset->len);
    struct reply reply = reply_make(is_same ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK,
                                    is_same ? NULL : asset->type, &body);
    reply_add(&reply, MHD_HTTP_HEADER_ETAG, asset->tag.text);
    reply_add(&reply, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
    reply_add(&reply, "Content-Security-Policy", policy);
    reply_add(&reply, "Cross-Origin-Resource-Policy", "same-origin");
    reply_add(&reply, "Referrer-Policy", "no-referrer");
    return reply;
}
