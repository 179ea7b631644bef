/* What pgoutput.h promises of messages that a server sent: those of test/fuzz/corpus/pgoutput,
 * which PostgreSQL 15 wrote.
 */
#include "feed/pgoutput.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "generate/messages.h"

enum {
    SAMPLE_BYTES_MAX = 8192,
    CRAWL_ATTEMPTS = 16399, /* oids of the relations in the samples */
    WHOLE = 16406,
    BY_INDEX = 16411,
    NO_IDENTITY = 16418,
    MIXED_CASE = 16421,
    PARENT = 16432,
    CHILD = 16437,
};

struct sample {
    struct pgoutput *pgoutput;
    char *bytes; /* exactly as many, for AddressSanitizer */
    size_t len;
};

static void load(struct sample *s, const char *name)
{
    char path[1024];
    (void)snprintf(path, sizeof(path), "%s/pgoutput/%s", CORPUS, name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    free(s->bytes);
    s->bytes = malloc(SAMPLE_BYTES_MAX);
    assert_non_null(s->bytes);
    s->len = fread(s->bytes, 1, SAMPLE_BYTES_MAX, f);
    assert_in_range(s->len, 1, SAMPLE_BYTES_MAX - 1);
    s->bytes = realloc(s->bytes, s->len);
    assert_non_null(s->bytes);
    (void)fclose(f);
}

static struct pgoutput_message read_sample(void **state, const char *name)
{
    struct sample *s = *state;
    struct pgoutput_message m;
    struct error e;
    load(s, name);
    if (pgoutput_read(s->pgoutput, s->bytes, s->len, &m, &e) != ERR_OK)
        fail_msg("%s", e.message);
    return m;
}

static void assert_datum(const struct pgoutput_tuple *t, size_t i, const char *text)
{
    assert_true(i < t->columns_count);
    const struct pgoutput_datum *d = &t->columns[i];
    assert_int_equal(d->kind, 't');
    assert_int_equal(d->len, strlen(text));
    assert_memory_equal(d->bytes, text, d->len);
}

static void assert_kind(const struct pgoutput_tuple *t, size_t i, char kind)
{
    assert_true(i < t->columns_count);
    assert_int_equal(t->columns[i].kind, kind);
    assert_null(t->columns[i].bytes);
    assert_int_equal(t->columns[i].len, 0);
}

static void assert_column(const struct pgoutput_message *m, size_t i, const char *name, bool is_key,
                          uint32_t type_oid, int32_t typmod)
{
    assert_true(i < m->relation.columns_count);
    const struct pgoutput_column *c = &m->relation.columns[i];
    assert_string_equal(c->name, name);
    assert_int_equal(c->is_key, is_key);
    assert_int_equal(c->type_oid, type_oid);
    assert_int_equal(c->typmod, typmod);
}

/* ---- transactions ---- */

static void a_begin_tells_where_the_commit_is_and_when_it_was(void **state)
{
    struct pgoutput_message m = read_sample(state, "begin");
    assert_int_equal(m.kind, PGOUTPUT_BEGIN);
    assert_true(m.begin.final_lsn == 0x1589478);
    assert_true(m.begin.commit_time_us == INT64_C(1795544153534114)); /* 2026-11-24 18:15:53 */
    assert_int_equal(m.begin.xid, 753);
}

static void a_commit_tells_where_it_ends(void **state)
{
    struct pgoutput_message m = read_sample(state, "commit");
    assert_int_equal(m.kind, PGOUTPUT_COMMIT);
    assert_true(m.commit.lsn == 0x1589478);
    assert_true(m.commit.end_lsn == 0x15894A8);
    assert_true(m.commit.commit_time_us == INT64_C(1795544153534114));
}

static void an_origin_tells_where_the_transaction_came_from(void **state)
{
    struct pgoutput_message m = read_sample(state, "origin");
    assert_int_equal(m.kind, PGOUTPUT_ORIGIN);
    assert_true(m.origin.lsn == 0x16B374D848);
    assert_string_equal(m.origin.name, "upstream");
    m = read_sample(state, "commit-origin"); /* committed there as 2026 began */
    assert_true(m.commit.commit_time_us == INT64_C(1767225600000000));
}

/* ---- relations and types ---- */

static void a_relation_lists_its_columns(void **state)
{
    struct pgoutput_message m = read_sample(state, "relation-default");
    assert_int_equal(m.kind, PGOUTPUT_RELATION);
    assert_int_equal(m.relation.oid, CRAWL_ATTEMPTS);
    assert_string_equal(m.relation.schema, "public");
    assert_string_equal(m.relation.name, "crawl_attempts");
    assert_int_equal(m.relation.identity, 'd');
    assert_int_equal(m.relation.columns_count, 5);
    assert_column(&m, 0, "id", true, 20, -1);
    assert_column(&m, 1, "site_id", false, 2950, -1);
    assert_column(&m, 2, "status", false, 25, -1);
    assert_column(&m, 3, "body", false, 25, -1);
    assert_column(&m, 4, "tries", false, 23, -1);
}

static void identity_full_flags_every_column(void **state)
{
    struct pgoutput_message m = read_sample(state, "relation-full");
    assert_int_equal(m.relation.oid, WHOLE);
    assert_int_equal(m.relation.identity, 'f');
    assert_int_equal(m.relation.columns_count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(m.relation.columns[i].is_key);
}

static void an_identity_by_index_flags_its_columns_not_the_primary_key(void **state)
{
    struct pgoutput_message m = read_sample(state, "relation-index");
    assert_int_equal(m.relation.oid, BY_INDEX);
    assert_int_equal(m.relation.identity, 'i');
    assert_column(&m, 0, "id", false, 23, -1);
    assert_column(&m, 1, "code", true, 1043, 20 + 4); /* varchar(20) */
    assert_column(&m, 2, "n", false, 1700, (10 << 16 | 2) + 4);
}

static void a_relation_without_identity_flags_no_column(void **state)
{
    struct pgoutput_message m = read_sample(state, "relation-nothing");
    assert_int_equal(m.relation.identity, 'n');
    assert_int_equal(m.relation.columns_count, 2);
    assert_false(m.relation.columns[0].is_key || m.relation.columns[1].is_key);
}

static void names_come_as_they_are_without_generated_and_dropped_columns(void **state)
{
    struct pgoutput_message m = read_sample(state, "relation-mixed-case");
    assert_int_equal(m.relation.oid, MIXED_CASE);
    assert_string_equal(m.relation.schema, "Crawl Jobs");
    assert_string_equal(m.relation.name, "Größe \"x\"");
    assert_int_equal(m.relation.columns_count, 4);
    assert_column(&m, 0, "Id", true, 23, -1);
    assert_column(&m, 1, "Status Text", false, 25, -1);
    assert_column(&m, 2, "feeling", false, 16389, -1);
    assert_column(&m, 3, "share", false, 16396, -1);
}

static void a_relation_may_have_no_columns(void **state)
{
    struct pgoutput_message m = read_sample(state, "relation-no-columns");
    assert_int_equal(m.relation.columns_count, 0);
    m = read_sample(state, "insert-no-columns");
    assert_int_equal(m.kind, PGOUTPUT_INSERT);
    assert_int_equal(m.change.new.columns_count, 0);
}

static void a_type_is_named(void **state)
{
    struct pgoutput_message m = read_sample(state, "type-enum");
    assert_int_equal(m.kind, PGOUTPUT_TYPE);
    assert_int_equal(m.type.oid, 16389);
    assert_string_equal(m.type.schema, "public");
    assert_string_equal(m.type.name, "mood");
}

static void a_domain_has_its_own_oid_and_the_name_of_its_base_type(void **state)
{
    struct pgoutput_message m = read_sample(state, "type-domain");
    assert_int_equal(m.type.oid, 16396);
    assert_string_equal(m.type.schema, ""); /* pg_catalog */
    assert_string_equal(m.type.name, "int4");
}

/* ---- rows ---- */

static void an_insert_has_a_new_row(void **state)
{
    struct pgoutput_message m = read_sample(state, "insert");
    assert_int_equal(m.kind, PGOUTPUT_INSERT);
    assert_int_equal(m.change.oid, CRAWL_ATTEMPTS);
    assert_int_equal(m.change.old_kind, 0);
    assert_int_equal(m.change.old.columns_count, 0);
    assert_int_equal(m.change.new.columns_count, 5);
    assert_datum(&m.change.new, 0, "1");
    assert_datum(&m.change.new, 1, "f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
    assert_datum(&m.change.new, 2, "failed");
    assert_kind(&m.change.new, 3, 'n');
    assert_datum(&m.change.new, 4, "3");
}

static void text_comes_without_escapes(void **state)
{
    struct pgoutput_message m = read_sample(state, "insert-mixed-case");
    assert_int_equal(m.change.new.columns_count, 4);
    assert_datum(&m.change.new, 1, "tab\tline\nback\\slash \u20ac");
    assert_datum(&m.change.new, 2, "happy");
    assert_datum(&m.change.new, 3, "99");
}

static void an_update_that_leaves_the_key_alone_has_no_old_row(void **state)
{
    struct pgoutput_message m = read_sample(state, "update");
    assert_int_equal(m.kind, PGOUTPUT_UPDATE);
    assert_int_equal(m.change.old_kind, 0);
    assert_int_equal(m.change.old.columns_count, 0);
    assert_datum(&m.change.new, 2, "ok");
}

static void a_value_out_of_line_that_did_not_change_is_not_sent(void **state)
{
    struct pgoutput_message m = read_sample(state, "update-unchanged");
    assert_datum(&m.change.new, 2, "ok");
    assert_kind(&m.change.new, 3, 'u');
    assert_datum(&m.change.new, 4, "4");
}

static void an_update_of_the_key_has_the_old_key_and_n_for_the_rest(void **state)
{
    struct pgoutput_message m = read_sample(state, "update-key");
    assert_int_equal(m.change.old_kind, 'K');
    assert_int_equal(m.change.old.columns_count, 5);
    assert_datum(&m.change.old, 0, "1");
    for (size_t i = 1; i < 5; i++)
        assert_kind(&m.change.old, i, 'n');
    assert_datum(&m.change.new, 0, "2");
    assert_datum(&m.change.new, 2, "ok");
    assert_datum(&m.change.new, 3, ""); /* empty is not NULL */
}

static void an_update_under_identity_full_has_the_old_row(void **state)
{
    struct pgoutput_message m = read_sample(state, "update-full");
    assert_int_equal(m.change.oid, WHOLE);
    assert_int_equal(m.change.old_kind, 'O');
    assert_datum(&m.change.old, 1, "a");
    assert_int_equal(m.change.old.columns[2].kind, 't'); /* the new row does not have it */
    assert_int_equal(m.change.old.columns[2].len, 3000);
    assert_datum(&m.change.new, 0, "1");
    assert_kind(&m.change.new, 1, 'n');
    assert_kind(&m.change.new, 2, 'u');
}

static void an_update_under_an_identity_by_index_has_the_old_key(void **state)
{
    struct pgoutput_message m = read_sample(state, "update-index");
    assert_int_equal(m.change.old_kind, 'K');
    assert_kind(&m.change.old, 0, 'n');
    assert_datum(&m.change.old, 1, "A-1");
    assert_datum(&m.change.new, 1, "A-2");
    assert_datum(&m.change.new, 2, "12.50");
}

static void a_delete_has_the_old_key(void **state)
{
    struct pgoutput_message m = read_sample(state, "delete-key");
    assert_int_equal(m.kind, PGOUTPUT_DELETE);
    assert_int_equal(m.change.oid, CRAWL_ATTEMPTS);
    assert_int_equal(m.change.old_kind, 'K');
    assert_datum(&m.change.old, 0, "2");
    assert_kind(&m.change.old, 1, 'n');
    assert_int_equal(m.change.new.columns_count, 0);
    m = read_sample(state, "delete-index");
    assert_int_equal(m.change.old_kind, 'K');
    assert_datum(&m.change.old, 1, "A-2");
}

static void a_delete_under_identity_full_has_the_old_row(void **state)
{
    struct pgoutput_message m = read_sample(state, "delete-full");
    assert_int_equal(m.change.old_kind, 'O');
    assert_datum(&m.change.old, 0, "1");
    assert_kind(&m.change.old, 1, 'n');
    assert_int_equal(m.change.old.columns[2].len, 3000);
}

/* ---- the rest ---- */

static void assert_truncate(void **state, const char *name, uint8_t options, size_t count,
                            const uint32_t *oids)
{
    struct pgoutput_message m = read_sample(state, name);
    assert_int_equal(m.kind, PGOUTPUT_TRUNCATE);
    assert_int_equal(m.truncate.is_cascade, (options & 1) != 0);
    assert_int_equal(m.truncate.restarts_identity, (options & 2) != 0);
    assert_int_equal(m.truncate.oids_count, count);
    assert_memory_equal(m.truncate.oids, oids, count * sizeof(*oids));
}

static void a_truncate_names_all_tables_that_it_emptied(void **state)
{
    assert_truncate(state, "truncate", 0, 1, (const uint32_t[]){NO_IDENTITY});
    assert_truncate(state, "truncate-cascade", 1, 2, (const uint32_t[]){PARENT, CHILD});
    assert_truncate(state, "truncate-restart", 2, 2, (const uint32_t[]){BY_INDEX, WHOLE});
    assert_truncate(state, "truncate-both", 3, 3,
                    (const uint32_t[]){PARENT, CRAWL_ATTEMPTS, CHILD});
}

static void a_message_has_a_prefix_and_any_bytes(void **state)
{
    struct pgoutput_message m = read_sample(state, "message-transactional");
    assert_int_equal(m.kind, PGOUTPUT_MESSAGE);
    assert_true(m.message.is_transactional);
    assert_true(m.message.lsn == 0x15911A8);
    assert_string_equal(m.message.prefix, "badged");
    assert_int_equal(m.message.len, 11);
    assert_memory_equal(m.message.content, "watermark 1", 11);
    m = read_sample(state, "message-binary");
    assert_false(m.message.is_transactional);
    assert_string_equal(m.message.prefix, "someone");
    assert_int_equal(m.message.len, 3);
    assert_memory_equal(m.message.content, "\x00\xFF\x01", 3);
    m = read_sample(state, "message-empty");
    assert_int_equal(m.message.len, 0);
}

/* ---- all of them ---- */

static void for_each_sample(void **state, void (*check)(struct sample *s))
{
    DIR *corpus = opendir(CORPUS "/pgoutput");
    assert_non_null(corpus);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(corpus)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        struct pgoutput_message m;
        struct sample *s = *state;
        load(s, entry->d_name);
        if (pgoutput_read(s->pgoutput, s->bytes, s->len, &m, NULL) != ERR_OK)
            continue; /* an input of the fuzz target that no server sent */
        check(s);
        count++;
    }
    (void)closedir(corpus);
    assert_true(count >= 31);
}

static void check_cuts(struct sample *s)
{
    for (size_t len = 0; len < s->len; len++) {
        char *cut = malloc(len > 0 ? len : 1);
        assert_non_null(cut);
        memcpy(cut, s->bytes, len);
        struct pgoutput_message m;
        struct error e;
        assert_int_equal(pgoutput_read(s->pgoutput, cut, len, &m, &e), ERR_CORRUPT);
        assert_non_null(strstr(e.message, len == 0 ? "is empty" : "ends inside of"));
        free(cut);
    }
}

static void a_message_cut_at_any_byte_is_refused(void **state)
{
    for_each_sample(state, check_cuts);
}

static void check_longer(struct sample *s)
{
    char longer[SAMPLE_BYTES_MAX];
    memcpy(longer, s->bytes, s->len);
    for (int c = 0; c < 256; c++) {
        longer[s->len] = (char)c;
        struct pgoutput_message m;
        struct error e;
        assert_int_equal(pgoutput_read(s->pgoutput, longer, s->len + 1, &m, &e), ERR_CORRUPT);
        assert_non_null(strstr(e.message, "1 bytes are left over"));
    }
}

static void a_message_with_any_byte_more_is_refused(void **state)
{
    for_each_sample(state, check_longer);
}

static void check_written(struct sample *s)
{
    struct pgoutput_message m;
    assert_int_equal(pgoutput_read(s->pgoutput, s->bytes, s->len, &m, NULL), ERR_OK);
    struct buffer again = {0};
    messages_write(&m, &again);
    assert_int_equal(again.len, s->len);
    if (m.kind != PGOUTPUT_BEGIN || m.begin.commit_time_us < INT64_MAX) /* all later ones, too */
        assert_memory_equal(again.bytes, s->bytes, s->len);
    buffer_fini(&again);
}

static void what_was_read_is_written_as_it_was(void **state)
{
    for_each_sample(state, check_written);
}

/* Whatever byte stands at whatever place, it is read or refused, and says where. */
static void check_changed(struct sample *s)
{
    for (size_t at = 0; at < s->len && at < 256; at++)
        for (int c = 0; c < 256; c += 5) {
            char was = s->bytes[at];
            s->bytes[at] = (char)c;
            struct pgoutput_message m;
            struct error e;
            if (pgoutput_read(s->pgoutput, s->bytes, s->len, &m, &e) != ERR_OK) {
                assert_int_equal(e.code, ERR_CORRUPT);
                assert_non_null(strstr(e.message, "byte"));
            }
            s->bytes[at] = was;
        }
}

static void a_byte_changed_at_any_place_is_read_or_refused(void **state)
{
    for_each_sample(state, check_changed);
}

static int set_up(void **state)
{
    struct sample *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    s->pgoutput = pgoutput_new();
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct sample *s = *state;
    pgoutput_free(s->pgoutput);
    free(s->bytes);
    free(s);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_begin_tells_where_the_commit_is_and_when_it_was),
        cmocka_unit_test(a_commit_tells_where_it_ends),
        cmocka_unit_test(an_origin_tells_where_the_transaction_came_from),
        cmocka_unit_test(a_relation_lists_its_columns),
        cmocka_unit_test(identity_full_flags_every_column),
        cmocka_unit_test(an_identity_by_index_flags_its_columns_not_the_primary_key),
        cmocka_unit_test(a_relation_without_identity_flags_no_column),
        cmocka_unit_test(names_come_as_they_are_without_generated_and_dropped_columns),
        cmocka_unit_test(a_relation_may_have_no_columns),
        cmocka_unit_test(a_type_is_named),
        cmocka_unit_test(a_domain_has_its_own_oid_and_the_name_of_its_base_type),
        cmocka_unit_test(an_insert_has_a_new_row),
        cmocka_unit_test(text_comes_without_escapes),
        cmocka_unit_test(an_update_that_leaves_the_key_alone_has_no_old_row),
        cmocka_unit_test(a_value_out_of_line_that_did_not_change_is_not_sent),
        cmocka_unit_test(an_update_of_the_key_has_the_old_key_and_n_for_the_rest),
        cmocka_unit_test(an_update_under_identity_full_has_the_old_row),
        cmocka_unit_test(an_update_under_an_identity_by_index_has_the_old_key),
        cmocka_unit_test(a_delete_has_the_old_key),
        cmocka_unit_test(a_delete_under_identity_full_has_the_old_row),
        cmocka_unit_test(a_truncate_names_all_tables_that_it_emptied),
        cmocka_unit_test(a_message_has_a_prefix_and_any_bytes),
        cmocka_unit_test(a_message_cut_at_any_byte_is_refused),
        cmocka_unit_test(a_message_with_any_byte_more_is_refused),
        cmocka_unit_test(what_was_read_is_written_as_it_was),
        cmocka_unit_test(a_byte_changed_at_any_place_is_read_or_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
