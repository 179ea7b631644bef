/* What uuid.h promises: exactly the text form of RFC 9562, section 4, and nothing near it. */
#include "base/uuid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char lower[] = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"; /* the example of the RFC */
static const uint8_t lower_bytes[16] = {0xf8, 0x1d, 0x4f, 0xae, 0x7d, 0xec, 0x11, 0xd0,
                                        0xa7, 0x65, 0x00, 0xa0, 0xc9, 0x1e, 0x6b, 0xf6};

static bool parses(const char *text)
{
    struct uuid u;
    return uuid_parse(text, strlen(text), &u);
}

static void the_example_of_the_rfc_parses_to_its_bytes(void **state)
{
    (void)state;
    struct uuid u;
    assert_true(uuid_parse(lower, UUID_TEXT_LEN, &u));
    assert_memory_equal(u.bytes, lower_bytes, 16);
}

static void either_letter_case_is_read(void **state)
{
    (void)state;
    struct uuid u;
    assert_true(uuid_parse("F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6", UUID_TEXT_LEN, &u));
    assert_memory_equal(u.bytes, lower_bytes, 16);
    assert_true(parses("F81d4fae-7Dec-11d0-A765-00a0c91E6bf6"));
}

static void any_version_and_variant_is_taken(void **state)
{
    (void)state;
    assert_true(parses("00000000-0000-0000-0000-000000000000"));
    assert_true(parses("ffffffff-ffff-ffff-ffff-ffffffffffff"));
    assert_true(parses("11111111-2222-9333-c444-555555555555"));
}

static void text_of_another_length_is_refused(void **state)
{
    (void)state;
    assert_false(parses(""));
    assert_false(parses("f81d4fae-7dec-11d0-a765-00a0c91e6bf"));
    assert_false(parses("f81d4fae-7dec-11d0-a765-00a0c91e6bf6a"));
    assert_false(parses("f81d4fae-7dec-11d0-a765-00a0c91e6bf6\n"));
    assert_false(parses(" f81d4fae-7dec-11d0-a765-00a0c91e6bf6"));
}

static void other_spellings_that_postgres_takes_are_refused(void **state)
{
    (void)state;
    assert_false(parses("{f81d4fae-7dec-11d0-a765-00a0c91e6bf6}"));
    assert_false(parses("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"));
    assert_false(parses("f81d4fae7dec11d0a76500a0c91e6bf6"));
    assert_false(parses("f81d-4fae-7dec-11d0-a765-00a0-c91e-6bf6"));
    assert_false(parses("f81d4fae7-dec-11d0-a765-00a0c91e6bf6"));
}

static void any_wrong_byte_at_any_place_is_refused(void **state)
{
    (void)state;
    for (size_t at = 0; at < UUID_TEXT_LEN; at++)
        for (int c = 0; c < 256; c++) {
            char text[UUID_TEXT_LEN + 1];
            memcpy(text, lower, sizeof(text));
            text[at] = (char)c;
            struct uuid u;
            bool is_dash = at == 8 || at == 13 || at == 18 || at == 23;
            bool is_hex =
                (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
            assert_int_equal(uuid_parse(text, UUID_TEXT_LEN, &u), is_dash ? c == '-' : is_hex);
        }
}

static void a_refused_text_writes_nothing(void **state)
{
    (void)state;
    struct uuid u, before;
    memset(&u, 0xAB, sizeof(u));
    before = u;
    assert_false(uuid_parse("f81d4fae-7dec-11d0-a765-00a0c91e6bfg", UUID_TEXT_LEN, &u));
    assert_false(uuid_parse_stored("F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6", UUID_TEXT_LEN, &u));
    assert_memory_equal(&u, &before, sizeof(u));
}

static void no_byte_past_the_length_is_read(void **state)
{
    (void)state;
    for (size_t len = 0; len <= UUID_TEXT_LEN; len++) { /* on the heap, for AddressSanitizer */
        char *text = malloc(len > 0 ? len : 1);
        assert_non_null(text);
        memcpy(text, lower, len);
        struct uuid u;
        assert_int_equal(uuid_parse(text, len, &u), len == UUID_TEXT_LEN);
        free(text);
    }
}

static void stored_text_counts_in_lower_case_only(void **state)
{
    (void)state;
    struct uuid u;
    assert_true(uuid_parse_stored(lower, UUID_TEXT_LEN, &u));
    assert_memory_equal(u.bytes, lower_bytes, 16);
    assert_false(uuid_parse_stored("F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6", UUID_TEXT_LEN, &u));
    assert_false(uuid_parse_stored("f81d4fae-7dec-11d0-a765-00a0c91e6bF6", UUID_TEXT_LEN, &u));
    assert_false(uuid_parse_stored("f81d4fae", 8, &u));
}

static void formatting_gives_the_lower_case_text_back(void **state)
{
    (void)state;
    struct uuid u;
    char out[UUID_TEXT_LEN + 1];
    assert_true(uuid_parse("F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6", UUID_TEXT_LEN, &u));
    uuid_format(&u, out);
    assert_string_equal(out, lower);
}

static void every_byte_value_survives_the_round_trip(void **state)
{
    (void)state;
    for (int start = 0; start < 256; start++) {
        struct uuid u, again;
        for (int i = 0; i < 16; i++)
            u.bytes[i] = (uint8_t)(start + i * 17);
        char out[UUID_TEXT_LEN + 1];
        uuid_format(&u, out);
        assert_true(uuid_parse_stored(out, UUID_TEXT_LEN, &again));
        assert_memory_equal(u.bytes, again.bytes, 16);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_rfc_parses_to_its_bytes),
        cmocka_unit_test(either_letter_case_is_read),
        cmocka_unit_test(any_version_and_variant_is_taken),
        cmocka_unit_test(text_of_another_length_is_refused),
        cmocka_unit_test(other_spellings_that_postgres_takes_are_refused),
        cmocka_unit_test(any_wrong_byte_at_any_place_is_refused),
        cmocka_unit_test(a_refused_text_writes_nothing),
        cmocka_unit_test(no_byte_past_the_length_is_read),
        cmocka_unit_test(stored_text_counts_in_lower_case_only),
        cmocka_unit_test(formatting_gives_the_lower_case_text_back),
        cmocka_unit_test(every_byte_value_survives_the_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
