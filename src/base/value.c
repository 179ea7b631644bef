#include "base/value.h"

#include "base/decimal.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static int sign(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_reals(double a, double b)
{
    if (isnan(a) || isnan(b))
        return (isnan(a) != 0) - (isnan(b) != 0);
    return (a > b) - (a < b);
}

/* Exact: the real is first placed outside or inside the range of int64_t, then split in whole part
 * and fraction. */
static int compare_int_real(int64_t i, double r)
{
    if (isnan(r) || r >= 0x1p63)
        return -1;
    if (r < -0x1p63)
        return 1;
    double whole = trunc(r);
    int order = sign(i, (int64_t)whole);
    return order != 0 ? order : compare_reals(whole, r);
}

static int compare_int_decimal(int64_t i, const struct value *decimal)
{
    char digits[DECIMAL_INT_BYTES_MAX];
    size_t len = decimal_format_int(i, digits);
    return decimal_compare(digits, len, decimal->text.bytes, decimal->text.len);
}

/* One of two numbers is a decimal. */
static int compare_decimals(const struct value *a, const struct value *b)
{
    if (b->kind != VALUE_DECIMAL)
        return -compare_decimals(b, a);
    switch (a->kind) {
    case VALUE_INT:
        return compare_int_decimal(a->integer, b);
    case VALUE_REAL:
        return compare_reals(a->real, decimal_real(b->text.bytes, b->text.len));
    default:
        return decimal_compare(a->text.bytes, a->text.len, b->text.bytes, b->text.len);
    }
}

static int compare_bytes(const struct value *a, const struct value *b)
{
    size_t shorter = a->text.len < b->text.len ? a->text.len : b->text.len;
    int order = shorter > 0 ? memcmp(a->text.bytes, b->text.bytes, shorter) : 0;
    if (order != 0)
        return order < 0 ? -1 : 1;
    return (a->text.len > b->text.len) - (a->text.len < b->text.len);
}

int value_compare(const struct value *a, const struct value *b)
{
    assert(a->kind != VALUE_NULL && b->kind != VALUE_NULL);
    if (a->kind == VALUE_INT && b->kind == VALUE_INT)
        return sign(a->integer, b->integer);
    if (a->kind == VALUE_REAL && b->kind == VALUE_REAL)
        return compare_reals(a->real, b->real);
    if (a->kind == VALUE_INT && b->kind == VALUE_REAL)
        return compare_int_real(a->integer, b->real);
    if (a->kind == VALUE_REAL && b->kind == VALUE_INT)
        return -compare_int_real(b->integer, a->real);
    if (a->kind <= VALUE_DECIMAL && b->kind <= VALUE_DECIMAL)
        return compare_decimals(a, b);
    if (a->kind == b->kind)
        return compare_bytes(a, b);
    return (a->kind > b->kind) - (a->kind < b->kind);
}
