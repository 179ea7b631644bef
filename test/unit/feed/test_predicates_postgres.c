/* What badged makes of columns, values, keys and predicates of Postgres, a real server makes of
 * them too. The seed and the number of pairs of a predicate and a row can be set:
 * test_predicates_postgres [SEED [PAIRS]]. */
#include "feed/postgres_text.h"

#include <libpq-fe.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "badge/key.h"
#include "badge/predicate.h"
#include "base/mem.h"
#include "cluster.h"
#include "generate/postgres.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum {
    ROWS = 64,
    PREDICATES_PER_TABLE = 50,
    COLUMNS = GENERATE_POSTGRES_COLUMNS,
};

static uint64_t seed = 20261124;
static uint64_t pairs_wanted = 1000000;

static struct cluster *cluster;
static PGconn *conn;
static struct column columns[COLUMNS];
static struct table table = {.schema = (char[]){"public"},
                             .name = (char[]){"t"},
                             .columns = columns,
                             .columns_count = COLUMNS};
static struct value rows[ROWS][COLUMNS];
static PGresult *stored; /* what the rows' values point into */

/* ---- the server ---- */

static PGresult *ask(const char *sql)
{
    PGresult *result = PQexec(conn, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
        fail_msg("%s in: %.2000s", PQerrorMessage(conn), sql);
    return result;
}

static void must(const char *sql)
{
    PQclear(ask(sql));
}

static bool is_read(const char *sql)
{
    PGresult *result = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(result);
    PQclear(result);
    return status == PGRES_TUPLES_OK;
}

static void add_name(struct buffer *out, size_t column)
{
    const char *name = generate_postgres_columns[column].name;
    char *quoted = PQescapeIdentifier(conn, name, strlen(name));
    buffer_puts(out, quoted);
    PQfreemem(quoted);
}

/* For each column: the type at the base of its own, its own typtype, whether its collation is
 * deterministic, its kin, and its labels. */
static const char catalog_sql[] =
    "WITH RECURSIVE base(attnum, type) AS ("
    "  SELECT attnum, atttypid FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 1"
    "  UNION ALL SELECT attnum, typbasetype FROM base JOIN pg_type ON oid = type"
    "  WHERE typtype = 'd') "
    "SELECT base.type, own.typtype, coalesce(c.collisdeterministic, true),"
    "  CASE WHEN own.typtype = 'e' THEN own.oid WHEN c.collname <> 'default' THEN c.oid ELSE 0 END,"
    "  (SELECT string_agg(enumlabel, '|' ORDER BY enumsortorder) FROM pg_enum"
    "   WHERE enumtypid = own.oid) "
    "FROM pg_attribute a JOIN base USING (attnum) JOIN pg_type own ON own.oid = a.atttypid"
    "  JOIN pg_type b ON b.oid = base.type LEFT JOIN pg_collation c ON c.oid = a.attcollation "
    "WHERE attrelid = 't'::regclass AND b.typtype <> 'd' ORDER BY attnum";

static void add_labels(struct column *c, const char *labels)
{
    while (*labels != '\0') {
        size_t len = strcspn(labels, "|");
        c->labels = mem_grow(c->labels, c->labels_count + 1, sizeof(*c->labels));
        c->labels[c->labels_count++] = mem_text(labels, len);
        labels += len + (labels[len] == '|');
    }
}

static void read_catalog(void)
{
    PGresult *found = ask(catalog_sql);
    assert_int_equal(PQntuples(found), COLUMNS);
    for (int i = 0; i < COLUMNS; i++) {
        const char *name = generate_postgres_columns[i].name;
        columns[i].name = mem_text(name, strlen(name));
        columns[i].type = pg_type_class((uint32_t)strtoul(PQgetvalue(found, i, 0), NULL, 10),
                                        *PQgetvalue(found, i, 1), *PQgetvalue(found, i, 2) == 't');
        columns[i].kin = (uint32_t)strtoul(PQgetvalue(found, i, 3), NULL, 10);
        add_labels(&columns[i], PQgetvalue(found, i, 4));
    }
    PQclear(found);
}

static int set_up(void **state)
{
    (void)state;
    struct buffer sql = {0}, conninfo = {0};
    cluster = cluster_start(NULL);
    buffer_printf(&conninfo,
                  "%s client_encoding=UTF8 options='-c TimeZone=UTC -c DateStyle=ISO "
                  "-c extra_float_digits=3 -c client_min_messages=warning'",
                  cluster_conninfo(cluster));
    conn = PQconnectdb(conninfo.bytes);
    if (PQstatus(conn) != CONNECTION_OK)
        fail_msg("%s", PQerrorMessage(conn));
    must(generate_postgres_types);
    buffer_puts(&sql, "CREATE TABLE t (id integer PRIMARY KEY");
    for (size_t i = 0; i < COLUMNS; i++) {
        buffer_puts(&sql, ", ");
        add_name(&sql, i);
        buffer_printf(&sql, " %s", generate_postgres_columns[i].declared);
    }
    buffer_puts(&sql, ")");
    must(sql.bytes);
    read_catalog();
    buffer_fini(&sql);
    buffer_fini(&conninfo);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    PQclear(stored);
    PQfinish(conn);
    cluster_stop(cluster);
    for (size_t i = 0; i < COLUMNS; i++) {
        for (size_t k = 0; k < columns[i].labels_count; k++)
            free(columns[i].labels[k]);
        free(columns[i].labels);
        free(columns[i].name);
    }
    return 0;
}

/* ---- rows ---- */

static void add_row(struct random *r, struct buffer *sql, int id)
{
    const char *row[COLUMNS];
    generate_postgres_row(r, row);
    buffer_printf(sql, "%s(%d", id > 0 ? ", " : "", id);
    for (size_t i = 0; i < COLUMNS; i++) {
        char *literal = row[i] != NULL ? PQescapeLiteral(conn, row[i], strlen(row[i])) : NULL;
        buffer_printf(sql, ", %s", literal != NULL ? literal : "NULL");
        PQfreemem(literal);
    }
    buffer_puts(sql, ")");
}

/* Fill the table, and read it back as a feed does. */
static void fill_table(struct random *r)
{
    struct buffer sql = {0};
    buffer_puts(&sql, "TRUNCATE t; INSERT INTO t VALUES ");
    for (int n = 0; n < ROWS; n++)
        add_row(r, &sql, n);
    must(sql.bytes);
    buffer_fini(&sql);
    PQclear(stored);
    stored = ask("SELECT * FROM t ORDER BY id");
    assert_int_equal(PQntuples(stored), ROWS);
    for (int n = 0; n < ROWS; n++) {
        for (int i = 0; i < COLUMNS; i++) {
            struct error e = {0};
            rows[n][i].kind = VALUE_NULL;
            if (!PQgetisnull(stored, n, i + 1) &&
                pg_text_value(columns[i].type, PQgetvalue(stored, n, i + 1),
                              (size_t)PQgetlength(stored, n, i + 1), &rows[n][i], &e) != ERR_OK)
                fail_msg("column %s: %s", columns[i].name, e.message);
        }
    }
}

static void columns_have_the_classes_that_are_promised(void **state)
{
    (void)state;
    for (size_t i = 0; i < COLUMNS; i++)
        if (columns[i].type != generate_postgres_columns[i].type)
            fail_msg("a column of type %s", generate_postgres_columns[i].declared);
}

/* As DISTINCT and keys have it: NULLs left out, for which there is no key. */
static void what_postgres_holds_equal_has_one_key(void **state)
{
    (void)state;
    struct random r = {seed};
    const struct key_secret secret = {{42}};
    uint64_t equal = 0;
    for (int times = 0; times < 5; times++) {
        fill_table(&r);
        for (size_t i = 0; i < COLUMNS; i++) {
            if (columns[i].type == COLUMN_OTHER)
                continue;
            struct buffer sql = {0};
            buffer_puts(&sql, "SELECT dense_rank() OVER (ORDER BY ");
            add_name(&sql, i);
            buffer_puts(&sql, ") FROM t ORDER BY id");
            PGresult *ranks = ask(sql.bytes);
            for (int a = 0; a < ROWS; a++)
                for (int b = 0; b < a; b++) {
                    if (rows[a][i].kind == VALUE_NULL || rows[b][i].kind == VALUE_NULL)
                        continue;
                    struct row_key x = key_of_value(&rows[a][i], columns[i].type, &secret),
                                   y = key_of_value(&rows[b][i], columns[i].type, &secret);
                    bool is_one = strcmp(PQgetvalue(ranks, a, 0), PQgetvalue(ranks, b, 0)) == 0;
                    equal += is_one;
                    if (is_one != (memcmp(&x, &y, sizeof(x)) == 0))
                        fail_msg("column %s: %s and %s", columns[i].name,
                                 PQgetvalue(stored, a, (int)i + 1),
                                 PQgetvalue(stored, b, (int)i + 1));
                }
            PQclear(ranks);
            buffer_fini(&sql);
        }
    }
    assert_true(equal > 10000);
}

/* ---- agreement ---- */

static struct predicate *parse(const char *text, size_t len)
{
    struct predicate *p = NULL;
    size_t offset;
    struct error e = {0};
    if (predicate_parse(text, len, &p, &offset, &e) != ERR_OK)
        fail_msg("generated predicate is refused: %s at %zu of: %s", e.message, offset, text);
    return p;
}

static bool binds(struct predicate *p)
{
    size_t offset;
    return predicate_bind(p, &table, &offset, NULL) == ERR_OK;
}

static void assert_refused_alike(const char *text)
{
    struct buffer sql = {0};
    buffer_printf(&sql, "SELECT (%s) FROM t", text);
    if (is_read(sql.bytes))
        fail_msg("badged refuses what Postgres takes: %s", text);
    buffer_fini(&sql);
}

static void show_row(int n)
{
    for (int i = 0; i < COLUMNS; i++)
        print_error("  %s: %s\n", columns[i].name,
                    PQgetisnull(stored, n, i + 1) ? "NULL" : PQgetvalue(stored, n, i + 1));
}

static void compare(char *const texts[], struct predicate *const predicates[], uint64_t truths[3])
{
    static const char *const names[] = {"false", "true", "unknown"};
    struct buffer sql = {0};
    for (int i = 0; i < PREDICATES_PER_TABLE; i++)
        buffer_printf(&sql, "%s(%s)", i == 0 ? "SELECT " : ", ", texts[i]);
    buffer_puts(&sql, " FROM t ORDER BY id");
    PGresult *grid = ask(sql.bytes);
    assert_int_equal(PQntuples(grid), ROWS);
    for (int n = 0; n < ROWS; n++) {
        for (int i = 0; i < PREDICATES_PER_TABLE; i++) {
            enum truth ours = predicate_eval(predicates[i], rows[n]),
                       theirs = PQgetisnull(grid, n, i)          ? TRUTH_UNKNOWN
                                : *PQgetvalue(grid, n, i) == 't' ? TRUTH_TRUE
                                                                 : TRUTH_FALSE;
            truths[ours]++;
            if (theirs == ours)
                continue;
            show_row(n);
            fail_msg("Postgres says %s, badged says %s of row %d for: %s", names[theirs],
                     names[ours], n, texts[i]);
        }
    }
    PQclear(grid);
    buffer_fini(&sql);
}

static bool is_number(size_t type)
{
    return type == COLUMN_INTEGER || type == COLUMN_REAL || type == COLUMN_SINGLE ||
           type == COLUMN_DECIMAL;
}

static bool is_moment(size_t type)
{
    return type == COLUMN_INSTANT || type == COLUMN_DATE;
}

/* Every operator, every type beside a literal, and every pair of types that compare. */
static void assert_all_was_used(const struct generate_uses *uses, uint64_t predicates)
{
    for (size_t i = 0; i < USE__COUNT; i++)
        if (uses->tests[i] < predicates / 200)
            fail_msg("use %zu came up only %llu times", i, (unsigned long long)uses->tests[i]);
    for (size_t a = 0; a < GENERATE_TYPES; a++) {
        if (a == COLUMN_NUMBER || a == COLUMN_TIME || a == COLUMN_OTHER)
            continue;
        if (uses->literals[a] < predicates / 200)
            fail_msg("a literal for type %zu came up only %llu times", a,
                     (unsigned long long)uses->literals[a]);
        for (size_t b = 0; b < GENERATE_TYPES; b++)
            if ((a == b || (is_number(a) && is_number(b)) || (is_moment(a) && is_moment(b))) &&
                uses->pairs[a][b] < predicates / 1000)
                fail_msg("types %zu and %zu came up only %llu times", a, (int)b,
                         (unsigned long long)uses->pairs[a][b]);
    }
}

static void evaluation_agrees_with_postgres(void **state)
{
    (void)state;
    struct random r = {seed};
    struct generate_uses uses = {0};
    uint64_t truths[3] = {0}, pairs = 0, refused = 0;
    for (; pairs < pairs_wanted; pairs += (uint64_t)ROWS * PREDICATES_PER_TABLE) {
        char *texts[PREDICATES_PER_TABLE];
        struct predicate *predicates[PREDICATES_PER_TABLE];
        fill_table(&r);
        for (int i = 0; i < PREDICATES_PER_TABLE;) {
            struct buffer text = {0};
            generate_predicate(&r, &generate_postgres, &text, &uses);
            predicates[i] = parse(text.bytes, text.len);
            if (binds(predicates[i])) {
                texts[i++] = buffer_take(&text);
                continue;
            }
            refused++;
            assert_refused_alike(text.bytes);
            predicate_free(predicates[i]);
            buffer_fini(&text);
        }
        compare(texts, predicates, truths);
        for (int i = 0; i < PREDICATES_PER_TABLE; i++) {
            predicate_free(predicates[i]);
            free(texts[i]);
        }
    }
    assert_all_was_used(&uses, pairs / ROWS);
    for (size_t i = 0; i < 3; i++)
        assert_true(truths[i] > pairs / 20);
    assert_true(refused > 0 && refused < pairs / ROWS / 50);
    print_message("seed %llu: %llu pairs agree: %llu false, %llu true, %llu unknown; %llu "
                  "predicates refused alike\n",
                  (unsigned long long)seed, (unsigned long long)pairs,
                  (unsigned long long)truths[0], (unsigned long long)truths[1],
                  (unsigned long long)truths[2], (unsigned long long)refused);
}

/* ---- what is taken, Postgres reads ---- */

static uint64_t taken, refused_alike, refused_alone;

static void assert_taken_is_read(const struct buffer *text)
{
    struct predicate *p = parse(text->bytes, text->len);
    struct buffer sql = {0};
    buffer_printf(&sql, "EXPLAIN SELECT (%s) FROM t WHERE (%s)", text->bytes, text->bytes);
    bool is_taken = binds(p), is_taken_by_postgres = is_read(sql.bytes);
    if (is_taken && !is_taken_by_postgres)
        fail_msg("badged takes what Postgres refuses: %s: %s", text->bytes, PQerrorMessage(conn));
    taken += is_taken;
    refused_alike += !is_taken && !is_taken_by_postgres;
    refused_alone += !is_taken && is_taken_by_postgres;
    predicate_free(p);
    buffer_fini(&sql);
}

static const char *const forms[] = {
    "# = $",       "# < $",   "$ >= #", "# IS DISTINCT FROM $", "# BETWEEN $ AND $",
    "# IN ($, $)", "# IN ($)"};

static void assert_form_is_read(const char *form, size_t column, const char *other,
                                size_t other_column)
{
    struct buffer text = {0};
    for (; *form != '\0'; form++)
        if (*form == '#')
            add_name(&text, column);
        else if (*form == '$' && other != NULL)
            buffer_puts(&text, other);
        else if (*form == '$')
            add_name(&text, other_column);
        else
            buffer_add(&text, form, 1);
    assert_taken_is_read(&text);
    buffer_fini(&text);
}

static void two_columns_that_are_taken_are_read(void **state)
{
    (void)state;
    taken = refused_alike = refused_alone = 0;
    for (size_t a = 0; a < COLUMNS; a++)
        for (size_t b = 0; b < COLUMNS; b++)
            for (size_t f = 0; f < 5; f++)
                assert_form_is_read(forms[f], a, NULL, b);
    print_message("of pairs of columns, %llu are taken, %llu refused by both, %llu by badged\n",
                  (unsigned long long)taken, (unsigned long long)refused_alike,
                  (unsigned long long)refused_alone);
    assert_true(taken > 500 && refused_alike > 2000);
}

static void a_literal_that_is_taken_is_read(void **state)
{
    (void)state;
    static const char *const literals[] = {"NULL",
                                           "TRUE",
                                           "0",
                                           "1",
                                           "-1.5",
                                           "1e300",
                                           "-1e-300",
                                           "1e10",
                                           "9223372036854775808",
                                           "0e-9999",
                                           "0e9999",
                                           "''",
                                           "'1'",
                                           "'t'",
                                           "'failed'",
                                           "'Failed'",
                                           "'it''s'",
                                           "'NaN'",
                                           "'infinity'",
                                           "'2026-01-01'",
                                           "'2026-01-01 00:00:00'",
                                           "'2026-01-01T00:00:00.000Z'",
                                           "'2026-02-29'",
                                           "'0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01'",
                                           "'0B9DD3C2-6E0C-4A9C-9F6C-0D6C8A6F1A01'",
                                           "'{}'",
                                           "'a'"};
    taken = refused_alike = refused_alone = 0;
    for (size_t c = 0; c < COLUMNS; c++) {
        for (size_t l = 0; l < COUNT(literals); l++)
            for (size_t f = 0; f < COUNT(forms); f++)
                assert_form_is_read(forms[f], c, literals[l], 0);
        static const char *const bare[] = {"#", "NOT #", "# IS TRUE", "# IS NOT FALSE",
                                           "# IS NULL"};
        for (size_t f = 0; f < COUNT(bare); f++)
            assert_form_is_read(bare[f], c, NULL, 0);
    }
    print_message("beside literals, %llu are taken, %llu refused by both, %llu by badged\n",
                  (unsigned long long)taken, (unsigned long long)refused_alike,
                  (unsigned long long)refused_alone);
    assert_true(taken > 1000 && refused_alike > 2000);
}

/* Postgres finds the collation of two columns only while it runs. */
static void columns_of_two_collations_are_refused(void **state)
{
    (void)state;
    must("CREATE TABLE collations (a text COLLATE \"C\", b text COLLATE \"POSIX\")");
    must("INSERT INTO collations VALUES ('a', 'a')");
    assert_false(is_read("SELECT a = b FROM collations"));
    struct column two[] = {{.name = (char[]){"a"}, .type = COLUMN_TEXT, .kin = 1},
                           {.name = (char[]){"b"}, .type = COLUMN_TEXT, .kin = 2}};
    const struct table collations = {
        .name = (char[]){"collations"}, .columns_count = 2, .columns = two};
    struct predicate *p = parse("a = b", 5);
    size_t offset;
    assert_int_equal(predicate_bind(p, &collations, &offset, NULL), ERR_CONFIG);
    assert_int_equal(offset, 4);
    predicate_free(p);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        seed = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        pairs_wanted = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_have_the_classes_that_are_promised),
        cmocka_unit_test(what_postgres_holds_equal_has_one_key),
        cmocka_unit_test(two_columns_that_are_taken_are_read),
        cmocka_unit_test(a_literal_that_is_taken_is_read),
        cmocka_unit_test(columns_of_two_collations_are_refused),
        cmocka_unit_test(evaluation_agrees_with_postgres),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
