/* Server-sent events: any bytes give the same events however they are cut, and an event that is
 * written again is read as the same.
 *
 * The first byte of the input says how long the pieces are.
 */
#include "base/event_stream.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct reading {
    struct buffer events;  /* all that was read, each text with its length */
    struct buffer written; /* the same as a stream */
};

static void put_line(struct buffer *out, const char *name, const char *bytes, size_t len)
{
    assert(memchr(bytes, '\r', len) == NULL && memchr(bytes, '\n', len) == NULL);
    buffer_printf(out, "%s: ", name);
    buffer_add(out, bytes, len);
    buffer_puts(out, "\r\n");
}

static void put(struct buffer *out, const char *bytes, size_t len)
{
    buffer_printf(out, "%zu ", len);
    buffer_add(out, bytes, len);
}

static void on_event(const struct event *event, void *context)
{
    struct reading *r = context;
    put(&r->events, event->type, event->type_len);
    put(&r->events, event->id, event->id_len);
    put(&r->events, event->data, event->data_len);
    assert(event->type_len > 0 && memchr(event->id, '\0', event->id_len) == NULL);
    put_line(&r->written, "event", event->type, event->type_len);
    put_line(&r->written, "id", event->id, event->id_len);
    const char *line = event->data, *end = event->data + event->data_len;
    for (const char *lf; (lf = memchr(line, '\n', (size_t)(end - line))) != NULL; line = lf + 1)
        put_line(&r->written, "data", line, (size_t)(lf - line));
    put_line(&r->written, "data", line, (size_t)(end - line));
    buffer_puts(&r->written, "\r\n");
}

static void read_all(const char *bytes, size_t len, size_t piece, struct reading *r)
{
    struct event_stream s = {0};
    buffer_puts(&r->events, "");
    buffer_puts(&r->written, "");
    for (size_t at = 0; at < len; at += piece) {
        size_t n = len - at < piece ? len - at : piece;
        char *exact = malloc(n); /* nothing behind the last byte */
        assert(exact != NULL);
        memcpy(exact, bytes + at, n);
        enum err err = event_stream_read(&s, exact, n, on_event, r, NULL);
        assert(err == ERR_OK); /* inputs are shorter than any limit */
        free(exact);
    }
    event_stream_fini(&s);
}

static void reading_fini(struct reading *r)
{
    buffer_fini(&r->events);
    buffer_fini(&r->written);
}

static void assert_same(const struct reading *a, const struct reading *b)
{
    assert(a->events.len == b->events.len);
    assert(memcmp(a->events.bytes, b->events.bytes, a->events.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading whole = {0}, pieces = {0}, again = {0};
    if (size < 2 || size > EVENT_LINE_BYTES_MAX)
        return 0;
    const char *stream = (const char *)data + 1;
    read_all(stream, size - 1, size - 1, &whole);
    read_all(stream, size - 1, (size_t)data[0] % 64 + 1, &pieces);
    assert_same(&whole, &pieces);
    read_all(whole.written.bytes, whole.written.len, 4096, &again);
    assert_same(&whole, &again);
    reading_fini(&whole);
    reading_fini(&pieces);
    reading_fini(&again);
    return 0;
}
