/* The index against a plain SQL oracle: random transactions go to SQLite tables and, as changes, to
 * the index; after every one, the counts of every tenant and source equal what SQL counts. Tables
 * have keys of every shape. The seed and the number of transactions can be set: test_index_property
 * [SEED [TRANSACTIONS]]. */
#include "badge/index.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "generate/random.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum {
    TABLES = 4,
    SLOTS = 16, /* keys that a table may have */
    TENANTS = 6,
    COLUMNS = 5,
    CHANGES_MAX = 64,
};

static uint64_t seed = 20261123;
static uint64_t transactions_wanted = 200000;

/* ---- what there is to count ---- */

enum key_shape {
    KEY_UUID,
    KEY_INT,
    KEY_TEXT,
    KEY_COMPOSITE
};

static const char *const table_names[TABLES] = {"by_uuid", "by_int", "by_text", "by_pair"};

static const struct badge_spec badges[] = {
    {.name = "a",
     .count =
         (const struct source_spec[]){{.table = "by_uuid", .where = "status = 'failed' AND flag"}},
     .count_len = 1},
    {.name = "b",
     .count =
         (const struct source_spec[]){{.table = "by_uuid", .where = "status = 'failed' AND flag"},
                                      {.table = "by_int", .where = "n > 2"}},
     .count_len = 2},
    {.name = "c",
     .count =
         (const struct source_spec[]){{.table = "by_int",
                                       .where = "status IN ('failed', 'open') AND ref IS NOT NULL",
                                       .distinct = "ref"}},
     .count_len = 1},
    {.name = "d",
     .count =
         (const struct source_spec[]){{.table = "by_text", .where = "NOT flag", .distinct = "ref"}},
     .count_len = 1},
    {.name = "e",
     .count = (const struct source_spec[]){{.table = "by_pair",
                                            .where = "n IS NULL OR n BETWEEN 1 AND 3"}},
     .count_len = 1},
    {.name = "f",
     .count = (const struct source_spec[]){{.table = "by_pair", .where = "TRUE", .distinct = "n"}},
     .count_len = 1},
    {.name = "g",
     .count =
         (const struct source_spec[]){{.table = "by_uuid", .where = "TRUE", .distinct = "ref"}},
     .count_len = 1},
};

static const char *const tenants[TENANTS] = {
    "0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01",
    "0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a02",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "00000000-0000-0000-0000-000000000000",
    "0B9DD3C2-6E0C-4A9C-9F6C-0D6C8A6F1A01", /* not how a UUID is stored: nobody's row */
    "not a tenant",
};
enum {
    TENANTS_REAL = 4
};

static const char *const statuses[] = {"failed", "open", "done", NULL};
static const char *const refs[] = {"x", "y", "z", "0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01", "", NULL};

/* ---- rows ---- */

struct model_row {
    bool is_there;
    const char *tenant, *status, *ref; /* NULL is NULL */
    int flag, n;                       /* negative is NULL */
};

struct world {
    struct random r;
    sqlite3 *db;
    sqlite3_stmt *put[TABLES], *delete[TABLES], *clear[TABLES], *all[TABLES];
    sqlite3_stmt **count; /* by source */
    struct definitions *d;
    struct index *ix;
    struct counts *counts;
    struct model_row rows[TABLES][SLOTS];
    uint64_t position;
    /* The changes of the transaction under way, to send some twice. */
    struct change changes[CHANGES_MAX];
    struct value values[CHANGES_MAX][COLUMNS];
    size_t changes_count;
    uint64_t kinds[8]; /* how often each kind of change came up */
};

static sqlite3_stmt *prepare(struct world *w, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(w->db, sql, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(w->db));
    return stmt;
}

static void run(sqlite3_stmt *stmt)
{
    assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
    sqlite3_reset(stmt);
}

static void must(struct world *w, const char *sql)
{
    if (sqlite3_exec(w->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(w->db));
}

static struct value text_value(const char *text)
{
    if (text == NULL)
        return (struct value){.kind = VALUE_NULL};
    return (struct value){.kind = VALUE_TEXT, .text = {text, strlen(text)}};
}

static struct value int_value(int n)
{
    if (n < 0)
        return (struct value){.kind = VALUE_NULL};
    return (struct value){.kind = VALUE_INT, .integer = n};
}

/* The key of a slot, as a feed would make it from the table's primary key. */
static struct row_key key_of(const struct world *w, size_t table, size_t slot)
{
    char text[64];
    const struct key_secret *secret = index_secret(w->ix);
    switch ((enum key_shape)table) {
    case KEY_UUID:
        snprintf(text, sizeof(text), "0b9dd3c2-6e0c-4a9c-9f6c-%012zx", slot);
        struct value uuid = text_value(text);
        return key_of_value(&uuid, COLUMN_UUID, secret);
    case KEY_INT:
        return key_of_int((int64_t)slot - SLOTS / 2);
    case KEY_TEXT:
        snprintf(text, sizeof(text), "key %zu", slot);
        struct value key = text_value(text);
        return key_of_value(&key, COLUMN_TEXT, secret);
    case KEY_COMPOSITE:
        snprintf(text, sizeof(text), "%zu", slot / 4);
        struct value parts[] = {text_value(text), int_value((int)(slot % 4))};
        return key_of_values(parts, 2, secret);
    }
    fail();
    return (struct row_key){{0}};
}

static void to_values(const struct model_row *m, struct value v[COLUMNS])
{
    v[0] = text_value(m->tenant);
    v[1] = text_value(m->status);
    v[2] = int_value(m->flag);
    v[3] = int_value(m->n);
    v[4] = text_value(m->ref);
}

static void bind_text(sqlite3_stmt *stmt, int i, const char *text)
{
    sqlite3_bind_text(stmt, i, text, -1, SQLITE_STATIC); /* NULL binds NULL */
}

static void bind_int(sqlite3_stmt *stmt, int i, int n)
{
    if (n < 0)
        sqlite3_bind_null(stmt, i);
    else
        sqlite3_bind_int(stmt, i, n);
}

static void sql_put(struct world *w, size_t table, size_t slot)
{
    const struct model_row *m = &w->rows[table][slot];
    sqlite3_stmt *stmt = w->put[table];
    sqlite3_bind_int(stmt, 1, (int)slot);
    bind_text(stmt, 2, m->tenant);
    bind_text(stmt, 3, m->status);
    bind_int(stmt, 4, m->flag);
    bind_int(stmt, 5, m->n);
    bind_text(stmt, 6, m->ref);
    run(stmt);
}

static void sql_delete(struct world *w, size_t table, size_t slot)
{
    sqlite3_bind_int(w->delete[table], 1, (int)slot);
    run(w->delete[table]);
}

/* ---- changes ---- */

static void send(struct world *w, enum change_kind kind, size_t table, size_t old_slot, size_t slot)
{
    assert_true(w->changes_count < CHANGES_MAX);
    struct change *c = &w->changes[w->changes_count];
    *c = (struct change){.kind = kind,
                         .table = table,
                         .key = key_of(w, table, slot),
                         .old_key = key_of(w, table, old_slot)};
    if (kind == CHANGE_INSERT || kind == CHANGE_UPDATE) {
        to_values(&w->rows[table][slot], w->values[w->changes_count]);
        c->row = w->values[w->changes_count];
    }
    w->changes_count++;
    assert_int_equal(index_apply(w->ix, c), ERR_OK);
}

static void randomize(struct world *w, struct model_row *m)
{
    m->tenant = random_one_in(&w->r, 20) ? NULL : tenants[random_below(&w->r, TENANTS)];
    m->status = statuses[random_below(&w->r, COUNT(statuses))];
    m->ref = refs[random_below(&w->r, COUNT(refs))];
    m->flag = (int)random_below(&w->r, 3) - 1;
    m->n = (int)random_below(&w->r, 6) - 1;
}

static void mutate(struct world *w, struct model_row *m)
{
    switch (random_below(&w->r, 4)) {
    case 0: /* a tenant moves */
        m->tenant = tenants[random_below(&w->r, TENANTS)];
        break;
    case 1: /* in or out of the predicate */
        m->status = statuses[random_below(&w->r, COUNT(statuses))];
        m->flag = (int)random_below(&w->r, 3) - 1;
        break;
    case 2:
        m->ref = refs[random_below(&w->r, COUNT(refs))];
        break;
    default:
        randomize(w, m);
    }
}

static void change_once(struct world *w)
{
    size_t table = random_below(&w->r, TABLES), slot = random_below(&w->r, SLOTS);
    struct model_row *m = &w->rows[table][slot];
    if (random_one_in(&w->r, 60)) {
        w->kinds[0]++;
        memset(w->rows[table], 0, sizeof(w->rows[table]));
        run(w->clear[table]);
        send(w, CHANGE_TRUNCATE, table, slot, slot);
    } else if (!m->is_there) {
        w->kinds[1]++;
        m->is_there = true;
        randomize(w, m);
        sql_put(w, table, slot);
        send(w, CHANGE_INSERT, table, slot, slot);
    } else if (random_one_in(&w->r, 4)) {
        w->kinds[2]++;
        m->is_there = false;
        sql_delete(w, table, slot);
        send(w, CHANGE_DELETE, table, slot, slot);
    } else {
        size_t target = random_one_in(&w->r, 4) ? random_below(&w->r, SLOTS) : slot;
        if (w->rows[table][target].is_there)
            target = slot;
        struct model_row moved = *m;
        mutate(w, &moved);
        m->is_there = false;
        w->rows[table][target] = moved;
        w->kinds[target == slot ? 3 : 4]++;
        if (target != slot)
            sql_delete(w, table, slot);
        sql_put(w, table, target);
        send(w, CHANGE_UPDATE, table, slot, target);
    }
}

/* The same changes again, in their order, as when a snapshot and a stream overlap. */
static void repeat_changes(struct world *w)
{
    w->kinds[5]++;
    for (size_t i = 0; i < w->changes_count; i++)
        assert_int_equal(index_apply(w->ix, &w->changes[i]), ERR_OK);
}

/* ---- the oracle ---- */

static uint64_t sql_count(struct world *w, size_t source, const char *tenant)
{
    sqlite3_stmt *stmt = w->count[source];
    sqlite3_bind_text(stmt, 1, tenant, -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    uint64_t n = (uint64_t)sqlite3_column_int64(stmt, 0);
    sqlite3_reset(stmt);
    return n;
}

static void read_counts(struct world *w, size_t tenant, uint64_t *numbers)
{
    struct uuid id;
    struct as_of as_of;
    int64_t since;
    assert_true(uuid_parse(tenants[tenant], strlen(tenants[tenant]), &id));
    assert_int_equal(counts_read(w->counts, &id, numbers, &as_of, &since), COUNTS_LIVE);
    assert_int_equal(as_of.position, w->position);
}

/* How many tenants' published numbers differ from SQL's. */
static size_t count_differences(struct world *w)
{
    size_t differences = 0;
    for (size_t t = 0; t < TENANTS_REAL; t++) {
        uint64_t numbers[16];
        bool is_same = true;
        read_counts(w, t, numbers);
        for (size_t s = 0; s < w->d->sources_count; s++)
            is_same = is_same && numbers[s] == sql_count(w, s, tenants[t]);
        differences += !is_same;
    }
    return differences;
}

static void check_counts(struct world *w, uint64_t transaction)
{
    if (count_differences(w) > 0)
        fail_msg("seed %llu: counts differ from SQL after transaction %llu",
                 (unsigned long long)seed, (unsigned long long)transaction);
    int broken = index_check(w->ix);
    if (broken != 0)
        fail_msg("seed %llu: invariant %d is broken after transaction %llu",
                 (unsigned long long)seed, broken, (unsigned long long)transaction);
}

/* ---- rebuilding ---- */

static struct index *new_index(struct world *w)
{
    static char names[COLUMNS][8] = {"tenant_", "status", "flag", "n", "ref"};
    static char schema[] = "public", tenant[] = "tenant_id";
    struct column columns[COLUMNS] = {{tenant, COLUMN_TEXT},
                                      {names[1], COLUMN_TEXT},
                                      {names[2], COLUMN_BOOL},
                                      {names[3], COLUMN_NUMBER},
                                      {names[4], COLUMN_TEXT}};
    struct table tables[TABLES];
    for (size_t i = 0; i < TABLES; i++)
        tables[i] = (struct table){.schema = schema,
                                   .name = mem_text(table_names[i], strlen(table_names[i])),
                                   .columns = columns,
                                   .columns_count = COLUMNS};
    struct index *ix = NULL;
    struct source_fault fault;
    struct error e = {0};
    if (index_new(w->d, tables, TABLES, &ix, &fault, &e) != ERR_OK)
        fail_msg("%s", e.message);
    for (size_t i = 0; i < TABLES; i++)
        free(tables[i].name);
    return ix;
}

/* Throw the index away, fill another from the tables, and publish it whole: only tenants whose
 * numbers differ change. */
static void rebuild(struct world *w)
{
    size_t differences = count_differences(w);
    index_free(w->ix);
    w->ix = new_index(w);
    for (size_t t = 0; t < TABLES; t++)
        for (size_t s = 0; s < SLOTS; s++)
            if (w->rows[t][s].is_there) {
                w->changes_count = 0;
                send(w, CHANGE_INSERT, t, s, s);
            }
    size_t changed = index_publish_all(w->ix, w->counts, (struct as_of){1, ++w->position});
    assert_int_equal(changed, differences);
    w->kinds[6]++;
    w->kinds[7] += differences;
}

static void transact(struct world *w)
{
    uint32_t n = random_one_in(&w->r, 10) ? random_below(&w->r, 30) : random_below(&w->r, 5);
    bool is_lost =
        random_one_in(&w->r, 400); /* never published: the connection broke in the middle of it */
    w->changes_count = 0;
    for (uint32_t i = 0; i <= n; i++)
        change_once(w);
    if (random_one_in(&w->r, 5))
        repeat_changes(w);
    if (is_lost) {
        rebuild(w);
        return;
    }
    (void)index_commit(w->ix, w->counts, (struct as_of){1, ++w->position});
}

/* ---- the test ---- */

static void world_init(struct world *w)
{
    *w = (struct world){.r = {seed}, .d = definitions_new()};
    assert_int_equal(sqlite3_open(":memory:", &w->db), SQLITE_OK);
    for (size_t i = 0; i < TABLES; i++) {
        char sql[512];
        snprintf(sql, sizeof(sql),
                 "CREATE TABLE %s (slot INTEGER PRIMARY KEY, tenant_id TEXT, status TEXT, flag "
                 "BOOLEAN, n INTEGER, ref TEXT)",
                 table_names[i]);
        must(w, sql);
        snprintf(sql, sizeof(sql), "INSERT OR REPLACE INTO %s VALUES (?, ?, ?, ?, ?, ?)",
                 table_names[i]);
        w->put[i] = prepare(w, sql);
        snprintf(sql, sizeof(sql), "DELETE FROM %s WHERE slot = ?", table_names[i]);
        w->delete[i] = prepare(w, sql);
        snprintf(sql, sizeof(sql), "DELETE FROM %s", table_names[i]);
        w->clear[i] = prepare(w, sql);
    }
    for (size_t i = 0; i < COUNT(badges); i++) {
        struct spec_fault fault;
        struct error e = {0};
        if (definitions_add(w->d, &badges[i], &fault, &e) != ERR_OK)
            fail_msg("%s", e.message);
    }
    assert_int_equal(w->d->sources_count,
                     COUNT(badges)); /* the source that two badges share is there once */
    w->count = mem_zero(w->d->sources_count, sizeof(*w->count));
    for (size_t i = 0; i < w->d->sources_count; i++) {
        char sql[512];
        const struct source *s = &w->d->sources[i];
        snprintf(sql, sizeof(sql), "SELECT count(%s%s) FROM %s WHERE tenant_id = ? AND (%s)",
                 s->distinct != NULL ? "DISTINCT " : "", s->distinct != NULL ? s->distinct : "*",
                 s->table, s->where);
        w->count[i] = prepare(w, sql);
    }
    w->counts = counts_new(w->d->sources_count);
    w->ix = new_index(w);
    (void)index_publish_all(w->ix, w->counts, (struct as_of){1, ++w->position});
    counts_set_status(w->counts, COUNTS_LIVE, "live", "", 0);
}

static void world_fini(struct world *w)
{
    for (size_t i = 0; i < TABLES; i++) {
        sqlite3_finalize(w->put[i]);
        sqlite3_finalize(w->delete[i]);
        sqlite3_finalize(w->clear[i]);
    }
    for (size_t i = 0; i < w->d->sources_count; i++)
        sqlite3_finalize(w->count[i]);
    free(w->count);
    sqlite3_close(w->db);
    index_free(w->ix);
    counts_free(w->counts);
    definitions_free(w->d);
}

static void counts_equal_sql_after_every_transaction(void **state)
{
    (void)state;
    struct world *w = mem_zero(1, sizeof(*w));
    world_init(w);
    for (uint64_t t = 0; t < transactions_wanted; t++) {
        must(w, "BEGIN");
        transact(w);
        must(w, "COMMIT");
        check_counts(w, t);
    }
    for (size_t i = 0; i < COUNT(w->kinds); i++)
        assert_true(w->kinds[i] > transactions_wanted / 1000);
    print_message("seed %llu: %llu transactions: %llu truncates, %llu inserts, %llu deletes, %llu "
                  "updates, %llu key changes, "
                  "%llu repeats, %llu rebuilds that changed %llu tenants\n",
                  (unsigned long long)seed, (unsigned long long)transactions_wanted,
                  (unsigned long long)w->kinds[0], (unsigned long long)w->kinds[1],
                  (unsigned long long)w->kinds[2], (unsigned long long)w->kinds[3],
                  (unsigned long long)w->kinds[4], (unsigned long long)w->kinds[5],
                  (unsigned long long)w->kinds[6], (unsigned long long)w->kinds[7]);
    world_fini(w);
    free(w);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        seed = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        transactions_wanted = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(counts_equal_sql_after_every_transaction)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
