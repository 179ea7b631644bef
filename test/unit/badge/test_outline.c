/* What outline.h promises: groups in front of what is in them, in either order. */
#include "badge/outline.h"
#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* One line an item: two spaces for each group that it is in, its last part, "/" for a group, and
 * its label. */
static void assert_outline(const struct definitions *d, enum outline_order order,
                           const char *wanted)
{
    struct outline *o = outline_new(d, order);
    struct buffer out = {0};
    for (size_t i = 0; i < o->count; i++) {
        const struct outline_item *item = &o->items[i];
        const char *dot = strrchr(item->name, '.');
        assert_string_equal(item->part, dot != NULL ? dot + 1 : item->name);
        if (item->badge != NULL)
            assert_string_equal(item->name, item->badge->name);
        buffer_printf(&out, "%*s%s%s %s\n", (int)item->depth * 2, "", item->part,
                      item->badge == NULL ? "/" : "", item->label);
    }
    assert_string_equal(out.len > 0 ? out.bytes : "", wanted);
    buffer_fini(&out);
    outline_free(o);
}

static void must_add(struct definitions *d, const char *name)
{
    struct spec_fault fault;
    struct error e;
    if (definitions_add(d, &(struct badge_spec){.name = name}, &fault, &e) != ERR_OK)
        fail_msg("%s: %s", name, e.message);
}

#define KNOWLEDGE                                                                                  \
    "knowledge/ Knowledge\n  sites Sites\n  sources Sources\n  documents Documents\n"              \
    "  answers Answers\n  crawlFailures Crawl Failures\n  widget Widget\n"
#define SINGLE     "conversations Conversations\nfeedback Feedback\n"
#define AUTOMATION "automation/ Automation\n  rules Rules\n  outbox Outbox\n"
#define INTEGRATIONS                                                                               \
    "integrations/ Integrations\n  installed Installed\n  marketplace Marketplace\n"

static void the_answer_has_the_order_of_the_definitions(void **state)
{
    (void)state;
    struct definitions *d = definitions_builtin();
    assert_outline(d, OUTLINE_ANSWER, KNOWLEDGE SINGLE INTEGRATIONS AUTOMATION);
    definitions_free(d);
}

static void the_sidebar_has_its_own_and_the_users_badges_behind(void **state)
{
    (void)state;
    struct definitions *d = definitions_builtin();
    must_add(d, "orders.late");
    must_add(d, "attention");
    must_add(d, "automation.retrying");
    must_add(d, "orders.lost");
    must_add(d, "feed"); /* the beginning of a built-in name is not that name */
    assert_outline(d, OUTLINE_SIDEBAR,
                   KNOWLEDGE SINGLE AUTOMATION "  retrying Retrying\n" INTEGRATIONS
                                               "orders/ Orders\n  late Late\n  lost Lost\n"
                                               "attention Attention\nfeed Feed\n");
    definitions_free(d);
}

static void groups_nest_as_deep_as_names(void **state)
{
    (void)state;
    struct definitions *d = definitions_new();
    must_add(d, "a.b.c.one");
    must_add(d, "a.b.two");
    must_add(d, "a.bb.three");
    must_add(d, "a.b.c.four");
    must_add(d, "z.b.c.five");
    static const char wanted[] =
        "a/ A\n  b/ B\n    c/ C\n      one One\n      four Four\n    two Two\n"
        "  bb/ Bb\n    three Three\n"
        "z/ Z\n  b/ B\n    c/ C\n      five Five\n";
    assert_outline(d, OUTLINE_ANSWER, wanted);
    assert_outline(d, OUTLINE_SIDEBAR, wanted);
    definitions_free(d);
}

static void an_empty_set_has_none(void **state)
{
    (void)state;
    struct definitions *d = definitions_new();
    assert_outline(d, OUTLINE_ANSWER, "");
    assert_outline(d, OUTLINE_SIDEBAR, "");
    definitions_free(d);
    outline_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_answer_has_the_order_of_the_definitions),
        cmocka_unit_test(the_sidebar_has_its_own_and_the_users_badges_behind),
        cmocka_unit_test(groups_nest_as_deep_as_names),
        cmocka_unit_test(an_empty_set_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
