/* URLs that libpq takes, those that are refused, and that a password is in no message. */
#include "config/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define EXPECTED    "expected postgres://USER@HOST:PORT/DATABASE"

static void urls_are_told_by_their_scheme(void **state)
{
    (void)state;
    assert_true(url_is_postgres("postgres://"));
    assert_true(url_is_postgres("postgresql://h/d"));
    assert_false(url_is_postgres("postgres:/h"));
    assert_false(url_is_postgres("Postgres://h"));
    assert_false(url_is_postgres("sqlite:postgres://"));
    assert_false(url_is_postgres(""));
}

static void urls_are_taken_and_shown_without_password_and_query(void **state)
{
    (void)state;
    static const struct {
        const char *url, *shown;
        bool has_password;
    } rows[] = {
        {"postgres://", "postgres://", false},
        {"postgresql://", "postgresql://", false},
        {"postgres://u@h:5432/d", "postgres://u@h:5432/d", false},
        {"postgres://u:secret@h/d", "postgres://u@h/d", true},
        {"postgres://u:@h/d", "postgres://u@h/d", false},
        {"postgres://:secret@h/d", "postgres://@h/d", true},
        {"postgres://u:se%40cr%2Fet@h/d", "postgres://u@h/d", true},
        {"postgres://u:se?cr#et:!@h/d", "postgres://u@h/d", true},
        {"postgres://u:secret@/d", "postgres://u@/d", true},
        {"postgres:///d?user=u&password=secret", "postgres:///d", true},
        {"postgres:///d?password=sec@ret", "postgres:///d", true},
        {"postgres://u:secret@h1,h2:5433,[::1]:5434/d?target_session_attrs=read-write",
         "postgres://u@h1,h2:5433,[::1]:5434/d", true},
        {"postgresql:///name?host=/run/postgresql&port=5433", "postgresql:///name", false},
        {"postgres://?service=prod", "postgres://", false},
        {"postgres://h/d%40x?sslmode=verify-full", "postgres://h/d%40x", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error e = {0};
        bool has_password = !rows[i].has_password;
        if (url_check(rows[i].url, &has_password, &e) != ERR_OK)
            fail_msg("%s: %s", rows[i].url, e.message);
        assert_int_equal(has_password, rows[i].has_password);
        char *shown = url_show(rows[i].url);
        assert_string_equal(shown, rows[i].shown);
        free(shown);
    }
}

static void other_urls_are_refused_without_repeating_any_of_them(void **state)
{
    (void)state;
    static const char misplaced[] =
        "an '@' in the URL that does not end the user; expected '@', '/' and '?' in a user, a "
        "password or a name as %40, %2F and %3F";
    static const char port[] = "a port in the URL that is no number from 1 to 65535; " EXPECTED
                               ", with '/' in a user or a password as %2F";
    static const struct {
        const char *url, *message;
    } rows[] = {
        {"postgres://u:secret%zz@h/d",
         "libpq cannot read the URL: invalid percent-encoded token …; " EXPECTED},
        {"postgres://u:secret%@h/d",
         "libpq cannot read the URL: invalid percent-encoded token …; " EXPECTED},
        {"postgres://u:secret%00@h/d",
         "libpq cannot read the URL: forbidden value %00 in percent-encoded value …; " EXPECTED},
        {"postgres://u:secret@[::1/d",
         "libpq cannot read the URL: end of string reached when looking for matching …; " EXPECTED},
        {"postgres://u:secret@[]/d",
         "libpq cannot read the URL: IPv6 host address may not be empty in URI …; " EXPECTED},
        {"postgres://u:secret@[::1]secret/d",
         "libpq cannot read the URL: unexpected character …; " EXPECTED},
        {"postgres://u@h/d?password=sec&ret",
         "libpq cannot read the URL: missing key/value separator …; " EXPECTED},
        {"postgres://u@h/d?password=secret=x",
         "libpq cannot read the URL: extra key/value separator …; " EXPECTED},
        {"postgres://u@h/d?pasword=secret",
         "libpq cannot read the URL: invalid URI query parameter …; " EXPECTED},
        {"postgres://u@h/d?password=x&secret=1",
         "libpq cannot read the URL: invalid URI query parameter …; " EXPECTED},
        {"postgres://u:sec@ret@h/d", misplaced},
        {"postgres://u:sec/ret@h/d", misplaced},
        {"postgres://h/d@secret", misplaced},
        {"postgres://?user=u&password=sec@ret", misplaced},
        {"postgres://h?password=sec@ret", misplaced},
        {"postgres://u:secret", port},
        {"postgres://u:secret/d", port},
        {"postgres://u:secret?x",
         "libpq cannot read the URL: missing key/value separator …; " EXPECTED},
        {"postgres://h:0/d", port},
        {"postgres://h:65536/d", port},
        {"postgres://h:5432,h:secret/d", port},
        {"postgres://h/d?port=secret", port},
        {"postgres://u:sec\nret@h/d", "a control character in the URL; expected it as %XX"},
        {"postgres://u:sec\x7Fret@h/d", "a control character in the URL; expected it as %XX"},
        {"postgres://u:secret@h/d?replication=database",
         "'replication' in the URL; expected none, as badged sets it itself"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error e = {0};
        bool has_password = false;
        assert_int_equal(url_check(rows[i].url, &has_password, &e), ERR_CONFIG);
        assert_string_equal(e.message, rows[i].message);
        assert_null(strstr(e.message, "sec"));
        assert_null(strstr(e.message, "ret"));
        assert_int_equal(url_check(rows[i].url, &has_password, NULL), ERR_CONFIG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_are_told_by_their_scheme),
        cmocka_unit_test(urls_are_taken_and_shown_without_password_and_query),
        cmocka_unit_test(other_urls_are_refused_without_repeating_any_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
