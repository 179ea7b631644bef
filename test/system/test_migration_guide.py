"""The migration guide does what it says: every command and statement in it runs on a real server, and prints what it
shows there.

Sections run one by one, each on a database of its own. Below "When something is wrong" the trouble is made first, and a
badged that serves the database from before the mend must follow it after, without a restart unless the guide says so.
"""
import contextlib
import os
import re
import subprocess
import time

import pytest

from badged import DEADLINE_S, ROOT, Badged, environment, eventually, program, run
from migrating import FILES, dump, psql_file, sql_file, up
from postgres import Cluster, Database

GUIDE = (ROOT / "docs" / "migration.md").read_text()
PARTS = re.split(r"^#{2,3} (.*)\n", GUIDE, flags=re.M)
SECTIONS = {title: re.findall(r"```(\w+)\n(.*?)```", text, re.S) for title, text in zip(PARTS[1::2], PARTS[2::2])}
((_, ADDRESSES), *RIGHTS) = SECTIONS["How to read the commands"]
TROUBLES = [title for title in list(SECTIONS)[list(SECTIONS).index("When something is wrong") + 1:]
            if title != "Undoing it"]
TABLES = "crawl_attempts, page_failures, feedback, integrations, integration_outbox"


def pattern(shown):
    """What a shown output matches: white space does not count, and … is anything."""
    return ".*".join(re.escape(re.sub(r"\s", "", part)) for part in shown.split("…"))


class Reader:
    """Somebody who follows the guide, with a folder and a database of their own."""

    def __init__(self, database, folder):
        self.database, self.folder, self.cluster, self.env = database, folder, database.cluster, {}
        (folder / "sql").symlink_to(ROOT / "sql")
        (folder / "bin").mkdir()
        (folder / "bin" / "badged").symlink_to(program())
        self.serves_at("http://127.0.0.1:1")

    def serves_at(self, url):
        """The addresses of the guide, with those of the test in their place."""
        where = {"db.example.com": f"127.0.0.1:{self.cluster.port}", "http://127.0.0.1:8080": url}
        for name, value in re.findall(r"export (\w+)=(\S+)", ADDRESSES):
            for shown, real in where.items():
                value = value.replace(shown, real)
            self.env[name] = value

    def shell(self, command, stdin=None):
        env = {"PATH": f"{self.folder}/bin:{self.cluster.bin}:{os.environ['PATH']}", "PSQLRC": "/dev/null", **self.env}
        return subprocess.run(["sh", "-c", command], cwd=self.folder, env=environment(env), input=stdin, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)

    def console(self, block):
        """Type each command of a block, and hold what it prints against what is shown."""
        for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.M):
            end = time.monotonic() + (DEADLINE_S if "$BADGED_URL" in command else 0)  # badged looks again by itself
            while (difference := self.difference(command, shown)) and time.monotonic() < end:
                time.sleep(0.1)
            assert not difference, difference

    def difference(self, command, shown):
        """How what a command prints differs from what is shown; None when it does not."""
        done = self.shell(command)
        said = done.stdout.replace(f"127.0.0.1:{self.cluster.port}", "db.example.com")
        is_it = re.fullmatch(pattern(shown), re.sub(r"\s", "", said), re.S) and (shown or done.returncode == 0)
        return None if is_it else f"$ {command}\n{said}--- where the guide shows\n{shown}"

    def sql(self, block):
        """Run a block as whom its first line says."""
        who = {"-- as the administrator": "ADMIN_URL", "-- as the owner": "OWNER_URL"}[block.split("\n")[0]]
        done = self.shell(f'psql -q -v ON_ERROR_STOP=1 -f - "${who}"', stdin=block)
        assert done.returncode == 0 and "ERROR" not in done.stdout, f"{block}{done.stdout}"
        return done.stdout

    def yaml(self, block):
        (self.folder / "badged.yaml").write_text(block)

    def follow(self, blocks):
        assert blocks
        for language, block in blocks:
            getattr(self, language)(block)

    def check(self):
        return run("check", "--database", self.env["READER_URL"], cwd=self.folder)

    def prepare(self):
        """What the guide makes by its first road, and one urgent feedback."""
        self.sql(RIGHTS[0][1])
        up(self.database, user="shop_owner")
        psql_file(self.database, ROOT / "sql" / "postgres" / "reader_role.sql", "postgres")
        self.database.sql("INSERT INTO tenants (id, name, slug) VALUES (%s, 'a', 'a')", (self.env["TENANT"],))
        self.database.sql("INSERT INTO feedback (tenant_id, title, priority) SELECT id, 'x', 'urgent' FROM tenants")

    def serve(self, **more):
        badged = Badged.serve(self.env["READER_URL"], cwd=self.folder, **more)
        self.serves_at(badged.url)
        return badged


@contextlib.contextmanager
def reading(cluster, folder):
    cluster.sql("CREATE ROLE shop_owner LOGIN")
    cluster.sql("CREATE DATABASE shop TEMPLATE template0")
    try:
        with Database(cluster, "shop") as database:
            database.sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC")  # as it is from Postgres 15 on
            yield Reader(database, folder)
    finally:
        cluster.sql("DROP ROLE IF EXISTS badged_reader, shop_owner")


@pytest.fixture
def reader(cluster, tmp_path):
    with reading(cluster, tmp_path) as it:
        yield it


@pytest.fixture
def prepared(reader):
    reader.prepare()
    return reader


# The roads


def test_the_rights_that_the_guide_names_are_enough(reader):
    reader.database.sql(sql_file(FILES[0]))  # of the administrator
    reader.follow(RIGHTS)
    up(reader.database, user="shop_owner")
    psql_file(reader.database, ROOT / "sql" / "postgres" / "reader_role.sql", "postgres")
    assert reader.check().returncode == 0


def test_the_first_road(reader):
    reader.follow(RIGHTS[:1])
    reader.follow(SECTIONS["The first road: badged"])
    assert reader.check().returncode == 0


def test_the_second_road(reader):
    reader.follow(RIGHTS[:1])
    by_psql, by_export = SECTIONS["The second road: psql, an SQL editor, Supabase"]
    reader.follow([by_psql])
    assert reader.check().returncode == 0
    made = dump(reader.database, "-s")
    reader.follow([by_export])
    for path in sorted((reader.folder / "supabase" / "migrations").iterdir()):
        psql_file(reader.database, path, "shop_owner")
    assert dump(reader.database, "-s") == made
    up(reader.database, user="shop_owner")  # "may follow at any time"
    assert dump(reader.database, "-s", "-T", "badged_migrations") == made


def test_the_third_road(reader):
    reader.follow(RIGHTS[:1])
    reader.follow(SECTIONS["The third road: by hand, with tables of your own"])
    tenant = reader.env["TENANT"]
    add = f"INSERT INTO ops.\"crawlJobs\" (\"tenantId\", \"gaveUp\", tries) VALUES ('{tenant}', true, %s)"
    reader.database.sql(add, (1,))
    with reader.serve() as badged:
        assert badged.badges(tenant)["knowledge"]["sources"] == 1
        reader.database.sql(add, (2,))
        reader.database.sql(add, (9,))
        eventually(lambda: badged.badges(tenant)["knowledge"]["sources"] == 2, what="the count of a new row")
        assert badged.badges(tenant)["feedback"] is None


def test_whether_it_worked(prepared):
    prepared.follow(SECTIONS["Did it work?"])
    (query,) = [block for language, block in SECTIONS["Did it work?"] if language == "sql"]
    assert "(5 rows)" in prepared.sql(query)


# The troubles: what makes each


def drop_tables(database, *more):
    database.sql(f"DROP PUBLICATION badged; DROP TABLE {', '.join([TABLES, 'badged_migrations', *more])}")


def relation(database):
    drop_tables(database)


def schema(database):
    drop_tables(database)
    database.sql("REVOKE CREATE ON SCHEMA public FROM shop_owner; "
                 "ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner GRANT SELECT ON TABLES TO badged_reader")


def table(database):
    database.sql("REVOKE SELECT (id, tenant_id, priority, resolved_at) ON feedback FROM badged_reader")


def base_tables(database):
    drop_tables(database, "tenants", "tenant_sites", "conversations")


def extension(database):
    drop_tables(database)
    database.sql("REVOKE CREATE ON DATABASE shop FROM shop_owner")


def policies(database):
    database.sql("ALTER ROLE badged_reader NOBYPASSRLS; ALTER TABLE feedback ENABLE ROW LEVEL SECURITY")


def grants(database):
    database.sql("DROP OWNED BY badged_reader")


def words(database):
    database.sql("ALTER TABLE feedback DROP CONSTRAINT feedback_priority_check; "
                 "UPDATE feedback SET priority = 'critical'; INSERT INTO feedback (tenant_id, title, priority) "
                 "SELECT tenant_id, 'y', 'critical' FROM feedback")


def right_to_follow(database):
    database.sql("ALTER ROLE badged_reader NOREPLICATION")


def slots(database):
    database.sql("SELECT pg_create_logical_replication_slot('left_behind', 'pgoutput')")
    database.sql("SELECT pg_create_logical_replication_slot('other_' || n, 'pgoutput') "
                 "FROM generate_series(2, current_setting('max_replication_slots')::int) AS n")


def nothing(database):
    """The server was made so."""


MADE_BY = {
    "Relation does not exist": relation,
    "Permission denied for schema public": schema,
    "Permission denied for table": table,
    "Foreign keys: base tables are missing": base_tables,
    "An extension is missing, or not permitted": extension,
    "Policies hide rows": policies,
    "The API still answers 503 after the migration": grants,
    "A badge is null or 0, and there are rows": words,
    '"polling" instead of live': right_to_follow,
    '"wal_level" is not logical': nothing,
    "No slot is free, or WAL piles up": slots,
}


def test_every_trouble_is_made():
    assert TROUBLES == list(MADE_BY)


def test_where_all_is_well(prepared):
    with prepared.serve():
        prepared.follow(SECTIONS["When something is wrong"])


@pytest.mark.parametrize("title", [t for t in TROUBLES if "wal_level" not in t])
def test_a_trouble_is_as_shown_and_mended(prepared, title):
    MADE_BY[title](prepared.database)
    with prepared.serve(ready=False) as badged:
        prepared.follow(SECTIONS[title])
        if "A badge is null" not in title:
            follows_again(prepared, badged, "polling" if MADE_BY[title] is extension else "live")
            assert MADE_BY[title] in (extension, slots) or prepared.check().returncode == 0
            return
    with prepared.serve() as badged:  # with the new definition
        assert badged.badges(prepared.env["TENANT"])["feedback"] == 2


def follows_again(reader, badged, state):
    eventually(lambda: f"feed ok: {state}" in badged.get("/readyz?verbose").body.decode(), what=state)
    assert badged.get("/api/sidebar/badges", {"X-Tenant-Id": reader.env["TENANT"]}).status == 200


def test_wal_level_is_mended_by_a_restart(tmp_path):
    with Cluster({"wal_level": "replica"}) as cluster, reading(cluster, tmp_path) as reader:
        reader.prepare()
        with reader.serve(ready=False) as badged:
            reader.follow(SECTIONS['"wal_level" is not logical'])
            cluster.restart()
            follows_again(reader, badged, "live")


# Undoing it


def test_undoing_it_leaves_nothing(reader):
    reader.database.sql(sql_file(FILES[0]))
    reader.follow(RIGHTS)
    before = dump(reader.database, "-s")
    up(reader.database, "--to", "99", user="shop_owner")
    psql_file(reader.database, ROOT / "sql" / "postgres" / "reader_role.sql", "postgres")
    reader.follow(SECTIONS["Undoing it"])
    assert dump(reader.database, "-s") == before
    assert not reader.cluster.sql("SELECT FROM pg_roles WHERE rolname = 'badged_reader'")
