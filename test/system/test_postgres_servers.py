"""The Postgres servers that the tests run: they follow each other, and nothing of them stays."""
import contextlib
import os
import pathlib
import subprocess
import sys

import pytest

from badged import eventually
from postgres import FOLLOWED, TEMPLATE, Cluster

TENANT = "7b1f0c9e-5a52-4d6e-8f0a-000000000001"
ENDLESS = """
import postgres, time
cluster = postgres.Cluster()
print(cluster.folder, cluster.process.pid, flush=True)
time.sleep(600)
"""


def test_a_database_is_a_copy_of_the_template(postgres):
    postgres.sql("INSERT INTO tenants (id, name, slug) VALUES (%s, 'x', 'x')", (TENANT,))
    tables = {name for name, in postgres.sql("SELECT tablename FROM pg_publication_tables WHERE pubname = 'badged'")}
    assert tables == set(FOLLOWED)
    assert postgres.psql("SELECT count(*) FROM tenants").strip() == "1"
    # Not by a connection that is kept: while there is one, nothing can be copied from the template.
    with contextlib.closing(postgres.cluster.connect(TEMPLATE)) as template:
        assert template.sql("SELECT count(*) FROM tenants") == [(0,)]


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_what_was_committed_is_there_after_a_restart(mode):
    with Cluster() as cluster, cluster.database() as database:
        database.sql("INSERT INTO tenants (id, name, slug) VALUES (%s, 'x', 'x')", (TENANT,))
        cluster.restart(mode)
        assert database.value("SELECT id::text FROM tenants") == TENANT


def test_a_promoted_standby_has_the_rows_and_another_timeline():
    with Cluster() as cluster:
        database = cluster.database()
        with cluster.standby() as standby:
            database.sql("INSERT INTO tenants (id, name, slug) VALUES (%s, 'x', 'x')", (TENANT,))
            eventually(lambda: standby.sql("SELECT id::text FROM tenants", database=database.name) == [(TENANT,)])
            cluster.stop("immediate")
            standby.promote()
            standby.sql("UPDATE tenants SET name = 'y'", database=database.name)
            assert standby.sql("SELECT timeline_id FROM pg_control_checkpoint()") in ([(1,)], [(2,)])
            assert standby.sql("SELECT pg_walfile_name(pg_current_wal_lsn())")[0][0].startswith("00000002")


def test_nothing_of_a_server_stays_when_its_test_is_killed():
    with subprocess.Popen([sys.executable, "-c", ENDLESS], cwd=pathlib.Path(__file__).parent, text=True,
                          stdout=subprocess.PIPE) as process:
        folder, pid = process.stdout.readline().split()
        assert os.path.isdir(folder) and os.path.isdir(f"/proc/{pid}")
        process.kill()
    eventually(lambda: not os.path.exists(folder) and not os.path.exists(f"/proc/{pid}"), what="the server's end")
