#include "generate/postgres.h"

#include <assert.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const char generate_postgres_types[] =
    "CREATE TYPE mood AS ENUM ('failed', 'success', 'it''s', 'a b ', 'Ü');"
    "CREATE TYPE other_mood AS ENUM ('failed', 'success');"
    "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
    "CREATE DOMAIN yes_no AS boolean;"
    "CREATE DOMAIN whole AS bigint;"
    "CREATE DOMAIN single AS real;"
    "CREATE DOMAIN twice AS double precision;"
    "CREATE DOMAIN amount AS numeric(40, 10);"
    "CREATE DOMAIN label AS varchar(20);"
    "CREATE DOMAIN sublabel AS label;"
    "CREATE DOMAIN key AS uuid;"
    "CREATE DOMAIN moment AS timestamptz;"
    "CREATE DOMAIN birthday AS date;"
    "CREATE DOMAIN mood_of_day AS mood;";

/* Columns with a name of their own below have values, or partners, that others of their type do
 * not. */
enum {
    BIG = 15,  /* decimals beyond the range of doubles, which Postgres cannot compare with reals */
    GLAD = 26, /* of an enum of its own */
};

const struct generate_column generate_postgres_columns[GENERATE_POSTGRES_COLUMNS] = {
    {"flag", "boolean", COLUMN_BOOL},
    {"other_flag", "boolean", COLUMN_BOOL},
    {"yes", "yes_no", COLUMN_BOOL},
    {"i2", "smallint", COLUMN_INTEGER},
    {"i4", "integer", COLUMN_INTEGER},
    {"i8", "bigint", COLUMN_INTEGER},
    {"serial8", "whole", COLUMN_INTEGER},
    {"f4", "real", COLUMN_SINGLE},
    {"g4", "single", COLUMN_SINGLE},
    {"f8", "double precision", COLUMN_REAL},
    {"g8", "twice", COLUMN_REAL},
    {"n", "numeric", COLUMN_DECIMAL},
    {"m", "numeric", COLUMN_DECIMAL},
    {"n40", "amount", COLUMN_DECIMAL},
    {"n9", "numeric(9,3)", COLUMN_DECIMAL},
    [BIG] = {"big", "numeric", COLUMN_DECIMAL},
    {"s", "text", COLUMN_TEXT},
    {"t", "varchar(20)", COLUMN_TEXT},
    {"Odd \"Name", "text COLLATE \"C\"", COLUMN_TEXT},
    {"w", "varchar", COLUMN_TEXT},
    {"l", "sublabel", COLUMN_TEXT},
    {"u", "uuid", COLUMN_UUID},
    {"v", "key", COLUMN_UUID},
    {"e", "mood", COLUMN_ENUM},
    {"h", "mood", COLUMN_ENUM},
    {"k", "mood", COLUMN_ENUM},
    [GLAD] = {"glad", "other_mood", COLUMN_ENUM},
    {"at", "timestamptz", COLUMN_INSTANT},
    {"until", "timestamp", COLUMN_INSTANT},
    {"since", "timestamptz(3)", COLUMN_INSTANT},
    {"noted", "moment", COLUMN_INSTANT},
    {"d", "date", COLUMN_DATE},
    {"born", "birthday", COLUMN_DATE},
    {"j", "jsonb", COLUMN_OTHER},
    {"c", "character(5)", COLUMN_OTHER},
    {"c1", "\"char\"", COLUMN_OTHER},
    {"nick", "name", COLUMN_OTHER},
    {"ci", "text COLLATE loose", COLUMN_OTHER},
    {"de", "mood_of_day", COLUMN_OTHER},
    {"span", "interval", COLUMN_OTHER},
    {"list", "integer[]", COLUMN_OTHER},
    {"b", "bytea", COLUMN_OTHER},
};

/* ---- literals ---- */

static const char *const numbers[] = {"0",
                                      "1",
                                      "-1",
                                      "+2",
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
                                      "0e5",
                                      "0.000",
                                      "123456789",
                                      "32767",
                                      "-32768",
                                      "32768",
                                      "2147483647",
                                      "2147483648",
                                      "-2147483649",
                                      "16777216",
                                      "16777217",
                                      "9007199254740992",
                                      "9007199254740993",
                                      "-9007199254740993",
                                      "9007199254740992.0",
                                      "9223372036854775807",
                                      "-9223372036854775808",
                                      "9223372036854775808",

                                      "-9223372036854777856",
                                      "9223372036854775808.0",
                                      "123456789012345.5",
                                      "1e18",
                                      "1e19",
                                      "-1e19",
                                      "18446744073709551616",
                                      "123456789012345678901234567890.123456789",
                                      "3.4028235e38",
                                      "3.5e38",
                                      "1e-45",
                                      "1e-46",
                                      "0.10000000149011612",
                                      "0.100000001490116119384765625",
                                      "0.1000000000000000055511151231257827021181583404541015625",
                                      "1.7976931348623157e308",
                                      "-1.7976931348623157e308",
                                      "5e-324",
                                      "2.2250738585072014e-308",
                                      "3.14159265358979",
                                      "0.30000000000000004",
                                      "0.3000000000000000000000001",
                                      "123456.789",
                                      "1e-7",
                                      "99999999999999999999"};

/* Those that fit into 32 bits as a real. */
static const char *const singles[] = {"0",
                                      "1",
                                      "-1",
                                      "+2",
                                      "0.5",
                                      "-0.5",
                                      "1.5",
                                      "0.1",
                                      "0.2",
                                      "0.3",
                                      "1E2",
                                      ".5",
                                      "5.",
                                      "-0.0",
                                      "16777216",
                                      "16777217",
                                      "9007199254740993",
                                      "9223372036854775807",
                                      "9223372036854775808",
                                      "1e19",
                                      "3.4028235e38",
                                      "1e-45",
                                      "0.10000000149011612",
                                      "0.100000001490116119384765625",
                                      "1e-7",
                                      "0.30000001192092896",
                                      "99999999999999999999"};

static const char *const texts[] = {"",
                                    "a",
                                    "A",
                                    "b",
                                    "failed",
                                    "Failed",
                                    "failed ",
                                    " failed",
                                    "success",
                                    "it''s",
                                    "%",
                                    "null",
                                    "1",
                                    "ü",
                                    "u\xCC\x88",
                                    "日本",
                                    "a\\b",
                                    "\\''''",
                                    "-- no comment",
                                    "/*",
                                    ";",
                                    "\"quoted\"",
                                    "$1",
                                    "a text of more than twenty characters"};

static const char *const uuids[] = {
    "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01", "0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a02"};

static const char *const moods[] = {"failed", "success", "it''s", "a b ", "Ü"};

static const char *const times[] = {
    "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.001Z", "2024-02-29T12:34:56.789Z",
    "2025-12-31T23:59:59.999Z", "1970-01-01T00:00:00.000Z", "2000-01-01T00:00:00.000Z",
    "1999-12-31T23:59:59.999Z", "0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"};

static const char *const days[] = {"2026-01-01", "2025-12-31", "2024-02-29", "2000-01-01",
                                   "0001-01-01", "9999-12-31", "1999-12-31"};

#define ONE_OF(r, pool) ((pool)[random_below((r), COUNT(pool))])

static void add_literal(struct random *r, struct buffer *out, size_t column)
{
    switch (generate_postgres_columns[column].type) {
    case COLUMN_BOOL:
        buffer_puts(out, random_one_in(r, 2) ? "TRUE" : "false");
        break;
    case COLUMN_SINGLE:
        if (!random_one_in(r, 20)) { /* one that does not fit is refused in a list */
            buffer_puts(out, ONE_OF(r, singles));
            break;
        }
        buffer_puts(out, ONE_OF(r, numbers));
        break;
    case COLUMN_INTEGER:
    case COLUMN_REAL:
    case COLUMN_DECIMAL:
        if (random_one_in(r, 8))
            buffer_printf(out, "%d.%d", (int)random_below(r, 2000) - 1000,
                          (int)random_below(r, 100000));
        else
            buffer_puts(out, ONE_OF(r, numbers));
        break;
    case COLUMN_TEXT:
        buffer_printf(out, "'%s'", ONE_OF(r, texts));
        break;
    case COLUMN_UUID:
        buffer_printf(out, "'%s'", ONE_OF(r, uuids));
        break;
    case COLUMN_ENUM:
        buffer_printf(out, "'%s'", moods[random_below(r, column == GLAD ? 2 : COUNT(moods))]);
        break;
    case COLUMN_DATE:
        if (random_one_in(r, 2)) {
            buffer_printf(out, "'%s'", ONE_OF(r, days));
            break;
        }
        buffer_printf(out, "'%s'", ONE_OF(r, times));
        break;
    case COLUMN_INSTANT:
        buffer_printf(out, "'%s'", ONE_OF(r, times));
        break;
    default:
        assert(false);
    }
}

static bool is_number(enum column_type type)
{
    return type == COLUMN_INTEGER || type == COLUMN_REAL || type == COLUMN_SINGLE ||
           type == COLUMN_DECIMAL;
}

static bool is_moment(enum column_type type)
{
    return type == COLUMN_INSTANT || type == COLUMN_DATE;
}

static bool compares(size_t a, size_t b)
{
    enum column_type x = generate_postgres_columns[a].type, y = generate_postgres_columns[b].type;
    if ((a == BIG && y != COLUMN_INTEGER && y != COLUMN_DECIMAL) ||
        (b == BIG && x != COLUMN_INTEGER && x != COLUMN_DECIMAL) ||
        (x == COLUMN_ENUM && (a == GLAD) != (b == GLAD)))
        return false;
    return x == y || (is_number(x) && is_number(y)) || (is_moment(x) && is_moment(y));
}

const struct generate_table generate_postgres = {generate_postgres_columns,
                                                 GENERATE_POSTGRES_COLUMNS, add_literal, compares};

/* ---- rows ---- */

static const char *const small_integers[] = {"0",  "1",   "-1", "2",     "3",
                                             "10", "-10", "7",  "32767", "-32768"};

static const char *const integers[] = {"0",  "1",        "-1",         "2",           "3",
                                       "10", "16777216", "2147483647", "-2147483648", "16777217"};

static const char *const large_integers[] = {"0",
                                             "1",
                                             "-1",
                                             "2",
                                             "10",
                                             "123456789",
                                             "9007199254740992",
                                             "9007199254740993",
                                             "-9007199254740993",
                                             "9223372036854775807",
                                             "9223372036854775806",
                                             "-9223372036854775808",
                                             "1000000000000000000",
                                             "16777217",
                                             "-32769"};

static const char *const real_values[] = {"0",
                                          "-0",
                                          "1",
                                          "-1",
                                          "0.5",
                                          "1.5",
                                          "2.5",
                                          "0.1",
                                          "0.2",
                                          "0.3",
                                          "0.30000000000000004",
                                          "1e18",
                                          "1e19",
                                          "-1e19",
                                          "9007199254740992",
                                          "9223372036854775808",
                                          "-9223372036854775808",
                                          "16777216",
                                          "1.7976931348623157e308",
                                          "5e-324",
                                          "2.2250738585072014e-308",
                                          "3.14159265358979",
                                          "0.10000000149011612",
                                          "123456.789",
                                          "1e-7",
                                          "NaN",
                                          "Infinity",
                                          "-Infinity",
                                          "3.4028235e38"};

static const char *const single_values[] = {
    "0",     "-0",   "1",    "-1",       "0.5",         "1.5",          "0.1",
    "0.2",   "0.3",  "1e19", "16777216", "9.223372e18", "3.4028235e38", "-3.4028235e38",
    "1e-45", "1e-7", "NaN",  "Infinity", "-Infinity",   "100"};

/* Within the range of doubles. */
static const char *const decimal_values[] = {
    "0",
    "-0.00",
    "1",
    "1.0",
    "1.00",
    "-1",
    "0.5",
    "0.50",
    "2.5",
    "0.1",
    "0.2",
    "0.3",
    "10",
    "100",
    "0.3000000000000000000000001",
    "0.1000000000000000055511151231257827021181583404541015625",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "9223372036854775807.5",
    "-9223372036854775808",
    "-9223372036854775809",

    "18446744073709551616",
    "1e20",
    "1e-7",
    "123456789012345678901234567890.123456789",
    "123456.789012345",
    "1.7976931348623157e308",
    "5e-324",
    "NaN",
    "Infinity",
    "-Infinity",
    "0.10000000149011612",
    "123456789012345.5"};

static const char *const big_values[] = {"1e400",  "-1e400", "1e-400", "1e131071",
                                         "1e-999", "1",      "NaN",    "Infinity"};

static const char *const short_decimals[] = {"0",   "1",   "-1.000", "0.5",    "2.5",        "0.1",
                                             "0.2", "100", "NaN",    "123456", "123456.789", "10"};

static const char *const text_values[] = {
    "",           "a",       "A",    "b",    "failed",        "Failed", "failed ",
    " failed",    "success", "it's", "%",    "null",          "1",      "ü",
    "u\xCC\x88",  "日本",    "a\\b", "\\''", "-- no comment", "/*",     ";",
    "\"quoted\"", "$1"};

static const char *const mood_values[] = {"failed", "success", "it's", "a b ", "Ü"};

static const char *const instant_values[] = {"2026-01-01 00:00:00+00",
                                             "2026-01-01 00:00:00.001+00",
                                             "2026-01-01 00:00:00.000001+00",
                                             "2026-01-01 05:30:00+05:30",
                                             "2025-12-31 23:59:59.999+00",
                                             "2025-12-31 23:59:59.9994+00",
                                             "2024-02-29 12:34:56.789+00",
                                             "1970-01-01 00:00:00+00",
                                             "2000-01-01 00:00:00+00",
                                             "1999-12-31 23:59:59.999999+00",
                                             "0001-01-01 00:00:00+00",
                                             "0001-12-31 23:59:59+00 BC",
                                             "0044-03-15 12:00:00.5+00 BC",
                                             "4714-11-24 00:00:00+00 BC",
                                             "9999-12-31 23:59:59.999+00",
                                             "10000-01-01 00:00:00+00",
                                             "294276-12-31 23:59:59.999+00",
                                             "infinity",
                                             "-infinity"};

static const char *const date_values[] = {
    "2026-01-01",   "2025-12-31",    "2024-02-29",    "1970-01-01",    "2000-01-01", "1999-12-31",
    "0001-01-01",   "0001-12-31 BC", "0044-03-15 BC", "4714-11-24 BC", "9999-12-31", "10000-01-01",
    "294276-12-31", "294277-01-01",  "5874897-12-31", "infinity",      "-infinity"};

static const char *value_of(struct random *r, size_t column)
{
    const struct generate_column *c = &generate_postgres_columns[column];
    switch (c->type) {
    case COLUMN_BOOL:
        return random_one_in(r, 2) ? "t" : "f";
    case COLUMN_INTEGER:
        if (strcmp(c->declared, "smallint") == 0)
            return ONE_OF(r, small_integers);
        return strcmp(c->declared, "integer") == 0 ? ONE_OF(r, integers)
                                                   : ONE_OF(r, large_integers);
    case COLUMN_SINGLE:
        return ONE_OF(r, single_values);
    case COLUMN_REAL:
        return ONE_OF(r, real_values);
    case COLUMN_DECIMAL:
        if (column == BIG)
            return ONE_OF(r, big_values);
        return strcmp(c->declared, "numeric") == 0 ? ONE_OF(r, decimal_values)
                                                   : ONE_OF(r, short_decimals);
    case COLUMN_TEXT:
        return ONE_OF(r, text_values);
    case COLUMN_UUID:
        return ONE_OF(r, uuids);
    case COLUMN_ENUM:
        return mood_values[random_below(r, column == GLAD ? 2 : COUNT(mood_values))];
    case COLUMN_INSTANT:
        return ONE_OF(r, instant_values);
    case COLUMN_DATE:
        return ONE_OF(r, date_values);
    default:
        break;
    }
    if (strcmp(c->name, "list") == 0 || strcmp(c->name, "j") == 0)
        return "{}";
    return strcmp(c->name, "span") == 0 ? "1 day" : strcmp(c->name, "de") == 0 ? "failed" : "a ";
}

void generate_postgres_row(struct random *r, const char *row[GENERATE_POSTGRES_COLUMNS])
{
    for (size_t i = 0; i < GENERATE_POSTGRES_COLUMNS; i++)
        row[i] = random_one_in(r, 6) ? NULL : value_of(r, i);
}
