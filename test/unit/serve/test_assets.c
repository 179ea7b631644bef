/* What assets.h and page.h promise: the pages and their files, plain and compressed, and the
 * demonstration's tenants where there are any. */
#include "running.h"
#include "serve/page.h"

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
    running_start(&r, (struct server_options){.demo_tenants = tenants,
                                              .demo_tenants_count = 2,
                                              .demo_file = "it's \"mine\".db"});
    *state = &r;
    return 0;
}

static const char *const pages[] = {
    "/",         "/sites",         "/sources",     "/documents", "/answers",
    "/widget",   "/conversations", "/feedback",    "/outbox",    "/crawl-failures",
    "/rules",    "/integrations",  "/marketplace", "/badges/",   "/badges/orders.late",
    "/?tenant=", "/sources?x",
};
enum {
    PAGES = sizeof(pages) / sizeof(pages[0])
};

static void ask(const struct running *r, const char *method, const char *path, const char *more,
                struct answer *ret)
{
    char request[512];
    (void)snprintf(request, sizeof(request), "%s %s HTTP/1.1\r\n" HOST "%s\r\n", method, path,
                   more);
    struct client *c = client_open(r->port);
    assert_true(client_puts(c, request));
    if (strcmp(method, "HEAD") == 0 || strstr(more, "If-None-Match") != NULL)
        client_read_head(c, ret);
    else
        client_read(c, ret);
    client_close(c);
}

static void assert_safe(const struct answer *a)
{
    assert_string_equal(answer_field(a, "X-Content-Type-Options"), "nosniff");
    assert_string_equal(answer_field(a, "Referrer-Policy"), "no-referrer");
    assert_string_equal(answer_field(a, "Cross-Origin-Opener-Policy"), "same-origin");
    assert_string_equal(answer_field(a, "Cross-Origin-Resource-Policy"), "same-origin");
    const char *policy = answer_field(a, "Content-Security-Policy");
    assert_memory_equal(policy, "default-src 'none'; ", 20);
    assert_non_null(strstr(policy, "frame-ancestors 'none'"));
    assert_null(strstr(policy, "unsafe"));
}

static void every_page_is_the_first_file(void **state)
{
    struct answer a;
    for (size_t i = 0; i < PAGES; i++) {
        ask(*state, "GET", pages[i], "", &a);
        assert_int_equal(a.status, 200);
        assert_string_equal(answer_field(&a, "Content-Type"), "text/html; charset=utf-8");
        assert_string_equal(answer_field(&a, "Cache-Control"), "no-cache");
        assert_safe(&a);
        assert_int_equal(a.body_len, page_files[0].plain.len);
        assert_memory_equal(a.body, page_files[0].plain.bytes, a.body_len);
    }
}

static void a_file_with_its_hash_in_its_name_may_be_kept(void **state)
{
    struct answer a;
    for (size_t i = 1; i < page_files_count; i++) {
        assert_memory_equal(page_files[i].path, "/assets/", 8);
        ask(*state, "HEAD", page_files[i].path, "", &a);
        assert_int_equal(a.status, 200);
        assert_string_equal(answer_field(&a, "Content-Type"), page_files[i].type);
        assert_string_equal(answer_field(&a, "Cache-Control"),
                            "public, max-age=31536000, immutable");
        assert_safe(&a);
    }
}

static void who_takes_gzip_gets_it(void **state)
{
    struct answer a;
    char length[24];
    for (size_t i = 0; i < page_files_count; i++) {
        const struct page_file *f = &page_files[i];
        bool is_smaller = f->gzip.len > 0;
        ask(*state, "HEAD", f->path, "Accept-Encoding: br, gzip\r\n", &a);
        (void)snprintf(length, sizeof(length), "%zu", is_smaller ? f->gzip.len : f->plain.len);
        assert_string_equal(answer_field(&a, "Content-Length"), length);
        assert_string_equal(answer_field(&a, "ETag"), (is_smaller ? f->gzip : f->plain).tag.text);
        if (is_smaller) {
            assert_string_equal(answer_field(&a, "Content-Encoding"), "gzip");
            assert_string_equal(answer_field(&a, "Vary"), "Accept-Encoding");
        }
    }
    assert_true(page_files[0].gzip.len > 0);
    ask(*state, "GET", "/", "Accept-Encoding: gzip\r\n", &a);
    assert_int_equal(a.body_len, page_files[0].gzip.len);
    assert_memory_equal(a.body, page_files[0].gzip.bytes, a.body_len);
}

static void who_does_not_say_so_once_gets_the_plain_body(void **state)
{
    static const char *const fields[] = {"", "Accept-Encoding: br\r\n",
                                         "Accept-Encoding: gzip;q=0\r\n",
                                         "Accept-Encoding: gzip\r\nAccept-Encoding: gzip\r\n"};
    struct answer a;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        ask(*state, "GET", "/", fields[i], &a);
        assert_int_equal(a.body_len, page_files[0].plain.len);
        assert_null(answer_field(&a, "Content-Encoding"));
        assert_string_equal(answer_field(&a, "Vary"), "Accept-Encoding");
    }
}

static void each_body_has_a_tag_of_its_own_that_gets_304(void **state)
{
    struct answer a;
    char more[256];
    for (size_t i = 0; i < page_files_count; i++) {
        const struct page_file *f = &page_files[i];
        assert_string_not_equal(f->plain.tag.text, f->gzip.tag.text);
        for (int is_gzip = 0; is_gzip <= (f->gzip.len > 0); is_gzip++) {
            const char *tag = (is_gzip ? f->gzip : f->plain).tag.text;
            (void)snprintf(more, sizeof(more), "Accept-Encoding: %s\r\nIf-None-Match: %s\r\n",
                           is_gzip ? "gzip" : "identity", tag);
            ask(*state, "GET", f->path, more, &a);
            assert_int_equal(a.status, 304);
            assert_string_equal(answer_field(&a, "ETag"), tag);
            assert_null(answer_field(&a, "Content-Type"));
            assert_null(answer_field(&a, "Content-Encoding"));
        }
    }
    (void)snprintf(more, sizeof(more), "Accept-Encoding: gzip\r\nIf-None-Match: %s, \"\"\r\n",
                   page_files[0].plain.tag.text);
    ask(*state, "HEAD", "/", more, &a);
    assert_int_equal(a.status, 200);
}

static void the_page_has_nothing_that_its_policy_would_stop(void **state)
{
    struct answer a;
    ask(*state, "GET", "/", "", &a);
    assert_null(strstr(a.body, "<style"));
    assert_null(strstr(a.body, "style="));
    assert_null(strstr(a.body, "onclick"));
    assert_null(strstr(a.body, "<script>"));
}

static void the_page_names_files_that_there_are(void **state)
{
    struct answer a;
    char path[128];
    ask(*state, "GET", "/", "", &a);
    size_t named = 0;
    for (const char *at = a.body; (at = strstr(at, "=\"/assets/")) != NULL; named++) {
        at += 2;
        size_t len = strcspn(at, "\"");
        assert_true(len < sizeof(path));
        memcpy(path, at, len);
        path[len] = '\0';
        const struct page_file *f = page_find(path);
        assert_non_null(f);
        assert_true(page_is_kept(f));
    }
    assert_true(named > 0 || page_files_count == 1);
}

static void another_path_is_no_page(void **state)
{
    static const char *const paths[] = {"/assets/",  "/assets/main.js", "/index.html", "/badges",
                                        "/sources/", "/plain.html",     "/assets/../", "/Sources",
                                        "/assets",   "/demo/tenants/"};
    struct answer a;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        ask(*state, "GET", paths[i], "", &a);
        assert_int_equal(a.status, 404);
        assert_string_equal(answer_field(&a, "Content-Type"), "application/problem+json");
    }
}

static void a_page_takes_get_and_head_only(void **state)
{
    struct answer a;
    ask(*state, "POST", "/", "", &a);
    assert_int_equal(a.status, 405);
    assert_string_equal(answer_field(&a, "Allow"), "GET, HEAD");
}

static void the_tenants_are_a_list(void **state)
{
    struct answer a;
    char more[128];
    ask(*state, "GET", "/demo/tenants", "", &a);
    assert_safe(&a);
    json_t *json = json_loadb(a.body, a.body_len, 0, NULL);
    const json_t *list = json_object_get(json, "tenants");
    assert_string_equal(json_string_value(json_object_get(json, "file")), "it's \"mine\".db");
    assert_int_equal(json_array_size(list), 2);
    for (size_t i = 0; i < 2; i++) {
        const json_t *row = json_array_get(list, i);
        assert_int_equal(json_object_size(row), 2);
        assert_string_equal(json_string_value(json_object_get(row, "id")), tenants[i].id);
        assert_string_equal(json_string_value(json_object_get(row, "name")), tenants[i].name);
    }
    json_decref(json);
    (void)snprintf(more, sizeof(more), "If-None-Match: %s\r\n", answer_field(&a, "ETag"));
    ask(*state, "GET", "/demo/tenants", more, &a);
    assert_int_equal(a.status, 304);
}

static void without_a_demonstration_no_tenants_are_offered(void **state)
{
    static const char none[] = "{\"file\":null,\"tenants\":[]}";
    struct answer a;
    ask(*state, "GET", "/demo/tenants", "", &a);
    assert_int_equal(a.status, 200);
    assert_int_equal(a.body_len, strlen(none));
    assert_memory_equal(a.body, none, strlen(none));
    ask(*state, "GET", "/", "", &a);
    assert_int_equal(a.status, 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, running_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_page_is_the_first_file),
        TEST(a_file_with_its_hash_in_its_name_may_be_kept),
        TEST(who_takes_gzip_gets_it),
        TEST(who_does_not_say_so_once_gets_the_plain_body),
        TEST(each_body_has_a_tag_of_its_own_that_gets_304),
        TEST(the_page_has_nothing_that_its_policy_would_stop),
        TEST(the_page_names_files_that_there_are),
        TEST(another_path_is_no_page),
        TEST(a_page_takes_get_and_head_only),
        TEST(the_tenants_are_a_list),
        cmocka_unit_test_setup_teardown(without_a_demonstration_no_tenants_are_offered,
                                        running_setup_empty, running_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
