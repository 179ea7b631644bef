#include "base/calendar.h"

#include <assert.h>

bool calendar_has(int64_t year, int month, int day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1)
        return false;
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && is_leap);
}

/* Years that begin in March, so that the leap day is the last of its year (Howard Hinnant,
 * chrono-Compatible Low-Level Date Algorithms, days_from_civil). */
int64_t calendar_day(int64_t year, int month, int day)
{
    assert(year >= -CALENDAR_YEAR_MAX && year <= CALENDAR_YEAR_MAX);
    assert(calendar_has(year, month, day));
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 730425; /* from 0000-03-01 to 2000-01-01 */
}
