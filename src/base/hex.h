/* Hexadecimal digits.
 *
 * Ownership: nothing is kept.
 */
#ifndef BADGED_BASE_HEX_H
#define BADGED_BASE_HEX_H

#include <stdint.h>

extern const uint8_t hex_values[256]; /* what hex_value looks up */

/* hex_value(c): the value of a digit of either case, or -1 for any other character. */
static inline int hex_value(char c)
{
    return hex_values[(unsigned char)c] - 1;
}

/* hex_write(out, byte): write a byte as two digits, in lower case and without a NUL. Returns the
 * place behind them. */
char *hex_write(char *out, uint8_t byte);

#endif
