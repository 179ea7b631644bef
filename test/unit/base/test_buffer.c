/* What buffer.h promises: text that grows, decimals, and JSON strings that always parse. */
#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void added_bytes_stand_in_order_with_a_nul_behind(void **state)
{
    (void)state;
    struct buffer b = {0};
    buffer_add(&b, "one", 3);
    buffer_add(&b, ", two", 5);
    buffer_puts(&b, ", three");
    assert_int_equal(b.len, 15);
    assert_string_equal(b.bytes, "one, two, three");
    buffer_fini(&b);
}

static void nuls_are_bytes_like_others(void **state)
{
    (void)state;
    struct buffer b = {0};
    buffer_add(&b, "a\0b", 3);
    assert_int_equal(b.len, 3);
    assert_memory_equal(b.bytes, "a\0b", 4);
    buffer_fini(&b);
}

static void adding_nothing_needs_no_bytes(void **state)
{
    (void)state;
    struct buffer b = {0};
    buffer_add(&b, NULL, 0);
    assert_int_equal(b.len, 0);
    assert_string_equal(b.bytes, "");
    buffer_fini(&b);
}

static void growing_keeps_every_byte(void **state)
{
    (void)state;
    enum {
        BYTES = 100000
    };
    struct buffer b = {0};
    for (int i = 0; i < BYTES; i++)
        buffer_add(&b, &(char){(char)('a' + i % 26)}, 1);
    assert_int_equal(b.len, BYTES);
    for (int i = 0; i < BYTES; i++)
        assert_int_equal(b.bytes[i], 'a' + i % 26);
    assert_int_equal(strlen(b.bytes), BYTES);
    buffer_fini(&b);
}

static void one_addition_may_be_larger_than_twice_the_room(void **state)
{
    (void)state;
    char large[10000];
    memset(large, 'x', sizeof(large));
    struct buffer b = {0};
    buffer_puts(&b, "small ");
    buffer_add(&b, large, sizeof(large));
    assert_int_equal(b.len, 6 + sizeof(large));
    assert_memory_equal(b.bytes + 6, large, sizeof(large));
    buffer_fini(&b);
}

static void formatted_text_may_be_of_any_length(void **state)
{
    (void)state;
    struct buffer b = {0};
    buffer_printf(&b, "%s", "");
    assert_string_equal(b.bytes, "");
    buffer_printf(&b, "%d of %s|", 7, "nine");
    buffer_printf(&b, "%5000d", 1);
    assert_int_equal(b.len, 10 + 5000);
    assert_memory_equal(b.bytes, "7 of nine|", 10);
    assert_int_equal(b.bytes[b.len - 1], '1');
    buffer_fini(&b);
}

static void decimals_are_those_of_printf(void **state)
{
    (void)state;
    static const uint64_t numbers[] = {0, 1, 9, 10, 99, 100, 12345, UINT32_MAX, UINT64_MAX};
    struct buffer fast = {0}, printed = {0};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        buffer_decimal(&fast, numbers[i]);
        buffer_puts(&fast, " ");
        buffer_printf(&printed, "%llu ", (unsigned long long)numbers[i]);
    }
    assert_string_equal(fast.bytes, printed.bytes);
    buffer_fini(&fast);
    buffer_fini(&printed);
}

static void assert_json(const char *text, size_t len, const char *json)
{
    struct buffer b = {0};
    buffer_json(&b, text, len);
    assert_string_equal(b.bytes, json);
    buffer_fini(&b);
}

static void json_escapes_what_the_rfc_says_must_be(void **state)
{
    (void)state;
    assert_json("", 0, "\"\"");
    assert_json("plain", 5, "\"plain\"");
    assert_json("\"\\/", 3, "\"\\\"\\\\/\"");
    assert_json("a\0b", 3, "\"a\\u0000b\"");
    assert_json("\n\t\x1f\x7f ", 5, "\"\\u000a\\u0009\\u001f\\u007f \"");
    assert_json("\xC2\x80\xC2\x9F\xC2\xA0", 6, "\"\\u0080\\u009f\xC2\xA0\"");
}

static void json_keeps_characters_of_every_length(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "\xC2\xA0",           "\xDF\xBF",     "\xE0\xA0\x80",     "\xED\x9F\xBF",
        "\xEE\x80\x80",       "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF",
        "Gr\xC3\xBC\xC3\x9F", "\xE6\xBC\xA2", "\xF0\x9F\x94\x94",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct buffer quoted = {0};
        buffer_printf(&quoted, "\"%s\"", texts[i]);
        assert_json(texts[i], strlen(texts[i]), quoted.bytes);
        buffer_fini(&quoted);
    }
}

static void json_replaces_every_byte_that_is_not_utf8(void **state)
{
    (void)state;
    assert_json("\x80", 1, "\"\\ufffd\"");                       /* a continuation alone */
    assert_json("\xC0\x80", 2, "\"\\ufffd\\ufffd\"");            /* overlong NUL */
    assert_json("\xE0\x80\x80", 3, "\"\\ufffd\\ufffd\\ufffd\""); /* overlong, three bytes */
    assert_json("\xED\xA0\x80", 3, "\"\\ufffd\\ufffd\\ufffd\""); /* a surrogate */
    assert_json("\xF4\x90\x80\x80", 4, "\"\\ufffd\\ufffd\\ufffd\\ufffd\""); /* past U+10FFFF */
    assert_json("\xFF\xFE", 2, "\"\\ufffd\\ufffd\"");
    assert_json("a\xC3(", 3, "\"a\\ufffd(\""); /* a lead byte without its continuation */
}

static void json_reads_no_byte_past_the_end(void **state)
{
    (void)state;
    /* Characters cut short, each on the heap, so that AddressSanitizer sees a read behind it. */
    static const char *const whole[] = {"\xC3\xBC", "\xE6\xBC\xA2", "\xF0\x9F\x94\x94"};
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
        for (size_t len = 1; len < strlen(whole[i]); len++) {
            char *cut = malloc(len);
            assert_non_null(cut);
            memcpy(cut, whole[i], len);
            struct buffer b = {0};
            buffer_json(&b, cut, len);
            assert_int_equal(b.len, 2 + 6 * len);
            buffer_fini(&b);
            free(cut);
        }
}

static void taking_the_text_leaves_the_buffer_empty_and_usable(void **state)
{
    (void)state;
    struct buffer b = {0};
    buffer_puts(&b, "first");
    char *first = buffer_take(&b);
    assert_string_equal(first, "first");
    assert_int_equal(b.len, 0);
    buffer_puts(&b, "second");
    assert_string_equal(b.bytes, "second");
    assert_string_equal(first, "first");
    free(first);
    buffer_fini(&b);
}

static void taking_from_an_empty_buffer_gives_an_empty_text(void **state)
{
    (void)state;
    struct buffer b = {0};
    char *text = buffer_take(&b);
    assert_non_null(text);
    assert_string_equal(text, "");
    free(text);
}

static void a_finished_buffer_is_empty_and_usable(void **state)
{
    (void)state;
    struct buffer b = {0};
    buffer_fini(&b);
    buffer_puts(&b, "text");
    buffer_fini(&b);
    assert_null(b.bytes);
    assert_int_equal(b.len, 0);
    buffer_puts(&b, "again");
    assert_string_equal(b.bytes, "again");
    buffer_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(added_bytes_stand_in_order_with_a_nul_behind),
        cmocka_unit_test(nuls_are_bytes_like_others),
        cmocka_unit_test(adding_nothing_needs_no_bytes),
        cmocka_unit_test(growing_keeps_every_byte),
        cmocka_unit_test(one_addition_may_be_larger_than_twice_the_room),
        cmocka_unit_test(formatted_text_may_be_of_any_length),
        cmocka_unit_test(decimals_are_those_of_printf),
        cmocka_unit_test(json_escapes_what_the_rfc_says_must_be),
        cmocka_unit_test(json_keeps_characters_of_every_length),
        cmocka_unit_test(json_replaces_every_byte_that_is_not_utf8),
        cmocka_unit_test(json_reads_no_byte_past_the_end),
        cmocka_unit_test(taking_the_text_leaves_the_buffer_empty_and_usable),
        cmocka_unit_test(taking_from_an_empty_buffer_gives_an_empty_text),
        cmocka_unit_test(a_finished_buffer_is_empty_and_usable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
