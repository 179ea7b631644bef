#include "serve/frame.h"

#include "base/mem.h"
#include "serve/tenant.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct frame {
    unsigned refs;
    size_t front, len, back; /* the chunk's head; what is in it; its end */
    char bytes[];
};

/* What a proxy must not do with a stream: keep it, wait for more of it, or pack it up. */
const struct frame_field frame_fields[] = {
    {"Content-Type", "text/event-stream"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Accel-Buffering", "no"},
    {"Cache-Control", "private, no-cache, no-transform"},
    {"Vary", TENANT_FIELD},
};
const size_t frame_fields_count = sizeof(frame_fields) / sizeof(frame_fields[0]);

/* ---- making one ---- */

/* Of the bytes, len from front on are for all; what is around them is for chunked streams. */
static struct frame *make(struct buffer *bytes, size_t front, size_t len)
{
    struct frame *f = mem_zero(1, sizeof(*f) + bytes->len);
    f->refs = 1;
    f->front = front;
    f->len = len;
    f->back = bytes->len - front - len;
    memcpy(f->bytes, bytes->bytes, bytes->len);
    buffer_fini(bytes);
    return f;
}

static void add_chunk(struct buffer *out, const struct buffer *text)
{
    buffer_printf(out, "%zx\r\n", text->len);
    buffer_add(out, text->bytes, text->len);
    buffer_puts(out, "\r\n");
}

/* The event whose text is complete. */
static struct frame *wrap(struct buffer *text)
{
    struct buffer out = {0};
    size_t len = text->len;
    add_chunk(&out, text);
    buffer_fini(text);
    return make(&out, out.len - len - 2, len);
}

struct frame *frame_badges(const struct buffer *json, struct as_of as_of)
{
    struct buffer text = {0};
    char id[AS_OF_TEXT_BYTES];
    as_of_format(as_of, id);
    buffer_printf(&text, "event: badges\nid: %s\ndata: ", id);
    buffer_add(&text, json->bytes, json->len);
    buffer_puts(&text, "\n\n");
    return wrap(&text);
}

struct frame *frame_status(enum counts_trust trust, int64_t since_unix_s)
{
    static const char *const words[] = {
        [COUNTS_UNKNOWN] = "unknown", [COUNTS_LIVE] = "live", [COUNTS_STALE] = "stale"};
    struct buffer text = {0};
    buffer_printf(&text, "event: status\ndata: {\"status\":\"%s\"", words[trust]);
    if (trust == COUNTS_STALE) {
        char since[32];
        struct tm utc;
        time_t seconds = (time_t)since_unix_s;
        size_t len = gmtime_r(&seconds, &utc) != NULL
                         ? strftime(since, sizeof(since), "%Y-%m-%dT%H:%M:%SZ", &utc)
                         : 0;
        assert(len > 0);
        buffer_printf(&text, ",\"since\":\"%s\"", since);
    }
    buffer_puts(&text, "}\n\n");
    return wrap(&text);
}

struct frame *frame_comment(void)
{
    struct buffer text = {0};
    buffer_puts(&text, ":\n\n");
    return wrap(&text);
}

static void add_retry(struct buffer *out, unsigned retry_ms, bool is_chunked)
{
    struct buffer text = {0};
    buffer_printf(&text, "retry: %u\n\n", retry_ms);
    if (is_chunked)
        add_chunk(out, &text);
    else
        buffer_add(out, text.bytes, text.len);
    buffer_fini(&text);
}

struct frame *frame_first(unsigned retry_ms, bool is_chunked)
{
    struct buffer out = {0};
    char date[64];
    struct tm utc;
    time_t now = time(NULL);
    buffer_puts(&out, "HTTP/1.1 200 OK\r\n");
    if (gmtime_r(&now, &utc) != NULL &&
        strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &utc) > 0)
        buffer_printf(&out, "Date: %s\r\n", date);
    for (size_t i = 0; i < frame_fields_count; i++)
        buffer_printf(&out, "%s: %s\r\n", frame_fields[i].name, frame_fields[i].value);
    buffer_puts(&out, "Connection: close\r\n");
    buffer_puts(&out, is_chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n");
    add_retry(&out, retry_ms, is_chunked);
    return make(&out, 0, out.len);
}

struct frame *frame_last(unsigned retry_ms, bool is_chunked)
{
    struct buffer out = {0};
    add_retry(&out, retry_ms, is_chunked);
    if (is_chunked)
        buffer_puts(&out, "0\r\n\r\n");
    return make(&out, 0, out.len);
}

/* ---- having one ---- */

struct frame *frame_ref(struct frame *f)
{
    f->refs++;
    return f;
}

void frame_unref(struct frame *f)
{
    if (f != NULL && --f->refs == 0)
        free(f);
}

const char *frame_bytes(const struct frame *f, bool is_chunked, size_t *ret_len)
{
    *ret_len = is_chunked ? f->front + f->len + f->back : f->len;
    return is_chunked ? f->bytes : f->bytes + f->front;
}
