/* What coding.h promises: RFC 9110, section 12.5.3, and nothing taken by a value that is not
 * well-formed. */
#include "serve/coding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool takes(const char *value)
{
    size_t len = strlen(value);
    char *exact = malloc(len > 0 ? len : 1); /* so that a byte read past the end is seen */
    assert_non_null(exact);
    memcpy(exact, value, len);
    bool is_taken = coding_takes_gzip(exact, len);
    free(exact);
    return is_taken;
}

#define ALL(values, expected)                                                                      \
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)                                \
        if (takes(values[i]) != (expected))                                                        \
    fail_msg("'%s'", values[i])

static void gzip_is_taken_where_it_is_named(void **state)
{
    (void)state;
    static const char *const values[] = {
        "gzip",       "GZip",        "x-gzip",     "gzip, deflate, br, zstd",   "br,gzip",
        "gzip;q=1",   "gzip;q=1.",   "gzip;q=0.1", "gzip ; Q=0.001 , identity", ", ,gzip,",
        "\tgzip \t,", "*;q=0, gzip",
    };
    ALL(values, true);
}

static void a_star_takes_what_is_not_named(void **state)
{
    (void)state;
    static const char *const values[] = {"*", "br, *", "*;q=0.5"};
    ALL(values, true);
}

static void what_is_not_named_or_weighs_nothing_is_not_taken(void **state)
{
    (void)state;
    static const char *const values[] = {"",           " ",           "br",           "identity",
                                         "gzip;q=0",   "gzip;q=0.",   "gzip;q=0.000", "*;q=0",
                                         "gzip;q=0,*", "*, gzip;q=0", "gzipped",      "zip"};
    ALL(values, false);
}

static void a_value_that_is_not_well_formed_takes_nothing(void **state)
{
    (void)state;
    static const char *const values[] = {
        "gzip;",     "gzip;q",     "gzip;q=",    "gzip;q=2",   "gzip;q=1.1",    "gzip;q=0.1234",
        "gzip;q=.5", "gzip;q=0x1", "gzip br",    "gzip;q=1 x", "gzip, \"",      "gzip;level=9",
        "gzip/1",    ";q=1",       "gzip, ;q=1", "gzip;q= 1",  "gzip, br;q=-1", "gzip;q=1;q=1",
    };
    ALL(values, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gzip_is_taken_where_it_is_named),
        cmocka_unit_test(a_star_takes_what_is_not_named),
        cmocka_unit_test(what_is_not_named_or_weighs_nothing_is_not_taken),
        cmocka_unit_test(a_value_that_is_not_well_formed_takes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
