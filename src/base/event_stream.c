#include "base/event_stream.h"

#include <string.h>

static const char bom[] = "\xEF\xBB\xBF";

void event_stream_fini(struct event_stream *s)
{
    buffer_fini(&s->line);
    buffer_fini(&s->type);
    buffer_fini(&s->data);
    buffer_fini(&s->id);
    buffer_fini(&s->next_id);
    *s = (struct event_stream){0};
}

static void set(struct buffer *b, const char *bytes, size_t len)
{
    b->len = 0;
    buffer_add(b, bytes, len);
}

static void read_retry(struct event_stream *s, const char *value, size_t len)
{
    uint64_t ms = 0;
    if (len == 0)
        return;
    for (size_t i = 0; i < len; i++) {
        if (value[i] < '0' || value[i] > '9')
            return;
        ms = ms * 10 + (uint64_t)(value[i] - '0');
        ms = ms < UINT32_MAX ? ms : UINT32_MAX;
    }
    s->has_retry = true;
    s->retry_ms = (uint32_t)ms;
}

static enum err take_field(struct event_stream *s, const char *name, size_t name_len,
                           const char *value, size_t len, struct error *e)
{
    if (name_len == 4 && memcmp(name, "data", 4) == 0) {
        /* has_data stands for the LF behind each line, of which the last goes. */
        size_t more = len + (s->has_data ? 1 : 0);
        if (more > EVENT_DATA_BYTES_MAX - s->data.len)
            return error_set(e, ERR_TOO_LARGE, "an event has more than %d bytes of data",
                             EVENT_DATA_BYTES_MAX);
        if (s->has_data)
            buffer_add(&s->data, "\n", 1);
        buffer_add(&s->data, value, len);
        s->has_data = true;
    } else if (name_len == 5 && memcmp(name, "event", 5) == 0) {
        set(&s->type, value, len);
    } else if (name_len == 2 && memcmp(name, "id", 2) == 0) {
        if (memchr(value, '\0', len) == NULL)
            set(&s->next_id, value, len);
    } else if (name_len == 5 && memcmp(name, "retry", 5) == 0) {
        read_retry(s, value, len);
    }
    return ERR_OK;
}

/* Only an event with data is one; the id of another counts all the same. */
static void end_event(struct event_stream *s, event_stream_fn *on_event, void *context)
{
    bool has_data = s->has_data;
    set(&s->id, s->next_id.bytes, s->next_id.len);
    buffer_add(&s->data, "", 0);
    buffer_add(&s->type, "", 0);
    if (has_data) {
        bool has_type = s->type.len > 0;
        const struct event event = {
            .type = has_type ? s->type.bytes : "message",
            .type_len = has_type ? s->type.len : strlen("message"),
            .data = s->data.bytes,
            .data_len = s->data.len,
            .id = s->id.bytes,
            .id_len = s->id.len,
        };
        on_event(&event, context);
    }
    s->has_data = false;
    s->data.len = s->type.len = 0;
}

static enum err end_line(struct event_stream *s, event_stream_fn *on_event, void *context,
                         struct error *e)
{
    const char *line = s->line.bytes;
    size_t len = s->line.len;
    s->line.len = 0;
    if (len == 0) {
        end_event(s, on_event, context);
        return ERR_OK;
    }
    const char *colon = memchr(line, ':', len);
    if (colon == line)
        return ERR_OK; /* a comment */
    size_t name_len = colon != NULL ? (size_t)(colon - line) : len;
    size_t skip = colon == NULL ? len : name_len + 1;
    if (skip < len && line[skip] == ' ')
        skip++;
    return take_field(s, line, name_len, line + skip, len - skip, e);
}

static enum err add_to_line(struct event_stream *s, const char *bytes, size_t len, struct error *e)
{
    if (len > EVENT_LINE_BYTES_MAX - s->line.len)
        return error_set(e, ERR_TOO_LARGE, "a line has more than %d bytes", EVENT_LINE_BYTES_MAX);
    buffer_add(&s->line, bytes, len);
    return ERR_OK;
}

/* How many of the first bytes belong to a byte order mark, which a piece may cut anywhere. */
static size_t skip_bom(struct event_stream *s, const char *bytes, size_t len)
{
    size_t n = 0;
    while (n < len && s->bom_seen < sizeof(bom) - 1 && bytes[n] == bom[s->bom_seen]) {
        n++;
        s->bom_seen++;
    }
    if (n == len && s->bom_seen < sizeof(bom) - 1)
        return n;
    s->is_begun = true;
    if (s->bom_seen < sizeof(bom) - 1) /* it was none: its bytes are the line's */
        buffer_add(&s->line, bom, s->bom_seen);
    return n;
}

enum err event_stream_read(struct event_stream *s, const char *bytes, size_t len,
                           event_stream_fn *on_event, void *context, struct error *e)
{
    enum err err = ERR_OK;
    size_t at = s->is_begun ? 0 : skip_bom(s, bytes, len);
    if (!s->is_begun)
        return ERR_OK;
    while (err == ERR_OK && at < len) {
        if (s->is_after_cr && bytes[at] == '\n') {
            s->is_after_cr = false;
            at++;
            continue;
        }
        s->is_after_cr = false;
        size_t n = 0;
        while (at + n < len && bytes[at + n] != '\n' && bytes[at + n] != '\r')
            n++;
        err = add_to_line(s, bytes + at, n, e);
        at += n;
        if (err == ERR_OK && at < len) {
            s->is_after_cr = bytes[at++] == '\r';
            err = end_line(s, on_event, context, e);
        }
    }
    return err;
}
