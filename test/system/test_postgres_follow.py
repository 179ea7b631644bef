"""badged follows Postgres: right from the start, after every kind of change, whole transactions only, and honest about
what it does not know."""
import json
import random
import re
import threading
import time

import pytest

from badged import ROOT, Badged, eventually, run
from following import MOVERS, TENANTS, Following, Ledger, Oracle, Readers, age, as_of, change, fill, lsn, transaction

T, OTHER = TENANTS[:2]


@pytest.fixture
def filled(postgres):
    """A database with tenants, and rows that the badges count."""
    fill(postgres)
    r = random.Random(1)
    for _ in range(60):
        postgres.sql(change(r))
    return postgres


@pytest.fixture
def following(filled):
    with Following(filled) as running:
        yield running


def test_the_first_answers_are_those_of_sql(following):
    assert not following.differences()
    assert any(following.oracle.counts(following.database)[T].values())
    assert following.state() == "live"


def test_the_answer_has_the_shape_that_front_ends_read(following):
    answer = following.ask(TENANTS[0]).json()
    assert {k: type(v) for k, v in answer.items() if isinstance(v, dict)} == {
        "knowledge": dict, "integrations": dict, "automation": dict}
    assert set(answer["knowledge"]) == {"sites", "sources", "documents", "answers", "crawlFailures", "widget"}


CHANGES = {
    "an insert": "INSERT INTO feedback (tenant_id, title, priority) VALUES ('{T}', 'x', 'urgent')",
    "many inserts": "INSERT INTO feedback (tenant_id, title, priority) SELECT '{T}', 'x', 'high' "
                    "FROM generate_series(1, 5000)",
    "a row that starts to match": "UPDATE feedback SET priority = 'high' WHERE priority = 'low'",
    "a row that stops to match": "UPDATE feedback SET resolved_at = now()",
    "an update of what nothing counts": "UPDATE feedback SET title = 'y'",
    "a tenant move": "UPDATE feedback SET tenant_id = '{OTHER}'",
    "a move of all tables": "UPDATE feedback SET tenant_id = '{OTHER}'; UPDATE integrations SET tenant_id = '{OTHER}'; "
                            "UPDATE integration_outbox SET tenant_id = '{OTHER}'",
    "a key update": "UPDATE integrations SET id = gen_random_uuid()",
    "a key update that stops to match": "UPDATE integrations SET id = gen_random_uuid(), status = 'active'",
    "keys that change places": "UPDATE integration_outbox SET id = -id; UPDATE integration_outbox SET id = 1 - id",
    "a distinct value that changes": "UPDATE integration_outbox SET conversation_id = NULL WHERE id % 2 = 0",
    "distinct values that fall together": "UPDATE integration_outbox o SET status = 'failed', conversation_id = "
                                          "(SELECT min(id::text)::uuid FROM conversations WHERE tenant_id = "
                                          "o.tenant_id)",
    "a delete": "DELETE FROM integrations",
    "a delete that cascades": "DELETE FROM tenants WHERE id = '{T}'",
    "a truncate": "TRUNCATE feedback",
    "a truncate of several tables": "TRUNCATE feedback, integration_outbox",
    "a truncate that cascades": "TRUNCATE crawl_attempts CASCADE",
    "a truncate and inserts after it": "BEGIN; TRUNCATE feedback; INSERT INTO feedback (tenant_id, title, priority) "
                                       "VALUES ('{T}', 'x', 'urgent'); COMMIT",
    "a rollback": "BEGIN; DELETE FROM feedback; ROLLBACK",
    "a savepoint that is rolled back": "BEGIN; INSERT INTO feedback (tenant_id, title, priority) VALUES "
                                       "('{T}', 'x', 'urgent'); SAVEPOINT s; DELETE FROM feedback; ROLLBACK TO s; "
                                       "COMMIT",
    "a prepared transaction": "BEGIN; UPDATE feedback SET resolved_at = NULL, priority = 'urgent'; "
                              "PREPARE TRANSACTION '{name}'",
    "a row that comes and goes": "BEGIN; INSERT INTO integrations (id, tenant_id, provider, name, status) VALUES "
                                 "('{OTHER}', '{T}', 'x', 'x', 'error'); DELETE FROM integrations WHERE id = "
                                 "'{OTHER}'; "
                                 "COMMIT",
    "the same key deleted and inserted": "BEGIN; CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM feedback; "
                                         "DELETE FROM feedback; UPDATE kept SET tenant_id = '{OTHER}'; "
                                         "INSERT INTO feedback SELECT * FROM kept; COMMIT",
    "an upsert": "INSERT INTO integrations SELECT * FROM integrations ON CONFLICT (id) DO UPDATE SET status = 'error'",
    "a statement that changes nothing": "UPDATE feedback SET priority = priority",
}


@pytest.mark.parametrize("sql", CHANGES.values(), ids=[name.replace(" ", "_") for name in CHANGES])
def test_a_change_is_counted(following, sql):
    database = following.database
    for statement in sql.format(T=T, OTHER=OTHER, name=database.name).split("; "):
        database.sql(statement)
    if "PREPARE TRANSACTION" in sql:  # counts only once it is committed
        following.eventually_equal()
        database.sql(f"COMMIT PREPARED '{database.name}'")
    following.eventually_equal()
    assert following.state() == "live"
    assert "rebuilding" not in following.err.text()


def test_every_answer_equals_the_counts_of_the_commit_it_names(following):
    seed = 20261124
    print(f"seed {seed}")
    r, ledger = random.Random(seed), Ledger(following.database.connect(), following.oracle)
    with Readers(following, count=3) as readers:
        for n in range(400):
            ledger.write(*transaction(r))
            if n % 50 == 0:
                following.eventually_equal()
        following.eventually_equal()
    ledger.check(readers.answers)
    assert not readers.failures
    assert len({at for at, *_ in readers.answers}) > 50, "answers of many commits were seen"
    fresh = sum(1 for *_, stale, _ in readers.answers if stale is None)
    assert fresh == len(readers.answers), f"{len(readers.answers) - fresh} answers were stale"


def test_writers_side_by_side_leave_the_counts_of_sql(following):
    def write(seed):
        r, connection = random.Random(seed), following.database.connect()
        for _ in range(150):
            for statement in ("BEGIN", *transaction(r), r.choice(["COMMIT", "COMMIT", "COMMIT", "ROLLBACK"])):
                try:
                    connection.sql(statement)
                except Exception as error:  # deadlocks, and rows that another writer took
                    last.append(error)
                    connection.sql("ROLLBACK")
                    break
        connection.close()

    last = []
    threads = [threading.Thread(target=write, args=(seed,)) for seed in range(4)]
    with Readers(following):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    print(f"{len(last)} transactions failed, the last with {last[-1:]}")
    following.eventually_equal()


def test_a_large_transaction_is_seen_whole(following):
    before = following.oracle.numbers(following.ask(T).json())
    connection = following.database.connect()
    connection.sql("BEGIN")
    with Readers(following, tenants=[T]) as readers:
        connection.sql(f"INSERT INTO feedback (tenant_id, title, priority) "
                       f"SELECT '{T}', 'x', 'urgent' FROM generate_series(1, 50000)")
        connection.sql(f"INSERT INTO integrations (tenant_id, provider, name, status) "
                       f"SELECT '{T}', 'x', 'x', 'error' FROM generate_series(1, 50000)")
        connection.sql("COMMIT")
        following.eventually_equal()
    after = {**before, "feedback": before["feedback"] + 50000,
             "integrations.installed": before["integrations.installed"] + 50000}
    seen = [numbers for _, _, numbers, _, _ in readers.answers]
    assert after in seen and before in seen
    assert all(numbers in (before, after) for numbers in seen)


def test_a_commit_is_counted_within_a_second(following):
    following.database.sql("DELETE FROM feedback")
    following.eventually_equal()
    delays = []
    for n in range(1, 101):
        following.database.sql(f"INSERT INTO feedback (tenant_id, title, priority) VALUES ('{T}', 'x', 'urgent')")
        committed = time.monotonic()
        eventually(lambda: following.badges(T)["feedback"] == n)
        delays.append(time.monotonic() - committed)
    delays.sort()
    print(f"median {delays[50] * 1000:.1f} ms, most {delays[-1] * 1000:.1f} ms")
    assert delays[50] < 0.1 and delays[-1] < 1


def test_the_role_and_the_publication_of_the_readme_are_enough(filled):
    filled.sql("DROP PUBLICATION badged")
    for name in ("postgres/reader_role.sql", "095_publication.sql"):
        for _ in range(2):  # both may be run again
            filled.sql((ROOT / "sql" / name).read_text())
    with Following(filled, "--feed", "stream", url=filled.url("badged_reader")) as following:
        r, slots = random.Random(3), filled.slots()
        for _ in range(30):
            filled.sql(";".join(transaction(r)))
        following.eventually_equal()
        assert filled.slots() == slots, following.err.text()
    filled.sql("DROP OWNED BY badged_reader")


# As-of, and waiting for it


def test_as_of_names_the_timeline_and_the_position_of_the_commit(following):
    following.database.sql("DELETE FROM feedback")
    end = lsn(following.database.value("SELECT pg_current_wal_lsn()::text"))
    answer = eventually(lambda: (a := following.ask(T)) and as_of(a)[1] >= end and a)
    assert as_of(answer)[0] == 1
    assert as_of(answer)[1] <= lsn(following.database.value("SELECT pg_current_wal_insert_lsn()::text"))


def test_after_a_commit_the_answer_has_it(following):
    for n in range(50):
        following.database.sql(f"INSERT INTO feedback (tenant_id, title, priority) VALUES ('{T}', 'x', 'urgent')")
        expected = following.oracle.counts(following.database)[T]
        position = following.database.value("SELECT pg_current_wal_lsn()::text")
        answer = following.ask(T, f"?after=1-{position}")
        assert answer.status == 200, answer
        assert following.oracle.numbers(answer.json()) == expected
        assert as_of(answer) >= (1, lsn(position))


def test_after_a_commit_that_is_not_there_the_answer_is_504(filled, tmp_path):
    (tmp_path / "badged.yaml").write_text("after_seconds: 1\n")
    with Following(filled, cwd=tmp_path) as following:
        began = time.monotonic()
        answer = following.ask(T, "?after=1-FFFF/0")
        assert answer.status == 504, answer
        assert 0.9 < time.monotonic() - began < 5
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["Badged-As-Of"].startswith("1-")


@pytest.mark.parametrize("after", ["", "1", "x", "1-", "1-0", "1-0/", "1-G/0", "1-0/100000000", "-1-0/0", "1-0/0/0"])
def test_after_nonsense_is_refused(following, after):
    assert following.ask(T, f"?after={after}").status == 400


# What is missing


def test_a_missing_table_is_named_and_counted_once_it_is_there(postgres):
    postgres.sql("ALTER TABLE feedback RENAME TO kept")
    fill_without = [tenant for tenant in TENANTS]
    fill(postgres, fill_without)
    with Following(postgres, ready=False) as following:
        following.eventually_says("feedback")
        answer = following.ask(T)
        assert answer.status == 503 and answer.headers["Retry-After"]
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert "feedback" in answer.json()["detail"]
        postgres.sql("ALTER TABLE kept RENAME TO feedback")
        postgres.sql(f"INSERT INTO feedback (tenant_id, title, priority) VALUES ('{T}', 'x', 'urgent')")
        following.eventually_equal()


@pytest.mark.parametrize("breaking, mending, words", [
    ("DROP PUBLICATION badged",
     "CREATE PUBLICATION badged FOR TABLE crawl_attempts, page_failures, feedback, integrations, integration_outbox",
     "publication"),
    ("ALTER PUBLICATION badged DROP TABLE feedback", "ALTER PUBLICATION badged ADD TABLE feedback", "feedback"),
    ("REVOKE SELECT ON feedback FROM badged", "GRANT SELECT ON feedback TO badged", "feedback"),
    ("ALTER TABLE feedback ALTER COLUMN tenant_id DROP NOT NULL; ALTER TABLE feedback RENAME COLUMN tenant_id TO t",
     "ALTER TABLE feedback RENAME COLUMN t TO tenant_id", "tenant_id"),
    ("ALTER PUBLICATION badged SET (publish = 'insert, update, delete')",
     "ALTER PUBLICATION badged SET (publish = 'insert, update, delete, truncate')", "truncate"),
], ids=["publication", "table_in_it", "privilege", "column", "truncate"])
def test_what_keeps_it_from_following_is_named_and_noticed_when_mended(filled, breaking, mending, words):
    for statement in breaking.split("; "):
        filled.sql(statement)
    with Following(filled, "--feed", "stream", ready=False) as following:
        following.eventually_says(words)
        assert following.ask(T).status == 503
        for statement in mending.split("; "):
            filled.sql(statement)
        following.eventually_equal()


# One tenant, once


def test_the_badges_of_one_tenant_are_printed(filled):
    expected = Oracle().counts(filled)
    for tenant in (T, OTHER, MOVERS[0]):
        done = run("badges", tenant, "--database", filled.url(), "--json")
        assert done.returncode == 0, done.stderr
        assert Oracle().numbers(json.loads(done.stdout)) == expected[tenant]
    assert filled.is_left_alone()


def test_printing_badges_needs_no_right_to_replicate(filled):
    filled.sql("CREATE ROLE only_reads LOGIN BYPASSRLS")
    try:
        filled.sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO only_reads")
        done = run("badges", T, "--database", filled.url("only_reads"), "--json")
        assert done.returncode == 0, done.stderr
        assert Oracle().numbers(json.loads(done.stdout)) == Oracle().counts(filled)[T]
    finally:
        filled.sql("DROP OWNED BY only_reads; DROP ROLE only_reads")


# Stopping


def test_it_leaves_nothing_behind_when_it_is_stopped(following):
    assert len(following.database.walsenders()) == 1 and len(following.database.slots()) == 1
    following.stop()
    eventually(following.database.is_left_alone, 5)


def test_it_leaves_nothing_behind_when_it_is_killed(following):
    following.kill()
    eventually(following.database.is_left_alone, 5)


def test_two_may_follow_the_same_database(following):
    with Following(following.database) as second:
        following.database.sql("DELETE FROM feedback")
        following.eventually_equal()
        second.eventually_equal()


def test_states_are_told_once_each(following):
    told = re.findall(r"(?:connecting|preflight|waiting for slot|loading|catching up|live)", following.err.text())
    assert "live" in told
    lines = following.err.text().splitlines()
    assert all(a != b for a, b in zip(lines, lines[1:]))
    assert len(lines) < 20, following.err.text()


def test_the_whole_program_reads_a_url_with_two_schemes(filled):
    with Badged.serve(filled.url().replace("postgres://", "postgresql://")) as badged:
        assert Oracle().numbers(badged.badges(T)) == Oracle().counts(filled)[T]


def test_counts_are_stale_while_the_server_is_down(cluster, following):
    expected = following.oracle.counts(following.database)
    cluster.stop()
    try:
        eventually(lambda: age(following.ask(T)) is not None, 10, "a stale answer")
        for tenant in TENANTS:
            answer = following.ask(tenant)
            assert answer.status == 200 and age(answer) is not None
            assert following.oracle.numbers(answer.json()) == expected[tenant]
        assert following.get("/readyz").status == 200
        following.eventually_says(r"stale for \d+ s")
        eventually(lambda: age(following.ask(T)) >= 2, 10, "an age that grows")
    finally:
        cluster.start()
    following.eventually_equal()
