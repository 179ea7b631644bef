/* What checks.h and trouble.h promise: the worst comes first, and much trouble is one check. */
#include "base/checks.h"

#include "base/trouble.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char *copy(const char *text)
{
    return strdup(text);
}

static void a_summary_is_the_first_of_the_worst_in_whole_characters(void **state)
{
    (void)state;
    struct checks checks = {0};
    char out[CHECKS_SUMMARY_BYTES];
    checks_summary(&checks, out, sizeof(out));
    assert_string_equal(out, "");
    const struct check a = {"a", VERDICT_WARNING, .found = copy("w"), .means = copy("w"),
                            .mend = copy("w")};
    checks_add(&checks, &a);
    checks_summary(&checks, out, sizeof(out));
    assert_string_equal(out, "");
    const struct check b = {"b", VERDICT_NO_STREAM, .found = copy("é\n   é\nx"), .means = copy("m"),
                            .mend = copy("DO 1;")};
    const struct check c = {"c", VERDICT_NO_STREAM, .found = copy("later"), .means = copy("m"),
                            .mend = copy("DO 2;")};
    checks_add(&checks, &b);
    checks_add(&checks, &c);
    checks_summary(&checks, out, sizeof(out));
    assert_string_equal(out, "é é; x; to mend it: DO 1;");
    checks_summary(&checks, out, 5);
    assert_string_equal(out, "é ");
    assert_int_equal(checks_worst(&checks), VERDICT_NO_STREAM);
    assert_ptr_equal(checks_find(&checks, "c"), &checks.list[2]);
    assert_null(checks_find(&checks, "d"));
    checks_fini(&checks);
}

static void many_troubles_are_one_check_that_shows_five(void **state)
{
    (void)state;
    static const struct trouble_words words = {"name", "well", VERDICT_WARNING, "means"};
    struct checks checks = {0};
    struct trouble t = {0};
    for (int i = 1; i <= 7; i++) {
        trouble_add(&t, "found %d", i);
        trouble_advise(&t, "mend;");
    }
    trouble_judge(&checks, &words, &t);
    trouble_judge(&checks, &words, &t);
    assert_string_equal(checks.list[0].found,
                        "found 1\nfound 2\nfound 3\nfound 4\nfound 5\nand 2 more");
    assert_string_equal(checks.list[0].mend, "mend;");
    assert_string_equal(checks.list[1].found, "well");
    assert_int_equal(checks.list[1].verdict, VERDICT_OK);
    checks_fini(&checks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_summary_is_the_first_of_the_worst_in_whole_characters),
        cmocka_unit_test(many_troubles_are_one_check_that_shows_five),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
