/* The Gregorian calendar, reaching back without end (ISO 8601), with a year 0 before the year 1.
 *
 * Ownership: plain values.
 */
#ifndef BADGED_BASE_CALENDAR_H
#define BADGED_BASE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

enum {
    CALENDAR_YEAR_MAX = 99999999, /* ± this, for calendar_day */
};

/* calendar_has(year, month, day): whether there is such a day. */
bool calendar_has(int64_t year, int month, int day);

/* calendar_day(year, month, day): days from 2000-01-01 to a day that there is. */
int64_t calendar_day(int64_t year, int month, int day);

#endif
