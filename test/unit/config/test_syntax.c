/* Files that are no YAML, and exactly what is said of each. */
#include "refuse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void quotes_that_do_not_pair_are_explained(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW(TABLE_T "        where: 'status = 'failed''\n",
            "badged.yaml:5:27: the text goes on behind its closing quote; expected the other kind "
            "of quotes around it, or '' for a ' inside single ones"),
        ROW("badges:\n"
            "  - name: a\n"
            "    count:\n"
            "      - { table: t, where: \"status = \"x\"\" }\n",
            "badged.yaml:4:39: the text goes on behind its closing quote; expected the other kind "
            "of quotes around it, or '' for a ' inside single ones"),
        ROW(TABLE_T "        where: \"a = 1\n",
            "badged.yaml:5:16: this quote is never closed; expected another one at the end of the "
            "text"),
        ROW("a: 'x\n"
            "---\n"
            "'\n",
            "badged.yaml:1:4: this quote is still open at '---' or '...'; expected another one at "
            "the end of the text"),
    };
    REFUSE(rows);
}

static void escapes_that_are_wrong_are_explained(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW(TABLE_T "        where: \"a = '\\d'\"\n",
            "badged.yaml:5:22: this escape is not known; expected '\\\\' for a backslash, or "
            "single quotes around the text"),
        ROW("listen: \"\\xg\"\n",
            "badged.yaml:1:12: this escape lacks digits; expected hexadecimal digits"),
        ROW("listen: \"\\ud800\"\n",
            "badged.yaml:1:12: this escape names no character; expected the code point of one"),
    };
    REFUSE(rows);
}

static void indentation_that_is_wrong_is_explained(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("badges:\n"
            "\t- name: a\n",
            "badged.yaml:2:1: a tab; expected spaces, as tabs do not indent YAML"),
        ROW("badges:\n"
            "  - name: a\n"
            "\tcount: []\n",
            "badged.yaml:3:1: a tab; expected spaces, as tabs do not indent YAML"),
        ROW(TABLE_T "        where: |\n"
                    "          a\n"
                    "\t\tb\n",
            "badged.yaml:7:1: a tab; expected spaces, as tabs do not indent YAML"),
        ROW("badges:\n"
            "  - name: a\n"
            "   count: []\n",
            "badged.yaml:3:4: no '- ' in the list that opens at line 2; expected '- ' in the "
            "column of the others, or a key in the column of those above"),
        ROW("badges:\n"
            "  - name: a\n"
            "      count: []\n",
            "badged.yaml:3:12: this ':' ends no key; expected quotes around a text with ': ' in "
            "it, and each key on a line of its own"),
    };
    REFUSE(rows);
}

static void brackets_and_marks_that_are_wrong_are_explained(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("database: sqlite: x\n",
            "badged.yaml:1:17: this ':' ends no key; expected quotes around a text with ': ' in "
            "it, and each key on a line of its own"),
        ROW("auth: none\n"
            "listen\n"
            "threads: 1\n",
            "badged.yaml:2:1: no ':' behind this; expected 'key: value'"),
        ROW("badges: [ { name: a, count: [] }\n",
            "badged.yaml:2:1: no ',' or ']' in the list that opens at line 1; expected one of them "
            "behind each entry"),
        ROW("badges:\n"
            "  - { name: a, count: []\n"
            "  - { name: b, count: [] }\n",
            "badged.yaml:3:3: no ',' or '}' in the mapping that opens at line 2; expected one of "
            "them behind each value"),
        ROW("badges: - name: a\n", "badged.yaml:1:9: '- ' stands where no list can begin; expected "
                                   "it on a line of its own"),
        ROW("auth: ? none\n",
            "badged.yaml:1:7: '? ' stands where no key can; expected 'key: value'"),
        ROW("badges: ]\n",
            "badged.yaml:1:9: there is no value here; expected a text, a list or a mapping"),
        ROW(TABLE_T "        where: |x\n"
                    "          a\n",
            "badged.yaml:5:16: this is no header of a block of text; expected '|' or '>', and the "
            "text on the lines below"),
    };
    REFUSE(rows);
}

static void texts_that_need_quotes_are_explained(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("listen: @home\n", "badged.yaml:1:9: a text cannot open with this character; expected "
                               "quotes around the text"),
        ROW("listen: %h\n", "badged.yaml:1:9: a text cannot open with this character; expected "
                            "quotes around the text"),
        ROW(TABLE_T "        where: * = 1\n",
            "badged.yaml:5:16: '*' opens an alias; expected quotes around a text that opens with "
            "it"),
        ROW("auth: & none\n", "badged.yaml:1:7: '&' opens an anchor; expected quotes around a text "
                              "that opens with it"),
    };
    REFUSE(rows);
}

static void bytes_that_are_no_text_are_refused(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("auth: none\n"
            "listen: \377\n",
            "badged.yaml:2:9: byte 0xFF is not UTF-8; expected a file in UTF-8"),
        ROW("# caf\351\n"
            "auth: none\n",
            "badged.yaml:1:6: byte 0xE9 is not UTF-8; expected a file in UTF-8"),
        ROW("auth: \355\240\200\n",
            "badged.yaml:1:7: byte 0xED is not UTF-8; expected a file in UTF-8"),
        ROW("\377\376a\000:\000", "badged.yaml:1:1: the file is in UTF-16; expected UTF-8"),
        ROW("auth: no\000ne\n",
            "badged.yaml:1:9: the character U+0000 cannot stand in YAML; expected printable text"),
        ROW("auth: \033[31m\n",
            "badged.yaml:1:7: the character U+001B cannot stand in YAML; expected printable text"),
        ROW("\357\273\277\357\273\277auth: none\n",
            "badged.yaml:1:1: the character U+FEFF cannot stand in YAML; expected printable text"),
    };
    REFUSE(rows);
}

static void every_line_end_counts_and_a_byte_order_mark_does_not(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("auth: none\r\n"
            "listen: localhost:1\r\n"
            "thread: 4\r\n",
            "badged.yaml:3:1: unknown key 'thread' in the file; expected one of " FILE_KEYS),
        ROW("auth: none\rlisten: localhost:1\rthread: 4\r",
            "badged.yaml:3:1: unknown key 'thread' in the file; expected one of " FILE_KEYS),
        ROW("\357\273\277auht: none\n", "badged.yaml:1:1: unknown key 'auht' in the file; expected "
                                        "one of " FILE_KEYS),
    };
    REFUSE(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_that_do_not_pair_are_explained),
        cmocka_unit_test(escapes_that_are_wrong_are_explained),
        cmocka_unit_test(indentation_that_is_wrong_is_explained),
        cmocka_unit_test(brackets_and_marks_that_are_wrong_are_explained),
        cmocka_unit_test(texts_that_need_quotes_are_explained),
        cmocka_unit_test(bytes_that_are_no_text_are_refused),
        cmocka_unit_test(every_line_end_counts_and_a_byte_order_mark_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
