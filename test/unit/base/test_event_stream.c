/* What event_stream.h promises: events as the standard reads them, however the bytes are cut. */
#include "base/event_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Each event as "type|id|data\n". */
static void note(const struct event *event, void *context)
{
    struct buffer *out = context;
    assert_int_equal(event->data[event->data_len], '\0');
    assert_int_equal(event->type[event->type_len], '\0');
    assert_int_equal(event->id[event->id_len], '\0');
    buffer_add(out, event->type, event->type_len);
    buffer_puts(out, "|");
    buffer_add(out, event->id, event->id_len);
    buffer_puts(out, "|");
    buffer_add(out, event->data, event->data_len);
    buffer_puts(out, "\n");
}

static void read_in_pieces(struct event_stream *s, const char *bytes, size_t len, size_t piece,
                           struct buffer *out)
{
    buffer_puts(out, "");
    for (size_t at = 0; at < len; at += piece) {
        size_t n = len - at < piece ? len - at : piece;
        char *exact = malloc(n); /* nothing behind the last byte */
        assert_non_null(exact);
        memcpy(exact, bytes + at, n);
        assert_int_equal(event_stream_read(s, exact, n, note, out, NULL), ERR_OK);
        free(exact);
    }
}

static void assert_events(const char *stream, size_t len, const char *expected)
{
    for (size_t piece = 1; piece <= len; piece++) {
        struct event_stream s = {0};
        struct buffer out = {0};
        read_in_pieces(&s, stream, len, piece, &out);
        assert_string_equal(out.bytes, expected);
        buffer_fini(&out);
        event_stream_fini(&s);
    }
}

#define ASSERT_EVENTS(stream, expected) assert_events(stream, sizeof(stream) - 1, expected)

static void an_event_has_its_type_id_and_data(void **state)
{
    (void)state;
    ASSERT_EVENTS("event: badges\nid: 1-0/2A\ndata: {\"a\":1}\n\n", "badges|1-0/2A|{\"a\":1}\n");
    ASSERT_EVENTS("data: x\n\n", "message||x\n");
}

static void lines_of_data_are_joined(void **state)
{
    (void)state;
    ASSERT_EVENTS("data: YHOO\ndata: +2\ndata: 10\n\n", "message||YHOO\n+2\n10\n");
    ASSERT_EVENTS("data\n\ndata\ndata\n\ndata:\n", "message||\nmessage||\n\n"); /* the standard's */
}

static void every_end_of_line_is_one(void **state)
{
    (void)state;
    ASSERT_EVENTS("data: a\r\n\r\ndata: b\r\rdata: c\n\ndata: d\r\n\n",
                  "message||a\nmessage||b\nmessage||c\nmessage||d\n");
}

static void one_space_behind_the_colon_is_left_out(void **state)
{
    (void)state;
    ASSERT_EVENTS("data:test\n\ndata: test\n\ndata:  test\n\n",
                  "message||test\nmessage||test\nmessage|| test\n");
}

static void comments_and_unknown_fields_are_passed_over(void **state)
{
    (void)state;
    ASSERT_EVENTS(":\n: keep\n\nfoo: bar\nDATA: x\n data: y\ndata: z\n\n", "message||z\n");
}

static void an_id_stays_until_there_is_another(void **state)
{
    (void)state;
    ASSERT_EVENTS(": test\n\ndata: first\nid: 1\n\ndata:second\nid\n\ndata:  third\n\n",
                  "message|1|first\nmessage||second\nmessage|| third\n");
    ASSERT_EVENTS("id: 7\n\ndata: a\n\nid: 8\0\ndata: b\n\n", "message|7|a\nmessage|7|b\n");
}

static void a_type_is_of_one_event(void **state)
{
    (void)state;
    ASSERT_EVENTS("event: a\n\ndata: x\n\nevent: b\nevent: c\ndata: y\n\n", "message||x\nc||y\n");
}

static void what_the_stream_does_not_end_is_no_event(void **state)
{
    (void)state;
    ASSERT_EVENTS("data: a\n\ndata: b\n", "message||a\n");
    ASSERT_EVENTS("data: a\n", "");
}

static void one_byte_order_mark_is_left_out(void **state)
{
    (void)state;
    ASSERT_EVENTS("\xEF\xBB\xBF"
                  "data: a\n\n",
                  "message||a\n");
    ASSERT_EVENTS("\xEF\xBB\xBF\xEF\xBB\xBF"
                  "data: a\n\ndata: b\n\n",
                  "message||b\n");
    ASSERT_EVENTS("\xEF\xBB"
                  "data: a\n\ndata: b\n\n",
                  "message||b\n");
}

static void bytes_that_are_not_utf_8_are_passed_on(void **state)
{
    (void)state;
    ASSERT_EVENTS("data: \xFF\xC3\n\n", "message||\xFF\xC3\n");
}

static void a_retry_is_digits_alone(void **state)
{
    (void)state;
    static const struct {
        const char *stream;
        bool has_retry;
        uint32_t ms;
    } cases[] = {
        {"retry: 2731\n", true, 2731},
        {"retry:0\n", true, 0},
        {"retry: 1\nretry: x\n", true, 1},
        {"retry: 99999999999999999999\n", true, UINT32_MAX},
        {"retry: -1\n", false, 0},
        {"retry: 10 \n", false, 0},
        {"retry:\n", false, 0},
        {"retry: 10", false, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct event_stream s = {0};
        struct buffer out = {0};
        read_in_pieces(&s, cases[i].stream, strlen(cases[i].stream), 1, &out);
        if (s.has_retry != cases[i].has_retry || s.retry_ms != cases[i].ms)
            fail_msg("%s gives %u", cases[i].stream, s.retry_ms);
        buffer_fini(&out);
        event_stream_fini(&s);
    }
}

static enum err read_run(struct event_stream *s, char c, size_t n, struct error *e)
{
    char *run = malloc(n);
    assert_non_null(run);
    memset(run, c, n);
    struct buffer out = {0};
    enum err err = event_stream_read(s, run, n, note, &out, e);
    buffer_fini(&out);
    free(run);
    return err;
}

static void a_line_over_its_limit_is_refused(void **state)
{
    (void)state;
    struct event_stream s = {0};
    struct error e;
    assert_int_equal(read_run(&s, 'x', EVENT_LINE_BYTES_MAX, &e), ERR_OK);
    assert_int_equal(read_run(&s, 'x', 1, &e), ERR_TOO_LARGE);
    assert_string_equal(e.message, "a line has more than 1048576 bytes");
    event_stream_fini(&s);
}

static void data_over_its_limit_is_refused(void **state)
{
    (void)state;
    struct event_stream s = {0};
    struct error e;
    struct buffer line = {0};
    enum {
        PIECE = EVENT_DATA_BYTES_MAX / 2
    };
    buffer_puts(&line, "data:");
    for (size_t i = 0; i < PIECE; i++)
        buffer_puts(&line, "x");
    buffer_puts(&line, "\n");
    assert_int_equal(event_stream_read(&s, line.bytes, line.len, note, NULL, &e), ERR_OK);
    assert_int_equal(event_stream_read(&s, line.bytes, line.len, note, NULL, &e), ERR_TOO_LARGE);
    assert_string_equal(e.message, "an event has more than 1048576 bytes of data");
    buffer_fini(&line);
    event_stream_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_has_its_type_id_and_data),
        cmocka_unit_test(lines_of_data_are_joined),
        cmocka_unit_test(every_end_of_line_is_one),
        cmocka_unit_test(one_space_behind_the_colon_is_left_out),
        cmocka_unit_test(comments_and_unknown_fields_are_passed_over),
        cmocka_unit_test(an_id_stays_until_there_is_another),
        cmocka_unit_test(a_type_is_of_one_event),
        cmocka_unit_test(what_the_stream_does_not_end_is_no_event),
        cmocka_unit_test(one_byte_order_mark_is_left_out),
        cmocka_unit_test(bytes_that_are_not_utf_8_are_passed_on),
        cmocka_unit_test(a_retry_is_digits_alone),
        cmocka_unit_test(a_line_over_its_limit_is_refused),
        cmocka_unit_test(data_over_its_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
