/* Keys and values that the schema does not have, and exactly what is said of each. */
#include "refuse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void unknown_keys_are_named_with_those_there_are(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("databse: sqlite:x\n", "badged.yaml:1:1: unknown key 'databse' in the file; expected "
                                   "one of " FILE_KEYS),
        ROW("badges:\n"
            "  - name: a\n"
            "    lable: A\n"
            "    count: []\n",
            "badged.yaml:3:5: unknown key 'lable' in a badge; expected one of name, label, zero, "
            "count"),
        ROW("badges:\n"
            "  - name: a\n"
            "    count:\n"
            "      - { tabel: t }\n",
            "badged.yaml:4:11: unknown key 'tabel' in a source; expected one of table, where, "
            "schema, tenant, distinct, order"),
        ROW("Database: sqlite:x\n", "badged.yaml:1:1: unknown key 'Database' in the file; expected "
                                    "one of " FILE_KEYS),
        ROW("<<: {}\n",
            "badged.yaml:1:1: unknown key '<<' in the file; expected one of " FILE_KEYS),
        ROW("[a, b]: c\n",
            "badged.yaml:1:1: a list as a key in the file; expected one of " FILE_KEYS),
        ROW("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk: x\n",
            "badged.yaml:1:1: unknown key 'kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk…' in the file; "
            "expected one of " FILE_KEYS),
    };
    REFUSE(rows);
}

static void missing_keys_are_named(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("badges:\n"
            "  - label: A\n"
            "    count: []\n",
            "badged.yaml:2:5: a badge without 'name'; expected name, count, and label, zero as "
            "needed"),
        ROW("badges:\n"
            "  - name: a\n",
            "badged.yaml:2:5: a badge without 'count'; expected name, count, and label, zero as "
            "needed"),
        ROW("badges:\n"
            "  - name: a\n"
            "    count:\n"
            "      - where: x\n",
            "badged.yaml:4:9: a source without 'table'; expected table, and where, schema, tenant, "
            "distinct, order as needed"),
        ROW("badges:\n"
            "  - {}\n",
            "badged.yaml:2:5: a badge without 'name'; expected name, count, and label, zero as "
            "needed"),
    };
    REFUSE(rows);
}

static void repeated_keys_are_refused_with_both_lines(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("auth: none\n"
            "listen: localhost:1\n"
            "auth: jwt\n",
            "badged.yaml:3:1: a second 'auth' in the file, the first being on line 1; expected "
            "each key once"),
        ROW("badges:\n"
            "  - name: a\n"
            "    count: []\n"
            "    name: b\n",
            "badged.yaml:4:5: a second 'name' in a badge, the first being on line 2; expected each "
            "key once"),
        ROW("badges:\n"
            "  - name: a\n"
            "    count: [{ table: t, table: u }]\n",
            "badged.yaml:3:25: a second 'table' in a source, the first being on line 3; expected "
            "each key once"),
    };
    REFUSE(rows);
}

static void values_of_another_kind_are_refused(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("database: [sqlite:x]\n", "badged.yaml:1:11: a list for 'database'; expected text"),
        ROW("listen: { host: x }\n", "badged.yaml:1:9: a mapping for 'listen'; expected text"),
        ROW("listen:\n"
            "auth: none\n",
            "badged.yaml:1:8: nothing for 'listen'; expected text"),
        ROW("badges:\n"
            "  - name: ~\n"
            "    count: []\n",
            "badged.yaml:2:11: null for 'name'; expected text"),
        ROW(TABLE_T "        where: \n", "badged.yaml:5:15: nothing for 'where'; expected text"),
        ROW("badges: all\n",
            "badged.yaml:1:9: 'all' for 'badges'; expected a list, [] when it is empty"),
        ROW("badges:\n"
            "  name: a\n"
            "  count: []\n",
            "badged.yaml:2:3: a mapping for 'badges'; expected a list, [] when it is empty"),
        ROW("badges:\n"
            "  - name: a\n"
            "    count:\n",
            "badged.yaml:3:11: nothing for 'count'; expected a list, [] when it is empty"),
        ROW("badges:\n"
            "  - name: a\n"
            "    count: orders\n",
            "badged.yaml:3:12: 'orders' for 'count'; expected a list, [] when it is empty"),
        ROW("badges:\n"
            "  - name: a\n"
            "    count: { table: t }\n",
            "badged.yaml:3:12: a mapping for 'count'; expected a list, [] when it is empty"),
        ROW("badges:\n"
            "  - orders.late\n",
            "badged.yaml:2:5: 'orders.late' where a badge begins; expected a mapping with keys "
            "among name, label, zero, count"),
        ROW("badges:\n"
            "  - name: a\n"
            "    count: [orders]\n",
            "badged.yaml:3:13: 'orders' where a source begins; expected a mapping with keys among "
            "table, where, schema, tenant, distinct, order"),
        ROW("badges:\n"
            "  - name: a\n"
            "    count:\n"
            "      - - table: t\n",
            "badged.yaml:4:9: a list where a source begins; expected a mapping with keys among "
            "table, where, schema, tenant, distinct, order"),
        ROW("- name: a\n", "badged.yaml:1:1: a list where the file begins; expected a mapping with "
                           "keys among " FILE_KEYS),
        ROW("hello\n", "badged.yaml:1:1: 'hello' where the file begins; expected a mapping with "
                       "keys among " FILE_KEYS),
    };
    REFUSE(rows);
}

static void zero_is_null_or_0(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("badges:\n"
            "  - name: a\n"
            "    zero: 7\n"
            "    count: []\n",
            "badged.yaml:3:11: '7' for 'zero'; expected null or 0"),
        ROW("badges:\n"
            "  - name: a\n"
            "    zero: false\n"
            "    count: []\n",
            "badged.yaml:3:11: 'false' for 'zero'; expected null or 0"),
        ROW("badges:\n"
            "  - name: a\n"
            "    zero: []\n"
            "    count: []\n",
            "badged.yaml:3:11: a list for 'zero'; expected null or 0"),
    };
    REFUSE(rows);
}

static void texts_with_control_characters_are_refused(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("\"\\e[31mauth\": none\n",
            "badged.yaml:1:1: unknown key ' [31mauth' in the file; expected one of " FILE_KEYS),
        ROW("badges:\n"
            "  - name: a\n"
            "    label: |\n"
            "      A\n"
            "      B\n"
            "    count: []\n",
            "badged.yaml:3:12: the character U+000A in 'label'; expected printable text on one "
            "line"),
        ROW("badges:\n"
            "  - name: a\n"
            "    label: \"A\\rB\"\n"
            "    count: []\n",
            "badged.yaml:3:12: the character U+000D in 'label'; expected printable text on one "
            "line"),
        ROW("badges:\n"
            "  - name: \"a\\e[31m\"\n"
            "    count: []\n",
            "badged.yaml:2:11: the character U+001B in 'name'; expected printable text on one "
            "line"),
        ROW("listen: \"a\\0b\"\n",
            "badged.yaml:1:9: a text with a NUL in it; expected printable text"),
    };
    REFUSE(rows);
}

static void too_many_badges_are_refused(void **state)
{
    (void)state;
    refuse_many("badges:\n", "- {}\n", 257, "",
                "badged.yaml:2:1: 257 entries in 'badges'; expected at most 256");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_keys_are_named_with_those_there_are),
        cmocka_unit_test(missing_keys_are_named),
        cmocka_unit_test(repeated_keys_are_refused_with_both_lines),
        cmocka_unit_test(values_of_another_kind_are_refused),
        cmocka_unit_test(zero_is_null_or_0),
        cmocka_unit_test(texts_with_control_characters_are_refused),
        cmocka_unit_test(too_many_badges_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
