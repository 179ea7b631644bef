#include "badge/key.h"

#include "base/buffer.h"
#include "base/decimal.h"

#include <assert.h>
#include <math.h>
#include <sodium/crypto_shorthash_siphash24.h>
#include <string.h>

static_assert(crypto_shorthash_siphashx24_BYTES == sizeof(struct row_key), "a key is one hash");
static_assert(crypto_shorthash_siphashx24_KEYBYTES == sizeof(struct key_secret),
              "a secret is one hash key");

static struct row_key hash(const void *bytes, size_t len, const struct key_secret *secret)
{
    struct row_key key;
    (void)crypto_shorthash_siphashx24(key.bytes, bytes, len, secret->bytes);
    return key;
}

struct row_key key_of_int(int64_t n)
{
    struct row_key key = {{0}};
    memcpy(key.bytes + 8, &n, sizeof(n));
    return key;
}

/* A real or decimal that is a whole number within the range of int64_t is that integer; -0 is 0 by
 * the same rule. Every NaN is the same one. */
static struct value plain_number(const struct value *v)
{
    struct value plain = *v;
    int64_t whole;
    if (v->kind == VALUE_REAL && v->real >= -0x1p63 && v->real < 0x1p63 &&
        trunc(v->real) == v->real) {
        plain.kind = VALUE_INT;
        plain.integer = (int64_t)v->real;
    } else if (v->kind == VALUE_REAL && isnan(v->real)) {
        plain.real = (double)NAN;
    } else if (v->kind == VALUE_DECIMAL && decimal_int(v->text.bytes, v->text.len, &whole)) {
        plain.kind = VALUE_INT;
        plain.integer = whole;
    }
    return plain;
}

struct row_key key_of_value(const struct value *v, enum column_type type,
                            const struct key_secret *secret)
{
    struct value plain = plain_number(v);
    struct uuid uuid;
    /* Beside UUIDs an integer is hashed, as the other 64 bits of a UUID may be zero as well. */
    if (plain.kind == VALUE_INT && type != COLUMN_UUID)
        return key_of_int(plain.integer);
    if (type == COLUMN_UUID && plain.kind == VALUE_TEXT &&
        uuid_parse_stored(plain.text.bytes, plain.text.len, &uuid)) {
        struct row_key key;
        memcpy(key.bytes, uuid.bytes, sizeof(key.bytes));
        return key;
    }
    return key_of_values(&plain, 1, secret);
}

static void add(struct buffer *text, enum value_kind kind, const void *bytes, size_t len)
{
    char kind_byte = (char)kind;
    buffer_add(text, &kind_byte, 1);
    buffer_add(text, (const char *)&len, sizeof(len));
    buffer_add(text, bytes, len);
}

struct row_key key_of_values(const struct value *v, size_t n, const struct key_secret *secret)
{
    assert(n >= 1);
    /* Each value is written as its kind, its length and its bytes, so that no two lists have one
     * text. */
    struct buffer text = {0}, decimal = {0};
    for (size_t i = 0; i < n; i++) {
        struct value plain = plain_number(&v[i]);
        switch (plain.kind) {
        case VALUE_NULL:
            add(&text, plain.kind, "", 0);
            break;
        case VALUE_INT:
            add(&text, plain.kind, &plain.integer, sizeof(plain.integer));
            break;
        case VALUE_REAL:
            add(&text, plain.kind, &plain.real, sizeof(plain.real));
            break;
        case VALUE_DECIMAL:
            decimal.len = 0;
            decimal_add_plain(plain.text.bytes, plain.text.len, &decimal);
            add(&text, plain.kind, decimal.bytes, decimal.len);
            break;
        case VALUE_TEXT:
        case VALUE_BLOB:
            add(&text, plain.kind, plain.text.bytes, plain.text.len);
            break;
        }
    }
    struct row_key key = hash(text.bytes, text.len, secret);
    buffer_fini(&decimal);
    buffer_fini(&text);
    return key;
}
