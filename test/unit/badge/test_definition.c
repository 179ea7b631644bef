/* Badge definitions: names, labels, limits, the order that a group keeps, sources that badges
 * share, and the set that is built in. */
#include "badge/definition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define X10(s)   s s s s s s s s s s

static enum err add(struct definitions *d, const struct badge_spec *spec, struct spec_fault *fault,
                    struct error *e)
{
    *e = (struct error){0};
    memset(fault, 0x55, sizeof(*fault));
    return definitions_add(d, spec, fault, e);
}

static void must_add(struct definitions *d, const struct badge_spec *spec)
{
    struct spec_fault fault;
    struct error e;
    if (add(d, spec, &fault, &e) != ERR_OK)
        fail_msg("%s: %s", spec->name, e.message);
}

static void must_add_name(struct definitions *d, const char *name)
{
    must_add(d, &(struct badge_spec){.name = name});
}

static void must_add_counting(struct definitions *d, const char *name, const char *where)
{
    const struct source_spec source = {.table = "t", .where = where};
    must_add(d, &(struct badge_spec){.name = name, .count = &source, .count_len = 1});
}

/* The names of a set, with spaces between. */
static void assert_names(const struct definitions *d, const char *wanted)
{
    char names[1000] = "";
    size_t len = 0;
    for (size_t i = 0; i < d->badges_count; i++)
        len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", i > 0 ? " " : "",
                                d->badges[i].name);
    assert_string_equal(names, wanted);
}

/* ---- names ---- */

static void a_name_is_dotted_words(void **state)
{
    (void)state;
    static const char *const good[] = {
        "a",        "Z",   "0",           "_", "-", "a.b", "a.b.c.d", "crawlFailures",
        "a-b_c.D9", "1.2", X10(X10("x")),
    };
    for (size_t i = 0; i < COUNT(good); i++) {
        struct definitions *d = definitions_new();
        must_add_name(d, good[i]);
        assert_non_null(definitions_find(d, good[i]));
        definitions_free(d);
    }
}

#define NO_NAME(s)                                                                                 \
    "'" s "' is no badge name: letters, digits, '_' and '-', in parts with single dots between "   \
    "them, such as orders.late"

static void what_is_no_name_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *message;
    } bad[] = {
        {NULL, "a badge needs a name"},
        {"", "a badge needs a name"},
        {".", NO_NAME(".")},
        {"a.", NO_NAME("a.")},
        {".a", NO_NAME(".a")},
        {"a..b", NO_NAME("a..b")},
        {"a b", NO_NAME("a b")},
        {" a", NO_NAME(" a")},
        {"a\n", NO_NAME("a\n")},
        {"a/b", NO_NAME("a/b")},
        {"a\"b", NO_NAME("a\"b")},
        {"größe", NO_NAME("größe")},
        {"a.b.c.d.e", "badge name 'a.b.c.d.e' has more than 4 parts"},
        {X10(X10("x")) "y", "a badge's name is at most 100 bytes long"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct definitions *d = definitions_new();
        struct spec_fault fault;
        struct error e;
        assert_int_equal(add(d, &(struct badge_spec){.name = bad[i].name}, &fault, &e), ERR_CONFIG);
        assert_string_equal(e.message, bad[i].message);
        assert_int_equal(fault.field, SPEC_NAME);
        assert_int_equal(d->badges_count, 0);
        definitions_free(d);
    }
}

static void a_name_is_a_number_or_a_group_but_not_both(void **state)
{
    (void)state;
    static const struct {
        const char *there, *name;
        bool collides;
    } pairs[] = {
        {"a", "a.b", true},      {"a.b", "a", true},       {"a.b", "a.b.c", true},
        {"a.b.c.d", "a", true},  {"a", "a.b.c.d", true},   {"a.b.c", "a.b", true},
        {"a", "b", false},       {"a", "ab", false},       {"ab", "a.b", false},
        {"a.b", "a.bc", false},  {"a.bc", "a.b", false},   {"a.b", "ab", false},
        {"a", "A.b", false},     {"a.b", "b", false},      {"a-b", "a.b", false},
        {"a.b.c", "a.c", false}, {"a.b.c", "a.bb", false},
    };
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct definitions *d = definitions_new();
        struct spec_fault fault;
        struct error e;
        must_add_name(d, "other");
        must_add_name(d, pairs[i].there);
        enum err err = add(d, &(struct badge_spec){.name = pairs[i].name}, &fault, &e);
        assert_int_equal(err, pairs[i].collides ? ERR_CONFIG : ERR_OK);
        assert_int_equal(d->badges_count, pairs[i].collides ? 2 : 3);
        if (pairs[i].collides) {
            char message[200];
            snprintf(message, sizeof(message),
                     "badge '%s' collides with badge '%s': one name cannot be both a number and a "
                     "group",
                     pairs[i].name, pairs[i].there);
            assert_string_equal(e.message, message);
            assert_int_equal(fault.field, SPEC_NAME);
        }
        definitions_free(d);
    }
}

static void a_label_is_made_of_the_names_last_part(void **state)
{
    (void)state;
    static const struct {
        const char *name, *label;
    } labels[] = {
        {"knowledge.crawlFailures", "Crawl Failures"},
        {"feedback", "Feedback"},
        {"a.b.late_orders", "Late Orders"},
        {"late-orders", "Late Orders"},
        {"HTTPErrors", "HTTPErrors"},
        {"crawlHTTP", "Crawl HTTP"},
        {"__late__orders__", "Late Orders"},
        {"top10Sites", "Top10 Sites"},
        {"x.404s", "404s"},
        {"_", "_"},
        {"a.--", "--"},
        {"a-B", "A B"},
        {"Already", "Already"},
        {"z", "Z"},
    };
    for (size_t i = 0; i < COUNT(labels); i++) {
        struct definitions *d = definitions_new();
        must_add_name(d, labels[i].name);
        assert_string_equal(d->badges[0].label, labels[i].label);
        definitions_free(d);
    }
    struct definitions *d = definitions_new();
    must_add(d, &(struct badge_spec){.name = "a", .label = "Größe & Co"});
    assert_string_equal(d->badges[0].label, "Größe & Co");
    definitions_free(d);
}

/* ---- order ---- */

static void badges_of_a_group_stand_together(void **state)
{
    (void)state;
    static const struct {
        const char *const names[10];
        const char *order;
    } cases[] = {
        {{"a", "b", "c"}, "a b c"},
        {{"g.a", "x", "g.b", "y", "g.c"}, "g.a g.b g.c x y"},
        {{"x", "g.a", "h.a", "g.b", "h.b"}, "x g.a g.b h.a h.b"},
        {{"g.a.x", "g.b", "h", "g.a.y", "g.c"}, "g.a.x g.a.y g.b g.c h"},
        {{"g.b", "g.a.x", "h", "g.a.y", "g.c", "g.a.z"}, "g.b g.a.x g.a.y g.a.z g.c h"},
        {{"a.b.c.d", "a.x", "a.b.y", "z", "a.b.c.e", "a.w"}, "a.b.c.d a.b.c.e a.b.y a.x a.w z"},
        {{"g.a", "ga", "g.b"}, "g.a g.b ga"}, /* "ga" is no group */
        {{"gg.a", "x", "g.a", "gg.b"}, "gg.a gg.b x g.a"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct definitions *d = definitions_new();
        for (size_t n = 0; n < COUNT(cases[i].names) && cases[i].names[n] != NULL; n++)
            must_add_name(d, cases[i].names[n]);
        assert_names(d, cases[i].order);
        definitions_free(d);
    }
}

static void a_badge_that_is_replaced_keeps_its_place(void **state)
{
    (void)state;
    struct definitions *d = definitions_new();
    must_add_name(d, "g.a");
    must_add_counting(d, "g.b", "n = 1");
    must_add_name(d, "h");
    must_add(d, &(struct badge_spec){
                    .name = "g.b",
                    .label = "New",
                    .is_zero_null = true,
                    .count = (const struct source_spec[]){{.table = "t", .where = "n = 2"},
                                                          {.table = "t", .where = "n = 3"}},
                    .count_len = 2});
    assert_names(d, "g.a g.b h");
    const struct badge *b = definitions_find(d, "g.b");
    assert_string_equal(b->label, "New");
    assert_true(b->is_zero_null);
    assert_int_equal(b->sources_count, 2);
    assert_string_equal(d->sources[b->sources[0]].where, "n = 2");
    assert_string_equal(d->sources[b->sources[1]].where, "n = 3");
    assert_null(definitions_find(d, "g"));
    assert_null(definitions_find(d, "G.b"));
    assert_null(definitions_find(d, "g.bb"));
    definitions_free(d);
}

/* ---- sources ---- */

static void a_source_takes_its_defaults(void **state)
{
    (void)state;
    struct definitions *d = definitions_new();
    must_add(d, &(struct badge_spec){.name = "a",
                                     .count = &(const struct source_spec){.table = "t"},
                                     .count_len = 1});
    const struct source *s = &d->sources[0];
    assert_string_equal(s->schema, "public");
    assert_string_equal(s->table, "t");
    assert_string_equal(s->tenant, "tenant_id");
    assert_string_equal(s->where, "TRUE");
    assert_null(s->distinct);
    assert_null(s->order);
    assert_int_equal(predicate_columns_count(s->predicate), 0);
    assert_false(d->badges[0].is_zero_null);
    definitions_free(d);
}

static void badges_that_count_the_same_share_a_source(void **state)
{
    (void)state;
    static const struct source_spec same[] = {
        {.table = "t", .where = "n = 1"},
        {.schema = "public", .table = "t", .where = "n = 1", .tenant = "tenant_id"},
    };
    static const struct source_spec others[] = {
        {.schema = "other", .table = "t", .where = "n = 1"},
        {.table = "u", .where = "n = 1"},
        {.table = "t", .where = "n = 1", .tenant = "org"},
        {.table = "t", .where = "n  = 1"},
        {.table = "t"},
        {.table = "t", .where = "n = 1", .distinct = "n"},
        {.table = "t", .where = "n = 1", .distinct = "m"},
        {.table = "t", .where = "n = 1", .order = "n"},
        {.table = "t", .where = "n = 1", .order = "created_at"},
    };
    struct definitions *d = definitions_new();
    char name[20];
    for (size_t i = 0; i < COUNT(same); i++) {
        snprintf(name, sizeof(name), "same%zu", i);
        must_add(d, &(struct badge_spec){.name = name, .count = &same[i], .count_len = 1});
        assert_int_equal(d->sources_count, 1);
        assert_int_equal(d->badges[i].sources[0], 0);
    }
    for (size_t i = 0; i < COUNT(others); i++) {
        snprintf(name, sizeof(name), "other%zu", i);
        must_add(d, &(struct badge_spec){.name = name, .count = &others[i], .count_len = 1});
        assert_int_equal(d->sources_count, i + 2);
    }
    definitions_free(d);
}

static void sources_that_nobody_counts_are_dropped(void **state)
{
    (void)state;
    struct definitions *d = definitions_new();
    must_add_counting(d, "a", "n = 1");
    must_add_counting(d, "b", "n = 2");
    must_add_counting(d, "c", "n = 3");
    must_add_counting(d, "d", "n = 1");
    must_add(d, &(struct badge_spec){
                    .name = "e",
                    .count = (const struct source_spec[]){{.table = "t", .where = "n = 3"},
                                                          {.table = "t", .where = "n = 4"}},
                    .count_len = 2});
    definitions_compact(d);
    assert_int_equal(d->sources_count, 4);
    must_add_counting(d, "a", "n = 5");
    must_add_name(d, "b");
    must_add_counting(d, "d", "n = 6"); /* now nobody has 1 and 2 */
    assert_int_equal(d->sources_count, 6);
    definitions_compact(d);
    assert_int_equal(d->sources_count, 4);
    static const char *const wheres[] = {"a n = 5", "c n = 3", "d n = 6", "e n = 3", "e n = 4"};
    size_t seen = 0;
    for (size_t i = 0; i < d->badges_count; i++)
        for (size_t j = 0; j < d->badges[i].sources_count; j++) {
            char text[20];
            snprintf(text, sizeof(text), "%s %s", d->badges[i].name,
                     d->sources[d->badges[i].sources[j]].where);
            assert_string_equal(text, wheres[seen++]);
        }
    assert_int_equal(seen, COUNT(wheres));
    definitions_compact(d);
    assert_int_equal(d->sources_count, 4);
    definitions_free(d);
}

/* ---- what is refused ---- */

static const char *const identifier_63 = X10("xxxxxx") "xxx", *const identifier_64 =
                                                                  X10("xxxxxx") "xxxx";

static void assert_source_refused(const struct source_spec *bad, enum spec_field field,
                                  size_t offset, const char *message)
{
    struct definitions *d = definitions_new();
    struct spec_fault fault;
    struct error e;
    must_add_counting(d, "there", "n = 1");
    const struct source_spec count[] = {{.table = "new"}, *bad, {.table = "never"}};
    enum err err =
        add(d, &(struct badge_spec){.name = "a", .count = count, .count_len = 3}, &fault, &e);
    assert_int_equal(err, ERR_CONFIG);
    assert_string_equal(e.message, message);
    assert_int_equal(fault.field, field);
    assert_int_equal(fault.source, 1);
    assert_int_equal(fault.offset, offset);
    assert_int_equal(d->badges_count, 1); /* as it was before */
    assert_int_equal(d->sources_count, 1);
    definitions_free(d);
}

static void a_wrong_source_is_refused_with_its_place(void **state)
{
    (void)state;
#define TEXT_OF(field, text) &(const struct source_spec){.table = "t", .field = (text)}
    assert_source_refused(&(const struct source_spec){0}, SPEC_COUNT, 0, "a source needs a table");
    assert_source_refused(&(const struct source_spec){.table = ""}, SPEC_TABLE, 0,
                          "the name of a table has 1 to 63 bytes");
    assert_source_refused(&(const struct source_spec){.table = identifier_64}, SPEC_TABLE, 0,
                          "the name of a table has 1 to 63 bytes");
    assert_source_refused(TEXT_OF(schema, identifier_64), SPEC_SCHEMA, 0,
                          "the name of a schema has 1 to 63 bytes");
    assert_source_refused(TEXT_OF(tenant, ""), SPEC_TENANT, 0,
                          "the name of a tenant column has 1 to 63 bytes");
    assert_source_refused(TEXT_OF(distinct, identifier_64), SPEC_DISTINCT, 0,
                          "the name of a distinct column has 1 to 63 bytes");
    assert_source_refused(TEXT_OF(order, ""), SPEC_ORDER, 0,
                          "the name of an order column has 1 to 63 bytes");
    assert_source_refused(TEXT_OF(where, "n = 1 AND"), SPEC_WHERE, 9,
                          "a column or a literal must follow");
    assert_source_refused(TEXT_OF(where, ""), SPEC_WHERE, 0,
                          "the predicate is empty; write TRUE to count every row");
    assert_source_refused(&(const struct source_spec){.table = "new"}, SPEC_COUNT, 0,
                          "badge 'a' counts the same rows twice");
#undef TEXT_OF
    struct definitions *d = definitions_new();
    const struct source_spec longest = {identifier_63, identifier_63, identifier_63,
                                        NULL,          identifier_63, identifier_63};
    must_add(d, &(struct badge_spec){.name = "a", .count = &longest, .count_len = 1});
    definitions_free(d);
}

static void a_label_has_1_to_200_bytes(void **state)
{
    (void)state;
    struct definitions *d = definitions_new();
    struct spec_fault fault;
    struct error e;
    static const char *const bad[] = {"", X10(X10("xx")) "y"};
    must_add(d, &(struct badge_spec){.name = "a", .label = X10(X10("xx"))});
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(add(d, &(struct badge_spec){.name = "b", .label = bad[i]}, &fault, &e),
                         ERR_CONFIG);
        assert_string_equal(e.message, "a label has 1 to 200 bytes");
        assert_int_equal(fault.field, SPEC_LABEL);
    }
    assert_int_equal(d->badges_count, 1);
    definitions_free(d);
}

static void a_badge_counts_at_most_16_sources(void **state)
{
    (void)state;
    struct definitions *d = definitions_new();
    struct spec_fault fault;
    struct error e;
    char tables[BADGE_SOURCES_MAX + 1][8];
    struct source_spec count[BADGE_SOURCES_MAX + 1];
    for (size_t i = 0; i <= BADGE_SOURCES_MAX; i++) {
        snprintf(tables[i], sizeof(tables[i]), "t%zu", i);
        count[i] = (struct source_spec){.table = tables[i]};
    }
    struct badge_spec spec = {.name = "a", .count = count, .count_len = BADGE_SOURCES_MAX};
    must_add(d, &spec);
    assert_int_equal(d->sources_count, BADGE_SOURCES_MAX);
    spec.count_len++;
    assert_int_equal(add(d, &spec, &fault, &e), ERR_CONFIG);
    assert_string_equal(e.message, "a badge counts at most 16 sources");
    assert_int_equal(fault.field, SPEC_COUNT);
    assert_int_equal(d->sources_count, BADGE_SOURCES_MAX);
    definitions_free(d);
}

static void there_are_at_most_256_badges_and_256_sources(void **state)
{
    (void)state;
    struct definitions *d = definitions_new();
    struct spec_fault fault;
    struct error e;
    char name[20];
    for (int i = 0; i < BADGES_MAX; i++) {
        snprintf(name, sizeof(name), "b%d", i);
        must_add_counting(d, name, name); /* a column of that name */
    }
    assert_int_equal(add(d, &(struct badge_spec){.name = "more"}, &fault, &e), ERR_CONFIG);
    assert_string_equal(e.message, "there can be at most 256 badges");
    assert_int_equal(fault.field, SPEC_BADGE);
    must_add_counting(d, "b7", "b8"); /* replaced, and shared */
    const struct source_spec more = {.table = "more"};
    const struct badge_spec spec = {.name = "b7", .count = &more, .count_len = 1};
    assert_int_equal(add(d, &spec, &fault, &e), ERR_CONFIG);
    assert_string_equal(e.message, "all badges together count at most 256 different sources");
    assert_int_equal(fault.field, SPEC_COUNT);
    assert_int_equal(d->sources_count, SOURCES_MAX);
    definitions_compact(d);
    must_add(d, &spec); /* the one that b7 had before is gone */
    assert_int_equal(d->sources_count, SOURCES_MAX);
    definitions_free(d);
}

/* ---- the built-in set ---- */

static const struct {
    const char *name, *label;
    bool is_zero_null;
    const char *sources; /* table, predicate and distinct column of each */
} builtin[] = {
    {"knowledge.sites", "Sites", true, ""},
    {"knowledge.sources", "Sources", true, "crawl_attempts: status = 'failed' AND can_retry;"},
    {"knowledge.documents", "Documents", true, ""},
    {"knowledge.answers", "Answers", true, ""},
    {"knowledge.crawlFailures", "Crawl Failures", true,
     "crawl_attempts: status = 'failed' AND can_retry;page_failures: NOT is_resolved;"},
    {"knowledge.widget", "Widget", true, ""},
    {"conversations", "Conversations", true,
     "integration_outbox: status = 'failed' AND conversation_id IS NOT NULL, distinct "
     "conversation_id;"},
    {"feedback", "Feedback", true,
     "feedback: priority IN ('urgent', 'high') AND resolved_at IS NULL;"},
    {"integrations.installed", "Installed", false,
     "integrations: status IN ('error', 'disabled');"},
    {"integrations.marketplace", "Marketplace", false, ""},
    {"automation.rules", "Rules", false, ""},
    {"automation.outbox", "Outbox", false, "integration_outbox: status = 'failed';"},
};

static void the_built_in_set_is_as_existing_front_ends_read_it(void **state)
{
    (void)state;
    struct definitions *d = definitions_builtin();
    assert_int_equal(d->badges_count, COUNT(builtin));
    assert_int_equal(d->sources_count, 6); /* one is shared */
    for (size_t i = 0; i < COUNT(builtin); i++) {
        const struct badge *b = &d->badges[i];
        char sources[300] = "";
        size_t len = 0;
        for (size_t j = 0; j < b->sources_count; j++) {
            const struct source *s = &d->sources[b->sources[j]];
            len += (size_t)snprintf(sources + len, sizeof(sources) - len, "%s: %s%s%s;", s->table,
                                    s->where, s->distinct != NULL ? ", distinct " : "",
                                    s->distinct != NULL ? s->distinct : "");
            assert_string_equal(s->schema, "public");
            assert_string_equal(s->tenant, "tenant_id");
            assert_null(s->order);
        }
        assert_string_equal(b->name, builtin[i].name);
        assert_string_equal(b->label, builtin[i].label);
        assert_int_equal(b->is_zero_null, builtin[i].is_zero_null);
        assert_string_equal(sources, builtin[i].sources);
    }
    definitions_compact(d);
    assert_int_equal(d->sources_count, 6);
    definitions_free(d);
    definitions_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_dotted_words),
        cmocka_unit_test(what_is_no_name_is_refused),
        cmocka_unit_test(a_name_is_a_number_or_a_group_but_not_both),
        cmocka_unit_test(a_label_is_made_of_the_names_last_part),
        cmocka_unit_test(badges_of_a_group_stand_together),
        cmocka_unit_test(a_badge_that_is_replaced_keeps_its_place),
        cmocka_unit_test(a_source_takes_its_defaults),
        cmocka_unit_test(badges_that_count_the_same_share_a_source),
        cmocka_unit_test(sources_that_nobody_counts_are_dropped),
        cmocka_unit_test(a_wrong_source_is_refused_with_its_place),
        cmocka_unit_test(a_label_has_1_to_200_bytes),
        cmocka_unit_test(a_badge_counts_at_most_16_sources),
        cmocka_unit_test(there_are_at_most_256_badges_and_256_sources),
        cmocka_unit_test(the_built_in_set_is_as_existing_front_ends_read_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
