/* What decimal.h promises: every spelling of a number is one number, in the order of numbers, and
 * becomes the nearest real. */
#include "base/decimal.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "generate/random.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Numbers in ascending order; those of one line are equal. */
static const char *const ladder[][6] = {
    {"-Infinity"},
    {"-1e400", "-10e399"},
    {"-9223372036854775809"},
    {"-9223372036854775808", "-9223372036854775808.00", "-9.223372036854775808e18"},
    {"-10.1"},
    {"-10", "-10.0", "-1e1", "-0010."},
    {"-1.5"},
    {"-1", "-1.0", "-01", "-1e0", "-1E-0"},
    {"-0.1"},
    {"-1e-400"},
    {"0", "-0", "0.000", ".0", "-0e999", "+0."},
    {"1e-400", "0.1e-399"},
    {"5e-324"},
    {"0.0999999999999999999999999999999999"},
    {"0.1", ".1", "+0.10", "1e-1", "00.1e0", "10e-2"},
    {"0.1000000000000000000000000000000001"},
    {"0.5"},
    {"1", "1.0", "1.00", "+1.", "0.001e3", "100e-2"},
    {"1.0000001"},
    {"9.99"},
    {"10"},
    {"99"},
    {"100", "1e2", "1E+2", "100.000", "0100", "1000e-1"},
    {"100.01"},
    {"9007199254740992"},
    {"9007199254740993", "9007199254740993.0"},
    {"9223372036854775807"},
    {"9223372036854775807.5"},
    {"9223372036854775808", "9.223372036854775808e18"},
    {"123456789012345678901234567890"},
    {"1e400", "1000e397"},
    {"Infinity"},
    {"NaN"},
};

static int order(const char *a, const char *b)
{
    return decimal_compare(a, strlen(a), b, strlen(b));
}

static void add_plain(struct buffer *out, const char *s)
{
    out->len = 0;
    decimal_add_plain(s, strlen(s), out);
}

static void spellings_are_ordered_as_their_numbers(void **state)
{
    (void)state;
    struct buffer x = {0}, y = {0};
    for (size_t i = 0; i < COUNT(ladder); i++)
        for (size_t j = 0; j < COUNT(ladder); j++)
            for (size_t k = 0; k < 6 && ladder[i][k] != NULL; k++)
                for (size_t l = 0; l < 6 && ladder[j][l] != NULL; l++) {
                    const char *a = ladder[i][k], *b = ladder[j][l];
                    if (order(a, b) != (i > j) - (i < j))
                        fail_msg("%s and %s compare as %d", a, b, order(a, b));
                    add_plain(&x, a);
                    add_plain(&y, b);
                    if ((strcmp(x.bytes, y.bytes) == 0) != (i == j))
                        fail_msg("%s and %s become %s and %s", a, b, x.bytes, y.bytes);
                }
    buffer_fini(&x);
    buffer_fini(&y);
}

static void what_is_no_number_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",          "+",         "-",
                                        ".",         "-.",        "e1",
                                        "1e",        "1e+",       "1e-",
                                        "1 ",        " 1",        "1..",
                                        "1.2.",      "--1",       "+-1",
                                        "1e1.0",     "0x10",      "1_000",
                                        "nan",       "-NaN",      "NaN ",
                                        "inf",       "infinity",  "-infinity",
                                        "Infinit",   "Infinity1", "--Infinity",
                                        "+Infinity", "1,5",       "١",
                                        "1e10000",   "1e-10000",  "1e99999999999999999999",
                                        "1f",        "1e5e5"};
    for (size_t i = 0; i < COUNT(texts); i++)
        if (decimal_is_valid(texts[i], strlen(texts[i])))
            fail_msg("\"%s\"", texts[i]);
    assert_false(decimal_is_valid("1\0", 2));
    for (size_t i = 0; i < COUNT(ladder); i++)
        for (size_t k = 0; k < 6 && ladder[i][k] != NULL; k++)
            assert_true(decimal_is_valid(ladder[i][k], strlen(ladder[i][k])));
}

/* The same bits, so that -0 and 0 differ. */
static void assert_reals(const char *s)
{
    double ours = decimal_real(s, strlen(s)), theirs = strtod(s, NULL);
    if (isnan(theirs) ? !isnan(ours) : memcmp(&ours, &theirs, sizeof(ours)) != 0)
        fail_msg("%.2000s is %.17g, not %.17g", s, theirs, ours);
    float single = decimal_single(s, strlen(s)), their_single = strtof(s, NULL);
    if (isnan(theirs) ? !isnan(single) : memcmp(&single, &their_single, sizeof(single)) != 0)
        fail_msg("%.2000s is %.9g, not %.9g", s, (double)their_single, (double)single);
}

static void a_real_is_the_nearest(void **state)
{
    (void)state;
    static const char *const texts[] = {"0.1",
                                        "1e22",
                                        "1e23",
                                        "9007199254740993",
                                        "9007199254740992.999999999999999999",
                                        "2.2250738585072011e-308",
                                        "2.2250738585072014e-308",
                                        "4.9406564584124654e-324",
                                        "2.4703282292062327e-324",
                                        "2.4703282292062328e-324",
                                        "1.7976931348623157e308",
                                        "1.7976931348623158e308",
                                        "1.7976931348623159e308",
                                        "1e309",
                                        "-1e309",
                                        "1e-400",
                                        "3.4028235e38",
                                        "3.4028236e38",
                                        "1.401298464324817e-45",
                                        "7.006492321624085e-46",
                                        "7.006492321624086e-46",
                                        "16777217",
                                        "16777217.0000001",
                                        "123456789012345",
                                        "1234567890123456",
                                        "999999999999999e22",
                                        "1e-22",
                                        "1e-23",
                                        "0e400",
                                        "1e9999",
                                        "-1e-9999",
                                        "8.5",
                                        "0.30000001192092896"};
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_reals(texts[i]);
    for (size_t i = 0; i < COUNT(ladder); i++)
        for (size_t k = 0; k < 6 && ladder[i][k] != NULL; k++)
            assert_reals(ladder[i][k]);
}

/* Half way between two doubles, to the last of up to 767 digits, and a digit beside it, far behind.
 */
static void a_real_is_rounded_by_digits_however_far(void **state)
{
    (void)state;
    struct random r = {20261124};
    for (int times = 0; times < 500; times++) {
        char text[2200];
        uint64_t bits = random_next(&r) & ~((uint64_t)1 << 63);
        double real;
        if (times % 2 == 0)
            bits &= ((uint64_t)1 << 54) - 1; /* a small one has the most digits */
        memcpy(&real, &bits, sizeof(real));
        if (!isfinite(real) || real > 1e300)
            continue;
        long double half = ((long double)real + (long double)nextafter(real, INFINITY)) / 2;
        int len = snprintf(text, sizeof(text), "%.1100Lf", half);
        assert_true(len > 0 && len < 1500);
        assert_reals(text);
        memset(text + len, '0', 200);
        (void)snprintf(text + len + 200, 2, "1");
        assert_reals(text);
    }
}

static void random_reals_come_back(void **state)
{
    (void)state;
    struct random r = {20261124};
    for (int times = 0; times < 100000; times++) {
        char text[64];
        uint64_t bits = random_next(&r);
        double real;
        memcpy(&real, &bits, sizeof(real));
        if (!isfinite(real))
            continue;
        (void)snprintf(text, sizeof(text), "%.*g", 1 + (int)random_below(&r, 17), real);
        assert_reals(text);
        (void)snprintf(text, sizeof(text), "%.*f", (int)random_below(&r, 9),
                       (double)(int64_t)bits / (double)(1 + random_below(&r, 1000000)));
        assert_reals(text);
    }
}

static void whole_numbers_of_64_bits_are_integers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_int;
        int64_t n;
    } cases[] = {
        {"0", true, 0},
        {"-0.00", true, 0},
        {"1.00", true, 1},
        {"-120e-1", true, -12},
        {"1e18", true, 1000000000000000000},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808.0", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"1e19", false, 0},
        {"1e300", false, 0},
        {"0.5", false, 0},
        {"1.0000000000000000000001", false, 0},
        {"10.5", false, 0},
        {"1e-1", false, 0},
        {"NaN", false, 0},
        {"Infinity", false, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t n = 42;
        bool is_int = decimal_int(cases[i].text, strlen(cases[i].text), &n);
        if (is_int != cases[i].is_int || n != (is_int ? cases[i].n : 42))
            fail_msg("%s", cases[i].text);
    }
    static const int64_t integers[] = {0, 7, -7, 10, 1234567890, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < COUNT(integers); i++) {
        char text[DECIMAL_INT_BYTES_MAX], expected[32];
        int64_t n;
        size_t len = decimal_format_int(integers[i], text);
        assert_int_equal(snprintf(expected, sizeof(expected), "%lld", (long long)integers[i]), len);
        assert_memory_equal(text, expected, len);
        assert_true(decimal_int(text, len, &n) && n == integers[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spellings_are_ordered_as_their_numbers),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(a_real_is_the_nearest),
        cmocka_unit_test(a_real_is_rounded_by_digits_however_far),
        cmocka_unit_test(random_reals_come_back),
        cmocka_unit_test(whole_numbers_of_64_bits_are_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
