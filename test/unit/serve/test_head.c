/* What head.h promises, on heads as libmicrohttpd 0.9.75 leaves them in memory. That it does leave
 * them so is tested over a socket, in test_malformed.c. */
#include "serve/head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* In the texts below '|' stands for a NUL. The target is always "/x". */
static bool check(const char *text)
{
    size_t len = strlen(text);
    char *bytes = malloc(len); /* so that a byte read past the end is seen */
    assert_non_null(bytes);
    for (size_t i = 0; i < len; i++)
        bytes[i] = text[i] == '|' ? '\0' : text[i];
    const char *target = memmem(bytes, len, "/x", 2);
    const struct head h = {bytes, len, target != NULL ? (size_t)(target - bytes) : len, 2};
    bool is_well_formed = head_check(&h);
    free(bytes);
    return is_well_formed;
}

static void well_formed_heads_pass(void **state)
{
    (void)state;
    assert_true(check("GET|/x|HTTP/1.1||||"));
    assert_true(check("GET|/x|HTTP/1.1||Host| localhost||||"));
    assert_true(check("GET|/x|HTTP/1.1||Host| localhost||A|||B|\tb \t||||"));
    assert_true(check("OPTIONS|/x|HTTP/1.0||!#$%&'*+-.^_`~09azAZ| \xc3\xa9 (\"{}\")||||"));
}

static void a_line_that_a_bare_lf_ends_is_refused(void **state)
{
    (void)state;
    assert_false(check("GET|/x|HTTP/1.1|Host| localhost||||"));
    assert_false(check("GET|/x|HTTP/1.1||Host| localhost|A| b||||"));
    assert_false(check("GET|/x|HTTP/1.1||Host| localhost|||"));
    assert_false(check("GET|/x|HTTP/1.1||Host| localhost||"));
    assert_false(check("GET|/x|HTTP/1.1|||"));
    assert_false(check("GET|/x|HTTP/1.1||A|||||||"));
}

static void a_nul_in_a_line_is_refused(void **state)
{
    (void)state;
    assert_false(check("GET|/x|HTTP/1.1||A| b|c||||"));
    assert_false(check("GET|/x|HTTP/1.1||A| b|||||"));
    assert_false(check("G|ET|/x|HTTP/1.1||||"));
    assert_false(check("GET|/x|y|HTTP/1.1||||"));
}

static void spaces_out_of_place_are_refused(void **state)
{
    (void)state;
    assert_false(check("GET| /x|HTTP/1.1||||"));
    assert_false(check("GET|/x |HTTP/1.1||||"));
    assert_false(check("GET|/x|HTTP/1.1||A | b||||"));
    assert_false(check("GET|/x|HTTP/1.1||A\t| b||||"));
}

static void a_folded_line_is_refused(void **state)
{
    (void)state;
    assert_false(check("GET|/x|HTTP/1.1||A| b|| c||||"));
    assert_false(check("GET|/x|HTTP/1.1||A| b||\tc| d||||"));
    assert_false(check("GET|/x|HTTP/1.1||||||| b|| c||||"));
}

static void control_characters_are_refused(void **state)
{
    (void)state;
    assert_false(check("GET|/x|HTTP/1.1||A| b\rc||||"));
    assert_false(check("GET|/x|HTTP/1.1||A| b\nc||||"));
    assert_false(check("GET|/x|HTTP/1.1||A| b\x01||||"));
    assert_false(check("GET|/x|HTTP/1.1||A| b\x7f||||"));
    assert_false(check("GET|/x|HTTP/1.1||A\x01| b||||"));
    assert_false(check("G\x01T|/x|HTTP/1.1||||"));
}

static void a_name_must_be_a_token(void **state)
{
    (void)state;
    assert_false(check("GET|/x|HTTP/1.1||(A)| b||||"));
    assert_false(check("GET|/x|HTTP/1.1||\xc3\xa9| b||||"));
    assert_false(check("G@T|/x|HTTP/1.1||||"));
}

static void a_head_must_end_where_it_says(void **state)
{
    (void)state;
    static const char whole[] = "GET|/x|HTTP/1.1||Host| localhost||A| b||||";
    char part[sizeof(whole)];
    for (size_t len = 1; len < sizeof(whole) - 1; len++) {
        memcpy(part, whole, len);
        part[len] = '\0';
        assert_false(check(part));
    }
    assert_false(check("GET|/x|HTTP/1.1||A| b||||C| d||||"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_formed_heads_pass),
        cmocka_unit_test(a_line_that_a_bare_lf_ends_is_refused),
        cmocka_unit_test(a_nul_in_a_line_is_refused),
        cmocka_unit_test(spaces_out_of_place_are_refused),
        cmocka_unit_test(a_folded_line_is_refused),
        cmocka_unit_test(control_characters_are_refused),
        cmocka_unit_test(a_name_must_be_a_token),
        cmocka_unit_test(a_head_must_end_where_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
