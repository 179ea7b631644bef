/* What error.h promises: a code and one sentence, which grows outward and never overflows. */
#include "base/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_set_error_holds_code_and_sentence_and_no_cause(void **state)
{
    (void)state;
    struct error e = {.cause = 5};
    assert_int_equal(error_set(&e, ERR_CONFIG, "line %d: no table %s", 7, "ordres"), ERR_CONFIG);
    assert_int_equal(e.code, ERR_CONFIG);
    assert_int_equal(e.cause, 0);
    assert_string_equal(e.message, "line 7: no table ordres");
}

static void callers_that_want_no_sentence_pass_null(void **state)
{
    (void)state;
    assert_int_equal(error_set(NULL, ERR_BUSY, "held"), ERR_BUSY);
    assert_int_equal(error_set_errno(NULL, ENOSPC, "writing"), ERR_FULL);
    error_wrap(NULL, "loading");
}

static void errno_decides_the_code_and_ends_the_sentence(void **state)
{
    (void)state;
    static const struct {
        int errnum;
        enum err code;
        const char *message;
    } rows[] = {
        {ENOSPC, ERR_FULL, "writing badged.db: No space left on device"},
        {EDQUOT, ERR_FULL, "writing badged.db: Disk quota exceeded"},
        {EROFS, ERR_READ_ONLY, "writing badged.db: Read-only file system"},
        {EACCES, ERR_READ_ONLY, "writing badged.db: Permission denied"},
        {EPERM, ERR_READ_ONLY, "writing badged.db: Operation not permitted"},
        {EIO, ERR_SYSTEM, "writing badged.db: Input/output error"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error e = {0};
        assert_int_equal(error_set_errno(&e, rows[i].errnum, "writing %s", "badged.db"),
                         rows[i].code);
        assert_int_equal(e.code, rows[i].code);
        assert_int_equal(e.cause, rows[i].errnum);
        assert_string_equal(e.message, rows[i].message);
    }
}

static void wrapping_puts_words_in_front_and_keeps_code_and_cause(void **state)
{
    (void)state;
    struct error e = {0};
    (void)error_set_errno(&e, EIO, "reading page %d", 3);
    error_wrap(&e, "loading %s", "crawl_attempts");
    error_wrap(&e, "feed");
    assert_int_equal(e.code, ERR_SYSTEM);
    assert_int_equal(e.cause, EIO);
    assert_string_equal(e.message,
                        "feed: loading crawl_attempts: reading page 3: Input/output error");
}

static void a_sentence_that_just_fits_is_kept_whole(void **state)
{
    (void)state;
    char text[ERROR_MESSAGE_BYTES_MAX];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    struct error e = {0};
    (void)error_set(&e, ERR_DATABASE, "%s", text);
    assert_string_equal(e.message, text);
}

/* Fill a message to one byte before the end, place the character there, and see that none of it is
 * left. */
static void assert_split_character_is_dropped(const char *character)
{
    char text[ERROR_MESSAGE_BYTES_MAX + 16];
    size_t len = strlen(character);
    for (size_t kept = 1; kept < len; kept++) {
        size_t fill = ERROR_MESSAGE_BYTES_MAX - 1 - kept;
        memset(text, 'x', fill);
        memcpy(text + fill, character, len + 1);
        struct error e = {0};
        (void)error_set(&e, ERR_DATABASE, "%s", text);
        assert_int_equal(strlen(e.message), fill);
        assert_memory_equal(e.message, text, fill);
    }
}

static void a_sentence_is_cut_between_characters(void **state)
{
    (void)state;
    assert_split_character_is_dropped("\xC3\xBC");
    assert_split_character_is_dropped("\xE6\xBC\xA2");
    assert_split_character_is_dropped("\xF0\x9F\x94\x94");
}

static void wrapping_a_full_sentence_cuts_its_end(void **state)
{
    (void)state;
    char text[ERROR_MESSAGE_BYTES_MAX];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    struct error e = {0};
    (void)error_set(&e, ERR_DATABASE, "%s", text);
    error_wrap(&e, "front");
    assert_memory_equal(e.message, "front: xxx", 10);
    assert_in_range(strlen(e.message), ERROR_MESSAGE_BYTES_MAX - 5, ERROR_MESSAGE_BYTES_MAX - 1);
}

static void every_code_has_a_class(void **state)
{
    (void)state;
    for (int code = 0; code < ERR__COUNT; code++) {
        const struct error_class *class = error_class((enum err)code);
        assert_non_null(class->slug);
        assert_non_null(class->title);
        assert_in_range(class->http_status, code == ERR_OK ? 200 : 400, 599);
        if (code == ERR_OK)
            assert_int_equal(class->exit_code, 0);
        else
            assert_in_range(class->exit_code, 64, 78);
    }
}

static void no_two_codes_share_a_problem_type(void **state)
{
    (void)state;
    for (int a = 0; a < ERR__COUNT; a++)
        for (int b = a + 1; b < ERR__COUNT; b++)
            assert_string_not_equal(error_class((enum err)a)->slug, error_class((enum err)b)->slug);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_error_holds_code_and_sentence_and_no_cause),
        cmocka_unit_test(callers_that_want_no_sentence_pass_null),
        cmocka_unit_test(errno_decides_the_code_and_ends_the_sentence),
        cmocka_unit_test(wrapping_puts_words_in_front_and_keeps_code_and_cause),
        cmocka_unit_test(a_sentence_that_just_fits_is_kept_whole),
        cmocka_unit_test(a_sentence_is_cut_between_characters),
        cmocka_unit_test(wrapping_a_full_sentence_cuts_its_end),
        cmocka_unit_test(every_code_has_a_class),
        cmocka_unit_test(no_two_codes_share_a_problem_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
