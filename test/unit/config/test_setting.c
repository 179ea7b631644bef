/* What each setting takes, and exactly what is said of what it does not. */
#include "config/setting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void databases_of_both_kinds_are_taken(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "sqlite:badged.db",     "sqlite:/var/lib/badged/badged.db", "sqlite:///var/lib/badged.db",
        "sqlite:a name with é", "postgres://user@host/name",        "postgresql:///name?host=/run",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        bool has_password = true;
        assert_int_equal(setting_check_database(texts[i], &has_password, NULL), ERR_OK);
        assert_false(has_password);
    }
}

static void other_databases_are_refused_without_repeating_them(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", "a database without 'sqlite:' or 'postgres://' in front; expected sqlite:FILE, as in "
             "sqlite:badged.db, or postgres://…"},
        {"badged.db",
         "a database without 'sqlite:' or 'postgres://' in front; expected sqlite:FILE, "
         "as in sqlite:badged.db, or postgres://…"},
        {"SQLITE:badged.db", "a database without 'sqlite:' or 'postgres://' in front; expected "
                             "sqlite:FILE, as in sqlite:badged.db, or postgres://…"},
        {"user:secret@host", "a database without 'sqlite:' or 'postgres://' in front; expected "
                             "sqlite:FILE, as in sqlite:badged.db, or postgres://…"},
        {"host=h password=secret",
         "a database without 'sqlite:' or 'postgres://' in front; expected "
         "sqlite:FILE, as in sqlite:badged.db, or postgres://…"},
        {"mysql://user:secret@host/name",
         "a database at mysql://; expected sqlite:FILE or postgres://…"},
        {"postgres:name", "a database without 'sqlite:' or 'postgres://' in front; expected "
                          "sqlite:FILE, as in sqlite:badged.db, or postgres://…"},
        {"sqlite:", "no file behind 'sqlite:'; expected one, as in sqlite:badged.db"},
        {"sqlite::memory:", "a database in memory, which nothing else could write to; expected a "
                            "file, as in sqlite:badged.db"},
        {"sqlite://badged.db", "'sqlite://' with two slashes; expected sqlite:FILE, as in "
                               "sqlite:badged.db or sqlite:/var/lib/badged/badged.db"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error e = {0};
        bool has_password;
        assert_int_equal(setting_check_database(rows[i].text, &has_password, &e), ERR_CONFIG);
        assert_string_equal(e.message, rows[i].message);
        assert_null(strstr(e.message, "secret"));
    }
}

static void a_feed_is_one_of_three_words(void **state)
{
    (void)state;
    enum config_feed feed = CONFIG_FEED_AUTO;
    assert_int_equal(setting_feed("stream", &feed, NULL), ERR_OK);
    assert_int_equal(feed, CONFIG_FEED_STREAM);
    assert_int_equal(setting_feed("auto", &feed, NULL), ERR_OK);
    assert_int_equal(feed, CONFIG_FEED_AUTO);
    assert_int_equal(setting_feed("poll", &feed, NULL), ERR_OK);
    assert_int_equal(feed, CONFIG_FEED_POLL);
    struct error e = {0};
    assert_int_equal(setting_feed("Auto", &feed, &e), ERR_CONFIG);
    assert_string_equal(e.message,
                        "'Auto' is no way to follow a database; expected auto, stream or poll");
    assert_int_equal(feed, CONFIG_FEED_POLL);
}

static void a_publication_has_1_to_63_bytes(void **state)
{
    (void)state;
    char name[65];
    memset(name, 'x', sizeof(name));
    name[64] = '\0';
    struct error e = {0};
    assert_int_equal(setting_check_publication(name, &e), ERR_CONFIG);
    assert_string_equal(e.message, "the name of a publication with 64 bytes; expected 1 to 63");
    name[63] = '\0';
    assert_int_equal(setting_check_publication(name, NULL), ERR_OK);
    assert_int_equal(setting_check_publication("x", NULL), ERR_OK);
    assert_int_equal(setting_check_publication("", NULL), ERR_CONFIG);
}

static void seconds_are_a_whole_number_in_their_range(void **state)
{
    (void)state;
    const struct setting_range range = {2, 30};
    unsigned seconds = 0;
    assert_int_equal(setting_seconds("2", range, &seconds, NULL), ERR_OK);
    assert_int_equal(seconds, 2);
    assert_int_equal(setting_seconds("30", range, &seconds, NULL), ERR_OK);
    assert_int_equal(seconds, 30);
    static const char *const texts[] = {"",   "1",    "31", "-5",  "+5", "5.5",
                                        " 5", "0x10", "5s", "ten", "5 ", "18446744073709551621"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        char expected[200];
        struct error e = {0};
        (void)snprintf(expected, sizeof(expected),
                       "'%s' is no number of seconds; expected a whole number from 2 to 30",
                       texts[i]);
        assert_int_equal(setting_seconds(texts[i], range, &seconds, &e), ERR_CONFIG);
        assert_string_equal(e.message, expected);
    }
    assert_int_equal(seconds, 30);
}

static void bytes_may_have_a_unit(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } rows[] = {
        {"1048576", 1048576},
        {"1024KiB", 1048576},
        {"1 MiB", 1048576},
        {"4 GiB", 4294967296ULL},
        {"1024  GiB", 1099511627776ULL},
        {"1099511627776", 1099511627776},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t bytes = 0;
        assert_int_equal(setting_bytes(rows[i].text, &bytes, NULL), ERR_OK);
        assert_int_equal(bytes, rows[i].bytes);
    }
    static const char *const texts[] = {"",
                                        "1048575",
                                        "1023 KiB",
                                        "0 GiB",
                                        "1025 GiB",
                                        "1099511627777",
                                        "4 GB",
                                        "4 gib",
                                        "-4 GiB",
                                        "4.5 GiB",
                                        "4 GiB ",
                                        " 4 GiB",
                                        "GiB",
                                        "16777216 GiB",
                                        "9999999999999 GiB",
                                        "18446744073709551616"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        char expected[200];
        uint64_t bytes = 7;
        struct error e = {0};
        (void)snprintf(expected, sizeof(expected),
                       "'%s' is no number of bytes; expected a whole number, with KiB, MiB or GiB "
                       "behind it as needed, from 1 MiB to 1024 GiB",
                       texts[i]);
        assert_int_equal(setting_bytes(texts[i], &bytes, &e), ERR_CONFIG);
        assert_string_equal(e.message, expected);
        assert_int_equal(bytes, 7);
    }
}

static void addresses_are_split_from_ports(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host;
        uint16_t port;
    } rows[] = {
        {"127.0.0.1:8080", "127.0.0.1", 8080},
        {"localhost:0", "localhost", 0},
        {"[::1]:8080", "::1", 8080},
        {"0.0.0.0:65535", "0.0.0.0", 65535},
        {"badges.example.org:80", "badges.example.org", 80},
        {"[2001:db8::192.0.2.1]:443", "2001:db8::192.0.2.1", 443},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *host = NULL;
        uint16_t port = 1;
        assert_int_equal(setting_listen(rows[i].text, &host, &port, NULL), ERR_OK);
        assert_string_equal(host, rows[i].host);
        assert_int_equal(port, rows[i].port);
        free(host);
    }
}

static void addresses_that_are_none_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "names no address"},
        {"localhost", "names no port"},
        {"8080", "names no address"},
        {"[::1]", "names no port"},
        {"[::1]8080", "names no port"},
        {"[::1:8080", "names no port"},
        {"[", "names no port"},
        {":8080", "names no address"},
        {":", "names no address"},
        {"localhost:", "has no port from 0 to 65535"},
        {"localhost:http", "has no port from 0 to 65535"},
        {"localhost:+1", "has no port from 0 to 65535"},
        {"localhost:-1", "has no port from 0 to 65535"},
        {"localhost: 1", "has no port from 0 to 65535"},
        {"localhost:1 ", "has no port from 0 to 65535"},
        {"localhost:65536", "has no port from 0 to 65535"},
        {"localhost:000080", "has no port from 0 to 65535"},
        {"*:8080", "has no address that can be one"},
        {"127.0.0.256:1", "has no address that can be one"},
        {"127.1:1", "has no address that can be one"},
        {"-x:1", "has no address that can be one"},
        {".x:1", "has no address that can be one"},
        {"a b:1", "has no address that can be one"},
        {"http//x:1", "has no address that can be one"},
        {"[]:1", "has no address that can be one"},
        {"[::g]:1", "has no address that can be one"},
        {"[127.0.0.1]:1", "has no address that can be one"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *host = NULL, expected[200];
        uint16_t port;
        struct error e = {0};
        (void)snprintf(expected, sizeof(expected),
                       "'%s' %s; expected ADDRESS:PORT, as in 127.0.0.1:8080", rows[i].text,
                       rows[i].why);
        assert_int_equal(setting_listen(rows[i].text, &host, &port, &e), ERR_CONFIG);
        assert_string_equal(e.message, expected);
        assert_null(host);
    }
}

static void an_ipv6_address_needs_its_brackets(void **state)
{
    (void)state;
    static const char *const texts[] = {"::1:8080", "::1", "http://x:1"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        char *host, expected[200];
        uint16_t port;
        struct error e = {0};
        (void)snprintf(expected, sizeof(expected),
                       "'%s' has more than one ':'; expected ADDRESS:PORT, with an IPv6 address in "
                       "brackets, as in [::1]:8080",
                       texts[i]);
        assert_int_equal(setting_listen(texts[i], &host, &port, &e), ERR_CONFIG);
        assert_string_equal(e.message, expected);
    }
}

static void auth_is_one_of_three_words(void **state)
{
    (void)state;
    enum config_auth auth = CONFIG_AUTH_UNSET;
    assert_int_equal(setting_auth("none", &auth, NULL), ERR_OK);
    assert_int_equal(auth, CONFIG_AUTH_NONE);
    assert_int_equal(setting_auth("jwt", &auth, NULL), ERR_OK);
    assert_int_equal(auth, CONFIG_AUTH_JWT);
    assert_int_equal(setting_auth("proxy", &auth, NULL), ERR_OK);
    assert_int_equal(auth, CONFIG_AUTH_PROXY);
    struct error e = {0};
    assert_int_equal(setting_auth("None", &auth, &e), ERR_CONFIG);
    assert_string_equal(e.message, "'None' is no way to authenticate; expected none, jwt or proxy");
    assert_int_equal(setting_auth("", &auth, NULL), ERR_CONFIG);
    assert_int_equal(auth, CONFIG_AUTH_PROXY);
}

static void threads_are_1_to_64(void **state)
{
    (void)state;
    unsigned threads = 0;
    assert_int_equal(setting_threads("1", &threads, NULL), ERR_OK);
    assert_int_equal(threads, 1);
    assert_int_equal(setting_threads("64", &threads, NULL), ERR_OK);
    assert_int_equal(threads, 64);
    static const char *const texts[] = {"",   "0",    "65",  "-1",   "+1", "1.5",
                                        " 2", "0x10", "100", "many", "4 ", "99999999999999999999"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        char expected[200];
        struct error e = {0};
        (void)snprintf(expected, sizeof(expected),
                       "'%s' is no number of threads; expected a whole number from 1 to 64",
                       texts[i]);
        assert_int_equal(setting_threads(texts[i], &threads, &e), ERR_CONFIG);
        assert_string_equal(e.message, expected);
    }
    assert_int_equal(threads, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(databases_of_both_kinds_are_taken),
        cmocka_unit_test(other_databases_are_refused_without_repeating_them),
        cmocka_unit_test(a_feed_is_one_of_three_words),
        cmocka_unit_test(a_publication_has_1_to_63_bytes),
        cmocka_unit_test(seconds_are_a_whole_number_in_their_range),
        cmocka_unit_test(bytes_may_have_a_unit),
        cmocka_unit_test(addresses_are_split_from_ports),
        cmocka_unit_test(addresses_that_are_none_are_refused),
        cmocka_unit_test(an_ipv6_address_needs_its_brackets),
        cmocka_unit_test(auth_is_one_of_three_words),
        cmocka_unit_test(threads_are_1_to_64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
