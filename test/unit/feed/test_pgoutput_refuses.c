/* What pgoutput.h promises to refuse, and what is just inside of its limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "feed/pgoutput.h"
#include "generate/messages.h"

/* Read exactly these bytes, from memory that ends where they do. */
static enum err read_bytes(void **state, const char *bytes, size_t len, struct error *e)
{
    char *exact = malloc(len > 0 ? len : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    struct pgoutput_message m, before;
    memset(&m, 0xAB, sizeof(m));
    before = m;
    enum err err = pgoutput_read(*state, exact, len, &m, e);
    if (err != ERR_OK)
        assert_memory_equal(&m, &before, sizeof(m)); /* nothing is written */
    free(exact);
    return err;
}

#define BYTES(literal) (literal), sizeof(literal) - 1

static void assert_reads(void **state, const char *bytes, size_t len)
{
    struct error e;
    if (read_bytes(state, bytes, len, &e) != ERR_OK)
        fail_msg("%s", e.message);
}

static void assert_refuses(void **state, const char *bytes, size_t len, const char *message)
{
    struct error e;
    assert_int_equal(read_bytes(state, bytes, len, &e), ERR_CORRUPT);
    assert_int_equal(e.code, ERR_CORRUPT);
    assert_string_equal(e.message, message);
}

static enum err read_written(void **state, const struct pgoutput_message *m, struct error *e)
{
    struct buffer b = {0};
    messages_write(m, &b);
    enum err err = read_bytes(state, b.bytes, b.len, e);
    buffer_fini(&b);
    return err;
}

static void assert_refuses_written(void **state, const struct pgoutput_message *m,
                                   const char *message)
{
    struct error e;
    assert_int_equal(read_written(state, m, &e), ERR_CORRUPT);
    assert_string_equal(e.message, message);
}

/* ---- kinds ---- */

static void no_bytes_are_no_message(void **state)
{
    assert_refuses(state, BYTES(""), "a message of pgoutput is empty");
}

static void a_byte_that_opens_no_message_is_refused(void **state)
{
    for (int c = 0; c < 256; c++) {
        char byte = (char)c;
        struct error e;
        assert_int_equal(read_bytes(state, &byte, 1, &e), ERR_CORRUPT);
        bool is_known = c != 0 && strchr("BCORYIUDTM", c) != NULL;
        assert_int_equal(strstr(e.message, "opens with byte") == NULL, is_known);
    }
    assert_refuses(state, BYTES("S\0\0\3\1\1"), /* a part of a streamed transaction */
                   "a message of pgoutput of 6 bytes opens with byte 0x53, which no message of "
                   "protocol version 1 does");
}

static void a_row_of_another_kind_is_refused(void **state)
{
    assert_refuses(state, BYTES("I\0\0\0\1K\0\1n"),
                   "an INSERT of pgoutput of 9 bytes: 0x4B stands where N opens the new row, at "
                   "byte 5");
    assert_refuses(state, BYTES("D\0\0\0\1N\0\1n"),
                   "a DELETE of pgoutput of 9 bytes: 0x4E stands where K or O opens the old row, "
                   "at byte 5");
    assert_refuses(state, BYTES("U\0\0\0\1X\0\1n"),
                   "an UPDATE of pgoutput of 9 bytes: 0x58 stands where N opens the new row, at "
                   "byte 5");
    assert_refuses(state, BYTES("U\0\0\0\1K\0\1nO\0\1n"),
                   "an UPDATE of pgoutput of 13 bytes: 0x4F stands where N opens the new row, at "
                   "byte 9");
}

static void a_column_of_another_kind_is_refused(void **state)
{
    char row[] = "I\0\0\0\1N\0\2n?";
    for (int c = 0; c < 256; c++) {
        row[9] = (char)c;
        struct error e;
        enum err err = read_bytes(state, row, 10, &e);
        assert_int_equal(err, c == 'n' || c == 'u' ? ERR_OK : ERR_CORRUPT);
        if (err != ERR_OK && c != 't' && c != 'b')
            assert_non_null(strstr(e.message, "which is none of n, u and t, at byte 9"));
    }
    assert_refuses(state, BYTES("I\0\0\0\1N\0\1b\0\0\0\1x"),
                   "an INSERT of pgoutput of 14 bytes: column 1 is binary, where badged asks for "
                   "text, at byte 8");
}

/* ---- lengths and counts ---- */

static void a_negative_length_is_refused(void **state)
{
    assert_refuses(state, BYTES("I\0\0\0\1N\0\1t\xFF\xFF\xFF\xFF"),
                   "an INSERT of pgoutput of 13 bytes: column 1 has a negative length, at byte 9");
    assert_refuses(state, BYTES("I\0\0\0\1N\0\1t\x80\0\0\0"),
                   "an INSERT of pgoutput of 13 bytes: column 1 has a negative length, at byte 9");
    assert_refuses(state, BYTES("M\1\0\0\0\0\0\0\0\1p\0\xFF\xFF\xFF\xFF"),
                   "a MESSAGE of pgoutput of 16 bytes: the content has a negative length, at byte "
                   "12");
}

static void a_length_beyond_the_end_is_refused(void **state)
{
    assert_reads(state, BYTES("I\0\0\0\1N\0\1t\0\0\0\2xx"));
    assert_refuses(state, BYTES("I\0\0\0\1N\0\1t\0\0\0\3xx"),
                   "an INSERT of pgoutput of 15 bytes: it ends inside of what begins at byte 13");
    assert_refuses(state, BYTES("I\0\0\0\1N\0\1t\x7F\xFF\xFF\xFFxx"),
                   "an INSERT of pgoutput of 15 bytes: it ends inside of what begins at byte 13");
    assert_refuses(state, BYTES("M\1\0\0\0\0\0\0\0\1p\0\0\0\0\2x"),
                   "a MESSAGE of pgoutput of 17 bytes: it ends inside of what begins at byte 16");
}

static void more_or_fewer_columns_than_said_are_refused(void **state)
{
    assert_reads(state, BYTES("I\0\0\0\1N\0\2nn"));
    assert_refuses(state, BYTES("I\0\0\0\1N\0\3nn"),
                   "an INSERT of pgoutput of 10 bytes: it ends inside of what begins at byte 10");
    assert_refuses(state, BYTES("I\0\0\0\1N\0\1nn"),
                   "an INSERT of pgoutput of 10 bytes: 1 bytes are left over, at byte 9");
    assert_reads(state, BYTES("R\0\0\0\1s\0t\0d\0\1\1c\0\0\0\0\1\xFF\xFF\xFF\xFF"));
    assert_refuses(state, BYTES("R\0\0\0\1s\0t\0d\0\2\1c\0\0\0\0\1\xFF\xFF\xFF\xFF"),
                   "a RELATION of pgoutput of 23 bytes: it ends inside of what begins at byte 23");
    assert_refuses(state, BYTES("R\0\0\0\1s\0t\0d\0\0\1c\0\0\0\0\1\xFF\xFF\xFF\xFF"),
                   "a RELATION of pgoutput of 23 bytes: 11 bytes are left over, at byte 12");
}

static void rows_of_an_update_that_differ_in_columns_are_refused(void **state)
{
    assert_reads(state, BYTES("U\0\0\0\1O\0\2nnN\0\2nn"));
    assert_refuses(state, BYTES("U\0\0\0\1O\0\2nnN\0\1n"),
                   "an UPDATE of pgoutput of 14 bytes: the new row has 1 columns, the old one 2, "
                   "at byte 11");
    assert_refuses(state, BYTES("U\0\0\0\1K\0\0N\0\1n"),
                   "an UPDATE of pgoutput of 12 bytes: the new row has 1 columns, the old one 0, "
                   "at byte 9");
}

static void as_many_columns_as_postgres_has_are_read_and_no_more(void **state)
{
    static struct pgoutput_datum row[PGOUTPUT_COLUMNS_MAX + 1];
    static struct pgoutput_column columns[PGOUTPUT_COLUMNS_MAX + 1];
    for (size_t i = 0; i <= PGOUTPUT_COLUMNS_MAX; i++) {
        row[i].kind = 'n';
        columns[i].name = "c";
    }
    struct error e;
    const struct pgoutput_tuple whole = {row, PGOUTPUT_COLUMNS_MAX};
    const struct pgoutput_tuple wider = {row, PGOUTPUT_COLUMNS_MAX + 1};
    struct pgoutput_message m = {.kind = PGOUTPUT_UPDATE, .change = {1, 'O', whole, whole}};
    assert_int_equal(read_written(state, &m, &e), ERR_OK);
    m.change.new = wider;
    assert_refuses_written(state, &m,
                           "an UPDATE of pgoutput of 3340 bytes: 1665 columns are more than the "
                           "1664 there can be, at byte 1673");
    m.change.old = wider;
    assert_int_equal(read_written(state, &m, &e), ERR_CORRUPT);
    m = (struct pgoutput_message){.kind = PGOUTPUT_RELATION,
                                  .relation = {1, "s", "t", columns, PGOUTPUT_COLUMNS_MAX, 'd'}};
    assert_int_equal(read_written(state, &m, &e), ERR_OK);
    m.relation.columns_count++;
    assert_int_equal(read_written(state, &m, &e), ERR_CORRUPT);
    assert_non_null(strstr(e.message, "1665 columns"));
    assert_int_equal(read_bytes(state, BYTES("I\0\0\0\1N\xFF\xFF"), &e), ERR_CORRUPT);
    assert_non_null(strstr(e.message, "65535 columns"));
}

static void a_truncate_has_a_table_and_not_too_many(void **state)
{
    static uint32_t oids[PGOUTPUT_OIDS_MAX + 1];
    struct error e;
    struct pgoutput_message m = {.kind = PGOUTPUT_TRUNCATE,
                                 .truncate = {oids, PGOUTPUT_OIDS_MAX, true, true}};
    assert_int_equal(read_written(state, &m, &e), ERR_OK);
    m.truncate.oids_count++;
    assert_refuses_written(state, &m,
                           "a TRUNCATE of pgoutput of 262154 bytes: 65537 relations are truncated, "
                           "where there can be 1 to 65536, at byte 1");
    assert_refuses(state, BYTES("T\0\0\0\0\0"),
                   "a TRUNCATE of pgoutput of 6 bytes: 0 relations are truncated, where there can "
                   "be 1 to 65536, at byte 1");
    assert_int_equal(read_bytes(state, BYTES("T\xFF\xFF\xFF\xFF\0\0\0\0\1"), &e), ERR_CORRUPT);
    assert_refuses(state, BYTES("T\0\0\0\2\0\0\0\0\1"),
                   "a TRUNCATE of pgoutput of 10 bytes: it ends inside of what begins at byte 10");
    assert_refuses(state, BYTES("T\0\0\0\1\0\0\0\0\1\0\0\0\2"),
                   "a TRUNCATE of pgoutput of 14 bytes: 4 bytes are left over, at byte 10");
}

/* ---- flags ---- */

static void an_unknown_flag_is_refused(void **state)
{
    static char commit[26] = "C";
    static char logical[] = "M?\0\0\0\0\0\0\0\1p\0\0\0\0\0";
    static char column[] = "R\0\0\0\1s\0t\0d\0\1?c\0\0\0\0\1\xFF\xFF\xFF\xFF";
    static char truncate[] = "T\0\0\0\1?\0\0\0\1";
    for (int c = 0; c < 256; c++) {
        struct error e;
        commit[1] = logical[1] = column[12] = truncate[5] = (char)c;
        assert_int_equal(read_bytes(state, commit, 26, &e), c == 0 ? ERR_OK : ERR_CORRUPT);
        assert_int_equal(read_bytes(state, BYTES(logical), &e), c <= 1 ? ERR_OK : ERR_CORRUPT);
        assert_int_equal(read_bytes(state, BYTES(column), &e), c <= 1 ? ERR_OK : ERR_CORRUPT);
        assert_int_equal(read_bytes(state, BYTES(truncate), &e), c <= 3 ? ERR_OK : ERR_CORRUPT);
    }
    assert_refuses(state, BYTES(truncate),
                   "a TRUNCATE of pgoutput of 10 bytes: the options are 0xFF, of which only the "
                   "bits 1 and 2 are known, at byte 5");
    assert_refuses(state, BYTES(column),
                   "a RELATION of pgoutput of 23 bytes: the flags of a column are 0xFF, which is "
                   "neither 0 nor 1, at byte 12");
}

static void an_unknown_replica_identity_is_refused(void **state)
{
    char relation[] = "R\0\0\0\1s\0t\0?\0\0";
    for (int c = 0; c < 256; c++) {
        struct error e;
        relation[9] = (char)c;
        bool is_known = c == 'd' || c == 'n' || c == 'f' || c == 'i';
        assert_int_equal(read_bytes(state, BYTES(relation), &e), is_known ? ERR_OK : ERR_CORRUPT);
    }
    assert_refuses(state, BYTES(relation),
                   "a RELATION of pgoutput of 12 bytes: the replica identity is 0xFF, which is "
                   "none of d, n, f and i, at byte 9");
}

/* ---- names ---- */

static void a_name_too_long_is_refused(void **state)
{
    char name[PGOUTPUT_NAME_BYTES_MAX + 2];
    const struct pgoutput_column column = {.name = name};
    struct pgoutput_message relation = {.kind = PGOUTPUT_RELATION,
                                        .relation = {1, name, name, &column, 1, 'd'}};
    struct pgoutput_message type = {.kind = PGOUTPUT_TYPE, .type = {1, name, name}};
    struct error e;
    memset(name, 'a', sizeof(name));
    name[PGOUTPUT_NAME_BYTES_MAX] = '\0';
    assert_int_equal(read_written(state, &relation, &e), ERR_OK);
    assert_int_equal(read_written(state, &type, &e), ERR_OK);
    name[PGOUTPUT_NAME_BYTES_MAX] = 'a';
    name[PGOUTPUT_NAME_BYTES_MAX + 1] = '\0';
    assert_refuses_written(state, &relation,
                           "a RELATION of pgoutput of 212 bytes: the name of the schema has 64 "
                           "bytes, more than the 63 there can be, at byte 5");
    relation.relation.schema = "s";
    assert_refuses_written(state, &relation,
                           "a RELATION of pgoutput of 149 bytes: the name of the relation has 64 "
                           "bytes, more than the 63 there can be, at byte 7");
    relation.relation.name = "t";
    assert_refuses_written(state, &relation,
                           "a RELATION of pgoutput of 86 bytes: the name of a column has 64 bytes, "
                           "more than the 63 there can be, at byte 13");
    assert_int_equal(read_written(state, &type, &e), ERR_CORRUPT);
    type.type.schema = "s";
    assert_int_equal(read_written(state, &type, &e), ERR_CORRUPT);
}

static void an_empty_name_is_refused_but_for_pg_catalog(void **state)
{
    assert_reads(state, BYTES("Y\0\0\0\1\0t\0"));
    assert_refuses(state, BYTES("Y\0\0\0\1s\0\0"),
                   "a TYPE of pgoutput of 8 bytes: the name of the type is empty, at byte 7");
    assert_reads(state, BYTES("R\0\0\0\1\0t\0d\0\0"));
    assert_refuses(state, BYTES("R\0\0\0\1s\0\0d\0\0"),
                   "a RELATION of pgoutput of 11 bytes: the name of the relation is empty, at "
                   "byte 7");
    assert_refuses(state, BYTES("R\0\0\0\1s\0t\0d\0\1\1\0\0\0\0\1\xFF\xFF\xFF\xFF"),
                   "a RELATION of pgoutput of 22 bytes: the name of a column is empty, at byte "
                   "13");
}

static void a_name_without_its_nul_is_refused(void **state)
{
    assert_refuses(state, BYTES("Y\0\0\0\1s\0t"),
                   "a TYPE of pgoutput of 8 bytes: it ends inside of what begins at byte 7");
    assert_refuses(state, BYTES("O\0\0\0\0\0\0\0\1upstream"),
                   "an ORIGIN of pgoutput of 17 bytes: it ends inside of what begins at byte 9");
}

static void a_prefix_and_an_origin_may_be_longer_than_a_name(void **state)
{
    static char longer[1001];
    struct error e;
    memset(longer, 'p', sizeof(longer) - 1);
    struct pgoutput_message m = {.kind = PGOUTPUT_MESSAGE, .message = {1, longer, "", 0, false}};
    assert_int_equal(read_written(state, &m, &e), ERR_OK);
    m = (struct pgoutput_message){.kind = PGOUTPUT_ORIGIN, .origin = {1, longer}};
    assert_int_equal(read_written(state, &m, &e), ERR_OK);
}

/* ---- the rest ---- */

static void times_that_do_not_fit_are_the_last_there_is(void **state)
{
    static const char begin[] = "B\0\0\0\0\0\0\0\1\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0\0\1";
    struct pgoutput_message m;
    assert_int_equal(pgoutput_read(*state, begin, sizeof(begin) - 1, &m, NULL), ERR_OK);
    assert_true(m.begin.commit_time_us == INT64_MAX);
}

static void a_reader_reads_on_after_a_refusal(void **state)
{
    struct error e;
    assert_int_equal(read_bytes(state, BYTES("I\0\0\0\1N\0\3nn"), &e), ERR_CORRUPT);
    struct pgoutput_message m;
    static const char row[] = "D\0\0\0\1K\0\2nt\0\0\0\1x";
    assert_int_equal(pgoutput_read(*state, row, sizeof(row) - 1, &m, NULL), ERR_OK);
    assert_int_equal(m.change.old.columns_count, 2);
    assert_int_equal(m.change.old.columns[1].len, 1);
    assert_ptr_equal(m.change.old.columns[1].bytes, row + 14);
}

static int set_up(void **state)
{
    *state = pgoutput_new();
    return 0;
}

static int tear_down(void **state)
{
    pgoutput_free(*state);
    pgoutput_free(NULL);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_bytes_are_no_message),
        cmocka_unit_test(a_byte_that_opens_no_message_is_refused),
        cmocka_unit_test(a_row_of_another_kind_is_refused),
        cmocka_unit_test(a_column_of_another_kind_is_refused),
        cmocka_unit_test(a_negative_length_is_refused),
        cmocka_unit_test(a_length_beyond_the_end_is_refused),
        cmocka_unit_test(more_or_fewer_columns_than_said_are_refused),
        cmocka_unit_test(rows_of_an_update_that_differ_in_columns_are_refused),
        cmocka_unit_test(as_many_columns_as_postgres_has_are_read_and_no_more),
        cmocka_unit_test(a_truncate_has_a_table_and_not_too_many),
        cmocka_unit_test(an_unknown_flag_is_refused),
        cmocka_unit_test(an_unknown_replica_identity_is_refused),
        cmocka_unit_test(a_name_too_long_is_refused),
        cmocka_unit_test(an_empty_name_is_refused_but_for_pg_catalog),
        cmocka_unit_test(a_name_without_its_nul_is_refused),
        cmocka_unit_test(a_prefix_and_an_origin_may_be_longer_than_a_name),
        cmocka_unit_test(times_that_do_not_fit_are_the_last_there_is),
        cmocka_unit_test(a_reader_reads_on_after_a_refusal),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
