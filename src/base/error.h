/* Errors: a code that callers decide by, and one sentence that an operator reads.
 *
 * Ownership: a struct error is a plain value on the caller's stack; nothing in it is allocated.
 *
 * Functions that can fail return enum err, and fill the struct error (when given one) only on
 * failure. The message grows outward: the function that detects the failure writes the sentence
 * with error_set, and each caller that knows more about what was being done puts its words in front
 * with error_wrap, so that the result reads "feed: loading crawl_attempts: disk I/O error". A
 * broken precondition is not an error but an assert.
 */
#ifndef BADGED_BASE_ERROR_H
#define BADGED_BASE_ERROR_H

#include <stdbool.h>

#define MUST_CHECK        __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

enum err {
    ERR_OK = 0,
    ERR_USAGE,       /* the command line is wrong */
    ERR_CONFIG,      /* the configuration file or a badge definition is wrong */
    ERR_REQUEST,     /* what a client sent is malformed */
    ERR_NOT_FOUND,   /* nothing is there */
    ERR_METHOD,      /* the thing exists, but not for this method */
    ERR_TOO_LARGE,   /* the body is larger than its limit */
    ERR_HEADERS,     /* the header fields are larger than their limit */
    ERR_TARGET,      /* the request target is longer than its limit */
    ERR_MISDIRECTED, /* the request names a host that this listener does not serve */
    ERR_NOT_READY,   /* it cannot answer yet; it will, without being asked again */
    ERR_BUSY,        /* somebody else holds what is needed; worth a retry */
    ERR_SCHEMA,      /* the database's tables are not what they must be */
    ERR_CORRUPT,     /* stored data is damaged */
    ERR_READ_ONLY,   /* what must be written cannot be */
    ERR_FULL,        /* no room left on the device */
    ERR_DATABASE,    /* any other refusal of the database */
    ERR_UNAVAILABLE, /* the database cannot be reached, or the connection to it was lost */
    ERR_PREFLIGHT,   /* the database is not set up to be followed */
    ERR_BEHIND,      /* the counts are not as far as the request asked for, in the time it gave */
    ERR_OVERLOADED,  /* as many as badged takes at once are there already */
    ERR_TOO_MANY,    /* as many as one client may have at once are there already */
    ERR_STOPPING,    /* badged is being stopped */
    ERR_SYSTEM,      /* a system call failed; cause is its errno */
    ERR_MEMORY,      /* an allocation whose size came from outside failed */
    ERR__COUNT
};

enum {
    ERROR_MESSAGE_BYTES_MAX = 1024
};

struct error {
    enum err code;
    int cause; /* errno, or the library's own code (sqlite3 extended result code, SQLSTATE as
                  error_sqlstate packs it); 0 when there is none */
    char message[ERROR_MESSAGE_BYTES_MAX];
};

/* What each code means to the outside: one row a code, in one table. */
struct error_class {
    const char *slug;  /* last part of the problem type of RFC 9457, "not-found" */
    const char *title; /* its title, a short phrase that does not vary */
    int http_status;
    int exit_code; /* 64 and up as in sysexits.h where one fits */
};

/* error_class(code): the row of code. Never NULL. */
const struct error_class *error_class(enum err code);

/* error_set(e, code, fmt, ...): write code and message to e (which may be NULL), cause 0. Returns
 * code, so that `return error_set(…)` is the whole of a failure path. A message too long is cut,
 * whole UTF-8 characters kept. */
enum err error_set(struct error *e, enum err code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* error_set_errno(e, errnum, fmt, ...): as error_set, with the code that fits errnum (ENOSPC:
 * ERR_FULL, EROFS and EACCES: ERR_READ_ONLY, others ERR_SYSTEM), cause errnum, and ": " and its
 * text behind the message. */
enum err error_set_errno(struct error *e, int errnum, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* error_sqlstate(text): the five characters of an SQLSTATE (PostgreSQL documentation, Appendix A)
 * as a number, for a cause; another one for each text. */
int error_sqlstate(const char *text);

/* error_wrap(e, fmt, ...): put the words and ": " in front of the message of e. Returns e's code;
 * with e NULL there is nothing to return, so the caller passes its own code along: return
 * (error_wrap(e, "…"), err). */
void error_wrap(struct error *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
