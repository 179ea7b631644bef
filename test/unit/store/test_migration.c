/* What is known of the migrations' files, and how reports are judged. */
#include "store/migration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void files_are_in_the_order_of_their_numbers_and_named_by_them(void **state)
{
    (void)state;
    size_t count;
    for (int is_sqlite = 0; is_sqlite < 2; is_sqlite++) {
        const struct migration *m =
            is_sqlite ? migrations_sqlite(&count) : migrations_postgres(&count);
        int before = 0;
        for (size_t i = 0; i < count; i++) {
            assert_true(m[i].number > before);
            assert_int_equal(strtol(m[i].name, NULL, 10), m[i].number);
            assert_int_equal(strlen(m[i].sql), m[i].sql_len);
            before = m[i].number;
        }
    }
}

static void row_level_security_is_never_applied_unasked(void **state)
{
    (void)state;
    size_t count;
    const struct migration *m = migrations_postgres(&count);
    assert_string_equal(m[count - 1].name, "099_row_level_security.sql");
    assert_true(m[count - 1].is_optional);
    assert_int_equal(migration_last(m, count), 95);
}

static void a_number_that_no_file_has_is_refused_with_those_that_there_are(void **state)
{
    (void)state;
    size_t count;
    struct error e;
    const struct migration *m = migrations_postgres(&count);
    assert_int_equal(migration_check_number(m, count, 90, &e), ERR_OK);
    assert_int_equal(migration_check_number(m, count, 91, &e), ERR_USAGE);
    assert_non_null(strstr(e.message, "60, 68, 80, 90, 95, 99"));
}

/* The test vector of FIPS 180-4's examples. */
static void a_hash_is_that_of_the_whole_text(void **state)
{
    (void)state;
    char hash[MIGRATION_HASH_BYTES];
    migration_hash(&(struct migration){.sql = "abc", .sql_len = 3}, hash);
    assert_string_equal(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void a_body_is_what_stands_between_begin_and_commit(void **state)
{
    (void)state;
    static const char whole[] = "-- x\nBEGIN;\nDO $$ BEGIN\nEND $$;\nCOMMIT;\n",
                      bare[] = "DO $$ $$;\n";
    size_t len;
    const char *body =
        migration_body(&(struct migration){.sql = whole, .sql_len = sizeof(whole) - 1}, &len);
    assert_int_equal(len, strlen("DO $$ BEGIN\nEND $$;\n"));
    assert_memory_equal(body, "DO $$ BEGIN\nEND $$;\n", len);
    body = migration_body(&(struct migration){.sql = bare, .sql_len = sizeof(bare) - 1}, &len);
    assert_int_equal(len, sizeof(bare) - 1);
    assert_ptr_equal(body, bare);
}

static void every_file_has_a_body_without_a_transaction_of_its_own(void **state)
{
    (void)state;
    size_t count;
    const struct migration *m = migrations_postgres(&count);
    for (size_t i = 0; i < count; i++) {
        size_t len;
        const char *body = migration_body(&m[i], &len);
        assert_true(len > 0 && body[len - 1] == '\n');
        assert_null(memmem(body, len, "\nCOMMIT;\n", 9));
    }
}

static bool is_current(const char *first, const char *second)
{
    json_t *status = json_pack("[{s:s}, {s:s}]", "state", first, "state", second);
    bool is_it = migration_is_current(status);
    json_decref(status);
    return is_it;
}

static void a_database_is_current_when_up_would_do_nothing(void **state)
{
    (void)state;
    assert_true(is_current("applied", "optional"));
    assert_true(is_current("not needed", "unknown"));
    assert_false(is_current("applied", "pending"));
    assert_false(is_current("changed", "applied"));
    assert_false(is_current("applied", "incomplete"));
}

static bool is_usable(const char *kind)
{
    json_t *verification = json_pack("{s:[], s:[{s:s}]}", "tables", "lacking", "kind", kind);
    bool is_it = migration_is_usable(verification);
    json_decref(verification);
    return is_it;
}

static void tables_are_usable_without_an_index_and_not_without_a_column(void **state)
{
    (void)state;
    assert_true(is_usable("index"));
    assert_true(is_usable("trigger"));
    assert_false(is_usable("column"));
    assert_false(is_usable("table"));
}

static void what_there_must_be_are_five_tables(void **state)
{
    (void)state;
    json_t *wanted = json_loads(migration_wanted(), 0, NULL);
    assert_int_equal(json_array_size(wanted), 5);
    json_decref(wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_in_the_order_of_their_numbers_and_named_by_them),
        cmocka_unit_test(row_level_security_is_never_applied_unasked),
        cmocka_unit_test(a_number_that_no_file_has_is_refused_with_those_that_there_are),
        cmocka_unit_test(a_hash_is_that_of_the_whole_text),
        cmocka_unit_test(a_body_is_what_stands_between_begin_and_commit),
        cmocka_unit_test(every_file_has_a_body_without_a_transaction_of_its_own),
        cmocka_unit_test(a_database_is_current_when_up_would_do_nothing),
        cmocka_unit_test(tables_are_usable_without_an_index_and_not_without_a_column),
        cmocka_unit_test(what_there_must_be_are_five_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
