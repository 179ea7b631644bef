/* A stream that a server sends: any frames are either refused, with a reason, or applied so that
 * the index stays whole; and nothing is published that is no commit boundary.
 *
 * The input is frames, each behind its length in two bytes, over the tables of generate/followed.h,
 * which have no rows at first. The last may be shorter than it says.
 */
#include "feed/postgres_apply.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "generate/followed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct followed followed;

struct run {
    struct index *ix;
    struct counts *counts;
    struct pg_apply apply;
};

static void check(struct run *r, bool is_boundary, bool was_in_transaction, uint64_t before)
{
    int broken = index_check(r->ix);
    assert(broken == 0);
    assert(r->apply.position >= before);
    assert(is_boundary == (r->apply.position > before));
    assert(!is_boundary || !r->apply.is_in_transaction);
    assert(is_boundary || !was_in_transaction || r->apply.is_in_transaction);
    if (is_boundary)
        (void)index_commit(r->ix, r->counts, (struct as_of){1, r->apply.position});
}

/* From memory that ends where the frame does, and is gone before the next. */
static bool take(struct run *r, const uint8_t *data, size_t len)
{
    struct error e = {0};
    bool is_boundary = true, was_in_transaction = r->apply.is_in_transaction;
    uint64_t before = r->apply.position;
    char *copy = malloc(len > 0 ? len : 1);
    assert(copy != NULL);
    memcpy(copy, data, len);
    enum err err = pg_apply_frame(&r->apply, copy, len, &is_boundary, &e);
    free(copy);
    if (err == ERR_OK) {
        check(r, is_boundary, was_in_transaction, before);
        return true;
    }
    assert(err == ERR_CORRUPT || err == ERR_NOT_READY);
    assert(e.code == err && e.message[0] != '\0' && !is_boundary && r->apply.position == before);
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (followed.definitions == NULL)
        followed_init(&followed);
    const struct pg_catalog *c = &followed.catalog;
    struct source_fault fault;
    struct error e;
    struct run r = {.counts = counts_new(FOLLOWED_SOURCES)};
    enum err err = index_new(followed.definitions, c->tables, c->tables_count, &r.ix, &fault, &e);
    assert(err == ERR_OK);
    pg_apply_init(&r.apply, c, r.ix, 1);
    while (size >= 2) {
        size_t len = (size_t)data[0] << 8 | data[1];
        data += 2, size -= 2;
        len = len < size ? len : size;
        if (!take(&r, data, len))
            break;
        data += len, size -= len;
    }
    pg_apply_fini(&r.apply);
    index_free(r.ix);
    counts_free(r.counts);
    return 0;
}
