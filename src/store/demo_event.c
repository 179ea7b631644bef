#include "store/demo_event.h"

#include "store/demo_query.h"
#include "store/store_sql.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SQL(name) embed_sqlite_demo_##name##_sql

enum {
    URL_BYTES_MAX = DEMO_TEXT_BYTES_MAX + 64,
};

/* Every statement may name the tenant, the time and a random number besides the values of its own.
 */
static enum err query(struct demo_event *v, const char *sql, const struct demo_value *own,
                      struct demo_row *ret, struct error *e)
{
    const struct demo_value *common =
        DEMO_VALUES(DEMO_TEXT("tenant", v->tenant->id), DEMO_TEXT("at", v->at),
                    DEMO_NUMBER("random", demo_random_below(v->random, 1 << 30)));
    return demo_query(v->db, sql, common, own, ret, e);
}

PRINTF_LIKE(2, 3)
static void happened(struct demo_event *v, const char *fmt, ...)
{
    int n = snprintf(v->what, sizeof(v->what), "%s: ", v->tenant->name);
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(v->what + n, sizeof(v->what) - (size_t)n, fmt, args);
    va_end(args);
    v->has_happened = true;
}

static size_t pick(struct demo_event *v, size_t count)
{
    return demo_random_below(v->random, count);
}

static bool chance(struct demo_event *v, size_t part, size_t whole)
{
    return demo_random_chance(v->random, part, whole);
}

/* "s" behind a number of things that is not one. */
static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

/* A crawl that is to be. parent NULL: the first attempt. */
struct crawl {
    const char *site, *url, *type, *parent;
    sqlite3_int64 attempt;
};

static enum err crawl_add(struct demo_event *v, const struct crawl *c, struct error *e)
{
    char id[UUID_TEXT_LEN + 1];
    demo_random_uuid(v->random, id);
    return query(v, SQL(crawl_add),
                 DEMO_VALUES(DEMO_TEXT("id", id), DEMO_TEXT("site", c->site),
                             DEMO_TEXT("url", c->url), DEMO_TEXT("type", c->type),
                             DEMO_TEXT("parent", c->parent), DEMO_NUMBER("attempt", c->attempt)),
                 NULL, e);
}

static enum err crawl_queue(struct demo_event *v, struct error *e)
{
    struct demo_row site;
    enum err err = query(v, SQL(site_pick), NULL, &site, e);
    if (err != ERR_OK || !site.is_there)
        return err;
    bool is_sitemap = chance(v, 2, 3);
    const struct demo_page *page = &v->words->pages[pick(v, DEMO_COUNT(v->words->pages))];
    char url[URL_BYTES_MAX];
    (void)snprintf(url, sizeof(url), "https://%s%s", site.columns[1].text,
                   is_sitemap ? "/sitemap.xml" : page->path);
    err = crawl_add(v,
                    &(struct crawl){.site = site.columns[0].text,
                                    .url = url,
                                    .type = is_sitemap ? "sitemap" : "url",
                                    .attempt = 1},
                    e);
    if (err == ERR_OK)
        happened(v, "crawl of %s is due", url);
    return err;
}

/* Pages of the site at url that a crawl could not read. */
static enum err page_failures_add(struct demo_event *v, const char *crawl, const char *url,
                                  size_t count, struct error *e)
{
    const char *slashes = strstr(url, "//");
    int host_len = (int)(slashes != NULL ? (slashes - url) + 2 : 0);
    host_len += (int)strcspn(url + host_len, "/");
    for (size_t i = 0; i < count; i++) {
        const struct demo_page *page = &v->words->pages[pick(v, DEMO_COUNT(v->words->pages))];
        const struct demo_fault *fault = &demo_page_faults[pick(v, DEMO_COUNT(demo_page_faults))];
        char id[UUID_TEXT_LEN + 1], page_url[URL_BYTES_MAX];
        demo_random_uuid(v->random, id);
        (void)snprintf(page_url, sizeof(page_url), "%.*s%s", host_len, url, page->path);
        enum err err = query(
            v, SQL(page_failure_add),
            DEMO_VALUES(DEMO_TEXT("id", id), DEMO_TEXT("crawl", crawl), DEMO_TEXT("url", page_url),
                        DEMO_TEXT("title", page->title), DEMO_TEXT("error_type", fault->type),
                        DEMO_TEXT("error_code", fault->code),
                        DEMO_TEXT("error_message", fault->message)),
            NULL, e);
        if (err != ERR_OK)
            return err;
    }
    return ERR_OK;
}

static enum err crawl_fail(struct demo_event *v, const struct demo_row *crawl, struct error *e)
{
    const char *id = crawl->columns[0].text, *url = crawl->columns[1].text;
    const struct demo_fault *fault = &demo_crawl_faults[pick(v, DEMO_COUNT(demo_crawl_faults))];
    size_t failed = pick(v, 4);
    enum err err =
        query(v, SQL(crawl_fail),
              DEMO_VALUES(DEMO_TEXT("id", id), DEMO_TEXT("error_type", fault->type),
                          DEMO_TEXT("error_code", fault->code),
                          DEMO_TEXT("error_message", fault->message),
                          DEMO_NUMBER("found", failed + pick(v, 40)), DEMO_NUMBER("failed", failed),
                          DEMO_NUMBER("lasted_ms", 2000 + pick(v, 60000))),
              NULL, e);
    if (err == ERR_OK)
        err = page_failures_add(v, id, url, failed, e);
    if (err == ERR_OK && failed == 0)
        happened(v, "crawl of %s failed (%s)", url, fault->brief);
    else if (err == ERR_OK)
        happened(v, "crawl of %s failed (%s), %zu page%s not read", url, fault->brief, failed,
                 plural(failed));
    return err;
}

static enum err crawl_succeed(struct demo_event *v, const struct demo_row *crawl, struct error *e)
{
    const char *url = crawl->columns[1].text;
    size_t found = 3 + pick(v, 90);
    enum err err =
        query(v, SQL(crawl_succeed),
              DEMO_VALUES(DEMO_TEXT("id", crawl->columns[0].text), DEMO_NUMBER("found", found),
                          DEMO_NUMBER("lasted_ms", 2000 + pick(v, 60000))),
              NULL, e);
    if (err == ERR_OK)
        err = query(v, SQL(page_failures_recover), DEMO_VALUES(DEMO_TEXT("url", url)), NULL, e);
    if (err == ERR_OK)
        happened(v, "crawl of %s %s %zu pages", url,
                 crawl->columns[2].number > 1 ? "recovered, read" : "read", found);
    return err;
}

/* The old attempt stops being retryable together with the beginning of the new one. */
static enum err crawl_retry(struct demo_event *v, const struct demo_row *failed, struct error *e)
{
    const char *url = failed->columns[1].text, *site = failed->columns[4].text;
    enum err err = query(v, SQL(crawl_supersede),
                         DEMO_VALUES(DEMO_TEXT("id", failed->columns[0].text)), NULL, e);
    if (err == ERR_OK)
        err = crawl_add(v,
                        &(struct crawl){.site = site[0] != '\0' ? site : NULL,
                                        .url = url,
                                        .type = failed->columns[5].text,
                                        .parent = failed->columns[3].text,
                                        .attempt = failed->columns[2].number + 1},
                        e);
    if (err == ERR_OK)
        happened(v, "crawl of %s is tried again", url);
    return err;
}

/* A crawl that waits begins, or is not needed after all. */
static enum err crawl_start(struct demo_event *v, const struct demo_row *crawl, struct error *e)
{
    bool is_skipped = crawl->columns[2].number == 1 && chance(v, 1, 6);
    enum err err = query(v, is_skipped ? SQL(crawl_skip) : SQL(crawl_start),
                         DEMO_VALUES(DEMO_TEXT("id", crawl->columns[0].text)), NULL, e);
    if (err == ERR_OK)
        happened(v, "crawl of %s %s", crawl->columns[1].text,
                 is_skipped ? "was skipped, nothing changed there" : "began");
    return err;
}

static bool is_waiting(const struct demo_row *crawl)
{
    return strcmp(crawl->columns[3].text, "pending") == 0;
}

static enum err crawl_worse(struct demo_event *v, struct error *e)
{
    struct demo_row open;
    enum err err = query(v, SQL(crawl_open_pick), NULL, &open, e);
    if (err != ERR_OK)
        return err;
    if (!open.is_there)
        return crawl_queue(v, e);
    return is_waiting(&open) ? crawl_start(v, &open, e) : crawl_fail(v, &open, e);
}

static enum err crawl_routine(struct demo_event *v, struct error *e)
{
    struct demo_row open;
    enum err err = query(v, SQL(crawl_open_pick), NULL, &open, e);
    if (err != ERR_OK)
        return err;
    if (!open.is_there)
        return crawl_queue(v, e);
    return is_waiting(&open) ? crawl_start(v, &open, e) : crawl_succeed(v, &open, e);
}

/* Not every time, because it takes several steps for one to fail. */
static enum err crawl_better(struct demo_event *v, struct error *e)
{
    struct demo_row failed = {0};
    if (chance(v, 1, 3)) {
        enum err err = query(v, SQL(crawl_failed_pick), NULL, &failed, e);
        if (err != ERR_OK)
            return err;
    }
    return failed.is_there ? crawl_retry(v, &failed, e) : crawl_routine(v, e);
}

static enum err page_worse(struct demo_event *v, struct error *e)
{
    struct demo_row crawl;
    enum err err = query(v, SQL(crawl_settled_pick), NULL, &crawl, e);
    if (err != ERR_OK || !crawl.is_there)
        return err;
    size_t count = 1 + pick(v, 2);
    err = page_failures_add(v, crawl.columns[0].text, crawl.columns[1].text, count, e);
    if (err == ERR_OK)
        happened(v, "%zu page%s of %s could not be read", count, plural(count),
                 crawl.columns[1].text);
    return err;
}

static enum err page_better(struct demo_event *v, struct error *e)
{
    const char *by = demo_people[pick(v, DEMO_COUNT(demo_people))].name;
    enum err err = query(v, SQL(page_failures_resolve),
                         DEMO_VALUES(DEMO_NUMBER("count", 1 + pick(v, 3)), DEMO_TEXT("by", by),
                                     DEMO_TEXT("notes", "Mended on the site")),
                         NULL, e);
    size_t resolved = (size_t)sqlite3_changes(v->db);
    if (err == ERR_OK && resolved > 0)
        happened(v, "%zu page failure%s resolved by %s", resolved, plural(resolved), by);
    return err;
}

/* The conversation that a delivery is about: now and then one whose delivery failed before. */
static enum err conversation_for_delivery(struct demo_event *v, char id[UUID_TEXT_LEN + 1],
                                          struct error *e)
{
    struct demo_row failed = {0};
    if (chance(v, 1, 4)) {
        enum err err = query(v, SQL(conversation_failed_pick), NULL, &failed, e);
        if (err != ERR_OK)
            return err;
    }
    if (failed.is_there) {
        (void)snprintf(id, UUID_TEXT_LEN + 1, "%.36s", failed.columns[0].text);
        return ERR_OK;
    }
    demo_random_uuid(v->random, id);
    return query(v, SQL(conversation_add), DEMO_VALUES(DEMO_TEXT("id", id)), NULL, e);
}

static enum err delivery_add(struct demo_event *v, struct error *e)
{
    struct demo_row integration;
    enum err err = query(v, SQL(integration_pick),
                         DEMO_VALUES(DEMO_NUMBER("broken", chance(v, 1, 4))), &integration, e);
    if (err != ERR_OK || !integration.is_there)
        return err;
    char conversation[UUID_TEXT_LEN + 1];
    err = conversation_for_delivery(v, conversation, e);
    if (err != ERR_OK)
        return err;
    const char *question = v->words->questions[pick(v, DEMO_COUNT(v->words->questions))];
    const char *provider = integration.columns[1].text;
    err = query(
        v, SQL(delivery_add),
        DEMO_VALUES(DEMO_TEXT("provider", provider),
                    DEMO_TEXT("integration", integration.columns[0].text),
                    DEMO_TEXT("conversation", conversation), DEMO_TEXT("question", question),
                    DEMO_TEXT("customer", demo_people[pick(v, DEMO_COUNT(demo_people))].name)),
        NULL, e);
    if (err == ERR_OK)
        happened(v, "\"%s\" goes to %s", question, provider);
    return err;
}

static enum err delivery_fail(struct demo_event *v, const struct demo_row *d, struct error *e)
{
    const char *error = demo_delivery_faults[pick(v, DEMO_COUNT(demo_delivery_faults))];
    enum err err = query(
        v, SQL(delivery_fail),
        DEMO_VALUES(DEMO_NUMBER("id", d->columns[0].number), DEMO_TEXT("error", error)), NULL, e);
    if (err == ERR_OK)
        happened(v, "delivery to %s failed (%s)", d->columns[1].text, error);
    return err;
}

static enum err delivery_send(struct demo_event *v, const struct demo_row *d, const char *how,
                              struct error *e)
{
    enum err err =
        query(v, SQL(delivery_send), DEMO_VALUES(DEMO_NUMBER("id", d->columns[0].number)), NULL, e);
    if (err == ERR_OK)
        happened(v, "delivery to %s %s", d->columns[1].text, how);
    return err;
}

static enum err delivery_worse(struct demo_event *v, struct error *e)
{
    struct demo_row pending;
    enum err err = query(v, SQL(delivery_pending_pick), NULL, &pending, e);
    if (err != ERR_OK)
        return err;
    return pending.is_there ? delivery_fail(v, &pending, e) : delivery_add(v, e);
}

static enum err delivery_routine(struct demo_event *v, struct error *e)
{
    struct demo_row pending;
    enum err err = query(v, SQL(delivery_pending_pick), NULL, &pending, e);
    if (err != ERR_OK)
        return err;
    return pending.is_there ? delivery_send(v, &pending, "arrived", e) : delivery_add(v, e);
}

/* Not every time, because it takes two steps for one to fail and one to mend it. */
static enum err delivery_better(struct demo_event *v, struct error *e)
{
    struct demo_row failed = {0};
    if (chance(v, 1, 2)) {
        enum err err = query(v, SQL(delivery_failed_pick), NULL, &failed, e);
        if (err != ERR_OK)
            return err;
    }
    if (failed.is_there)
        return delivery_send(v, &failed, "went through after a retry", e);
    return delivery_routine(v, e);
}

/* What breaks or misleads is pressing; what could be nicer is not. */
static const struct demo_complaint *pick_complaint(struct demo_event *v, bool is_pressing)
{
    for (;;) {
        const struct demo_complaint *c =
            &v->words->complaints[pick(v, DEMO_COUNT(v->words->complaints))];
        bool is_wish = strcmp(c->type, "feature_request") == 0 ||
                       strcmp(c->type, "improvement") == 0 || strcmp(c->type, "ui_ux") == 0;
        if (is_wish != is_pressing)
            return c;
    }
}

static enum err feedback_add(struct demo_event *v, bool is_pressing, struct error *e)
{
    static const char *const priorities[] = {"low", "medium", "high", "urgent"};
    const char *priority = priorities[(is_pressing ? 2 : 0) + pick(v, 2)];
    const struct demo_complaint *c = pick_complaint(v, is_pressing);
    const struct demo_person *person = &demo_people[pick(v, DEMO_COUNT(demo_people))];
    char id[UUID_TEXT_LEN + 1], url[URL_BYTES_MAX];
    demo_random_uuid(v->random, id);
    (void)snprintf(url, sizeof(url), "https://%s%s", v->words->sites[0].domain,
                   v->words->pages[pick(v, DEMO_COUNT(v->words->pages))].path);
    enum err err =
        query(v, SQL(feedback_add),
              DEMO_VALUES(DEMO_TEXT("id", id), DEMO_TEXT("type", c->type),
                          DEMO_TEXT("priority", priority), DEMO_TEXT("title", c->title),
                          DEMO_TEXT("description", c->description), DEMO_TEXT("name", person->name),
                          DEMO_TEXT("email", person->email), DEMO_TEXT("url", url)),
              NULL, e);
    if (err == ERR_OK)
        happened(v, "%s feedback arrived: %s", priority, c->title);
    return err;
}

static enum err feedback_worse(struct demo_event *v, struct error *e)
{
    return feedback_add(v, true, e);
}

static enum err feedback_routine(struct demo_event *v, struct error *e)
{
    return feedback_add(v, false, e);
}

static enum err feedback_better(struct demo_event *v, struct error *e)
{
    struct demo_row pressing;
    enum err err = query(v, SQL(feedback_pressing_pick), NULL, &pressing, e);
    if (err == ERR_OK && !pressing.is_there)
        return feedback_routine(v, e);
    if (err == ERR_OK)
        err = query(v, SQL(feedback_resolve),
                    DEMO_VALUES(DEMO_TEXT("id", pressing.columns[0].text)), NULL, e);
    if (err == ERR_OK)
        happened(v, "%s feedback resolved: %s", pressing.columns[2].text, pressing.columns[1].text);
    return err;
}

/* Change one whose state is the other one. */
static enum err integration_turn(struct demo_event *v, bool was_broken, const char *status,
                                 const char *how, struct error *e)
{
    struct demo_row integration;
    enum err err = query(v, SQL(integration_pick), DEMO_VALUES(DEMO_NUMBER("broken", was_broken)),
                         &integration, e);
    if (err != ERR_OK || !integration.is_there)
        return err;
    err = query(
        v, SQL(integration_set),
        DEMO_VALUES(DEMO_TEXT("id", integration.columns[0].text), DEMO_TEXT("status", status)),
        NULL, e);
    if (err == ERR_OK)
        happened(v, "integration %s (%s) %s", integration.columns[2].text,
                 integration.columns[1].text, how);
    return err;
}

static enum err integration_worse(struct demo_event *v, struct error *e)
{
    if (chance(v, 1, 3))
        return integration_turn(v, false, "disabled", "was disabled", e);
    return integration_turn(v, false, "error", "broke", e);
}

static enum err integration_better(struct demo_event *v, struct error *e)
{
    return integration_turn(v, true, "active", "works again", e);
}

static enum err nothing(struct demo_event *v, struct error *e)
{
    (void)v, (void)e;
    return ERR_OK;
}

static const struct {
    enum err (*worse)(struct demo_event *v, struct error *e);
    enum err (*better)(struct demo_event *v, struct error *e);
    enum err (*routine)(struct demo_event *v, struct error *e);
} events[DEMO_KINDS_COUNT] = {
    [DEMO_CRAWLS] = {crawl_worse, crawl_better, crawl_routine},
    [DEMO_PAGES] = {page_worse, page_better, nothing},
    [DEMO_DELIVERIES] = {delivery_worse, delivery_better, delivery_routine},
    [DEMO_FEEDBACK] = {feedback_worse, feedback_better, feedback_routine},
    [DEMO_INTEGRATIONS] = {integration_worse, integration_better, nothing},
};

enum err demo_event_worse(struct demo_event *v, enum demo_kind kind, struct error *e)
{
    v->has_happened = false;
    return events[kind].worse(v, e);
}

enum err demo_event_better(struct demo_event *v, enum demo_kind kind, struct error *e)
{
    v->has_happened = false;
    return events[kind].better(v, e);
}

enum err demo_event_routine(struct demo_event *v, enum demo_kind kind, struct error *e)
{
    v->has_happened = false;
    return events[kind].routine(v, e);
}
