/* What log.h promises: each call writes one whole line to standard error, in the form that its
 * reader takes. */
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    OUTPUT_BYTES_MAX = 8192
};

/* Standard error goes to a pipe while a test runs. */
struct capture {
    int saved, reading;
};

static int start(void **state)
{
    static struct capture c;
    int ends[2];
    if (pipe(ends) != 0)
        return -1;
    c.saved = dup(STDERR_FILENO);
    c.reading = ends[0];
    if (c.saved < 0 || dup2(ends[1], STDERR_FILENO) < 0 || close(ends[1]) != 0)
        return -1;
    *state = &c;
    return unsetenv("JOURNAL_STREAM");
}

static int stop(void **state)
{
    struct capture *c = *state;
    log_quiet(false);
    if (dup2(c->saved, STDERR_FILENO) < 0)
        return -1;
    return close(c->saved) | close(c->reading) | unsetenv("JOURNAL_STREAM");
}

/* What one read of the pipe gives: lines that were written whole. */
static const char *output(void **state)
{
    struct capture *c = *state;
    static char text[OUTPUT_BYTES_MAX];
    ssize_t n = read(c->reading, text, sizeof(text) - 1);
    assert_true(n > 0);
    text[n] = '\0';
    return text;
}

/* The text behind a time in the form of RFC 3339, which must stand there. */
static const char *behind_time(const char *line)
{
    static const char form[] = "0000-00-00T00:00:00Z ";
    for (size_t i = 0; i < sizeof(form) - 1; i++) {
        if (form[i] == '0')
            assert_in_range(line[i], '0', '9');
        else
            assert_int_equal(line[i], form[i]);
    }
    return line + sizeof(form) - 1;
}

static void a_line_opens_with_the_time_and_its_level(void **state)
{
    log_line(LOG_LEVEL_INFO, "following %s", "badged.db");
    assert_string_equal(behind_time(output(state)), "following badged.db\n");
    log_line(LOG_LEVEL_WARNING, "slow");
    assert_string_equal(behind_time(output(state)), "warning: slow\n");
    log_line(LOG_LEVEL_ERROR, "gone");
    assert_string_equal(behind_time(output(state)), "error: gone\n");
}

static void the_journal_gets_a_priority_and_no_time(void **state)
{
    assert_int_equal(setenv("JOURNAL_STREAM", "8:1", 1), 0);
    log_line(LOG_LEVEL_INFO, "following");
    assert_string_equal(output(state), "<6>following\n");
    log_line(LOG_LEVEL_WARNING, "slow");
    assert_string_equal(output(state), "<4>warning: slow\n");
    log_line(LOG_LEVEL_ERROR, "gone");
    assert_string_equal(output(state), "<3>error: gone\n");
}

static void control_characters_cannot_forge_a_line(void **state)
{
    log_line(LOG_LEVEL_INFO, "%s", "a\n<3>b\r\t\x1b[31m\x7f\xC2\x9B\x9B\xC3\xBC");
    assert_string_equal(behind_time(output(state)), "a?<3>b???[31m???\xC3\xBC\n");
}

static void a_line_that_is_too_long_is_cut_and_ends(void **state)
{
    static char text[OUTPUT_BYTES_MAX];
    memset(text, 'x', sizeof(text) - 1);
    log_line(LOG_LEVEL_INFO, "%s", text);
    const char *line = output(state);
    assert_in_range(strlen(line), ERROR_MESSAGE_BYTES_MAX, 2 * ERROR_MESSAGE_BYTES_MAX);
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void quiet_leaves_out_what_is_no_fault(void **state)
{
    log_quiet(true);
    log_line(LOG_LEVEL_INFO, "left out");
    log_line(LOG_LEVEL_WARNING, "kept");
    assert_string_equal(behind_time(output(state)), "warning: kept\n");
    log_quiet(false);
    log_line(LOG_LEVEL_INFO, "back");
    assert_string_equal(behind_time(output(state)), "back\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_opens_with_the_time_and_its_level, start, stop),
        cmocka_unit_test_setup_teardown(the_journal_gets_a_priority_and_no_time, start, stop),
        cmocka_unit_test_setup_teardown(control_characters_cannot_forge_a_line, start, stop),
        cmocka_unit_test_setup_teardown(a_line_that_is_too_long_is_cut_and_ends, start, stop),
        cmocka_unit_test_setup_teardown(quiet_leaves_out_what_is_no_fault, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
