/* What utf8.h promises: exactly the well-formed sequences of RFC 3629. */
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The encoder of RFC 3629, section 3: the other direction, to compare with. */
static size_t encode(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = len; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)(lead[len] | c);
    return len;
}

static void every_code_point_decodes_to_itself_and_surrogates_do_not(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x110000; c++) {
        char bytes[4];
        size_t len = encode(c, bytes);
        uint32_t decoded = 0xDEAD;
        bool is_surrogate = c >= 0xD800 && c <= 0xDFFF;
        size_t expected = is_surrogate || c > 0x10FFFF ? 0 : len;
        if (utf8_decode(bytes, len, &decoded) != expected || (expected > 0 && decoded != c))
            fail_msg("U+%04X", c);
    }
}

static void a_character_that_is_cut_off_is_refused(void **state)
{
    (void)state;
    uint32_t c;
    assert_int_equal(utf8_decode("\xC3", 1, &c), 0);
    assert_int_equal(utf8_decode("\xE2\x82", 2, &c), 0);
    assert_int_equal(utf8_decode("\xF0\x9D\x84", 3, &c), 0);
    assert_int_equal(utf8_decode("\xE2\x82z", 3, &c), 0);
}

static void overlong_and_stray_bytes_are_refused(void **state)
{
    (void)state;
    uint32_t c;
    assert_int_equal(utf8_decode("\xC0\x80", 2, &c), 0);
    assert_int_equal(utf8_decode("\xC1\xBF", 2, &c), 0);
    assert_int_equal(utf8_decode("\xE0\x9F\xBF", 3, &c), 0);
    assert_int_equal(utf8_decode("\xF0\x8F\xBF\xBF", 4, &c), 0);
    assert_int_equal(utf8_decode("\xF5\x80\x80\x80", 4, &c), 0);
    assert_int_equal(utf8_decode("\x80", 1, &c), 0);
    assert_int_equal(utf8_decode("\xFF", 1, &c), 0);
}

static void characters_are_counted_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(utf8_count("", 0), 0);
    assert_int_equal(utf8_count("aé€𝄞", 10), 4);
}

static void characters_that_steer_a_terminal_are_known(void **state)
{
    (void)state;
    assert_true(utf8_is_control('\n'));
    assert_true(utf8_is_control(0x1B));
    assert_true(utf8_is_control(0x7F));
    assert_true(utf8_is_control(0x9B));
    assert_false(utf8_is_control(' '));
    assert_false(utf8_is_control(0xA0));
    assert_false(utf8_is_control(0x20AC));
}

static void text_is_disarmed_in_place(void **state)
{
    (void)state;
    char text[] = "a\n\x1B[31m\x7F\xC2\x9B"
                  "é\xC2\xA0\x9B\xC3(𝄞\xE2\x82",
         zero[] = "a\0b";
    text[utf8_disarm(text, sizeof(text) - 1, "\n\t")] = '\0';
    assert_string_equal(text, "a\n?[31m??é\xC2\xA0??"
                              "(𝄞??");
    assert_int_equal(utf8_disarm(text, 2, ""), 2);
    assert_memory_equal(text, "a?", 2);
    assert_int_equal(utf8_disarm(zero, 3, "\n"), 3);
    assert_memory_equal(zero, "a?b", 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_decodes_to_itself_and_surrogates_do_not),
        cmocka_unit_test(a_character_that_is_cut_off_is_refused),
        cmocka_unit_test(overlong_and_stray_bytes_are_refused),
        cmocka_unit_test(characters_are_counted_not_bytes),
        cmocka_unit_test(characters_that_steer_a_terminal_are_known),
        cmocka_unit_test(text_is_disarmed_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
