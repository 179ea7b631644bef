/* The monotonic clock: what durations and ages are measured with. */
#ifndef BADGED_BASE_CLOCK_H
#define BADGED_BASE_CLOCK_H

#include <stdint.h>

/* clock_ms(): milliseconds since an arbitrary point, never going back. */
int64_t clock_ms(void);

#endif
