/* Row sets against a naive model, with keys chosen to collide, and with memory counted as malloc
 * hands it out. */
#include "badge/rowset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "death.h"
#include "generate/random.h"

/* ---- memory, counted ---- */

static size_t bytes_now, bytes_most;
static bool is_memory_out;

/* Each block with its size in front of it. */
static void *counted_malloc(size_t n)
{
    size_t *block = is_memory_out ? NULL : malloc(n + 16);
    if (block == NULL)
        return NULL;
    *block = n;
    bytes_now += n;
    if (bytes_now > bytes_most)
        bytes_most = bytes_now;
    return block + 2;
}

static void counted_free(void *p)
{
    if (p == NULL)
        return;
    size_t *block = (size_t *)p - 2;
    bytes_now -= *block;
    free(block);
}

/* The set itself, for its hash and for its memory. */
#define malloc counted_malloc
#define free   counted_free
#include "badge/rowset.c"
#undef malloc
#undef free

enum {
    KEYS = 3000
};

/* ---- a model: by the number of a key, its row or none ---- */

struct model {
    struct rowset set;
    struct row_key keys[KEYS];
    struct row rows[KEYS];
    bool is_in[KEYS];
    size_t keys_count, rows_count;
};

static struct model *model_new(uint64_t seed, size_t keys_count)
{
    struct model *m = calloc(1, sizeof(*m));
    rowset_init(&m->set, seed);
    m->keys_count = keys_count;
    return m;
}

static void model_free(struct model *m)
{
    rowset_fini(&m->set);
    assert_int_equal(bytes_now, 0);
    free(m);
}

static void add(struct model *m, size_t i, uint32_t tenant)
{
    m->rows[i] = (struct row){.key = m->keys[i], .tenant = tenant, .distinct = (uint32_t)i};
    m->is_in[i] = true;
    m->rows_count++;
    struct row *added;
    assert_int_equal(rowset_add(&m->set, &m->rows[i], &added), ERR_OK);
    assert_ptr_equal(added, rowset_find(&m->set, &m->keys[i]));
}

static void take_out(struct model *m, size_t i)
{
    m->is_in[i] = false;
    m->rows_count--;
    rowset_remove(&m->set, rowset_find(&m->set, &m->keys[i]));
}

static void assert_is_model(const struct model *m)
{
    assert_true(rowset_check(&m->set));
    assert_int_equal(m->set.rows_count, m->rows_count);
    for (size_t i = 0; i < m->keys_count; i++) {
        const struct row *row = rowset_find(&m->set, &m->keys[i]);
        assert_int_equal(row != NULL, m->is_in[i]);
        if (row != NULL)
            assert_memory_equal(row, &m->rows[i], sizeof(*row));
    }
    size_t seen = 0;
    for (const struct row *r = rowset_next(&m->set, NULL); r != NULL; r = rowset_next(&m->set, r)) {
        assert_true(r->distinct < m->keys_count);
        assert_memory_equal(r, &m->rows[r->distinct], sizeof(*r));
        seen++;
    }
    assert_int_equal(seen, m->rows_count);
}

/* Waves of growth and of shrinking. */
static void exercise(struct model *m, uint64_t seed, size_t steps, size_t check_every)
{
    struct random r = {seed};
    for (size_t step = 0; step < steps; step++) {
        size_t i = random_below(&r, (uint32_t)m->keys_count);
        bool is_growing = step / (m->keys_count * 2) % 2 == 0;
        bool wants_in = random_one_in(&r, 4) ? !is_growing : is_growing;
        if (wants_in && !m->is_in[i]) {
            add(m, i, random_below(&r, 100));
        } else if (!wants_in && m->is_in[i]) {
            take_out(m, i);
        } else if (m->is_in[i]) {
            m->rows[i].tenant = rowset_find(&m->set, &m->keys[i])->tenant = random_below(&r, 100);
        } else {
            assert_null(rowset_find(&m->set, &m->keys[i]));
        }
        if (random_one_in(&r, 20000)) {
            rowset_clear(&m->set);
            memset(m->is_in, 0, sizeof(m->is_in));
            m->rows_count = 0;
        }
        if (step % check_every == 0)
            assert_is_model(m);
    }
    assert_is_model(m);
}

static void random_key(struct random *r, struct row_key *key)
{
    uint64_t halves[] = {random_next(r), random_next(r)};
    memcpy(key->bytes, halves, sizeof(halves));
}

static void it_holds_what_a_model_holds(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 10, 300, KEYS};
    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
        for (uint64_t seed = 1; seed <= 3; seed++) {
            struct random r = {seed};
            struct model *m = model_new(random_next(&r), sizes[s]);
            for (size_t i = 0; i < m->keys_count; i++)
                random_key(&r, &m->keys[i]);
            exercise(m, seed, 12 * sizes[s] + 100, sizes[s] / 8 + 1);
            model_free(m);
        }
}

/* Keys of one segment whose hashes agree in their high bits, so that every one wants the same slot:
 * the last ones of a segment, so that they run round its end, or the first. */
static void it_holds_rows_that_all_want_one_slot(void **state)
{
    (void)state;
    static const uint64_t tops[] = {0x00, 0xFF, 0x80};
    for (size_t t = 0; t < sizeof(tops) / sizeof(tops[0]); t++) {
        struct random r = {t};
        struct model *m = model_new(random_next(&r), 100);
        for (size_t i = 0; i < m->keys_count;) {
            random_key(&r, &m->keys[i]);
            uint64_t hash = hash_of(&m->set, &m->keys[i]);
            i += segment_of(hash) == 5 && hash >> 56 == tops[t];
        }
        exercise(m, t, 3000, 1);
        model_free(m);
    }
}

/* ---- how far rows lie from home, and what they take ---- */

static void rows_lie_close_to_home_whatever_the_keys(void **state)
{
    (void)state;
    enum {
        ROWS = 200000
    };
    struct rowset s;
    for (int form = 0; form < 3; form++) {
        size_t distances = 0, most = 0;
        rowset_init(&s, 42);
        for (uint32_t i = 0; i < ROWS; i++) {
            struct row *added, row = {.key = key_of_int(i), .tenant = 1, .distinct = ROW_NONE};
            if (form == 1) /* integers with many low bits zero */
                row.key = key_of_int((int64_t)i << 32);
            if (form == 2) /* UUIDs that count upwards in their first bytes */
                memcpy(row.key.bytes, &i, sizeof(i));
            assert_int_equal(rowset_add(&s, &row, &added), ERR_OK);
        }
        for (const struct row *row = rowset_next(&s, NULL); row != NULL;
             row = rowset_next(&s, row)) {
            uint64_t hash = hash_of(&s, &row->key);
            const struct rowset_segment *g = &s.segments[segment_of(hash)];
            size_t d = distance(g, home_of(hash, g->slots_count), (uint32_t)(row - g->slots));
            distances += d;
            most = d > most ? d : most;
        }
        assert_true(distances < 4 * ROWS); /* 3.5 are expected of a table that is 7/8 full */
        assert_true(most < 400);
        rowset_fini(&s);
    }
}

static void assert_48_bytes(const struct rowset *s)
{
    assert_true(rowset_bytes(s) <= 48 * s->rows_count);
    assert_true(bytes_most + sizeof(*s) <= 48 * s->rows_count);
    assert_int_equal(rowset_bytes(s), bytes_now + sizeof(*s));
    bytes_most = bytes_now;
}

/* Growing row by row to a million and shrinking again; what counts is the most that was held at any
 * moment, with both tables of a segment that is resized. */
static void a_row_takes_at_most_48_bytes_at_every_size(void **state)
{
    (void)state;
    enum {
        LEAST = 10000,
        MOST = 1000000
    };
    struct rowset s;
    rowset_init(&s, 7);
    bytes_most = 0;
    for (int64_t i = 0; i < MOST; i++) {
        struct row *added, row = {.key = key_of_int(i), .tenant = 1, .distinct = ROW_NONE};
        assert_int_equal(rowset_add(&s, &row, &added), ERR_OK);
        if (i >= LEAST && i % 32 == 0)
            assert_48_bytes(&s);
    }
    for (int64_t i = 0; i < MOST; i++) {
        struct row_key key = key_of_int(i);
        rowset_remove(&s, rowset_find(&s, &key));
        if (s.rows_count >= LEAST && i % 32 == 0)
            assert_48_bytes(&s);
    }
    assert_int_equal(s.rows_count, 0);
    assert_true(rowset_bytes(&s) < 16000);
    rowset_fini(&s);
    assert_int_equal(bytes_now, 0);
}

/* Whatever is guessed, every row is found, and a row takes no more than promised once the set was
 * trimmed. A guess that is right spares all growing. */
static void a_set_holds_its_rows_whatever_was_reserved(void **state)
{
    (void)state;
    enum {
        ROWS = 100000
    };
    static const size_t guesses[] = {0, 1, 1000, ROWS / 2, ROWS - 1, ROWS, ROWS * 20, SIZE_MAX};
    for (size_t g = 0; g < sizeof(guesses) / sizeof(guesses[0]); g++) {
        struct rowset s;
        rowset_init(&s, 5);
        rowset_reserve(&s, guesses[g]);
        size_t reserved = rowset_bytes(&s);
        for (int64_t i = 0; i < ROWS; i++) {
            struct row *added, row = {.key = key_of_int(i), .tenant = 1, .distinct = ROW_NONE};
            assert_int_equal(rowset_add(&s, &row, &added), ERR_OK);
        }
        if (guesses[g] == ROWS)
            assert_int_equal(rowset_bytes(&s), reserved);
        rowset_trim(&s);
        assert_true(rowset_check(&s));
        assert_int_equal(s.rows_count, ROWS);
        assert_true(rowset_bytes(&s) <= (size_t)48 * ROWS);
        rowset_fini(&s);
    }
    assert_int_equal(bytes_now, 0);
}

static void what_was_reserved_in_vain_is_given_back(void **state)
{
    (void)state;
    struct rowset s;
    rowset_init(&s, 5);
    rowset_reserve(&s, 1000000);
    struct row_key key = key_of_int(1);
    assert_null(rowset_find(&s, &key));
    assert_null(rowset_next(&s, NULL));
    rowset_trim(&s);
    assert_true(rowset_check(&s));
    assert_true(rowset_bytes(&s) < 16000);
    is_memory_out = true; /* a guess is no reason to fail */
    rowset_reserve(&s, 1000000);
    is_memory_out = false;
    assert_true(rowset_check(&s));
    rowset_fini(&s);
}

/* ---- failure ---- */

static void without_memory_a_set_stays_as_it_was(void **state)
{
    (void)state;
    struct random r = {9};
    struct model *m = model_new(1, KEYS);
    size_t refused = 0;
    for (size_t i = 0; i < KEYS; i++) {
        random_key(&r, &m->keys[i]);
        struct row *added, row = {.key = m->keys[i], .tenant = 3, .distinct = (uint32_t)i};
        is_memory_out = true;
        enum err err = rowset_add(&m->set, &row, &added);
        is_memory_out = false;
        if (err == ERR_OK) {
            m->rows[i] = row;
            m->is_in[i] = true;
            m->rows_count++;
            continue;
        }
        assert_int_equal(err, ERR_MEMORY);
        refused++;
        if (refused % 16 == 0)
            assert_is_model(m);
        add(m, i, 3);
    }
    assert_true(refused >= ROWSET_SEGMENTS * 3);
    assert_is_model(m);
    is_memory_out = true; /* to shrink takes memory too, and can wait */
    for (size_t i = 0; i < KEYS; i++) {
        take_out(m, i);
        if (i % 200 == 0)
            assert_is_model(m);
    }
    is_memory_out = false;
    assert_is_model(m);
    model_free(m);
}

static struct rowset *set_of(size_t rows)
{
    struct rowset *s = calloc(1, sizeof(*s));
    rowset_init(s, 3);
    for (size_t i = 0; i < rows; i++) {
        struct row *added, row = {.key = key_of_int((int64_t)i), .tenant = 1, .distinct = ROW_NONE};
        assert_int_equal(rowset_add(s, &row, &added), ERR_OK);
    }
    assert_true(rowset_check(s));
    return s;
}

static void add_again(void *set)
{
    struct row *added, row = {.key = key_of_int(5), .tenant = 1, .distinct = ROW_NONE};
    (void)!rowset_add(set, &row, &added);
}

static void add_nobody(void *set)
{
    struct row *added, row = {.key = key_of_int(1000), .tenant = ROW_NONE};
    (void)!rowset_add(set, &row, &added);
}

static void remove_a_copy(void *set)
{
    struct row_key key = key_of_int(5);
    struct row copy = *rowset_find(set, &key);
    rowset_remove(set, &copy);
}

static void a_broken_precondition_aborts(void **state)
{
    (void)state;
    struct rowset *s = set_of(10);
    assert_true(dies(add_again, s));
    assert_true(dies(add_nobody, s));
    assert_true(dies(remove_a_copy, s));
    rowset_fini(s);
    free(s);
}

static void a_fault_in_a_set_is_found(void **state)
{
    (void)state;
    struct rowset *s = set_of(500);
    struct rowset_segment *g = &s->segments[7];
    s->rows_count++;
    assert_false(rowset_check(s));
    s->rows_count--;
    g->rows_count--;
    s->rows_count--;
    assert_false(rowset_check(s));
    g->rows_count++;
    s->rows_count++;

    uint32_t full = 0, empty = 0;
    while (g->slots[full].tenant == ROW_NONE)
        full++;
    while (g->slots[empty].tenant != ROW_NONE)
        empty++;
    struct row row = g->slots[full], none = g->slots[empty];
    g->slots[full].key.bytes[15] ^= 1; /* another row's key */
    assert_false(rowset_check(s));
    g->slots[full] = none; /* lost */
    assert_false(rowset_check(s));
    g->slots[full] = row;
    g->slots[empty] = row; /* twice */
    g->rows_count++;
    s->rows_count++;
    assert_false(rowset_check(s));
    g->slots[empty] = none;
    g->rows_count--;
    s->rows_count--;
    s->seed++; /* none where they are looked for */
    assert_false(rowset_check(s));
    s->seed--;
    struct rowset_segment whole = *g;
    *g = s->segments[8]; /* rows of another segment */
    assert_false(rowset_check(s));
    *g = whole;
    assert_true(rowset_check(s));
    rowset_fini(s);
    free(s);
}

static void an_overfull_segment_is_a_fault(void **state)
{
    (void)state;
    struct rowset s;
    rowset_init(&s, 3);
    for (int64_t i = 0; s.rows_count < 7; i++) {
        struct row *added, row = {.key = key_of_int(i), .tenant = 1, .distinct = ROW_NONE};
        if (segment_of(hash_of(&s, &row.key)) == 0)
            assert_int_equal(rowset_add(&s, &row, &added), ERR_OK);
    }
    assert_true(rowset_check(&s));
    struct rowset_segment *g = &s.segments[0];
    for (int64_t i = 0; g->rows_count < 8; i++) {
        struct row row = {.key = key_of_int(i), .tenant = 1, .distinct = ROW_NONE};
        struct row *slot = find_in(g, hash_of(&s, &row.key), &row.key);
        if (segment_of(hash_of(&s, &row.key)) != 0 || slot->tenant != ROW_NONE)
            continue;
        *slot = row;
        g->rows_count++;
        s.rows_count++;
    }
    assert_false(rowset_check(&s));
    rowset_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_holds_what_a_model_holds),
        cmocka_unit_test(it_holds_rows_that_all_want_one_slot),
        cmocka_unit_test(rows_lie_close_to_home_whatever_the_keys),
        cmocka_unit_test(a_row_takes_at_most_48_bytes_at_every_size),
        cmocka_unit_test(a_set_holds_its_rows_whatever_was_reserved),
        cmocka_unit_test(what_was_reserved_in_vain_is_given_back),
        cmocka_unit_test(without_memory_a_set_stays_as_it_was),
        cmocka_unit_test(a_broken_precondition_aborts),
        cmocka_unit_test(a_fault_in_a_set_is_found),
        cmocka_unit_test(an_overfull_segment_is_a_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
