/* Badges in a file that are wrong, or wrong beside others, and exactly what is said of each. */
#include "refuse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void two_badges_of_one_name_are_refused_with_both_lines(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("badges:\n"
            "  - name: a\n"
            "    count: []\n"
            "  - name: b\n"
            "    count: []\n"
            "  - name: a\n"
            "    count: []\n",
            "badged.yaml:6:11: a second badge 'a', the first being on line 2; expected each name "
            "once"),
    };
    REFUSE(rows);
}

static void colliding_names_are_refused(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("badges:\n"
            "  - name: a.b\n"
            "    count: []\n"
            "  - name: a\n"
            "    count: []\n",
            "badged.yaml:4:11: badge 'a' collides with badge 'a.b': one name cannot be both a "
            "number and a group"),
        ROW("badges:\n"
            "  - name: feedback.urgent\n"
            "    count: []\n",
            "badged.yaml:2:11: badge 'feedback.urgent' collides with badge 'feedback': one name "
            "cannot be both a number and a group"),
    };
    REFUSE(rows);
}

static void faults_of_badges_are_placed_at_the_key(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("badges:\n"
            "  - name: orders late\n"
            "    count: []\n",
            "badged.yaml:2:11: 'orders late' is no badge name: letters, digits, '_' and '-', in "
            "parts with single dots between them, such as orders.late"),
        ROW("badges:\n"
            "  - name: a.b.c.d.e\n"
            "    count: []\n",
            "badged.yaml:2:11: badge name 'a.b.c.d.e' has more than 4 parts"),
        ROW("badges:\n"
            "  - name: ''\n"
            "    count: []\n",
            "badged.yaml:2:11: a badge needs a name"),
        ROW("badges:\n"
            "  - name: a\n"
            "    label: ''\n"
            "    count: []\n",
            "badged.yaml:3:12: a label has 1 to 200 bytes"),
        ROW("badges:\n"
            "  - name: a\n"
            "    count: [{ table: '' }]\n",
            "badged.yaml:3:22: the name of a table has 1 to 63 bytes"),
        ROW("badges:\n"
            "  - name: a\n"
            "    count:\n"
            "      - table: tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt\n",
            "badged.yaml:4:16: the name of a table has 1 to 63 bytes"),
        ROW(TABLE_T "      - { table: t, where: 'TRUE' }\n",
            "badged.yaml:5:9: badge 'a' counts the same rows twice"),
        ROW("badges:\n"
            "  - name: a\n"
            "    count: [{table: t0}, {table: t1}, {table: t2}, {table: t3}, {table: t4}, {table: "
            "t5}, {table: t6}, {table: t7}, {table: t8}, {table: t9}, {table: t10}, {table: t11}, "
            "{table: t12}, {table: t13}, {table: t14}, {table: t15}, {table: t16}]\n",
            "badged.yaml:3:12: 17 entries in 'count'; expected at most 16"),
    };
    REFUSE(rows);
}

static void badges_past_the_limit_that_the_built_in_ones_share_are_refused(void **state)
{
    (void)state;
    struct buffer b = {0};
    buffer_puts(&b, "badges:\n");
    for (int i = 0; i < BADGES_MAX; i++)
        buffer_printf(&b, "- { name: b%d, count: [] }\n", i);
    refuse_one(b.bytes, b.len, "badged.yaml:246:3: there can be at most 256 badges");
    buffer_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_badges_of_one_name_are_refused_with_both_lines),
        cmocka_unit_test(colliding_names_are_refused),
        cmocka_unit_test(faults_of_badges_are_placed_at_the_key),
        cmocka_unit_test(badges_past_the_limit_that_the_built_in_ones_share_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
