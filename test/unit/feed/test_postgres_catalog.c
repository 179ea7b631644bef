/* The catalog of a Postgres server: what names a row, where rows come from, and what is refused at
 * which byte of a predicate. */
#include "cluster.h"

#include "base/checks.h"
#include "base/session.h"
#include "feed/postgres_catalog.h"
#include "feed/postgres_predicate.h"
#include "unit/feed/reading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct server {
    struct cluster *cluster;
    struct session *session;
};

static void sql(const struct server *s, const char *text)
{
    struct error e;
    enum err err = session_query(s->session, text, NULL, 0, SESSION_QUERY_MS, NULL, &e);
    if (err != ERR_OK)
        fail_msg("%s", e.message);
}

static int start(void **state)
{
    static struct server s;
    s.cluster = cluster_start(NULL);
    struct error e;
    const struct session_options o = {.conninfo = cluster_conninfo(s.cluster), .wake_fd = -1};
    assert_int_equal(session_open(&o, SESSION_CONNECT_MS, &s.session, &e), ERR_OK);
    sql(&s, "SET default_transaction_read_only = off"); /* the tests make what it looks at */
    *state = &s;
    return 0;
}

static int stop(void **state)
{
    struct server *s = *state;
    session_close(s->session);
    cluster_stop(s->cluster);
    return 0;
}

static int clean(void **state)
{
    sql(*state, "DROP SCHEMA public CASCADE; CREATE SCHEMA public;"
                "DROP PUBLICATION IF EXISTS badged");
    return 0;
}

static struct definitions *counting(const char *table, const char *where)
{
    const struct source_spec source = {.table = table, .where = where};
    const struct badge_spec badge = {.name = "one", .count = &source, .count_len = 1};
    struct spec_fault fault;
    struct error e;
    struct definitions *d = definitions_new();
    assert_int_equal(definitions_add(d, &badge, &fault, &e), ERR_OK);
    return d;
}

static enum err read_table(const struct server *s, const char *table, const char *where,
                           struct pg_catalog *ret, struct source_fault *fault, struct error *e)
{
    struct definitions *d = counting(table, where);
    enum err err = read_catalog(s->session, d, ret, fault, e);
    definitions_free(d);
    return err;
}

/* The names of the columns that name a row, with blanks between. */
static void assert_key(const struct server *s, const char *expected)
{
    struct pg_catalog c;
    struct source_fault fault;
    struct error e;
    char found[256] = "";
    assert_int_equal(read_table(s, "t", "a = 1", &c, &fault, &e), ERR_OK);
    for (size_t i = 0; i < c.details[0].key_count; i++) {
        (void)strncat(found, i > 0 ? " " : "", sizeof(found) - strlen(found) - 1);
        (void)strncat(found, c.tables[0].columns[c.details[0].key[i]].name,
                      sizeof(found) - strlen(found) - 1);
    }
    assert_string_equal(found, expected);
    pg_catalog_fini(&c);
}

static void the_key_is_the_primary_one_in_its_order(void **state)
{
    sql(*state, "CREATE TABLE public.t (a int, tenant_id uuid, b text, PRIMARY KEY (b, a))");
    assert_key(*state, "b a");
}

static void the_key_is_that_of_the_index_that_is_the_identity(void **state)
{
    sql(*state, "CREATE TABLE public.t (a int PRIMARY KEY, tenant_id uuid, b text NOT NULL UNIQUE);"
                "ALTER TABLE public.t REPLICA IDENTITY USING INDEX t_b_key");
    assert_key(*state, "b");
}

static void the_key_of_a_full_identity_is_the_primary_one(void **state)
{
    sql(*state, "CREATE TABLE public.t (a int PRIMARY KEY, tenant_id uuid, b text);"
                "ALTER TABLE public.t REPLICA IDENTITY FULL");
    assert_key(*state, "a");
}

static void what_names_no_row_for_sure_is_no_key(void **state)
{
    sql(*state, "CREATE TABLE public.t (a int, tenant_id uuid, b text UNIQUE)");
    assert_key(*state, "");
    sql(*state, "ALTER TABLE public.t ADD PRIMARY KEY (a) DEFERRABLE");
    assert_key(*state, "");
    sql(*state, "ALTER TABLE public.t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (a)");
    assert_key(*state, "a");
    sql(*state, "ALTER TABLE public.t REPLICA IDENTITY NOTHING");
    assert_key(*state, "");
}

static const char partitioned[] =
    "CREATE TABLE public.t (a int, tenant_id uuid, b int, PRIMARY KEY (a, b)) PARTITION BY LIST "
    "(b);"
    "CREATE TABLE public.t1 PARTITION OF public.t FOR VALUES IN (1);"
    "CREATE TABLE public.t2 PARTITION OF public.t FOR VALUES IN (2) PARTITION BY LIST (a);"
    "CREATE TABLE public.t21 PARTITION OF public.t2 FOR VALUES IN (1);"
    "CREATE TABLE public.other (a int)";

static void the_key_of_a_partitioned_table_is_what_every_partition_sends(void **state)
{
    sql(*state, partitioned);
    assert_key(*state, "a b");
    sql(*state, "ALTER TABLE public.t1 REPLICA IDENTITY FULL");
    assert_key(*state, "a b");
    sql(*state, "ALTER TABLE public.t21 REPLICA IDENTITY NOTHING");
    assert_key(*state, "");
}

static void the_relations_are_the_table_and_all_under_it(void **state)
{
    struct pg_catalog c;
    struct source_fault fault;
    struct error e;
    sql(*state, partitioned);
    assert_int_equal(read_table(*state, "t", "a = 1", &c, &fault, &e), ERR_OK);
    assert_true(c.details[0].is_partitioned);
    assert_int_equal(c.relations_count, 4);
    size_t roots = 0;
    for (size_t i = 0; i < c.relations_count; i++) {
        assert_true(i == 0 || c.relations[i - 1].oid < c.relations[i].oid);
        roots += c.relations[i].oid == c.details[0].oid && !c.relations[i].is_leaf;
    }
    assert_int_equal(roots, 1);
    pg_catalog_fini(&c);
}

static void a_column_has_the_type_that_was_declared_and_the_class_of_its_base(void **state)
{
    struct pg_catalog c;
    struct source_fault fault;
    struct error e;
    sql(*state,
        "CREATE TYPE public.stage AS ENUM ('open', 'shut'); CREATE DOMAIN public.who AS uuid;"
        "CREATE TABLE public.t (a public.stage, tenant_id public.who, b int PRIMARY KEY)");
    assert_int_equal(read_table(*state, "t", "a = 'open'", &c, &fault, &e), ERR_OK);
    const struct column *tenant = &c.tables[0].columns[0], *a = &c.tables[0].columns[1];
    assert_string_equal(tenant->name, "tenant_id");
    assert_int_equal(tenant->type, COLUMN_UUID);
    assert_true(c.details[0].columns[0].type_oid > 16383); /* the domain, and not uuid */
    assert_int_equal(a->type, COLUMN_ENUM);
    assert_int_equal(a->kin, c.details[0].columns[1].type_oid);
    assert_int_equal(a->labels_count, 2);
    assert_string_equal(a->labels[1], "shut");
    pg_catalog_fini(&c);
}

static void a_predicate_that_does_not_suit_is_shown_at_its_byte(void **state)
{
    struct pg_catalog c;
    struct source_fault fault;
    struct error e;
    sql(*state, "CREATE TABLE public.t (a int PRIMARY KEY, tenant_id uuid)");
    assert_int_equal(read_table(*state, "t", "a = 1 AND \"ä\" = 2", &c, &fault, &e), ERR_CONFIG);
    assert_int_equal(fault.field, SPEC_WHERE);
    assert_int_equal(fault.offset, strlen("a = 1 AND "));
}

/* Postgres counts characters. */
static void what_postgres_refuses_is_shown_at_its_byte(void **state)
{
    struct server *s = *state;
    struct error e;
    size_t offset = 99;
    sql(s, "CREATE TABLE public.\"tä\" (\"ä\" text, a int)");
    const char *where = "\"ä\" = 'ö€' AND nix = 2";
    assert_int_equal(pg_predicate_check(s->session, "public.\"tä\"", where, &offset, &e),
                     ERR_CONFIG);
    assert_int_equal(offset, strlen("\"ä\" = 'ö€' AND "));
    assert_non_null(strstr(e.message, "Postgres does not take it: column \"nix\" does not exist"));
    assert_int_equal(pg_predicate_check(s->session, "public.\"tä\"", "a = 1", &offset, &e), ERR_OK);
    assert_int_equal(pg_predicate_check(s->session, "public.none", "a = 1", &offset, &e),
                     ERR_SCHEMA);
}

static void the_catalog_has_the_fingerprint_of_its_moment(void **state)
{
    struct server *s = *state;
    struct pg_catalog c;
    struct pg_fingerprint now;
    struct source_fault fault;
    struct error e;
    sql(s, "CREATE TABLE public.t (a int PRIMARY KEY, tenant_id uuid)");
    assert_int_equal(read_table(s, "t", "a = 1", &c, &fault, &e), ERR_OK);
    struct definitions *d = counting("t", "a = 1");
    assert_int_equal(pg_fingerprint_query(s->session, d, "badged", &now, &e), ERR_OK);
    assert_string_equal(now.text, c.fingerprint);
    assert_true(now.wal_end > 0 && !now.is_in_recovery);
    sql(s, "ALTER TABLE public.t ALTER COLUMN a TYPE bigint");
    assert_int_equal(pg_fingerprint_query(s->session, d, "badged", &now, &e), ERR_OK);
    assert_string_not_equal(now.text, c.fingerprint);
    definitions_free(d);
    pg_catalog_fini(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_key_is_the_primary_one_in_its_order, clean),
        cmocka_unit_test_setup(the_key_is_that_of_the_index_that_is_the_identity, clean),
        cmocka_unit_test_setup(the_key_of_a_full_identity_is_the_primary_one, clean),
        cmocka_unit_test_setup(what_names_no_row_for_sure_is_no_key, clean),
        cmocka_unit_test_setup(the_key_of_a_partitioned_table_is_what_every_partition_sends, clean),
        cmocka_unit_test_setup(the_relations_are_the_table_and_all_under_it, clean),
        cmocka_unit_test_setup(a_column_has_the_type_that_was_declared_and_the_class_of_its_base,
                               clean),
        cmocka_unit_test_setup(a_predicate_that_does_not_suit_is_shown_at_its_byte, clean),
        cmocka_unit_test_setup(what_postgres_refuses_is_shown_at_its_byte, clean),
        cmocka_unit_test_setup(the_catalog_has_the_fingerprint_of_its_moment, clean),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
