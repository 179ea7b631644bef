/* The JSON of the answer, byte for byte, and that it always parses to the numbers it was made of.
 */
#include "badge/shape.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "generate/random.h"

static void assert_rendered(const struct definitions *d, const uint64_t *numbers,
                            const char *wanted)
{
    struct shape *s = shape_new(d);
    struct buffer out = {0};
    buffer_puts(&out, "before"); /* what is there already stays */
    shape_render(s, numbers, &out);
    assert_memory_equal(out.bytes, "before", 6);
    assert_string_equal(out.bytes + 6, wanted);
    assert_int_equal(out.len, strlen(out.bytes));
    out.len = 0;
    shape_render(s, numbers, &out); /* and once more, from the same pieces */
    assert_string_equal(out.bytes, wanted);
    buffer_fini(&out);
    shape_free(s);
    shape_free(NULL);
}

static void must_add(struct definitions *d, const char *name, bool is_zero_null, const char *table)
{
    const struct source_spec source = {.table = table};
    const struct badge_spec spec = {.name = name,
                                    .is_zero_null = is_zero_null,
                                    .count = &source,
                                    .count_len = table != NULL ? 1 : 0};
    struct spec_fault fault;
    struct error e;
    if (definitions_add(d, &spec, &fault, &e) != ERR_OK)
        fail_msg("%s: %s", name, e.message);
}

static void the_built_in_badges_have_the_promised_shape(void **state)
{
    (void)state;
    struct definitions *d = definitions_builtin();
    /* crawls, pages, conversations, feedback, integrations, deliveries */
    assert_rendered(
        d, (const uint64_t[]){3, 9, 4, 7, 2, 5},
        "{\"knowledge\":{\"sites\":null,\"sources\":3,\"documents\":null,\"answers\":null,"
        "\"crawlFailures\":12,\"widget\":null},\"conversations\":4,\"feedback\":7,"
        "\"integrations\":{\"installed\":2,\"marketplace\":0},\"automation\":{\"rules\":0,"
        "\"outbox\":5}}");
    assert_rendered(
        d, (const uint64_t[]){0, 0, 0, 0, 0, 0},
        "{\"knowledge\":{\"sites\":null,\"sources\":null,\"documents\":null,\"answers\":null,"
        "\"crawlFailures\":null,\"widget\":null},\"conversations\":null,\"feedback\":null,"
        "\"integrations\":{\"installed\":0,\"marketplace\":0},\"automation\":{\"rules\":0,"
        "\"outbox\":0}}");
    definitions_free(d);
}

static void groups_open_and_close_around_their_badges(void **state)
{
    (void)state;
    static const struct {
        const char *const names[6];
        const char *json;
    } cases[] = {
        {{NULL}, "{}"},
        {{"a"}, "{\"a\":1}"},
        {{"a", "b"}, "{\"a\":1,\"b\":1}"},
        {{"g.a"}, "{\"g\":{\"a\":1}}"},
        {{"a.b.c.d"}, "{\"a\":{\"b\":{\"c\":{\"d\":1}}}}"},
        {{"a.b.c.d", "a.b.c.e", "a.b.f", "a.g", "h"},
         "{\"a\":{\"b\":{\"c\":{\"d\":1,\"e\":1},\"f\":1},\"g\":1},\"h\":1}"},
        {{"h", "a.g", "a.b.f", "a.b.c.d"},
         "{\"h\":1,\"a\":{\"g\":1,\"b\":{\"f\":1,\"c\":{\"d\":1}}}}"},
        {{"a.b.c", "d.b.c"}, "{\"a\":{\"b\":{\"c\":1}},\"d\":{\"b\":{\"c\":1}}}"},
        {{"a.b.x", "a.c.x"}, "{\"a\":{\"b\":{\"x\":1},\"c\":{\"x\":1}}}"},
        {{"a.bb", "a.b"}, "{\"a\":{\"bb\":1,\"b\":1}}"},
        {{"ab.c", "a.c"}, "{\"ab\":{\"c\":1},\"a\":{\"c\":1}}"},
        {{"a.x", "b", "a.y"}, "{\"a\":{\"x\":1,\"y\":1},\"b\":1}"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct definitions *d = definitions_new();
        for (size_t n = 0; cases[i].names[n] != NULL; n++)
            must_add(d, cases[i].names[n], false, "t");
        assert_rendered(d, (const uint64_t[]){1}, cases[i].json);
        definitions_free(d);
    }
}

static void a_badge_is_the_sum_of_its_sources(void **state)
{
    (void)state;
    size_t sources[] = {0, 2, 3};
    const uint64_t numbers[] = {1, 20, 300, 4000};
    assert_int_equal(badge_number(&(struct badge){.sources = sources, .sources_count = 3}, numbers),
                     4301);
    assert_int_equal(badge_number(&(struct badge){.sources = sources, .sources_count = 1}, numbers),
                     1);
    assert_int_equal(badge_number(&(struct badge){0}, numbers), 0);
}

static void numbers_of_64_bits_are_whole(void **state)
{
    (void)state;
    struct definitions *d = definitions_new();
    must_add(d, "a", true, "t");
    must_add(d, "b", false, "u");
    assert_rendered(d, (const uint64_t[]){UINT64_MAX, 10000000000000000000u},
                    "{\"a\":18446744073709551615,\"b\":10000000000000000000}");
    assert_rendered(d, (const uint64_t[]){1, 9}, "{\"a\":1,\"b\":9}");
    assert_rendered(d, (const uint64_t[]){10, 99}, "{\"a\":10,\"b\":99}");
    definitions_free(d);
}

/* Names that definitions refuse, as escaping is the shape's own. */
static void names_are_escaped(void **state)
{
    (void)state;
    struct badge badges[] = {{.name = (char[]){"a\"b"}}, {.name = (char[]){"g\\.\x01\x7F"}}};
    const struct definitions d = {.badges = badges, .badges_count = 2};
    assert_rendered(&d, NULL, "{\"a\\\"b\":0,\"g\\\\\":{\"\\u0001\\u007f\":0}}");
}

/* ---- names at random, read back by a parser ---- */

static const json_t *look_up(const json_t *root, const char *name)
{
    char copy[BADGE_NAME_BYTES_MAX + 1], *rest = NULL;
    snprintf(copy, sizeof(copy), "%s", name);
    for (char *part = strtok_r(copy, ".", &rest); part != NULL && root != NULL;
         part = strtok_r(NULL, ".", &rest))
        root = json_object_get(root, part);
    return root;
}

static size_t count_leaves(json_t *root)
{
    size_t leaves = 0;
    const char *key;
    json_t *value;
    json_object_foreach(root, key, value) leaves += json_is_object(value) ? count_leaves(value) : 1;
    return leaves;
}

static void check_parsed(const struct definitions *d, const uint64_t *numbers)
{
    struct shape *s = shape_new(d);
    struct buffer out = {0};
    json_error_t error;
    shape_render(s, numbers, &out);
    json_t *root = json_loadb(out.bytes, out.len, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        fail_msg("%s: %s", error.text, out.bytes);
    assert_int_equal(count_leaves(root), d->badges_count);
    for (size_t i = 0; i < d->badges_count; i++) {
        const struct badge *b = &d->badges[i];
        const json_t *value = look_up(root, b->name);
        uint64_t n = badge_number(b, numbers);
        if (n == 0 && b->is_zero_null)
            assert_true(json_is_null(value));
        else
            assert_true(json_is_integer(value) && (uint64_t)json_integer_value(value) == n);
    }
    json_decref(root);
    buffer_fini(&out);
    shape_free(s);
}

static void any_set_of_names_parses_to_its_numbers(void **state)
{
    (void)state;
    static const char *const parts[] = {"a", "b", "ab", "c", "A"};
    struct random r = {11};
    for (int round = 0; round < 300; round++) {
        struct definitions *d = definitions_new();
        for (uint32_t tries = random_below(&r, 40); tries > 0; tries--) {
            char name[20] = "";
            for (uint32_t n = 1 + random_below(&r, 4), i = 0; i < n; i++)
                snprintf(name + strlen(name), sizeof(name) - strlen(name), "%s%s", i > 0 ? "." : "",
                         parts[random_below(&r, 5)]);
            char table[8];
            snprintf(table, sizeof(table), "t%u", random_below(&r, 6));
            const struct source_spec source = {.table = table};
            const struct badge_spec spec = {.name = name,
                                            .is_zero_null = random_one_in(&r, 2),
                                            .count = &source,
                                            .count_len = random_below(&r, 2)};
            struct spec_fault fault;
            (void)!definitions_add(d, &spec, &fault, NULL); /* those that collide are refused */
        }
        uint64_t numbers[6];
        for (size_t i = 0; i < 6; i++)
            numbers[i] = random_below(&r, 3);
        check_parsed(d, numbers);
        definitions_free(d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_built_in_badges_have_the_promised_shape),
        cmocka_unit_test(groups_open_and_close_around_their_badges),
        cmocka_unit_test(a_badge_is_the_sum_of_its_sources),
        cmocka_unit_test(numbers_of_64_bits_are_whole),
        cmocka_unit_test(names_are_escaped),
        cmocka_unit_test(any_set_of_names_parses_to_its_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
