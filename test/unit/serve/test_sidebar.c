/* What sidebar.h promises: the items of the sidebar, byte for byte, with a tag that gets 304. */
#include "running.h"
#include "serve/sidebar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PATH "/api/sidebar"

/* {"name":"NAME","label":"LABEL", and what is behind it, for each row; "]}" closes a group. */
static const char *const items[][3] = {
    {"knowledge", "Knowledge", "items\":["},
    {"knowledge.sites", "Sites", "zero\":null},"},
    {"knowledge.sources", "Sources", "zero\":null},"},
    {"knowledge.documents", "Documents", "zero\":null},"},
    {"knowledge.answers", "Answers", "zero\":null},"},
    {"knowledge.crawlFailures", "Crawl Failures", "zero\":null},"},
    {"knowledge.widget", "Widget", "zero\":null}]},"},
    {"conversations", "Conversations", "zero\":null},"},
    {"feedback", "Feedback", "zero\":null},"},
    {"automation", "Automation", "items\":["},
    {"automation.rules", "Rules", "zero\":0},"},
    {"automation.outbox", "Outbox", "zero\":0}]},"},
    {"integrations", "Integrations", "items\":["},
    {"integrations.installed", "Installed", "zero\":0},"},
    {"integrations.marketplace", "Marketplace", "zero\":0}]}"},
};

static void the_items_are_those_of_the_definitions(void **state)
{
    struct answer a;
    struct buffer wanted = {0};
    buffer_puts(&wanted, "{\"items\":[");
    for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
        buffer_printf(&wanted, "{\"name\":\"%s\",\"label\":\"%s\",\"%s", items[i][0], items[i][1],
                      items[i][2]);
    buffer_puts(&wanted, "]}");
    running_ask(*state, "GET " PATH " HTTP/1.1\r\n" HOST "\r\n", &a);
    assert_int_equal(a.status, 200);
    assert_string_equal(answer_field(&a, "Content-Type"), "application/json");
    assert_string_equal(answer_field(&a, "Cache-Control"), "no-cache");
    assert_string_equal(a.body, wanted.bytes);
    buffer_fini(&wanted);
}

static void they_are_answered_before_anything_is_known_and_without_a_tenant(void **state)
{
    struct answer a;
    running_ask(*state, "GET " BADGES " HTTP/1.1\r\n" HOST "X-Tenant-Id: " TENANT "\r\n\r\n", &a);
    assert_int_equal(a.status, 503);
    running_ask(*state, "GET " PATH " HTTP/1.1\r\n" HOST "\r\n", &a);
    assert_int_equal(a.status, 200);
}

static void the_tag_gets_304(void **state)
{
    const struct running *r = *state;
    struct answer a;
    char request[256];
    running_ask(r, "HEAD " PATH " HTTP/1.1\r\n" HOST "\r\n", &a);
    (void)snprintf(request, sizeof(request),
                   "GET " PATH " HTTP/1.1\r\n" HOST "If-None-Match: %s\r\n\r\n",
                   answer_field(&a, "ETag"));
    struct client *c = client_open(r->port);
    assert_true(client_puts(c, request));
    client_read_head(c, &a);
    assert_int_equal(a.status, 304);
    client_close(c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, running_setup_empty, running_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_items_are_those_of_the_definitions),
        TEST(they_are_answered_before_anything_is_known_and_without_a_tenant),
        TEST(the_tag_gets_304),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
