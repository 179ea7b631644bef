/* What Postgres prints, as values: by the type of the column, to the last bit; and what it never
 * prints is refused. */
#include "feed/postgres_text.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* In memory of exactly its size, so that a read beyond its end is seen. */
static enum err read_text(enum column_type type, const char *text, size_t len, struct value *v)
{
    char *bytes = malloc(len > 0 ? len : 1);
    if (len > 0)
        memcpy(bytes, text, len);
    struct error e = {0};
    struct value there = {.kind = VALUE_NULL};
    enum err err = pg_text_value(type, bytes, len, &there, &e);
    if (err == ERR_OK && (there.kind == VALUE_TEXT || there.kind == VALUE_DECIMAL)) {
        assert_ptr_equal(there.text.bytes, bytes);
        assert_int_equal(there.text.len, len);
        there.text.bytes = text;
    }
    if (err != ERR_OK) {
        assert_int_equal(err, ERR_CORRUPT);
        assert_true(e.message[0] != '\0');
        assert_int_equal(there.kind, VALUE_NULL);
    }
    free(bytes);
    *v = there;
    return err;
}

static void assert_int(enum column_type type, const char *text, int64_t n)
{
    struct value v;
    if (read_text(type, text, strlen(text), &v) != ERR_OK || v.kind != VALUE_INT || v.integer != n)
        fail_msg("%s is not %lld", text, (long long)n);
}

static void assert_real(enum column_type type, const char *text, double real)
{
    struct value v;
    if (read_text(type, text, strlen(text), &v) != ERR_OK || v.kind != VALUE_REAL ||
        (isnan(real) ? !isnan(v.real) : memcmp(&v.real, &real, sizeof(real)) != 0))
        fail_msg("%s is not %.17g", text, real);
}

static void assert_kept(enum column_type type, const char *text, enum value_kind kind)
{
    struct value v;
    if (read_text(type, text, strlen(text), &v) != ERR_OK || v.kind != kind)
        fail_msg("%s", text);
}

static void assert_refused(enum column_type type, const char *const *texts, size_t n)
{
    struct value v;
    for (size_t i = 0; i < n; i++)
        if (read_text(type, texts[i], strlen(texts[i]), &v) == ERR_OK)
            fail_msg("\"%s\" is taken", texts[i]);
}

static void booleans_are_t_and_f(void **state)
{
    (void)state;
    static const char *const others[] = {"", "true", "T", "1", "0", "tf", "n", " t"};
    assert_int(COLUMN_BOOL, "t", 1);
    assert_int(COLUMN_BOOL, "f", 0);
    assert_refused(COLUMN_BOOL, others, COUNT(others));
}

static void integers_reach_to_both_ends(void **state)
{
    (void)state;
    static const char *const others[] = {"",
                                         "-",
                                         "+1",
                                         " 1",
                                         "1 ",
                                         "1.0",
                                         "1e3",
                                         "0x1",
                                         "a",
                                         "--1",
                                         "9223372036854775808",
                                         "-9223372036854775809",
                                         "99999999999999999999999"};
    assert_int(COLUMN_INTEGER, "0", 0);
    assert_int(COLUMN_INTEGER, "-1", -1);
    assert_int(COLUMN_INTEGER, "32767", 32767);
    assert_int(COLUMN_INTEGER, "9223372036854775807", INT64_MAX);
    assert_int(COLUMN_INTEGER, "-9223372036854775808", INT64_MIN);
    assert_refused(COLUMN_INTEGER, others, COUNT(others));
}

static void reals_are_read_to_the_last_bit(void **state)
{
    (void)state;
    static const char *const others[] = {"",   "nan",   "inf", "infinity", "-NaN",   "1,5",
                                         " 1", "0x1p3", "1e",  "1e400",    "-1e999", "1.5.2"};
    assert_real(COLUMN_REAL, "0", 0.0);
    assert_real(COLUMN_REAL, "-0", -0.0);
    assert_real(COLUMN_REAL, "0.1", 0.1);
    assert_real(COLUMN_REAL, "1e+20", 1e20);
    assert_real(COLUMN_REAL, "1e-07", 1e-7);
    assert_real(COLUMN_REAL, "0.30000000000000004", 0.1 + 0.2);
    assert_real(COLUMN_REAL, "1.7976931348623157e+308", 1.7976931348623157e308);
    assert_real(COLUMN_REAL, "5e-324", 5e-324);
    assert_real(COLUMN_REAL, "9.007199254740993e+15", 9007199254740992.0);
    assert_real(COLUMN_REAL, "NaN", (double)NAN);
    assert_real(COLUMN_REAL, "Infinity", INFINITY);
    assert_real(COLUMN_REAL, "-Infinity", -INFINITY);
    assert_refused(COLUMN_REAL, others, COUNT(others));
}

static void singles_are_rounded_once_and_widened(void **state)
{
    (void)state;
    static const char *const others[] = {"", "3.5e38", "-1e300", "x"};
    assert_real(COLUMN_SINGLE, "0.1", (double)0.1f);
    assert_real(COLUMN_SINGLE, "-0", -0.0);
    assert_real(COLUMN_SINGLE, "3.4028235e+38", (double)0x1.fffffep127f);
    assert_real(COLUMN_SINGLE, "1e-45", 0x1p-149);
    assert_real(COLUMN_SINGLE, "1.6777216e+07", 16777216.0);
    /* Half way between two singles but for a digit that a double has no room for. */
    assert_real(COLUMN_SINGLE, "1.00000005960464477540", (double)1.0000001f);
    assert_real(COLUMN_SINGLE, "NaN", (double)NAN);
    assert_real(COLUMN_SINGLE, "-Infinity", -INFINITY);
    assert_refused(COLUMN_SINGLE, others, COUNT(others));
}

static void decimals_and_texts_are_kept_as_they_are(void **state)
{
    (void)state;
    static const char *const numbers[] = {"0",   "-1.50",    "123456789012345678901234567890.10",
                                          "NaN", "Infinity", "-Infinity"};
    static const char *const others[] = {"", "-", "1,5", "nan", "0x1", "1.2.3", " 1", "1 "};
    static const char *const texts[] = {"", "a", "ü", "\\N", " a ", "NULL", "t"};
    for (size_t i = 0; i < COUNT(numbers); i++)
        assert_kept(COLUMN_DECIMAL, numbers[i], VALUE_DECIMAL);
    assert_refused(COLUMN_DECIMAL, others, COUNT(others));
    for (size_t i = 0; i < COUNT(texts); i++) {
        assert_kept(COLUMN_TEXT, texts[i], VALUE_TEXT);
        assert_kept(COLUMN_ENUM, texts[i], VALUE_TEXT);
        assert_kept(COLUMN_OTHER, texts[i], VALUE_TEXT);
    }
}

static void uuids_are_of_one_form(void **state)
{
    (void)state;
    static const char *const others[] = {"", "0b9dd3c2", "0B9DD3C2-6E0C-4A9C-9F6C-0D6C8A6F1A01",
                                         "0b9dd3c26e0c4a9c9f6c0d6c8a6f1a01",
                                         "{0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01}"};
    assert_kept(COLUMN_UUID, "0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01", VALUE_TEXT);
    assert_refused(COLUMN_UUID, others, COUNT(others));
}

static const int64_t second = 1000000, day = (int64_t)86400 * 1000000;

static void instants_of_every_age_zone_and_fraction(void **state)
{
    (void)state;
    assert_int(COLUMN_INSTANT, "2000-01-01 00:00:00", 0);
    assert_int(COLUMN_INSTANT, "2000-01-01 00:00:00+00", 0);
    assert_int(COLUMN_INSTANT, "2000-01-02 00:00:01.000001+00", day + second + 1);
    assert_int(COLUMN_INSTANT, "2000-01-01 00:00:00.1", 100000);
    assert_int(COLUMN_INSTANT, "2000-01-01 00:00:00.12", 120000);
    assert_int(COLUMN_INSTANT, "2000-01-01 00:00:00.123", 123000);
    assert_int(COLUMN_INSTANT, "2000-01-01 00:00:00.1234", 123400);
    assert_int(COLUMN_INSTANT, "2000-01-01 00:00:00.12345", 123450);
    assert_int(COLUMN_INSTANT, "1999-12-31 23:59:59.999999", -1);
    assert_int(COLUMN_INSTANT, "2000-01-01 05:30:00+05:30", 0);
    assert_int(COLUMN_INSTANT, "1999-12-31 23:29:45-00:30:15", 0);
    assert_int(COLUMN_INSTANT, "1999-12-31 12:00:00-12", 0);
    assert_int(COLUMN_INSTANT, "1970-01-01 00:00:00+00", -10957 * day);
    assert_int(COLUMN_INSTANT, "0001-12-31 00:00:00+00 BC", -730120 * day);
    assert_int(COLUMN_INSTANT, "4714-11-24 00:00:00+00 BC", -2451545 * day);
    assert_int(COLUMN_INSTANT, "4714-11-24 00:00:00.5 BC", -2451545 * day + second / 2);
    assert_int(COLUMN_INSTANT, "10000-01-01 00:00:00", 2921940 * day);
    assert_int(COLUMN_INSTANT, "294276-12-31 23:59:59.999999+00", 9223371331199999999);
    assert_int(COLUMN_INSTANT, "infinity", INT64_MAX);
    assert_int(COLUMN_INSTANT, "-infinity", INT64_MIN);
}

static void what_is_no_instant_is_refused(void **state)
{
    (void)state;
    static const char *const others[] = {"",
                                         "2000",
                                         "2000-01-01",
                                         "2000-01-01 ",
                                         "2000-01-01T00:00:00",
                                         "2000-01-01 00:00",
                                         "2000-01-01 24:00:00",
                                         "2000-01-01 00:60:00",
                                         "2000-01-01 00:00:60",
                                         "2000-01-01 00:00:00.",
                                         "2000-01-01 00:00:00.1234567",
                                         "2000-01-01 00:00:00 ",
                                         "2000-01-01 00:00:00Z",
                                         "2000-01-01 00:00:00+",
                                         "2000-01-01 00:00:00+0",
                                         "2000-01-01 00:00:00+00:",
                                         "2000-01-01 00:00:00+00:00:",
                                         "2000-01-01 00:00:00+00:60",
                                         "2000-01-01 00:00:00+24",
                                         "2000-01-01 00:00:00 AD",
                                         "2000-01-01 00:00:00 B",
                                         "2000-01-01 00:00:00 BCE",
                                         "2000-01-01 00:00:00+00 BC ",
                                         "2000-13-01 00:00:00",
                                         "2000-02-30 00:00:00",
                                         "1999-02-29 00:00:00",
                                         "2000-00-01 00:00:00",
                                         "2000-01-00 00:00:00",
                                         "0000-01-01 00:00:00",
                                         "200-01-01 00:00:00",
                                         "-2000-01-01 00:00:00",
                                         "12345678-01-01 00:00:00",
                                         "294278-01-01 00:00:00",
                                         "5874897-12-31 00:00:00",
                                         "9999999-12-31 23:59:59",
                                         "9999999-12-31 23:59:59 BC",
                                         "Infinity",
                                         "infinit",
                                         "+infinity",
                                         "now",
                                         "epoch"};
    assert_refused(COLUMN_INSTANT, others, COUNT(others));
}

static void dates_are_days(void **state)
{
    (void)state;
    static const char *const others[] = {"",
                                         "2000-01-01 00:00:00",
                                         "2000-1-1",
                                         "2000-02-30",
                                         "200-01-01",
                                         "0000-01-01",
                                         "2000-01-01 ",
                                         "2000-01-01 AD",
                                         "2000-01-01BC",
                                         "2000/01/01",
                                         "01-01-2000",
                                         "Infinity",
                                         "2000-01-0a"};
    assert_int(COLUMN_DATE, "2000-01-01", 0);
    assert_int(COLUMN_DATE, "1999-12-31", -1);
    assert_int(COLUMN_DATE, "2024-02-29", 8825);
    assert_int(COLUMN_DATE, "4714-11-24 BC", -2451545);
    assert_int(COLUMN_DATE, "5874897-12-31", 2145031948);
    assert_int(COLUMN_DATE, "infinity", INT64_MAX);
    assert_int(COLUMN_DATE, "-infinity", INT64_MIN);
    assert_refused(COLUMN_DATE, others, COUNT(others));
}

static void a_text_that_is_cut_short_is_never_read_past(void **state)
{
    (void)state;
    static const struct {
        enum column_type type;
        const char *text;
    } whole[] = {
        {COLUMN_INSTANT, "4714-11-24 00:00:00.123456+05:30:15 BC"},
        {COLUMN_DATE, "5874897-12-31 BC"},
        {COLUMN_REAL, "-1.7976931348623157e+308"},
        {COLUMN_SINGLE, "-Infinity"},
        {COLUMN_DECIMAL, "-123.456e-78"},
        {COLUMN_INTEGER, "-9223372036854775808"},
        {COLUMN_UUID, "0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01"},
    };
    struct value v;
    for (size_t i = 0; i < COUNT(whole); i++)
        for (size_t len = 0; len < strlen(whole[i].text); len++)
            (void)!read_text(whole[i].type, whole[i].text, len, &v);
}

static void no_message_shows_what_was_sent(void **state)
{
    (void)state;
    struct error e = {0};
    struct value v;
    assert_int_equal(pg_text_value(COLUMN_INSTANT, "yesterday!", 9, &v, &e), ERR_CORRUPT);
    assert_string_equal(e.message, "Postgres sent 9 bytes that cannot be read as an instant");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(booleans_are_t_and_f),
        cmocka_unit_test(integers_reach_to_both_ends),
        cmocka_unit_test(reals_are_read_to_the_last_bit),
        cmocka_unit_test(singles_are_rounded_once_and_widened),
        cmocka_unit_test(decimals_and_texts_are_kept_as_they_are),
        cmocka_unit_test(uuids_are_of_one_form),
        cmocka_unit_test(instants_of_every_age_zone_and_fraction),
        cmocka_unit_test(what_is_no_instant_is_refused),
        cmocka_unit_test(dates_are_days),
        cmocka_unit_test(a_text_that_is_cut_short_is_never_read_past),
        cmocka_unit_test(no_message_shows_what_was_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
