/* What reader.h promises: numbers in the order of the network, and no byte outside of those given.
 */
#include "base/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void numbers_are_big_endian(void **state)
{
    (void)state;
    static const char bytes[] = "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E\x0F";
    struct reader r = reader_of(bytes, 15);
    assert_int_equal(reader_u8(&r), 0x01);
    assert_int_equal(reader_u16(&r), 0x0203);
    assert_int_equal(reader_u32(&r), 0x04050607);
    assert_true(reader_u64(&r) == UINT64_C(0x08090A0B0C0D0E0F));
    assert_int_equal(reader_left(&r), 0);
    assert_false(reader_is_failed(&r));
}

static void signed_numbers_are_twos_complement(void **state)
{
    (void)state;
    static const char bytes[] = "\xFF\xFF\xFF\xFF\x80\x00\x00\x00"
                                "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFE\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF";
    struct reader r = reader_of(bytes, 24);
    assert_int_equal(reader_i32(&r), -1);
    assert_int_equal(reader_i32(&r), INT32_MIN);
    assert_true(reader_i64(&r) == -2);
    assert_true(reader_i64(&r) == INT64_MAX);
}

static void a_text_ends_with_its_nul(void **state)
{
    (void)state;
    static const char bytes[] = "one\0\0three";
    struct reader r = reader_of(bytes, sizeof(bytes));
    assert_string_equal(reader_text(&r), "one");
    assert_string_equal(reader_text(&r), "");
    const char *three = reader_text(&r);
    assert_ptr_equal(three, bytes + 5);
    assert_int_equal(reader_left(&r), 0);
    assert_false(reader_is_failed(&r));
}

static void a_run_points_into_the_bytes(void **state)
{
    (void)state;
    static const char bytes[] = "abcdef";
    struct reader r = reader_of(bytes, 6);
    assert_ptr_equal(reader_run(&r, 2), bytes);
    assert_ptr_equal(reader_run(&r, 0), bytes + 2);
    assert_ptr_equal(reader_run(&r, 4), bytes + 2);
    assert_non_null(reader_run(&r, 0)); /* at the end, too */
    assert_false(reader_is_failed(&r));
}

static void more_than_there_is_fails_and_reads_nothing(void **state)
{
    (void)state;
    static const size_t most[] = {1, 2, 4, 4, 8, 8, 3};
    for (size_t which = 0; which < 7; which++)
        for (size_t len = 0; len < most[which]; len++) { /* on the heap, for AddressSanitizer */
            char *bytes = malloc(len > 0 ? len : 1);
            assert_non_null(bytes);
            memset(bytes, 0xFF, len);
            struct reader r = reader_of(bytes, len);
            uint64_t got = 0;
            if (which == 0)
                got = reader_u8(&r);
            else if (which == 1)
                got = reader_u16(&r);
            else if (which == 2)
                got = reader_u32(&r);
            else if (which == 3)
                got = (uint64_t)reader_i32(&r);
            else if (which == 4)
                got = reader_u64(&r);
            else if (which == 5)
                got = (uint64_t)reader_i64(&r);
            else
                assert_null(reader_run(&r, 3));
            assert_true(got == 0);
            assert_true(reader_is_failed(&r));
            assert_int_equal(r.at, 0);
            free(bytes);
        }
}

static void a_text_without_its_nul_fails(void **state)
{
    (void)state;
    for (size_t len = 0; len < 4; len++) {
        char *bytes = malloc(len > 0 ? len : 1);
        assert_non_null(bytes);
        memset(bytes, 'a', len);
        struct reader r = reader_of(bytes, len);
        assert_string_equal(reader_text(&r), "");
        assert_true(reader_is_failed(&r));
        free(bytes);
    }
}

static void a_failure_sticks(void **state)
{
    (void)state;
    static const char bytes[] = "\x01\x02\x03\x00";
    struct reader r = reader_of(bytes, 4);
    assert_int_equal(reader_u8(&r), 1);
    assert_int_equal(reader_u32(&r), 0);
    assert_int_equal(reader_u8(&r), 0); /* there would have been one */
    assert_int_equal(reader_u16(&r), 0);
    assert_string_equal(reader_text(&r), "");
    assert_null(reader_run(&r, 0));
    assert_int_equal(reader_left(&r), 0);
    assert_true(reader_is_failed(&r));
    assert_int_equal(r.at, 1); /* where the read that failed began */
}

static void a_run_of_any_length_is_compared_without_overflow(void **state)
{
    (void)state;
    static const char bytes[] = "ab";
    struct reader r = reader_of(bytes, 2);
    (void)reader_u8(&r);
    assert_null(reader_run(&r, SIZE_MAX));
    assert_true(reader_is_failed(&r));
}

static void there_may_be_no_bytes_at_all(void **state)
{
    (void)state;
    struct reader r = reader_of(NULL, 0);
    assert_int_equal(reader_left(&r), 0);
    assert_non_null(reader_run(&r, 0));
    assert_false(reader_is_failed(&r));
    assert_int_equal(reader_u8(&r), 0);
    assert_true(reader_is_failed(&r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_big_endian),
        cmocka_unit_test(signed_numbers_are_twos_complement),
        cmocka_unit_test(a_text_ends_with_its_nul),
        cmocka_unit_test(a_run_points_into_the_bytes),
        cmocka_unit_test(more_than_there_is_fails_and_reads_nothing),
        cmocka_unit_test(a_text_without_its_nul_fails),
        cmocka_unit_test(a_failure_sticks),
        cmocka_unit_test(a_run_of_any_length_is_compared_without_overflow),
        cmocka_unit_test(there_may_be_no_bytes_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
