/* Where a source that does not suit its table is said to stand. */
#include "refuse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Explain a fault in the first source of a badge. */
static void assert_explained(const struct config *c, const char *badge, enum spec_field field,
                             size_t offset, const char *message)
{
    const struct badge *b = definitions_find(c->definitions, badge);
    struct source_fault fault = {.source = b->sources[0], .field = field, .offset = offset};
    struct error e;
    (void)error_set(&e, ERR_CONFIG, "it does not fit");
    e.cause = 7;
    config_explain(c, &fault, &e);
    assert_string_equal(e.message, message);
    assert_int_equal(e.code, ERR_CONFIG);
    assert_int_equal(e.cause, 7);
}

static const char all_fields[] = "badges:\n"
                                 "  - name: late\n"
                                 "    count:\n"
                                 "      - table: orders\n"
                                 "        where: status = 'late'\n"
                                 "        schema: shop\n"
                                 "        tenant: shop_id\n"
                                 "        distinct: customer_id\n"
                                 "        order: placed_at\n";

static void a_field_is_placed_where_its_value_stands(void **state)
{
    (void)state;
    struct config *c = parse(all_fields);
    assert_explained(c, "late", SPEC_TABLE, 0, "badged.yaml:4:16: it does not fit");
    assert_explained(c, "late", SPEC_SCHEMA, 0, "badged.yaml:6:17: it does not fit");
    assert_explained(c, "late", SPEC_TENANT, 0, "badged.yaml:7:17: it does not fit");
    assert_explained(c, "late", SPEC_DISTINCT, 0, "badged.yaml:8:19: it does not fit");
    assert_explained(c, "late", SPEC_ORDER, 0, "badged.yaml:9:16: it does not fit");
    config_free(c);
}

static void a_predicate_gets_a_caret(void **state)
{
    (void)state;
    struct config *c = parse(all_fields);
    assert_explained(c, "late", SPEC_WHERE, 9,
                     "badged.yaml:5:25: it does not fit\n"
                     "          where: status = 'late'\n"
                     "                          ^");
    config_free(c);
}

static void a_field_that_has_its_default_is_placed_where_its_source_begins(void **state)
{
    (void)state;
    struct config *c = parse("badges:\n"
                             "  - name: late\n"
                             "    count:\n"
                             "      - table: orders\n"
                             "      - { table: returns }\n");
    assert_explained(c, "late", SPEC_TENANT, 0, "badged.yaml:4:9: it does not fit");
    assert_explained(c, "late", SPEC_WHERE, 0, "badged.yaml:4:9: it does not fit");
    config_free(c);
}

static void a_source_of_a_built_in_badge_is_named_by_the_badge(void **state)
{
    (void)state;
    struct config *c = parse("badges: [{ name: late, count: [{ table: orders }] }]\n");
    assert_explained(c, "feedback", SPEC_TABLE, 0, "built-in badge 'feedback': it does not fit");
    assert_explained(c, "feedback", SPEC_WHERE, 12,
                     "built-in badge 'feedback': it does not fit\n"
                     "  priority IN ('urgent', 'high') AND resolved_at IS NULL\n"
                     "              ^");
    config_free(c);
    c = config_new();
    assert_explained(c, "feedback", SPEC_TABLE, 0, "built-in badge 'feedback': it does not fit");
    config_free(c);
}

/* Replacing knowledge.sources and knowledge.crawlFailures drops sources in front of all others,
 * which moves their numbers. */
static void places_hold_after_replaced_badges_dropped_their_sources(void **state)
{
    (void)state;
    struct config *c = parse("badges:\n"
                             "  - { name: first, count: [{ table: one }, { table: two }] }\n"
                             "  - { name: knowledge.sources, count: [] }\n"
                             "  - { name: knowledge.crawlFailures, count: [{ table: three }] }\n"
                             "  - { name: last, count: [{ table: four }] }\n");
    assert_explained(c, "first", SPEC_TABLE, 0, "badged.yaml:2:37: it does not fit");
    assert_explained(c, "knowledge.crawlFailures", SPEC_TABLE, 0,
                     "badged.yaml:4:55: it does not fit");
    assert_explained(c, "last", SPEC_TABLE, 0, "badged.yaml:5:36: it does not fit");
    assert_explained(c, "feedback", SPEC_TABLE, 0, "built-in badge 'feedback': it does not fit");
    config_free(c);
}

static void a_source_that_badges_share_is_placed_where_it_first_stands(void **state)
{
    (void)state;
    struct config *c =
        parse("badges:\n"
              "  - { name: a, count: [{ table: orders }] }\n"
              "  - { name: b, count: [{ table: orders, where: 'TRUE' }] }\n"
              "  - name: c\n"
              "    count: [{ table: integration_outbox, where: \"status = 'failed'\" }]\n");
    assert_explained(c, "b", SPEC_TABLE, 0, "badged.yaml:2:33: it does not fit");
    assert_explained(c, "automation.outbox", SPEC_TABLE, 0, "badged.yaml:5:22: it does not fit");
    config_free(c);
}

static void a_fault_found_when_binding_is_placed(void **state)
{
    (void)state;
    struct config *c = parse("badges:\n"
                             "  - name: late\n"
                             "    count:\n"
                             "      - table: orders\n"
                             "        where: \"staus = 'late'\"\n");
    char tenant[] = "tenant_id", status[] = "status", created[] = "created_at";
    struct column columns[] = {
        {tenant, COLUMN_UUID}, {status, COLUMN_TEXT}, {created, COLUMN_TIME}};
    char name[] = "orders", schema[] = "public";
    struct table orders = {.schema = schema, .name = name, .columns = columns, .columns_count = 3};
    const struct source *s =
        &c->definitions->sources[definitions_find(c->definitions, "late")->sources[0]];
    struct source_fault fault = {.source = (size_t)(s - c->definitions->sources),
                                 .field = SPEC_WHERE};
    struct error e;
    assert_int_equal(predicate_bind(s->predicate, &orders, &fault.offset, &e), ERR_CONFIG);
    config_explain(c, &fault, &e);
    assert_string_equal(e.message, "badged.yaml:5:17: table \"orders\" has no column \"staus\"\n"
                                   "          where: \"staus = 'late'\"\n"
                                   "                  ^");
    config_free(c);
}

static void explaining_needs_an_error_to_explain(void **state)
{
    (void)state;
    struct config *c = config_new();
    struct source_fault fault = {0};
    config_explain(c, &fault, NULL);
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_is_placed_where_its_value_stands),
        cmocka_unit_test(a_predicate_gets_a_caret),
        cmocka_unit_test(a_field_that_has_its_default_is_placed_where_its_source_begins),
        cmocka_unit_test(a_source_of_a_built_in_badge_is_named_by_the_badge),
        cmocka_unit_test(places_hold_after_replaced_badges_dropped_their_sources),
        cmocka_unit_test(a_source_that_badges_share_is_placed_where_it_first_stands),
        cmocka_unit_test(a_fault_found_when_binding_is_placed),
        cmocka_unit_test(explaining_needs_an_error_to_explain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
