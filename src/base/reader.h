/* A reader over bytes of a binary format whose numbers are big-endian.
 *
 * Its failure sticks: a read that asks for more than is left gives a zero (an empty text, NULL for
 * a run of bytes), and so does every read behind it. A parser thus reads field after field, and
 * asks once whether all of them were there. No byte outside of those given is ever read.
 *
 * Ownership: the bytes stay the caller's; texts and runs point into them and live as long.
 */
#ifndef BADGED_BASE_READER_H
#define BADGED_BASE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
    const unsigned char *bytes;
    size_t len;
    size_t at; /* how many bytes were read; after a failure, where the read that failed began */
    bool is_failed;
};

/* reader_of(bytes, len): a reader at the first of len bytes, which may be none. */
struct reader reader_of(const void *bytes, size_t len);

/* reader_is_failed(r): whether a read asked for more than there was. */
bool reader_is_failed(const struct reader *r);

/* reader_left(r): how many bytes can be read yet; 0 after a failure. */
size_t reader_left(const struct reader *r);

/* The next number of 8, 16, 32 or 64 bits; i is two's complement. */
uint8_t reader_u8(struct reader *r);
uint16_t reader_u16(struct reader *r);
uint32_t reader_u32(struct reader *r);
int32_t reader_i32(struct reader *r);
uint64_t reader_u64(struct reader *r);
int64_t reader_i64(struct reader *r);

/* reader_text(r): the bytes before the next NUL, which ends them and is read too. Fails when no NUL
 * is left. Never NULL. */
const char *reader_text(struct reader *r);

/* reader_run(r, n): the next n bytes. NULL after a failure; what a run of none points at is not to
 * be read. */
const char *reader_run(struct reader *r, size_t n);

#endif
