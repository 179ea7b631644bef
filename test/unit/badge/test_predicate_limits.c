/* How large a predicate may be: at each limit it is taken, and one over it is refused. And which
 * words are no columns. */
#include "badge/predicate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* From memory without a NUL behind it, so that reading past the end is seen. */
static enum err parse(const struct buffer *text, struct predicate **ret, size_t *offset,
                      struct error *e)
{
    char *bytes = malloc(text->len);
    memcpy(bytes, text->bytes, text->len);
    enum err err = predicate_parse(bytes, text->len, ret, offset, e);
    free(bytes);
    return err;
}

static void assert_refused(const struct buffer *text, size_t offset, const char *message)
{
    struct predicate *p = NULL;
    struct error e = {0};
    size_t at = SIZE_MAX;
    assert_int_equal(parse(text, &p, &at, &e), ERR_CONFIG);
    assert_string_equal(e.message, message);
    assert_int_equal(at, offset);
}

static void assert_parses(const struct buffer *text)
{
    struct predicate *p = NULL;
    struct error e = {0};
    size_t at;
    if (parse(text, &p, &at, &e) != ERR_OK)
        fail_msg("%s at %zu of %s", e.message, at, text->bytes);
    predicate_free(p);
}

static void repeat(struct buffer *b, const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++)
        buffer_puts(b, text);
}

static void a_text_over_4096_bytes_is_refused(void **state)
{
    (void)state;
    struct buffer text = {0};
    buffer_puts(&text, "flag");
    repeat(&text, " ", PREDICATE_BYTES_MAX - text.len);
    assert_parses(&text);
    buffer_puts(&text, " ");
    assert_refused(&text, PREDICATE_BYTES_MAX, "a predicate is at most 4096 bytes long");
    buffer_fini(&text);
}

/* Two operands and the operator of a test, or one operand and a test, and an OR between tests. */
static void a_predicate_over_512_nodes_is_refused(void **state)
{
    (void)state;
    static const char message[] =
        "this predicate has more than 512 operators, columns and literals";
    struct buffer text = {0};
    buffer_puts(&text, "n IN (0"); /* the IN, the column and 510 literals */
    repeat(&text, ",1", PREDICATE_NODES_MAX - 3);
    buffer_puts(&text, ")");
    assert_parses(&text);
    text.len--;
    buffer_puts(&text, ",1)");
    assert_refused(&text, text.len, message);
    buffer_fini(&text);

    buffer_puts(&text, "a"); /* 171 columns, as many tests, and 170 ORs */
    repeat(&text, " OR a", 170);
    assert_parses(&text);
    buffer_puts(&text, " OR a");
    assert_refused(&text, text.len - 1, message);
    buffer_fini(&text);
}

static void nesting_over_40_levels_is_refused(void **state)
{
    (void)state;
    static const char *const openings[] = {"(", "NOT ", "NOT (", "a OR a AND ("};
    static const size_t levels[] = {1, 1, 2, 3};
    for (size_t i = 0; i < COUNT(openings); i++) {
        struct buffer text = {0};
        size_t most = PREDICATE_DEPTH_MAX / levels[i];
        repeat(&text, openings[i], most);
        repeat(&text, "(", PREDICATE_DEPTH_MAX - most * levels[i]);
        buffer_puts(&text, "a");
        size_t innermost = text.len - 1;
        repeat(&text, ")",
               (strchr(openings[i], '(') != NULL ? most : 0) + PREDICATE_DEPTH_MAX -
                   most * levels[i]);
        assert_parses(&text);
        text.len = innermost;
        buffer_puts(&text, "(a)");
        assert_refused(&text, innermost, "parentheses and NOTs stand too deep inside each other");
        buffer_fini(&text);
    }
}

static void a_column_over_63_bytes_is_refused(void **state)
{
    (void)state;
    static const char message[] = "a column name is at most 63 bytes long";
    static const char *const quotes[] = {"", "\""};
    for (size_t i = 0; i < COUNT(quotes); i++) {
        struct buffer text = {0};
        buffer_printf(&text, "n = %s", quotes[i]);
        repeat(&text, "x", PREDICATE_COLUMN_BYTES_MAX);
        buffer_puts(&text, quotes[i]);
        assert_parses(&text);
        text.len -= strlen(quotes[i]);
        buffer_printf(&text, "x%s", quotes[i]);
        assert_refused(&text, 4, message);
        buffer_fini(&text);
    }
    struct buffer text = {0};
    buffer_puts(&text, "\"");
    repeat(&text, "\"\"", PREDICATE_COLUMN_BYTES_MAX); /* a name of 63 quotes */
    buffer_puts(&text, "\"");
    assert_parses(&text);
    buffer_fini(&text);
}

/* The words that Postgres or SQLite would not take for a column, as both were asked about each of
 * their keywords in 24 predicates. */
static const char *const reserved[] = {
    "add all alter analyse analyze and any array as asc asymmetric authorization autoincrement",
    "between binary both case cast check collate collation column commit concurrently constraint",
    "create cross current_catalog current_date current_role current_schema current_time",
    "current_timestamp current_user default deferrable delete desc distinct do drop else end",
    "escape except exists fetch for foreign freeze from full grant group having ilike in index",
    "initially inner insert intersect into is isnull join lateral leading left like limit",
    "localtime localtimestamp natural not nothing notnull offset on only or order outer overlaps",
    "placing primary raise references returning right select session_user set similar some",
    "symmetric system_user table tablesample then to trailing transaction union unique update user",
    "using values variadic verbose when where window with",
};

static void check_reserved(const char *word, int len)
{
    struct predicate *p = NULL;
    struct error e;
    size_t offset;
    struct buffer text = {0};
    buffer_printf(&text, "n = %.*s", len, word);
    if (parse(&text, &p, &offset, &e) != ERR_CONFIG || offset != 4)
        fail_msg("'%s' is taken", text.bytes);
    text.bytes[4] = (char)(text.bytes[4] - 'a' + 'A');
    assert_int_equal(parse(&text, &p, &offset, &e), ERR_CONFIG);
    buffer_fini(&text);
    buffer_printf(&text, "n = \"%.*s\"", len, word);
    assert_parses(&text);
    buffer_fini(&text);
    buffer_printf(&text, "n = %.*s_", len, word);
    assert_parses(&text);
    buffer_fini(&text);
}

static void a_reserved_word_is_a_column_in_double_quotes_only(void **state)
{
    (void)state;
    size_t words = 0;
    for (size_t i = 0; i < COUNT(reserved); i++)
        for (const char *word = reserved[i]; *word != '\0'; words++) {
            size_t len = strcspn(word, " ");
            check_reserved(word, (int)len);
            word += len + strspn(word + len, " ");
        }
    assert_int_equal(words, 115); /* and TRUE, FALSE and NULL, which are literals */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_over_4096_bytes_is_refused),
        cmocka_unit_test(a_predicate_over_512_nodes_is_refused),
        cmocka_unit_test(nesting_over_40_levels_is_refused),
        cmocka_unit_test(a_column_over_63_bytes_is_refused),
        cmocka_unit_test(a_reserved_word_is_a_column_in_double_quotes_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
