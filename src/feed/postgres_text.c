/*     instant = date " " 2digits ":" 2digits ":" 2digits [ "." 1…6 digits ] [ zone ] [ " BC" ]
 *     zone    = ( "+" | "-" ) 2digits [ ":" 2digits [ ":" 2digits ] ]
 *     day     = date [ " BC" ]
 *     date    = 4…7 digits "-" 2digits "-" 2digits
 *
 * or "infinity" or "-infinity" in place of either (EncodeDateTime and EncodeDateOnly in Postgres's
 * datetime.c, style USE_ISO_DATES).
 */
#include "feed/postgres_text.h"

#include "base/calendar.h"
#include "base/decimal.h"
#include "base/uuid.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Types that pg_type.dat numbers; these numbers never change. */
enum {
    OID_BOOL = 16,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_FLOAT4 = 700,
    OID_FLOAT8 = 701,
    OID_VARCHAR = 1043,
    OID_DATE = 1082,
    OID_TIMESTAMP = 1114,
    OID_TIMESTAMPTZ = 1184,
    OID_NUMERIC = 1700,
    OID_UUID = 2950,
};

enum column_type pg_type_class(uint32_t base_oid, char typtype, bool is_deterministic)
{
    if (typtype == 'e')
        return COLUMN_ENUM;
    switch (base_oid) {
    case OID_BOOL:
        return COLUMN_BOOL;
    case OID_INT2:
    case OID_INT4:
    case OID_INT8:
        return COLUMN_INTEGER;
    case OID_FLOAT4:
        return COLUMN_SINGLE;
    case OID_FLOAT8:
        return COLUMN_REAL;
    case OID_NUMERIC:
        return COLUMN_DECIMAL;
    case OID_TIMESTAMP:
    case OID_TIMESTAMPTZ:
        return COLUMN_INSTANT;
    case OID_DATE:
        return COLUMN_DATE;
    case OID_UUID:
        return COLUMN_UUID;
    case OID_TEXT:
    case OID_VARCHAR:
        return is_deterministic ? COLUMN_TEXT : COLUMN_OTHER;
    default:
        return COLUMN_OTHER;
    }
}

static bool is_text(const char *bytes, size_t len, const char *text)
{
    return len == strlen(text) && memcmp(bytes, text, len) == 0;
}

/* ---- numbers ---- */

static bool read_integer(const char *bytes, size_t len, int64_t *ret)
{
    bool is_negative = len > 0 && bytes[0] == '-';
    size_t i = is_negative;
    int64_t n = 0;
    if (i == len)
        return false;
    for (; i < len; i++) {
        int digit = bytes[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(n, 10, &n) ||
            __builtin_add_overflow(n, is_negative ? -digit : digit, &n))
            return false;
    }
    *ret = n;
    return true;
}

/* A number beyond the range of its type is none that Postgres printed. */
static bool read_real(const char *bytes, size_t len, bool is_single, double *ret)
{
    if (!decimal_is_valid(bytes, len))
        return false;
    double real = is_single ? (double)decimal_single(bytes, len) : decimal_real(bytes, len);
    if (isinf(real) && bytes[len - 1] != 'y')
        return false;
    *ret = real;
    return true;
}

/* ---- days and instants ---- */

/* A reader of one text whose failure sticks. */
struct moment {
    const char *next, *end;
    bool is_good;
};

static bool take(struct moment *m, char c)
{
    if (m->next == m->end || *m->next != c)
        return false;
    m->next++;
    return true;
}

static void want(struct moment *m, char c)
{
    m->is_good = take(m, c) && m->is_good;
}

/* As many digits as there are, from min to max. Returns how many there were. */
static int take_digits(struct moment *m, int min, int max, int *ret)
{
    int n = 0, count = 0;
    for (; count < max && m->next < m->end && *m->next >= '0' && *m->next <= '9'; count++)
        n = n * 10 + (*m->next++ - '0');
    m->is_good = m->is_good && count >= min;
    *ret = n;
    return count;
}

static int two_digits(struct moment *m, int limit)
{
    int n;
    (void)take_digits(m, 2, 2, &n);
    m->is_good = m->is_good && n < limit;
    return n;
}

struct date {
    int year, month, day;
};

static struct date take_date(struct moment *m)
{
    struct date d;
    (void)take_digits(m, 4, 7, &d.year);
    want(m, '-');
    d.month = two_digits(m, 13);
    want(m, '-');
    d.day = two_digits(m, 32);
    return d;
}

/* The end of the text, with the era: days from 2000-01-01. */
static int64_t finish_date(struct moment *m, struct date d)
{
    bool is_before_christ = take(m, ' ');
    if (is_before_christ) {
        want(m, 'B');
        want(m, 'C');
    }
    m->is_good = m->is_good && m->next == m->end && d.year > 0;
    int year = is_before_christ ? 1 - d.year : d.year;
    m->is_good = m->is_good && calendar_has(year, d.month, d.day);
    return m->is_good ? calendar_day(year, d.month, d.day) : 0;
}

/* Seconds east of Greenwich; 0 without a zone. */
static int take_zone(struct moment *m)
{
    bool is_west = take(m, '-');
    if (!is_west && !take(m, '+'))
        return 0;
    int seconds = two_digits(m, 24) * 3600;
    if (take(m, ':'))
        seconds += two_digits(m, 60) * 60;
    if (take(m, ':'))
        seconds += two_digits(m, 60);
    return is_west ? -seconds : seconds;
}

static int take_fraction(struct moment *m)
{
    if (!take(m, '.'))
        return 0;
    int micros;
    for (int count = take_digits(m, 1, 6, &micros); count < 6; count++)
        micros *= 10;
    return micros;
}

static bool read_infinity(const char *bytes, size_t len, int64_t *ret)
{
    if (is_text(bytes, len, "infinity"))
        *ret = INT64_MAX;
    else if (is_text(bytes, len, "-infinity"))
        *ret = INT64_MIN;
    else
        return false;
    return true;
}

static bool read_date(const char *bytes, size_t len, int64_t *ret)
{
    if (read_infinity(bytes, len, ret))
        return true;
    struct moment m = {bytes, bytes + len, true};
    struct date date = take_date(&m);
    int64_t day = finish_date(&m, date);
    if (m.is_good)
        *ret = day;
    return m.is_good;
}

static bool read_instant(const char *bytes, size_t len, int64_t *ret)
{
    if (read_infinity(bytes, len, ret))
        return true;
    struct moment m = {bytes, bytes + len, true};
    struct date date = take_date(&m);
    want(&m, ' ');
    int seconds = two_digits(&m, 24) * 3600;
    want(&m, ':');
    seconds += two_digits(&m, 60) * 60;
    want(&m, ':');
    seconds += two_digits(&m, 60);
    int micros = take_fraction(&m);
    seconds -= take_zone(&m);
    int64_t instant = finish_date(&m, date);
    if (!m.is_good || __builtin_mul_overflow(instant, (int64_t)86400 * 1000000, &instant) ||
        __builtin_add_overflow(instant, (int64_t)seconds * 1000000 + micros, &instant) ||
        instant == INT64_MIN || instant == INT64_MAX)
        return false;
    *ret = instant;
    return true;
}

/* ---- any of them ---- */

static bool read_value(enum column_type type, const char *bytes, size_t len, struct value *v)
{
    struct uuid uuid;
    switch (type) {
    case COLUMN_BOOL:
        v->integer = is_text(bytes, len, "t");
        return v->integer == 1 || is_text(bytes, len, "f");
    case COLUMN_INTEGER:
        return read_integer(bytes, len, &v->integer);
    case COLUMN_REAL:
    case COLUMN_SINGLE:
        v->kind = VALUE_REAL;
        return read_real(bytes, len, type == COLUMN_SINGLE, &v->real);
    case COLUMN_DECIMAL:
        v->kind = VALUE_DECIMAL;
        return decimal_is_valid(bytes, len);
    case COLUMN_INSTANT:
        return read_instant(bytes, len, &v->integer);
    case COLUMN_DATE:
        return read_date(bytes, len, &v->integer);
    case COLUMN_UUID:
        v->kind = VALUE_TEXT;
        return uuid_parse_stored(bytes, len, &uuid);
    case COLUMN_TEXT:
    case COLUMN_ENUM:
    case COLUMN_OTHER:
        v->kind = VALUE_TEXT;
        return true;
    case COLUMN_NUMBER:
    case COLUMN_TIME:
        break;
    }
    assert(type != COLUMN_NUMBER && type != COLUMN_TIME); /* which Postgres has no columns of */
    return false;
}

enum err pg_text_value(enum column_type type, const char *bytes, size_t len, struct value *ret,
                       struct error *e)
{
    static const char *const nouns[] = {
        [COLUMN_BOOL] = "a boolean",     [COLUMN_INTEGER] = "a whole number",
        [COLUMN_REAL] = "a number",      [COLUMN_SINGLE] = "a number",
        [COLUMN_DECIMAL] = "a number",   [COLUMN_DATE] = "a date",
        [COLUMN_INSTANT] = "an instant", [COLUMN_UUID] = "a UUID",
    };
    struct value v = {.kind = VALUE_INT};
    if (!read_value(type, bytes, len, &v))
        return error_set(e, ERR_CORRUPT, "Postgres sent %zu bytes that cannot be read as %s", len,
                         nouns[type]);
    if (v.kind == VALUE_TEXT || v.kind == VALUE_DECIMAL) {
        v.text.bytes = bytes;
        v.text.len = len;
    }
    *ret = v;
    return ERR_OK;
}
