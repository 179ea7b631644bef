#include "generate/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "generate/messages.h"
#include "generate/stream_tuple.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum {
    OTHER = 16450, /* a relation that nobody follows */
};

void stream_init(struct stream *s, uint64_t seed)
{
    *s = (struct stream){.r = {seed}, .position = 0x1000000};
}

void stream_fini(struct stream *s)
{
    buffer_fini(&s->bytes);
    free(s->frames);
    *s = (struct stream){0};
}

void stream_reconnect(struct stream *s)
{
    memset(s->layouts, 0, sizeof(s->layouts));
}

void stream_clear(struct stream *s)
{
    s->bytes.len = 0;
    s->frames_count = 0;
}

/* ---- frames ---- */

static void put_u64(struct stream *s, uint64_t n)
{
    for (int shift = 56; shift >= 0; shift -= 8) {
        char byte = (char)(n >> shift);
        buffer_add(&s->bytes, &byte, 1);
    }
}

static struct stream_frame *open_frame(struct stream *s)
{
    if (s->frames_count == s->frames_room) {
        s->frames_room = s->frames_room > 0 ? s->frames_room * 2 : 64;
        s->frames = mem_grow(s->frames, s->frames_room, sizeof(*s->frames));
    }
    struct stream_frame *f = &s->frames[s->frames_count++];
    *f = (struct stream_frame){.at = s->bytes.len};
    return f;
}

struct stream_frame *stream_message(struct stream *s, const struct pgoutput_message *m)
{
    struct stream_frame *f = open_frame(s);
    buffer_add(&s->bytes, "w", 1);
    put_u64(s, random_one_in(&s->r, 4) ? 0 : s->position);
    put_u64(s, s->position + random_below(&s->r, 100));
    put_u64(s, random_next(&s->r) >> 8);
    messages_write(m, &s->bytes);
    f->len = s->bytes.len - f->at;
    return f;
}

static void keepalive(struct stream *s, uint64_t wal_end)
{
    struct stream_frame *f = open_frame(s);
    char must_reply = (char)random_below(&s->r, 2);
    buffer_add(&s->bytes, "k", 1);
    put_u64(s, wal_end);
    put_u64(s, random_next(&s->r) >> 8);
    buffer_add(&s->bytes, &must_reply, 1);
    f->len = s->bytes.len - f->at;
    if (!s->is_open && wal_end > s->position)
        f->boundary = s->position = wal_end;
}

/* ---- messages that say nothing of rows ---- */

static void logical(struct stream *s)
{
    s->events[EVENT_MESSAGE]++;
    (void)stream_message(s,
                         &(struct pgoutput_message){.kind = PGOUTPUT_MESSAGE,
                                                    .message = {.prefix = "other",
                                                                .content = "a\0b",
                                                                .len = 3,
                                                                .lsn = s->position,
                                                                .is_transactional = s->is_open}});
}

static void maybe_aside(struct stream *s)
{
    if (random_one_in(&s->r, 8)) {
        s->events[s->is_open ? EVENT_KEEPALIVE_WITHIN : EVENT_KEEPALIVE_BETWEEN]++;
        keepalive(s, s->position - 8 + random_below(&s->r, 24));
    }
    if (random_one_in(&s->r, 40))
        logical(s);
}

static void type(struct stream *s)
{
    s->events[EVENT_TYPE]++;
    (void)stream_message(
        s, &(struct pgoutput_message){.kind = PGOUTPUT_TYPE,
                                      .type = {.oid = 17000, .schema = "public", .name = "mood"}});
}

/* ---- changes ---- */

/* The relation that a row comes from. */
static size_t relation_of(size_t table, const struct followed_row *row)
{
    static const size_t relations[FOLLOWED_TABLES] = {
        RELATION_CODED, RELATION_ORDERS, RELATION_PAIRS, RELATION_PARTS + 1, RELATION_ROOTED};
    return relations[table] + (table == FOLLOWED_PARTS ? (size_t)row->leaf : 0);
}

static void describe(struct stream *s, size_t relation)
{
    struct stream_layout *l = &s->layouts[relation];
    bool is_known = l->columns_count > 0;
    if (is_known && !random_one_in(&s->r, 40))
        return;
    s->events[is_known ? EVENT_RELATION_AGAIN : EVENT_RELATION]++;
    stream_tuple_shuffle(s, relation);
    if (random_one_in(&s->r, 4))
        type(s);
    struct stream_description d;
    stream_tuple_describe(s, relation, &d);
    (void)stream_message(s, &d.message);
}

static struct pgoutput_message change(enum pgoutput_kind kind, size_t relation)
{
    return (struct pgoutput_message){.kind = kind,
                                     .change = {.oid = followed_relations[relation].oid}};
}

static void insert(struct stream *s, size_t table, size_t slot, const struct followed_row *row)
{
    size_t relation = relation_of(table, row);
    struct stream_tuple new;
    describe(s, relation);
    stream_tuple_fill(s, relation, slot, row, false, &new);
    struct pgoutput_message m = change(PGOUTPUT_INSERT, relation);
    m.change.new = new.tuple;
    (void)stream_message(s, &m);
}

static void erase(struct stream *s, size_t table, size_t slot, const struct followed_row *row)
{
    size_t relation = relation_of(table, row);
    bool is_full = followed_relations[relation].identity == 'f';
    struct stream_tuple old;
    describe(s, relation);
    stream_tuple_fill(s, relation, slot, row, !is_full, &old);
    struct pgoutput_message m = change(PGOUTPUT_DELETE, relation);
    m.change.old_kind = is_full ? 'O' : 'K';
    m.change.old = old.tuple;
    (void)stream_message(s, &m);
}

/* Within one relation. */
static void update(struct stream *s, size_t table, size_t slot, const struct followed_row *row,
                   size_t new_slot, const struct followed_row *new_row)
{
    size_t relation = relation_of(table, row);
    bool is_full = followed_relations[relation].identity == 'f';
    bool has_key = !is_full && (slot != new_slot || random_one_in(&s->r, 20));
    struct stream_tuple old, new;
    describe(s, relation);
    stream_tuple_fill(s, relation, new_slot, new_row, false, &new);
    struct pgoutput_message m = change(PGOUTPUT_UPDATE, relation);
    if (is_full || has_key) {
        stream_tuple_fill(s, relation, slot, row, !is_full, &old);
        m.change.old_kind = is_full ? 'O' : 'K';
        m.change.old = old.tuple;
    }
    if (is_full && row->ref == REF_LONG && new_row->ref == REF_LONG) {
        s->events[EVENT_UNCHANGED]++;
        stream_tuple_leave_out(s, relation, FIELD_REF, &new);
    }
    /* A key that is stored out of line is in the old tuple even when it did not change. */
    if (has_key && slot == new_slot && table == FOLLOWED_CODED)
        stream_tuple_leave_out(s, relation, FIELD_CODE, &new);
    stream_tuple_leave_out_extras(s, relation, &new);
    m.change.new = new.tuple;
    (void)stream_message(s, &m);
    s->events[is_full            ? EVENT_UPDATE_WHOLE_OLD
              : slot != new_slot ? EVENT_UPDATE_KEY
              : has_key          ? EVENT_UPDATE_SAME_KEY
                                 : EVENT_UPDATE]++;
}

/* Of a relation that is not followed, and was never described to this test. */
static struct stream_frame *change_other(struct stream *s)
{
    struct pgoutput_datum d[] = {{.kind = 't', .bytes = "1", .len = 1}, {.kind = 'n'}};
    struct pgoutput_message m = {.kind = PGOUTPUT_INSERT + random_below(&s->r, 3),
                                 .change = {.oid = OTHER}};
    s->events[EVENT_OTHERS]++;
    if (m.kind == PGOUTPUT_DELETE) {
        m.change.old_kind = 'K';
        m.change.old = (struct pgoutput_tuple){d, COUNT(d)};
    } else {
        m.change.new = (struct pgoutput_tuple){d, COUNT(d)};
    }
    return stream_message(s, &m);
}

static void truncate(struct stream *s, size_t table)
{
    static const size_t roots[FOLLOWED_TABLES] = {RELATION_CODED, RELATION_ORDERS, RELATION_PAIRS,
                                                  RELATION_PARTS, RELATION_ROOTED};
    size_t also = random_one_in(&s->r, 4) ? random_below(&s->r, FOLLOWED_TABLES) : table;
    const uint32_t oids[] = {OTHER, followed_relations[roots[table]].oid,
                             followed_relations[roots[also]].oid};
    describe(s, roots[table]);
    memset(s->rows[table], 0, sizeof(s->rows[table]));
    memset(s->rows[also], 0, sizeof(s->rows[also]));
    s->events[EVENT_TRUNCATE]++;
    size_t first = random_below(&s->r, 2);
    (void)stream_message(
        s, &(struct pgoutput_message){.kind = PGOUTPUT_TRUNCATE,
                                      .truncate = {.oids = oids + first,
                                                   .oids_count = COUNT(oids) - first,
                                                   .is_cascade = random_one_in(&s->r, 2)}});
}

/* ---- what the transactions do ---- */

static int any_or_null(struct stream *s, uint32_t n, uint32_t null_in)
{
    return random_one_in(&s->r, null_in) ? -1 : (int)random_below(&s->r, n);
}

static void randomize(struct stream *s, size_t table, struct followed_row *row)
{
    bool is_tenant_text = followed_tables[table].types[FIELD_TENANT] == 25;
    row->tenant = any_or_null(s, is_tenant_text ? TENANTS : TENANTS_REAL, 20);
    row->owner = any_or_null(s, TENANTS, 20);
    row->status = any_or_null(s, STATUSES, 6);
    row->is_open = any_or_null(s, 2, 6);
    row->amount = any_or_null(s, AMOUNTS, 6);
    row->ref = any_or_null(s, REFS, 6);
}

static void mutate(struct stream *s, size_t table, struct followed_row *row)
{
    struct followed_row other;
    randomize(s, table, &other);
    switch (random_below(&s->r, 5)) {
    case 0:
        s->events[EVENT_TENANT]++;
        row->tenant = other.tenant;
        row->owner = other.owner;
        break;
    case 1:
        row->status = other.status;
        row->is_open = other.is_open;
        break;
    case 2:
        row->ref = other.ref;
        row->amount = other.amount;
        break;
    case 3:
        break; /* an update that changes nothing */
    default:
        randomize(s, table, row);
    }
}

static void change_there(struct stream *s, size_t table, size_t slot)
{
    struct followed_row *row = &s->rows[table][slot];
    struct followed_row old = *row, new = *row;
    size_t target = slot;
    mutate(s, table, &new);
    if (table == FOLLOWED_PARTS && random_one_in(&s->r, 4)) {
        new.leaf = (old.leaf + 1 + (int)random_below(&s->r, 2)) % FOLLOWED_LEAVES;
        s->events[EVENT_MOVE]++;
        erase(s, table, slot, &old);
        insert(s, table, slot, &new);
    } else if (random_one_in(&s->r, 8)) {
        s->events[EVENT_DELETE_AND_INSERT]++;
        erase(s, table, slot, &old);
        maybe_aside(s);
        insert(s, table, slot, &new);
    } else {
        if (random_one_in(&s->r, 4))
            target = random_below(&s->r, STREAM_SLOTS);
        if (s->rows[table][target].is_there)
            target = slot;
        update(s, table, slot, &old, target, &new);
    }
    row->is_there = false;
    s->rows[table][target] = new;
}

static void change_once(struct stream *s)
{
    size_t table = random_below(&s->r, FOLLOWED_TABLES), slot = random_below(&s->r, STREAM_SLOTS);
    struct followed_row *row = &s->rows[table][slot];
    if (random_one_in(&s->r, 80)) {
        truncate(s, table);
    } else if (random_one_in(&s->r, 10)) {
        (void)change_other(s);
    } else if (!row->is_there) {
        s->events[EVENT_INSERT]++;
        row->is_there = true;
        row->leaf = (int)random_below(&s->r, FOLLOWED_LEAVES);
        randomize(s, table, row);
        insert(s, table, slot, row);
    } else if (random_one_in(&s->r, 4)) {
        s->events[EVENT_DELETE]++;
        row->is_there = false;
        erase(s, table, slot, row);
    } else {
        change_there(s, table, slot);
    }
}

/* ---- what must be refused ---- */

static struct stream_frame *begin(struct stream *s, uint64_t commit)
{
    s->is_open = true;
    return stream_message(s,
                          &(struct pgoutput_message){.kind = PGOUTPUT_BEGIN,
                                                     .begin = {.final_lsn = commit, .xid = 700}});
}

static struct stream_frame *commit(struct stream *s, uint64_t lsn, uint64_t end)
{
    s->is_open = false;
    struct stream_frame *f =
        stream_message(s, &(struct pgoutput_message){.kind = PGOUTPUT_COMMIT,
                                                     .commit = {.lsn = lsn, .end_lsn = end}});
    f->is_commit = true;
    return f;
}

static void fail_describing(struct stream *s, enum stream_fault fault)
{
    static const size_t relations[] = {RELATION_CODED, RELATION_ORDERS,    RELATION_PAIRS,
                                       RELATION_PARTS, RELATION_PARTS + 1, RELATION_ROOTED};
    size_t n = random_below(&s->r, COUNT(relations));
    if (fault == FAULT_TABLE_MOVED && followed_relations[relations[n]].is_leaf)
        n = 0; /* what a partition is called is nobody's concern */
    struct stream_description d;
    stream_tuple_shuffle(s, relations[n]);
    stream_tuple_describe(s, relations[n], &d);
    size_t needed = stream_tuple_needed(s, relations[n], 0);
    size_t second = stream_tuple_needed(s, relations[n], 1);
    if (fault == FAULT_VANISHED)
        d.columns[needed] = d.columns[--d.message.relation.columns_count];
    else if (fault == FAULT_RENAMED)
        d.columns[needed].name = "another";
    else if (fault == FAULT_RETYPED)
        d.columns[needed].type_oid++;
    else if (fault == FAULT_TWICE)
        d.columns[needed] = d.columns[second];
    else if (random_one_in(&s->r, 2))
        d.message.relation.name = "another";
    else
        d.message.relation.schema = "another";
    stream_message(s, &d.message)->answer = ERR_NOT_READY;
}

/* A change that is refused for its tuples. */
static void fail_changing(struct stream *s, enum stream_fault fault)
{
    struct followed_row row = {.leaf = 0};
    size_t table =
        fault == FAULT_UNCHANGED && random_one_in(&s->r, 2) ? FOLLOWED_PARTS : FOLLOWED_ORDERS;
    size_t relation = relation_of(table, &row);
    struct stream_tuple tuple;
    randomize(s, table, &row);
    describe(s, relation);
    stream_tuple_fill(s, relation, 1, &row, fault == FAULT_KEYLESS, &tuple);
    struct pgoutput_message m = change(PGOUTPUT_UPDATE, relation);
    if (fault == FAULT_UNCHANGED) {
        stream_tuple_leave_out(s, relation, FIELD_REF, &tuple);
    } else if (fault == FAULT_KEYLESS) {
        stream_tuple_leave_out(s, relation, FIELD_ID, &tuple);
        m = change(PGOUTPUT_DELETE, relation);
        m.change.old_kind = 'K';
        m.change.old = tuple.tuple;
    } else {
        tuple.columns[tuple.tuple.columns_count++] = (struct pgoutput_datum){.kind = 'n'};
    }
    if (fault != FAULT_KEYLESS)
        m.change.new = tuple.tuple;
    stream_message(s, &m)->answer = fault == FAULT_WIDE ? ERR_CORRUPT : ERR_NOT_READY;
}

static void fail_with(struct stream *s, enum stream_fault fault)
{
    const uint32_t leaf = followed_relations[RELATION_PARTS + 1 + random_below(&s->r, 3)].oid;
    const uint32_t root = followed_relations[RELATION_ORDERS].oid;
    struct pgoutput_message wipe = {.kind = PGOUTPUT_TRUNCATE,
                                    .truncate = {.oids = &leaf, .oids_count = 1}};
    if (fault == FAULT_OUTSIDE_WIPE)
        wipe.truncate.oids = &root;
    if (fault == FAULT_UNCHANGED || fault == FAULT_KEYLESS || fault == FAULT_WIDE)
        fail_changing(s, fault);
    else if (fault >= FAULT_VANISHED && fault <= FAULT_TABLE_MOVED)
        fail_describing(s, fault);
    else if (fault == FAULT_LEAF)
        stream_message(s, &wipe)->answer = ERR_NOT_READY;
    else if (fault == FAULT_NESTED)
        begin(s, s->position)->answer = ERR_CORRUPT;
    else if (fault == FAULT_AGAIN || fault == FAULT_ALONE)
        commit(s, s->position, s->position + 1)->answer = ERR_CORRUPT;
    else if (fault == FAULT_BACK)
        commit(s, s->position - 1, s->position - random_below(&s->r, 2))->answer = ERR_CORRUPT;
    else if (fault == FAULT_OUTSIDE)
        change_other(s)->answer = ERR_CORRUPT;
    else
        stream_message(s, &wipe)->answer = ERR_CORRUPT;
}

void stream_transaction(struct stream *s, enum stream_fault fault)
{
    uint32_t changes = random_below(&s->r, random_one_in(&s->r, 10) ? 30 : 5);
    uint32_t fails_at = random_below(&s->r, changes + 1);
    bool fails_within = fault <= FAULT_BACK;
    stream_clear(s);
    maybe_aside(s);
    if (fault > FAULT_AGAIN && fault < FAULTS)
        fail_with(s, fault);
    uint64_t lsn = s->position + 100 + random_below(&s->r, 1000);
    (void)begin(s, lsn);
    if (random_one_in(&s->r, 20)) {
        s->events[EVENT_ORIGIN]++;
        (void)stream_message(s, &(struct pgoutput_message){.kind = PGOUTPUT_ORIGIN,
                                                           .origin = {.name = "elsewhere"}});
    }
    for (uint32_t i = 0; i <= changes; i++) {
        if (fails_within && i == fails_at)
            fail_with(s, fault);
        maybe_aside(s);
        change_once(s);
    }
    maybe_aside(s);
    struct stream_frame *f = commit(s, lsn, lsn + 48);
    f->boundary = s->position = lsn + 48;
    if (fault == FAULT_AGAIN)
        fail_with(s, fault);
    maybe_aside(s);
}
