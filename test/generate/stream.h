/* A server that runs random transactions over the tables of generate/followed.h, and writes what it
 * would send of them: frames of XLogData and keepalives, with messages of pgoutput in them.
 *
 * Now and then it does what makes badged build its index anew, or what no server does; then it says
 * at which frame what must be answered. Its rows are always those behind the last transaction.
 *
 * Ownership: stream_init fills a struct that the caller supplies, stream_fini frees what it holds.
 * The frames live until the next transaction.
 */
#ifndef BADGED_TEST_GENERATE_STREAM_H
#define BADGED_TEST_GENERATE_STREAM_H

#include "base/buffer.h"
#include "base/error.h"
#include "feed/pgoutput.h"
#include "generate/followed.h"
#include "generate/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    STREAM_SLOTS = 16,                       /* keys that a table may have */
    STREAM_EXTRAS = 3,                       /* columns that no source needs */
    STREAM_COLUMNS = FIELDS + STREAM_EXTRAS, /* from FIELDS on, an extra one */
};

/* Something that is not as in any other transaction. */
enum stream_fault {
    FAULT_UNCHANGED,    /* a needed value that is stored out of line is left out */
    FAULT_KEYLESS,      /* an old tuple has no value for the key */
    FAULT_VANISHED,     /* a needed column is there no more, or has another name, */
    FAULT_RENAMED,      /*   */
    FAULT_RETYPED,      /* or type, */
    FAULT_TWICE,        /* or is there in place of another one, too */
    FAULT_TABLE_MOVED,  /* the table has another name or schema */
    FAULT_LEAF,         /* a partition is truncated */
    FAULT_WIDE,         /* a tuple has a column more than its relation */
    FAULT_NESTED,       /* a beginning within a transaction */
    FAULT_BACK,         /* a commit at a position that was passed */
    FAULT_AGAIN,        /* a commit twice */
    FAULT_ALONE,        /* a commit without beginning */
    FAULT_OUTSIDE,      /* a change outside of a transaction */
    FAULT_OUTSIDE_WIPE, /* a truncate outside of a transaction */
    FAULTS,
    FAULT_NONE = FAULTS,
};

struct stream_frame {
    size_t at, len;    /* in bytes */
    uint64_t boundary; /* the position that is reached with it, or 0 */
    bool is_commit;
    enum err answer; /* ERR_OK, or what it must be refused with */
};

/* How the columns of a relation stand in the stream. */
struct stream_layout {
    uint16_t columns_count; /* 0: not sent yet */
    size_t columns[STREAM_COLUMNS];
};

/* What there was of everything, so that a test can show that it was reached. */
enum stream_event {
    EVENT_INSERT,
    EVENT_UPDATE,
    EVENT_UPDATE_WHOLE_OLD,
    EVENT_UPDATE_KEY,
    EVENT_UPDATE_SAME_KEY, /* an old key that is the new one */
    EVENT_DELETE,
    EVENT_DELETE_AND_INSERT,
    EVENT_MOVE, /* from partition to partition */
    EVENT_TENANT,
    EVENT_TRUNCATE,
    EVENT_UNCHANGED, /* the value is in the old tuple */
    EVENT_RELATION,
    EVENT_RELATION_AGAIN,
    EVENT_OTHERS, /* a change of a relation that is not followed */
    EVENT_ORIGIN,
    EVENT_TYPE,
    EVENT_MESSAGE,
    EVENT_KEEPALIVE_WITHIN,
    EVENT_KEEPALIVE_BETWEEN,
    EVENTS,
};

struct stream {
    struct random r;
    struct followed_row rows[FOLLOWED_TABLES][STREAM_SLOTS];
    struct stream_layout layouts[FOLLOWED_RELATIONS];
    uint64_t position; /* as of the last boundary */
    bool is_open;
    struct buffer bytes;
    struct stream_frame *frames;
    size_t frames_count, frames_room;
    uint64_t events[EVENTS];
};

void stream_init(struct stream *s, uint64_t seed);
void stream_fini(struct stream *s);

/* stream_reconnect(s): to a client that knows no relation yet. */
void stream_reconnect(struct stream *s);

/* stream_transaction(s, fault): run one, and put its frames in the place of those before. */
void stream_transaction(struct stream *s, enum stream_fault fault);

/* stream_clear(s): no frames. stream_message(s, m): a frame of one message, whatever it is. */
void stream_clear(struct stream *s);
struct stream_frame *stream_message(struct stream *s, const struct pgoutput_message *m);

#endif
