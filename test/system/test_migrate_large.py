"""Migrating tables of millions of rows while others write to them. `--long` takes ten million."""
import contextlib
import re
import subprocess
import threading
import time

import pytest

from badged import environment, program, run
from migrating import OWNER, indexes_that_are_not_valid, status, up

WAIT_S = 1.0  # how long a writer may be held up
LARGE_MS = 30 * 60 * 1000

pytestmark = pytest.mark.timeout(3600)


class Writer(threading.Thread):
    """Somebody who changes rows all the time, each in a transaction of its own, and notes how long that took."""

    def __init__(self, database, *statements):
        super().__init__()
        self.database, self.statements, self.took, self.fault = database, statements, [], None
        self.ends = threading.Event()

    def run(self):
        try:
            with contextlib.closing(self.database.connect()) as connection:
                n = 0
                while not self.ends.is_set():
                    for statement in self.statements:
                        n += 1
                        begin = time.monotonic()
                        connection.sql(statement, {"n": n})
                        self.took.append(time.monotonic() - begin)
        except Exception as fault:
            self.fault = fault

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ends.set()
        self.join()


@pytest.fixture
def large(grown, request):
    """Two tables of the database that grew on its own, with very many rows."""
    count = 10_000_000 if request.config.getoption("--long") else 1_000_000
    with contextlib.closing(grown.connect(options=f"-c statement_timeout={LARGE_MS}")) as connection:
        connection.sql(
            "INSERT INTO integration_outbox (tenant_id, provider, payload, status) "
            "SELECT '11111111-1111-4111-8111-111111111111', 'slack', '{}', "
            "CASE WHEN n %% 50 = 0 THEN 'failed' ELSE 'sent' END FROM generate_series(1, %s) n", (count,))
        connection.sql(
            "INSERT INTO feedback (tenant_id, type, priority, title) "
            "SELECT '11111111-1111-4111-8111-111111111111', 'bug', 'low', 'x' FROM generate_series(1, %s) n",
            (count // 10,))
    return grown


def writers(database):
    return (Writer(database, "UPDATE integration_outbox SET attempts = 1 WHERE id = %(n)s",
                   "INSERT INTO integration_outbox (tenant_id, provider, payload) "
                   "VALUES ('11111111-1111-4111-8111-111111111111', 'x', '{}')"),
            Writer(database, "INSERT INTO feedback (tenant_id, type, priority, title) "
                             "VALUES ('11111111-1111-4111-8111-111111111111', 'bug', 'low', 'x')",
                   "UPDATE conversations SET topic = 'x'"))


def migrate_to_the_end(database, timeout=3600):
    done = run("migrate", "up", "--database", database.url(user=OWNER), timeout=timeout)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_writers_of_large_tables_are_never_held_up_for_long(large):
    outbox, others = writers(large)
    with outbox, others:
        said = migrate_to_the_end(large)
    for writer in (outbox, others):
        assert writer.fault is None and len(writer.took) > 100
        print(f"{len(writer.took)} writes, the longest {max(writer.took):.3f} s")
        assert max(writer.took) < WAIT_S
    built = re.findall(r"(\w+): built in", said)
    assert {"integration_outbox_failed", "integration_outbox_conversation", "integration_outbox_list",
            "feedback_pressing", "feedback_conversation"} <= set(built)
    assert re.search(r"integration_outbox_\w+: building it beside the writers of integration_outbox \(\d+ MB\)", said)
    assert indexes_that_are_not_valid(large) == []
    assert up(large).count("built in") == 0


def test_a_run_that_is_killed_while_it_builds_an_index_is_run_again(large):
    process = subprocess.Popen([program(), "migrate", "up", "-d", large.url(user=OWNER)], stderr=subprocess.PIPE,
                               text=True, env=environment())
    for line in process.stderr:
        if "integration_outbox_list: building" in line:
            break
    process.kill()
    process.communicate()
    assert status(large)["090_sidebar_badge_tables.sql"] == "pending"
    said = migrate_to_the_end(large)  # waits for the server to notice that its client is gone
    assert "integration_outbox_list: built in" in said or "integration_outbox_list" not in said
    assert indexes_that_are_not_valid(large) == []
    assert large.value("SELECT count(*) FROM badged_migrations WHERE state <> 'applied'") == 0
    assert status(large)["090_sidebar_badge_tables.sql"] == "applied"


def test_an_old_transaction_that_an_index_waits_for_is_named(large):
    with contextlib.closing(large.connect()) as old:
        old.sql("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM tenants")
        pid = old.value("SELECT pg_backend_pid()")
        process = subprocess.Popen([program(), "migrate", "up", "-d", large.url(user=OWNER)], stderr=subprocess.PIPE,
                                   text=True, env=environment())
        for line in process.stderr:
            if f"waiting for process {pid} to end its transaction" in line:
                break
        else:
            pytest.fail("it did not say whom it waits for")
    _, said = process.communicate(timeout=600)
    assert process.returncode == 0, said
    assert indexes_that_are_not_valid(large) == []
