/* What route.h promises: which paths there are, what they take, and what the others get. */
#include "running.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

static void ask(const struct running *r, const char *method, const char *path, struct answer *ret)
{
    char request[256];
    (void)snprintf(request, sizeof(request), "%s %s HTTP/1.1\r\n" HOST "\r\n", method, path);
    running_ask(r, request, ret);
}

static void assert_problem(const struct answer *a, const char *slug)
{
    json_t *json = json_loadb(a->body, a->body_len, 0, NULL);
    assert_string_equal(answer_field(a, "Content-Type"), "application/problem+json");
    assert_string_equal(answer_field(a, "Cache-Control"), "no-store");
    assert_string_equal(answer_field(a, "X-Content-Type-Options"), "nosniff");
    assert_int_equal(json_integer_value(json_object_get(json, "status")), a->status);
    const char *type = json_string_value(json_object_get(json, "type"));
    assert_memory_equal(type, "https://badged.dev/problems/", 28);
    assert_string_equal(type + 28, slug);
    json_decref(json);
}

static void an_unknown_path_is_404(void **state)
{
    static const char *const paths[] = {
        "/api",
        "/api/sidebar/badges/",
        "/api/sidebar/badge",
        "/API/sidebar/badges",
        "/livez/",
        "/api%2Fsidebar/badges",
        "//livez",
        "/./livez",
        "/livez;a",
    };
    struct answer a;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        ask(*state, "GET", paths[i], &a);
        assert_int_equal(a.status, 404);
        assert_problem(&a, "not-found");
        ask(*state, "DELETE", paths[i], &a);
        assert_int_equal(a.status, 404);
    }
}

static void a_path_may_be_escaped(void **state)
{
    struct answer a;
    ask(*state, "GET", "/%6c%69vez", &a);
    assert_int_equal(a.status, 200);
}

static void a_target_may_be_absolute(void **state)
{
    struct answer a;
    ask(*state, "GET", "http://127.0.0.1:1/livez?x", &a);
    assert_int_equal(a.status, 200);
}

static void other_methods_are_405_and_told_which_are_allowed(void **state)
{
    static const char *const methods[] = {"POST",  "PUT", "DELETE", "PATCH", "OPTIONS",
                                          "TRACE", "get", "Head",   "BREW",  "GETT"};
    static const char *const paths[] = {BADGES, "/livez", "/readyz"};
    struct answer a;
    for (size_t m = 0; m < sizeof(methods) / sizeof(methods[0]); m++) {
        for (size_t p = 0; p < sizeof(paths) / sizeof(paths[0]); p++) {
            ask(*state, methods[m], paths[p], &a);
            assert_int_equal(a.status, 405);
            assert_string_equal(answer_field(&a, "Allow"), "GET, HEAD");
            assert_null(answer_field(&a, "Connection"));
            assert_problem(&a, "method-not-allowed");
        }
    }
}

static void every_host_of_the_loopback_interface_is_ours(void **state)
{
    static const char *const hosts[] = {"localhost", "LOCALHOST:80", "127.0.0.1", "127.9.8.7:65535",
                                        "[::1]:8080"};
    struct answer a;
    char request[128];
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        (void)snprintf(request, sizeof(request), "GET /livez HTTP/1.1\r\nHost: %s\r\n\r\n",
                       hosts[i]);
        running_ask(*state, request, &a);
        assert_int_equal(a.status, 200);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, running_setup_empty, running_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_unknown_path_is_404),
        TEST(a_path_may_be_escaped),
        TEST(a_target_may_be_absolute),
        TEST(other_methods_are_405_and_told_which_are_allowed),
        TEST(every_host_of_the_loopback_interface_is_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
