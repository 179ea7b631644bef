#include "generate/predicates.h"

#include <assert.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const struct generate_column generate_columns[GENERATE_COLUMNS] = {
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

static const char *const words_true[] = {"TRUE", "true", "True"};
static const char *const words_false[] = {"FALSE", "false", "fALSE"};

static void add_text(struct random *r, struct buffer *out, const char *const *pool, size_t n)
{
    buffer_printf(out, "'%s'", pool[random_below(r, (uint32_t)n)]);
}

/* A keyword in one of the ways people write it. */
static void add_word(struct random *r, struct buffer *out, const char *word)
{
    bool is_lower = random_one_in(r, 4);
    for (; *word != '\0'; word++) {
        char c = is_lower && *word >= 'A' && *word <= 'Z' ? (char)(*word - 'A' + 'a') : *word;
        buffer_add(out, &c, 1);
    }
}

static void add_space(struct random *r, struct buffer *out)
{
    static const char *const spaces[] = {" ", " ", " ", "  ", "\n", "\t", " \r\n "};
    buffer_puts(out, spaces[random_below(r, COUNT(spaces))]);
}

static void add_literal(struct random *r, struct buffer *out, enum column_type type, uint64_t *uses)
{
    if (random_one_in(r, 16)) {
        uses[USE_NULL_LITERAL]++;
        add_word(r, out, "NULL");
        return;
    }
    switch (type) {
    case COLUMN_BOOL:
        buffer_puts(out, random_one_in(r, 2) ? words_true[random_below(r, 3)]
                                             : words_false[random_below(r, 3)]);
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

static void add_column(struct random *r, struct buffer *out, size_t column)
{
    const char *name = generate_columns[column].name;
    bool needs_quotes = strpbrk(name, "\" ") != NULL;
    if (!needs_quotes && !random_one_in(r, 4)) {
        add_word(r, out, name);
        return;
    }
    buffer_puts(out, "\"");
    for (; *name != '\0'; name++)
        buffer_add(out, (const char[]){*name, *name}, *name == '"' ? 2 : 1);
    buffer_puts(out, "\"");
}

static size_t column_of(struct random *r, enum column_type type)
{
    size_t column;
    do
        column = random_below(r, GENERATE_COLUMNS);
    while (generate_columns[column].type != type);
    return column;
}

static size_t any_column(struct random *r)
{
    size_t column = random_below(r, GENERATE_COLUMNS);
    return generate_columns[column].type == COLUMN_OTHER ? 2 : column;
}

/* A literal, or now and then another column of the type. */
static void add_operand(struct random *r, struct buffer *out, enum column_type type, uint64_t *uses)
{
    if (random_one_in(r, 5)) {
        uses[USE_COLUMNS]++;
        add_column(r, out, column_of(r, type));
    } else {
        add_literal(r, out, type, uses);
    }
}

/* ---- tests ---- */

static bool has_order(enum column_type type)
{
    return type == COLUMN_NUMBER || type == COLUMN_TIME;
}

static void add_comparison(struct random *r, struct buffer *out, uint64_t *uses)
{
    static const char *const operators[] = {"=", "<>", "<", "<=", ">", ">="};
    size_t column = any_column(r);
    enum column_type type = generate_columns[column].type;
    uint32_t op = random_below(r, has_order(type) ? 6 : 2);
    const char *space = random_one_in(r, 4) ? "" : " ";
    const char *symbol = op == USE_NE && random_one_in(r, 2) ? "!=" : operators[op];
    uses[USE_EQ + op]++;
    bool is_turned = random_one_in(r, 4);
    if (is_turned)
        add_literal(r, out, type, uses);
    else
        add_column(r, out, column);
    /* "!=-" would be an operator of its own in Postgres. */
    buffer_printf(out, "%s%s%s", space, symbol, *symbol == '!' ? " " : space);
    if (is_turned)
        add_column(r, out, column);
    else
        add_operand(r, out, type, uses);
}

static void add_in(struct random *r, struct buffer *out, uint64_t *uses)
{
    size_t column = any_column(r);
    bool is_not = random_one_in(r, 3);
    uses[is_not ? USE_NOT_IN : USE_IN]++;
    add_column(r, out, column);
    add_space(r, out);
    add_word(r, out, is_not ? "NOT IN" : "IN");
    buffer_puts(out, " (");
    for (uint32_t n = 1 + random_below(r, 4), i = 0; i < n; i++) {
        if (i > 0)
            buffer_puts(out, ", ");
        add_literal(r, out, generate_columns[column].type, uses);
    }
    buffer_puts(out, ")");
}

static void add_between(struct random *r, struct buffer *out, uint64_t *uses)
{
    enum column_type type = random_one_in(r, 3) ? COLUMN_TIME : COLUMN_NUMBER;
    bool is_not = random_one_in(r, 3);
    uses[is_not ? USE_NOT_BETWEEN : USE_BETWEEN]++;
    add_column(r, out, column_of(r, type));
    add_word(r, out, is_not ? " NOT BETWEEN " : " BETWEEN ");
    add_operand(r, out, type, uses);
    add_word(r, out, " AND ");
    add_operand(r, out, type, uses);
}

static void add_is(struct random *r, struct buffer *out, uint64_t *uses)
{
    switch (random_below(r, 4)) {
    case 0:
        uses[USE_IS_NULL]++;
        add_column(r, out, random_below(r, GENERATE_COLUMNS));
        add_word(r, out, " IS NULL");
        return;
    case 1:
        uses[USE_IS_NOT_NULL]++;
        add_column(r, out, random_below(r, GENERATE_COLUMNS));
        add_word(r, out, " IS NOT NULL");
        return;
    case 2: {
        bool is_true = random_one_in(r, 2);
        uses[is_true ? USE_IS_TRUE : USE_IS_FALSE]++;
        add_column(r, out, column_of(r, COLUMN_BOOL));
        add_word(r, out, random_one_in(r, 2) ? " IS NOT " : " IS ");
        add_word(r, out, is_true ? "TRUE" : "FALSE");
        return;
    }
    default: {
        size_t column = any_column(r);
        bool is_not = random_one_in(r, 2);
        uses[is_not ? USE_NOT_DISTINCT : USE_DISTINCT]++;
        add_column(r, out, column);
        add_word(r, out, is_not ? " IS NOT DISTINCT FROM " : " IS DISTINCT FROM ");
        add_operand(r, out, generate_columns[column].type, uses);
        return;
    }
    }
}

static void add_test(struct random *r, struct buffer *out, uint64_t *uses)
{
    switch (random_below(r, 12)) {
    case 0:
        uses[USE_BARE]++;
        add_column(r, out, column_of(r, COLUMN_BOOL));
        return;
    case 1:
        if (random_one_in(r, 3)) {
            uses[USE_CONSTANT]++;
            buffer_puts(out, (const char *const[]){"TRUE", "FALSE", "NULL"}[random_below(r, 3)]);
            return;
        }
        add_comparison(r, out, uses);
        return;
    case 2:
    case 3:
        add_in(r, out, uses);
        return;
    case 4:
    case 5:
        add_between(r, out, uses);
        return;
    case 6:
    case 7:
    case 8:
        add_is(r, out, uses);
        return;
    default:
        add_comparison(r, out, uses);
    }
}

/* ---- conditions: written from left to right, with a count of open parentheses instead of
 * recursion ---- */

void generate_predicate(struct random *r, struct buffer *out, uint64_t uses[USE__COUNT])
{
    unsigned open = 0;
    for (uint32_t tests = 1 + random_below(r, 5); tests > 0; tests--) {
        while (open < 20 && random_one_in(r, 4)) {
            bool is_not = random_one_in(r, 2);
            uses[is_not ? USE_NOT : USE_GROUP]++;
            add_word(r, out, is_not ? "NOT " : "(");
            open += !is_not;
        }
        add_test(r, out, uses);
        while (open > 0 && (tests == 1 || random_one_in(r, 2))) {
            buffer_puts(out, ")");
            open--;
            if (!random_one_in(r, 4))
                continue;
            uses[USE_GROUP_IS]++;
            add_word(r, out, random_one_in(r, 2) ? " IS NOT " : " IS ");
            add_word(r, out, (const char *const[]){"TRUE", "FALSE", "NULL"}[random_below(r, 3)]);
        }
        if (tests == 1)
            break;
        bool is_and = random_one_in(r, 2);
        uses[is_and ? USE_AND : USE_OR]++;
        add_space(r, out);
        add_word(r, out, is_and ? "AND" : "OR");
        add_space(r, out);
    }
}

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

void generate_row(struct random *r, bool is_loose, struct value row[GENERATE_COLUMNS])
{
    for (size_t i = 0; i < GENERATE_COLUMNS; i++) {
        if (random_one_in(r, 5)) {
            row[i].kind = VALUE_NULL;
            continue;
        }
        if (is_loose && random_one_in(r, 12)) {
            row[i] = loose_value(r);
            continue;
        }
        switch (generate_columns[i].type) {
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
