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

#define ITEM(name, label, zero) "{\"name\":\"" name "\",\"label\":\"" label "\",\"zero\":" zero "}"

static void the_items_are_those_of_the_definitions(void **state)
{
    struct answer a;
    running_ask(*state, "GET " PATH " HTTP/1.1\r\n" HOST "\r\n", &a);
    assert_int_equal(a.status, 200);
    assert_string_equal(answer_field(&a, "Content-Type"), "application/json");
    assert_string_equal(answer_field(&a, "Cache-Control"), "no-cache");
    assert_string_equal(a.body,
                        "{\"items\":[{\"name\":\"knowledge\",\"label\":\"Knowledge\",\"items\":"
                        "[" ITEM("knowledge.sites", "Sites", "null") "," ITEM("knowledge.sources", "Sources", "null") "," ITEM("knowledge.documents", "Documents", "null") "," ITEM("knowledge.answers", "Answers", "null") "," ITEM(
                            "knowledge.crawlFailures", "Crawl Failures",
                            "null") "," ITEM("knowledge.widget", "Widget",
                                             "null") "]}," ITEM("conversations", "Conversations",
                                                                "null") "," ITEM("feedback",
                                                                                 "Feedback",
                                                                                 "null") ","
                                                                                         "{\"name\""
                                                                                         ":\"automa"
                                                                                         "tion\","
                                                                                         "\"label\""
                                                                                         ":\"Automa"
                                                                                         "tion\","
                                                                                         "\"items\""
                                                                                         ":[" ITEM("automation.rules", "Rules", "0") "," ITEM(
                                                                                             "autom"
                                                                                             "ation"
                                                                                             ".outb"
                                                                                             "ox",
                                                                                             "Outbo"
                                                                                             "x",
                                                                                             "0") "]},"
                                                                                                  "{\"name\":\"integrations\",\"label\":\"Integrations\",\"items\":[" ITEM(
                                                                                                      "integrations.installed",
                                                                                                      "Installed",
                                                                                                      "0") "," ITEM("integrations.marketplace",
                                                                                                                    "Marketplace",
                                                                                                                    "0") "]}]}");
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
