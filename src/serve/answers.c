#include "serve/answers.h"

#include "base/mem.h"
#include "serve/etag.h"
#include "serve/tenant.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* The lock is held from the moment a reply is taken from a slot until libmicrohttpd has its own
 * reference to it. */
struct slot {
    pthread_mutex_t lock;
    struct uuid tenant;
    struct as_of as_of;
    struct etag tag;
    struct MHD_Response *whole;     /* for 200; NULL as long as nobody asked for it */
    struct MHD_Response *unchanged; /* for 304; likewise */
};

struct answers {
    const struct shape *shape;
    size_t sources_count;
    struct slot *slots;
    uint64_t *numbers; /* sources_count for each slot */
};

struct answers *answers_new(const struct shape *shape, size_t sources_count)
{
    struct answers *a = mem_zero(1, sizeof(*a));
    a->shape = shape;
    a->sources_count = sources_count;
    a->slots = mem_zero(ANSWERS_KEPT_MAX, sizeof(*a->slots));
    a->numbers = mem_zero(ANSWERS_KEPT_MAX * (sources_count + 1), sizeof(*a->numbers));
    for (size_t i = 0; i < ANSWERS_KEPT_MAX; i++) {
        int rc = pthread_mutex_init(&a->slots[i].lock, NULL);
        assert(rc == 0);
    }
    return a;
}

static void drop(struct slot *slot)
{
    MHD_destroy_response(slot->whole);
    MHD_destroy_response(slot->unchanged);
    slot->whole = slot->unchanged = NULL;
}

void answers_free(struct answers *a)
{
    if (a == NULL)
        return;
    for (size_t i = 0; i < ANSWERS_KEPT_MAX; i++) {
        drop(&a->slots[i]);
        (void)pthread_mutex_destroy(&a->slots[i].lock);
    }
    free(a->slots);
    free(a->numbers);
    free(a);
}

static struct reply compose(const struct request *r, struct buffer *body, struct as_of as_of,
                            struct etag *ret_tag)
{
    *ret_tag = etag_of(body->bytes, body->len);
    bool is_unchanged = request_lists(r, ret_tag);
    struct reply reply = reply_make(is_unchanged ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK,
                                    is_unchanged ? NULL : "application/json", body);
    char text[AS_OF_TEXT_BYTES];
    as_of_format(as_of, text);
    reply_add(&reply, "Badged-As-Of", text);
    reply_add(&reply, MHD_HTTP_HEADER_ETAG, ret_tag->text);
    reply_add(&reply, MHD_HTTP_HEADER_CACHE_CONTROL, "private, no-cache");
    reply_add(&reply, MHD_HTTP_HEADER_VARY, TENANT_FIELD);
    return reply;
}

struct reply answers_make(const struct answers *a, const struct request *r, const uint64_t *numbers,
                          struct as_of as_of)
{
    struct buffer body = {0};
    struct etag tag;
    shape_render(a->shape, numbers, &body);
    return compose(r, &body, as_of, &tag);
}

struct reply answers_find(struct answers *a, const struct request *r, const struct uuid *tenant,
                          const uint64_t *numbers, struct as_of as_of)
{
    size_t i = XXH3_64bits(tenant->bytes, sizeof(tenant->bytes)) % ANSWERS_KEPT_MAX;
    struct slot *slot = &a->slots[i];
    uint64_t *kept = a->numbers + i * a->sources_count;
    size_t numbers_bytes = a->sources_count * sizeof(*numbers);
    int rc = pthread_mutex_lock(&slot->lock);
    assert(rc == 0);
    bool is_kept = slot->whole != NULL || slot->unchanged != NULL;
    is_kept = is_kept && memcmp(&slot->tenant, tenant, sizeof(*tenant)) == 0 &&
              as_of_compare(slot->as_of, as_of) == 0 && memcmp(kept, numbers, numbers_bytes) == 0;
    if (is_kept) {
        bool is_unchanged = request_lists(r, &slot->tag);
        struct MHD_Response *response = is_unchanged ? slot->unchanged : slot->whole;
        if (response != NULL)
            return (struct reply){.status = is_unchanged ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK,
                                  .response = response,
                                  .keeper = &slot->lock};
    } else {
        drop(slot);
        slot->tenant = *tenant;
        slot->as_of = as_of;
        memcpy(kept, numbers, numbers_bytes);
    }
    struct buffer body = {0};
    shape_render(a->shape, numbers, &body);
    struct reply reply = compose(r, &body, as_of, &slot->tag);
    *(reply.status == MHD_HTTP_OK ? &slot->whole : &slot->unchanged) = reply.response;
    reply.keeper = &slot->lock;
    return reply;
}
