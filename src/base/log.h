/* Log lines for an operator, on standard error.
 *
 * Only the owner of a state logs, once per change of that state; everything below it fills a struct
 * error. Under systemd (JOURNAL_STREAM is set) a line carries its priority in the form of
 * sd-daemon(3) and no time, as the journal adds one. A line holds no secret and no tenant's data;
 * control characters in it are written as '?'.
 *
 * Any thread may call these; a line is written whole.
 */
#ifndef BADGED_BASE_LOG_H
#define BADGED_BASE_LOG_H

#include "base/error.h"

enum log_level {
    LOG_LEVEL_ERROR,   /* badged cannot do its work until somebody acts */
    LOG_LEVEL_WARNING, /* something is off, and badged goes on */
    LOG_LEVEL_INFO,    /* a change of state */
};

/* log_line(level, fmt, ...): one line, without a newline at its end. */
void log_line(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* log_quiet(quiet): whether info lines are left out from now on. */
void log_quiet(bool quiet);

#endif
