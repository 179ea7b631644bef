/* config_load: which of flag, environment, file and default wins, and which files are read. */
#include "place.h"

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

static void assert_database(const struct config_flags *flags, const char *database,
                            const char *from)
{
    struct config *c = place_load(flags);
    assert_string_equal(c->database, database);
    assert_string_equal(c->database_from, from);
    config_free(c);
}

static void without_anything_the_defaults_hold(void **state)
{
    (void)state;
    struct config *c = place_load(&(struct config_flags){0});
    assert_null(c->file);
    assert_string_equal(c->database, "sqlite:badged.db");
    assert_string_equal(c->database_from, "default");
    assert_string_equal(c->listen_host, "127.0.0.1");
    assert_int_equal(c->listen_port, 8080);
    assert_int_equal(c->auth, CONFIG_AUTH_UNSET);
    config_free(c);
}

static void the_database_comes_from_flag_then_environment_then_file_then_default(void **state)
{
    (void)state;
    assert_database(&(struct config_flags){0}, "sqlite:badged.db", "default");
    place_write("badged.yaml", "database: sqlite:file.db\n");
    assert_database(&(struct config_flags){0}, "sqlite:file.db", "badged.yaml");
    assert_int_equal(setenv("DATABASE_URL", "sqlite:environment.db", 1), 0);
    assert_database(&(struct config_flags){0}, "sqlite:environment.db", "DATABASE_URL");
    assert_database(&(struct config_flags){.database = "sqlite:flag.db"}, "sqlite:flag.db",
                    "--database");
    assert_int_equal(setenv("DATABASE_URL", "", 1), 0);
    assert_database(&(struct config_flags){0}, "sqlite:file.db", "badged.yaml");
}

static void a_flag_goes_before_the_file(void **state)
{
    (void)state;
    place_write("badged.yaml", "listen: 127.0.0.2:1\nauth: jwt\nthreads: 3\n");
    struct config *c = place_load(&(struct config_flags){0});
    assert_string_equal(c->file, "badged.yaml");
    assert_string_equal(c->listen_host, "127.0.0.2");
    assert_int_equal(c->listen_port, 1);
    assert_int_equal(c->auth, CONFIG_AUTH_JWT);
    assert_int_equal(c->threads, 3);
    config_free(c);
    c = place_load(&(struct config_flags){.listen = "[::1]:0", .auth = "none", .threads = "5"});
    assert_string_equal(c->listen_host, "::1");
    assert_int_equal(c->listen_port, 0);
    assert_int_equal(c->auth, CONFIG_AUTH_NONE);
    assert_int_equal(c->threads, 5);
    config_free(c);
}

static void the_file_of_the_flag_is_read_and_no_other(void **state)
{
    (void)state;
    place_write("badged.yaml", "no: yaml: at all\n");
    place_write("other.yaml", "threads: 9\nbadges: [{ name: mine, count: [] }]\n");
    struct config *c = place_load(&(struct config_flags){.file = "other.yaml"});
    assert_string_equal(c->file, "other.yaml");
    assert_int_equal(c->threads, 9);
    assert_non_null(definitions_find(c->definitions, "mine"));
    config_free(c);
}

static void a_wrong_flag_or_variable_is_named(void **state)
{
    (void)state;
    place_refuse(&(struct config_flags){.database = "sqlite:"}, ERR_USAGE,
                 "--database: no file behind 'sqlite:'; expected one, as in sqlite:badged.db");
    place_refuse(&(struct config_flags){.listen = ":8080"}, ERR_USAGE,
                 "--listen: ':8080' names no address; expected ADDRESS:PORT, as in 127.0.0.1:8080");
    place_refuse(&(struct config_flags){.auth = "basic"}, ERR_USAGE,
                 "--auth: 'basic' is no way to authenticate; expected none, jwt or proxy");
    place_refuse(&(struct config_flags){.threads = "0"}, ERR_USAGE,
                 "--threads: '0' is no number of threads; expected a whole number from 1 to 64");
    place_refuse(&(struct config_flags){.database = "postgres://", .feed = "push"}, ERR_USAGE,
                 "--feed: 'push' is no way to follow a database; expected auto, stream or poll");
    assert_int_equal(setenv("DATABASE_URL", "mysql://user:secret@host/name", 1), 0);
    place_refuse(&(struct config_flags){0}, ERR_USAGE,
                 "DATABASE_URL: a database at mysql://; expected sqlite:FILE or postgres://…");
}

static void what_a_flag_overrides_is_checked_in_the_file_all_the_same(void **state)
{
    (void)state;
    place_write("badged.yaml", "listen: nowhere\n");
    place_refuse(
        &(struct config_flags){.listen = "127.0.0.1:0"}, ERR_CONFIG,
        "badged.yaml:1:9: 'nowhere' names no port; expected ADDRESS:PORT, as in 127.0.0.1:8080");
}

static void a_file_that_is_named_must_be_there(void **state)
{
    (void)state;
    place_refuse(&(struct config_flags){.file = "other.yaml"}, ERR_NOT_FOUND,
                 "there is no file 'other.yaml'");
    place_refuse(&(struct config_flags){.file = "nowhere/badged.yaml"}, ERR_NOT_FOUND,
                 "there is no file 'nowhere/badged.yaml'");
    place_refuse(&(struct config_flags){.file = ""}, ERR_NOT_FOUND, "there is no file ''");
}

static void what_is_no_plain_file_is_refused_without_waiting(void **state)
{
    (void)state;
    assert_int_equal(mkdir("directory", 0700), 0);
    assert_int_equal(mkfifo("pipe", 0600), 0);
    place_refuse(&(struct config_flags){.file = "directory"}, ERR_CONFIG,
                 "directory: a directory; expected a plain file");
    place_refuse(&(struct config_flags){.file = "pipe"}, ERR_CONFIG,
                 "pipe: no plain file; expected one");
    place_refuse(&(struct config_flags){.file = "/dev/null"}, ERR_CONFIG,
                 "/dev/null: no plain file; expected one");
}

static void a_link_to_a_plain_file_is_read(void **state)
{
    (void)state;
    place_write("other.yaml", "threads: 9\n");
    assert_int_equal(symlink("other.yaml", "link.yaml"), 0);
    struct config *c = place_load(&(struct config_flags){.file = "link.yaml"});
    assert_int_equal(c->threads, 9);
    config_free(c);
}

static void a_file_is_read_up_to_its_limit(void **state)
{
    (void)state;
    FILE *f = fopen("badged.yaml", "w");
    assert_non_null(f);
    (void)fputs("threads: 9\n#", f);
    for (size_t i = 12; i < CONFIG_FILE_BYTES_MAX; i++)
        (void)fputc('.', f);
    (void)fflush(f);
    struct config *c = place_load(&(struct config_flags){0});
    assert_int_equal(c->threads, 9);
    config_free(c);
    (void)fputc('.', f);
    assert_int_equal(fclose(f), 0);
    place_refuse(&(struct config_flags){0}, ERR_CONFIG,
                 "badged.yaml: more than 1048576 bytes; expected at most that many");
}

static void the_example_in_the_documentation_is_right(void **state)
{
    (void)state;
    struct config *c = place_load(&(struct config_flags){.file = EXAMPLE_FILE});
    assert_string_equal(c->database, "sqlite:badged.db");
    assert_int_equal(c->auth, CONFIG_AUTH_NONE);
    assert_int_equal(c->feed, CONFIG_FEED_AUTO);
    assert_string_equal(c->publication, "badged");
    assert_int_equal(c->poll_seconds, 5);
    assert_int_equal(c->lag_bytes, 4294967296);
    assert_int_equal(c->lag_seconds, 300);
    assert_int_equal(c->after_seconds, 5);
    assert_int_equal(c->history_bytes, 16777216);
    assert_int_equal(c->history_step_seconds, 30);
    assert_int_equal(c->streams_max, 10000);
    assert_int_equal(c->streams_per_tenant, 1000);
    assert_int_equal(c->streams_per_address, 0);
    assert_int_equal(c->stream_seconds, 600);
    assert_int_equal(c->drain_seconds, 5);
    const struct badge *b = definitions_find(c->definitions, "automation.retrying");
    assert_non_null(b);
    assert_string_equal(b->label, "Retrying deliveries");
    assert_non_null(definitions_find(c->definitions, "attention"));
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_anything_the_defaults_hold, place_enter,
                                        place_leave),
        cmocka_unit_test_setup_teardown(
            the_database_comes_from_flag_then_environment_then_file_then_default, place_enter,
            place_leave),
        cmocka_unit_test_setup_teardown(a_flag_goes_before_the_file, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(the_file_of_the_flag_is_read_and_no_other, place_enter,
                                        place_leave),
        cmocka_unit_test_setup_teardown(a_wrong_flag_or_variable_is_named, place_enter,
                                        place_leave),
        cmocka_unit_test_setup_teardown(what_a_flag_overrides_is_checked_in_the_file_all_the_same,
                                        place_enter, place_leave),
        cmocka_unit_test_setup_teardown(a_file_that_is_named_must_be_there, place_enter,
                                        place_leave),
        cmocka_unit_test_setup_teardown(what_is_no_plain_file_is_refused_without_waiting,
                                        place_enter, place_leave),
        cmocka_unit_test_setup_teardown(a_link_to_a_plain_file_is_read, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(a_file_is_read_up_to_its_limit, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(the_example_in_the_documentation_is_right, place_enter,
                                        place_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
