/* What value.h promises: one total order over all values but NULL, exact between integers and
 * reals, and between integers and decimals. */
#include "base/value.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct value of_int(int64_t i)
{
    return (struct value){.kind = VALUE_INT, .integer = i};
}

static struct value of_real(double r)
{
    return (struct value){.kind = VALUE_REAL, .real = r};
}

static struct value of_text(const char *s)
{
    return (struct value){.kind = VALUE_TEXT, .text = {s, strlen(s)}};
}

static struct value of_blob(const char *s, size_t len)
{
    return (struct value){.kind = VALUE_BLOB, .text = {s, len}};
}

static struct value of_decimal(const char *s)
{
    return (struct value){.kind = VALUE_DECIMAL, .text = {s, strlen(s)}};
}

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

static void assert_order(struct value a, struct value b, int order)
{
    assert_int_equal(sign(value_compare(&a, &b)), order);
    assert_int_equal(sign(value_compare(&b, &a)), -order);
}

/* Values in ascending order, none equal to another. */
static size_t ladder(struct value *out)
{
    const struct value steps[] = {
        of_real(-INFINITY),
        of_real(-1e300),
        of_real(nextafter(-0x1p63, -INFINITY)),
        of_int(INT64_MIN),
        of_int(INT64_MIN + 1),
        of_int(-9007199254740993),
        of_real(-9007199254740992.0), /* -2^53: the integers beside it are no doubles */
        of_int(-9007199254740991),
        of_real(-1.5),
        of_int(-1),
        of_real(-0.5),
        of_real(-5e-324),
        of_int(0),
        of_real(5e-324),
        of_real(0.5),
        of_int(1),
        of_real(1.5),
        of_int(9007199254740991),
        of_real(9007199254740992.0),
        of_int(9007199254740993),
        of_real(nextafter(0x1p63, 0)),
        of_int(INT64_MAX),
        of_real(0x1p63),
        of_real(1e300),
        of_real(INFINITY),
        of_real((double)NAN),
        of_text(""),
        of_text("1"),
        of_text("A"),
        of_text("a"),
        of_text("aa"),
        of_text("b"),
        of_text("\xC3\xBC"), /* by byte, and bytes are unsigned */
        of_blob("", 0),
        of_blob("\0", 1),
        of_blob("\0\0", 2),
        of_blob("a", 1),
        of_blob("\xFF", 1),
    };
    memcpy(out, steps, sizeof(steps));
    return sizeof(steps) / sizeof(steps[0]);
}

static void all_values_stand_in_one_order(void **state)
{
    (void)state;
    struct value steps[64];
    size_t count = ladder(steps);
    for (size_t a = 0; a < count; a++)
        for (size_t b = a; b < count; b++)
            assert_order(steps[a], steps[b], a == b ? 0 : -1);
}

static void equal_numbers_compare_equal_across_kinds(void **state)
{
    (void)state;
    assert_order(of_int(0), of_real(0.0), 0);
    assert_order(of_int(0), of_real(-0.0), 0);
    assert_order(of_real(0.0), of_real(-0.0), 0);
    assert_order(of_int(-7), of_real(-7.0), 0);
    assert_order(of_int(INT64_MIN), of_real(-0x1p63), 0);
    assert_order(of_int(1LL << 53), of_real(0x1p53), 0);
}

static void large_integers_are_not_rounded_to_compare(void **state)
{
    (void)state;
    /* Both would be equal after a conversion to double. */
    assert_order(of_int((1LL << 53) + 1), of_real(0x1p53), 1);
    assert_order(of_int(INT64_MAX), of_real(0x1p63), -1);
    assert_order(of_int(INT64_MAX - 1), of_int(INT64_MAX), -1);
}

static void every_nan_is_equal_and_last_of_the_numbers(void **state)
{
    (void)state;
    assert_order(of_real((double)NAN), of_real(-(double)NAN), 0);
    assert_order(of_real((double)NAN), of_real(INFINITY), 1);
    assert_order(of_real((double)NAN), of_int(INT64_MAX), 1);
    assert_order(of_real((double)NAN), of_text(""), -1);
}

static void decimals_compare_exactly_but_beside_reals(void **state)
{
    (void)state;
    assert_order(of_decimal("1.0"), of_decimal("1.00"), 0);
    assert_order(of_decimal("0.1"), of_decimal("0.10000000000000000000001"), -1);
    assert_order(of_decimal("1"), of_int(1), 0);
    assert_order(of_decimal("9007199254740993"), of_int(9007199254740992), 1);
    assert_order(of_decimal("-9223372036854775808.5"), of_int(INT64_MIN), -1);
    assert_order(of_decimal("Infinity"), of_int(INT64_MAX), 1);
    assert_order(of_decimal("0.1000000000000000055"), of_real(0.1), 0);
    assert_order(of_decimal("9007199254740993"), of_real(0x1p53), 0);
    assert_order(of_decimal("NaN"), of_real((double)NAN), 0);
    assert_order(of_decimal("NaN"), of_real(INFINITY), 1);
    assert_order(of_decimal("NaN"), of_text(""), -1);
    assert_order(of_decimal("5"), of_blob("", 0), -1);
}

static void text_compares_past_a_nul(void **state)
{
    (void)state;
    struct value a = {.kind = VALUE_TEXT, .text = {"a\0a", 3}};
    struct value b = {.kind = VALUE_TEXT, .text = {"a\0b", 3}};
    assert_order(a, b, -1);
    assert_order(a, of_text("a"), 1);
}

static void empty_text_needs_no_bytes(void **state)
{
    (void)state;
    struct value none = {.kind = VALUE_TEXT, .text = {NULL, 0}};
    assert_order(none, of_text(""), 0);
    assert_order(none, of_text("a"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_values_stand_in_one_order),
        cmocka_unit_test(equal_numbers_compare_equal_across_kinds),
        cmocka_unit_test(large_integers_are_not_rounded_to_compare),
        cmocka_unit_test(every_nan_is_equal_and_last_of_the_numbers),
        cmocka_unit_test(decimals_compare_exactly_but_beside_reals),
        cmocka_unit_test(text_compares_past_a_nul),
        cmocka_unit_test(empty_text_needs_no_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
