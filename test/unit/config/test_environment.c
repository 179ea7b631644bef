/* What the environment says of the database, and which of it wins. No message repeats a secret. */
#include "place.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const struct config_flags none = {0};

static void set(const char *variable, const char *value)
{
    assert_int_equal(setenv(variable, value, 1), 0);
}

static void assert_database(const char *database, const char *from)
{
    struct config *c = place_load(&none);
    assert_string_equal(c->database, database);
    assert_string_equal(c->database_from, from);
    config_free(c);
}

static void assert_password(const char *password)
{
    struct config *c = place_load(&none);
    if (password == NULL)
        assert_null(c->pg_password);
    else
        assert_string_equal(c->pg_password, password);
    config_free(c);
}

static void the_database_is_the_text_of_the_file_without_its_last_newline(void **state)
{
    (void)state;
    set("DATABASE_URL_FILE", "url");
    place_write("badged.yaml", "database: sqlite:file.db\n");
    place_write("url", "postgres://u:secret@h/d\n");
    assert_database("postgres://u:secret@h/d", "DATABASE_URL_FILE");
    place_write("url", "postgres://u:secret@h/d");
    assert_database("postgres://u:secret@h/d", "DATABASE_URL_FILE");
    place_write("url", "sqlite:x.db\r\n");
    assert_database("sqlite:x.db", "DATABASE_URL_FILE");
    set("DATABASE_URL_FILE", "");
    assert_database("sqlite:file.db", "badged.yaml");
}

static void a_flag_goes_before_the_environment_which_is_then_not_looked_at(void **state)
{
    (void)state;
    set("DATABASE_URL_FILE", "missing");
    set("DATABASE_URL", "mysql://h/d");
    struct config *c = place_load(&(struct config_flags){.database = "sqlite:flag.db"});
    assert_string_equal(c->database, "sqlite:flag.db");
    config_free(c);
}

static void a_variable_and_its_file_exclude_each_other(void **state)
{
    (void)state;
    place_write("secret", "x\n");
    set("DATABASE_URL", "postgres://");
    set("DATABASE_URL_FILE", "secret");
    place_refuse(&none, ERR_USAGE,
                 "DATABASE_URL and DATABASE_URL_FILE are both set; expected one of them");
    (void)unsetenv("DATABASE_URL_FILE");
    set("PGPASSWORD", "x");
    set("PGPASSWORD_FILE", "secret");
    place_refuse(&none, ERR_USAGE,
                 "PGPASSWORD and PGPASSWORD_FILE are both set; expected one of them");
    set("PGPASSWORD", "");
    assert_password("x");
}

static void the_password_is_the_text_of_the_file_with_its_spaces(void **state)
{
    (void)state;
    set("DATABASE_URL", "postgres://u@h/d");
    assert_password(NULL);
    set("PGPASSWORD_FILE", "secret");
    place_write("secret", " pass word \n\n");
    assert_password(" pass word \n");
    set("DATABASE_URL", "postgres://u:in-url@h/d");
    assert_password(NULL);
    set("DATABASE_URL", "postgres://u@h/d?password=in-url");
    assert_password(NULL);
}

static void the_password_of_postgres_is_not_looked_for_without_postgres(void **state)
{
    (void)state;
    set("PGPASSWORD_FILE", "missing");
    set("PGPASSWORD", "x");
    assert_database("sqlite:badged.db", "default");
}

static void a_file_that_cannot_be_read_is_named_with_its_variable(void **state)
{
    (void)state;
    set("DATABASE_URL_FILE", "missing");
    place_refuse(&none, ERR_NOT_FOUND, "DATABASE_URL_FILE: missing: there is no such file");
    assert_int_equal(mkdir("directory", 0700), 0);
    set("DATABASE_URL_FILE", "directory");
    place_refuse(&none, ERR_USAGE,
                 "DATABASE_URL_FILE: directory: a directory; expected a plain "
                 "file");
    assert_int_equal(mkfifo("pipe", 0600), 0);
    set("DATABASE_URL_FILE", "pipe");
    place_refuse(&none, ERR_USAGE, "DATABASE_URL_FILE: pipe: no plain file; expected one");
    set("DATABASE_URL_FILE", "/proc/self/mem");
    place_refuse(&none, ERR_SYSTEM,
                 "DATABASE_URL_FILE: reading /proc/self/mem: Input/output error");
}

static void a_file_without_a_text_is_refused(void **state)
{
    (void)state;
    set("DATABASE_URL", "postgres://");
    set("PGPASSWORD_FILE", "secret");
    place_write("secret", "");
    place_refuse(&none, ERR_USAGE, "PGPASSWORD_FILE: secret: nothing in it; expected text");
    place_write("secret", "\n");
    place_refuse(&none, ERR_USAGE, "PGPASSWORD_FILE: secret: nothing in it; expected text");
    int fd = open("secret", O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_int_equal(write(fd, "a\0b", 3), 3);
    (void)close(fd);
    place_refuse(&none, ERR_USAGE, "PGPASSWORD_FILE: secret: a NUL in it; expected text");
}

static void a_file_is_read_up_to_64_kib(void **state)
{
    (void)state;
    char text[65538];
    memset(text, 'x', sizeof(text));
    text[65536] = '\0';
    set("DATABASE_URL", "postgres://");
    set("PGPASSWORD_FILE", "secret");
    place_write("secret", text);
    assert_password(text);
    text[65536] = 'x';
    text[65537] = '\0';
    place_write("secret", text);
    place_refuse(&none, ERR_USAGE,
                 "PGPASSWORD_FILE: secret: more than 65536 bytes; expected at most that many");
}

static void a_database_of_the_environment_is_refused_without_its_password(void **state)
{
    (void)state;
    set("DATABASE_URL_FILE", "url");
    place_write("url", "postgres://u:sec%zzret@h/d\n");
    place_refuse(&none, ERR_USAGE,
                 "DATABASE_URL_FILE: libpq cannot read the URL: invalid percent-encoded token …; "
                 "expected postgres://USER@HOST:PORT/DATABASE");
    place_write("url", "postgres://u:secret@h/d\nmore\n");
    place_refuse(&none, ERR_USAGE,
                 "DATABASE_URL_FILE: a control character in the URL; expected it as %XX");
    place_write("url", "just a secret\n");
    place_refuse(&none, ERR_USAGE,
                 "DATABASE_URL_FILE: a database without 'sqlite:' or 'postgres://' in front; "
                 "expected sqlite:FILE, as in sqlite:badged.db, or postgres://…");
}

static void the_flag_feed_needs_postgres(void **state)
{
    (void)state;
    place_refuse(&(struct config_flags){.feed = "poll"}, ERR_USAGE,
                 "--feed says how Postgres is followed, and the database is sqlite:badged.db; "
                 "leave it out, or name a database at postgres://…");
    place_write("badged.yaml", "feed: stream\npublication: ours\n");
    struct config *c = place_load(&none);
    assert_int_equal(c->feed, CONFIG_FEED_STREAM);
    config_free(c);
    c = place_load(&(struct config_flags){.feed = "poll", .database = "postgresql://"});
    assert_int_equal(c->feed, CONFIG_FEED_POLL);
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            the_database_is_the_text_of_the_file_without_its_last_newline, place_enter,
            place_leave),
        cmocka_unit_test_setup_teardown(
            a_flag_goes_before_the_environment_which_is_then_not_looked_at, place_enter,
            place_leave),
        cmocka_unit_test_setup_teardown(a_variable_and_its_file_exclude_each_other, place_enter,
                                        place_leave),
        cmocka_unit_test_setup_teardown(the_password_is_the_text_of_the_file_with_its_spaces,
                                        place_enter, place_leave),
        cmocka_unit_test_setup_teardown(the_password_of_postgres_is_not_looked_for_without_postgres,
                                        place_enter, place_leave),
        cmocka_unit_test_setup_teardown(a_file_that_cannot_be_read_is_named_with_its_variable,
                                        place_enter, place_leave),
        cmocka_unit_test_setup_teardown(a_file_without_a_text_is_refused, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(a_file_is_read_up_to_64_kib, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(
            a_database_of_the_environment_is_refused_without_its_password, place_enter,
            place_leave),
        cmocka_unit_test_setup_teardown(the_flag_feed_needs_postgres, place_enter, place_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
