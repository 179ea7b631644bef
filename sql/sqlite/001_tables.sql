-- The tables of the embedded database, version 1 (SQLite 3.37 or newer).
--
-- Runs as it stands, `sqlite3 badged.db < sql/sqlite/001_tables.sql`, or inside the transaction of badged, which is
-- why it opens a savepoint and not a transaction.
--
-- Names of columns and what they hold are those of the Postgres tables. SQLite has fewer types, so that
--   * a uuid is TEXT in lower case, as `=` compares bytes and the same uuid in another case would be another row;
--   * a BOOLEAN holds 0 or 1;
--   * a TIMESTAMP holds the text of a time in UTC to the millisecond, whose byte order is its order in time;
--   * an INTEGER is checked with BETWEEN, because text and blobs sort above every number and so fail the check;
--   * json is TEXT that parses.
-- The tables are not STRICT, because the declared names BOOLEAN and TIMESTAMP tell badged what a column holds.
-- They keep their rowid, because the change log names rows by it.
--
-- References between rows hold for writers that turn them on (`PRAGMA foreign_keys = ON`), as badged does; the
-- sqlite3 shell leaves them off by default.

SAVEPOINT migrate_001;

CREATE TABLE tenants (
    id TEXT NOT NULL PRIMARY KEY
        DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-'
            || substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))
        -- The mask alone would let dashes stand for digits, and text end early at a NUL; the length rules out both.
        CHECK (typeof(id) = 'text' AND id GLOB '????????-????-????-????-????????????'
            AND id NOT GLOB '*[^-0-9a-f]*' AND length(CAST(replace(id, '-', '') AS BLOB)) = 32),
    name TEXT NOT NULL,
    slug TEXT NOT NULL UNIQUE,
    created_at TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
        CHECK (created_at GLOB '[0-9]???-??-??T??:??:??.???Z')
);

CREATE TABLE tenant_sites (
    id TEXT NOT NULL PRIMARY KEY
        DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-'
            || substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))
        CHECK (typeof(id) = 'text' AND id GLOB '????????-????-????-????-????????????'
            AND id NOT GLOB '*[^-0-9a-f]*' AND length(CAST(replace(id, '-', '') AS BLOB)) = 32),
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    domain TEXT NOT NULL,
    UNIQUE (tenant_id, domain)
);

CREATE TABLE conversations (
    id TEXT NOT NULL PRIMARY KEY
        DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-'
            || substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))
        CHECK (typeof(id) = 'text' AND id GLOB '????????-????-????-????-????????????'
            AND id NOT GLOB '*[^-0-9a-f]*' AND length(CAST(replace(id, '-', '') AS BLOB)) = 32),
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    session_id TEXT,
    created_at TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
        CHECK (created_at GLOB '[0-9]???-??-??T??:??:??.???Z')
);

CREATE TABLE crawl_attempts (
    id TEXT NOT NULL PRIMARY KEY
        DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-'
            || substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))
        CHECK (typeof(id) = 'text' AND id GLOB '????????-????-????-????-????????????'
            AND id NOT GLOB '*[^-0-9a-f]*' AND length(CAST(replace(id, '-', '') AS BLOB)) = 32),
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    -- A site that is gone cannot be crawled again, so its failed crawls must not wait for a retry.
    site_id TEXT REFERENCES tenant_sites (id) ON DELETE CASCADE,
    source_url TEXT NOT NULL,
    source_type TEXT NOT NULL DEFAULT 'url' CHECK (source_type IN ('url', 'sitemap', 'manual')),
    parent_job_id TEXT,
    attempt_number INTEGER NOT NULL DEFAULT 1 CHECK (attempt_number BETWEEN 1 AND 2147483647),
    status TEXT NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'crawling', 'success', 'failed', 'skipped')),
    pages_found INTEGER NOT NULL DEFAULT 0 CHECK (pages_found BETWEEN 0 AND 2147483647),
    pages_crawled INTEGER NOT NULL DEFAULT 0 CHECK (pages_crawled BETWEEN 0 AND 2147483647),
    pages_failed INTEGER NOT NULL DEFAULT 0 CHECK (pages_failed BETWEEN 0 AND 2147483647),
    pages_skipped INTEGER NOT NULL DEFAULT 0 CHECK (pages_skipped BETWEEN 0 AND 2147483647),
    error_type TEXT CHECK (error_type IN ('network', 'auth', 'conflict', 'timeout', 'server', 'parsing')),
    error_code TEXT,
    error_message TEXT,
    error_details TEXT CHECK (error_details IS NULL OR json_valid(error_details)),
    can_retry BOOLEAN NOT NULL DEFAULT 1 CHECK (can_retry IN (0, 1)),
    retry_after TIMESTAMP CHECK (retry_after GLOB '[0-9]???-??-??T??:??:??.???Z'),
    max_retries INTEGER NOT NULL DEFAULT 3 CHECK (max_retries BETWEEN 0 AND 2147483647),
    created_at TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
        CHECK (created_at GLOB '[0-9]???-??-??T??:??:??.???Z'),
    started_at TIMESTAMP CHECK (started_at GLOB '[0-9]???-??-??T??:??:??.???Z'),
    completed_at TIMESTAMP CHECK (completed_at GLOB '[0-9]???-??-??T??:??:??.???Z'),
    updated_at TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
        CHECK (updated_at GLOB '[0-9]???-??-??T??:??:??.???Z'),
    duration_ms INTEGER CHECK (duration_ms BETWEEN 0 AND 9223372036854775807),
    bytes_processed INTEGER CHECK (bytes_processed BETWEEN 0 AND 9223372036854775807)
);

CREATE TABLE page_failures (
    id TEXT NOT NULL PRIMARY KEY
        DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-'
            || substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))
        CHECK (typeof(id) = 'text' AND id GLOB '????????-????-????-????-????????????'
            AND id NOT GLOB '*[^-0-9a-f]*' AND length(CAST(replace(id, '-', '') AS BLOB)) = 32),
    crawl_attempt_id TEXT NOT NULL REFERENCES crawl_attempts (id) ON DELETE CASCADE,
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    page_url TEXT NOT NULL,
    page_title TEXT,
    error_type TEXT
        CHECK (error_type IN ('network', 'auth', 'conflict', 'timeout', 'server', 'parsing', 'content')),
    error_code TEXT,
    error_message TEXT,
    error_details TEXT CHECK (error_details IS NULL OR json_valid(error_details)),
    attempt_number INTEGER NOT NULL DEFAULT 1 CHECK (attempt_number BETWEEN 1 AND 2147483647),
    user_agent TEXT,
    referrer TEXT,
    is_resolved BOOLEAN NOT NULL DEFAULT 0 CHECK (is_resolved IN (0, 1)),
    resolution_notes TEXT,
    resolved_at TIMESTAMP CHECK (resolved_at GLOB '[0-9]???-??-??T??:??:??.???Z'),
    resolved_by TEXT,
    created_at TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
        CHECK (created_at GLOB '[0-9]???-??-??T??:??:??.???Z'),
    updated_at TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
        CHECK (updated_at GLOB '[0-9]???-??-??T??:??:??.???Z')
);

CREATE TABLE feedback (
    id TEXT NOT NULL PRIMARY KEY
        DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-'
            || substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))
        CHECK (typeof(id) = 'text' AND id GLOB '????????-????-????-????-????????????'
            AND id NOT GLOB '*[^-0-9a-f]*' AND length(CAST(replace(id, '-', '') AS BLOB)) = 32),
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    -- What a person reported still wants an answer when the conversation it came from is erased.
    conversation_id TEXT REFERENCES conversations (id) ON DELETE SET NULL,
    session_id TEXT,
    type TEXT NOT NULL DEFAULT 'general'
        CHECK (type IN ('bug', 'feature_request', 'improvement', 'general', 'ui_ux', 'performance')),
    category TEXT,
    priority TEXT NOT NULL DEFAULT 'medium' CHECK (priority IN ('low', 'medium', 'high', 'urgent')),
    status TEXT NOT NULL DEFAULT 'open'
        CHECK (status IN ('open', 'in_review', 'planned', 'in_progress', 'completed', 'rejected', 'duplicate')),
    title TEXT NOT NULL,
    description TEXT,
    steps_to_reproduce TEXT,
    expected_behavior TEXT,
    actual_behavior TEXT,
    user_name TEXT,
    user_email TEXT,
    contact_method TEXT,
    contact_value TEXT,
    user_agent TEXT,
    url TEXT,
    widget_version TEXT,
    browser_info TEXT CHECK (browser_info IS NULL OR json_valid(browser_info)),
    tags TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(tags)),
    metadata TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(metadata)),
    resolved_at TIMESTAMP CHECK (resolved_at GLOB '[0-9]???-??-??T??:??:??.???Z'),
    created_at TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
        CHECK (created_at GLOB '[0-9]???-??-??T??:??:??.???Z'),
    updated_at TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
        CHECK (updated_at GLOB '[0-9]???-??-??T??:??:??.???Z')
);

CREATE TABLE integrations (
    id TEXT NOT NULL PRIMARY KEY
        DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-'
            || substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))
        CHECK (typeof(id) = 'text' AND id GLOB '????????-????-????-????-????????????'
            AND id NOT GLOB '*[^-0-9a-f]*' AND length(CAST(replace(id, '-', '') AS BLOB)) = 32),
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled', 'error')),
    credentials TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(credentials)),
    config TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(config)),
    created_at TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
        CHECK (created_at GLOB '[0-9]???-??-??T??:??:??.???Z'),
    updated_at TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
        CHECK (updated_at GLOB '[0-9]???-??-??T??:??:??.???Z')
);

CREATE TABLE integration_outbox (
    -- AUTOINCREMENT, because the id goes out with a delivery and tells a receiver that it has seen it: it is never
    -- given to another row.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    -- A delivery that failed stays failed, and counted, when the integration it was meant for is removed.
    integration_id TEXT REFERENCES integrations (id) ON DELETE SET NULL,
    -- The payload quotes the conversation, so erasing the conversation erases its deliveries.
    conversation_id TEXT REFERENCES conversations (id) ON DELETE CASCADE,
    payload TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(payload)),
    status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'sent', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts BETWEEN 0 AND 2147483647),
    -- NULL once there is nothing left to try.
    next_attempt_at TIMESTAMP DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
        CHECK (next_attempt_at GLOB '[0-9]???-??-??T??:??:??.???Z'),
    last_error TEXT,
    message_context TEXT CHECK (message_context IS NULL OR json_valid(message_context)),
    created_at TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
        CHECK (created_at GLOB '[0-9]???-??-??T??:??:??.???Z'),
    sent_at TIMESTAMP CHECK (sent_at GLOB '[0-9]???-??-??T??:??:??.???Z')
);

-- The lists of everything a tenant has, and the way from a tenant to its rows when it is deleted. tenant_sites has its
-- own in UNIQUE (tenant_id, domain); the id of integration_outbox is its rowid, which every index holds anyway.
CREATE INDEX conversations_list ON conversations (tenant_id, created_at, id);
CREATE INDEX crawl_attempts_list ON crawl_attempts (tenant_id, created_at, id);
CREATE INDEX page_failures_list ON page_failures (tenant_id, created_at, id);
CREATE INDEX feedback_list ON feedback (tenant_id, created_at, id);
CREATE INDEX integrations_list ON integrations (tenant_id, created_at, id);
CREATE INDEX integration_outbox_list ON integration_outbox (tenant_id, created_at);

-- The way from any other row to what refers to it, without which deleting one row reads a whole table.
CREATE INDEX crawl_attempts_site ON crawl_attempts (site_id) WHERE site_id IS NOT NULL;
CREATE INDEX page_failures_crawl_attempt ON page_failures (crawl_attempt_id);
CREATE INDEX feedback_conversation ON feedback (conversation_id) WHERE conversation_id IS NOT NULL;
CREATE INDEX integration_outbox_integration ON integration_outbox (integration_id) WHERE integration_id IS NOT NULL;
CREATE INDEX integration_outbox_conversation ON integration_outbox (conversation_id)
    WHERE conversation_id IS NOT NULL;

-- What the delivery worker asks: which are due. Rows that are done with have no next_attempt_at and take no room here.
CREATE INDEX integration_outbox_due ON integration_outbox (status, next_attempt_at)
    WHERE next_attempt_at IS NOT NULL;

-- What each badge counts and lists: one index a source, of the rows that match its predicate and of no others. SQLite
-- uses a partial index when the query says the predicate in the same terms, so these are word for word the built-in
-- definitions. The list behind a badge is newest first and goes on after a (created_at, id), hence the columns. They
-- stand below the lists of everything, because of two indexes that fit a query alike SQLite takes the one made last.
CREATE INDEX crawl_attempts_retryable ON crawl_attempts (tenant_id, created_at, id)
    WHERE status = 'failed' AND can_retry;
CREATE INDEX page_failures_unresolved ON page_failures (tenant_id, created_at, id)
    WHERE NOT is_resolved;
CREATE INDEX integration_outbox_failed_conversations ON integration_outbox (tenant_id, conversation_id, created_at)
    WHERE status = 'failed' AND conversation_id IS NOT NULL;
CREATE INDEX feedback_pressing ON feedback (tenant_id, created_at, id)
    WHERE priority IN ('urgent', 'high') AND resolved_at IS NULL;
CREATE INDEX integrations_broken ON integrations (tenant_id, created_at, id)
    WHERE status IN ('error', 'disabled');
CREATE INDEX integration_outbox_failed ON integration_outbox (tenant_id, created_at)
    WHERE status = 'failed';

-- updated_at follows every update that does not set it itself. The second condition ends the matter where a program
-- has turned recursive triggers on: 'now' stands still within a statement, so the second round has nothing to do.
CREATE TRIGGER crawl_attempts_updated_at AFTER UPDATE ON crawl_attempts
    WHEN NEW.updated_at IS OLD.updated_at AND NEW.updated_at IS NOT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
BEGIN
    UPDATE crawl_attempts SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
END;

CREATE TRIGGER page_failures_updated_at AFTER UPDATE ON page_failures
    WHEN NEW.updated_at IS OLD.updated_at AND NEW.updated_at IS NOT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
BEGIN
    UPDATE page_failures SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
END;

CREATE TRIGGER feedback_updated_at AFTER UPDATE ON feedback
    WHEN NEW.updated_at IS OLD.updated_at AND NEW.updated_at IS NOT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
BEGIN
    UPDATE feedback SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
END;

CREATE TRIGGER integrations_updated_at AFTER UPDATE ON integrations
    WHEN NEW.updated_at IS OLD.updated_at AND NEW.updated_at IS NOT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
BEGIN
    UPDATE integrations SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
END;

-- What badged keeps for itself. 'timeline' is the first half of an as-of: it goes up when the file's history forks, as
-- when a backup is put in place of the file.
CREATE TABLE badged_meta (
    key TEXT NOT NULL PRIMARY KEY,
    value
) WITHOUT ROWID;

INSERT INTO badged_meta (key, value) VALUES ('timeline', 1);

-- Which rows changed, in the order they did, written by triggers on the tables that badges count. The salt tells an
-- entry from another one that took the same seq after a backup was put back.
CREATE TABLE badged_change (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    "table" TEXT NOT NULL,
    row INTEGER NOT NULL,
    salt INTEGER NOT NULL DEFAULT (random())
);

-- The log keeps its last 262,144 entries, and up to 1,023 more: it is cut only now and then, so that a single change
-- does not pay for a delete.
CREATE TRIGGER badged_change_ring AFTER INSERT ON badged_change WHEN NEW.seq % 1024 = 0
BEGIN
    DELETE FROM badged_change WHERE seq <= NEW.seq - 262144;
END;

-- Last, so that a file carries badged's mark only with everything above in it.
PRAGMA application_id = 1650747236; -- "bdgd"
PRAGMA user_version = 1;

RELEASE migrate_001;
