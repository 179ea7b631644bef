/* One value of one column, as a database hands it over.
 *
 * Ownership: text and blob point into the caller's row and live as long as it does.
 */
#ifndef BADGED_BASE_VALUE_H
#define BADGED_BASE_VALUE_H

#include <stddef.h>
#include <stdint.h>

enum value_kind {
    VALUE_NULL,
    VALUE_INT,
    VALUE_REAL,
    VALUE_DECIMAL, /* the text of a number, as base/decimal.h reads it */
    VALUE_TEXT,
    VALUE_BLOB,
};

struct value {
    enum value_kind kind;
    union {
        int64_t integer;
        double real;
        struct {
            const char *bytes;
            size_t len;
        } text; /* of VALUE_TEXT and VALUE_BLOB, which may hold NULs, and of VALUE_DECIMAL */
    };
};

/* value_compare(a, b): below, equal (0) or above, for two values that are not NULL. Numbers sort
 * before text, text before blobs, as in SQLite (sqlite.org/datatype3.html, section 4.1). An integer
 * and a real, an integer and a decimal, and two decimals compare exactly, without rounding either;
 * a real and a decimal as two reals, as in Postgres. NaN equals itself and sorts after every other
 * number, as in Postgres. Text and blobs compare by byte. */
int value_compare(const struct value *a, const struct value *b);

#endif
