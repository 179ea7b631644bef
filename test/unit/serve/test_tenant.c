/* What tenant.h promises: one UUID and nothing else names a tenant. */
#include "serve/tenant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GOOD "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"

static enum err parse(const char *value, size_t len, struct error *e)
{
    struct uuid tenant;
    return tenant_parse(value, len, &tenant, e);
}

static void a_uuid_names_its_tenant(void **state)
{
    (void)state;
    struct uuid tenant;
    char text[UUID_TEXT_LEN + 1];
    assert_int_equal(tenant_parse(GOOD, UUID_TEXT_LEN, &tenant, NULL), ERR_OK);
    uuid_format(&tenant, text);
    assert_string_equal(text, GOOD);
}

static void upper_case_names_the_same_tenant(void **state)
{
    (void)state;
    struct uuid lower, upper;
    assert_int_equal(tenant_parse(GOOD, UUID_TEXT_LEN, &lower, NULL), ERR_OK);
    assert_int_equal(
        tenant_parse("0190A1B2-C3D4-7E5F-8A9B-0C1D2E3F4A5B", UUID_TEXT_LEN, &upper, NULL), ERR_OK);
    assert_memory_equal(&lower, &upper, sizeof(lower));
}

#define VALUE(s)                                                                                   \
    {                                                                                              \
        s, sizeof(s) - 1                                                                           \
    }

static void anything_near_a_uuid_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
    } values[] = {
        VALUE(""),
        VALUE("1"),
        VALUE("acme"),
        VALUE("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5"),
        VALUE(GOOD "0"),
        VALUE(GOOD " "),
        VALUE(" " GOOD),
        VALUE(GOOD "\0"),
        VALUE("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5\0"),
        VALUE("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5g"),
        VALUE("0190a1b2c3d47e5f8a9b0c1d2e3f4a5b"),
        VALUE("{0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b}"),
        VALUE("urn:uuid:" GOOD),
        VALUE("0190a1b2-c3d4-7e5f-8a9b 0c1d2e3f4a5b"),
        VALUE("0190a1b-2c3d4-7e5f-8a9b-0c1d2e3f4a5b"),
        VALUE("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a\xc3\xa9"),
        VALUE(GOOD "," GOOD),
        VALUE(GOOD ", " GOOD),
        VALUE("' OR 1=1 --aaaaaaaaaaaaaaaaaaaaaaaaa"),
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        assert_int_equal(parse(values[i].bytes, values[i].len, NULL), ERR_REQUEST);
}

static void ten_kilobytes_are_refused(void **state)
{
    (void)state;
    char value[10 * 1024];
    memset(value, 'a', sizeof(value));
    assert_int_equal(parse(value, sizeof(value), NULL), ERR_REQUEST);
}

static void a_refusal_does_not_repeat_the_value(void **state)
{
    (void)state;
    struct error e = {0};
    assert_int_equal(parse("zzzzzzzz-c3d4-7e5f-8a9b-0c1d2e3f4a5b", UUID_TEXT_LEN, &e), ERR_REQUEST);
    assert_null(strstr(e.message, "zzzz"));
    assert_non_null(strstr(e.message, TENANT_FIELD));
    assert_int_equal(parse("zzzz", 4, &e), ERR_REQUEST);
    assert_null(strstr(e.message, "zzzz"));
    assert_non_null(strstr(e.message, "this one has 4"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_uuid_names_its_tenant),
        cmocka_unit_test(upper_case_names_the_same_tenant),
        cmocka_unit_test(anything_near_a_uuid_is_refused),
        cmocka_unit_test(ten_kilobytes_are_refused),
        cmocka_unit_test(a_refusal_does_not_repeat_the_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
