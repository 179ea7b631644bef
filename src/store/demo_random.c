#include "store/demo_random.h"

#include <assert.h>
#include <string.h>

static uint64_t next(struct demo_random *r)
{
    r->state += 0x9E3779B97F4A7C15;
    uint64_t z = r->state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

size_t demo_random_below(struct demo_random *r, size_t n)
{
    assert(n > 0);
    /* Small n make the bias of a remainder too small to be seen. */
    return (size_t)(next(r) % n);
}

bool demo_random_chance(struct demo_random *r, size_t part, size_t whole)
{
    return demo_random_below(r, whole) < part;
}

void demo_random_uuid(struct demo_random *r, char out[UUID_TEXT_LEN + 1])
{
    struct uuid u;
    uint64_t halves[2] = {next(r), next(r)};
    memcpy(u.bytes, halves, sizeof(u.bytes));
    u.bytes[6] = (uint8_t)(0x40 | (u.bytes[6] & 0x0F));
    u.bytes[8] = (uint8_t)(0x80 | (u.bytes[8] & 0x3F));
    uuid_format(&u, out);
}
