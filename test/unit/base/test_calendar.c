/* Days, one after the other, from long before the year 0 to long after now. */
#include "base/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void every_day_is_one_after_the_last(void **state)
{
    (void)state;
    int64_t last = calendar_day(-5000, 1, 1) - 1;
    for (int year = -5000; year <= 6000; year++)
        for (int month = 1; month <= 12; month++)
            for (int day = 1; calendar_has(year, month, day); day++)
                assert_true(calendar_day(year, month, day) == ++last);
    assert_true(last == calendar_day(6001, 1, 1) - 1);
}

static void known_days_are_where_they_are(void **state)
{
    (void)state;
    assert_int_equal(calendar_day(2000, 1, 1), 0);
    assert_int_equal(calendar_day(1970, 1, 1), -10957);
    assert_int_equal(calendar_day(2000, 3, 1), 60);
    assert_int_equal(calendar_day(-4713, 11, 24), -2451545);     /* day 0 of Julius Scaliger */
    assert_int_equal(calendar_day(5874897, 12, 31), 2145031948); /* the last that Postgres has */
}

static void days_that_there_are_not(void **state)
{
    (void)state;
    assert_true(calendar_has(2024, 2, 29));
    assert_true(calendar_has(2000, 2, 29));
    assert_true(calendar_has(0, 2, 29));
    assert_true(calendar_has(-4, 2, 29));
    assert_false(calendar_has(2023, 2, 29));
    assert_false(calendar_has(1900, 2, 29));
    assert_false(calendar_has(2024, 2, 30));
    assert_false(calendar_has(2024, 4, 31));
    assert_false(calendar_has(2024, 12, 32));
    assert_false(calendar_has(2024, 0, 1));
    assert_false(calendar_has(2024, 13, 1));
    assert_false(calendar_has(2024, 1, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_is_one_after_the_last),
        cmocka_unit_test(known_days_are_where_they_are),
        cmocka_unit_test(days_that_there_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
