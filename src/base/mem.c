#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(size_t n, size_t size)
{
    (void)fprintf(stderr, "badged: out of memory (%zu times %zu bytes): stopping\n", n, size);
    abort();
}

void *mem_zero(size_t n, size_t size)
{
    void *p = calloc(n > 0 ? n : 1, size);
    if (p == NULL)
        die(n, size);
    return p;
}

void *mem_grow(void *old, size_t n, size_t size)
{
    void *p = reallocarray(old, n > 0 ? n : 1, size);
    if (p == NULL)
        die(n, size);
    return p;
}

char *mem_text(const char *s, size_t len)
{
    char *p = mem_zero(len + 1, 1);
    memcpy(p, s, len);
    return p;
}
