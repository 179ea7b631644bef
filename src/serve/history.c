#include "serve/history.h"

#include "badge/shape.h"
#include "base/mem.h"

#include <assert.h>
#include <pthread.h>
#include <sodium/randombytes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xxhash.h>

#define UNKNOWN UINT64_MAX

enum {
    BUCKETS_MAX = 1 << 20,
    ALLOCATION_BYTES = 16, /* that malloc keeps beside each */
};

/* A tenant's values: a ring of steps, with the numbers of all badges at each. */
struct series {
    struct uuid tenant;
    struct series *next;          /* in its bucket */
    struct series *newer, *older; /* by when they were asked for last */
    int64_t asked_tick;
    int64_t first_tick; /* since when it is watched */
    uint64_t values[];
};

/* A tick is the number of a step since 1970. */
struct history {
    pthread_mutex_t lock;
    struct counts *counts;
    const struct badge **badges; /* those that count something */
    size_t badges_count;
    struct series **buckets;
    size_t buckets_count; /* a power of two */
    uint64_t seed;
    struct series *newest, *oldest;
    size_t series_count, series_max;
    int64_t step_ms;
    int64_t kept_ticks; /* that a tenant is watched without being asked for */
    int64_t next_tick;  /* the first that was not noted */
};

static void lock(struct history *h)
{
    int rc = pthread_mutex_lock(&h->lock);
    assert(rc == 0);
}

static void unlock(struct history *h)
{
    int rc = pthread_mutex_unlock(&h->lock);
    assert(rc == 0);
}

static size_t series_bytes(const struct history *h)
{
    return sizeof(struct series) + HISTORY_POINTS * h->badges_count * sizeof(uint64_t);
}

static void size_up(struct history *h, uint64_t bytes_max)
{
    uint64_t each = series_bytes(h) + ALLOCATION_BYTES + sizeof(struct series *);
    h->series_max = bytes_max / each > 0 ? bytes_max / each : 1;
    h->buckets_count = 1;
    while (h->buckets_count < h->series_max && h->buckets_count < BUCKETS_MAX)
        h->buckets_count *= 2;
}

struct history *history_new(const struct history_options *o, struct counts *counts,
                            const struct definitions *d, int64_t now_ms)
{
    struct history *h = mem_zero(1, sizeof(*h));
    int rc = pthread_mutex_init(&h->lock, NULL);
    assert(rc == 0 && o->step_s > 0);
    h->counts = counts;
    h->badges = mem_zero(d->badges_count, sizeof(struct badge *));
    for (size_t i = 0; i < d->badges_count; i++)
        if (d->badges[i].sources_count > 0)
            h->badges[h->badges_count++] = &d->badges[i];
    size_up(h, o->bytes_max);
    h->buckets = mem_zero(h->buckets_count, sizeof(struct series *));
    h->step_ms = (int64_t)o->step_s * 1000;
    h->kept_ticks = (int64_t)o->kept_s / o->step_s + 1;
    if (h->kept_ticks < HISTORY_POINTS)
        h->kept_ticks = HISTORY_POINTS;
    h->next_tick = now_ms / h->step_ms + 1;
    randombytes_buf(&h->seed, sizeof(h->seed));
    return h;
}

/* ---- the tenants, by name and by when they were asked for ---- */

static struct series **bucket_of(struct history *h, const struct uuid *tenant)
{
    uint64_t hash = XXH3_64bits_withSeed(tenant, sizeof(*tenant), h->seed);
    return &h->buckets[hash & (h->buckets_count - 1)];
}

static void unlink_age(struct history *h, struct series *s)
{
    *(s->newer != NULL ? &s->newer->older : &h->newest) = s->older;
    *(s->older != NULL ? &s->older->newer : &h->oldest) = s->newer;
}

static void link_newest(struct history *h, struct series *s)
{
    s->newer = NULL;
    s->older = h->newest;
    *(h->newest != NULL ? &h->newest->newer : &h->oldest) = s;
    h->newest = s;
}

static void forget_oldest(struct history *h)
{
    struct series *s = h->oldest;
    struct series **at = bucket_of(h, &s->tenant);
    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    unlink_age(h, s);
    h->series_count--;
    free(s);
}

static struct series *watch(struct history *h, const struct uuid *tenant, int64_t now_ms)
{
    struct series **bucket = bucket_of(h, tenant), *s = *bucket;
    while (s != NULL && memcmp(&s->tenant, tenant, sizeof(*tenant)) != 0)
        s = s->next;
    if (s != NULL) {
        unlink_age(h, s);
    } else {
        if (h->series_count == h->series_max)
            forget_oldest(h);
        s = mem_zero(1, series_bytes(h));
        s->tenant = *tenant;
        s->first_tick = h->next_tick;
        s->next = *bucket;
        *bucket = s;
        h->series_count++;
    }
    s->asked_tick = now_ms / h->step_ms;
    link_newest(h, s);
    return s;
}

void history_free(struct history *h)
{
    if (h == NULL)
        return;
    while (h->oldest != NULL)
        forget_oldest(h);
    (void)pthread_mutex_destroy(&h->lock);
    free(h->buckets);
    free(h->badges);
    free(h);
}

void history_watch(struct history *h, const struct uuid *tenant, int64_t now_ms)
{
    lock(h);
    (void)watch(h, tenant, now_ms);
    unlock(h);
}

size_t history_tenants(struct history *h)
{
    lock(h);
    size_t count = h->series_count;
    unlock(h);
    return count;
}

size_t history_tenants_max(const struct history *h)
{
    return h->series_max;
}

/* ---- noting ---- */

static uint64_t *values_at(const struct history *h, struct series *s, int64_t tick)
{
    return s->values + (size_t)(tick % HISTORY_POINTS) * h->badges_count;
}

static void note_unknown(const struct history *h, struct series *s, int64_t tick)
{
    uint64_t *values = values_at(h, s, tick);
    for (size_t i = 0; i < h->badges_count; i++)
        values[i] = UNKNOWN;
}

static void note(const struct history *h, struct series *s, int64_t tick)
{
    uint64_t numbers[SOURCES_MAX];
    struct as_of as_of;
    int64_t since_ms;
    if (counts_read(h->counts, &s->tenant, numbers, &as_of, &since_ms) != COUNTS_LIVE) {
        note_unknown(h, s, tick);
        return;
    }
    uint64_t *values = values_at(h, s, tick);
    for (size_t i = 0; i < h->badges_count; i++)
        values[i] = badge_number(h->badges[i], numbers);
}

/* The clock was set back: what was noted is of moments to come. */
static void begin_anew(struct history *h, int64_t tick)
{
    h->next_tick = tick;
    for (struct series *s = h->newest; s != NULL; s = s->older) {
        s->first_tick = tick;
        s->asked_tick = tick;
    }
}

void history_sample(struct history *h, int64_t now_ms)
{
    lock(h);
    int64_t tick = now_ms / h->step_ms;
    if (tick < h->next_tick - 2)
        begin_anew(h, tick);
    while (h->oldest != NULL && tick - h->oldest->asked_tick > h->kept_ticks)
        forget_oldest(h);
    int64_t gap = h->next_tick > tick - HISTORY_POINTS ? h->next_tick : tick - HISTORY_POINTS;
    for (struct series *s = h->newest; s != NULL && tick >= h->next_tick; s = s->older) {
        for (int64_t missed = gap; missed < tick; missed++)
            note_unknown(h, s, missed);
        note(h, s, tick);
    }
    if (tick >= h->next_tick)
        h->next_tick = tick + 1;
    unlock(h);
}

/* ---- reading ---- */

static void add_time(struct buffer *out, int64_t ms)
{
    char text[32];
    time_t seconds = (time_t)(ms / 1000);
    struct tm utc;
    size_t len = gmtime_r(&seconds, &utc) != NULL
                     ? strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc)
                     : 0;
    buffer_json(out, text, len);
}

static void add_course(const struct history *h, struct series *s, size_t badge, int64_t from,
                       struct buffer *out)
{
    const char *name = h->badges[badge]->name;
    buffer_json(out, name, strlen(name));
    buffer_puts(out, ":[");
    for (int64_t tick = from; tick < h->next_tick; tick++) {
        uint64_t value = values_at(h, s, tick)[badge];
        if (tick > from)
            buffer_puts(out, ",");
        if (value == UNKNOWN)
            buffer_puts(out, "null");
        else
            buffer_decimal(out, value);
    }
    buffer_puts(out, "]");
}

void history_render(struct history *h, const struct uuid *tenant, int64_t now_ms,
                    struct buffer *out)
{
    lock(h);
    struct series *s = watch(h, tenant, now_ms);
    int64_t from = h->next_tick - HISTORY_POINTS;
    if (from < s->first_tick)
        from = s->first_tick;
    buffer_puts(out, "{\"from\":");
    add_time(out, from * h->step_ms);
    buffer_puts(out, ",\"step_seconds\":");
    buffer_decimal(out, (uint64_t)h->step_ms / 1000);
    buffer_puts(out, ",\"badges\":{");
    for (size_t i = 0; i < h->badges_count; i++) {
        if (i > 0)
            buffer_puts(out, ",");
        add_course(h, s, i, from, out);
    }
    buffer_puts(out, "}}");
    unlock(h);
}
