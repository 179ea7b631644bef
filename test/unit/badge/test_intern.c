/* Interning against a naive model, with keys chosen to collide, and with every fault put in by
 * hand. */
#include "badge/intern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "death.h"
#include "generate/random.h"

/* The table itself, for its hash. */
#include "badge/intern.c"

enum {
    PAIRS = 2000
};

/* A pair of a key and an owner, what it was given, and how many references it has. */
struct pair {
    struct row_key key;
    uint32_t owner, number, refs;
};

struct model {
    struct intern table;
    struct pair pairs[PAIRS];
    size_t pairs_count;
    uint32_t live, live_most;
};

static struct model *model_new(uint64_t seed, size_t pairs_count)
{
    struct model *m = calloc(1, sizeof(*m));
    intern_init(&m->table, seed);
    m->pairs_count = pairs_count;
    return m;
}

static void model_free(struct model *m)
{
    intern_fini(&m->table);
    free(m);
}

static void ref(struct model *m, struct pair *p)
{
    uint32_t n = intern_ref(&m->table, &p->key, p->owner);
    if (p->refs++ > 0) {
        assert_int_equal(n, p->number);
        return;
    }
    for (size_t i = 0; i < m->pairs_count; i++)
        assert_true(m->pairs[i].refs == 0 || &m->pairs[i] == p || m->pairs[i].number != n);
    p->number = n;
    m->live++;
    m->live_most = m->live > m->live_most ? m->live : m->live_most;
    assert_true(n < m->live_most); /* released numbers are given out again first */
}

static void unref(struct model *m, struct pair *p)
{
    assert_int_equal(intern_unref(&m->table, p->number), --p->refs == 0);
    m->live -= p->refs == 0;
}

static void assert_is_model(const struct model *m)
{
    assert_true(intern_check(&m->table));
    assert_int_equal(m->table.live_count, m->live);
    for (size_t i = 0; i < m->pairs_count; i++) {
        const struct pair *p = &m->pairs[i];
        uint32_t n = intern_find(&m->table, &p->key, p->owner);
        assert_int_equal(n, p->refs > 0 ? p->number : INTERN_NONE);
        if (n == INTERN_NONE)
            continue;
        assert_int_equal(m->table.entries[n].refs, p->refs);
        assert_int_equal(m->table.entries[n].owner, p->owner);
        assert_memory_equal(&m->table.entries[n].key, &p->key, sizeof(p->key));
    }
}

/* Waves of growth and of shrinking. */
static void exercise(struct model *m, uint64_t seed, size_t steps, size_t check_every)
{
    struct random r = {seed};
    for (size_t step = 0; step < steps; step++) {
        struct pair *p = &m->pairs[random_below(&r, (uint32_t)m->pairs_count)];
        bool is_growing = step / (m->pairs_count * 3) % 2 == 0;
        if (random_one_in(&r, 4) ? !is_growing : is_growing)
            ref(m, p);
        else if (p->refs > 0)
            unref(m, p);
        if (step % check_every == 0)
            assert_is_model(m);
    }
    for (size_t i = 0; i < m->pairs_count; i++)
        while (m->pairs[i].refs > 0)
            unref(m, &m->pairs[i]);
    assert_is_model(m);
    assert_int_equal(m->table.live_count, 0);
}

static void random_key(struct random *r, struct row_key *key)
{
    uint64_t halves[] = {random_next(r), random_next(r)};
    memcpy(key->bytes, halves, sizeof(halves));
}

/* Few keys and few owners, so that most pairs share one or the other. */
static void it_numbers_pairs_as_a_model_does(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 40, 300, PAIRS};
    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
        for (uint64_t seed = 1; seed <= 3; seed++) {
            struct random r = {seed};
            struct model *m = model_new(random_next(&r), sizes[s]);
            for (size_t i = 0; i < m->pairs_count; i++) {
                m->pairs[i].key = key_of_int((int64_t)i / 20);
                m->pairs[i].owner = (uint32_t)i % 20;
            }
            exercise(m, seed, 14 * sizes[s] + 100, sizes[s] / 8 + 1);
            model_free(m);
        }
}

/* Pairs whose hashes agree in their low bits, so that every one wants the same slot, at whatever
 * size: the last slot, so that they run round the end, or the first. */
static void it_numbers_pairs_that_all_want_one_slot(void **state)
{
    (void)state;
    static const uint32_t homes[] = {0, 0x3FFF, 0x2000};
    for (size_t h = 0; h < sizeof(homes) / sizeof(homes[0]); h++) {
        struct random r = {h};
        struct model *m = model_new(random_next(&r), 60);
        struct intern largest = {.seed = m->table.seed, .slots_count = 0x4000};
        for (size_t i = 0; i < m->pairs_count;) {
            struct pair *p = &m->pairs[i];
            random_key(&r, &p->key);
            p->owner = (uint32_t)i % 3;
            i += home_of(&largest, &p->key, p->owner) == homes[h];
        }
        exercise(m, h, 4000, 1);
        model_free(m);
    }
}

static void one_key_of_two_owners_has_two_numbers(void **state)
{
    (void)state;
    struct intern t;
    struct row_key key = key_of_int(5), other = key_of_int(6);
    intern_init(&t, 1);
    assert_int_equal(intern_find(&t, &key, 0), INTERN_NONE);
    uint32_t first = intern_ref(&t, &key, 0), second = intern_ref(&t, &key, 1);
    assert_int_not_equal(first, second);
    assert_int_equal(intern_find(&t, &key, 1), second);
    assert_int_equal(intern_find(&t, &key, 2), INTERN_NONE);
    assert_int_equal(intern_find(&t, &other, 0), INTERN_NONE);
    assert_true(intern_unref(&t, first));
    assert_int_equal(intern_find(&t, &key, 0), INTERN_NONE);
    assert_int_equal(intern_find(&t, &key, 1), second);
    assert_int_equal(intern_ref(&t, &other, 9), first); /* given out again */
    intern_fini(&t);
    assert_int_equal(intern_find(&t, &key, 1), INTERN_NONE); /* usable, and empty */
    assert_int_equal(intern_bytes(&t), 0);
    assert_true(intern_check(&t));
}

/* An entry takes 24 bytes and a slot 4; there is room for half as many entries again, and two to
 * four slots for each. */
static void a_number_takes_at_most_52_bytes(void **state)
{
    (void)state;
    struct intern t;
    intern_init(&t, 3);
    for (int64_t i = 0; i < 1000000; i++) {
        struct row_key key = key_of_int(i);
        (void)intern_ref(&t, &key, (uint32_t)i % 7);
        if (t.live_count > 1000)
            assert_true(intern_bytes(&t) <= 52 * (size_t)t.live_count);
    }
    assert_true(intern_check(&t));
    intern_fini(&t);
}

static struct intern *table_of(uint32_t pairs, uint32_t released)
{
    struct intern *t = calloc(1, sizeof(*t));
    intern_init(t, 5);
    for (uint32_t i = 0; i < pairs; i++) {
        struct row_key key = key_of_int(i);
        (void)intern_ref(t, &key, i % 3);
    }
    for (uint32_t i = 0; i < released; i++)
        assert_true(intern_unref(t, i * 2));
    assert_true(intern_check(t));
    return t;
}

static void a_fault_in_the_table_is_found(void **state)
{
    (void)state;
    struct intern *t = table_of(100, 10); /* the even numbers below 20 are released, 18 first */
    uint32_t slot = slot_of(t, &t->entries[50].key, t->entries[50].owner), empty = 0;
    while (t->slots[empty] != INTERN_NONE)
        empty++;
#define FAULT(place, value)                                                                        \
    do {                                                                                           \
        uint32_t was = (place);                                                                    \
        (place) = (value);                                                                         \
        assert_false(intern_check(t));                                                             \
        (place) = was;                                                                             \
        assert_true(intern_check(t));                                                              \
    } while (0)
    FAULT(t->live_count, 89);
    FAULT(t->live_count, 91);
    FAULT(t->entries_count, 99);
    FAULT(t->entries_room, 99);
    FAULT(t->entries[50].refs, 0);  /* dead, and still found */
    FAULT(t->entries[18].refs, 1);  /* released, and alive */
    FAULT(t->entries[50].owner, 9); /* another pair */
    FAULT(t->slots[slot], INTERN_NONE);
    FAULT(t->slots[slot], 51);
    FAULT(t->slots[slot], 100); /* no entry */
    FAULT(t->slots[slot], 18);  /* a released one */
    FAULT(t->slots[empty], 50); /* twice */
    FAULT(t->released, INTERN_NONE);
    FAULT(t->released, 16);          /* one lost */
    FAULT(t->released, 50);          /* one that is alive */
    FAULT(t->released, 100);         /* no entry */
    FAULT(t->entries[0].owner, 18);  /* for ever round */
    FAULT(t->entries[0].owner, 100); /* no entry */
#undef FAULT
    t->entries[50].key.bytes[0] ^= 1;
    assert_false(intern_check(t));
    t->entries[50].key.bytes[0] ^= 1;
    t->seed++;
    assert_false(intern_check(t));
    intern_fini(t);
    free(t);
}

static void an_overfull_table_is_a_fault(void **state)
{
    (void)state;
    struct intern *t = table_of(SLOTS_MIN / 2, 0);
    assert_int_equal(t->slots_count, SLOTS_MIN);
    struct row_key key = key_of_int(1000);
    uint32_t n = new_number(t);
    t->entries[n] = (struct intern_entry){.key = key, .refs = 1};
    t->slots[slot_of(t, &key, 0)] = n;
    t->live_count++;
    assert_false(intern_check(t));
    intern_fini(t);
    free(t);
}

static void unref_released(void *table)
{
    (void)intern_unref(table, 0);
}

static void unref_unknown(void *table)
{
    (void)intern_unref(table, 30);
}

static void to_unref_what_has_no_reference_aborts(void **state)
{
    (void)state;
    struct intern *t = table_of(30, 1);
    assert_true(dies(unref_released, t));
    assert_true(dies(unref_unknown, t));
    intern_fini(t);
    free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_numbers_pairs_as_a_model_does),
        cmocka_unit_test(it_numbers_pairs_that_all_want_one_slot),
        cmocka_unit_test(one_key_of_two_owners_has_two_numbers),
        cmocka_unit_test(a_number_takes_at_most_52_bytes),
        cmocka_unit_test(a_fault_in_the_table_is_found),
        cmocka_unit_test(an_overfull_table_is_a_fault),
        cmocka_unit_test(to_unref_what_has_no_reference_aborts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
