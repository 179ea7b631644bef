/* YAML that a configuration does not need is refused before it costs anything. */
#include "refuse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void aliases_anchors_tags_and_directives_are_refused(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("auth: &a none\n",
            "badged.yaml:1:7: an anchor; expected the value alone, without '&' in front"),
        ROW("listen: *a\n", "badged.yaml:1:9: an alias; expected the value itself, or quotes "
                            "around a text that opens with '*'"),
        ROW("a: &a [x,x]\n"
            "b: &b [*a,*a]\n"
            "c: &c [*b,*b]\n"
            "d: [*c,*c]\n",
            "badged.yaml:1:4: an anchor; expected the value alone, without '&' in front"),
        ROW("threads: !!int 4\n",
            "badged.yaml:1:10: a tag; expected the value alone, without '!' in front"),
        ROW("threads: !x!y 4\n",
            "badged.yaml:1:10: '!' opens a tag; expected quotes around a text that opens with it"),
        ROW("%FOO\n"
            "---\n"
            "auth: none\n",
            "badged.yaml:1:1: '%' opens a directive; expected none"),
    };
    REFUSE(rows);
}

static void a_second_document_is_refused(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("auth: none\n"
            "---\n"
            "auth: jwt\n",
            "badged.yaml:2:1: a second document; expected one"),
        ROW("auth: none\n"
            "...\n"
            "listen: x\n",
            "badged.yaml:3:1: the mapping ended above; expected one mapping, its keys all in one "
            "column"),
    };
    REFUSE(rows);
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("a: [[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]\n",
            "badged.yaml:1:19: lists and mappings stand too deep inside each other; expected at "
            "most 16"),
    };
    REFUSE(rows);
}

static void what_may_be_a_password_is_not_shown(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("{ database: 'postgres://u:pw@h/d', badges: [ { name: a, count: [ { table: t, where: "
            "'x ~ 1' } ] } ] }\n",
            "badged.yaml:1:88: this character has no meaning in a predicate\n"
            "  x ~ 1\n"
            "    ^"),
        ROW("postgres://user:secret@host/db: x\n",
            "badged.yaml:1:1: unknown key 'postgres://…' in the file; expected one of " FILE_KEYS),
        ROW("postgres://user:secret@host/db\n",
            "badged.yaml:1:1: 'postgres://…' where the file begins; expected a mapping with keys "
            "among " FILE_KEYS),
        ROW("database: mysql://u:pw@h/d\n",
            "badged.yaml:1:11: a database at mysql://; expected sqlite:FILE or postgres://…"),
    };
    REFUSE(rows);
}

static void nesting_of_a_megabyte_is_refused_at_once(void **state)
{
    (void)state;
    refuse_many("", "[", 1000000, "",
                "badged.yaml:1:17: lists and mappings stand too deep inside each other; expected "
                "at most 16");
    refuse_many("", "- ", 500000, "",
                "badged.yaml:1:33: lists and mappings stand too deep inside each other; expected "
                "at most 16");
    refuse_many("", "{a: ", 250000, "",
                "badged.yaml:1:65: lists and mappings stand too deep inside each other; expected "
                "at most 16");
}

static void a_megabyte_of_directives_is_refused_at_once(void **state)
{
    (void)state;
    refuse_many("", "%TAG !a! b\n", 90000, "",
                "badged.yaml:1:1: '%' opens a directive; expected none");
    refuse_many("# x\n \n", "%TAG !a! b\n", 90000, "",
                "badged.yaml:3:1: '%' opens a directive; expected none");
    refuse_many("auth: none\n", "%TAG !a! b\n", 90000, "",
                "badged.yaml:2:1: '%' opens a directive; expected none");
    refuse_many("auth: none\n... # x\n...\n", "%TAG !a! b\n", 90000, "",
                "badged.yaml:4:1: '%' opens a directive; expected none");
}

static void a_file_of_too_many_values_is_refused(void **state)
{
    (void)state;
    refuse_many("badges: [", "a,", 100001, "]\n",
                "badged.yaml:1:200004: the file holds more than 100000 texts, lists and mappings; "
                "expected fewer");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aliases_anchors_tags_and_directives_are_refused),
        cmocka_unit_test(a_second_document_is_refused),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(what_may_be_a_password_is_not_shown),
        cmocka_unit_test(nesting_of_a_megabyte_is_refused_at_once),
        cmocka_unit_test(a_megabyte_of_directives_is_refused_at_once),
        cmocka_unit_test(a_file_of_too_many_values_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
