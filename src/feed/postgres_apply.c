#include "feed/postgres_apply.h"

#include "feed/replication.h"

void pg_apply_init(struct pg_apply *a, const struct pg_catalog *c, struct index *ix,
                   uint64_t position)
{
    *a = (struct pg_apply){.index = ix, .position = position};
    a->decoder = pgoutput_new();
    relations_init(&a->relations, c, index_secret(ix));
}

void pg_apply_fini(struct pg_apply *a)
{
    if (a->decoder != NULL)
        relations_fini(&a->relations);
    pgoutput_free(a->decoder);
    *a = (struct pg_apply){0};
}

static enum err out_of_order(const char *what, struct error *e)
{
    return error_set(e, ERR_CORRUPT, "%s in the stream", what);
}

static enum err apply_change(struct pg_apply *a, const struct pgoutput_message *m, struct error *e)
{
    struct change change;
    bool is_ours;
    if (!a->is_in_transaction)
        return out_of_order("a change outside of a transaction", e);
    enum err err = relations_change(&a->relations, m, &change, &is_ours, e);
    if (err != ERR_OK || !is_ours)
        return err;
    err = index_apply(a->index, &change);
    return err == ERR_OK ? err : error_set(e, err, "no memory for another live row");
}

static enum err apply_truncate(struct pg_apply *a, const struct pgoutput_message *m,
                               struct error *e)
{
    enum err err = ERR_OK;
    if (!a->is_in_transaction)
        return out_of_order("a truncate outside of a transaction", e);
    for (size_t i = 0; err == ERR_OK && i < m->truncate.oids_count; i++) {
        struct change change = {.kind = CHANGE_TRUNCATE};
        bool is_ours;
        err = relations_truncate(&a->relations, m->truncate.oids[i], &change.table, &is_ours, e);
        if (err == ERR_OK && is_ours)
            err = index_apply(a->index, &change);
    }
    return err;
}

static enum err apply_commit(struct pg_apply *a, const struct pgoutput_message *m, struct error *e)
{
    if (!a->is_in_transaction)
        return out_of_order("a commit without a beginning", e);
    if (m->commit.end_lsn <= a->position)
        return out_of_order("a commit that was there before", e);
    a->is_in_transaction = false;
    a->position = m->commit.end_lsn;
    return ERR_OK;
}

static enum err apply(struct pg_apply *a, const struct pgoutput_message *m, struct error *e)
{
    switch (m->kind) {
    case PGOUTPUT_BEGIN:
        if (a->is_in_transaction)
            return out_of_order("a transaction within another", e);
        a->is_in_transaction = true;
        return ERR_OK;
    case PGOUTPUT_COMMIT:
        return apply_commit(a, m, e);
    case PGOUTPUT_RELATION:
        return relations_describe(&a->relations, m, e);
    case PGOUTPUT_INSERT:
    case PGOUTPUT_UPDATE:
    case PGOUTPUT_DELETE:
        return apply_change(a, m, e);
    case PGOUTPUT_TRUNCATE:
        return apply_truncate(a, m, e);
    case PGOUTPUT_ORIGIN:
    case PGOUTPUT_TYPE:
    case PGOUTPUT_MESSAGE:
        return ERR_OK;
    }
    return error_set(e, ERR_CORRUPT, "a message of no known kind");
}

static void take_keepalive(struct pg_apply *a, const struct replication_frame *f,
                           bool *ret_is_boundary)
{
    a->must_reply = a->must_reply || f->must_reply;
    *ret_is_boundary = !a->is_in_transaction && f->wal_end > a->position;
    if (*ret_is_boundary)
        a->position = f->wal_end;
}

enum err pg_apply_frame(struct pg_apply *a, const void *bytes, size_t len, bool *ret_is_boundary,
                        struct error *e)
{
    struct replication_frame frame;
    struct pgoutput_message m;
    *ret_is_boundary = false;
    enum err err = replication_read(bytes, len, &frame, e);
    if (err == ERR_OK && frame.kind == REPLICATION_KEEPALIVE)
        return take_keepalive(a, &frame, ret_is_boundary), ERR_OK;
    if (err == ERR_OK)
        err = pgoutput_read(a->decoder, frame.payload.bytes, frame.payload.len, &m, e);
    if (err == ERR_OK)
        err = apply(a, &m, e);
    *ret_is_boundary = err == ERR_OK && m.kind == PGOUTPUT_COMMIT;
    return err;
}
