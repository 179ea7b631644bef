#include "badge/counts.h"

#include "badge/intern.h"
#include "base/mem.h"

#include <assert.h>
#include <pthread.h>
#include <sodium/randombytes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tenant {
    uint64_t version;
    uint64_t round;   /* of counts_begin in which it was last set */
    uint32_t pending; /* where its new numbers wait in this round, or NONE */
};

#define NONE UINT32_MAX

/* What was set and is not published yet: the numbers of tenants that differ. */
struct pending {
    uint32_t *tenants;
    uint64_t *numbers; /* sources_count for each */
    uint32_t count, room;
};

/* Only the writer changes anything here, so it reads without the lock; what readers read it changes
 * under the lock. */
struct counts {
    pthread_mutex_t lock;
    size_t sources_count;
    struct intern ids; /* of tenants; their numbers index the two arrays */
    struct tenant *tenants;
    uint64_t *numbers; /* sources_count for each tenant */
    uint32_t tenants_room;
    struct counts_status status;
    uint64_t round; /* counts_begin so far; the writer's own, as is pending */
    struct pending pending;
    pthread_mutex_t watch_lock; /* held while watchers are called; never taken with lock held */
    struct counts_watcher *watchers;
};

enum {
    PENDING_KEPT = 1024 /* room for so many is kept from round to round */
};

struct counts *counts_new(size_t sources_count)
{
    struct counts *c = mem_zero(1, sizeof(*c));
    uint64_t seed;
    randombytes_buf(&seed, sizeof(seed));
    intern_init(&c->ids, seed);
    c->sources_count = sources_count;
    (void)snprintf(c->status.state, sizeof(c->status.state), "starting");
    int rc = pthread_mutex_init(&c->lock, NULL);
    rc |= pthread_mutex_init(&c->watch_lock, NULL);
    assert(rc == 0);
    return c;
}

void counts_free(struct counts *c)
{
    if (c == NULL)
        return;
    assert(c->watchers == NULL);
    (void)pthread_mutex_destroy(&c->watch_lock);
    (void)pthread_mutex_destroy(&c->lock);
    intern_fini(&c->ids);
    free(c->pending.tenants);
    free(c->pending.numbers);
    free(c->numbers);
    free(c->tenants);
    free(c);
}

static void lock(struct counts *c)
{
    int rc = pthread_mutex_lock(&c->lock);
    assert(rc == 0);
}

static void unlock(struct counts *c)
{
    int rc = pthread_mutex_unlock(&c->lock);
    assert(rc == 0);
}

static void lock_watchers(struct counts *c)
{
    int rc = pthread_mutex_lock(&c->watch_lock);
    assert(rc == 0);
}

static void unlock_watchers(struct counts *c)
{
    int rc = pthread_mutex_unlock(&c->watch_lock);
    assert(rc == 0);
}

/* Of the writer, which may read the status without the lock. */
static void tell(struct counts *c, const uint32_t *tenants, size_t tenants_count)
{
    struct counts_news news = {.as_of = c->status.as_of,
                               .trust = c->status.trust,
                               .counts = c,
                               .tenants = tenants,
                               .tenants_count = tenants_count};
    lock_watchers(c);
    for (const struct counts_watcher *w = c->watchers; w != NULL; w = w->next)
        w->on_news(w->context, &news);
    unlock_watchers(c);
}

void counts_begin(struct counts *c)
{
    c->round++;
    c->pending.count = 0;
}

static struct row_key key_of(const struct uuid *id)
{
    struct row_key key;
    memcpy(key.bytes, id->bytes, sizeof(key.bytes));
    return key;
}

static uint32_t find(const struct counts *c, const struct uuid *tenant)
{
    struct row_key key = key_of(tenant);
    return intern_find(&c->ids, &key, 0);
}

static uint64_t *numbers_of(const struct counts *c, uint32_t tenant)
{
    return c->numbers + (size_t)tenant * c->sources_count;
}

/* A tenant with zeros, which is what readers had of it before. */
static uint32_t add(struct counts *c, const struct uuid *tenant)
{
    struct row_key key = key_of(tenant);
    lock(c);
    uint32_t n = intern_ref(&c->ids, &key, 0);
    if (n >= c->tenants_room) {
        c->tenants_room = c->tenants_room > 0 ? c->tenants_room * 2 : 32;
        c->numbers =
            mem_grow(c->numbers, (size_t)c->tenants_room * c->sources_count, sizeof(*c->numbers));
        c->tenants = mem_grow(c->tenants, c->tenants_room, sizeof(*c->tenants));
    }
    c->tenants[n] = (struct tenant){0};
    memset(numbers_of(c, n), 0, c->sources_count * sizeof(*c->numbers));
    unlock(c);
    return n;
}

static uint64_t *pending_numbers(const struct counts *c, uint32_t pending)
{
    return c->pending.numbers + (size_t)pending * c->sources_count;
}

static uint32_t add_pending(struct counts *c, uint32_t tenant)
{
    struct pending *p = &c->pending;
    if (p->count == p->room) {
        p->room = p->room > 0 ? p->room * 2 : 32;
        p->tenants = mem_grow(p->tenants, p->room, sizeof(*p->tenants));
        p->numbers = mem_grow(p->numbers, (size_t)p->room * c->sources_count, sizeof(*p->numbers));
    }
    p->tenants[p->count] = tenant;
    return p->count++;
}

static void set(struct counts *c, uint32_t n, const uint64_t *numbers)
{
    size_t bytes = c->sources_count * sizeof(*numbers);
    struct tenant *t = &c->tenants[n];
    if (t->round != c->round)
        t->pending = NONE;
    t->round = c->round;
    if (t->pending == NONE) {
        if (memcmp(numbers_of(c, n), numbers, bytes) == 0)
            return;
        t->pending = add_pending(c, n);
    }
    memcpy(pending_numbers(c, t->pending), numbers, bytes);
}

void counts_set(struct counts *c, const struct uuid *tenant, const uint64_t *numbers)
{
    uint32_t n = find(c, tenant);
    set(c, n != INTERN_NONE ? n : add(c, tenant), numbers);
}

void counts_zero_others(struct counts *c)
{
    uint64_t *zeros = mem_zero(c->sources_count, sizeof(*zeros));
    for (uint32_t n = 0; n < c->ids.entries_count; n++)
        if (c->tenants[n].round != c->round)
            set(c, n, zeros);
    free(zeros);
}

size_t counts_publish(struct counts *c, struct as_of as_of)
{
    struct pending *p = &c->pending;
    size_t bytes = c->sources_count * sizeof(*c->numbers);
    uint32_t changed = 0;
    lock(c);
    assert(as_of_compare(as_of, c->status.as_of) >= 0);
    for (uint32_t i = 0; i < p->count; i++) {
        uint32_t n = p->tenants[i];
        if (memcmp(numbers_of(c, n), pending_numbers(c, i), bytes) == 0)
            continue; /* set twice, and back */
        memcpy(numbers_of(c, n), pending_numbers(c, i), bytes);
        c->tenants[n].version++;
        p->tenants[changed++] = n; /* those before i are done with */
    }
    c->status.as_of = as_of;
    unlock(c);
    tell(c, p->tenants, changed);
    if (p->room > PENDING_KEPT) {
        free(p->tenants);
        free(p->numbers);
        *p = (struct pending){0};
    }
    return changed;
}

static bool is_text(const char *kept, size_t kept_bytes, const char *text)
{
    return strncmp(kept, text, kept_bytes - 1) == 0;
}

bool counts_set_status(struct counts *c, enum counts_trust trust, const char *state,
                       const char *reason, int64_t now_ms)
{
    struct counts_status *s = &c->status;
    if (reason == NULL)
        reason = "";
    /* A feed says the same after each commit; the writer may look without the lock. */
    if (s->trust == trust && is_text(s->state, sizeof(s->state), state) &&
        is_text(s->reason, sizeof(s->reason), reason))
        return false;
    lock(c);
    if (s->trust != trust)
        s->since_ms = now_ms;
    s->trust = trust;
    (void)snprintf(s->state, sizeof(s->state), "%s", state);
    (void)snprintf(s->reason, sizeof(s->reason), "%s", reason);
    unlock(c);
    tell(c, NULL, 0);
    return true;
}

enum counts_trust counts_read(struct counts *c, const struct uuid *tenant, uint64_t *numbers,
                              struct as_of *ret_as_of, int64_t *ret_since_ms)
{
    lock(c);
    enum counts_trust trust = c->status.trust;
    if (trust != COUNTS_UNKNOWN) {
        uint32_t n = find(c, tenant);
        if (n == INTERN_NONE)
            memset(numbers, 0, c->sources_count * sizeof(*numbers));
        else
            memcpy(numbers, numbers_of(c, n), c->sources_count * sizeof(*numbers));
        *ret_as_of = c->status.as_of;
        *ret_since_ms = c->status.since_ms;
    }
    unlock(c);
    return trust;
}

uint64_t counts_version(struct counts *c, const struct uuid *tenant)
{
    lock(c);
    uint32_t n = find(c, tenant);
    uint64_t version = n == INTERN_NONE ? 0 : c->tenants[n].version;
    unlock(c);
    return version;
}

enum counts_trust counts_as_of(struct counts *c, struct as_of *ret)
{
    lock(c);
    enum counts_trust trust = c->status.trust;
    *ret = c->status.as_of;
    unlock(c);
    return trust;
}

void counts_status(struct counts *c, struct counts_status *ret)
{
    lock(c);
    *ret = c->status;
    unlock(c);
}

size_t counts_sources(const struct counts *c)
{
    return c->sources_count;
}

size_t counts_tenants(struct counts *c)
{
    lock(c);
    size_t n = c->ids.live_count;
    unlock(c);
    return n;
}

void counts_watch(struct counts *c, struct counts_watcher *w)
{
    lock_watchers(c);
    w->next = c->watchers;
    c->watchers = w;
    unlock_watchers(c);
}

void counts_unwatch(struct counts *c, struct counts_watcher *w)
{
    lock_watchers(c);
    struct counts_watcher **slot = &c->watchers;
    while (*slot != w)
        slot = &(*slot)->next;
    *slot = w->next;
    unlock_watchers(c);
}

struct uuid counts_news_tenant(const struct counts_news *news, size_t i)
{
    struct uuid id;
    assert(i < news->tenants_count);
    memcpy(id.bytes, news->counts->ids.entries[news->tenants[i]].key.bytes, sizeof(id.bytes));
    return id;
}
