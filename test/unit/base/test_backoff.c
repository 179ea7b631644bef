/* What backoff.h promises: bounds that double up to a most, and parts of them. */
#include "base/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_bound_doubles_up_to_the_most(void **state)
{
    (void)state;
    const struct backoff b = {1000, 60000};
    static const int64_t bounds[] = {0, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
    for (unsigned i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++)
        assert_true(backoff_bound_ms(&b, i) == bounds[i]);
    assert_true(backoff_bound_ms(&b, UINT32_MAX) == 60000);
    const struct backoff huge = {INT64_MAX - 1, INT64_MAX};
    assert_true(backoff_bound_ms(&huge, 9) == INT64_MAX);
}

static void the_jitter_is_a_part_of_the_bound(void **state)
{
    (void)state;
    assert_true(backoff_jitter_ms(1000, 0) == 0);
    assert_true(backoff_jitter_ms(1000, UINT32_C(1) << 31) == 500);
    assert_true(backoff_jitter_ms(1000, UINT32_MAX) == 999);
    assert_true(backoff_jitter_ms(0, UINT32_MAX) == 0);
    assert_true(backoff_jitter_ms(UINT32_MAX, UINT32_MAX) == UINT32_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bound_doubles_up_to_the_most),
        cmocka_unit_test(the_jitter_is_a_part_of_the_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
