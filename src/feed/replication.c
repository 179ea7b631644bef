/* Byte, Int and their sizes as in PostgreSQL's documentation, "Message Data Types": big-endian.
 *
 * frame     = data / keepalive                                    read
 * data      = "w" wal_start wal_end sent payload
 * keepalive = "k" wal_end sent reply
 * status    = "r" written flushed applied sent reply              written
 *
 * wal_start, wal_end, written, flushed, applied = Int64           an LSN
 * sent      = Int64                                               microseconds since 2000-01-01 UTC
 * reply     = Byte1                                               1: as soon as possible, else 0
 * payload   = Byten                                               to the end of the frame
 *
 * Left out on purpose: frames that only a physical standby or a base backup sends or gets.
 */
#include "feed/replication.h"

#include "base/reader.h"

/* From 1970-01-01 to 2000-01-01: 10,957 days. */
static const int64_t postgres_epoch_us = INT64_C(10957) * 86400 * 1000000;

int64_t replication_unix_us(int64_t postgres_us)
{
    int64_t us;
    return __builtin_add_overflow(postgres_us, postgres_epoch_us, &us) ? INT64_MAX : us;
}

int64_t replication_postgres_us(int64_t unix_us)
{
    int64_t us;
    return __builtin_sub_overflow(unix_us, postgres_epoch_us, &us) ? INT64_MIN : us;
}

enum err replication_read(const void *bytes, size_t len, struct replication_frame *ret,
                          struct error *e)
{
    struct reader r = reader_of(bytes, len);
    struct replication_frame f = {0};
    uint8_t kind = reader_u8(&r), reply = 0;
    if (kind == 'w') {
        f.kind = REPLICATION_DATA;
        f.wal_start = reader_u64(&r);
        f.wal_end = reader_u64(&r);
        f.sent_us = replication_unix_us(reader_i64(&r));
        f.payload.len = reader_left(&r);
        f.payload.bytes = reader_run(&r, f.payload.len);
    } else if (kind == 'k') {
        f.kind = REPLICATION_KEEPALIVE;
        f.wal_end = reader_u64(&r);
        f.sent_us = replication_unix_us(reader_i64(&r));
        reply = reader_u8(&r);
        f.must_reply = reply == 1;
    } else if (!reader_is_failed(&r)) {
        return error_set(e, ERR_CORRUPT,
                         "a frame of the stream opens with byte 0x%02X, which is neither w nor k",
                         kind);
    }
    if (reader_is_failed(&r))
        return error_set(e, ERR_CORRUPT,
                         "a frame of the stream ends at byte %zu, inside of what begins at byte "
                         "%zu",
                         len, r.at);
    if (reader_left(&r) > 0)
        return error_set(e, ERR_CORRUPT, "a keepalive of the stream goes on behind byte %zu", r.at);
    if (reply > 1)
        return error_set(e, ERR_CORRUPT,
                         "a keepalive of the stream has 0x%02X at byte %zu, which is neither 0 nor "
                         "1",
                         reply, len - 1);
    *ret = f;
    return ERR_OK;
}

static unsigned char *put_u64(unsigned char *out, uint64_t n)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        *out++ = (unsigned char)(n >> shift);
    return out;
}

void replication_write_status(const struct replication_status *s,
                              unsigned char out[REPLICATION_STATUS_BYTES])
{
    *out++ = 'r';
    out = put_u64(out, s->written);
    out = put_u64(out, s->flushed);
    out = put_u64(out, s->applied);
    out = put_u64(out, (uint64_t)replication_postgres_us(s->sent_us));
    *out = s->wants_reply ? 1 : 0;
}
