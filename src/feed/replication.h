/* Frames of Postgres' streaming replication: what each CopyData message holds once a server streams
 * (PostgreSQL documentation, "Streaming Replication Protocol", from START_REPLICATION on).
 *
 * Positions are LSNs as numbers; badge/as_of.h reads and writes their text, which is what commands
 * of that protocol take and answer. Times are microseconds since 1970, where the protocol counts
 * from 2000.
 *
 * Ownership: a frame points into the bytes that it was read from. Pure, for any thread.
 */
#ifndef BADGED_FEED_REPLICATION_H
#define BADGED_FEED_REPLICATION_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REPLICATION_STATUS_BYTES = 34 /* of a standby status update */
};

enum replication_kind {
    REPLICATION_DATA,      /* 'w', XLogData */
    REPLICATION_KEEPALIVE, /* 'k', primary keepalive */
};

struct replication_frame {
    enum replication_kind kind;
    uint64_t wal_start; /* of DATA: where its payload stands; may be 0 */
    uint64_t wal_end;   /* how far the server is */
    int64_t sent_us;    /* by the server's clock */
    union {
        struct {
            const char *bytes; /* one message of the output plugin; see feed/pgoutput.h */
            size_t len;
        } payload;       /* of DATA */
        bool must_reply; /* of KEEPALIVE: without a status update soon, the server disconnects */
    };
};

/* replication_read(bytes, len, ret, e): read one frame. ERR_CORRUPT says what is wrong at which
 * byte, counted from 0; ret is written on success only. */
enum err replication_read(const void *bytes, size_t len, struct replication_frame *ret,
                          struct error *e) MUST_CHECK;

/* What badged tells the server: up to which LSN it has received, kept and applied the stream. */
struct replication_status {
    uint64_t written;
    uint64_t flushed; /* the server may forget what is before it */
    uint64_t applied;
    int64_t sent_us;  /* by badged's clock */
    bool wants_reply; /* a keepalive at once */
};

/* replication_write_status(s, out): write the frame 'r', a standby status update. */
void replication_write_status(const struct replication_status *s,
                              unsigned char out[REPLICATION_STATUS_BYTES]);

/* replication_unix_us(us): microseconds since 1970 for those since 2000, all UTC, as Postgres'
 * timestamps count. INT64_MAX when they are more than fit. */
int64_t replication_unix_us(int64_t postgres_us);

/* replication_postgres_us(us): the way back; INT64_MIN when they are less than fit. */
int64_t replication_postgres_us(int64_t unix_us);

#endif
