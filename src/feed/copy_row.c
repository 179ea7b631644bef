/* line   = [ field *( TAB field ) ]            nothing when there are no columns
 * field  = "\N" / *( plain / escape )          NULL, or a text
 * plain  = any byte but TAB, LF, CR and "\"
 * escape = "\" ( "b" / "f" / "n" / "r" / "t" / "v" )
 *        / "\" 1*3octal                        a byte, at most \377
 *        / "\x" 1*2HEXDIG                      a byte
 *        / "\" any                             that byte itself; so \x without a digit is x
 *
 * COPY TO writes the first kind of escape and "\\" only; the documentation names the others as
 * what a reader takes. A line of "\." alone, which marked the end of data in version 2 of the
 * protocol, is refused.
 */
#include "feed/copy_row.h"

#include <assert.h>

/* What is left of the line, and where the next byte that was read from it goes: never behind it. */
struct copy {
    const char *start;
    const char *in;
    const char *end;
    char *out;
};

static int digit(char c, int base)
{
    int n = -1;
    if (c >= '0' && c <= '9')
        n = c - '0';
    else if (c >= 'a' && c <= 'f')
        n = c - 'a' + 10;
    else if (c >= 'A' && c <= 'F')
        n = c - 'A' + 10;
    return n < base ? n : -1;
}

/* A number of at most digits_max digits; -1, and nothing read, when no digit stands here. */
static int take_number(struct copy *c, int base, int digits_max)
{
    int n = -1;
    for (int i = 0; i < digits_max && c->in < c->end && digit(*c->in, base) >= 0; i++)
        n = (n < 0 ? 0 : n * base) + digit(*c->in++, base);
    return n;
}

/* The escape behind a backslash that was read. */
static enum err take_escape(struct copy *c, struct error *e)
{
    static const char letters[] = "bfnrtv", meanings[] = "\b\f\n\r\t\v";
    size_t at = (size_t)(c->in - c->start) - 1;
    if (c->in == c->end)
        return error_set(e, ERR_CORRUPT, "a row of COPY ends with a backslash, at byte %zu", at);
    int octal = take_number(c, 8, 3);
    if (octal > 255)
        return error_set(e, ERR_CORRUPT,
                         "a row of COPY has an escape of more than a byte, \\%o, at byte %zu",
                         (unsigned)octal, at);
    if (octal >= 0) {
        *c->out++ = (char)octal;
        return ERR_OK;
    }
    char letter = *c->in++;
    int hex = letter == 'x' ? take_number(c, 16, 2) : -1;
    if (hex >= 0)
        letter = (char)hex;
    for (size_t i = 0; hex < 0 && i < sizeof(letters) - 1; i++)
        if (letter == letters[i]) {
            letter = meanings[i];
            break;
        }
    *c->out++ = letter;
    return ERR_OK;
}

/* A field, up to its tab or the end of the line. */
static enum err take_field(struct copy *c, struct pgoutput_datum *ret, struct error *e)
{
    const char *in = c->in;
    if (c->end - in >= 2 && in[0] == '\\' && in[1] == 'N' && (c->end - in == 2 || in[2] == '\t')) {
        c->in += 2;
        *ret = (struct pgoutput_datum){.kind = 'n'};
        return ERR_OK;
    }
    const char *bytes = c->out;
    while (c->in < c->end && *c->in != '\t') {
        char byte = *c->in++;
        if (byte == '\\') {
            enum err err = take_escape(c, e);
            if (err != ERR_OK)
                return err;
        } else if (byte == '\n' || byte == '\r') {
            return error_set(e, ERR_CORRUPT, "a row of COPY has an end of line, at byte %zu",
                             (size_t)(c->in - c->start) - 1);
        } else {
            *c->out++ = byte;
        }
    }
    *ret = (struct pgoutput_datum){'t', bytes, (uint32_t)(c->out - bytes)};
    return ERR_OK;
}

enum err copy_row_split(char *line, size_t len, struct pgoutput_datum *fields, size_t fields_count,
                        struct error *e)
{
    assert(len <= INT32_MAX);
    if (len == 2 && line[0] == '\\' && line[1] == '.')
        return error_set(e, ERR_CORRUPT, "a row of COPY is a mark for the end of data");
    if (len == 0 && fields_count == 0)
        return ERR_OK;
    struct copy c = {line, line, line + len, line};
    for (size_t i = 0;; i++) {
        if (i == fields_count)
            return error_set(e, ERR_CORRUPT,
                             "a row of COPY has more than the %zu fields that it should, from "
                             "byte %zu on",
                             fields_count, (size_t)(c.in - line));
        enum err err = take_field(&c, &fields[i], e);
        if (err != ERR_OK)
            return err;
        if (c.in == c.end && i + 1 == fields_count)
            return ERR_OK;
        if (c.in == c.end)
            return error_set(e, ERR_CORRUPT,
                             "a row of COPY of %zu bytes has %zu fields and should have %zu", len,
                             i + 1, fields_count);
        c.in++;
    }
}
