/* Hexadecimal digits.
 *
 * Ownership: nothing is kept.
 */
#ifndef BADGED_BASE_HEX_H
#define BADGED_BASE_HEX_H

#include <stdint.h>

/* hex_value(c): the value of a digit of either case, or -1 for any other character. */
int hex_value(char c);

/* hex_write(out, byte): write a byte as two digits, in lower case and without a NUL. Returns the
 * place behind them. */
char *hex_write(char *out, uint8_t byte);

#endif
