"""Reading one's own write: ?after=AS-OF on the real program, with the embedded database and with Postgres."""
import pathlib
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from badged import Badged, eventually

TENANT = "0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01"
PATH = "/api/sidebar/badges"


@pytest.fixture
def written(badged, database):
    """The program, and a connection of another writer to its database."""
    db = sqlite3.connect(database, timeout=60, isolation_level=None)
    db.execute("INSERT INTO tenants (id, name, slug) VALUES (?, 'x', 'x')", (TENANT,))
    yield badged, db
    db.close()


def ask(badged, after=None, method="GET"):
    query = "" if after is None else f"?after={after}"
    return badged.get(PATH + query, {"X-Tenant-Id": TENANT}, method)


def later(as_of, changes=1):
    """The as-of so many changes after one: the embedded database counts them."""
    timeline, position = as_of.split("-")
    high, low = (int(half, 16) for half in position.split("/"))
    number = (high << 32 | low) + changes
    return f"{timeline}-{number >> 32:X}%2F{number & 0xFFFFFFFF:X}"


def complain(db):
    db.execute("INSERT INTO feedback (tenant_id, type, priority, title) VALUES (?, 'bug', 'urgent', 'x')", (TENANT,))


def test_a_commit_is_in_the_answer_that_asks_for_it(written):
    badged, db = written
    as_of = ask(badged).headers["Badged-As-Of"]
    for n in range(1, 11):
        complain(db)
        answer = ask(badged, later(as_of))
        assert answer.status == 200, answer
        assert answer.json()["feedback"] == n
        as_of = answer.headers["Badged-As-Of"]


def test_a_request_waits_for_a_commit_that_is_still_to_come(written):
    badged, db = written
    after = later(ask(badged).headers["Badged-As-Of"])
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(ask, badged, after) for _ in range(8)]
        assert ask(badged).status == 200  # who does not ask for it is answered meanwhile
        complain(db)
        assert [a.result().status for a in answers] == [200] * 8
        assert {a.result().json()["feedback"] for a in answers} == {1}


def test_a_commit_that_never_comes_is_a_504_with_the_as_of_there_is(written, tmp_path):
    badged, _ = written
    as_of = ask(badged).headers["Badged-As-Of"]
    began = time.monotonic()
    answer = ask(badged, later(as_of, 1000))
    assert 4.5 < time.monotonic() - began  # after_seconds, by default
    assert answer.status == 504
    assert answer.json()["type"].endswith("/behind") and as_of in answer.json()["detail"]
    assert answer.headers["Badged-As-Of"] == as_of and answer.headers["Retry-After"] == "1"


def test_how_long_a_request_waits_is_configured(database, tmp_path):
    (tmp_path / "badged.yaml").write_text("after_seconds: 0\n")
    with Badged.serve(f"sqlite:{database}", cwd=tmp_path) as badged:
        began = time.monotonic()
        assert ask(badged, "9-0/0").status == 504
        assert time.monotonic() - began < 4


def test_those_that_wait_are_answered_when_it_stops(database, tmp_path):
    (tmp_path / "badged.yaml").write_text("after_seconds: 60\n")
    with Badged.serve(f"sqlite:{database}", "--threads", "1", cwd=tmp_path) as badged:
        request = f"GET {PATH}?after=9-0/0 HTTP/1.1\r\nHost: localhost\r\nX-Tenant-Id: {TENANT}\r\n\r\n".encode()
        waiting = [badged.connect() for _ in range(50)]
        for connection in waiting:
            connection.sendall(request)
        assert badged.get("/livez").status == 200  # behind those, on the one thread
        for connection in waiting[:10]:
            connection.close()  # these have gone by then
        badged.stop()  # which does not take as long as they would wait
        for connection in waiting[10:]:
            assert connection.recv(65536).startswith(b"HTTP/1.1 504 ")
            assert connection.recv(1) == b""
            connection.close()


def test_clients_that_stop_waiting_leave_nothing_behind(database, tmp_path):
    (tmp_path / "badged.yaml").write_text("after_seconds: 60\n")
    with Badged.serve(f"sqlite:{database}", cwd=tmp_path) as badged:
        def files():
            return len(list(open_files.iterdir()))
        open_files = pathlib.Path(f"/proc/{badged.process.pid}/fd")
        ask(badged)
        before = files()
        request = f"GET {PATH}?after=9-0/0 HTTP/1.1\r\nHost: localhost\r\nX-Tenant-Id: {TENANT}\r\n\r\n".encode()
        for _ in range(5):
            waiting = [badged.connect() for _ in range(100)]
            for connection in waiting:
                connection.sendall(request * 3)
            for connection in waiting:
                connection.close()
        eventually(lambda: files() <= before, what="their connections closed")
        assert ask(badged).status == 200


def test_a_commit_to_postgres_is_in_the_answer_that_asks_for_its_position(postgres):
    postgres.sql("INSERT INTO tenants (id, name, slug) VALUES (%s, 'x', 'x')", (TENANT,))
    with Badged.serve(postgres.url()) as badged:
        for n in range(1, 31):
            postgres.sql("INSERT INTO feedback (tenant_id, type, priority, title) VALUES (%s, 'bug', 'urgent', 'x')",
                         (TENANT,))
            answer = ask(badged, postgres.value("SELECT pg_current_wal_flush_lsn()::text"))
            assert answer.status == 200, answer.body
            assert answer.json()["feedback"] == n
        postgres.sql("DELETE FROM feedback")
        answer = ask(badged, answer.headers["Badged-As-Of"].partition("-")[0] + "-FFFFFFFF/0")
        assert answer.status == 504 and answer.json()["type"].endswith("/behind")
        assert ask(badged, postgres.value("SELECT pg_current_wal_flush_lsn()::text")).json()["feedback"] is None
