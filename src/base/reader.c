#include "base/reader.h"

#include <assert.h>
#include <string.h>

struct reader reader_of(const void *bytes, size_t len)
{
    assert(bytes != NULL || len == 0);
    return (struct reader){.bytes = len > 0 ? bytes : "", .len = len};
}

bool reader_is_failed(const struct reader *r)
{
    return r->is_failed;
}

size_t reader_left(const struct reader *r)
{
    return r->is_failed ? 0 : r->len - r->at;
}

/* The next n bytes, or NULL. */
static const unsigned char *take(struct reader *r, size_t n)
{
    if (r->is_failed || n > r->len - r->at) {
        r->is_failed = true;
        return NULL;
    }
    const unsigned char *bytes = r->bytes + r->at;
    r->at += n;
    return bytes;
}

static uint64_t number(struct reader *r, size_t bytes_count)
{
    const unsigned char *bytes = take(r, bytes_count);
    uint64_t n = 0;
    for (size_t i = 0; bytes != NULL && i < bytes_count; i++)
        n = n << 8 | bytes[i];
    return n;
}

uint8_t reader_u8(struct reader *r)
{
    return (uint8_t)number(r, 1);
}

uint16_t reader_u16(struct reader *r)
{
    return (uint16_t)number(r, 2);
}

uint32_t reader_u32(struct reader *r)
{
    return (uint32_t)number(r, 4);
}

int32_t reader_i32(struct reader *r)
{
    return (int32_t)reader_u32(r);
}

uint64_t reader_u64(struct reader *r)
{
    return number(r, 8);
}

int64_t reader_i64(struct reader *r)
{
    return (int64_t)reader_u64(r);
}

const char *reader_text(struct reader *r)
{
    const unsigned char *start = r->bytes + r->at;
    const unsigned char *end = memchr(start, '\0', reader_left(r));
    if (end == NULL) {
        r->is_failed = true;
        return "";
    }
    r->at += (size_t)(end - start) + 1;
    return (const char *)start;
}

const char *reader_run(struct reader *r, size_t n)
{
    return (const char *)take(r, n);
}
