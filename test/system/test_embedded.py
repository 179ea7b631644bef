"""The embedded database in service: how badged starts on it, refuses, stops, is killed and starts again, and waits for
tables that are not there yet."""
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import threading
import time

import pytest

from badged import DEADLINE_S, Badged, environment, eventually, program, run

TENANT = "0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01"
OTHER = "5d2f6a1c-97c4-4b7e-8a53-1f0e9d3c2b02"
ORDERS = """
badges:
  - name: orders.late
    zero: 0
    count:
      - { table: orders, where: "status = 'late'" }
"""
PRESSING = ("SELECT count(*) FROM feedback WHERE tenant_id = ? AND priority IN ('urgent', 'high') "
            "AND resolved_at IS NULL")
FAILED = "SELECT count(*) FROM integration_outbox WHERE tenant_id = ? AND status = 'failed'"


def connect(path):
    db = sqlite3.connect(path, timeout=60, isolation_level=None)
    db.execute("PRAGMA foreign_keys = ON")
    return db


def add_tenants(path):
    db = connect(path)
    db.executemany("INSERT INTO tenants (id, name, slug) VALUES (?, 'x', ?)", [(TENANT, "a"), (OTHER, "b")])
    return db


def begin_request(badged, path):
    """A connection on which the head of a request was read, and two bytes of its body are waited for."""
    connection = badged.connect()
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nX-Tenant-Id: {TENANT}\r\nContent-Length: 2\r\n"
                       "Expect: 100-continue\r\n\r\n".encode())
    assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
    return connection


def ask(badged, tenant=TENANT):
    return badged.get("/api/sidebar/badges", {"X-Tenant-Id": tenant})


# Starting


def test_a_port_that_is_taken_is_said(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("serve", "--auth", "none", "--listen", f"127.0.0.1:{port}", cwd=tmp_path)
    assert done.returncode == 71
    assert done.stdout == ""
    assert f"port {port} of 127.0.0.1 is taken by another program" in done.stderr


@pytest.mark.parametrize("path, code, words", [
    ("none/badged.db", 66, "its directory is not there"),
    ("folder", 69, "it is a directory"),
    ("file/badged.db", 66, "part of its path is not a directory"),
    ("noise.db", 76, "file is not a database"),
])
def test_a_file_that_cannot_be_a_database_is_refused(tmp_path, path, code, words):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "noise.db").write_bytes(bytes(range(256)) * 40)
    before = sorted(p.name for p in tmp_path.rglob("*"))
    done = run("serve", "--auth", "none", "--listen", "127.0.0.1:0", "--database", f"sqlite:{path}", cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert words in done.stderr and path in done.stderr.splitlines()[-1]
    assert sorted(p.name for p in tmp_path.rglob("*")) == before


def without_override(*args):
    """The command as a user whom permissions bind, also when that is root."""
    if os.geteuid() != 0:
        return list(args)
    return ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all", *args]


def test_a_file_that_cannot_be_written_is_refused(badged, database):
    badged.stop()
    database.chmod(0o400)
    done = subprocess.run(without_override(program(), "serve", "--auth", "none", "--listen", "127.0.0.1:0",
                                           "--database", f"sqlite:{database}"),
                          env=environment(), text=True, capture_output=True, timeout=DEADLINE_S)
    assert done.returncode == 77, done.stderr
    assert str(database) in done.stderr and "let its user write" in done.stderr


def test_who_writes_once_there_is_an_address_meets_no_lock_of_badged(database):
    with Badged.serve(f"sqlite:{database}", ready=False) as badged:
        impatient = sqlite3.connect(database, timeout=0, isolation_level=None)
        assert impatient.execute("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'feedback' "
                                 "AND name LIKE 'badged%'").fetchone()[0] > 0, "the feed is still to set these up"
        impatient.execute("INSERT INTO tenants (id, name, slug) VALUES (?, 'x', 'x')", (TENANT,))
        impatient.close()
        assert ask(badged).status == 200


class Supervisor:
    """The socket that systemd listens on for what its services say (sd_notify(3))."""

    def __init__(self, path):
        self.path = str(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(DEADLINE_S)

    def said(self):
        return self.socket.recv(4096).decode().splitlines()


def test_a_supervisor_is_told_when_it_is_ready_and_when_it_stops(tmp_path, database):
    supervisor = Supervisor(tmp_path / "notify")
    with Badged.serve(f"sqlite:{database}", env={"NOTIFY_SOCKET": supervisor.path}) as badged:
        said = supervisor.said()
        assert "READY=1" in said and f"STATUS=Serving port {badged.port}" in said
        badged.send(signal.SIGTERM)
        assert supervisor.said() == ["STOPPING=1"]
        assert badged.wait() == 0


def test_a_supervisor_that_cannot_be_told_is_warned_of_once(tmp_path, database):
    with Badged.serve(f"sqlite:{database}", env={"NOTIFY_SOCKET": str(tmp_path / "nobody")}) as badged:
        badged.stop()
        warnings = [line for line in badged.err.lines if "NOTIFY_SOCKET" in line]
    assert len(warnings) == 1 and f"{tmp_path}/nobody: No such file or directory" in warnings[0]


# Stopping


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_under_way_is_answered_before_it_stops(database, number):
    # One thread: the answer on the second connection says that the head on the first was read.
    with Badged.serve(f"sqlite:{database}", "--threads", "1") as badged:
        with begin_request(badged, "/api/sidebar/badges") as late, badged.connect() as idle:
            idle.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b"200" in idle.recv(4096).split(b"\r\n")[0]
            badged.send(number)
            assert badged.err.wait_for("stopping on " + signal.Signals(number).name[3:])
            late.sendall(b"{}")
            answer = b""
            while part := late.recv(4096):
                answer += part
            assert answer.startswith(b"HTTP/1.1 200 ") and b'"feedback":null' in answer
            assert b"\r\nConnection: close\r\n" in answer
        assert badged.wait() == 0
        with pytest.raises(OSError):
            badged.connect(timeout=1)


def test_a_second_signal_ends_it_at_once(badged):
    with begin_request(badged, "/livez"):
        badged.send(signal.SIGTERM)
        assert badged.err.wait_for("another signal stops at once")
        start = time.monotonic()
        while badged.process.poll() is None:  # the first may not yet have let go of the second
            badged.send(signal.SIGINT)
            assert time.monotonic() - start < DEADLINE_S
            time.sleep(0.005)
        assert time.monotonic() - start < 4, "it waited for the request"
    assert badged.wait() in (-signal.SIGINT, -signal.SIGTERM)


def check_file(path):
    db = connect(path)
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    return db


def test_a_demonstration_killed_in_the_middle_of_its_writes_goes_on(tmp_path):
    path = tmp_path / "badged-demo.db"
    for _ in range(4):
        badged = Badged.demo("--every", "0.05", cwd=tmp_path)
        try:
            tenants = [t["id"] for t in badged.get("/demo/tenants").json()["tenants"]]
            as_of = ask(badged, tenants[0]).headers["Badged-As-Of"]
            eventually(lambda: ask(badged, tenants[0]).headers["Badged-As-Of"] != as_of, what="a change")
        finally:
            badged.kill()
        db = check_file(path)
        expected = {t: (db.execute(PRESSING, (t,)).fetchone()[0], db.execute(FAILED, (t,)).fetchone()[0])
                    for t in tenants}
        db.close()
        with Badged.serve(f"sqlite:{path}") as again:
            for t in tenants:
                answer = again.badges(t)
                assert (answer["feedback"] or 0, answer["automation"]["outbox"]) == expected[t]


def write_until_killed(path):
    """A program that commits row after row, and says so behind each."""
    code = ("import sqlite3, sys\n"
            "db = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)\n"
            "db.execute('PRAGMA cache_size = 2')\n"
            "while True:\n"
            "    db.execute('BEGIN')\n"
            "    for _ in range(20):\n"
            "        db.execute(\"INSERT INTO feedback (tenant_id, title, priority, description)\"\n"
            "                   \" VALUES (?, 't', 'urgent', hex(randomblob(500)))\", sys.argv[2:3])\n"
            "    db.execute('COMMIT')\n"
            "    print(20, flush=True)\n")
    return subprocess.Popen(["/usr/bin/python3", "-c", code, str(path), TENANT], stdout=subprocess.PIPE, text=True)


def test_what_a_writer_committed_before_it_was_killed_is_counted(badged, database):
    add_tenants(database).close()
    chance = random.Random(20261123)
    committed = 0
    for round in range(6):
        writer = write_until_killed(database)
        try:
            for _ in range(chance.randrange(1, 8)):
                committed += int(writer.stdout.readline())
            time.sleep(chance.random() * 0.01)  # anywhere in its next transaction
        finally:
            writer.kill()
            committed += sum(map(int, writer.communicate()[0].split()))
        if round % 2:
            badged.kill()
        db = check_file(database)
        found = db.execute(PRESSING, (TENANT,)).fetchone()[0]
        db.close()
        assert committed <= found <= committed + 20  # one more may have been committed and not been said
        committed = found
        if round % 2:
            badged = Badged.serve(f"sqlite:{database}")
        try:
            eventually(lambda: badged.badges(TENANT)["feedback"] == found, what=f"{found} rows")
        except BaseException:
            badged.kill()
            raise
    badged.stop()


# Tables that come and go


def test_a_users_badge_waits_for_its_table_and_recovers_by_itself(tmp_path, database):
    (tmp_path / "badged.yaml").write_text(ORDERS)
    with Badged.serve(f"sqlite:{database}", cwd=tmp_path, ready=False) as badged:
        unknown = eventually(lambda: (answer := ask(badged)).body.find(b"orders") > 0 and answer)
        assert unknown.status == 503
        assert unknown.headers["Content-Type"] == "application/problem+json"
        assert int(unknown.headers["Retry-After"]) >= 1
        problem = unknown.json()
        assert 'table "orders" is not in the database: create it' in problem["detail"]
        assert badged.err.wait_for(r'badged.yaml:6:18: table "orders"')  # and where it is asked for
        ready = badged.get("/readyz?verbose")
        assert ready.status == 503 and b'table "orders"' in ready.body
        assert badged.get("/livez").status == 200
        db = add_tenants(database)
        db.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, tenant_id TEXT, status TEXT)")
        created = time.monotonic()
        db.execute("INSERT INTO orders (tenant_id, status) VALUES (?, 'late'), (?, 'sent')", (TENANT, TENANT))
        eventually(lambda: ask(badged).status == 200, what="an answer")
        assert time.monotonic() - created < 2
        eventually(lambda: badged.badges(TENANT)["orders"] == {"late": 1})
        db.execute("DROP TABLE orders")
        eventually(lambda: ask(badged).status == 503, what="an answer that says the table is gone")
        db.close()


def test_two_programs_serve_one_file_alike(tmp_path, badged, database):
    (tmp_path / "badged.yaml").write_text(ORDERS)
    db = add_tenants(database)
    db.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, tenant_id TEXT, status TEXT)")
    with Badged.serve(f"sqlite:{database}", cwd=tmp_path) as other:
        for n in range(1, 21):
            db.execute("BEGIN")
            db.execute("INSERT INTO orders (tenant_id, status) VALUES (?, 'late')", (TENANT,))
            db.execute("INSERT INTO feedback (tenant_id, title, priority) VALUES (?, 't', 'high')", (TENANT,))
            db.execute("COMMIT")
            if n % 5:
                continue
            eventually(lambda: badged.badges(TENANT)["feedback"] == n)
            eventually(lambda: other.badges(TENANT)["feedback"] == n and other.badges(TENANT)["orders"]["late"] == n)
            assert ask(badged).headers["Badged-As-Of"] == ask(other).headers["Badged-As-Of"]
    db.close()
    assert "warning" not in badged.err.text()


# Beside writers


def test_a_writer_without_patience_is_seldom_refused(badged, database):
    """A shell that waits for no lock writes row after row, while clients read and badged follows each write."""
    add_tenants(database).close()
    writes, rounds, is_over, wrong = 200, 3, threading.Event(), []

    def read():
        try:
            while not is_over.is_set():
                badged.badges(TENANT)
        except Exception as error:  # shown below: an exception in a thread fails no test
            wrong.append(error)

    clients = [threading.Thread(target=read) for _ in range(4)]
    for client in clients:
        client.start()
    sql = f"INSERT INTO feedback (tenant_id, title, priority) VALUES ('{TENANT}', 't', 'high');\n" * writes
    # What else runs on the machine only adds refusals, so that the best of a few rounds is what badged adds.
    refused = []
    while len(refused) < rounds and min(refused, default=writes) >= writes / 5:
        done = subprocess.run(["sqlite3", str(database)], input=sql, text=True, capture_output=True)
        refused.append(done.stderr.count("database is locked"))
    is_over.set()
    for client in clients:
        client.join()
    assert not wrong
    print(f"{refused} of {writes} writes were refused")
    assert min(refused) < writes / 5
    eventually(lambda: badged.badges(TENANT)["feedback"] == writes * len(refused) - sum(refused))
    assert "stale" not in badged.get("/readyz?verbose").body.decode()
    assert "warning" not in badged.err.text(), "it kept up all the time"


# Output that is not wanted


def test_a_reader_that_goes_away_is_a_failure_and_no_crash(badged, database):
    command = [program(), "badges", TENANT, "--database", f"sqlite:{database}"]
    read_end, write_end = os.pipe()
    os.close(read_end)
    gone = subprocess.run(command, stdout=write_end, stderr=subprocess.PIPE, text=True, env=environment())
    os.close(write_end)
    closed = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *command], stderr=subprocess.PIPE, text=True,
                            env=environment())
    with open("/dev/full", "w") as full:
        no_room = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=environment())
    for done in gone, closed, no_room:
        assert done.returncode in (71, -signal.SIGPIPE), done
        assert done.returncode < 0 or "standard output" in done.stderr


def test_colour_is_never_in_what_it_prints(badged, database):
    for env in {}, {"NO_COLOR": "1"}, {"TERM": "xterm-256color", "FORCE_COLOR": "1"}:
        done = run("badges", TENANT, "--database", f"sqlite:{database}", env=env)
        assert done.returncode == 0 and "\x1b" not in done.stdout + done.stderr
        assert json.loads(run("badges", TENANT, "--json", "-d", f"sqlite:{database}", env=env).stdout)
