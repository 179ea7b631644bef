#include "base/log.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static atomic_bool is_quiet;

void log_quiet(bool quiet)
{
    atomic_store(&is_quiet, quiet);
}

void log_line(enum log_level level, const char *fmt, ...)
{
    static const struct {
        const char *word, *priority;
    } levels[] = {
        [LOG_LEVEL_ERROR] = {"error: ", "<3>"},
        [LOG_LEVEL_WARNING] = {"warning: ", "<4>"},
        [LOG_LEVEL_INFO] = {"", "<6>"},
    };
    if (level == LOG_LEVEL_INFO && atomic_load(&is_quiet))
        return;
    char line[ERROR_MESSAGE_BYTES_MAX * 2];
    size_t room = sizeof(line) - 1; /* one byte kept for the newline */
    int n;
    if (getenv("JOURNAL_STREAM") != NULL) {
        n = snprintf(line, room, "%s%s", levels[level].priority, levels[level].word);
    } else {
        struct tm tm;
        time_t now = time(NULL);
        (void)gmtime_r(&now, &tm);
        n = (int)strftime(line, room, "%Y-%m-%dT%H:%M:%SZ ", &tm);
        n += snprintf(line + n, room - (size_t)n, "%s", levels[level].word);
    }
    va_list args;
    va_start(args, fmt);
    int more = vsnprintf(line + n, room - (size_t)n, fmt, args);
    va_end(args);
    size_t len = (size_t)n + (more > 0 ? (size_t)more : 0);
    if (len > room - 1)
        len = room - 1;
    len = utf8_disarm(line, len, "");
    line[len] = '\n';
    /* One write: lines of several threads do not mix. Nothing can be done about a log that cannot
     * be written. */
    ssize_t written = write(STDERR_FILENO, line, len + 1);
    (void)written;
}
