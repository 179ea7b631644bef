/* The index step by step: what a transaction changes, what is published of it, what cannot be
 * bound, and that every broken invariant is found by its number. Random transactions against SQL
 * are in test_index_property.c. */
#include "badge/index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The index itself, to break it; and its row sets, to leave them without memory. */
static bool is_memory_out;

static void *scarce_malloc(size_t n)
{
    return is_memory_out ? NULL : malloc(n);
}

#define malloc scarce_malloc
#include "badge/rowset.c"
#undef malloc
#include "badge/index.c"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- a table, sources over it, and an index ---- */

enum {
    JOBS, /* tenant_id, status, ref */
    FLAGS /* flag, tenant_id */
};

static struct column job_columns[] = {{(char[]){"tenant_id"}, COLUMN_UUID},
                                      {(char[]){"status"}, COLUMN_TEXT},
                                      {(char[]){"ref"}, COLUMN_TEXT}};
static struct column flag_columns[] = {{(char[]){"flag"}, COLUMN_BOOL},
                                       {(char[]){"tenant_id"}, COLUMN_TEXT},
                                       {(char[]){"json"}, COLUMN_OTHER}};
static const struct table tables[] = {
    [JOBS] = {.schema = (char[]){"public"},
              .name = (char[]){"jobs"},
              .columns = job_columns,
              .columns_count = COUNT(job_columns)},
    [FLAGS] = {.schema = (char[]){"public"},
               .name = (char[]){"flags"},
               .columns = flag_columns,
               .columns_count = COUNT(flag_columns)},
};

enum {
    FAILED,  /* jobs that failed */
    REFS,    /* their distinct refs */
    FLAGGED, /* flags that are set */
    SOURCES
};

static const struct source_spec specs[SOURCES] = {
    [FAILED] = {.table = "jobs", .where = "status = 'failed'"},
    [REFS] = {.table = "jobs", .where = "status = 'failed'", .distinct = "ref"},
    [FLAGGED] = {.table = "flags", .where = "flag"},
};

static struct definitions *define(const struct source_spec *sources, size_t n)
{
    struct definitions *d = definitions_new();
    const struct badge_spec spec = {.name = "all", .count = sources, .count_len = n};
    struct spec_fault fault;
    struct error e;
    if (definitions_add(d, &spec, &fault, &e) != ERR_OK)
        fail_msg("%s", e.message);
    return d;
}

struct world {
    struct definitions *d;
    struct index *ix;
    struct counts *counts;
    uint64_t position;
};

static struct index *new_index(const struct definitions *d)
{
    struct index *ix = NULL;
    struct source_fault fault;
    struct error e;
    if (index_new(d, tables, COUNT(tables), &ix, &fault, &e) != ERR_OK)
        fail_msg("%s", e.message);
    return ix;
}

static struct world world_new(void)
{
    struct world w = {.d = define(specs, SOURCES), .counts = counts_new(SOURCES)};
    w.ix = new_index(w.d);
    (void)counts_set_status(w.counts, COUNTS_LIVE, "live", "", 0);
    return w;
}

static void world_free(struct world *w)
{
    index_free(w->ix);
    index_free(NULL);
    counts_free(w->counts);
    definitions_free(w->d);
}

static const char a[] = "0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01",
                  b[] = "ffffffff-ffff-ffff-ffff-ffffffffffff";

static struct value text(const char *s)
{
    if (s == NULL)
        return (struct value){.kind = VALUE_NULL};
    return (struct value){.kind = VALUE_TEXT, .text = {s, strlen(s)}};
}

static void apply(struct world *w, struct change c)
{
    assert_int_equal(index_apply(w->ix, &c), ERR_OK);
    assert_int_equal(index_check(w->ix), 0);
}

/* A job with the key old becomes one with the key and these values. */
static void move_job(struct world *w, int64_t old, int64_t key, const char *tenant,
                     const char *status, const char *ref)
{
    const struct value row[] = {text(tenant), text(status), text(ref)};
    apply(w, (struct change){.kind = CHANGE_UPDATE,
                             .table = JOBS,
                             .key = key_of_int(key),
                             .old_key = key_of_int(old),
                             .row = row});
}

static void put_job(struct world *w, int64_t key, const char *tenant, const char *status,
                    const char *ref)
{
    const struct value row[] = {text(tenant), text(status), text(ref)};
    apply(w, (struct change){
                 .kind = CHANGE_INSERT, .table = JOBS, .key = key_of_int(key), .row = row});
}

static void put_flag(struct world *w, int64_t key, bool flag, const char *tenant)
{
    const struct value row[] = {{.kind = VALUE_INT, .integer = flag}, text(tenant), text(NULL)};
    apply(w, (struct change){
                 .kind = CHANGE_INSERT, .table = FLAGS, .key = key_of_int(key), .row = row});
}

static void delete_row(struct world *w, size_t table, int64_t key)
{
    apply(w, (struct change){.kind = CHANGE_DELETE, .table = table, .key = key_of_int(key)});
}

static size_t commit(struct world *w)
{
    return index_commit(w->ix, w->counts, (struct as_of){1, ++w->position});
}

static void assert_published(struct world *w, const char *tenant, uint64_t failed, uint64_t refs,
                             uint64_t flagged)
{
    struct uuid id;
    struct as_of as_of;
    int64_t since;
    uint64_t numbers[SOURCES];
    assert_true(uuid_parse(tenant, strlen(tenant), &id));
    assert_int_equal(counts_read(w->counts, &id, numbers, &as_of, &since), COUNTS_LIVE);
    assert_int_equal(as_of.position, w->position);
    assert_int_equal(numbers[FAILED], failed);
    assert_int_equal(numbers[REFS], refs);
    assert_int_equal(numbers[FLAGGED], flagged);
}

/* ---- changes ---- */

static void a_transaction_is_seen_when_it_commits(void **state)
{
    (void)state;
    struct world w = world_new();
    put_job(&w, 1, a, "failed", "x");
    put_job(&w, 2, a, "failed", "x");
    put_flag(&w, 1, true, b);
    assert_published(&w, a, 0, 0, 0);
    assert_int_equal(commit(&w), 2);
    assert_published(&w, a, 2, 1, 0);
    assert_published(&w, b, 0, 0, 1);
    assert_int_equal(commit(&w), 0); /* nothing touched since */
    assert_int_equal(index_rows(w.ix), 5);
    world_free(&w);
}

static void rows_come_and_go_with_the_predicate(void **state)
{
    (void)state;
    struct world w = world_new();
    put_job(&w, 1, a, "failed", "x");
    put_job(&w, 2, a, "failed", "y");
    put_job(&w, 3, a, NULL, "z"); /* unknown is not true */
    commit(&w);
    assert_published(&w, a, 2, 2, 0);
    move_job(&w, 1, 1, a, "done", "x");
    commit(&w);
    assert_published(&w, a, 1, 1, 0);
    move_job(&w, 3, 3, a, "failed", "y");
    commit(&w);
    assert_published(&w, a, 2, 1, 0);
    delete_row(&w, JOBS, 2);
    delete_row(&w, JOBS, 1); /* not live, and none at all */
    delete_row(&w, JOBS, 99);
    commit(&w);
    assert_published(&w, a, 1, 1, 0);
    delete_row(&w, JOBS, 3);
    assert_int_equal(commit(&w), 1);
    assert_published(&w, a, 0, 0, 0);
    assert_int_equal(index_rows(w.ix), 0);
    world_free(&w);
}

static void a_change_seen_twice_counts_once(void **state)
{
    (void)state;
    struct world w = world_new();
    for (int i = 0; i < 3; i++) {
        put_job(&w, 1, a, "failed", "x");
        move_job(&w, 1, 2, a, "failed", "y");
        put_job(&w, 3, a, "failed", "y");
        assert_int_equal(commit(&w), i == 0 ? 1 : 0);
        assert_published(&w, a, 2, 1, 0);
    }
    delete_row(&w, JOBS, 3);
    delete_row(&w, JOBS, 3);
    commit(&w);
    assert_published(&w, a, 1, 1, 0);
    world_free(&w);
}

static void a_row_moves_to_another_key_tenant_or_value(void **state)
{
    (void)state;
    struct world w = world_new();
    put_job(&w, 1, a, "failed", "x");
    put_job(&w, 2, a, "failed", "x");
    put_job(&w, 7, b, "failed", "x");
    commit(&w);
    move_job(&w, 1, 10, a, "failed", "x"); /* key */
    assert_int_equal(commit(&w), 0);
    assert_published(&w, a, 2, 1, 0);
    move_job(&w, 10, 10, b, "failed", "x"); /* tenant: x is now of both */
    assert_int_equal(commit(&w), 2);
    assert_published(&w, a, 1, 1, 0);
    assert_published(&w, b, 2, 1, 0);
    move_job(&w, 10, 11, b, "failed", "y"); /* key and value */
    assert_int_equal(commit(&w), 1);
    assert_published(&w, b, 2, 2, 0);
    move_job(&w, 11, 12, b, "done", "y"); /* key, and out */
    commit(&w);
    assert_published(&w, b, 1, 1, 0);
    move_job(&w, 12, 2, b, "failed", "z"); /* onto the key of another row */
    commit(&w);
    assert_published(&w, a, 0, 0, 0);
    assert_published(&w, b, 2, 2, 0);
    move_job(&w, 7, 7, b, "failed", NULL); /* a distinct value that is NULL is none */
    commit(&w);
    assert_published(&w, b, 2, 1, 0);
    world_free(&w);
}

static void what_cancels_out_within_a_transaction_changes_nobody(void **state)
{
    (void)state;
    struct world w = world_new();
    put_job(&w, 1, a, "failed", "x");
    commit(&w);
    put_job(&w, 2, a, "failed", "y");
    delete_row(&w, JOBS, 2);
    move_job(&w, 1, 1, b, "failed", "z");
    move_job(&w, 1, 1, a, "failed", "z");
    assert_int_equal(commit(&w), 0);
    assert_published(&w, a, 1, 1, 0);
    assert_published(&w, b, 0, 0, 0);
    world_free(&w);
}

static void a_truncate_empties_one_table(void **state)
{
    (void)state;
    struct world w = world_new();
    for (int64_t i = 0; i < 1000; i++)
        put_job(&w, i, i % 2 == 0 ? a : b, "failed", i % 3 == 0 ? "x" : "y");
    put_flag(&w, 1, true, a);
    put_flag(&w, 2, true, "00000000-0000-0000-0000-000000000000");
    commit(&w);
    assert_published(&w, a, 500, 2, 1);
    apply(&w, (struct change){.kind = CHANGE_TRUNCATE, .table = JOBS});
    assert_int_equal(w.ix->touched_count, 2); /* not who had no job */
    put_job(&w, 5, b, "failed", "x");
    assert_int_equal(commit(&w), 2);
    assert_published(&w, a, 0, 0, 1);
    assert_published(&w, b, 1, 1, 0);
    world_free(&w);
}

static void a_row_of_no_tenant_is_nobodys(void **state)
{
    (void)state;
    struct world w = world_new();
    static const char *const nobody[] = {NULL, "", "a", "0B9DD3C2-6E0C-4A9C-9F6C-0D6C8A6F1A01"};
    for (size_t i = 0; i < COUNT(nobody); i++) {
        put_flag(&w, 1, true, a);
        commit(&w);
        assert_published(&w, a, 0, 0, 1);
        put_flag(&w, 1, true, nobody[i]); /* away from the tenant that it had */
        assert_int_equal(commit(&w), 1);
        assert_published(&w, a, 0, 0, 0);
    }
    const struct value row[] = {{.kind = VALUE_INT, .integer = 1},
                                {.kind = VALUE_BLOB, .text = {a, sizeof(a) - 1}},
                                text(NULL)};
    apply(&w,
          (struct change){.kind = CHANGE_INSERT, .table = FLAGS, .key = key_of_int(1), .row = row});
    assert_int_equal(commit(&w), 0);
    assert_int_equal(counts_tenants(w.counts), 1);
    world_free(&w);
}

static void a_second_index_publishes_only_what_differs(void **state)
{
    (void)state;
    struct world w = world_new();
    static const char c[] = "00000000-0000-0000-0000-000000000000";
    put_job(&w, 1, a, "failed", "x");
    put_job(&w, 2, b, "failed", "x");
    put_job(&w, 3, c, "failed", "x");
    commit(&w);
    index_free(w.ix);
    w.ix = new_index(w.d);
    put_job(&w, 9, a, "failed", "other"); /* another row, the same numbers */
    put_job(&w, 2, b, "failed", "x");
    put_job(&w, 3, b, "failed", "y");
    assert_int_equal(index_publish_all(w.ix, w.counts, (struct as_of){1, ++w.position}), 2);
    assert_published(&w, a, 1, 1, 0);
    assert_published(&w, b, 2, 2, 0);
    assert_published(&w, c, 0, 0, 0);
    assert_int_equal(index_check(w.ix), 0);
    assert_int_equal(commit(&w), 0);
    assert_int_equal(index_publish_all(w.ix, w.counts, (struct as_of){1, ++w.position}), 0);
    world_free(&w);
}

static void without_memory_for_a_row_the_change_says_so(void **state)
{
    (void)state;
    struct world w = world_new();
    const struct value row[] = {text(a), text("failed"), text("x")};
    const struct change c = {.table = JOBS, .key = key_of_int(1), .row = row};
    is_memory_out = true;
    assert_int_equal(index_apply(w.ix, &c), ERR_MEMORY);
    is_memory_out = false;
    assert_int_equal(index_apply(w.ix, &c), ERR_OK);
    commit(&w);
    assert_published(&w, a, 1, 1, 0);
    world_free(&w);
}

/* ---- memory ---- */

static size_t bytes_a_row(struct world *w, int64_t rows, bool is_distinct)
{
    for (int64_t i = 0; i < rows; i++) {
        char tenant[UUID_TEXT_LEN + 1], ref[30];
        struct uuid id = {{0x0b}};
        int64_t n = i % 1000;
        memcpy(id.bytes + 8, &n, sizeof(n));
        uuid_format(&id, tenant);
        snprintf(ref, sizeof(ref), "ref %lld", (long long)i);
        const struct value row[] = {{.kind = VALUE_INT, .integer = 1}, text(tenant), text(NULL)};
        const struct value job[] = {text(tenant), text("failed"), text(ref)};
        const struct change c = {.table = is_distinct ? JOBS : FLAGS,
                                 .key = key_of_int(i),
                                 .row = is_distinct ? job : row};
        assert_int_equal(index_apply(w->ix, &c), ERR_OK);
    }
    return index_bytes(w->ix) / index_rows(w->ix);
}

static void a_live_row_takes_at_most_48_bytes_with_its_tenants(void **state)
{
    (void)state;
    struct world w = world_new();
    assert_true(bytes_a_row(&w, 100000, false) <= 48);
    world_free(&w);
    w = world_new();
    /* Every job is a row of two sources; its ref, which no other has, takes up to 52 bytes more. */
    assert_true(bytes_a_row(&w, 100000, true) <= 48 + 52 / 2);
    world_free(&w);
}

/* ---- binding ---- */

static void a_source_that_does_not_fit_its_table_is_refused(void **state)
{
    (void)state;
    static const struct {
        struct source_spec spec;
        enum spec_field field;
        size_t offset;
        const char *message;
    } bad[] = {
        {{.table = "absent"}, SPEC_TABLE, 0, "there is no table \"absent\""},
        {{.schema = "other", .table = "jobs"}, SPEC_TABLE, 0, "there is no table \"jobs\""},
        {{.table = "jobs", .tenant = "org"},
         SPEC_TENANT,
         0,
         "table \"jobs\" has no column \"org\""},
        {{.table = "jobs", .distinct = "x"},
         SPEC_DISTINCT,
         0,
         "table \"jobs\" has no column \"x\""},
        {{.table = "flags", .tenant = "flag"},
         SPEC_TENANT,
         0,
         "column \"flag\" cannot name a tenant: it must hold UUIDs, as uuid or as text"},
        {{.table = "flags", .distinct = "json"},
         SPEC_DISTINCT,
         0,
         "column \"json\" is of a type whose values cannot be told apart by every database"},
        {{.table = "flags", .where = "flag AND absent"},
         SPEC_WHERE,
         9,
         "table \"flags\" has no column \"absent\""},
        {{.table = "jobs", .where = "status = 1"},
         SPEC_WHERE,
         9,
         "column \"status\" is text: compare it with text in single quotes"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        const struct source_spec two[] = {specs[FLAGGED], bad[i].spec};
        struct definitions *d = define(two, 2);
        struct index *ix = NULL;
        struct source_fault fault;
        struct error e;
        assert_int_equal(index_new(d, tables, COUNT(tables), &ix, &fault, &e), ERR_CONFIG);
        assert_null(ix);
        assert_string_equal(e.message, bad[i].message);
        assert_int_equal(fault.source, 1);
        assert_int_equal(fault.field, bad[i].field);
        assert_int_equal(fault.offset, bad[i].offset);
        definitions_free(d);
    }
}

static void an_index_of_no_source_counts_nothing(void **state)
{
    (void)state;
    struct definitions *d = definitions_new();
    struct counts *counts = counts_new(0);
    struct index *ix = new_index(d);
    const struct value row[] = {text(a), text("failed"), text("x")};
    const struct change c = {.table = JOBS, .key = key_of_int(1), .row = row};
    assert_int_equal(index_apply(ix, &c), ERR_OK);
    assert_int_equal(index_commit(ix, counts, (struct as_of){1, 1}), 0);
    assert_int_equal(index_publish_all(ix, counts, (struct as_of){1, 2}), 0);
    assert_int_equal(index_check(ix), 0);
    assert_int_equal(index_rows(ix), 0);
    index_free(ix);
    counts_free(counts);
    definitions_free(d);
}

/* ---- invariants ---- */

#define BREAK(place, value, number)                                                                \
    do {                                                                                           \
        __typeof__(place) was = (place);                                                           \
        (place) = (value);                                                                         \
        assert_int_equal(index_check(w.ix), number);                                               \
        (place) = was;                                                                             \
        assert_int_equal(index_check(w.ix), 0);                                                    \
    } while (0)

/* Two tenants; the first has jobs 1 and 2 with one ref, the second job 3; both were touched. */
static struct world broken_world(void)
{
    struct world w = world_new();
    put_job(&w, 1, a, "failed", "x");
    put_job(&w, 2, a, "failed", "x");
    put_job(&w, 3, b, "failed", "x");
    return w;
}

static struct row *row_of(struct world *w, size_t source, int64_t key)
{
    struct row_key k = key_of_int(key);
    return rowset_find(&w->ix->sources[source].rows, &k);
}

static void an_unsound_table_breaks_invariant_1(void **state)
{
    (void)state;
    struct world w = broken_world();
    struct source_state *failed = &w.ix->sources[FAILED], *refs = &w.ix->sources[REFS];
    BREAK(failed->rows.rows_count, 2, 1);
    BREAK(refs->rows.seed, refs->rows.seed + 1, 1);
    BREAK(refs->values.live_count, 3, 1);
    BREAK(w.ix->tenants.live_count, 3, 1);
    world_free(&w);
}

static void a_row_of_another_tenant_or_value_breaks_invariant_2(void **state)
{
    (void)state;
    struct world w = broken_world();
    uint32_t value_of_b = row_of(&w, REFS, 3)->distinct;
    BREAK(row_of(&w, FAILED, 1)->tenant, 2, 2);
    BREAK(row_of(&w, FAILED, 1)->distinct, 0, 2);
    BREAK(row_of(&w, REFS, 1)->distinct, ROW_NONE, 2);
    BREAK(row_of(&w, REFS, 1)->distinct, 2, 2);
    BREAK(row_of(&w, REFS, 1)->distinct, value_of_b, 2);
    BREAK(row_of(&w, REFS, 1)->tenant, 1, 2);
    world_free(&w);
}

static void a_value_with_wrong_references_breaks_invariant_3(void **state)
{
    (void)state;
    struct world w = broken_world();
    struct intern *values = &w.ix->sources[REFS].values;
    BREAK(values->entries[0].refs, 1, 3);
    BREAK(values->entries[0].refs, 3, 3);
    BREAK(values->entries[1].refs, 2, 3);
    world_free(&w);
}

static void a_wrong_number_breaks_invariant_4(void **state)
{
    (void)state;
    struct world w = broken_world();
    for (uint32_t tenant = 0; tenant < 2; tenant++)
        for (size_t s = 0; s < SOURCES; s++) {
            uint64_t *number = number_of(w.ix, &w.ix->sources[s], tenant);
            BREAK(*number, *number + 1, 4);
            BREAK(*number, *number - 1, 4);
        }
    BREAK(row_of(&w, FAILED, 1)->tenant, 1, 4); /* of a tenant that is known, and another */
    world_free(&w);
}

static void a_wrong_list_of_touched_tenants_breaks_invariant_5(void **state)
{
    (void)state;
    struct world w = broken_world();
    BREAK(w.ix->is_touched[1], false, 5);
    BREAK(w.ix->touched_count, 1, 5);
    BREAK(w.ix->touched[1], 0, 5); /* one of them twice */
    BREAK(w.ix->touched[1], 2, 5); /* one that is not there */
    commit(&w);
    BREAK(w.ix->is_touched[0], true, 5);
    BREAK(w.ix->touched_count, 1, 5);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transaction_is_seen_when_it_commits),
        cmocka_unit_test(rows_come_and_go_with_the_predicate),
        cmocka_unit_test(a_change_seen_twice_counts_once),
        cmocka_unit_test(a_row_moves_to_another_key_tenant_or_value),
        cmocka_unit_test(what_cancels_out_within_a_transaction_changes_nobody),
        cmocka_unit_test(a_truncate_empties_one_table),
        cmocka_unit_test(a_row_of_no_tenant_is_nobodys),
        cmocka_unit_test(a_second_index_publishes_only_what_differs),
        cmocka_unit_test(without_memory_for_a_row_the_change_says_so),
        cmocka_unit_test(a_live_row_takes_at_most_48_bytes_with_its_tenants),
        cmocka_unit_test(a_source_that_does_not_fit_its_table_is_refused),
        cmocka_unit_test(an_index_of_no_source_counts_nothing),
        cmocka_unit_test(an_unsound_table_breaks_invariant_1),
        cmocka_unit_test(a_row_of_another_tenant_or_value_breaks_invariant_2),
        cmocka_unit_test(a_value_with_wrong_references_breaks_invariant_3),
        cmocka_unit_test(a_wrong_number_breaks_invariant_4),
        cmocka_unit_test(a_wrong_list_of_touched_tenants_breaks_invariant_5),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
