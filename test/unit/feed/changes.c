#include "changes.h"

#include "following.h"

#include <stdio.h>

enum {
    KEYS = 24, /* ids that rows of a table may have */
};

static const char *tenant(struct random *r)
{
    return tenant_ids[random_below(r, TENANTS)];
}

/* An id of a table: "kind" tells tables apart. */
static void id_of(struct random *r, unsigned kind, char id[40])
{
    (void)snprintf(id, 40, "%08x-0000-4000-8000-%012x", kind, random_below(r, KEYS));
}

static void put_tenant(sqlite3 *db, struct random *r)
{
    uint32_t n = random_below(r, TENANTS);
    exec(db,
         "INSERT INTO tenants (id, name, slug) VALUES ('%s', 'T', 'tenant-%u')"
         " ON CONFLICT DO NOTHING",
         tenant_ids[n], n);
}

static void put_conversation(sqlite3 *db, struct random *r)
{
    char id[40];
    id_of(r, 1, id);
    exec(db,
         "INSERT INTO conversations (id, tenant_id) SELECT '%s', id FROM tenants"
         " WHERE id = '%s' ON CONFLICT DO NOTHING",
         id, tenant(r));
}

static void put_crawl(sqlite3 *db, struct random *r)
{
    static const char *const status[] = {"failed", "failed", "success", "pending"};
    char id[40];
    id_of(r, 2, id);
    exec(db,
         "INSERT OR REPLACE INTO crawl_attempts (id, tenant_id, source_url, status, can_retry)"
         " SELECT '%s', id, 'u', '%s', %u FROM tenants WHERE id = '%s'",
         id, status[random_below(r, 4)], random_below(r, 2), tenant(r));
}

static void put_page(sqlite3 *db, struct random *r)
{
    char id[40], crawl[40];
    id_of(r, 3, id);
    id_of(r, 2, crawl);
    exec(db,
         "INSERT INTO page_failures (id, crawl_attempt_id, tenant_id, page_url, is_resolved)"
         " SELECT '%s', id, tenant_id, 'p', %u FROM crawl_attempts WHERE id = '%s'"
         " ON CONFLICT (id) DO UPDATE SET is_resolved = excluded.is_resolved",
         id, random_below(r, 2), crawl);
}

static void put_feedback(sqlite3 *db, struct random *r)
{
    static const char *const priority[] = {"low", "medium", "high", "urgent"};
    char id[40];
    id_of(r, 4, id);
    exec(db,
         "REPLACE INTO feedback (id, tenant_id, title, priority, resolved_at)"
         " SELECT '%s', id, 't', '%s', %s FROM tenants WHERE id = '%s'",
         id, priority[random_below(r, 4)],
         random_one_in(r, 4) ? "'2026-01-01T00:00:00.000Z'" : "NULL", tenant(r));
}

static void put_integration(sqlite3 *db, struct random *r)
{
    static const char *const status[] = {"active", "error", "disabled"};
    char id[40];
    id_of(r, 5, id);
    exec(db,
         "INSERT INTO integrations (id, tenant_id, provider, name, status)"
         " SELECT '%s', id, 'p', 'n', '%s' FROM tenants WHERE id = '%s'"
         " ON CONFLICT (id) DO UPDATE SET status = excluded.status,"
         " tenant_id = excluded.tenant_id",
         id, status[random_below(r, 3)], tenant(r));
}

static void put_delivery(sqlite3 *db, struct random *r)
{
    static const char *const status[] = {"failed", "failed", "sent", "pending"};
    char conversation[40];
    id_of(r, 1, conversation);
    exec(db,
         "INSERT OR REPLACE INTO integration_outbox (id, tenant_id, provider, status,"
         " conversation_id) SELECT %u, t.id, 'p', '%s', c.id FROM tenants AS t"
         " LEFT JOIN conversations AS c ON c.id = '%s' WHERE t.id = '%s'",
         1 + random_below(r, 2 * KEYS), status[random_below(r, 4)], conversation, tenant(r));
}

static void move_rows(sqlite3 *db, struct random *r)
{
    static const char *const tables[] = {"crawl_attempts", "page_failures", "feedback",
                                         "integrations", "integration_outbox"};
    const char *table = tables[random_below(r, 5)];
    switch (random_below(r, 4)) {
    case 0:
        exec(db,
             "UPDATE %s SET tenant_id = '%s' WHERE rowid %% 3 = %u"
             " AND EXISTS (SELECT * FROM tenants WHERE id = '%s')",
             table, tenant_ids[0], random_below(r, 3), tenant_ids[0]);
        break;
    case 1:
        exec(db, "UPDATE OR REPLACE %s SET rowid = %u WHERE rowid = %u", table,
             random_below(r, 2 * KEYS), random_below(r, 2 * KEYS));
        break;
    case 2:
        exec(db, "DELETE FROM %s WHERE rowid %% 5 = %u", table, random_below(r, 5));
        break;
    default:
        exec(db, "UPDATE %s SET created_at = created_at WHERE rowid %% 2 = 0", table);
    }
}

static void drop_rows(sqlite3 *db, struct random *r)
{
    char conversation[40];
    id_of(r, 1, conversation);
    if (random_one_in(r, 6))
        exec(db, "DELETE FROM tenants WHERE id = '%s'", tenant(r));
    else
        exec(db, "DELETE FROM conversations WHERE id = '%s'", conversation);
}

void changes_make(sqlite3 *db, struct random *r)
{
    static void (*const kinds[])(sqlite3 * db, struct random * r) = {
        put_tenant,   put_conversation, put_crawl,    put_page,  put_feedback, put_integration,
        put_delivery, put_delivery,     put_feedback, move_rows, drop_rows};
    for (uint32_t n = 1 + random_below(r, 8); n > 0; n--)
        kinds[random_below(r, sizeof(kinds) / sizeof(kinds[0]))](db, r);
}
