/* What copy_row.h promises: the fields of a line of COPY's text format, as it was before COPY
 * escaped it.
 */
#include "feed/copy_row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(literal) (literal), sizeof(literal) - 1

enum {
    FIELDS_MAX = 8
};

/* A line on the heap, exactly as long as it is, for AddressSanitizer; and what it was split into.
 */
struct row {
    char *line;
    size_t len;
    struct pgoutput_datum fields[FIELDS_MAX];
    struct error e;
};

static struct row row_of(const char *line, size_t len)
{
    struct row r = {.line = malloc(len > 0 ? len : 1), .len = len};
    assert_non_null(r.line);
    memcpy(r.line, line, len);
    return r;
}

/* One field, which line must be, and what it holds. */
static void assert_field(const char *line, size_t len, const char *text, size_t text_len)
{
    struct row r = row_of(line, len);
    if (copy_row_split(r.line, r.len, r.fields, 1, &r.e) != ERR_OK)
        fail_msg("%s", r.e.message);
    assert_int_equal(r.fields[0].kind, 't');
    assert_int_equal(r.fields[0].len, text_len);
    assert_memory_equal(r.fields[0].bytes, text, text_len);
    free(r.line);
}

static void assert_refuses(const char *line, size_t len, size_t fields_count, const char *message)
{
    struct row r = row_of(line, len);
    assert_int_equal(copy_row_split(r.line, r.len, r.fields, fields_count, &r.e), ERR_CORRUPT);
    assert_int_equal(r.e.code, ERR_CORRUPT);
    assert_string_equal(r.e.message, message);
    free(r.line);
}

static void fields_are_what_stands_between_tabs(void **state)
{
    (void)state;
    struct row r = row_of(BYTES("1\tfailed\t\t2026-02-03 04:05:06.789+00"));
    assert_int_equal(copy_row_split(r.line, r.len, r.fields, 4, &r.e), ERR_OK);
    static const char *const expected[] = {"1", "failed", "", "2026-02-03 04:05:06.789+00"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(r.fields[i].kind, 't');
        assert_int_equal(r.fields[i].len, strlen(expected[i]));
        assert_memory_equal(r.fields[i].bytes, expected[i], r.fields[i].len);
    }
    free(r.line);
}

/* test/fuzz/corpus/copy_row/row-postgres, which PostgreSQL 15 wrote behind two bytes for the fuzz
 * target: the characters 1 to 127, NULL, and texts that look like something else. */
static void a_line_of_a_server_is_what_it_was(void **state)
{
    (void)state;
    char bytes[1024], ascii[128] = "";
    FILE *f = fopen(CORPUS "/copy_row/row-postgres", "rb");
    assert_non_null(f);
    size_t len = fread(bytes, 1, sizeof(bytes), f);
    (void)fclose(f);
    for (int c = 1; c < 128; c++)
        ascii[c - 1] = (char)c;
    static const char *const expected[] = {"",    NULL,      "",        "\\N",
                                           "\\.", "Größe €", "\\x00ff", "{\"a\\\"b\\\\\",NULL}"};
    struct row r = row_of(bytes + 2, len - 2);
    assert_int_equal(copy_row_split(r.line, r.len, r.fields, 8, &r.e), ERR_OK);
    for (size_t i = 0; i < 8; i++) {
        const char *text = i == 0 ? ascii : expected[i];
        assert_int_equal(r.fields[i].kind, text == NULL ? 'n' : 't');
        assert_int_equal(r.fields[i].len, text == NULL ? 0 : strlen(text));
        if (text != NULL)
            assert_memory_equal(r.fields[i].bytes, text, r.fields[i].len);
    }
    free(r.line);
}

static void backslash_n_alone_is_null(void **state)
{
    (void)state;
    struct row r = row_of(BYTES("\\N\t\\N\tN\t\\N"));
    assert_int_equal(copy_row_split(r.line, r.len, r.fields, 4, &r.e), ERR_OK);
    static const char kinds[] = {'n', 'n', 't', 'n'};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(r.fields[i].kind, kinds[i]);
    assert_null(r.fields[0].bytes);
    assert_int_equal(r.fields[0].len, 0);
    free(r.line);
}

static void backslash_n_in_a_longer_field_is_a_letter(void **state)
{
    (void)state;
    assert_field(BYTES("\\Nx"), BYTES("Nx"));
    assert_field(BYTES("x\\N"), BYTES("xN"));
    assert_field(BYTES("\\\\N"), BYTES("\\N")); /* how COPY writes a text that is \N */
    assert_field(BYTES("\\N\\N"), BYTES("NN"));
}

static void letters_are_control_characters(void **state)
{
    (void)state;
    assert_field(BYTES("\\b\\f\\n\\r\\t\\v"), BYTES("\b\f\n\r\t\v"));
    assert_field(BYTES("a\\tb\\nc\\\\d"), BYTES("a\tb\nc\\d"));
}

static void octal_digits_are_a_byte(void **state)
{
    (void)state;
    assert_field(BYTES("\\1"), BYTES("\001"));
    assert_field(BYTES("\\1019"), BYTES("A9"));
    assert_field(BYTES("\\1018"), BYTES("A8"));
    assert_field(BYTES("\\18"), BYTES("\0018"));
    assert_field(BYTES("\\377\\0"), BYTES("\xFF\0"));
    assert_field(BYTES("\\342\\202\\254"), BYTES("\xE2\x82\xAC"));
    assert_field(BYTES("\\8\\9"), BYTES("89"));
}

static void hexadecimal_digits_are_a_byte(void **state)
{
    (void)state;
    assert_field(BYTES("\\x41"), BYTES("A"));
    assert_field(BYTES("\\x4a\\x4A"), BYTES("JJ"));
    assert_field(BYTES("\\x9z"), BYTES("\tz"));
    assert_field(BYTES("\\x411"), BYTES("A1"));
    assert_field(BYTES("\\x"), BYTES("x")); /* no digit: the letter itself */
    assert_field(BYTES("\\xg"), BYTES("xg"));
    assert_field(BYTES("\\X41"), BYTES("X41"));
}

static void any_other_byte_behind_a_backslash_is_itself(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        if (c != 0 && strchr("01234567bfnrtvx", c) != NULL)
            continue;
        char line[] = "a\\?z", text[] = "a?z";
        line[2] = text[1] = (char)c;
        assert_field(BYTES(line), BYTES(text));
    }
}

static void an_escaped_tab_does_not_end_a_field(void **state)
{
    (void)state;
    assert_field(BYTES("a\\\tb"), BYTES("a\tb"));
    struct row r = row_of(BYTES("a\\\\\tb"));
    assert_int_equal(copy_row_split(r.line, r.len, r.fields, 2, &r.e), ERR_OK);
    assert_memory_equal(r.fields[0].bytes, "a\\", 2);
    assert_memory_equal(r.fields[1].bytes, "b", 1);
    free(r.line);
}

static void an_empty_line_is_one_empty_field_or_none(void **state)
{
    (void)state;
    assert_field(BYTES(""), BYTES(""));
    struct row r = row_of(BYTES(""));
    assert_int_equal(copy_row_split(r.line, 0, r.fields, 0, &r.e), ERR_OK);
    free(r.line);
    assert_refuses(BYTES(""), 2, "a row of COPY of 0 bytes has 1 fields and should have 2");
}

static void another_number_of_fields_is_refused(void **state)
{
    (void)state;
    assert_refuses(BYTES("a\tb"), 1,
                   "a row of COPY has more than the 1 fields that it should, from byte 2 on");
    assert_refuses(BYTES("a\tb"), 3, "a row of COPY of 3 bytes has 2 fields and should have 3");
    assert_refuses(BYTES("a\t"), 1,
                   "a row of COPY has more than the 1 fields that it should, from byte 2 on");
    assert_refuses(BYTES("a"), 0,
                   "a row of COPY has more than the 0 fields that it should, from byte 0 on");
    assert_refuses(BYTES("\\N\t\\N\t\\N"), 2,
                   "a row of COPY has more than the 2 fields that it should, from byte 6 on");
}

static void what_copy_does_not_write_is_refused(void **state)
{
    (void)state;
    assert_refuses(BYTES("a\\"), 1, "a row of COPY ends with a backslash, at byte 1");
    assert_refuses(BYTES("\\\\\\"), 1, "a row of COPY ends with a backslash, at byte 2");
    assert_refuses(BYTES("a\\400"), 1,
                   "a row of COPY has an escape of more than a byte, \\400, at byte 1");
    assert_refuses(BYTES("ab\n"), 1, "a row of COPY has an end of line, at byte 2");
    assert_refuses(BYTES("\\N\n"), 1, "a row of COPY has an end of line, at byte 2");
    assert_refuses(BYTES("ab\rc"), 1, "a row of COPY has an end of line, at byte 2");
    assert_refuses(BYTES("\\."), 1, "a row of COPY is a mark for the end of data");
}

static void no_byte_past_the_line_is_read(void **state)
{
    (void)state;
    static const char whole[] = "\\N\t\\x41\\101\\t\t\\\\\t\\Nx";
    for (size_t len = 0; len < sizeof(whole); len++)
        for (size_t fields_count = 0; fields_count <= 5; fields_count++) {
            struct row r = row_of(whole, len);
            (void)!copy_row_split(r.line, r.len, r.fields, fields_count, &r.e);
            free(r.line);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_what_stands_between_tabs),
        cmocka_unit_test(a_line_of_a_server_is_what_it_was),
        cmocka_unit_test(backslash_n_alone_is_null),
        cmocka_unit_test(backslash_n_in_a_longer_field_is_a_letter),
        cmocka_unit_test(letters_are_control_characters),
        cmocka_unit_test(octal_digits_are_a_byte),
        cmocka_unit_test(hexadecimal_digits_are_a_byte),
        cmocka_unit_test(any_other_byte_behind_a_backslash_is_itself),
        cmocka_unit_test(an_escaped_tab_does_not_end_a_field),
        cmocka_unit_test(an_empty_line_is_one_empty_field_or_none),
        cmocka_unit_test(another_number_of_fields_is_refused),
        cmocka_unit_test(what_copy_does_not_write_is_refused),
        cmocka_unit_test(no_byte_past_the_line_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
