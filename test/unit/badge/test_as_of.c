/* What as_of.h promises: the text of an as-of, and nothing near it. */
#include "badge/as_of.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool parses(const char *text)
{
    struct as_of a;
    return as_of_parse(text, strlen(text), &a);
}

static void assert_parses(const char *text, uint32_t timeline, uint64_t position)
{
    struct as_of a;
    assert_true(as_of_parse(text, strlen(text), &a));
    assert_int_equal(a.timeline, timeline);
    assert_true(a.position == position);
}

static void a_text_is_timeline_and_position(void **state)
{
    (void)state;
    assert_parses("1-16/B374D848", 1, 0x16B374D848);
    assert_parses("1-0/16B3748", 1, 0x16B3748);
    assert_parses("0-0/0", 0, 0);
    assert_parses("4294967295-FFFFFFFF/FFFFFFFF", UINT32_MAX, UINT64_MAX);
}

static void a_position_alone_is_of_any_timeline(void **state)
{
    (void)state;
    assert_parses("16/B374D848", 0, 0x16B374D848);
}

static void either_letter_case_is_read(void **state)
{
    (void)state;
    assert_parses("1-abcdef/ABCDEF", 1, 0x00ABCDEF00ABCDEF);
    assert_parses("16/b374D848", 0, 0x16B374D848);
}

static void zeros_in_front_of_a_half_are_read_as_pg_lsn_reads_them(void **state)
{
    (void)state;
    assert_parses("1-00000000/016B3748", 1, 0x16B3748);
    assert_false(parses("1-000000000/16B3748"));
    assert_false(parses("1-0/0016B37480"));
}

static void a_timeline_that_is_none_is_refused(void **state)
{
    (void)state;
    assert_false(parses("-0/1"));
    assert_false(parses("01-0/1"));
    assert_false(parses("00-0/1"));
    assert_false(parses("+1-0/1"));
    assert_false(parses("A-0/1"));
    assert_false(parses("4294967296-0/1"));
    assert_false(parses("18446744073709551617-0/1"));
    assert_false(parses("1--0/1"));
    assert_false(parses("1-1-0/1"));
}

static void a_position_that_is_none_is_refused(void **state)
{
    (void)state;
    assert_false(parses(""));
    assert_false(parses("/"));
    assert_false(parses("1-"));
    assert_false(parses("16"));
    assert_false(parses("16/"));
    assert_false(parses("/16"));
    assert_false(parses("1-/16"));
    assert_false(parses("1-16"));
    assert_false(parses("1/2/3"));
    assert_false(parses("0x1/2"));
    assert_false(parses("123456789/0"));
    assert_false(parses("0/123456789"));
}

static void what_stands_around_it_is_refused(void **state)
{
    (void)state;
    assert_false(parses(" 1-0/1"));
    assert_false(parses("1-0/1 "));
    assert_false(parses("1 -0/1"));
    assert_false(parses("1-0/1\n"));
    assert_false(parses("1-0 /1"));
    struct as_of a;
    assert_false(as_of_parse("1-0/1", 6, &a)); /* its NUL too */
}

static void any_wrong_byte_at_any_place_is_refused(void **state)
{
    (void)state;
    static const char good[] = "1234567-0AB/3cD"; /* too many digits for a half without the dash */
    for (size_t at = 0; at < sizeof(good) - 1; at++)
        for (int c = 0; c < 256; c++) {
            char text[sizeof(good)];
            memcpy(text, good, sizeof(good));
            text[at] = (char)c;
            bool is_decimal = c >= '0' && c <= '9';
            bool is_right = is_decimal || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
            if (at < 7)
                is_right = is_decimal && (at > 0 || c != '0');
            else if (good[at] == '-' || good[at] == '/')
                is_right = c == good[at];
            struct as_of a;
            assert_int_equal(as_of_parse(text, sizeof(good) - 1, &a), is_right);
        }
}

static void a_refused_text_writes_nothing(void **state)
{
    (void)state;
    struct as_of a = {7, 8};
    uint64_t position = 9;
    assert_false(as_of_parse("1-0/1z", 6, &a));
    assert_false(as_of_parse_position("1/z", 3, &position));
    assert_int_equal(a.timeline, 7);
    assert_int_equal(a.position, 8);
    assert_int_equal(position, 9);
}

static void no_byte_past_the_length_is_read(void **state)
{
    (void)state;
    static const char whole[] = "1-0/1";
    for (size_t len = 0; len < sizeof(whole); len++) { /* on the heap, for AddressSanitizer */
        char *text = malloc(len > 0 ? len : 1);
        assert_non_null(text);
        memcpy(text, whole, len);
        struct as_of a;
        assert_int_equal(as_of_parse(text, len, &a), len == 5);
        free(text);
    }
    struct as_of a;
    assert_false(as_of_parse(NULL, 0, &a));
}

static void a_position_with_a_timeline_is_no_position_alone(void **state)
{
    (void)state;
    uint64_t position;
    assert_true(as_of_parse_position("16/B374D848", 11, &position));
    assert_true(position == 0x16B374D848);
    assert_false(as_of_parse_position("1-16/B374D848", 13, &position));
}

static void the_text_is_as_postgres_writes_an_lsn(void **state)
{
    (void)state;
    char out[AS_OF_TEXT_BYTES];
    as_of_format((struct as_of){1, 0x16B374D848}, out);
    assert_string_equal(out, "1-16/B374D848");
    as_of_format((struct as_of){UINT32_MAX, UINT64_MAX}, out);
    assert_string_equal(out, "4294967295-FFFFFFFF/FFFFFFFF");
    as_of_format_position(0x100000000, out);
    assert_string_equal(out, "1/0");
}

static void what_was_formatted_is_read_back(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 64; bit++) {
        char out[AS_OF_TEXT_BYTES];
        struct as_of a = {(uint32_t)1 << bit % 32, ((uint64_t)1 << bit) - 1};
        as_of_format(a, out);
        assert_parses(out, a.timeline, a.position);
        as_of_format_position(a.position, out);
        assert_parses(out, 0, a.position);
    }
}

static void a_later_timeline_is_above_any_position_of_an_earlier(void **state)
{
    (void)state;
    assert_true(as_of_compare((struct as_of){1, 2}, (struct as_of){2, 1}) < 0);
    assert_true(as_of_compare((struct as_of){2, 1}, (struct as_of){1, 2}) > 0);
    assert_true(as_of_compare((struct as_of){1, 1}, (struct as_of){1, 2}) < 0);
    assert_true(as_of_compare((struct as_of){1, UINT64_MAX}, (struct as_of){1, 0}) > 0);
    assert_int_equal(as_of_compare((struct as_of){1, 1}, (struct as_of){1, 1}), 0);
}

static void a_position_covers_those_up_to_it_on_its_timeline_and_all_of_earlier_ones(void **state)
{
    (void)state;
    const struct as_of a = {2, 10};
    assert_true(as_of_covers(a, (struct as_of){2, 10}));
    assert_true(as_of_covers(a, (struct as_of){2, 9}));
    assert_false(as_of_covers(a, (struct as_of){2, 11}));
    assert_true(as_of_covers(a, (struct as_of){1, UINT64_MAX}));
    assert_false(as_of_covers(a, (struct as_of){3, 0}));
    assert_true(as_of_covers(a, (struct as_of){0, 10}));
    assert_false(as_of_covers(a, (struct as_of){0, 11}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_timeline_and_position),
        cmocka_unit_test(a_position_alone_is_of_any_timeline),
        cmocka_unit_test(either_letter_case_is_read),
        cmocka_unit_test(zeros_in_front_of_a_half_are_read_as_pg_lsn_reads_them),
        cmocka_unit_test(a_timeline_that_is_none_is_refused),
        cmocka_unit_test(a_position_that_is_none_is_refused),
        cmocka_unit_test(what_stands_around_it_is_refused),
        cmocka_unit_test(any_wrong_byte_at_any_place_is_refused),
        cmocka_unit_test(a_refused_text_writes_nothing),
        cmocka_unit_test(no_byte_past_the_length_is_read),
        cmocka_unit_test(a_position_with_a_timeline_is_no_position_alone),
        cmocka_unit_test(the_text_is_as_postgres_writes_an_lsn),
        cmocka_unit_test(what_was_formatted_is_read_back),
        cmocka_unit_test(a_later_timeline_is_above_any_position_of_an_earlier),
        cmocka_unit_test(a_position_covers_those_up_to_it_on_its_timeline_and_all_of_earlier_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
