"""The tables change their definition while badged follows them. Each change ends within seconds with the counts of SQL,
or with answers that say that they are not known, and a report that says why; never silently wrong."""
import contextlib
import random
import re
import threading

import psycopg2
import pytest

from badged import eventually
from following import BUILT_IN, TENANTS, Following, Oracle, Readers, age, change, fill
from postgres import READER
from tcp_proxy import TcpProxy

T, O = TENANTS[:2]
DDL_S = 10.0
FOLLOW = """
badges:
  - name: parts.open
    zero: 0
    count: [{ table: parts, where: "status = 'open'" }]
"""
ORACLE = Oracle({**BUILT_IN, "parts.open": "SELECT tenant_id FROM parts WHERE status = 'open'"})
PARTS = f"""
CREATE TABLE parts (id bigint, tenant_id uuid, status text, PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (100);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (100) TO (200);
CREATE TABLE parts_3 (id bigint PRIMARY KEY, tenant_id uuid, status text);
INSERT INTO parts SELECT n, '{T}', 'open' FROM generate_series(1, 150) AS n;
INSERT INTO parts_3 SELECT n, '{O}', 'open' FROM generate_series(200, 250) AS n;
GRANT SELECT ON parts, parts_1, parts_2, parts_3 TO {READER}
"""
# A second table that looks like feedback, to be renamed to it.
COPY = "CREATE TABLE copied (LIKE feedback INCLUDING ALL); INSERT INTO copied SELECT * FROM feedback LIMIT 3; " \
       f"GRANT SELECT ON copied TO {READER}; ALTER PUBLICATION badged ADD TABLE copied"


class Ddl:
    """What is done while badged is live; says: the reason that it gives then, or None when it goes on counting;
    mend: what makes it count again."""

    def __init__(self, sql, says=None, mend=None):
        self.sql, self.says, self.mend = sql, says, mend


CASES = {
    # columns
    "add a column": Ddl("ALTER TABLE feedback ADD COLUMN more int"),
    "add a column with a default": Ddl("ALTER TABLE feedback ADD COLUMN more int NOT NULL DEFAULT 5"),
    "add a column with a default that rewrites": Ddl("ALTER TABLE feedback ADD COLUMN more uuid DEFAULT "
                                                     "gen_random_uuid()"),
    "drop a column that is not needed": Ddl("ALTER TABLE feedback DROP COLUMN url"),
    "drop the first column and add it again": Ddl("ALTER TABLE feedback DROP COLUMN session_id, ADD COLUMN "
                                                  "session_id text"),
    "drop a column that is needed": Ddl("ALTER TABLE feedback DROP COLUMN priority", "priority",
                                        "ALTER TABLE feedback ADD COLUMN priority text DEFAULT 'urgent'"),
    "rename a column that is not needed": Ddl("ALTER TABLE feedback RENAME COLUMN url TO link"),
    "rename a column that is needed": Ddl("ALTER TABLE feedback RENAME COLUMN priority TO weight", "priority",
                                          "ALTER TABLE feedback RENAME COLUMN weight TO priority"),
    "rename the tenant's column": Ddl("ALTER TABLE feedback RENAME COLUMN tenant_id TO owner", "tenant_id",
                                      "ALTER TABLE feedback RENAME COLUMN owner TO tenant_id"),
    "two columns change names": Ddl("BEGIN; ALTER TABLE feedback RENAME priority TO x; ALTER TABLE feedback RENAME "
                                    "category"
                                    " TO priority; ALTER TABLE feedback RENAME x TO category; COMMIT"),
    "retype a column that is not needed": Ddl("ALTER TABLE feedback ALTER COLUMN url TYPE varchar(500)"),
    "retype a column that is needed": Ddl("ALTER TABLE feedback DROP CONSTRAINT feedback_priority_check; "
                                          "ALTER TABLE feedback ALTER COLUMN priority TYPE varchar(20)"),
    "retype a column to an enum": Ddl(
        "DROP INDEX feedback_tenant_id_idx; ALTER TABLE feedback DROP CONSTRAINT feedback_priority_check; "
        "CREATE TYPE prio AS ENUM ('low', 'medium', 'high', 'urgent'); ALTER TABLE feedback "
        "ALTER priority DROP DEFAULT, ALTER COLUMN priority TYPE prio USING priority::prio"),
    "retype a column with other values": Ddl(
        "ALTER TABLE integrations DROP CONSTRAINT integrations_status_check; "
        "ALTER TABLE integrations ALTER COLUMN status TYPE text USING CASE status WHEN 'error' THEN 'fine' ELSE "
        "'error' END"),
    "retype a column to what cannot be compared": Ddl(
        "DROP INDEX integrations_tenant_id_idx; ALTER TABLE integrations ALTER status DROP DEFAULT; "
        "ALTER TABLE integrations DROP CONSTRAINT integrations_status_check; "
        "ALTER TABLE integrations ALTER COLUMN status TYPE int USING 1", "status",
        "ALTER TABLE integrations ALTER COLUMN status TYPE text USING 'error'"),
    "retype the key": Ddl("ALTER TABLE integration_outbox ALTER id DROP IDENTITY; "
                          "ALTER TABLE integration_outbox ALTER COLUMN id TYPE text"),
    "set and drop NOT NULL": Ddl("ALTER TABLE feedback ALTER COLUMN url SET DEFAULT 'x', ALTER COLUMN priority "
                                 "DROP NOT NULL; UPDATE feedback SET priority = NULL WHERE random() < 0.3"),
    "drop the default": Ddl("ALTER TABLE integrations ALTER COLUMN status DROP DEFAULT"),
    # tables
    "rename a table": Ddl("ALTER TABLE feedback RENAME TO opinions", "feedback", "ALTER TABLE opinions RENAME TO "
                                                                                 "feedback"),
    "drop a table": Ddl("DROP TABLE feedback", "feedback",
                        "CREATE TABLE feedback (id uuid PRIMARY KEY, tenant_id uuid, priority text, resolved_at "
                        "timestamptz, "
                        f"title text, created_at timestamptz); GRANT SELECT ON feedback TO {READER}; "
                        "ALTER PUBLICATION badged ADD TABLE feedback"),
    "drop and make a table again": Ddl(
        "BEGIN; DROP TABLE integrations CASCADE; CREATE TABLE integrations (id bigint PRIMARY KEY, tenant_id uuid, "
        "status "
        f"text, provider text, name text, created_at timestamptz); GRANT SELECT ON integrations TO {READER}; ALTER "
        "PUBLICATION badged ADD TABLE integrations; INSERT INTO integrations VALUES "
        f"(1, '{T}', 'error'), (2, '{O}', 'disabled'); COMMIT"),
    "another table takes the name": Ddl(
        f"{COPY}; BEGIN; ALTER TABLE feedback RENAME TO old; ALTER TABLE copied RENAME TO feedback; COMMIT"),
    "two tables change names": Ddl(
        f"{COPY}; BEGIN; ALTER TABLE feedback RENAME TO old; ALTER TABLE copied RENAME TO feedback; "
        "ALTER TABLE old RENAME TO copied; COMMIT"),
    "move a table to another schema": Ddl("CREATE SCHEMA attic; ALTER TABLE feedback SET SCHEMA attic", "feedback",
                                          "ALTER TABLE attic.feedback SET SCHEMA public"),
    "rename the schema": Ddl("ALTER SCHEMA public RENAME TO attic", "public|feedback|crawl_attempts",
                             "ALTER SCHEMA attic RENAME TO public"),
    "rewrite a table": Ddl("VACUUM FULL feedback"),
    "cluster a table": Ddl("CLUSTER integrations USING integrations_pkey"),
    "set a table unlogged": Ddl("ALTER PUBLICATION badged DROP TABLE integrations; ALTER TABLE integration_outbox DROP "
                                "CONSTRAINT integration_outbox_integration_id_fkey; ALTER TABLE integrations SET "
                                "UNLOGGED",
                                "integrations", "ALTER TABLE integrations SET LOGGED; "
                                "ALTER PUBLICATION badged ADD TABLE integrations"),
    # truncate
    "truncate a table": Ddl("TRUNCATE feedback"),
    "truncate with cascade": Ddl("TRUNCATE tenants CASCADE"),
    "truncate a partitioned table": Ddl("TRUNCATE parts"),
    "truncate a leaf": Ddl("TRUNCATE parts_1"),
    # partitions
    "attach a partition": Ddl("ALTER TABLE parts ATTACH PARTITION parts_3 FOR VALUES FROM (200) TO (300)"),
    "detach a partition": Ddl("ALTER TABLE parts DETACH PARTITION parts_1"),
    "detach a partition concurrently": Ddl("ALTER TABLE parts DETACH PARTITION parts_1 CONCURRENTLY"),
    "drop a partition": Ddl("DROP TABLE parts_2"),
    "make a partition": Ddl("CREATE TABLE parts_4 PARTITION OF parts FOR VALUES FROM (300) TO (400); "
                            f"INSERT INTO parts SELECT n, '{O}', 'open' FROM generate_series(300, 310) AS n"),
    "make a default partition and split it": Ddl(
        "CREATE TABLE parts_rest PARTITION OF parts DEFAULT; INSERT INTO parts SELECT n, '{O}', 'open' FROM "
        "generate_series(500, 520) n; BEGIN; CREATE TABLE parts_5 (LIKE parts INCLUDING ALL); WITH moved AS (DELETE "
        "FROM "
        "parts_rest WHERE id < 510 RETURNING *) INSERT INTO parts_5 SELECT * FROM moved; ALTER TABLE parts ATTACH "
        "PARTITION "
        "parts_5 FOR VALUES FROM (500) TO (510); COMMIT".replace("{O}", O)),
    "exchange a partition": Ddl("BEGIN; ALTER TABLE parts DETACH PARTITION parts_1; UPDATE parts_3 SET id = id - 200; "
                                "ALTER TABLE parts ATTACH PARTITION parts_3 FOR VALUES FROM (0) TO (100); COMMIT"),
    # keys and replica identity
    "drop the primary key": Ddl("ALTER TABLE feedback DROP CONSTRAINT feedback_pkey", "primary key|(?i:replica "
                                                                                      "identity)",
                                "ALTER TABLE feedback ADD PRIMARY KEY (id)"),
    "change the primary key": Ddl("ALTER TABLE feedback DROP CONSTRAINT feedback_pkey, ADD PRIMARY KEY (tenant_id, "
                                  "id)"),
    "another column becomes the primary key": Ddl(
        "ALTER TABLE feedback ADD COLUMN n bigint GENERATED ALWAYS AS IDENTITY, DROP CONSTRAINT feedback_pkey, "
        "ADD PRIMARY KEY (n)"),
    "rename the primary key's column": Ddl("ALTER TABLE feedback RENAME COLUMN id TO key"),
    "replica identity full": Ddl("ALTER TABLE feedback REPLICA IDENTITY FULL"),
    "replica identity nothing": Ddl("ALTER TABLE feedback REPLICA IDENTITY NOTHING", "(?i)replica identity",
                                    "ALTER TABLE feedback REPLICA IDENTITY DEFAULT"),
    "replica identity by an index": Ddl("CREATE UNIQUE INDEX other ON feedback (id, tenant_id); "
                                        "ALTER TABLE feedback REPLICA IDENTITY USING INDEX other"),
    "drop the index of the replica identity": Ddl(
        "CREATE UNIQUE INDEX other ON feedback (id, tenant_id); ALTER TABLE feedback REPLICA IDENTITY USING INDEX "
        "other; "
        "DROP INDEX other", "(?i)replica identity", "ALTER TABLE feedback REPLICA IDENTITY DEFAULT"),
    # the publication
    "take a table out of the publication": Ddl("ALTER PUBLICATION badged DROP TABLE feedback", "feedback",
                                               "ALTER PUBLICATION badged ADD TABLE feedback"),
    "a table leaves the publication for a moment": Ddl(
        "ALTER PUBLICATION badged DROP TABLE feedback; DELETE FROM feedback; ALTER PUBLICATION badged ADD TABLE "
        "feedback"),
    "drop the publication": Ddl("DROP PUBLICATION badged", "publication",
                                "CREATE PUBLICATION badged FOR TABLE crawl_attempts, page_failures, feedback, "
                                "integrations, "
                                "integration_outbox, parts"),
    "rename the publication": Ddl("ALTER PUBLICATION badged RENAME TO other", "publication",
                                  "ALTER PUBLICATION other RENAME TO badged"),
    "drop and make the publication again": Ddl(
        "DROP PUBLICATION badged; DELETE FROM integrations; CREATE PUBLICATION badged FOR ALL TABLES"),
    "publish no deletes": Ddl("ALTER PUBLICATION badged SET (publish = 'insert, update, truncate')", "delete",
                              "ALTER PUBLICATION badged SET (publish = 'insert, update, delete, truncate')"),
    "publish by the roots of partitions": Ddl("ALTER PUBLICATION badged SET (publish_via_partition_root = true)"),
    "set a list of columns": Ddl(
        "ALTER PUBLICATION badged SET TABLE crawl_attempts, page_failures, integrations, integration_outbox, parts, "
        "feedback (id, tenant_id, priority, resolved_at)"),
    "set a list without a needed column": Ddl(
        "ALTER PUBLICATION badged SET TABLE crawl_attempts, page_failures, integrations, integration_outbox, parts, "
        "feedback (id, tenant_id, resolved_at)", "priority", "ALTER PUBLICATION badged SET TABLE crawl_attempts, "
        "page_failures, integrations, integration_outbox, parts, feedback"),
    "set a row filter": Ddl(
        "ALTER TABLE feedback REPLICA IDENTITY FULL; ALTER PUBLICATION badged SET TABLE crawl_attempts, page_failures, "
        "integrations, integration_outbox, parts, feedback WHERE (priority = 'high')", "(?i)row filter|WHERE",
        "ALTER PUBLICATION badged SET TABLE crawl_attempts, page_failures, integrations, integration_outbox, parts, "
        "feedback"),
    # rights
    "enable row security": Ddl("ALTER TABLE feedback ENABLE ROW LEVEL SECURITY"),  # the role may bypass it
    "take the right to read": Ddl(f"REVOKE SELECT ON feedback FROM {READER}", "feedback",
                                  f"GRANT SELECT ON feedback TO {READER}"),
    "leave the right to read some columns": Ddl(
        f"REVOKE SELECT ON feedback FROM {READER}; GRANT SELECT (id, tenant_id, priority, resolved_at) ON feedback TO "
        f"{READER}"),
    "take the right to a needed column": Ddl(
        f"REVOKE SELECT ON feedback FROM {READER}; GRANT SELECT (id, tenant_id, resolved_at) ON feedback TO {READER}",
        "priority|feedback", f"GRANT SELECT ON feedback TO {READER}"),
    "change the owner": Ddl("CREATE ROLE owner_of_{name}; ALTER TABLE feedback OWNER TO owner_of_{name}; "
                            "ALTER TABLE feedback OWNER TO postgres; DROP ROLE owner_of_{name}"),
    # changed, and changed back before anyone looks: what was written in between is missing in the stream
    "a partition is away for a moment": Ddl(
        "BEGIN; ALTER TABLE parts DETACH PARTITION parts_1; DELETE FROM parts_1 WHERE id % 2 = 0; "
        "ALTER TABLE parts ATTACH PARTITION parts_1 FOR VALUES FROM (0) TO (100); COMMIT"),
    "deletes are not published for a moment": Ddl(
        "BEGIN; ALTER PUBLICATION badged SET (publish = 'insert'); DELETE FROM parts WHERE id % 2 = 0; "
        "ALTER PUBLICATION badged SET (publish = 'insert, update, delete, truncate'); COMMIT"),
    "two columns have each other's name for a moment": Ddl(
        "BEGIN; ALTER TABLE feedback RENAME priority TO x; ALTER TABLE feedback RENAME category TO priority; "
        "ALTER TABLE feedback RENAME x TO category; "
        "UPDATE feedback SET priority = 'urgent'; ALTER TABLE feedback RENAME priority TO x; "
        "ALTER TABLE feedback RENAME category TO priority; ALTER TABLE feedback RENAME x TO category; COMMIT"),
    "a label has another name for a moment": Ddl(
        "BEGIN; ALTER TYPE mood RENAME VALUE 'bad' TO 'awful'; INSERT INTO moody SELECT n, tenant_id, 'awful' "
        "FROM generate_series(100, 110) n, (SELECT tenant_id FROM moody LIMIT 1) m; "
        "ALTER TYPE mood RENAME VALUE 'awful' TO 'bad'; COMMIT"),
    # types
    "add a label to an enum": Ddl("ALTER TYPE mood ADD VALUE 'late'; UPDATE moody SET mood = 'late'"),
    "rename a label of an enum": Ddl("ALTER TYPE mood RENAME VALUE 'bad' TO 'awful'", "bad",
                                     "ALTER TYPE mood RENAME VALUE 'awful' TO 'bad'"),
}
MOODY = f"""
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE moody (id bigint PRIMARY KEY, tenant_id uuid, mood mood);
INSERT INTO moody SELECT n, '{T}', CASE WHEN n % 2 = 0 THEN 'good'::mood ELSE 'bad' END FROM generate_series(1, 20) n;
GRANT SELECT ON moody TO {READER};
ALTER PUBLICATION badged ADD TABLE moody
"""
MOODY_BADGE = """  - name: moods.bad
    count: [{ table: moody, where: "mood = 'bad'" }]
"""


class Busy:
    """A writer that goes on all the while, whatever becomes of the tables."""

    def __init__(self, database, is_on):
        self.database, self.is_stopping = database, threading.Event()
        self.thread = threading.Thread(target=self._write, daemon=True) if is_on else None

    def __enter__(self):
        if self.thread:
            self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_stopping.set()
        if self.thread:
            self.thread.join()

    def _write(self):
        r = random.Random(7)
        with contextlib.closing(self.database.connect(options="-c lock_timeout=200 -c deadlock_timeout=100")) as db:
            while not self.is_stopping.is_set():
                with contextlib.suppress(psycopg2.Error):
                    db.sql(change(r))
                self.is_stopping.wait(0.01)


def run(database, text):
    connection = database.connect()
    for statement in filter(str.strip, text.replace("{name}", database.name).split(";")):
        connection.sql(statement)
    connection.close()


def name(text):
    return re.sub(r"\W+", "_", text)


def pytest_generate_tests(metafunc):
    """Each case with a busy writer beside it, or a quiet database; with both by --long."""
    if "is_busy" in metafunc.fixturenames:
        r, is_long = random.Random(metafunc.config.getoption("--seed")), metafunc.config.getoption("--long")
        runs = [(n, case, busy) for n, case in CASES.items()
                for busy in ([False, True] if is_long else [r.random() < 0.7])]
        metafunc.parametrize("case, is_busy", [(case, busy) for _, case, busy in runs],
                             ids=[f"{name(n)}-{'busy' if busy else 'quiet'}" for n, _, busy in runs])


def test_a_definition_changes_while_it_is_live(postgres, tmp_path, case, is_busy):
    fill(postgres)
    r = random.Random(3)
    for _ in range(60):
        postgres.sql(change(r))
    run(postgres, PARTS)
    run(postgres, "ALTER PUBLICATION badged ADD TABLE parts")
    config, oracle = FOLLOW, ORACLE
    if "mood" in case.sql:
        run(postgres, MOODY)
        config += MOODY_BADGE
        oracle = Oracle({**ORACLE.badges, "moods.bad": "SELECT tenant_id FROM moody WHERE mood = 'bad'"})
    (tmp_path / "badged.yaml").write_text(config)
    with Following(postgres, "--feed", "stream", cwd=tmp_path, oracle=oracle) as following:
        following.eventually_equal()
        with Busy(postgres, is_busy):
            run(postgres, case.sql)
        if case.says:
            eventually(lambda: re.search(case.says, following.report()) and is_honest(following), DDL_S,
                       f"{case.says!r} in its report, and no answer that seems sure")
            run(postgres, case.mend)
        following.eventually_equal(DDL_S)
        for n in range(20):
            with contextlib.suppress(psycopg2.Error):  # some columns are gone
                postgres.sql(change(r))
        following.eventually_equal(DDL_S)


def test_counts_of_a_table_that_is_gone_are_not_merely_old(postgres):
    fill(postgres)
    with Following(postgres) as following:
        following.eventually_equal()
        postgres.sql("DROP TABLE feedback")
        eventually(lambda: following.ask(T).status == 503, DDL_S)
        following.eventually_says("feedback", DDL_S)


def is_honest(following):
    """Whether every answer says that it is not sure."""
    answers = [following.ask(tenant) for tenant in following.oracle.tenants]
    return all(answer.status == 503 or age(answer) is not None for answer in answers)


def test_row_security_never_shortens_the_counts(postgres):
    """Forced on a role that may not bypass it: an error that names it, and not fewer rows."""
    fill(postgres)
    postgres.sql(f"INSERT INTO feedback (tenant_id, title, priority) VALUES ('{T}', 'x', 'urgent')")
    postgres.sql("CREATE ROLE bound LOGIN REPLICATION")
    try:
        postgres.sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO bound")
        with Following(postgres, url=postgres.url("bound")) as following:
            following.eventually_equal()
            postgres.sql("ALTER TABLE feedback ENABLE ROW LEVEL SECURITY")
            following.eventually_says(r"(?i)row(?:[- ]level)? security|BYPASSRLS", DDL_S)
            eventually(lambda: is_honest(following), DDL_S)
            postgres.sql("CREATE POLICY one ON feedback USING (priority = 'low')")
            eventually(lambda: is_honest(following), DDL_S)
            postgres.sql("ALTER ROLE bound BYPASSRLS")
            following.eventually_equal(DDL_S)
        postgres.sql("ALTER ROLE bound NOBYPASSRLS")
        for feed in ("stream", "poll"):
            with Following(postgres, "--feed", feed, url=postgres.url("bound"), ready=False) as following:
                following.eventually_says(r"(?i)row(?:[- ]level)? security|BYPASSRLS", DDL_S)
                assert following.ask(T).status == 503
    finally:
        eventually(lambda: not postgres.sessions("bound"))
        postgres.sql("DROP OWNED BY bound; DROP ROLE bound")


BEHIND_THE_SNAPSHOT = {
    "rewrite a table": "ALTER TABLE integrations ADD COLUMN more uuid DEFAULT gen_random_uuid()",
    "retype a column": "ALTER TABLE integrations DROP CONSTRAINT integrations_status_check; "
                       "ALTER TABLE integrations ALTER COLUMN status TYPE varchar(30)",
    "detach a partition": "ALTER TABLE parts DETACH PARTITION parts_1",
    "drop a partition": "DROP TABLE parts_2",
    "truncate a leaf": "TRUNCATE parts_1",
    "truncate a table": "TRUNCATE feedback",
    "attach a partition": "ALTER TABLE parts ATTACH PARTITION parts_3 FOR VALUES FROM (200) TO (300)",
    "a table leaves the publication for a moment": "ALTER PUBLICATION badged DROP TABLE integrations; DELETE FROM "
                                                   "integrations; ALTER PUBLICATION badged ADD TABLE integrations",
    "another table takes the name": "CREATE TABLE copied (LIKE integrations INCLUDING ALL); "
                                    f"GRANT SELECT ON copied TO {READER}; ALTER PUBLICATION badged ADD TABLE copied; "
                                    "ALTER TABLE integrations RENAME TO old; ALTER TABLE copied RENAME TO integrations",
    "change the primary key": "ALTER TABLE integrations DROP CONSTRAINT integrations_pkey CASCADE, "
                              "ADD PRIMARY KEY (tenant_id, id)",
}


@pytest.mark.parametrize("sent", [b"CREATE_REPLICATION_SLOT", b"COPY", b"START_REPLICATION"],
                         ids=["slot", "load", "stream"])
@pytest.mark.parametrize("sql", BEHIND_THE_SNAPSHOT.values(), ids=map(name, BEHIND_THE_SNAPSHOT))
def test_a_definition_changes_while_it_loads(postgres, tmp_path, sent, sql):
    """Between reading the catalog, taking the snapshot, reading the rows by it, and following: an answer that seems
    sure is never one of a table that the snapshot does not see as it is."""
    fill(postgres)
    r = random.Random(4)
    for _ in range(60):
        postgres.sql(change(r))
    run(postgres, PARTS)
    run(postgres, "ALTER PUBLICATION badged ADD TABLE parts")
    (tmp_path / "badged.yaml").write_text(FOLLOW)
    with TcpProxy(postgres.cluster.port) as proxy:
        proxy.arm("blackhole", text=sent)
        with Following(postgres, "--feed", "stream", cwd=tmp_path, oracle=ORACLE, proxy=proxy,
                       ready=False) as following:
            eventually(lambda: not proxy.is_armed(), DDL_S, f"{sent} on its way")
            run(postgres, sql)
            expected = ORACLE.counts(postgres)
            with Readers(following) as readers:
                proxy.heal()
                following.eventually_equal(DDL_S)
        for at, tenant, numbers, stale, _ in readers.answers:
            assert stale is not None or numbers == expected[tenant], f"{tenant} at {at}: {numbers} seem sure"
