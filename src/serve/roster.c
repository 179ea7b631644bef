#include "serve/roster.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

enum {
    NEWS_TENANTS_MAX = 4096 /* more of them are not looked up while the feed waits */
};

static void lock(struct roster *r)
{
    int rc = pthread_mutex_lock(&r->lock);
    assert(rc == 0);
}

static void unlock(struct roster *r)
{
    int rc = pthread_mutex_unlock(&r->lock);
    assert(rc == 0);
}

void roster_init(struct roster *r, const struct streams_limits *limits, size_t sources_count)
{
    r->limits = *limits;
    places_init(&r->tenants, limits->all, sizeof(struct topic) + sources_count * sizeof(uint64_t));
    places_init(&r->addresses, limits->address > 0 ? limits->all : 0, sizeof(struct place));
    int rc = pthread_mutex_init(&r->lock, NULL);
    assert(rc == 0);
}

void roster_fini(struct roster *r)
{
    places_fini(&r->tenants);
    places_fini(&r->addresses);
    (void)pthread_mutex_destroy(&r->lock);
}

/* ---- places ---- */

static bool is_full(const struct places *p, const unsigned char *key, size_t limit)
{
    const struct place *place = limit > 0 ? places_find(p, key) : NULL;
    return place != NULL && place->taken >= limit;
}

static enum streams_verdict check_room(const struct roster *r, const struct uuid *tenant,
                                       const unsigned char *address)
{
    if (r->is_closed)
        return STREAMS_STOPPING;
    if (is_full(&r->tenants, tenant->bytes, r->limits.tenant))
        return STREAMS_TENANT_FULL;
    if (is_full(&r->addresses, address, r->limits.address))
        return STREAMS_ADDRESS_FULL;
    return atomic_load(&r->count) < r->limits.all ? STREAMS_ADMITTED : STREAMS_FULL;
}

enum streams_verdict roster_admit(struct roster *r, const struct uuid *tenant,
                                  const unsigned char address[PLACE_KEY_BYTES],
                                  struct subscriber **ret)
{
    lock(r);
    enum streams_verdict verdict = check_room(r, tenant, address);
    if (verdict == STREAMS_ADMITTED) {
        struct subscriber *new = mem_zero(1, sizeof(*new));
        new->fd = -1;
        new->topic = (struct topic *)places_take(&r->tenants, tenant->bytes);
        if (r->limits.address > 0)
            new->address = places_take(&r->addresses, address);
        atomic_fetch_add(&r->count, 1);
        *ret = new;
    }
    unlock(r);
    return verdict;
}

static void forget_news(struct roster *r, const struct topic *t)
{
    struct topic **link = &r->news;
    while (*link != t)
        link = &(*link)->next_news;
    *link = t->next_news;
}

void roster_leave(struct roster *r, struct subscriber *sub)
{
    struct topic *t = sub->topic;
    lock(r);
    if (sub->address != NULL && places_leave(&r->addresses, sub->address))
        free(sub->address);
    if (places_leave(&r->tenants, &t->place)) {
        if (t->has_news)
            forget_news(r, t);
        frame_unref(t->badges);
        free(t);
    }
    atomic_fetch_sub(&r->count, 1);
    unlock(r);
}

void roster_close(struct roster *r)
{
    lock(r);
    r->is_closed = true;
    unlock(r);
}

/* ---- arrivals ---- */

void roster_arrive(struct roster *r, struct subscriber *sub)
{
    lock(r);
    sub->next = r->arrivals;
    r->arrivals = sub;
    unlock(r);
}

struct subscriber *roster_take_arrivals(struct roster *r)
{
    struct subscriber *in_order = NULL;
    lock(r);
    while (r->arrivals != NULL) {
        struct subscriber *sub = r->arrivals;
        r->arrivals = sub->next;
        sub->next = in_order;
        in_order = sub;
    }
    unlock(r);
    return in_order;
}

/* ---- news ---- */

static bool note_tenants(struct roster *r, const struct counts_news *news)
{
    bool is_any = false;
    if (news->tenants_count > NEWS_TENANTS_MAX)
        return r->has_news_of_all = true;
    for (size_t i = 0; i < news->tenants_count; i++) {
        struct uuid id = counts_news_tenant(news, i);
        struct topic *t = (struct topic *)places_find(&r->tenants, id.bytes);
        if (t == NULL || t->has_news)
            continue;
        t->has_news = is_any = true;
        t->next_news = r->news;
        r->news = t;
    }
    return is_any;
}

/* A subscriber that is about to be admitted is either counted here, or the counts are read for it
 * after this was published: both go through the lock of the counts. */
bool roster_note(struct roster *r, const struct counts_news *news)
{
    bool is_status = news->trust != r->trust;
    r->trust = news->trust;
    if (atomic_load(&r->count) == 0 || (!is_status && news->tenants_count == 0))
        return false;
    lock(r);
    if (is_status)
        r->has_status_news = true;
    bool is_any = note_tenants(r, news) || is_status;
    unlock(r);
    return is_any;
}

void roster_take_flags(struct roster *r, bool *ret_is_status, bool *ret_is_all)
{
    lock(r);
    *ret_is_status = r->has_status_news;
    *ret_is_all = r->has_news_of_all;
    r->has_status_news = r->has_news_of_all = false;
    unlock(r);
}

/* A topic without subscribers yet has those that are still to arrive, and goes when they are
 * refused, so it is not touched without the lock. */
struct topic *roster_take_news(struct roster *r)
{
    struct topic *found = NULL;
    lock(r);
    while (found == NULL && r->news != NULL) {
        struct topic *t = r->news;
        r->news = t->next_news;
        t->has_news = false;
        if (t->first != NULL)
            found = t;
    }
    unlock(r);
    return found;
}
