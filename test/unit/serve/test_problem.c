/* What problem.h and fault.h promise: RFC 9457, whatever the message. */
#include "serve/problem.h"

#include "serve/fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

static json_t *render(const struct error *e)
{
    struct buffer text = {0};
    json_error_t error;
    problem_render(e, &text);
    json_t *json = json_loadb(text.bytes, text.len, JSON_REJECT_DUPLICATES, &error);
    buffer_fini(&text);
    assert_non_null(json);
    return json;
}

static const char *member(const json_t *json, const char *name)
{
    const char *value = json_string_value(json_object_get(json, name));
    assert_non_null(value);
    return value;
}

static void every_code_is_a_whole_problem(void **state)
{
    (void)state;
    for (int code = ERR_OK + 1; code < ERR__COUNT; code++) {
        struct error e;
        (void)error_set(&e, (enum err)code, "what happened");
        json_t *json = render(&e);
        const struct error_class *class = error_class((enum err)code);
        assert_int_equal(json_object_size(json), 4);
        assert_memory_equal(member(json, "type"), PROBLEM_TYPE_BASE, strlen(PROBLEM_TYPE_BASE));
        assert_string_equal(member(json, "type") + strlen(PROBLEM_TYPE_BASE), class->slug);
        assert_string_equal(member(json, "title"), class->title);
        assert_int_equal(json_integer_value(json_object_get(json, "status")), class->http_status);
        assert_string_equal(member(json, "detail"), "what happened");
        json_decref(json);
    }
}

static void the_type_does_not_vary_with_the_message(void **state)
{
    (void)state;
    struct error e;
    (void)error_set(&e, ERR_NOT_FOUND, "one");
    json_t *one = render(&e);
    (void)error_set(&e, ERR_NOT_FOUND, "two");
    json_t *two = render(&e);
    assert_string_equal(member(one, "type"), "https://badged.dev/problems/not-found");
    assert_string_equal(member(two, "type"), "https://badged.dev/problems/not-found");
    assert_string_equal(member(two, "detail"), "two");
    json_decref(one);
    json_decref(two);
}

static void a_message_of_any_bytes_is_valid_json(void **state)
{
    (void)state;
    struct error e;
    for (int byte = 1; byte < 256; byte++) {
        (void)error_set(&e, ERR_REQUEST, "a%cb\"\\", byte);
        json_t *json = render(&e);
        assert_int_equal(member(json, "detail")[0], 'a');
        json_decref(json);
    }
}

static void every_fault_is_the_clients(void **state)
{
    (void)state;
    for (int fault = FAULT_NONE + 1; fault < FAULT__COUNT; fault++) {
        struct error e = {0};
        fault_error((enum fault)fault, &e);
        assert_in_range(error_class(e.code)->http_status, 400, 499);
        assert_true(strlen(e.message) > 20);
        assert_null(strstr(e.message, "(null)"));
    }
}

static void a_fault_names_its_limit(void **state)
{
    (void)state;
    struct error e;
    fault_error(FAULT_HEADER_FIELDS, &e);
    assert_string_equal(e.message, "the request has more header fields than 100");
    fault_error(FAULT_BODY_BYTES, &e);
    assert_string_equal(e.message, "the request's body is larger than 1048576 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_is_a_whole_problem),
        cmocka_unit_test(the_type_does_not_vary_with_the_message),
        cmocka_unit_test(a_message_of_any_bytes_is_valid_json),
        cmocka_unit_test(every_fault_is_the_clients),
        cmocka_unit_test(a_fault_names_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
