/* Row keys: what SQL holds equal has one key, and whatever else has its own. */
#include "badge/key.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define INT(i)                                                                                     \
    {                                                                                              \
        .kind = VALUE_INT, .integer = (i)                                                          \
    }
#define REAL(r)                                                                                    \
    {                                                                                              \
        .kind = VALUE_REAL, .real = (r)                                                            \
    }
#define DECIMAL(s)                                                                                 \
    {                                                                                              \
        .kind = VALUE_DECIMAL, .text = {(s), sizeof(s) - 1 }                                       \
    }
#define TEXT(s)                                                                                    \
    {                                                                                              \
        .kind = VALUE_TEXT, .text = {(s), sizeof(s) - 1 }                                          \
    }
#define BLOB(s)                                                                                    \
    {                                                                                              \
        .kind = VALUE_BLOB, .text = {(s), sizeof(s) - 1 }                                          \
    }
#define NONE                                                                                       \
    {                                                                                              \
        .kind = VALUE_NULL                                                                         \
    }
#define UUID_TEXT  "0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01"
#define UUID_UPPER "0B9DD3C2-6E0C-4A9C-9F6C-0D6C8A6F1A01"

static const struct key_secret secret = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
static const struct key_secret other_secret = {
    {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17}};
static const enum column_type types[] = {COLUMN_BOOL, COLUMN_NUMBER, COLUMN_TEXT,
                                         COLUMN_UUID, COLUMN_TIME,   COLUMN_OTHER};

static bool is_same(struct row_key a, struct row_key b)
{
    return memcmp(&a, &b, sizeof(a)) == 0;
}

static struct row_key key_of(struct value v, enum column_type type)
{
    return key_of_value(&v, type, &secret);
}

/* Values in classes: those of one are equal in SQL, those of two are not. */
static const struct {
    struct value v;
    int class;
} values[] = {
    {INT(0), 0},
    {REAL(0.0), 0},
    {REAL(-0.0), 0},
    {INT(1), 1},
    {REAL(1.0), 1},
    {INT(-1), 2},
    {REAL(-1.0), 2},
    {REAL(0.5), 3},
    {REAL(-0.5), 4},
    {INT(9007199254740992), 5},
    {REAL(9007199254740992.0), 5},
    {INT(9007199254740993), 6},
    {INT(INT64_MIN), 7},
    {REAL(-0x1p63), 7},
    {INT(INT64_MAX), 8},
    {REAL(0x1p63), 9},
    {REAL(1e300), 10},
    {REAL(INFINITY), 11},
    {REAL(-INFINITY), 12},
    {REAL(5e-324), 13},
    {REAL((double)NAN), 14},
    {REAL(-(double)NAN), 14},
    {TEXT(""), 15},
    {TEXT("0"), 16},
    {TEXT("1"), 17},
    {TEXT("a"), 18},
    {TEXT("A"), 19},
    {TEXT("a "), 20},
    {TEXT("a\0"), 21},
    {TEXT("a\0b"), 22},
    {BLOB(""), 23},
    {BLOB("a"), 24},
    {BLOB("\0\0\0\0\0\0\0\1"), 25},
    {TEXT("\1\0\0\0\0\0\0\0"), 26},
    {INT(256), 27},
    {INT((int64_t)1 << 32), 28},
    {TEXT(UUID_TEXT), 29},
    {TEXT(UUID_UPPER), 30},
    {TEXT("0b9dd3c26e0c4a9c9f6c0d6c8a6f1a01"), 31},
    {BLOB("\x0b\x9d\xd3\xc2\x6e\x0c\x4a\x9c\x9f\x6c\x0d\x6c\x8a\x6f\x1a\x01"), 32},
    {TEXT("00000000-0000-0000-0000-000000000000"), 33}, /* its bytes would be those of 0 */
    {TEXT("00000000-0000-0000-0100-000000000000"), 34}, /* and of 1, from the low byte up */
    {TEXT("00000000-0000-0000-0000-000000000001"), 35}, /* and from the high one */
    {BLOB(UUID_TEXT), 36},
};

/* The same of decimals, which share no column with reals. */
static const struct {
    struct value v;
    int class;
} decimals[] = {
    {INT(0), 0},
    {DECIMAL("0"), 0},
    {DECIMAL("-0.00"), 0},
    {INT(1), 1},
    {DECIMAL("1"), 1},
    {DECIMAL("1.0"), 1},
    {DECIMAL("1.00"), 1},
    {DECIMAL("-1"), 2},
    {INT(-1), 2},
    {DECIMAL("0.5"), 3},
    {DECIMAL("0.50"), 3},
    {DECIMAL(".5"), 3},
    {DECIMAL("-0.5"), 4},
    {DECIMAL("5"), 5},
    {DECIMAL("0.05"), 6},
    {INT(INT64_MAX), 7},
    {DECIMAL("9223372036854775807.0"), 7},
    {DECIMAL("9223372036854775808"), 8},
    {DECIMAL("9223372036854775808.00"), 8},
    {INT(INT64_MIN), 9},
    {DECIMAL("-9223372036854775808"), 9},
    {DECIMAL("9223372036854775808.01"), 10},
    {DECIMAL("92233720368547758080"), 11},
    {DECIMAL("Infinity"), 12},
    {DECIMAL("-Infinity"), 13},
    {DECIMAL("NaN"), 14},
    {TEXT("0.5"), 15},
    {TEXT("5e0"), 16}, /* how 0.5 is written down to be hashed */
};

static void equal_values_have_one_key_and_others_their_own(void **state)
{
    (void)state;
    for (size_t t = 0; t < COUNT(types); t++)
        for (size_t i = 0; i < COUNT(values); i++)
            for (size_t j = 0; j < COUNT(values); j++)
                if (is_same(key_of(values[i].v, types[t]), key_of(values[j].v, types[t])) !=
                    (values[i].class == values[j].class))
                    fail_msg("values %zu and %zu in a column of type %d", i, j, (int)types[t]);
}

static void spellings_of_one_decimal_have_one_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(decimals); i++)
        for (size_t j = 0; j < COUNT(decimals); j++) {
            const struct value a[] = {TEXT("x"), decimals[i].v}, b[] = {TEXT("x"), decimals[j].v};
            bool is_one = decimals[i].class == decimals[j].class;
            assert_int_equal(is_same(key_of(a[1], COLUMN_DECIMAL), key_of(b[1], COLUMN_DECIMAL)),
                             is_one);
            assert_int_equal(is_same(key_of_values(a, 2, &secret), key_of_values(b, 2, &secret)),
                             is_one);
        }
}

/* As the parts of a composite key: first, last, alone. */
static void equal_parts_make_equal_composites(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(values); i++)
        for (size_t j = 0; j < COUNT(values); j++) {
            const struct value a[] = {values[i].v, TEXT("x"), values[i].v};
            const struct value b[] = {values[j].v, TEXT("x"), values[j].v};
            bool is_one = values[i].class == values[j].class;
            for (size_t n = 1; n <= 3; n++)
                assert_int_equal(
                    is_same(key_of_values(a, n, &secret), key_of_values(b, n, &secret)), is_one);
        }
}

static void an_integer_is_widened(void **state)
{
    (void)state;
    static const int64_t integers[] = {0, 1, -1, 42, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < COUNT(integers); i++) {
        struct row_key key = key_of_int(integers[i]);
        int64_t low;
        memcpy(&low, key.bytes + 8, sizeof(low));
        assert_true(low == integers[i]);
        memcpy(&low, key.bytes, sizeof(low));
        assert_true(low == 0);
        assert_true(is_same(key, key_of((struct value)INT(integers[i]), COLUMN_NUMBER)));
    }
}

static void a_uuid_is_its_own_bytes(void **state)
{
    (void)state;
    struct uuid u;
    assert_true(uuid_parse(UUID_TEXT, UUID_TEXT_LEN, &u));
    struct row_key key = key_of((struct value)TEXT(UUID_TEXT), COLUMN_UUID);
    assert_memory_equal(key.bytes, u.bytes, sizeof(u.bytes));
    /* In another spelling, or in a column of texts, it is a text. */
    assert_false(is_same(key, key_of((struct value)TEXT(UUID_UPPER), COLUMN_UUID)));
    assert_false(is_same(key, key_of((struct value)TEXT(UUID_TEXT), COLUMN_TEXT)));
}

/* Lists that a sloppy way of writing them down would mix up. */
static const struct {
    struct value v[3];
    size_t n;
} lists[] = {
    {{TEXT("a"), TEXT("bc")}, 2},
    {{TEXT("ab"), TEXT("c")}, 2},
    {{TEXT("abc"), TEXT("")}, 2},
    {{TEXT(""), TEXT("abc")}, 2},
    {{TEXT("abc")}, 1},
    {{TEXT("a"), TEXT("b"), TEXT("c")}, 3},
    {{TEXT("c"), TEXT("b"), TEXT("a")}, 3},
    {{TEXT("")}, 1},
    {{TEXT(""), TEXT("")}, 2},
    {{TEXT(""), TEXT(""), TEXT("")}, 3},
    {{NONE}, 1},
    {{NONE, NONE}, 2},
    {{NONE, NONE, NONE}, 3},
    {{NONE, TEXT("")}, 2},
    {{TEXT(""), NONE}, 2},
    {{NONE, INT(0)}, 2},
    {{INT(0), NONE}, 2},
    {{INT(0), INT(0)}, 2},
    {{INT(1), INT(2)}, 2},
    {{INT(2), INT(1)}, 2},
    {{INT(12)}, 1},
    {{TEXT("1"), TEXT("2")}, 2},
    {{TEXT("12")}, 1},
    {{TEXT("1"), INT(2)}, 2},
    {{INT(1), TEXT("2")}, 2},
    {{BLOB("1"), TEXT("2")}, 2},
    {{TEXT("a\0"), TEXT("b")}, 2},
    {{TEXT("a"), TEXT("\0b")}, 2},
    /* texts that are another's parts as they are written down, with lengths or without */
    {{TEXT("a\4b")}, 1},
    {{TEXT("a\4\1\0\0\0\0\0\0\0b")}, 1},
    {{TEXT("a"), TEXT("b")}, 2},
};

static void composites_are_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(lists); i++)
        for (size_t j = 0; j < COUNT(lists); j++)
            if (is_same(key_of_values(lists[i].v, lists[i].n, &secret),
                        key_of_values(lists[j].v, lists[j].n, &secret)) != (i == j))
                fail_msg("lists %zu and %zu", i, j);
}

static void another_secret_gives_other_keys(void **state)
{
    (void)state;
    static const struct value hashed[] = {TEXT("a"), TEXT(""), REAL(0.5), BLOB("a")};
    for (size_t i = 0; i < COUNT(hashed); i++) {
        assert_false(is_same(key_of_value(&hashed[i], COLUMN_TEXT, &secret),
                             key_of_value(&hashed[i], COLUMN_TEXT, &other_secret)));
        assert_false(is_same(key_of_values(&hashed[i], 1, &secret),
                             key_of_values(&hashed[i], 1, &other_secret)));
    }
    for (size_t i = 0; i < COUNT(lists); i++)
        assert_false(is_same(key_of_values(lists[i].v, lists[i].n, &secret),
                             key_of_values(lists[i].v, lists[i].n, &other_secret)));
    const struct value uuid = TEXT(UUID_TEXT);
    assert_true(is_same(key_of_value(&uuid, COLUMN_UUID, &secret),
                        key_of_value(&uuid, COLUMN_UUID, &other_secret)));
}

/* Ten million bytes; and every byte of a text counts. */
static void a_huge_text_has_a_key_of_all_its_bytes(void **state)
{
    (void)state;
    enum {
        BYTES = 10000000
    };
    char *bytes = calloc(BYTES, 1);
    const struct value v = {.kind = VALUE_TEXT, .text = {bytes, BYTES}};
    const struct value shorter = {.kind = VALUE_TEXT, .text = {bytes, BYTES - 1}};
    struct row_key zeros = key_of_value(&v, COLUMN_TEXT, &secret);
    assert_true(is_same(zeros, key_of_value(&v, COLUMN_TEXT, &secret)));
    assert_false(is_same(zeros, key_of_value(&shorter, COLUMN_TEXT, &secret)));
    static const size_t places[] = {0, 1, BYTES / 2, BYTES - 1};
    for (size_t i = 0; i < COUNT(places); i++) {
        bytes[places[i]] = 1;
        assert_false(is_same(zeros, key_of_value(&v, COLUMN_TEXT, &secret)));
        bytes[places[i]] = 0;
    }
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_values_have_one_key_and_others_their_own),
        cmocka_unit_test(spellings_of_one_decimal_have_one_key),
        cmocka_unit_test(equal_parts_make_equal_composites),
        cmocka_unit_test(an_integer_is_widened),
        cmocka_unit_test(a_uuid_is_its_own_bytes),
        cmocka_unit_test(composites_are_told_apart),
        cmocka_unit_test(another_secret_gives_other_keys),
        cmocka_unit_test(a_huge_text_has_a_key_of_all_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
