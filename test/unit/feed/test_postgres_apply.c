/* Applying the stream, against a model: a generated server runs random transactions over its own
 * rows and sends what a server would send of them. After every commit the counts of every tenant
 * and source are what plain C counts in those rows; before it they are what they were. The seed and
 * the number of transactions can be set: test_postgres_apply [SEED [TRANSACTIONS]]. */
#include "feed/postgres_apply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "feed/postgres_text.h"
#include "generate/followed.h"
#include "generate/random.h"
#include "generate/stream.h"

enum {
    RECORDED_MAX = 8, /* transactions that a load may be ahead of its stream */
};

static uint64_t seed = 20261123;
static uint64_t transactions_wanted = 100000;
static uint64_t flips_wanted = 50000;

/* What a client does, beside going along. */
enum what {
    WHAT_FAULT,    /* the server sent what must be refused */
    WHAT_LOST,     /* the connection ended in the middle of a transaction */
    WHAT_CUT,      /* a frame ended early */
    WHAT_REBUILD,  /* loaded anew, at a boundary */
    WHAT_OVERLAP,  /* loaded anew, behind where the stream starts */
    WHAT_BOUNDARY, /* published */
    WHATS,
};

struct world {
    struct followed followed;
    struct stream server;
    struct random r; /* what happens on the way */
    struct index *ix;
    struct pg_apply apply;
    struct counts *counts;
    uint64_t shown[TENANTS_REAL][FOLLOWED_SOURCES]; /* what was published last */
    uint64_t shown_at;
    /* Frames since a boundary, to be applied once more to an index that was loaded later. */
    bool is_recording;
    uint32_t recorded_transactions;
    uint64_t recorded_from;
    struct buffer recorded;
    struct stream_frame *recorded_frames;
    size_t recorded_count, recorded_room;
    uint64_t transaction;
    uint64_t whats[WHATS], faults[FAULTS];
};

/* ---- frames ---- */

/* Apply len bytes, from memory that holds no more and is gone afterwards. */
static enum err feed(struct world *w, const char *bytes, size_t len, bool *ret_is_boundary,
                     struct error *e)
{
    char *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    enum err err = pg_apply_frame(&w->apply, copy, len, ret_is_boundary, e);
    free(copy);
    return err;
}

static void fail_at(const struct world *w, const char *what)
{
    fail_msg("seed %llu: transaction %llu: %s", (unsigned long long)seed,
             (unsigned long long)w->transaction, what);
}

static void check_index(const struct world *w)
{
    int broken = index_check(w->ix);
    if (broken != 0)
        fail_msg("seed %llu: transaction %llu: invariant %d is broken", (unsigned long long)seed,
                 (unsigned long long)w->transaction, broken);
}

/* ---- the oracle ---- */

static void count_rows(const struct world *w, uint64_t numbers[TENANTS_REAL][FOLLOWED_SOURCES])
{
    for (int t = 0; t < TENANTS_REAL; t++)
        for (size_t s = 0; s < FOLLOWED_SOURCES; s++)
            numbers[t][s] =
                followed_count(s, w->server.rows[followed_source_table(s)], STREAM_SLOTS, t);
}

/* A reader sees what was published last, and nothing since. */
static void check_shown(struct world *w, size_t tenant)
{
    uint64_t numbers[FOLLOWED_SOURCES];
    struct uuid id;
    struct as_of as_of;
    int64_t since;
    const char *text = followed_tenants[tenant];
    assert_true(uuid_parse(text, strlen(text), &id));
    assert_int_equal(counts_read(w->counts, &id, numbers, &as_of, &since), COUNTS_LIVE);
    if (as_of.position != w->shown_at)
        fail_at(w, "the as-of is not that of what was published last");
    for (size_t s = 0; s < FOLLOWED_SOURCES; s++)
        if (numbers[s] != w->shown[tenant][s])
            fail_msg("seed %llu: transaction %llu: tenant %zu has %llu of source %zu, not %llu",
                     (unsigned long long)seed, (unsigned long long)w->transaction, tenant,
                     (unsigned long long)numbers[s], s, (unsigned long long)w->shown[tenant][s]);
}

static void check_all(struct world *w)
{
    for (size_t t = 0; t < TENANTS_REAL; t++)
        check_shown(w, t);
    check_index(w);
}

/* ---- loading ---- */

static void load_row(struct world *w, size_t table, size_t slot)
{
    const struct table *t = &w->followed.catalog.tables[table];
    const struct pg_table *details = &w->followed.catalog.details[table];
    char texts[FIELDS][FOLLOWED_TEXT_BYTES];
    struct value row[FIELDS];
    size_t ordinal = 0;
    for (size_t field = 0; field < FIELDS; field++) {
        if (followed_tables[table].types[field] == 0)
            continue;
        struct error e;
        row[ordinal] = (struct value){.kind = VALUE_NULL};
        if (followed_text(table, (enum followed_field)field, slot, &w->server.rows[table][slot],
                          random_below(&w->r, 3), texts[field]))
            assert_int_equal(pg_text_value(t->columns[ordinal].type, texts[field],
                                           strlen(texts[field]), &row[ordinal], &e),
                             ERR_OK);
        ordinal++;
    }
    struct change change = {.kind = CHANGE_INSERT,
                            .table = table,
                            .key = relation_key(t, details, row, index_secret(w->ix)),
                            .row = row};
    assert_int_equal(index_apply(w->ix, &change), ERR_OK);
}

/* Another index of the rows as they are now, whose stream starts at a boundary that was then or
 * before. */
static void load(struct world *w, uint64_t position)
{
    struct source_fault fault;
    struct error e;
    const struct pg_catalog *c = &w->followed.catalog;
    pg_apply_fini(&w->apply);
    index_free(w->ix);
    w->ix = NULL;
    if (index_new(w->followed.definitions, c->tables, c->tables_count, &w->ix, &fault, &e) !=
        ERR_OK)
        fail_msg("%s", e.message);
    for (size_t table = 0; table < FOLLOWED_TABLES; table++)
        for (size_t slot = 0; slot < STREAM_SLOTS; slot++)
            if (w->server.rows[table][slot].is_there)
                load_row(w, table, slot);
    pg_apply_init(&w->apply, c, w->ix, position);
}

/* Publish what was loaded: tenants whose numbers are those that were published keep their version.
 */
static void publish_whole(struct world *w)
{
    uint64_t before[TENANTS_REAL][FOLLOWED_SOURCES];
    size_t differences = 0;
    memcpy(before, w->shown, sizeof(before));
    count_rows(w, w->shown);
    for (size_t t = 0; t < TENANTS_REAL; t++)
        differences += memcmp(before[t], w->shown[t], sizeof(before[t])) != 0;
    w->shown_at = w->server.position;
    assert_int_equal(index_publish_all(w->ix, w->counts, (struct as_of){1, w->shown_at}),
                     differences);
    check_all(w);
}

static void rebuild(struct world *w)
{
    w->whats[WHAT_REBUILD]++;
    w->is_recording = false;
    stream_reconnect(&w->server);
    load(w, w->server.position);
    publish_whole(w);
}

/* ---- a load that its stream overlaps ---- */

static void start_recording(struct world *w)
{
    w->is_recording = true;
    w->recorded_transactions = random_below(&w->r, RECORDED_MAX + 1);
    w->recorded_from = w->server.position;
    w->recorded.len = 0;
    w->recorded_count = 0;
    stream_reconnect(&w->server);
}

static void record(struct world *w)
{
    const struct stream *s = &w->server;
    if (w->recorded_count + s->frames_count > w->recorded_room) {
        w->recorded_room = (w->recorded_count + s->frames_count) * 2;
        w->recorded_frames =
            mem_grow(w->recorded_frames, w->recorded_room, sizeof(*w->recorded_frames));
    }
    for (size_t i = 0; i < s->frames_count; i++) {
        struct stream_frame *f = &w->recorded_frames[w->recorded_count++];
        *f = s->frames[i];
        f->at += w->recorded.len;
    }
    buffer_add(&w->recorded, s->bytes.bytes, s->bytes.len);
}

/* Rows are sets, so changes that were loaded already lead to the same rows once more. */
static void replay(struct world *w)
{
    w->whats[WHAT_OVERLAP]++;
    w->is_recording = false;
    load(w, w->recorded_from);
    for (size_t i = 0; i < w->recorded_count; i++) {
        const struct stream_frame *f = &w->recorded_frames[i];
        struct error e;
        bool is_boundary;
        if (feed(w, w->recorded.bytes + f->at, f->len, &is_boundary, &e) != ERR_OK)
            fail_at(w, e.message);
    }
    assert_int_equal(w->apply.position, w->server.position);
    publish_whole(w);
}

/* ---- transactions ---- */

static void publish(struct world *w, const struct stream_frame *f)
{
    w->whats[WHAT_BOUNDARY]++;
    if (w->apply.position != f->boundary)
        fail_at(w, "another position than that of the boundary");
    w->shown_at = f->boundary;
    if (f->is_commit)
        count_rows(w, w->shown);
    (void)index_commit(w->ix, w->counts, (struct as_of){1, w->shown_at});
    check_all(w);
}

/* Whether the frame was taken, as it must be unless it must be refused. */
static bool take(struct world *w, const struct stream_frame *f)
{
    struct error e = {0};
    bool is_boundary;
    enum err err = feed(w, w->server.bytes.bytes + f->at, f->len, &is_boundary, &e);
    if (err != f->answer)
        fail_at(w, err == ERR_OK ? "a frame was taken that must be refused" : e.message);
    if (is_boundary != (err == ERR_OK && f->boundary != 0))
        fail_at(w, "a boundary where there is none, or none where there is one");
    if (err != ERR_OK && e.message[0] == '\0')
        fail_at(w, "a frame was refused without a reason");
    if (is_boundary)
        publish(w, f);
    else
        check_shown(w, random_below(&w->r, TENANTS_REAL));
    return err == ERR_OK;
}

/* A frame that ends early is no frame, whichever byte it ends at. */
static void take_cut(struct world *w, const struct stream_frame *f)
{
    struct error e;
    bool is_boundary;
    size_t len = random_below(&w->r, (uint32_t)f->len);
    if (feed(w, w->server.bytes.bytes + f->at, len, &is_boundary, &e) != ERR_CORRUPT)
        fail_at(w, "a part of a frame was taken");
    assert_false(is_boundary);
    for (size_t t = 0; t < TENANTS_REAL; t++)
        check_shown(w, t);
}

static void transact(struct world *w)
{
    struct stream *s = &w->server;
    enum stream_fault fault =
        random_one_in(&w->r, 50) ? (enum stream_fault)random_below(&w->r, FAULTS) : FAULT_NONE;
    bool ends_early = random_one_in(&w->r, 100);
    stream_transaction(s, fault);
    size_t end = ends_early ? random_below(&w->r, (uint32_t)s->frames_count) : s->frames_count;
    size_t i = 0;
    while (i < end && take(w, &s->frames[i]))
        i++;
    if (i < end) {
        w->whats[WHAT_FAULT]++;
        w->faults[fault]++;
    } else if (ends_early && random_one_in(&w->r, 2)) {
        w->whats[WHAT_CUT]++;
        take_cut(w, &s->frames[i]);
    } else if (ends_early) {
        w->whats[WHAT_LOST]++;
    } else {
        assert_int_equal(fault, FAULT_NONE);
        if (w->is_recording)
            record(w);
        return;
    }
    rebuild(w);
}

static void world_init(struct world *w, uint64_t from)
{
    *w = (struct world){.r = {~from}};
    followed_init(&w->followed);
    stream_init(&w->server, from);
    w->counts = counts_new(FOLLOWED_SOURCES);
    counts_set_status(w->counts, COUNTS_LIVE, "live", "", 0);
}

static void world_fini(struct world *w)
{
    pg_apply_fini(&w->apply);
    index_free(w->ix);
    counts_free(w->counts);
    stream_fini(&w->server);
    followed_fini(&w->followed);
    buffer_fini(&w->recorded);
    free(w->recorded_frames);
}

static void print_events(const struct world *w)
{
    static const char *const whats[WHATS] = {"faults",   "lost connections",  "cut frames",
                                             "rebuilds", "overlapping loads", "publications"};
    static const char *const events[EVENTS] = {[EVENT_INSERT] = "inserts",
                                               [EVENT_UPDATE] = "updates",
                                               [EVENT_UPDATE_WHOLE_OLD] = "with whole old rows",
                                               [EVENT_UPDATE_KEY] = "with another key",
                                               [EVENT_UPDATE_SAME_KEY] = "with the same key",
                                               [EVENT_DELETE] = "deletes",
                                               [EVENT_DELETE_AND_INSERT] = "deletes with inserts",
                                               [EVENT_MOVE] = "moves between partitions",
                                               [EVENT_TENANT] = "moves between tenants",
                                               [EVENT_TRUNCATE] = "truncates",
                                               [EVENT_UNCHANGED] = "values left out",
                                               [EVENT_RELATION] = "relations",
                                               [EVENT_RELATION_AGAIN] = "relations again",
                                               [EVENT_OTHERS] = "changes not followed",
                                               [EVENT_ORIGIN] = "origins",
                                               [EVENT_TYPE] = "types",
                                               [EVENT_MESSAGE] = "messages",
                                               [EVENT_KEEPALIVE_WITHIN] = "keepalives within",
                                               [EVENT_KEEPALIVE_BETWEEN] = "keepalives between"};
    print_message("seed %llu: %llu transactions", (unsigned long long)seed,
                  (unsigned long long)transactions_wanted);
    for (size_t i = 0; i < WHATS; i++)
        print_message(", %llu %s", (unsigned long long)w->whats[i], whats[i]);
    for (size_t i = 0; i < EVENTS; i++)
        print_message(", %llu %s", (unsigned long long)w->server.events[i], events[i]);
    print_message("\n");
}

static void counts_equal_the_rows_after_every_commit(void **state)
{
    (void)state;
    struct world *w = mem_zero(1, sizeof(*w));
    world_init(w, seed);
    rebuild(w);
    for (w->transaction = 0; w->transaction < transactions_wanted; w->transaction++) {
        transact(w);
        if (!w->is_recording && random_one_in(&w->r, 200))
            start_recording(w);
        if (w->is_recording && w->recorded_transactions-- == 0)
            replay(w);
    }
    print_events(w);
    for (size_t i = 0; i < WHATS; i++)
        assert_true(w->whats[i] > transactions_wanted / 1000);
    for (size_t i = 0; i < FAULTS; i++)
        assert_true(w->faults[i] > transactions_wanted / 10000);
    for (size_t i = 0; i < EVENTS; i++)
        assert_true(w->server.events[i] > transactions_wanted / 1000);
    world_fini(w);
    free(w);
}

/* ---- bytes that changed on the way ---- */

/* An empty index, as of where the server is. */
static void start_over(struct world *w)
{
    counts_free(w->counts);
    w->counts = counts_new(FOLLOWED_SOURCES);
    memset(w->server.rows, 0, sizeof(w->server.rows));
    stream_reconnect(&w->server);
    load(w, w->server.position);
}

static void flip(struct world *w, char *bytes, size_t len)
{
    for (uint32_t n = 1 + random_below(&w->r, 3); n > 0; n--)
        bytes[random_below(&w->r, (uint32_t)len)] ^= (char)(1 + random_below(&w->r, 255));
}

/* Whatever was taken keeps the index whole; whatever was not says why. */
static bool take_flipped(struct world *w, const struct stream_frame *f)
{
    struct error e = {0};
    bool is_boundary;
    enum err err = feed(w, w->server.bytes.bytes + f->at, f->len, &is_boundary, &e);
    if (err == ERR_OK) {
        if (is_boundary)
            (void)index_commit(w->ix, w->counts, (struct as_of){1, w->apply.position});
        check_index(w);
        return true;
    }
    assert_true(err == ERR_CORRUPT || err == ERR_NOT_READY);
    assert_string_not_equal(e.message, "");
    assert_false(is_boundary);
    return false;
}

static void flipped_bytes_break_nothing(void **state)
{
    (void)state;
    struct world *w = mem_zero(1, sizeof(*w));
    uint64_t flipped = 0, refused = 0;
    world_init(w, seed + 1);
    start_over(w);
    for (; flipped < flips_wanted; w->transaction++) {
        stream_transaction(&w->server, FAULT_NONE);
        for (size_t i = 0; i < w->server.frames_count; i++) {
            const struct stream_frame *f = &w->server.frames[i];
            if (random_one_in(&w->r, 2)) {
                flip(w, w->server.bytes.bytes + f->at, f->len);
                flipped++;
            }
            if (!take_flipped(w, f)) {
                refused++;
                start_over(w);
                break;
            }
        }
    }
    print_message("seed %llu: %llu frames with flipped bytes, %llu streams refused\n",
                  (unsigned long long)seed, (unsigned long long)flipped,
                  (unsigned long long)refused);
    assert_true(refused > flips_wanted / 10);
    world_fini(w);
    free(w);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        seed = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        flips_wanted = transactions_wanted = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(counts_equal_the_rows_after_every_commit),
                                       cmocka_unit_test(flipped_bytes_break_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
