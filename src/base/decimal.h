/* Decimal numbers of any length, as text: compared exactly, without arithmetic.
 *
 *     decimal = [ "+" | "-" ] ( digits [ "." [ digits ] ] | "." digits ) [ "e" [ "+" | "-" ] digits
 * ] | "NaN" | [ "-" ] "Infinity"
 *
 * which is what Postgres prints of numeric, float4 and float8, and what a literal of a predicate
 * is. Nothing here reads the locale.
 *
 * Ownership: texts are the caller's, need no NUL behind them, and must be in this form
 * (decimal_is_valid) unless a function says otherwise.
 */
#ifndef BADGED_BASE_DECIMAL_H
#define BADGED_BASE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DECIMAL_INT_BYTES_MAX = 20, /* of an int64_t with its sign */
    /* Postgres keeps 16383 digits behind the point, and counts an exponent among them even where
     * the number is 0. */
    DECIMAL_EXPONENT_MAX = 9999,
};

struct buffer;

/* decimal_is_valid(s, len): whether the text is in the form above, with an exponent of at most
 * ±DECIMAL_EXPONENT_MAX. */
bool decimal_is_valid(const char *s, size_t len);

/* decimal_compare(a, a_len, b, b_len): below, equal (0) or above. NaN equals itself and sorts after
 * Infinity, as in Postgres (manual, section 8.1.2); -0 is 0, and 1.0 is 1.00. */
int decimal_compare(const char *a, size_t a_len, const char *b, size_t b_len);

/* decimal_real(s, len): the double nearest to it, ties to even; infinite or 0 beyond the range of
 * doubles. */
double decimal_real(const char *s, size_t len);

/* decimal_single(s, len): as decimal_real, the nearest of 32 bits, rounded once. */
float decimal_single(const char *s, size_t len);

/* decimal_int(s, len, ret): whether it is a whole number within the range of int64_t, which is
 * written to ret only then. */
bool decimal_int(const char *s, size_t len, int64_t *ret);

/* decimal_format_int(n, out): the text of n, without a NUL; returns its length. */
size_t decimal_format_int(int64_t n, char out[DECIMAL_INT_BYTES_MAX]);

/* decimal_add_plain(s, len, out): append the one text that all spellings of this number share; for
 * hashing, not for reading. */
void decimal_add_plain(const char *s, size_t len, struct buffer *out);

#endif
