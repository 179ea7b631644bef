/* What postgres_relation.h and postgres_apply.h promise, rule by rule: relations as the stream
 * describes them, values that it leaves out, and the order that messages come in.
 */
#include "feed/postgres_relation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "feed/postgres_apply.h"
#include "generate/followed.h"
#include "generate/stream.h"
#include "generate/stream_tuple.h"

enum {
    LEAF = RELATION_PARTS + 1, /* identity default */
    SOURCE_ORDERS = 1,         /* distinct refs of a tenant's orders */
    SOURCE_PAIRS = 3,          /* distinct refs of a tenant's pairs, failed or open */
    SOURCE_PARTS = 11,         /* all of a tenant's parts */
    SOURCE_CODED = 9,          /* those of coded that are open by either column */
    POSITION = 0x5000,
};

/* One row of each table that its source counts for tenant 0. */
static const struct followed_row row = {
    .is_there = true, .tenant = 0, .owner = 0, .status = 1, .is_open = 1, .ref = REF_LONG};

struct fixture {
    struct followed followed;
    struct stream server;
    struct index *ix;
    struct pg_apply apply;
    struct counts *counts;
    bool is_boundary; /* of the last frame */
    struct error error;
    struct stream_description description;
    struct stream_tuple old, new;
};

static int set_up(void **state)
{
    static struct fixture f;
    f = (struct fixture){0};
    followed_init(&f.followed);
    stream_init(&f.server, 20261123);
    const struct pg_catalog *c = &f.followed.catalog;
    struct source_fault fault;
    if (index_new(f.followed.definitions, c->tables, c->tables_count, &f.ix, &fault, &f.error) !=
        ERR_OK)
        return -1;
    pg_apply_init(&f.apply, c, f.ix, POSITION);
    f.counts = counts_new(FOLLOWED_SOURCES);
    counts_set_status(f.counts, COUNTS_LIVE, "live", "", 0);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    pg_apply_fini(&f->apply);
    index_free(f->ix);
    counts_free(f->counts);
    stream_fini(&f->server);
    followed_fini(&f->followed);
    return 0;
}

/* ---- sending ---- */

static enum err send_frame(struct fixture *f, const struct stream_frame *frame)
{
    char *copy = malloc(frame->len); /* exactly as many, for AddressSanitizer */
    assert_non_null(copy);
    memcpy(copy, f->server.bytes.bytes + frame->at, frame->len);
    enum err err = pg_apply_frame(&f->apply, copy, frame->len, &f->is_boundary, &f->error);
    free(copy);
    assert_int_equal(index_check(f->ix), 0);
    return err;
}

static enum err send_message(struct fixture *f, const struct pgoutput_message *m)
{
    stream_clear(&f->server);
    return send_frame(f, stream_message(&f->server, m));
}

static enum err begin(struct fixture *f)
{
    return send_message(f, &(struct pgoutput_message){.kind = PGOUTPUT_BEGIN});
}

static enum err commit(struct fixture *f, uint64_t end_lsn)
{
    return send_message(
        f, &(struct pgoutput_message){.kind = PGOUTPUT_COMMIT, .commit = {.end_lsn = end_lsn}});
}

static enum err keepalive(struct fixture *f, uint64_t wal_end)
{
    char bytes[18] = "k";
    for (int i = 0; i < 8; i++)
        bytes[1 + i] = (char)(wal_end >> (56 - 8 * i));
    return pg_apply_frame(&f->apply, bytes, sizeof(bytes), &f->is_boundary, &f->error);
}

/* Another order of the relation's columns, as a message that can still be altered. */
static struct pgoutput_message *description_of(struct fixture *f, size_t relation)
{
    stream_tuple_shuffle(&f->server, relation);
    stream_tuple_describe(&f->server, relation, &f->description);
    return &f->description.message;
}

static void describe(struct fixture *f, size_t relation)
{
    assert_int_equal(send_message(f, description_of(f, relation)), ERR_OK);
}

static struct pgoutput_column *column(struct fixture *f, const char *name)
{
    const struct pgoutput_message *m = &f->description.message;
    for (size_t i = 0; i < m->relation.columns_count; i++)
        if (strcmp(f->description.columns[i].name, name) == 0)
            return &f->description.columns[i];
    fail_msg("there is no column %s", name);
    return NULL;
}

/* A change whose new tuple is the row, as the relation was described last. */
static struct pgoutput_message change(struct fixture *f, enum pgoutput_kind kind, size_t relation)
{
    struct pgoutput_message m = {.kind = kind, .change = {.oid = followed_relations[relation].oid}};
    stream_tuple_fill(&f->server, relation, 1, &row, false, &f->new);
    m.change.new = f->new.tuple;
    return m;
}

static void add_old(struct fixture *f, struct pgoutput_message *m, size_t relation, char kind,
                    size_t slot)
{
    stream_tuple_fill(&f->server, relation, slot, &row, kind == 'K', &f->old);
    m->change.old_kind = kind;
    m->change.old = f->old.tuple;
}

static enum err insert(struct fixture *f, size_t relation)
{
    struct pgoutput_message m = change(f, PGOUTPUT_INSERT, relation);
    return send_message(f, &m);
}

static enum err erase(struct fixture *f, size_t relation)
{
    struct pgoutput_message m = change(f, PGOUTPUT_DELETE, relation);
    add_old(f, &m, relation, 'K', 1);
    return send_message(f, &m);
}

static enum err truncate(struct fixture *f, uint32_t oid)
{
    return send_message(f, &(struct pgoutput_message){.kind = PGOUTPUT_TRUNCATE,
                                                      .truncate = {.oids = &oid, .oids_count = 1}});
}

/* What is counted for tenant 0, once it is published. */
static uint64_t counted(struct fixture *f, size_t source)
{
    uint64_t numbers[FOLLOWED_SOURCES];
    struct uuid tenant;
    struct as_of as_of;
    int64_t since;
    assert_true(uuid_parse(followed_tenants[0], UUID_TEXT_LEN, &tenant));
    (void)index_commit(f->ix, f->counts, (struct as_of){1, f->apply.position});
    assert_int_equal(counts_read(f->counts, &tenant, numbers, &as_of, &since), COUNTS_LIVE);
    return numbers[source];
}

/* Begin, describe the relation, insert the row. */
static struct fixture *with_row(void **state, size_t relation)
{
    struct fixture *f = *state;
    assert_int_equal(begin(f), ERR_OK);
    describe(f, relation);
    assert_int_equal(insert(f, relation), ERR_OK);
    return f;
}

static void assert_refused(struct fixture *f, enum err err, enum err expected, const char *why)
{
    assert_int_equal(err, expected);
    assert_false(f->is_boundary);
    if (strstr(f->error.message, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", f->error.message, why);
}

/* ---- relations ---- */

static void a_description_takes_the_place_of_the_one_before(void **state)
{
    struct fixture *f = with_row(state, RELATION_ORDERS);
    for (int i = 0; i < 20; i++) {
        describe(f, RELATION_ORDERS);
        assert_int_equal(erase(f, RELATION_ORDERS), ERR_OK);
        assert_int_equal(counted(f, SOURCE_ORDERS), 0);
        assert_int_equal(insert(f, RELATION_ORDERS), ERR_OK);
        assert_int_equal(counted(f, SOURCE_ORDERS), 1);
    }
}

static void each_partition_has_its_own_order_of_columns(void **state)
{
    struct fixture *f = with_row(state, LEAF);
    describe(f, LEAF + 2);
    assert_int_equal(erase(f, LEAF), ERR_OK);
    assert_int_equal(insert(f, LEAF + 2), ERR_OK);
    assert_int_equal(counted(f, SOURCE_PARTS), 1);
    assert_int_equal(erase(f, LEAF + 2), ERR_OK);
    assert_int_equal(counted(f, SOURCE_PARTS), 0);
}

static void a_partition_may_have_another_name(void **state)
{
    struct fixture *f = *state;
    struct pgoutput_message *m = description_of(f, LEAF);
    m->relation.name = "another";
    m->relation.schema = "elsewhere";
    assert_int_equal(send_message(f, m), ERR_OK);
}

static void a_relation_that_no_badge_counts_is_passed_over(void **state)
{
    struct fixture *f = *state;
    struct pgoutput_message *m = description_of(f, RELATION_ORDERS);
    m->relation.oid = 16450;
    m->relation.columns_count = 0;
    assert_int_equal(send_message(f, m), ERR_OK);
    assert_int_equal(begin(f), ERR_OK);
    assert_int_equal(truncate(f, 16450), ERR_OK);
}

static void assert_misfit(struct fixture *f)
{
    assert_refused(f, send_message(f, &f->description.message), ERR_NOT_READY,
                   "table \"orders\" is not as it was when its rows were loaded");
}

static void a_needed_column_that_vanished_asks_for_a_rebuild(void **state)
{
    struct fixture *f = *state;
    struct pgoutput_message *m = description_of(f, RELATION_ORDERS);
    *column(f, "status") = f->description.columns[--m->relation.columns_count];
    assert_misfit(f);
}

static void a_needed_column_that_was_renamed_asks_for_a_rebuild(void **state)
{
    struct fixture *f = *state;
    (void)description_of(f, RELATION_ORDERS);
    column(f, "status")->name = "state";
    assert_misfit(f);
}

static void a_needed_column_of_another_type_asks_for_a_rebuild(void **state)
{
    struct fixture *f = *state;
    (void)description_of(f, RELATION_ORDERS);
    column(f, "amount")->type_oid = 20;
    assert_misfit(f);
}

static void a_needed_column_that_is_there_twice_does_not_stand_for_another(void **state)
{
    struct fixture *f = *state;
    (void)description_of(f, RELATION_ORDERS);
    *column(f, "status") = *column(f, "ref");
    assert_misfit(f);
}

static void a_table_that_was_renamed_asks_for_a_rebuild(void **state)
{
    struct fixture *f = *state;
    description_of(f, RELATION_ORDERS)->relation.name = "orders_old";
    assert_misfit(f);
}

static void a_table_in_another_schema_asks_for_a_rebuild(void **state)
{
    struct fixture *f = *state;
    description_of(f, RELATION_ORDERS)->relation.schema = "archive";
    assert_misfit(f);
}

/* ---- keys ---- */

static void an_update_with_an_old_key_is_of_the_row_that_had_it(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(begin(f), ERR_OK);
    describe(f, LEAF);
    struct pgoutput_message m = change(f, PGOUTPUT_INSERT, LEAF);
    stream_tuple_fill(&f->server, LEAF, 2, &row, false, &f->new);
    assert_int_equal(send_message(f, &m), ERR_OK);
    m = change(f, PGOUTPUT_UPDATE, LEAF);
    add_old(f, &m, LEAF, 'K', 2);
    assert_int_equal(send_message(f, &m), ERR_OK);
    assert_int_equal(counted(f, SOURCE_PARTS), 1);
}

static void a_key_of_two_columns_is_both(void **state)
{
    struct fixture *f = with_row(state, RELATION_PAIRS);
    for (size_t slot = 2; slot <= 5; slot++) { /* which share one of them with the row's, or none */
        struct pgoutput_message m = change(f, PGOUTPUT_DELETE, RELATION_PAIRS);
        add_old(f, &m, RELATION_PAIRS, 'O', slot);
        assert_int_equal(send_message(f, &m), ERR_OK);
        assert_int_equal(counted(f, SOURCE_PAIRS), 1);
    }
}

/* ---- values ---- */

static void a_value_that_is_left_out_is_taken_from_a_whole_old_row(void **state)
{
    struct fixture *f = with_row(state, RELATION_PAIRS);
    struct pgoutput_message m = change(f, PGOUTPUT_UPDATE, RELATION_PAIRS);
    add_old(f, &m, RELATION_PAIRS, 'O', 1);
    stream_tuple_leave_out(&f->server, RELATION_PAIRS, FIELD_REF, &f->new);
    assert_int_equal(send_message(f, &m), ERR_OK);
    assert_int_equal(counted(f, SOURCE_PAIRS), 1);
}

static void a_value_that_is_left_out_of_both_rows_asks_for_a_rebuild(void **state)
{
    struct fixture *f = with_row(state, RELATION_PAIRS);
    struct pgoutput_message m = change(f, PGOUTPUT_UPDATE, RELATION_PAIRS);
    add_old(f, &m, RELATION_PAIRS, 'O', 1);
    stream_tuple_leave_out(&f->server, RELATION_PAIRS, FIELD_REF, &f->new);
    stream_tuple_leave_out(&f->server, RELATION_PAIRS, FIELD_REF, &f->old);
    assert_refused(f, send_message(f, &m), ERR_NOT_READY, "column \"ref\" of table \"pairs\"");
}

static void a_value_that_is_left_out_without_an_old_row_asks_for_a_rebuild(void **state)
{
    struct fixture *f = with_row(state, RELATION_ORDERS);
    struct pgoutput_message m = change(f, PGOUTPUT_UPDATE, RELATION_ORDERS);
    stream_tuple_leave_out(&f->server, RELATION_ORDERS, FIELD_REF, &f->new);
    assert_refused(f, send_message(f, &m), ERR_NOT_READY, "REPLICA IDENTITY FULL brings it in");
}

static void a_value_that_is_left_out_is_not_in_an_old_key(void **state)
{
    struct fixture *f = with_row(state, RELATION_ORDERS);
    struct pgoutput_message m = change(f, PGOUTPUT_UPDATE, RELATION_ORDERS);
    add_old(f, &m, RELATION_ORDERS, 'K', 2);
    stream_tuple_leave_out(&f->server, RELATION_ORDERS, FIELD_REF, &f->new);
    assert_refused(f, send_message(f, &m), ERR_NOT_READY, "column \"ref\" of table \"orders\"");
}

static void a_key_that_is_left_out_is_taken_from_the_old_key(void **state)
{
    struct fixture *f = with_row(state, RELATION_CODED);
    struct pgoutput_message m = change(f, PGOUTPUT_UPDATE, RELATION_CODED);
    add_old(f, &m, RELATION_CODED, 'K', 1);
    stream_tuple_leave_out(&f->server, RELATION_CODED, FIELD_CODE, &f->new);
    assert_int_equal(send_message(f, &m), ERR_OK);
    assert_int_equal(counted(f, SOURCE_CODED), 1);
    assert_int_equal(erase(f, RELATION_CODED), ERR_OK);
    assert_int_equal(counted(f, SOURCE_CODED), 0);
}

static void a_value_that_no_source_needs_may_be_left_out(void **state)
{
    struct fixture *f = with_row(state, RELATION_ORDERS);
    struct pgoutput_message m = change(f, PGOUTPUT_UPDATE, RELATION_ORDERS);
    for (int i = 0; i < 5; i++)
        stream_tuple_leave_out_extras(&f->server, RELATION_ORDERS, &f->new);
    assert_int_equal(send_message(f, &m), ERR_OK);
    assert_int_equal(counted(f, SOURCE_ORDERS), 1);
}

static void an_old_key_without_a_value_asks_for_a_rebuild(void **state)
{
    struct fixture *f = with_row(state, RELATION_ORDERS);
    struct pgoutput_message m = change(f, PGOUTPUT_DELETE, RELATION_ORDERS);
    add_old(f, &m, RELATION_ORDERS, 'K', 1);
    stream_tuple_leave_out(&f->server, RELATION_ORDERS, FIELD_ID, &f->old);
    assert_refused(f, send_message(f, &m), ERR_NOT_READY, "does not name the row's whole key");
}

static void a_new_row_without_a_key_asks_for_a_rebuild(void **state)
{
    struct fixture *f = with_row(state, RELATION_ORDERS);
    struct pgoutput_message m = change(f, PGOUTPUT_INSERT, RELATION_ORDERS);
    for (size_t i = 0; i < f->new.tuple.columns_count; i++)
        f->new.columns[i] = (struct pgoutput_datum){.kind = 'n'};
    assert_refused(f, send_message(f, &m), ERR_NOT_READY, "does not name the row's whole key");
}

static void a_value_that_its_type_does_not_have_is_refused(void **state)
{
    struct fixture *f = with_row(state, RELATION_ORDERS);
    struct pgoutput_message m = change(f, PGOUTPUT_INSERT, RELATION_ORDERS);
    for (size_t i = 0; i < f->new.tuple.columns_count; i++)
        f->new.columns[i] = (struct pgoutput_datum){.kind = 't', .bytes = "?", .len = 1};
    assert_refused(f, send_message(f, &m), ERR_CORRUPT, "of table \"orders\"");
}

static void a_row_before_its_description_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(begin(f), ERR_OK);
    (void)description_of(f, RELATION_ORDERS);
    assert_refused(f, insert(f, RELATION_ORDERS), ERR_CORRUPT, "before its description");
}

static void a_row_of_another_width_is_refused(void **state)
{
    struct fixture *f = with_row(state, RELATION_ORDERS);
    struct pgoutput_message m = change(f, PGOUTPUT_INSERT, RELATION_ORDERS);
    m.change.new.columns_count--;
    assert_refused(f, send_message(f, &m), ERR_CORRUPT, "in place of");
}

/* ---- truncates ---- */

static void a_truncated_table_loses_its_rows(void **state)
{
    struct fixture *f = with_row(state, LEAF);
    assert_int_equal(truncate(f, followed_relations[RELATION_PARTS].oid), ERR_OK);
    assert_int_equal(counted(f, SOURCE_PARTS), 0);
}

static void a_truncated_partition_asks_for_a_rebuild(void **state)
{
    struct fixture *f = with_row(state, LEAF);
    assert_refused(f, truncate(f, followed_relations[LEAF].oid), ERR_NOT_READY,
                   "a partition of table \"parts\" was truncated");
}

/* ---- order ---- */

static void a_change_outside_of_a_transaction_is_refused(void **state)
{
    struct fixture *f = *state;
    describe(f, RELATION_ORDERS);
    assert_refused(f, insert(f, RELATION_ORDERS), ERR_CORRUPT, "outside of a transaction");
}

static void a_truncate_outside_of_a_transaction_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_refused(f, truncate(f, followed_relations[RELATION_ORDERS].oid), ERR_CORRUPT,
                   "outside of a transaction");
}

static void a_transaction_within_another_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(begin(f), ERR_OK);
    assert_refused(f, begin(f), ERR_CORRUPT, "a transaction within another");
}

static void a_second_commit_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(begin(f), ERR_OK);
    assert_int_equal(commit(f, POSITION + 1), ERR_OK);
    assert_refused(f, commit(f, POSITION + 2), ERR_CORRUPT, "a commit without a beginning");
}

static void a_commit_at_a_position_that_was_reached_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(begin(f), ERR_OK);
    assert_refused(f, commit(f, POSITION), ERR_CORRUPT, "a commit that was there before");
}

static void a_commit_is_a_boundary_at_its_end(void **state)
{
    struct fixture *f = with_row(state, RELATION_ORDERS);
    assert_false(f->is_boundary);
    assert_int_equal(commit(f, POSITION + 48), ERR_OK);
    assert_true(f->is_boundary);
    assert_int_equal(f->apply.position, POSITION + 48);
}

static void a_keepalive_is_a_boundary_only_ahead_and_between_transactions(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(keepalive(f, POSITION), ERR_OK);
    assert_false(f->is_boundary);
    assert_int_equal(keepalive(f, POSITION + 8), ERR_OK);
    assert_true(f->is_boundary);
    assert_int_equal(begin(f), ERR_OK);
    assert_int_equal(keepalive(f, POSITION + 16), ERR_OK);
    assert_false(f->is_boundary);
    assert_int_equal(f->apply.position, POSITION + 8);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_description_takes_the_place_of_the_one_before),
        TEST(each_partition_has_its_own_order_of_columns),
        TEST(a_partition_may_have_another_name),
        TEST(a_relation_that_no_badge_counts_is_passed_over),
        TEST(a_needed_column_that_vanished_asks_for_a_rebuild),
        TEST(a_needed_column_that_was_renamed_asks_for_a_rebuild),
        TEST(a_needed_column_of_another_type_asks_for_a_rebuild),
        TEST(a_needed_column_that_is_there_twice_does_not_stand_for_another),
        TEST(a_table_that_was_renamed_asks_for_a_rebuild),
        TEST(a_table_in_another_schema_asks_for_a_rebuild),
        TEST(an_update_with_an_old_key_is_of_the_row_that_had_it),
        TEST(a_key_of_two_columns_is_both),
        TEST(a_value_that_is_left_out_is_taken_from_a_whole_old_row),
        TEST(a_value_that_is_left_out_of_both_rows_asks_for_a_rebuild),
        TEST(a_value_that_is_left_out_without_an_old_row_asks_for_a_rebuild),
        TEST(a_value_that_is_left_out_is_not_in_an_old_key),
        TEST(a_key_that_is_left_out_is_taken_from_the_old_key),
        TEST(a_value_that_no_source_needs_may_be_left_out),
        TEST(an_old_key_without_a_value_asks_for_a_rebuild),
        TEST(a_new_row_without_a_key_asks_for_a_rebuild),
        TEST(a_value_that_its_type_does_not_have_is_refused),
        TEST(a_row_before_its_description_is_refused),
        TEST(a_row_of_another_width_is_refused),
        TEST(a_truncated_table_loses_its_rows),
        TEST(a_truncated_partition_asks_for_a_rebuild),
        TEST(a_change_outside_of_a_transaction_is_refused),
        TEST(a_truncate_outside_of_a_transaction_is_refused),
        TEST(a_transaction_within_another_is_refused),
        TEST(a_second_commit_is_refused),
        TEST(a_commit_at_a_position_that_was_reached_is_refused),
        TEST(a_commit_is_a_boundary_at_its_end),
        TEST(a_keepalive_is_a_boundary_only_ahead_and_between_transactions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
