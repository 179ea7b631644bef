/* What replication.h promises: the frames of the documentation's chapter, and nothing near them. */
#include "feed/replication.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(literal) (literal), sizeof(literal) - 1

/* 2026-01-01 00:00:00 UTC: 820,540,800 seconds since 2000. */
#define TIME_BYTES   "\x00\x02\xEA\x47\x0A\xE8\x60\x00"
#define TIME_UNIX_US INT64_C(1767225600000000)

static const char data[] = "w\0\0\0\x16\xB3\x74\xD8\x48\0\0\0\x16\xB3\x74\xD9\x00" TIME_BYTES "Ix";
static const char keepalive[] = "k\0\0\0\x16\xB3\x74\xD8\x48" TIME_BYTES "\1";

static void assert_refuses(const char *bytes, size_t len, const char *message)
{
    struct error e;
    struct replication_frame f, before;
    memset(&f, 0xAB, sizeof(f));
    before = f;
    assert_int_equal(replication_read(bytes, len, &f, &e), ERR_CORRUPT);
    assert_int_equal(e.code, ERR_CORRUPT);
    if (message != NULL)
        assert_string_equal(e.message, message);
    assert_memory_equal(&f, &before, sizeof(f)); /* nothing is written */
}

static void data_has_its_place_and_a_payload(void **state)
{
    (void)state;
    struct replication_frame f;
    assert_int_equal(replication_read(BYTES(data), &f, NULL), ERR_OK);
    assert_int_equal(f.kind, REPLICATION_DATA);
    assert_true(f.wal_start == 0x16B374D848);
    assert_true(f.wal_end == 0x16B374D900);
    assert_true(f.sent_us == TIME_UNIX_US);
    assert_int_equal(f.payload.len, 2);
    assert_ptr_equal(f.payload.bytes, data + 25);
}

static void a_payload_may_be_empty(void **state)
{
    (void)state;
    struct replication_frame f;
    assert_int_equal(replication_read(data, 25, &f, NULL), ERR_OK);
    assert_int_equal(f.payload.len, 0);
}

static void a_keepalive_tells_how_far_the_server_is(void **state)
{
    (void)state;
    struct replication_frame f;
    assert_int_equal(replication_read(BYTES(keepalive), &f, NULL), ERR_OK);
    assert_int_equal(f.kind, REPLICATION_KEEPALIVE);
    assert_true(f.wal_end == 0x16B374D848);
    assert_true(f.sent_us == TIME_UNIX_US);
    assert_true(f.must_reply);
    assert_int_equal(replication_read(BYTES("k\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0"), &f, NULL),
                     ERR_OK);
    assert_false(f.must_reply);
    assert_true(f.sent_us == INT64_C(946684800000000));
}

static void a_frame_cut_short_is_refused(void **state)
{
    (void)state;
    for (size_t len = 0; len < 25; len++) { /* on the heap, for AddressSanitizer */
        char *cut = malloc(len > 0 ? len : 1);
        assert_non_null(cut);
        memcpy(cut, data, len);
        assert_refuses(cut, len, NULL);
        if (len < sizeof(keepalive) - 1) {
            memcpy(cut, keepalive, len);
            assert_refuses(cut, len, NULL);
        }
        free(cut);
    }
    assert_refuses(NULL, 0,
                   "a frame of the stream ends at byte 0, inside of what begins at byte 0");
    assert_refuses(data, 12,
                   "a frame of the stream ends at byte 12, inside of what begins at byte 9");
}

static void a_keepalive_with_more_behind_it_is_refused(void **state)
{
    (void)state;
    assert_refuses(keepalive, sizeof(keepalive),
                   "a keepalive of the stream goes on behind byte 18");
}

static void a_frame_of_another_kind_is_refused(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        char frame[sizeof(keepalive)];
        memcpy(frame, keepalive, sizeof(frame));
        frame[0] = (char)c;
        if (c != 'k')
            assert_refuses(BYTES(frame), NULL);
    }
    assert_refuses(BYTES("s"),
                   "a frame of the stream opens with byte 0x73, which is neither w nor k");
}

static void a_wish_for_a_reply_is_yes_or_no(void **state)
{
    (void)state;
    char frame[sizeof(keepalive)];
    memcpy(frame, keepalive, sizeof(frame));
    for (int c = 2; c < 256; c++) {
        frame[17] = (char)c;
        assert_refuses(BYTES(frame), NULL);
    }
    assert_refuses(BYTES(frame), "a keepalive of the stream has 0xFF at byte 17, which is neither "
                                 "0 nor 1");
}

static void a_status_is_written_as_the_protocol_has_it(void **state)
{
    (void)state;
    static const char expected[] = "r\0\0\0\x16\xB3\x74\xD8\x48\0\0\0\0\0\0\0\2\x01\x02\x03\x04\x05"
                                   "\x06\x07\x08" TIME_BYTES "\1";
    unsigned char out[REPLICATION_STATUS_BYTES];
    struct replication_status s = {.written = 0x16B374D848,
                                   .flushed = 2,
                                   .applied = UINT64_C(0x0102030405060708),
                                   .sent_us = TIME_UNIX_US,
                                   .wants_reply = true};
    replication_write_status(&s, out);
    assert_int_equal(sizeof(expected) - 1, sizeof(out));
    assert_memory_equal(out, expected, sizeof(out));
    s.wants_reply = false;
    replication_write_status(&s, out);
    assert_int_equal(out[33], 0);
}

static void times_are_converted_between_the_epochs(void **state)
{
    (void)state;
    assert_true(replication_unix_us(0) == INT64_C(946684800000000));
    assert_true(replication_postgres_us(0) == INT64_C(-946684800000000));
    assert_true(replication_unix_us(-1) == INT64_C(946684799999999));
    assert_true(replication_postgres_us(TIME_UNIX_US) == INT64_C(820540800000000));
}

static void times_that_do_not_fit_are_the_last_there_is(void **state)
{
    (void)state;
    assert_true(replication_unix_us(INT64_MAX) == INT64_MAX);
    assert_true(replication_unix_us(INT64_MAX - INT64_C(946684800000000)) == INT64_MAX);
    assert_true(replication_unix_us(INT64_MIN) == INT64_MIN + INT64_C(946684800000000));
    assert_true(replication_postgres_us(INT64_MIN) == INT64_MIN);
    assert_true(replication_postgres_us(INT64_MAX) == INT64_MAX - INT64_C(946684800000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_has_its_place_and_a_payload),
        cmocka_unit_test(a_payload_may_be_empty),
        cmocka_unit_test(a_keepalive_tells_how_far_the_server_is),
        cmocka_unit_test(a_frame_cut_short_is_refused),
        cmocka_unit_test(a_keepalive_with_more_behind_it_is_refused),
        cmocka_unit_test(a_frame_of_another_kind_is_refused),
        cmocka_unit_test(a_wish_for_a_reply_is_yes_or_no),
        cmocka_unit_test(a_status_is_written_as_the_protocol_has_it),
        cmocka_unit_test(times_are_converted_between_the_epochs),
        cmocka_unit_test(times_that_do_not_fit_are_the_last_there_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
