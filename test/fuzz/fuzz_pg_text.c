/* Values as Postgres prints them: any bytes are either refused or read for what they say.
 *
 * The first byte chooses the type of the column (its number in enum column_type, modulo), and the
 * rest is the text. Of decimals there are two, with a byte 0x1E between them.
 */
#include "feed/postgres_text.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/decimal.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    SEPARATOR = 0x1E
};

static const int64_t day_us = (int64_t)86400 * 1000000;

static bool read_text(enum column_type type, const char *bytes, size_t len, struct value *v)
{
    return pg_text_value(type, bytes, len, v, NULL) == ERR_OK;
}

/* ---- numbers ---- */

static void check_integer(const char *text, int64_t n)
{
    char *end;
    assert(strtoll(text, &end, 10) == n && *end == '\0');
}

static void check_real(const char *text, double ours, double theirs)
{
    (void)text;
    assert(isnan(theirs) ? isnan(ours) : memcmp(&ours, &theirs, sizeof(ours)) == 0);
}

static void check_decimals(const char *a, size_t a_len, const char *b, size_t b_len)
{
    struct buffer x = {0}, y = {0};
    char *a_text = mem_text(a, a_len), *b_text = mem_text(b, b_len);
    int order = decimal_compare(a, a_len, b, b_len);
    double a_real = decimal_real(a, a_len), b_real = decimal_real(b, b_len);
    int64_t n;
    assert(order >= -1 && order <= 1);
    assert(decimal_compare(b, b_len, a, a_len) == -order);
    assert(decimal_compare(a, a_len, a, a_len) == 0);
    check_real(a_text, a_real, strtod(a_text, NULL));
    check_real(b_text, b_real, strtod(b_text, NULL));
    if (a_real < b_real)
        assert(order < 0);
    decimal_add_plain(a, a_len, &x);
    decimal_add_plain(b, b_len, &y);
    assert((order == 0) == (x.len == y.len && memcmp(x.bytes, y.bytes, x.len) == 0));
    if (decimal_int(a, a_len, &n)) {
        char digits[DECIMAL_INT_BYTES_MAX];
        size_t len = decimal_format_int(n, digits);
        assert(decimal_compare(a, a_len, digits, len) == 0);
    }
    free(a_text);
    free(b_text);
    buffer_fini(&x);
    buffer_fini(&y);
}

/* ---- days and instants: printed anew, the other way round than they are read ---- */

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* The date of a day, with whether its year is before the year 1. */
static bool add_date(struct buffer *out, int64_t day)
{
    int64_t days = day + 730119 /* from 0001-01-01 */, year = 1;
    int month = 1;
    int64_t cycles = days / 146097 - (days % 146097 < 0);
    year += cycles * 400;
    days -= cycles * 146097;
    for (; days >= 365 + is_leap(year); year++)
        days -= 365 + is_leap(year);
    for (;; month++) {
        static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
        int length = lengths[month - 1] + (month == 2 && is_leap(year));
        if (days < length)
            break;
        days -= length;
    }
    buffer_printf(out, "%04lld-%02d-%02d", (long long)(year > 0 ? year : 1 - year), month,
                  (int)days + 1);
    return year <= 0;
}

static void check_moment(enum column_type type, int64_t n)
{
    struct buffer text = {0};
    struct value again;
    if (n == INT64_MIN || n == INT64_MAX)
        return;
    int64_t day = n, rest = 0;
    if (type == COLUMN_INSTANT) {
        day = n / day_us - (n % day_us < 0);
        rest = n - day * day_us;
    }
    bool is_before_christ = add_date(&text, day);
    if (type == COLUMN_INSTANT) {
        int64_t seconds = rest / 1000000;
        buffer_printf(&text, " %02d:%02d:%02d.%06d+00", (int)(seconds / 3600),
                      (int)(seconds / 60 % 60), (int)(seconds % 60), (int)(rest % 1000000));
    }
    buffer_puts(&text, is_before_christ ? " BC" : "");
    bool is_read = read_text(type, text.bytes, text.len, &again);
    assert(is_read && again.integer == n);
    buffer_fini(&text);
}

/* ---- any of them ---- */

static void check_value(enum column_type type, const char *bytes, size_t len, const struct value *v)
{
    char *text = mem_text(bytes, len);
    switch (type) {
    case COLUMN_INTEGER:
        check_integer(text, v->integer);
        break;
    case COLUMN_REAL:
        check_real(text, v->real, strtod(text, NULL));
        break;
    case COLUMN_SINGLE:
        check_real(text, v->real, (double)strtof(text, NULL));
        break;
    case COLUMN_INSTANT:
    case COLUMN_DATE:
        check_moment(type, v->integer);
        break;
    case COLUMN_BOOL:
        assert(len == 1 && (v->integer == 0 || v->integer == 1));
        break;
    default:
        assert(v->kind == VALUE_TEXT && v->text.bytes == bytes && v->text.len == len);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    enum column_type type = (enum column_type)(data[0] % (COLUMN_ENUM + 1));
    if (type == COLUMN_NUMBER || type == COLUMN_TIME)
        return 0;
    const char *bytes = (const char *)data + 1;
    size_t len = size - 1;
    struct value v, other;
    if (type != COLUMN_DECIMAL) {
        if (read_text(type, bytes, len, &v))
            check_value(type, bytes, len, &v);
        return 0;
    }
    const char *separator = memchr(bytes, SEPARATOR, len);
    size_t first = separator != NULL ? (size_t)(separator - bytes) : len;
    if (separator != NULL && read_text(type, bytes, first, &v) &&
        read_text(type, separator + 1, len - first - 1, &other))
        check_decimals(bytes, first, separator + 1, len - first - 1);
    return 0;
}
