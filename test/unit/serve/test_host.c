/* What host.h promises: the loopback interface under every name that it has, and nothing else. */
#include "serve/host.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool is_loopback(const char *value)
{
    size_t len = strlen(value);
    char *exact = malloc(len); /* so that a byte read past the end is seen */
    assert_true(exact != NULL || len == 0);
    if (len > 0)
        memcpy(exact, value, len);
    bool is = host_is_loopback(exact, len);
    free(exact);
    return is;
}

static void loopback_names_are_known(void **state)
{
    (void)state;
    static const char *const values[] = {
        "localhost", "LocalHost",   "localhost:8080",    "localhost:",
        "127.0.0.1", "127.0.0.1:1", "127.1.2.3:65535",   "127.255.255.255",
        "[::1]",     "[::1]:8080",  "[0:0:0:0:0:0:0:1]",
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        assert_true(is_loopback(values[i]));
}

static void other_names_are_not(void **state)
{
    (void)state;
    static const char *const values[] = {
        "",
        ":8080",
        "example.com",
        "localhost.example.com",
        "127.0.0.1.example.com",
        "127.0.0.1.nip.io",
        "127.0.0.1:8080.example.com",
        "localhost:80a",
        "localhost:123456",
        "localhost:80:80",
        "localhost,example.com",
        "localhost example.com",
        "example.com:localhost",
        "user@localhost",
        "128.0.0.1",
        "0.0.0.0",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "127.0.0.1.",
        "::1",
        "[::1",
        "[]",
        "[",
        "[::2]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::1]x",
        "[::1]x:80",
        "[127.0.0.1]",
        "[localhost]",
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        assert_false(is_loopback(values[i]));
}

static void a_long_name_is_not(void **state)
{
    (void)state;
    char name[4096];
    memset(name, 'a', sizeof(name));
    for (size_t len = 1; len <= sizeof(name); len++)
        assert_false(host_is_loopback(name, len));
}

static void a_nul_does_not_end_a_name(void **state)
{
    (void)state;
    assert_false(host_is_loopback("localhost\0.example.com", 22));
    assert_false(host_is_loopback("localhost\0", 10));
    assert_false(host_is_loopback("[::1\0]", 6));
}

static void loopback_addresses_resolve(void **state)
{
    (void)state;
    struct host_address a;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    assert_int_equal(host_resolve("localhost", 8080, &a, NULL), ERR_OK);
    memcpy(&in, &a.storage, sizeof(in));
    assert_int_equal(in.sin_family, AF_INET);
    assert_int_equal(ntohs(in.sin_port), 8080);
    assert_int_equal(ntohl(in.sin_addr.s_addr), INADDR_LOOPBACK);
    assert_int_equal(host_resolve("127.0.0.53", 1, &a, NULL), ERR_OK);
    memcpy(&in, &a.storage, sizeof(in));
    assert_int_equal(ntohl(in.sin_addr.s_addr), 0x7F000035);
    assert_int_equal(host_resolve("::1", 65535, &a, NULL), ERR_OK);
    memcpy(&in6, &a.storage, sizeof(in6));
    assert_int_equal(in6.sin6_family, AF_INET6);
    assert_int_equal(ntohs(in6.sin6_port), 65535);
}

static void other_addresses_are_refused_with_the_reason(void **state)
{
    (void)state;
    static const char *const hosts[] = {"0.0.0.0", "::",    "192.168.1.1",     "example.com",
                                        "",        "[::1]", "::ffff:127.0.0.1"};
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        struct host_address a;
        struct error e = {0};
        assert_int_equal(host_resolve(hosts[i], 0, &a, &e), ERR_USAGE);
        assert_non_null(strstr(e.message, "without authentication"));
        assert_non_null(strstr(e.message, hosts[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loopback_names_are_known),
        cmocka_unit_test(other_names_are_not),
        cmocka_unit_test(a_long_name_is_not),
        cmocka_unit_test(a_nul_does_not_end_a_name),
        cmocka_unit_test(loopback_addresses_resolve),
        cmocka_unit_test(other_addresses_are_refused_with_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
