#include "generate/sqlite.h"

#include <assert.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const struct generate_column generate_sqlite_columns[GENERATE_SQLITE_COLUMNS] = {
    {"flag", "BOOLEAN", COLUMN_BOOL},  {"other_flag", "BOOLEAN", COLUMN_BOOL},
    {"n", "INTEGER", COLUMN_NUMBER},   {"m", "BIGINT", COLUMN_NUMBER},
    {"x", "REAL", COLUMN_NUMBER},      {"y", "DOUBLE PRECISION", COLUMN_NUMBER},
    {"d", "NUMERIC", COLUMN_NUMBER},   {"s", "TEXT", COLUMN_TEXT},
    {"t", "VARCHAR(20)", COLUMN_TEXT}, {"Odd \"Name", "TEXT", COLUMN_TEXT},
    {"u", "UUID", COLUMN_UUID},        {"v", "UUID", COLUMN_UUID},
    {"at", "TIMESTAMP", COLUMN_TIME},  {"until", "DATETIME", COLUMN_TIME},
    {"j", "JSON", COLUMN_OTHER},
};

/* ---- values and the literals that mean them ---- */

static const char *const numbers[] = {
    "0",
    "1",
    "-1",
    "2",
    "3",
    "10",
    "-10",
    "100",
    "0.5",
    "-0.5",
    "1.5",
    "2.5",
    "0.1",
    "0.2",
    "0.3",
    "1e0",
    "1E2",
    "1.0",
    "10.00",
    ".5",
    "5.",
    "007",
    "-0",
    "-0.0",
    "123456789",
    "9007199254740992",
    "9007199254740993",
    "-9007199254740993",
    "9007199254740992.0",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "-9223372036854777856",
    "9223372036854775808.0",
    "-9223372036854775808.0",
    "123456789012345.5",
    "1e18",
    "1e19",
    "-1e19",
    "1.7976931348623157e308",
    "5e-324",
    "2.2250738585072014e-308",
    "3.14159265358979",
    "0.30000000000000004",
    "123456.789012345",
    /* SQLite reads the next two otherwise than strtod */ "42019086.370933",
    "70610324.3640377",
    "1e-7",
    "99999999999999999999",
};

static const char *const texts[] = {
    "",        "a",      "A",          "b",         "failed", "Failed", "failed ", " failed",
    "success", "urgent", "high",       "it''s",     "%",      "_",      "null",    "true",
    "1",       "0",      "ü",          "u\xCC\x88", "日本",   "a\\b",   "\\''''",  "-- no comment",
    "/*",      ";",      "\"quoted\"",
};

static const char *const uuids[] = {
    "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01", "0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a02",
    "12345678-1234-1234-1234-123456789012",
};

static const char *const times[] = {
    "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.001Z", "2024-02-29T12:34:56.789Z",
    "2025-12-31T23:59:59.999Z", "1970-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z",
    "2026-11-23T10:00:00.000Z",
};

static void add_text(struct random *r, struct buffer *out, const char *const *pool, size_t n)
{
    buffer_printf(out, "'%s'", pool[random_below(r, (uint32_t)n)]);
}

static void add_literal(struct random *r, struct buffer *out, size_t column)
{
    static const char *const words[] = {"TRUE", "true", "True", "FALSE", "false", "fALSE"};
    switch (generate_sqlite_columns[column].type) {
    case COLUMN_BOOL:
        buffer_puts(out, words[random_below(r, COUNT(words))]);
        break;
    case COLUMN_NUMBER:
        if (random_one_in(r, 8))
            buffer_printf(out, "%d.%d", (int)random_below(r, 2000) - 1000,
                          (int)random_below(r, 100000));
        else
            buffer_puts(out, numbers[random_below(r, COUNT(numbers))]);
        break;
    case COLUMN_TEXT:
        add_text(r, out, texts, COUNT(texts));
        break;
    case COLUMN_UUID:
        add_text(r, out, uuids, COUNT(uuids));
        break;
    case COLUMN_TIME:
        add_text(r, out, times, COUNT(times));
        break;
    default:
        assert(false);
    }
}

static bool compares(size_t a, size_t b)
{
    return generate_sqlite_columns[a].type == generate_sqlite_columns[b].type;
}

const struct generate_table generate_sqlite = {generate_sqlite_columns, GENERATE_SQLITE_COLUMNS,
                                               add_literal, compares};

/* ---- rows ---- */

static struct value text_value(const char *text)
{
    return (struct value){.kind = VALUE_TEXT, .text = {text, strlen(text)}};
}

static struct value number_value(struct random *r)
{
    static const int64_t integers[] = {0,
                                       1,
                                       -1,
                                       2,
                                       3,
                                       10,
                                       -10,
                                       100,
                                       7,
                                       123456789,
                                       9007199254740992,
                                       9007199254740993,
                                       -9007199254740993,
                                       INT64_MAX,
                                       INT64_MIN,
                                       1000000000000000000};
    static const double reals[] = {0.5,
                                   -0.5,
                                   1.5,
                                   2.5,
                                   0.1,
                                   0.2,
                                   0.3,
                                   1.0,
                                   -0.0,
                                   1e18,
                                   1e19,
                                   -1e19,
                                   9007199254740992.0,
                                   9223372036854775808.0,
                                   -9223372036854775808.0,
                                   1.7976931348623157e308,
                                   5e-324,
                                   2.2250738585072014e-308,
                                   3.14159265358979,
                                   0.30000000000000004,
                                   123456.789012345,
                                   42019086.370933,
                                   70610324.3640377,
                                   1e-7,
                                   1e20};
    if (random_one_in(r, 2))
        return (struct value){.kind = VALUE_INT,
                              .integer = integers[random_below(r, COUNT(integers))]};
    return (struct value){.kind = VALUE_REAL, .real = reals[random_below(r, COUNT(reals))]};
}

static struct value loose_value(struct random *r)
{
    static const char *const odd[] = {
        "1", "0", "1x", " 2",   "abc",  "",   "-0.0", "0.1e1",
        ".", "+", "1e", "true", "0x10", "00", "\n3",  "2026-01-01T00:00:00Z"};
    struct value v = text_value(odd[random_below(r, COUNT(odd))]);
    switch (random_below(r, 3)) {
    case 0:
        v.kind = VALUE_BLOB;
        return v;
    case 1:
        return number_value(r);
    default:
        return v;
    }
}

static const char *const plain_texts[] = {
    "",        "a",      "A",         "b",         "failed", "Failed", "failed ", " failed",
    "success", "urgent", "high",      "it's",      "%",      "_",      "null",    "true",
    "1",       "0",      "ü",         "u\xCC\x88", "日本",   "a\\b",   "\\''",    "-- no comment",
    "/*",      ";",      "\"quoted\""};

void generate_sqlite_row(struct random *r, bool is_loose, struct value row[GENERATE_SQLITE_COLUMNS])
{
    for (size_t i = 0; i < GENERATE_SQLITE_COLUMNS; i++) {
        if (random_one_in(r, 5)) {
            row[i].kind = VALUE_NULL;
            continue;
        }
        if (is_loose && random_one_in(r, 12)) {
            row[i] = loose_value(r);
            continue;
        }
        switch (generate_sqlite_columns[i].type) {
        case COLUMN_BOOL:
            row[i] = (struct value){.kind = VALUE_INT, .integer = random_below(r, 2)};
            break;
        case COLUMN_NUMBER:
            row[i] = number_value(r);
            break;
        case COLUMN_TEXT:
            row[i] = text_value(plain_texts[random_below(r, COUNT(plain_texts))]);
            break;
        case COLUMN_UUID:
            row[i] = text_value(uuids[random_below(r, COUNT(uuids))]);
            break;
        case COLUMN_TIME:
            row[i] = text_value(times[random_below(r, COUNT(times))]);
            break;
        default:
            row[i] = text_value("{}");
        }
    }
}
