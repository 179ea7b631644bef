/* Where the caret stands that points into a predicate. */
#include "refuse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_caret_stands_under_the_fault_in_the_line_of_the_file(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW(TABLE_T "        where: status = = 'x'\n",
            "badged.yaml:5:25: a column or a literal must stand here\n"
            "          where: status = = 'x'\n"
            "                          ^"),
        ROW("badges:\n"
            "  - name: a\n"
            "    count:\n"
            "      - { table: t, where: \"status LIKE 'x%'\" }\n",
            "badged.yaml:4:36: LIKE is not read here: databases disagree on letter case\n"
            "        - { table: t, where: \"status LIKE 'x%'\" }\n"
            "                                     ^"),
        ROW("badges:\n"
            "  - name: a\n"
            "    count: [{ table: t, where: a = 1 OR }]\n",
            "badged.yaml:3:40: a column or a literal must follow\n"
            "      count: [{ table: t, where: a = 1 OR }]\n"
            "                                         ^"),
        ROW(TABLE_T "        where: id IN (SELECT id FROM t)\n",
            "badged.yaml:5:23: subqueries are not read here: a predicate is about one row\n"
            "          where: id IN (SELECT id FROM t)\n"
            "                        ^"),
        ROW(TABLE_T "        where: 'a = '\n",
            "badged.yaml:5:21: a column or a literal must follow\n"
            "          where: 'a = '\n"
            "                      ^"),
        ROW(TABLE_T "        where: ''\n",
            "badged.yaml:5:17: the predicate is empty; write TRUE to count every row\n"
            "          where: ''\n"
            "                  ^"),
    };
    REFUSE(rows);
}

static void a_caret_minds_quotes_escapes_tabs_and_utf8(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW(TABLE_T "        where: 'a = ''b'' AND now() = 1'\n",
            "badged.yaml:5:31: functions are not read here: a predicate compares columns with "
            "literals\n"
            "          where: 'a = ''b'' AND now() = 1'\n"
            "                                ^"),
        ROW(TABLE_T "        where: \"\\\"A\\\" = '\\u00e9' ANDD x\"\n",
            "badged.yaml:5:34: AND, OR or the end must stand here\n"
            "          where: \"\\\"A\\\" = '\\u00e9' ANDD x\"\n"
            "                                   ^"),
        ROW(TABLE_T "        where: \"a\\t= 'x' OR\"\n",
            "badged.yaml:5:28: a column or a literal must follow\n"
            "          where: \"a\\t= 'x' OR\"\n"
            "                             ^"),
        ROW(TABLE_T "        where: \"é = 'x'\"\n",
            "badged.yaml:5:17: this character has no meaning in a predicate\n"
            "          where: \"é = 'x'\"\n"
            "                  ^"),
        ROW(TABLE_T "        where: \"a = 'éü€𝄞' AN b\"\n",
            "badged.yaml:5:28: AND, OR or the end must stand here\n"
            "          where: \"a = 'éü€𝄞' AN b\"\n"
            "                             ^"),
        ROW("badges:\n"
            "  - name: a\n"
            "    count: [ {\ttable: t,\twhere: \"a\t==\t1\" } ]\n",
            "badged.yaml:3:37: a column or a literal must stand here\n"
            "      count: [ { table: t, where: \"a == 1\" } ]\n"
            "                                      ^"),
    };
    REFUSE(rows);
}

static void a_caret_minds_escapes_that_stand_for_several_bytes(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW(TABLE_T "        where: \"a = '\\_\\L\\P\\x41\\xe9\\u20ac\\U0001d11e\\/' OR\\t= 1\"\n",
            "badged.yaml:5:60: a column or a literal must stand here\n"
            "          where: \"a = '\\_\\L\\P\\x41\\xe9\\u20ac\\U0001d11e\\/' OR\\t= 1\"\n"
            "                                                             ^"),
    };
    REFUSE(rows);
}

static void a_predicate_on_several_lines_is_shown_on_one(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW(TABLE_T "        where: |\n"
                    "          a = 1\n"
                    "          AND b LIKE 'x'\n",
            "badged.yaml:5:16: LIKE is not read here: databases disagree on letter case\n"
            "  a = 1 AND b LIKE 'x'\n"
            "              ^"),
        ROW(TABLE_T "        where: >-\n"
                    "          a = 1\n"
                    "          AND b ~ 'x'\n",
            "badged.yaml:5:16: this character has no meaning in a predicate\n"
            "  a = 1 AND b ~ 'x'\n"
            "              ^"),
        ROW(TABLE_T "        where: \"a = 1\n"
                    "          AND b ~ 'x'\"\n",
            "badged.yaml:5:16: this character has no meaning in a predicate\n"
            "  a = 1 AND b ~ 'x'\n"
            "              ^"),
    };
    REFUSE(rows);
}

static void a_long_line_is_cut_around_the_caret(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW(TABLE_T
            "        where: \"column_0 = 'value' AND column_1 = 'value' AND column_2 = 'value' AND "
            "column_3 = 'value' AND column_4 = 'value' AND column_5 = 'value' AND column_6 = "
            "'value' AND column_7 = 'value' AND column_8 = 'value' AND column_9 = 'value' AND "
            "column_10 = 'value' AND column_11 = 'value' AND column_12 = 'value' AND column_13 = "
            "'value' AND column_14 = 'value' AND column_15 = 'value' AND column_16 = 'value' AND "
            "column_17 = 'value' AND column_18 = 'value' AND column_19 = 'value' AND x ~ 1 AND b0 "
            "AND b1 AND b2 AND b3 AND b4 AND b5 AND b6 AND b7 AND b8 AND b9 AND b10 AND b11 AND "
            "b12 AND b13 AND b14 AND b15 AND b16 AND b17 AND b18 AND b19\"\n",
            "badged.yaml:5:489: this character has no meaning in a predicate\n"
            "  …lumn_18 = 'value' AND column_19 = 'value' AND x ~ 1 AND b0 AND b1 AND b2 AND b3 "
            "AND b4 AND b5 AN…\n"
            "                                                   ^"),
        ROW(TABLE_T
            "        where: 'column_0 = 1 AND column_1 = 1 AND column_2 = 1 AND column_3 = 1 AND "
            "column_4 = 1 AND column_5 = 1 AND column_6 = 1 AND column_7 = 1 AND column_8 = 1 AND "
            "column_9 = 1 AND column_10 = 1 AND column_11 = 1 AND'\n",
            "badged.yaml:5:222: a column or a literal must follow\n"
            "  … = 1 AND column_7 = 1 AND column_8 = 1 AND column_9 = 1 AND column_10 = 1 AND "
            "column_11 = 1 AND'\n"
            "                                                                                      "
            "            ^"),
    };
    REFUSE(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_caret_stands_under_the_fault_in_the_line_of_the_file),
        cmocka_unit_test(a_caret_minds_quotes_escapes_tabs_and_utf8),
        cmocka_unit_test(a_caret_minds_escapes_that_stand_for_several_bytes),
        cmocka_unit_test(a_predicate_on_several_lines_is_shown_on_one),
        cmocka_unit_test(a_long_line_is_cut_around_the_caret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
