/* What subscriber.h promises of what one send sends, over a pair of sockets. */
#include "serve/subscriber.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* As after a send that there was no room for the whole last frame in; then its tenant's numbers
 * change, and its time is up once more. */
static void nothing_is_sent_behind_the_last(void **state)
{
    (void)state;
    int ends[2];
    size_t len;
    char text[256];
    struct buffer json = {0};
    buffer_puts(&json, "{}");
    struct topic topic = {.badges = frame_badges(&json, (struct as_of){1, 1})};
    struct subscriber s = {.topic = &topic, .sent = 5, .is_last = true, .is_chunked = true};
    const struct offer offer = {.comment = frame_comment()};
    s.begun = frame_last(2000, true);
    const char *last = frame_bytes(s.begun, true, &len);
    char rest[64];
    assert_in_range(len, 6, sizeof(rest));
    len -= s.sent;
    memcpy(rest, last + s.sent, len);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    s.fd = ends[0];
    subscriber_want(&s, WANT_BADGES);
    subscriber_want(&s, WANT_LAST);
    assert_false(subscriber_send(&s, &offer, 1));
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(recv(ends[1], text, sizeof(text), MSG_WAITALL), len);
    assert_memory_equal(text, rest, len);
    assert_int_equal(close(ends[1]), 0);
    frame_unref(topic.badges);
    frame_unref(offer.comment);
    buffer_fini(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_sent_behind_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
