/* Clocks: what durations and ages are measured with, and what others are told.
 */
#ifndef BADGED_BASE_CLOCK_H
#define BADGED_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* clock_ms(): milliseconds since an arbitrary point, never going back. */
int64_t clock_ms(void);

/* clock_unix_us(): microseconds since 1970, UTC, by a clock that may be set back. */
int64_t clock_unix_us(void);

/* clock_deadline(ms): the moment at which clock_ms() gives ms, as waiting with a deadline takes it
 * from a condition set to CLOCK_MONOTONIC. ms is not negative. */
struct timespec clock_deadline(int64_t ms);

#endif
