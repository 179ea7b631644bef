/* config_load: which of flag, environment, file and default wins, and which files are read. */
#include "config/config.h"

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

/* Each test runs in an empty directory of its own, with DATABASE_URL unset. */
struct place {
    char directory[4096];
    int back;
};

static int enter(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    if (p == NULL)
        return -1;
    *state = p;
    const char *top = getenv("TMPDIR");
    (void)snprintf(p->directory, sizeof(p->directory), "%.4000s/badged.XXXXXX",
                   top != NULL ? top : "/tmp");
    p->back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return p->back < 0 || mkdtemp(p->directory) == NULL || chdir(p->directory) != 0 ||
           unsetenv("DATABASE_URL") != 0;
}

static int leave(void **state)
{
    struct place *p = *state;
    static const char *const names[] = {"badged.yaml", "other.yaml", "pipe", "link.yaml"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        (void)unlink(names[i]);
    (void)rmdir("directory");
    int rc = fchdir(p->back) != 0 || rmdir(p->directory) != 0;
    (void)close(p->back);
    free(p);
    return rc;
}

static void write_file(const char *name, const char *text)
{
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
}

static struct config *load(const struct config_flags *flags)
{
    struct config *c = NULL;
    struct error e = {0};
    if (config_load(flags, &c, &e) != ERR_OK)
        fail_msg("%s", e.message);
    return c;
}

static void assert_database(const struct config_flags *flags, const char *database,
                            const char *from)
{
    struct config *c = load(flags);
    assert_string_equal(c->database, database);
    assert_string_equal(c->database_from, from);
    config_free(c);
}

static void assert_refused(const struct config_flags *flags, enum err code, const char *message)
{
    struct config *c = NULL;
    struct error e = {0};
    assert_int_equal(config_load(flags, &c, &e), code);
    assert_int_equal(e.code, code);
    assert_string_equal(e.message, message);
    assert_null(c);
    assert_int_equal(config_load(flags, &c, NULL), code);
}

static void without_anything_the_defaults_hold(void **state)
{
    (void)state;
    struct config *c = load(&(struct config_flags){0});
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
    write_file("badged.yaml", "database: sqlite:file.db\n");
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
    write_file("badged.yaml", "listen: 127.0.0.2:1\nauth: jwt\nthreads: 3\n");
    struct config *c = load(&(struct config_flags){0});
    assert_string_equal(c->file, "badged.yaml");
    assert_string_equal(c->listen_host, "127.0.0.2");
    assert_int_equal(c->listen_port, 1);
    assert_int_equal(c->auth, CONFIG_AUTH_JWT);
    assert_int_equal(c->threads, 3);
    config_free(c);
    c = load(&(struct config_flags){.listen = "[::1]:0", .auth = "none", .threads = "5"});
    assert_string_equal(c->listen_host, "::1");
    assert_int_equal(c->listen_port, 0);
    assert_int_equal(c->auth, CONFIG_AUTH_NONE);
    assert_int_equal(c->threads, 5);
    config_free(c);
}

static void the_file_of_the_flag_is_read_and_no_other(void **state)
{
    (void)state;
    write_file("badged.yaml", "no: yaml: at all\n");
    write_file("other.yaml", "threads: 9\nbadges: [{ name: mine, count: [] }]\n");
    struct config *c = load(&(struct config_flags){.file = "other.yaml"});
    assert_string_equal(c->file, "other.yaml");
    assert_int_equal(c->threads, 9);
    assert_non_null(definitions_find(c->definitions, "mine"));
    config_free(c);
}

static void a_wrong_flag_or_variable_is_named(void **state)
{
    (void)state;
    assert_refused(&(struct config_flags){.database = "sqlite:"}, ERR_USAGE,
                   "--database: no file behind 'sqlite:'; expected one, as in sqlite:badged.db");
    assert_refused(
        &(struct config_flags){.listen = ":8080"}, ERR_USAGE,
        "--listen: ':8080' names no address; expected ADDRESS:PORT, as in 127.0.0.1:8080");
    assert_refused(&(struct config_flags){.auth = "basic"}, ERR_USAGE,
                   "--auth: 'basic' is no way to authenticate; expected none, jwt or proxy");
    assert_refused(&(struct config_flags){.threads = "0"}, ERR_USAGE,
                   "--threads: '0' is no number of threads; expected a whole number from 1 to 64");
    assert_int_equal(setenv("DATABASE_URL", "mysql://user:secret@host/name", 1), 0);
    assert_refused(&(struct config_flags){0}, ERR_USAGE,
                   "DATABASE_URL: a database at mysql://; expected sqlite:FILE or postgres://…");
}

static void what_a_flag_overrides_is_checked_in_the_file_all_the_same(void **state)
{
    (void)state;
    write_file("badged.yaml", "listen: nowhere\n");
    assert_refused(
        &(struct config_flags){.listen = "127.0.0.1:0"}, ERR_CONFIG,
        "badged.yaml:1:9: 'nowhere' names no port; expected ADDRESS:PORT, as in 127.0.0.1:8080");
}

static void postgres_is_refused_where_it_was_named_and_without_its_password(void **state)
{
    (void)state;
    write_file("badged.yaml", "# ours\ndatabase: postgres://user:secret@host/name\n");
    assert_refused(
        &(struct config_flags){0}, ERR_CONFIG,
        "badged.yaml:2:11: a database at postgres://, which this version of badged does not "
        "follow yet; expected sqlite:FILE, as in sqlite:badged.db");
    assert_refused(&(struct config_flags){.database = "postgresql://user:secret@host/name"},
                   ERR_USAGE,
                   "--database: a database at postgresql://, which this version of badged does not "
                   "follow yet; expected sqlite:FILE, as in sqlite:badged.db");
    assert_int_equal(setenv("DATABASE_URL", "postgres://user:secret@host/name", 1), 0);
    assert_refused(&(struct config_flags){0}, ERR_USAGE,
                   "DATABASE_URL: a database at postgres://, which this version of badged does not "
                   "follow yet; expected sqlite:FILE, as in sqlite:badged.db");
    assert_database(&(struct config_flags){.database = "sqlite:x.db"}, "sqlite:x.db", "--database");
}

static void a_file_that_is_named_must_be_there(void **state)
{
    (void)state;
    assert_refused(&(struct config_flags){.file = "other.yaml"}, ERR_NOT_FOUND,
                   "--config other.yaml: there is no such file");
    assert_refused(&(struct config_flags){.file = "nowhere/badged.yaml"}, ERR_NOT_FOUND,
                   "--config nowhere/badged.yaml: there is no such file");
    assert_refused(&(struct config_flags){.file = ""}, ERR_NOT_FOUND,
                   "--config : there is no such file");
}

static void what_is_no_plain_file_is_refused_without_waiting(void **state)
{
    (void)state;
    assert_int_equal(mkdir("directory", 0700), 0);
    assert_int_equal(mkfifo("pipe", 0600), 0);
    assert_refused(&(struct config_flags){.file = "directory"}, ERR_CONFIG,
                   "directory: a directory; expected a plain file");
    assert_refused(&(struct config_flags){.file = "pipe"}, ERR_CONFIG,
                   "pipe: no plain file; expected one");
    assert_refused(&(struct config_flags){.file = "/dev/null"}, ERR_CONFIG,
                   "/dev/null: no plain file; expected one");
}

static void a_link_to_a_plain_file_is_read(void **state)
{
    (void)state;
    write_file("other.yaml", "threads: 9\n");
    assert_int_equal(symlink("other.yaml", "link.yaml"), 0);
    struct config *c = load(&(struct config_flags){.file = "link.yaml"});
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
    struct config *c = load(&(struct config_flags){0});
    assert_int_equal(c->threads, 9);
    config_free(c);
    (void)fputc('.', f);
    assert_int_equal(fclose(f), 0);
    assert_refused(&(struct config_flags){0}, ERR_CONFIG,
                   "badged.yaml: more than 1048576 bytes; expected at most that many");
}

static void the_example_in_the_documentation_is_right(void **state)
{
    (void)state;
    struct config *c = load(&(struct config_flags){.file = EXAMPLE_FILE});
    assert_string_equal(c->database, "sqlite:badged.db");
    assert_int_equal(c->auth, CONFIG_AUTH_NONE);
    const struct badge *b = definitions_find(c->definitions, "automation.retrying");
    assert_non_null(b);
    assert_string_equal(b->label, "Retrying deliveries");
    assert_non_null(definitions_find(c->definitions, "attention"));
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_anything_the_defaults_hold, enter, leave),
        cmocka_unit_test_setup_teardown(
            the_database_comes_from_flag_then_environment_then_file_then_default, enter, leave),
        cmocka_unit_test_setup_teardown(a_flag_goes_before_the_file, enter, leave),
        cmocka_unit_test_setup_teardown(the_file_of_the_flag_is_read_and_no_other, enter, leave),
        cmocka_unit_test_setup_teardown(a_wrong_flag_or_variable_is_named, enter, leave),
        cmocka_unit_test_setup_teardown(what_a_flag_overrides_is_checked_in_the_file_all_the_same,
                                        enter, leave),
        cmocka_unit_test_setup_teardown(
            postgres_is_refused_where_it_was_named_and_without_its_password, enter, leave),
        cmocka_unit_test_setup_teardown(a_file_that_is_named_must_be_there, enter, leave),
        cmocka_unit_test_setup_teardown(what_is_no_plain_file_is_refused_without_waiting, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(a_link_to_a_plain_file_is_read, enter, leave),
        cmocka_unit_test_setup_teardown(a_file_is_read_up_to_its_limit, enter, leave),
        cmocka_unit_test_setup_teardown(the_example_in_the_documentation_is_right, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
