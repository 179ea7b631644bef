/* What assets.h promises: the demonstration page when there are tenants to show, and nothing
 * otherwise. */
#include "running.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

static const struct server_demo_tenant tenants[] = {
    {TENANT, "Acme \"Quotes\" & Söhne"},
    {OTHER_TENANT, "</script>"},
};

static int start(void **state)
{
    static struct running r;
    running_start(&r, (struct server_options){.demo_tenants = tenants, .demo_tenants_count = 2});
    *state = &r;
    return 0;
}

static const struct {
    const char *path, *type;
} files[] = {
    {"/", "text/html; charset=utf-8"},
    {"/demo.css", "text/css; charset=utf-8"},
    {"/demo.js", "text/javascript; charset=utf-8"},
    {"/demo/tenants", "application/json"},
};
enum {
    FILES = sizeof(files) / sizeof(files[0])
};

static void ask(const struct running *r, const char *path, const char *more, struct answer *ret)
{
    char request[256];
    (void)snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\n" HOST "%s\r\n", path, more);
    struct client *c = client_open(r->port);
    assert_true(client_puts(c, request));
    if (more[0] != '\0')
        client_read_head(c, ret);
    else
        client_read(c, ret);
    client_close(c);
}

static void each_file_has_its_type_and_policy(void **state)
{
    struct answer a;
    for (size_t i = 0; i < FILES; i++) {
        ask(*state, files[i].path, "", &a);
        assert_int_equal(a.status, 200);
        assert_true(a.body_len > 0);
        assert_string_equal(answer_field(&a, "Content-Type"), files[i].type);
        assert_string_equal(answer_field(&a, "X-Content-Type-Options"), "nosniff");
        assert_string_equal(answer_field(&a, "Cache-Control"), "no-cache");
        const char *policy = answer_field(&a, "Content-Security-Policy");
        assert_memory_equal(policy, "default-src 'none'; ", 20);
        assert_non_null(strstr(policy, "frame-ancestors 'none'"));
        assert_null(strstr(policy, "unsafe"));
    }
}

static void each_file_has_a_tag_that_gets_304(void **state)
{
    struct answer a;
    char more[128];
    for (size_t i = 0; i < FILES; i++) {
        ask(*state, files[i].path, "", &a);
        (void)snprintf(more, sizeof(more), "If-None-Match: %s\r\n", answer_field(&a, "ETag"));
        ask(*state, files[i].path, more, &a);
        assert_int_equal(a.status, 304);
        assert_null(answer_field(&a, "Content-Type"));
    }
}

static void the_page_has_nothing_that_its_policy_would_stop(void **state)
{
    struct answer a;
    ask(*state, "/", "", &a);
    assert_null(strstr(a.body, "<style"));
    assert_null(strstr(a.body, "style="));
    assert_null(strstr(a.body, "onclick"));
    assert_null(strstr(a.body, "<script>"));
    assert_non_null(strstr(a.body, "src=\"/demo.js\""));
    assert_non_null(strstr(a.body, "href=\"/demo.css\""));
}

static void the_tenants_are_a_list(void **state)
{
    struct answer a;
    ask(*state, "/demo/tenants", "", &a);
    json_t *json = json_loadb(a.body, a.body_len, 0, NULL);
    assert_int_equal(json_array_size(json), 2);
    for (size_t i = 0; i < 2; i++) {
        const json_t *row = json_array_get(json, i);
        assert_int_equal(json_object_size(row), 2);
        assert_string_equal(json_string_value(json_object_get(row, "id")), tenants[i].id);
        assert_string_equal(json_string_value(json_object_get(row, "name")), tenants[i].name);
    }
    json_decref(json);
}

static void without_demo_tenants_there_is_no_page(void **state)
{
    struct answer a;
    for (size_t i = 0; i < FILES; i++) {
        ask(*state, files[i].path, "", &a);
        assert_int_equal(a.status, 404);
        assert_string_equal(answer_field(&a, "Content-Type"), "application/problem+json");
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, running_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_file_has_its_type_and_policy),
        TEST(each_file_has_a_tag_that_gets_304),
        TEST(the_page_has_nothing_that_its_policy_would_stop),
        TEST(the_tenants_are_a_list),
        cmocka_unit_test_setup_teardown(without_demo_tenants_there_is_no_page, running_setup_empty,
                                        running_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
