#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct error_class classes[ERR__COUNT] = {
    [ERR_OK] = {"ok", "No error", 200, 0},
    [ERR_USAGE] = {"usage", "Wrong command line", 500, 64},
    [ERR_CONFIG] = {"configuration", "Wrong configuration", 500, 78},
    [ERR_REQUEST] = {"bad-request", "Malformed request", 400, 65},
    [ERR_NOT_FOUND] = {"not-found", "Not found", 404, 66},
    [ERR_METHOD] = {"method-not-allowed", "Method not allowed", 405, 65},
    [ERR_TOO_LARGE] = {"body-too-large", "Request body too large", 413, 65},
    [ERR_HEADERS] = {"headers-too-large", "Request header fields too large", 431, 65},
    [ERR_TARGET] = {"target-too-long", "Request target too long", 414, 65},
    [ERR_MISDIRECTED] = {"misdirected", "Request for another host", 421, 65},
    [ERR_NOT_READY] = {"not-ready", "Counts are not known yet", 503, 75},
    [ERR_BUSY] = {"busy", "Held by another", 503, 75},
    [ERR_SCHEMA] = {"schema", "Database tables are not as needed", 503, 72},
    [ERR_CORRUPT] = {"corrupt", "Stored data is damaged", 503, 76},
    [ERR_READ_ONLY] = {"read-only", "Not writable", 503, 77},
    [ERR_FULL] = {"full", "No space left", 503, 73},
    [ERR_DATABASE] = {"database", "The database refused", 503, 69},
    [ERR_UNAVAILABLE] = {"unavailable", "Database cannot be reached", 503, 69},
    [ERR_PREFLIGHT] = {"preflight", "Database is not set up for badged", 503, 78},
    [ERR_BEHIND] = {"behind", "Counts are not that far yet", 504, 75},
    [ERR_OVERLOADED] = {"overloaded", "Too many at once", 503, 75},
    [ERR_TOO_MANY] = {"too-many", "Too many of one client", 429, 75},
    [ERR_STOPPING] = {"stopping", "Being stopped", 503, 75},
    [ERR_SYSTEM] = {"system", "The operating system refused", 500, 71},
    [ERR_MEMORY] = {"memory", "Out of memory", 503, 70},
};

const struct error_class *error_class(enum err code)
{
    assert((unsigned)code < ERR__COUNT);
    return &classes[code];
}

/* Cut a message that did not fit before the UTF-8 character that was split. */
static void cut_whole(char *s, size_t len)
{
    while (len > 0 && ((unsigned char)s[len - 1] & 0xC0) == 0x80)
        len--;
    if (len > 0 && ((unsigned char)s[len - 1] & 0x80))
        len--;
    s[len] = '\0';
}

PRINTF_LIKE(2, 0)
static void format(char out[ERROR_MESSAGE_BYTES_MAX], const char *fmt, va_list args)
{
    int n = vsnprintf(out, ERROR_MESSAGE_BYTES_MAX, fmt, args);
    assert(n >= 0);
    if (n >= ERROR_MESSAGE_BYTES_MAX)
        cut_whole(out, ERROR_MESSAGE_BYTES_MAX - 1);
}

enum err error_set(struct error *e, enum err code, const char *fmt, ...)
{
    assert(code != ERR_OK);
    if (e == NULL)
        return code;
    va_list args;
    va_start(args, fmt);
    format(e->message, fmt, args);
    va_end(args);
    e->code = code;
    e->cause = 0;
    return code;
}

enum err error_set_errno(struct error *e, int errnum, const char *fmt, ...)
{
    enum err code = ERR_SYSTEM;
    if (errnum == ENOSPC || errnum == EDQUOT)
        code = ERR_FULL;
    else if (errnum == EROFS || errnum == EACCES || errnum == EPERM)
        code = ERR_READ_ONLY;
    if (e == NULL)
        return code;
    char what[ERROR_MESSAGE_BYTES_MAX];
    va_list args;
    va_start(args, fmt);
    format(what, fmt, args);
    va_end(args);
    (void)error_set(e, code, "%s: %s", what, strerrordesc_np(errnum));
    e->cause = errnum;
    return code;
}

int error_sqlstate(const char *text)
{
    int packed = 0;
    for (size_t i = 0; i < 5 && text[i] != '\0'; i++)
        packed = packed << 6 | ((text[i] - '0') & 0x3F);
    return packed;
}

void error_wrap(struct error *e, const char *fmt, ...)
{
    if (e == NULL)
        return;
    assert(e->code != ERR_OK);
    char front[ERROR_MESSAGE_BYTES_MAX], inner[ERROR_MESSAGE_BYTES_MAX];
    va_list args;
    va_start(args, fmt);
    format(front, fmt, args);
    va_end(args);
    memcpy(inner, e->message, sizeof(inner));
    int cause = e->cause;
    (void)error_set(e, e->code, "%s: %s", front, inner);
    e->cause = cause;
}
