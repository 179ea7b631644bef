/* What etag.h promises: RFC 9110, section 13.1.2, and nothing listed by a value that is not
 * well-formed. */
#include "serve/etag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The XXH3-128 of "abc", so that a change of the hash, which would give every cached answer another
 * tag, is noticed. */
#define TAG "\"06b05ab6733a618578af5f94892f3950\""

static bool is_listed(const char *value)
{
    struct etag tag = etag_of("abc", 3);
    size_t len = strlen(value);
    char *exact = malloc(len); /* so that a byte read past the end is seen */
    assert_true(exact != NULL || len == 0);
    if (len > 0)
        memcpy(exact, value, len);
    bool listed = etag_is_listed(exact, len, &tag);
    free(exact);
    return listed;
}

static void a_body_has_one_tag(void **state)
{
    (void)state;
    struct etag tag = etag_of("abc", 3);
    assert_string_equal(tag.text, TAG);
    assert_int_equal(strlen(tag.text), ETAG_LEN);
}

static void other_bodies_have_other_tags(void **state)
{
    (void)state;
    struct etag one = etag_of("{\"a\":1}", 7), two = etag_of("{\"a\":2}", 7);
    assert_string_not_equal(one.text, two.text);
}

static void the_tag_lists_itself(void **state)
{
    (void)state;
    assert_true(is_listed(TAG));
    assert_true(is_listed(" \t" TAG " \t"));
}

static void the_comparison_is_weak(void **state)
{
    (void)state;
    assert_true(is_listed("W/" TAG));
}

static void a_star_lists_everything(void **state)
{
    (void)state;
    assert_true(is_listed("*"));
    assert_true(is_listed(" * "));
}

static void a_list_is_searched(void **state)
{
    (void)state;
    assert_true(is_listed("\"x\", " TAG));
    assert_true(is_listed("\"x\"," TAG ",\"y\""));
    assert_true(is_listed("W/\"\" , W/" TAG "\t,\"a,b\""));
    assert_true(is_listed(",, " TAG " ,,"));
}

static void another_tag_is_not_listed(void **state)
{
    (void)state;
    assert_false(is_listed(""));
    assert_false(is_listed(",,"));
    assert_false(is_listed("\"\""));
    assert_false(is_listed("\"06b05ab6733a618578af5f94892f3951\""));
    assert_false(is_listed("\"06B05AB6733A618578AF5F94892F3950\""));
    assert_false(is_listed("\"x" TAG));
}

static void a_malformed_value_lists_nothing(void **state)
{
    (void)state;
    static const char *const values[] = {
        "06b05ab6733a618578af5f94892f3950",
        "\"06b05ab6733a618578af5f94892f3950",
        TAG " " TAG,
        TAG "x",
        "x" TAG,
        "w/" TAG,
        "W" TAG,
        "W/",
        "W",
        "\"",
        "\"a b\", " TAG,
        "\"a\x7f\", " TAG,
        TAG ", x",
        "*, " TAG,
        "**",
        TAG ", *",
        ";" TAG,
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        assert_false(is_listed(values[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_has_one_tag),
        cmocka_unit_test(other_bodies_have_other_tags),
        cmocka_unit_test(the_tag_lists_itself),
        cmocka_unit_test(the_comparison_is_weak),
        cmocka_unit_test(a_star_lists_everything),
        cmocka_unit_test(a_list_is_searched),
        cmocka_unit_test(another_tag_is_not_listed),
        cmocka_unit_test(a_malformed_value_lists_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
