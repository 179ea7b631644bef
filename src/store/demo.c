#include "store/demo.h"

#include "base/sqlite.h"
#include "store/demo_event.h"
#include "store/demo_query.h"
#include "store/demo_words.h"
#include "store/store_sql.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SQL(name) embed_sqlite_demo_##name##_sql

enum {
    FILL_SEED = 20261123,       /* one of those that leave rows in every state */
    FILL_STEPS = 220,           /* for each tenant */
    FILL_SPACING_S = 5500,      /* between two of them: two weeks in all */
    FILL_BEFORE_S = 90 * 86400, /* how long before that the tenants came */
    FILL_MORE_MAX = 60,         /* steps of one kind to reach what is usual */
    TRIES_MAX = 32,             /* to find something that can happen */
};

/* In the order of demo_words. */
static const struct demo_tenant tenants[DEMO_TENANTS_COUNT] = {
    {"7b1f0c9e-5a52-4d6e-8f0a-000000000001", "Harbour Bakery"},
    {"7b1f0c9e-5a52-4d6e-8f0a-000000000002", "Ridgeline Cycles"},
    {"7b1f0c9e-5a52-4d6e-8f0a-000000000003", "Ledgerleaf"},
    {"7b1f0c9e-5a52-4d6e-8f0a-000000000004", "Northgate Clinic"},
    {"7b1f0c9e-5a52-4d6e-8f0a-000000000005", "Museum of Small Things"},
};

const struct demo_tenant *demo_tenants(size_t *ret_count)
{
    *ret_count = DEMO_TENANTS_COUNT;
    return tenants;
}

/* The time so many seconds ago, in the form of the tables. */
static void time_ago(int64_t ago_s, char ret[DEMO_TIME_BYTES])
{
    struct timespec now;
    struct tm tm;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    time_t then = now.tv_sec - ago_s;
    (void)gmtime_r(&then, &tm);
    size_t n = strftime(ret, DEMO_TIME_BYTES, "%Y-%m-%dT%H:%M:%S", &tm);
    (void)snprintf(ret + n, DEMO_TIME_BYTES - n, ".%03ldZ", now.tv_nsec / 1000000);
}

static struct demo_event event_of(sqlite3 *db, struct demo_random *random, size_t tenant,
                                  int64_t ago_s)
{
    struct demo_event v = {
        .db = db, .random = random, .tenant = &tenants[tenant], .words = demo_words(tenant)};
    time_ago(ago_s, v.at);
    return v;
}

static enum err read_levels(const struct demo_event *v, size_t ret[DEMO_KINDS_COUNT],
                            struct error *e)
{
    static_assert((int)DEMO_KINDS_COUNT <= (int)DEMO_COLUMNS_MAX, "a row holds a column for each");
    struct demo_row row;
    enum err err = demo_query(v->db, SQL(levels), DEMO_VALUES(DEMO_TEXT("tenant", v->tenant->id)),
                              NULL, &row, e);
    for (size_t i = 0; err == ERR_OK && i < DEMO_KINDS_COUNT; i++)
        ret[i] = (size_t)row.columns[i].number;
    return err;
}

/* Crawls and deliveries are most of what happens; integrations seldom break. */
static enum demo_kind pick_kind(struct demo_random *random)
{
    static const enum demo_kind kinds[] = {
        DEMO_CRAWLS,   DEMO_CRAWLS,     DEMO_CRAWLS,     DEMO_CRAWLS,       DEMO_PAGES,
        DEMO_PAGES,    DEMO_DELIVERIES, DEMO_DELIVERIES, DEMO_DELIVERIES,   DEMO_DELIVERIES,
        DEMO_FEEDBACK, DEMO_FEEDBACK,   DEMO_FEEDBACK,   DEMO_INTEGRATIONS,
    };
    return kinds[demo_random_below(random, sizeof(kinds) / sizeof(kinds[0]))];
}

/* Even chances at the usual level, the worse the likelier below it, and nothing worse at twice
 * that. */
static bool gets_worse(struct demo_random *random, size_t level, size_t usual)
{
    if (usual == 0 || level >= 2 * usual)
        return false;
    return demo_random_chance(random, usual, usual + level);
}

static enum err try_one(struct demo_event *v, const size_t levels[DEMO_KINDS_COUNT],
                        struct error *e)
{
    enum demo_kind kind = pick_kind(v->random);
    if (demo_random_chance(v->random, 2, 5))
        return demo_event_routine(v, kind, e);
    if (gets_worse(v->random, levels[kind], v->words->usual[kind]))
        return demo_event_worse(v, kind, e);
    return demo_event_better(v, kind, e);
}

/* Something happens to the tenant of v. Feedback can always arrive, so it does not end with
 * nothing. */
static enum err let_happen(struct demo_event *v, struct error *e)
{
    size_t levels[DEMO_KINDS_COUNT];
    enum err err = read_levels(v, levels, e);
    for (size_t i = 0; err == ERR_OK && i < TRIES_MAX; i++) {
        err = try_one(v, levels, e);
        if (v->has_happened)
            return err;
    }
    return err == ERR_OK ? demo_event_routine(v, DEMO_FEEDBACK, e) : err;
}

/* Rows that need nothing, beyond the newest ones. Crawls go after their page failures,
 * conversations after their deliveries. */
static enum err prune(const struct demo_event *v, struct error *e)
{
    static const struct {
        const char *sql;
        int keep;
    } rules[] = {
        {SQL(prune_page_failures), 60}, {SQL(prune_crawls), 60},        {SQL(prune_feedback), 40},
        {SQL(prune_deliveries), 80},    {SQL(prune_conversations), 80},
    };
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < sizeof(rules) / sizeof(rules[0]); i++)
        err = demo_query(v->db, rules[i].sql, DEMO_VALUES(DEMO_TEXT("tenant", v->tenant->id)),
                         DEMO_VALUES(DEMO_NUMBER("keep", rules[i].keep)), NULL, e);
    return err;
}

static enum err is_present(sqlite3 *db, size_t tenant, bool *ret, struct error *e)
{
    struct demo_row row;
    enum err err = demo_query(db, SQL(tenant_count),
                              DEMO_VALUES(DEMO_TEXT("tenant", tenants[tenant].id)), NULL, &row, e);
    if (err == ERR_OK)
        *ret = row.columns[0].number > 0;
    return err;
}

/* Commit when all went well, else leave no trace. */
static enum err end(sqlite3 *db, enum err err, struct error *e)
{
    if (err == ERR_OK)
        err = sqlite_exec(db, "COMMIT", e);
    if (sqlite3_get_autocommit(db) == 0)
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return err;
}

/* The tenant itself, its sites and its integrations. */
static enum err add_tenant(struct demo_event *v, struct error *e)
{
    const struct demo_value *common =
        DEMO_VALUES(DEMO_TEXT("tenant", v->tenant->id), DEMO_TEXT("at", v->at));
    enum err err = demo_query(
        v->db, SQL(tenant_add), common,
        DEMO_VALUES(DEMO_TEXT("name", v->tenant->name), DEMO_TEXT("slug", v->words->slug)), NULL,
        e);
    char id[UUID_TEXT_LEN + 1];
    for (const struct demo_site *s = v->words->sites; err == ERR_OK && s->name != NULL; s++) {
        demo_random_uuid(v->random, id);
        err = demo_query(v->db, SQL(site_add), common,
                         DEMO_VALUES(DEMO_TEXT("id", id), DEMO_TEXT("name", s->name),
                                     DEMO_TEXT("domain", s->domain)),
                         NULL, e);
    }
    const struct demo_integration *i = v->words->integrations;
    for (; err == ERR_OK && i->provider != NULL; i++) {
        demo_random_uuid(v->random, id);
        err = demo_query(v->db, SQL(integration_add), common,
                         DEMO_VALUES(DEMO_TEXT("id", id), DEMO_TEXT("name", i->name),
                                     DEMO_TEXT("provider", i->provider)),
                         NULL, e);
    }
    return err;
}

/* Chance may have left less of a kind than there is on an ordinary day. */
static enum err reach_usual(struct demo_event *v, struct error *e)
{
    size_t levels[DEMO_KINDS_COUNT];
    for (enum demo_kind kind = 0; kind < DEMO_KINDS_COUNT; kind++) {
        for (size_t i = 0; i < FILL_MORE_MAX; i++) {
            enum err err = read_levels(v, levels, e);
            if (err == ERR_OK && levels[kind] >= v->words->usual[kind])
                break;
            if (err == ERR_OK)
                err = demo_event_worse(v, kind, e);
            if (err != ERR_OK)
                return err;
        }
    }
    return ERR_OK;
}

static enum err fill_tenant(sqlite3 *db, struct demo_random *random, size_t tenant, struct error *e)
{
    const int64_t whole_s = (int64_t)FILL_STEPS * FILL_SPACING_S;
    struct demo_event v = event_of(db, random, tenant, whole_s + FILL_BEFORE_S);
    enum err err = add_tenant(&v, e);
    for (int64_t ago_s = whole_s; err == ERR_OK && ago_s > 0; ago_s -= FILL_SPACING_S) {
        v = event_of(db, random, tenant,
                     ago_s - (int64_t)demo_random_below(random, FILL_SPACING_S));
        err = let_happen(&v, e);
    }
    v = event_of(db, random, tenant, 0);
    if (err == ERR_OK)
        err = reach_usual(&v, e);
    if (err == ERR_OK)
        err = prune(&v, e);
    return err;
}

enum err demo_fill(sqlite3 *db, struct error *e)
{
    enum err err = sqlite_exec(db, "BEGIN IMMEDIATE", e);
    bool is_filled = false;
    for (size_t i = 0; err == ERR_OK && !is_filled && i < DEMO_TENANTS_COUNT; i++)
        err = is_present(db, i, &is_filled, e);
    struct demo_random random = {FILL_SEED};
    for (size_t i = 0; err == ERR_OK && !is_filled && i < DEMO_TENANTS_COUNT; i++)
        err = fill_tenant(db, &random, i, e);
    err = end(db, err, e);
    if (err != ERR_OK)
        error_wrap(e, "filling the demonstration");
    return err;
}

/* A tenant by chance; one that somebody deleted is passed over. */
static enum err pick_tenant(sqlite3 *db, struct demo_random *random, size_t *ret, struct error *e)
{
    size_t first = demo_random_below(random, DEMO_TENANTS_COUNT);
    for (size_t i = 0; i < DEMO_TENANTS_COUNT; i++) {
        size_t tenant = (first + i) % DEMO_TENANTS_COUNT;
        bool is_there;
        enum err err = is_present(db, tenant, &is_there, e);
        if (err == ERR_OK && is_there)
            *ret = tenant;
        if (err != ERR_OK || is_there)
            return err;
    }
    return error_set(e, ERR_NOT_FOUND,
                     "none of the tenants of the demonstration is there any more: start it anew "
                     "with another file");
}

enum err demo_step(sqlite3 *db, struct demo_random *random, char ret_what[DEMO_WHAT_BYTES_MAX],
                   struct error *e)
{
    struct demo_random was = *random;
    struct demo_event v = {0};
    size_t tenant;
    enum err err = sqlite_exec(db, "BEGIN IMMEDIATE", e);
    if (err == ERR_OK)
        err = pick_tenant(db, random, &tenant, e);
    if (err == ERR_OK) {
        v = event_of(db, random, tenant, 0);
        err = let_happen(&v, e);
    }
    if (err == ERR_OK)
        err = prune(&v, e);
    err = end(db, err, e);
    if (err != ERR_OK) {
        *random = was;
        error_wrap(e, "a step of the demonstration");
        return err;
    }
    memcpy(ret_what, v.what, sizeof(v.what));
    return ERR_OK;
}
