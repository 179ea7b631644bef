/* What target.h promises: one path for each target, and a fault for each that is malformed. */
#include "serve/target.h"

#include "serve/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum fault parse(const char *text, struct target *ret)
{
    size_t len = strlen(text);
    char *exact = malloc(len); /* so that a byte read past the end is seen */
    assert_true(exact != NULL || len == 0);
    if (len > 0)
        memcpy(exact, text, len);
    enum fault fault = target_parse(exact, len, ret);
    free(exact);
    return fault;
}

static void assert_path(const char *text, const char *path)
{
    struct target t;
    assert_int_equal(parse(text, &t), FAULT_NONE);
    assert_string_equal(t.path, path);
}

static void assert_fault(const char *text, enum fault fault)
{
    struct target t;
    assert_int_equal(parse(text, &t), fault);
}

static void a_path_is_itself(void **state)
{
    (void)state;
    assert_path("/", "/");
    assert_path("/api/sidebar/badges", "/api/sidebar/badges");
    assert_path("/a//b/../c/", "/a//b/../c/");
}

static void the_query_is_no_part_of_the_path(void **state)
{
    (void)state;
    assert_path("/livez?", "/livez");
    assert_path("/livez?a=/b?c", "/livez");
}

static void escaped_unreserved_characters_are_put_back(void **state)
{
    (void)state;
    assert_path("/%6Civ%65z", "/livez");
    assert_path("/%7e%2D%5f%2e%39", "/~-_.9");
}

static void other_escapes_stay(void **state)
{
    (void)state;
    assert_path("/api%2Fsidebar", "/api%2Fsidebar");
    assert_path("/%25%36%43ivez", "/%256Civez");
    assert_path("/%20%3F%C3%A9", "/%20%3F%C3%A9");
}

static void an_absolute_target_is_its_path(void **state)
{
    (void)state;
    assert_path("http://localhost/livez", "/livez");
    assert_path("HTTP://127.0.0.1:8080/livez?x", "/livez");
    assert_path("http://[::1]:1/", "/");
}

static void an_absolute_target_of_another_host_is_misdirected(void **state)
{
    (void)state;
    assert_fault("http://example.com/livez", FAULT_HOST_FOREIGN);
    assert_fault("http:///livez", FAULT_HOST_FOREIGN);
    assert_fault("http://user@localhost/livez", FAULT_HOST_FOREIGN);
}

static void what_is_no_path_is_refused(void **state)
{
    (void)state;
    assert_fault("", FAULT_TARGET_FORM);
    assert_fault("*", FAULT_TARGET_FORM);
    assert_fault("livez", FAULT_TARGET_FORM);
    assert_fault("?verbose", FAULT_TARGET_FORM);
    assert_fault("localhost:8080", FAULT_TARGET_FORM);
    assert_fault("https://localhost/livez", FAULT_TARGET_FORM);
    assert_fault("http://localhost", FAULT_TARGET_FORM);
    assert_fault("http://localhost?/livez", FAULT_TARGET_FORM);
}

static void malformed_escapes_are_refused_wherever_they_are(void **state)
{
    (void)state;
    assert_fault("/%", FAULT_TARGET_ESCAPE);
    assert_fault("/%4", FAULT_TARGET_ESCAPE);
    assert_fault("/%4g", FAULT_TARGET_ESCAPE);
    assert_fault("/%g4", FAULT_TARGET_ESCAPE);
    assert_fault("/%%41", FAULT_TARGET_ESCAPE);
    assert_fault("/livez?a=%", FAULT_TARGET_ESCAPE);
    assert_fault("/livez?%zz", FAULT_TARGET_ESCAPE);
}

static void an_escaped_nul_is_refused_in_the_path(void **state)
{
    (void)state;
    assert_fault("/livez%00", FAULT_TARGET_ESCAPE);
    assert_path("/livez?a=%00", "/livez");
}

static void characters_that_must_be_escaped_are_refused(void **state)
{
    (void)state;
    static const char *const targets[] = {"/a b",      "/a\tb", "/a\x01",     "/a\x7f",
                                          "/\xc3\xa9", "/a#b",  "/livez?a b", "/livez?a#b"};
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
        assert_fault(targets[i], FAULT_TARGET_CHARACTER);
}

static void a_target_may_be_as_long_as_the_limit(void **state)
{
    (void)state;
    char text[SERVER_TARGET_BYTES_MAX + 1];
    struct target t;
    memset(text, 'a', sizeof(text));
    text[0] = '/';
    assert_int_equal(target_parse(text, SERVER_TARGET_BYTES_MAX, &t), FAULT_NONE);
    assert_string_equal(t.path, "");
    assert_int_equal(target_parse(text, SERVER_TARGET_BYTES_MAX + 1, &t), FAULT_TARGET_BYTES);
}

static void a_path_too_long_to_exist_is_empty(void **state)
{
    (void)state;
    char text[TARGET_PATH_BYTES_MAX + 1];
    struct target t;
    memset(text, 'a', sizeof(text));
    text[0] = '/';
    assert_int_equal(target_parse(text, TARGET_PATH_BYTES_MAX - 1, &t), FAULT_NONE);
    assert_int_equal(strlen(t.path), TARGET_PATH_BYTES_MAX - 1);
    assert_int_equal(target_parse(text, TARGET_PATH_BYTES_MAX, &t), FAULT_NONE);
    assert_string_equal(t.path, "");
}

static bool is_verbose(const char *text)
{
    struct target t;
    assert_int_equal(parse(text, &t), FAULT_NONE);
    return t.is_verbose;
}

static void the_parameter_verbose_is_seen(void **state)
{
    (void)state;
    assert_true(is_verbose("/readyz?verbose"));
    assert_true(is_verbose("/readyz?verbose="));
    assert_true(is_verbose("/readyz?verbose=1&a"));
    assert_true(is_verbose("/readyz?a=b&&verbose&c"));
    assert_true(is_verbose("/readyz?%76erbose"));
    assert_false(is_verbose("/readyz"));
    assert_false(is_verbose("/readyz?"));
    assert_false(is_verbose("/readyz?verbos"));
    assert_false(is_verbose("/readyz?verbosely"));
    assert_false(is_verbose("/readyz?a=verbose"));
    assert_false(is_verbose("/verbose"));
}

static void assert_after(const char *text, enum target_after has_after, uint32_t timeline,
                         uint64_t position)
{
    struct target t;
    assert_int_equal(parse(text, &t), FAULT_NONE);
    assert_int_equal(t.has_after, has_after);
    if (has_after == TARGET_AFTER_GIVEN) {
        assert_int_equal(t.after.timeline, timeline);
        assert_int_equal(t.after.position, position);
    }
}

static void the_parameter_after_is_read(void **state)
{
    (void)state;
    assert_after("/x", TARGET_AFTER_NONE, 0, 0);
    assert_after("/x?", TARGET_AFTER_NONE, 0, 0);
    assert_after("/x?afte=1-0/1&aftern=1-0/1&x=after&=1-0/1&&After=1-0/1", TARGET_AFTER_NONE, 0, 0);
    assert_after("/x?after=2-1/A", TARGET_AFTER_GIVEN, 2, 0x10000000A);
    assert_after("/x?verbose&after=1%2fa&b", TARGET_AFTER_GIVEN, 0, 0x10000000A);
    assert_after("/x?%61%66%74%65%72=%32%2D%31%2F%41", TARGET_AFTER_GIVEN, 2, 0x10000000A);
    assert_after("/x?after=4294967295-FFFFFFFF/FFFFFFFF", TARGET_AFTER_GIVEN, UINT32_MAX,
                 UINT64_MAX);
    assert_after("/x?after", TARGET_AFTER_MALFORMED, 0, 0);
    assert_after("/x?after=", TARGET_AFTER_MALFORMED, 0, 0);
    assert_after("/x?after==1-0/1", TARGET_AFTER_MALFORMED, 0, 0);
    assert_after("/x?after=1-0/1%00", TARGET_AFTER_MALFORMED, 0, 0);
    assert_after("/x?after=4294967295-FFFFFFFF/FFFFFFFF0", TARGET_AFTER_MALFORMED, 0, 0);
    assert_after("/x?after=%30%30%30%30%30%30%30%30%30%30%30%30%30%30%30%30%30%30%30%30%30%30%30%30"
                 "%30%30%30%30%30%30%30%30%30%30%30%30%30%30%30%30",
                 TARGET_AFTER_MALFORMED, 0, 0);
    assert_after("/x?after=0/1&after=0/1", TARGET_AFTER_TWICE, 0, 0);
    assert_after("/x?after&after=0/1&after", TARGET_AFTER_TWICE, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_is_itself),
        cmocka_unit_test(the_query_is_no_part_of_the_path),
        cmocka_unit_test(escaped_unreserved_characters_are_put_back),
        cmocka_unit_test(other_escapes_stay),
        cmocka_unit_test(an_absolute_target_is_its_path),
        cmocka_unit_test(an_absolute_target_of_another_host_is_misdirected),
        cmocka_unit_test(what_is_no_path_is_refused),
        cmocka_unit_test(malformed_escapes_are_refused_wherever_they_are),
        cmocka_unit_test(an_escaped_nul_is_refused_in_the_path),
        cmocka_unit_test(characters_that_must_be_escaped_are_refused),
        cmocka_unit_test(a_target_may_be_as_long_as_the_limit),
        cmocka_unit_test(a_path_too_long_to_exist_is_empty),
        cmocka_unit_test(the_parameter_verbose_is_seen),
        cmocka_unit_test(the_parameter_after_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
