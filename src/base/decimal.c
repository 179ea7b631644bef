#include "base/decimal.h"

#include "base/buffer.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum form {
    FORM_FINITE,
    FORM_INFINITE,
    FORM_NAN,
    FORM_INVALID,
};

/* The text, taken apart: digits[0…] with at most one point between them, from the first digit that
 * is not 0 to the last one. The number is 0.d₁d₂d₃… · 10^magnitude. */
struct decimal {
    enum form form;
    bool is_negative;
    bool is_zero; /* then the rest is not set */
    const char *digits;
    size_t len; /* with the point, when it stands inside */
    int64_t magnitude;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_text(const char *s, size_t len, const char *text)
{
    return len == strlen(text) && memcmp(s, text, len) == 0;
}

/* The exponent behind its "e", to the end of the text. */
static bool read_exponent(const char *s, size_t len, int64_t *ret)
{
    size_t i = 0;
    bool is_negative = len > 0 && s[0] == '-';
    if (len > 0 && (s[0] == '-' || s[0] == '+'))
        i++;
    if (i == len)
        return false;
    int64_t exponent = 0;
    for (; i < len; i++) {
        if (!is_digit(s[i]))
            return false;
        exponent = exponent * 10 + (s[i] - '0');
        if (exponent > DECIMAL_EXPONENT_MAX)
            return false;
    }
    *ret = is_negative ? -exponent : exponent;
    return true;
}

static struct decimal read_decimal(const char *s, size_t len)
{
    struct decimal d = {.form = FORM_INVALID};
    size_t i = 0;
    d.is_negative = len > 0 && s[0] == '-';
    if (len > 0 && (s[0] == '-' || s[0] == '+'))
        i++;
    if (is_text(s + i, len - i, "Infinity") && (i == 0 || d.is_negative)) {
        d.form = FORM_INFINITE;
        return d;
    }
    if (is_text(s, len, "NaN")) {
        d.form = FORM_NAN;
        return d;
    }
    size_t digits_count = 0, whole_count = 0, first = len, last = 0, first_count = 0;
    bool has_point = false;
    for (; i < len && (is_digit(s[i]) || (s[i] == '.' && !has_point)); i++) {
        if (s[i] == '.') {
            has_point = true;
            continue;
        }
        if (s[i] != '0') {
            last = i;
            if (first == len) {
                first = i;
                first_count = digits_count;
            }
        }
        digits_count++;
        whole_count += !has_point;
    }
    int64_t exponent = 0;
    if (digits_count == 0)
        return d;
    if (i < len &&
        ((s[i] != 'e' && s[i] != 'E') || !read_exponent(s + i + 1, len - i - 1, &exponent)))
        return d;
    d.form = FORM_FINITE;
    d.is_zero = first == len;
    if (d.is_zero)
        return d;
    d.digits = s + first;
    d.len = last - first + 1;
    d.magnitude = (int64_t)whole_count - (int64_t)first_count + exponent;
    return d;
}

bool decimal_is_valid(const char *s, size_t len)
{
    return read_decimal(s, len).form != FORM_INVALID;
}

/* ---- order ---- */

/* The next digit of a run with a point in it, 0 behind its end. */
static char next_digit(const struct decimal *d, size_t *i)
{
    if (*i < d->len && d->digits[*i] == '.')
        ++*i;
    return *i < d->len ? d->digits[(*i)++] : '0';
}

/* Two numbers other than 0, without their signs. */
static int compare_sizes(const struct decimal *a, const struct decimal *b)
{
    if (a->magnitude != b->magnitude)
        return a->magnitude < b->magnitude ? -1 : 1;
    for (size_t i = 0, k = 0; i < a->len || k < b->len;) {
        char x = next_digit(a, &i), y = next_digit(b, &k);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

/* -Infinity, below zero, zero, above zero, Infinity, NaN. */
static int rank(const struct decimal *d)
{
    if (d->form == FORM_NAN)
        return 3;
    if (d->form == FORM_FINITE && d->is_zero)
        return 0;
    int size = d->form == FORM_INFINITE ? 2 : 1;
    return d->is_negative ? -size : size;
}

int decimal_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
    struct decimal x = read_decimal(a, a_len), y = read_decimal(b, b_len);
    assert(x.form != FORM_INVALID && y.form != FORM_INVALID);
    int x_rank = rank(&x), y_rank = rank(&y);
    if (x_rank != y_rank)
        return x_rank < y_rank ? -1 : 1;
    if (x_rank != 1 && x_rank != -1)
        return 0;
    return x_rank * compare_sizes(&x, &y);
}

/* ---- reals ---- */

/* A double lies half way between two others only with at most 767 digits; past those it matters
 * only whether anything follows. */
enum {
    DIGITS_MAX = 800,
    REAL_TEXT_BYTES_MAX = DIGITS_MAX + 32,
    EXPONENT_MAX = 400, /* beyond it, what has its first digit there is infinite or zero */
};

/* The number as strtod reads it in every locale: a sign, digits without a point, an exponent. */
static void format_real(const struct decimal *d, char out[REAL_TEXT_BYTES_MAX])
{
    size_t n = 0, count = 0;
    out[n++] = d->is_negative ? '-' : '+';
    for (size_t i = 0; i < d->len && count < DIGITS_MAX; count++)
        out[n++] = next_digit(d, &i);
    if (count == DIGITS_MAX)
        out[n - 1] = '1'; /* the last digit of a run is not 0, so something follows */
    int64_t magnitude = d->magnitude;
    if (magnitude > EXPONENT_MAX)
        magnitude = EXPONENT_MAX;
    if (magnitude < -EXPONENT_MAX)
        magnitude = -EXPONENT_MAX;
    out[n++] = 'e';
    n += decimal_format_int(magnitude - (int64_t)count, out + n);
    out[n] = '\0';
}

/* At most 15 digits times a power of ten up to 22: both are doubles, so that the one rounding of
 * their product is right (Clinger, How to Read Floating Point Numbers Accurately, 1990). */
static bool short_real(const struct decimal *d, double *ret)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (d->len > 16)
        return false;
    int64_t whole = 0, count = 0;
    for (size_t i = 0; i < d->len; count++)
        whole = whole * 10 + (next_digit(d, &i) - '0');
    int64_t power = d->magnitude - count;
    if (count > 15 || power < -22 || power > 22)
        return false;
    double real = (double)whole;
    real = power < 0 ? real / powers[-power] : real * powers[power];
    *ret = d->is_negative ? -real : real;
    return true;
}

/* What is no number of digits, other than 0: as a double. */
static bool special_real(const struct decimal *d, double *ret)
{
    assert(d->form != FORM_INVALID);
    if (d->form == FORM_NAN)
        *ret = (double)NAN;
    else if (d->form == FORM_INFINITE)
        *ret = d->is_negative ? -HUGE_VAL : HUGE_VAL;
    else if (d->is_zero)
        *ret = d->is_negative ? -0.0 : 0.0;
    else
        return false;
    return true;
}

double decimal_real(const char *s, size_t len)
{
    struct decimal d = read_decimal(s, len);
    double real;
    if (special_real(&d, &real) || short_real(&d, &real))
        return real;
    char text[REAL_TEXT_BYTES_MAX];
    format_real(&d, text);
    return strtod(text, NULL);
}

float decimal_single(const char *s, size_t len)
{
    struct decimal d = read_decimal(s, len);
    double real;
    if (special_real(&d, &real))
        return (float)real;
    char text[REAL_TEXT_BYTES_MAX];
    format_real(&d, text);
    return strtof(text, NULL);
}

/* ---- integers ---- */

bool decimal_int(const char *s, size_t len, int64_t *ret)
{
    struct decimal d = read_decimal(s, len);
    assert(d.form != FORM_INVALID);
    if (d.form != FORM_FINITE)
        return false;
    if (d.is_zero) {
        *ret = 0;
        return true;
    }
    if (d.magnitude <= 0 || d.magnitude > 19)
        return false;
    int64_t n = 0;
    size_t i = 0;
    for (int64_t count = 0; count < d.magnitude; count++) {
        int digit = next_digit(&d, &i) - '0';
        if (__builtin_mul_overflow(n, 10, &n) ||
            __builtin_add_overflow(n, d.is_negative ? -digit : digit, &n))
            return false;
    }
    if (i < d.len) /* the last digit of the run, which is not 0, stands behind the point */
        return false;
    *ret = n;
    return true;
}

size_t decimal_format_int(int64_t n, char out[DECIMAL_INT_BYTES_MAX])
{
    char digits[DECIMAL_INT_BYTES_MAX];
    size_t count = 0, len = 0;
    uint64_t size = n < 0 ? -(uint64_t)n : (uint64_t)n;
    do {
        digits[count++] = (char)('0' + size % 10);
        size /= 10;
    } while (size > 0);
    if (n < 0)
        out[len++] = '-';
    while (count > 0)
        out[len++] = digits[--count];
    return len;
}

void decimal_add_plain(const char *s, size_t len, struct buffer *out)
{
    struct decimal d = read_decimal(s, len);
    assert(d.form != FORM_INVALID);
    if (d.is_negative && !(d.form == FORM_FINITE && d.is_zero))
        buffer_add(out, "-", 1);
    if (d.form == FORM_NAN || d.form == FORM_INFINITE) {
        buffer_add(out, d.form == FORM_NAN ? "n" : "i", 1);
        return;
    }
    if (d.is_zero) {
        buffer_add(out, "0", 1);
        return;
    }
    for (size_t i = 0; i < d.len;) {
        char digit = next_digit(&d, &i);
        buffer_add(out, &digit, 1);
    }
    char magnitude[DECIMAL_INT_BYTES_MAX];
    size_t magnitude_len = decimal_format_int(d.magnitude, magnitude);
    buffer_add(out, "e", 1);
    buffer_add(out, magnitude, magnitude_len);
}
