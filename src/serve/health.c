#include "serve/health.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdbool.h>

static struct reply text_reply(unsigned status, struct buffer *body)
{
    struct reply r = reply_make(status, "text/plain; charset=utf-8", body);
    reply_add(&r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    return r;
}

struct reply health_answer_live(const struct service *s, const struct request *r)
{
    (void)s;
    (void)r;
    struct buffer body = {0};
    buffer_puts(&body, "ok\n");
    return text_reply(MHD_HTTP_OK, &body);
}

/* The reason is one line here, whatever is in it. */
static void add_reason(struct buffer *out, const char *reason)
{
    if (reason[0] != '\0')
        buffer_puts(out, ": ");
    for (; *reason != '\0'; reason++)
        buffer_add(out, (unsigned char)*reason < 0x20 ? " " : reason, 1);
    buffer_puts(out, "\n");
}

static bool check_feed(const struct service *s, struct buffer *out)
{
    struct counts_status status;
    counts_status(s->counts, &status);
    if (status.trust == COUNTS_UNKNOWN) {
        buffer_printf(out, "[-]feed failed: %s", status.state);
        add_reason(out, status.reason);
        return false;
    }
    char as_of[AS_OF_TEXT_BYTES];
    as_of_format(status.as_of, as_of);
    buffer_printf(out, "[+]feed ok: %s", status.state);
    if (status.trust == COUNTS_STALE)
        buffer_printf(out, ", stale for %" PRId64 " s", (clock_ms() - status.since_ms) / 1000);
    buffer_printf(out, ", as of %s", as_of);
    add_reason(out, status.reason);
    return true;
}

static bool check_server(const struct service *s, struct buffer *out)
{
    bool is_draining = service_is_draining(s);
    buffer_puts(out, is_draining ? "[-]server failed: stopping\n" : "[+]server ok\n");
    return !is_draining;
}

struct reply health_answer_ready(const struct service *s, const struct request *r)
{
    struct buffer body = {0};
    bool is_ready = check_feed(s, &body);
    is_ready &= check_server(s, &body);
    if (r->is_verbose) {
        buffer_printf(&body, "readyz check %s\n", is_ready ? "passed" : "failed");
    } else {
        buffer_fini(&body);
        buffer_puts(&body, is_ready ? "ok\n" : "not ready\n");
    }
    return text_reply(is_ready ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, &body);
}
