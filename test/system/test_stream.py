"""The event stream of the real program: a row that changes arrives, and what ends a stream or keeps it from opening."""
import contextlib
import http.client
import os
import pathlib
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from badged import SANITIZER_OPTIONS, Badged, eventually
from events import PATH, Stream
from following import TENANTS, Following, fill
from postgres import free_port
from tcp_proxy import TcpProxy

TENANT = "0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01"
INSERT = "INSERT INTO feedback (tenant_id, title, type, priority) VALUES ('{}', 'x', 'bug', 'urgent')"
COMPLAIN = INSERT.format(TENANT)


@pytest.fixture
def tenant(badged, database):
    shell(database, f"INSERT INTO tenants (id, name, slug) VALUES ('{TENANT}', 'x', 'x')")
    return TENANT


def shell(database, statement):
    """As people change a row by hand."""
    subprocess.run(["sqlite3", database, ".timeout 10000", statement], check=True, timeout=30)


def serve(database, tmp_path, settings, **more):
    (tmp_path / "badged.yaml").write_text(settings)
    return Badged.serve(f"sqlite:{database}", cwd=tmp_path, **more)


def ask(badged, tenant=TENANT, method="GET"):
    return badged.get(PATH, {"X-Tenant-Id": tenant}, method)


# What is sent


def test_a_row_changed_with_sqlite3_arrives(badged, database, tenant):
    with Stream(badged, tenant) as stream:
        first = stream.next("badges")
        assert first.json() == badged.badges(tenant)
        assert len(stream.retries) == 1 and 2000 <= stream.retries[0] <= 4000
        for n in range(1, 4):
            began = time.monotonic()
            shell(database, COMPLAIN)
            assert stream.next("badges").json()["feedback"] == n
            assert time.monotonic() - began < 10
        assert stream.last > first.as_of()


def test_a_row_changed_with_psql_arrives(postgres):
    fill(postgres)
    with Following(postgres) as following, Stream(following, TENANTS[0]) as stream, \
            Stream(following, TENANTS[1]) as other:
        before = stream.next("badges").json()["feedback"] or 0
        others = other.next("badges").json()["feedback"] or 0
        postgres.psql(INSERT.format(TENANTS[0]))
        assert stream.next("badges").json()["feedback"] == before + 1
        postgres.psql(INSERT.format(TENANTS[1]))
        assert other.next("badges").json()["feedback"] == others + 1


def test_a_browser_that_comes_back_is_sent_the_state_whatever_it_had_last(badged, tenant):
    for last in ("1-0/0", "9-FFFFFFFF/FFFFFFFF", "nonsense"):
        with Stream(badged, tenant, {"Last-Event-ID": last}) as stream:
            assert stream.next("badges").json() == badged.badges(tenant)


def test_it_says_when_postgres_goes_away_and_when_it_is_back(postgres):
    fill(postgres)
    with TcpProxy(postgres.cluster.port) as proxy, Following(postgres, proxy=proxy) as following, \
            Stream(following, TENANTS[0]) as stream:
        before = stream.next("badges").json()
        proxy.fault("refuse")
        stale = stream.next("status").json()
        assert stale["status"] == "stale"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stale["since"])
        postgres.psql(INSERT.format(TENANTS[0]))
        proxy.heal()
        assert before_live(stream)["feedback"] == (before["feedback"] or 0) + 1


def before_live(stream):
    """The badges that came last before the counts were said to be live again: those came first."""
    events = []
    for event in stream.events():
        if event.kind == "status" and event.json() == {"status": "live"}:
            return events[-1].json()
        assert event.kind == "badges" or event.json()["status"] != "live"
        events.append(event)


def test_it_says_when_nothing_is_known_any_more_and_when_it_is_again(badged, database, tenant):
    with Stream(badged, tenant) as stream:
        stream.next("badges")
        shell(database, "ALTER TABLE feedback RENAME TO hidden")
        events = stream.events()
        assert next(e for e in events if e.kind == "status" and e.json()["status"] != "stale").json() == {
            "status": "unknown"}
        assert eventually(lambda: ask(badged).status == 503)
        shell(database, "ALTER TABLE hidden RENAME TO feedback; " + COMPLAIN)
        assert before_live(stream)["feedback"] == 1


def test_a_client_that_does_not_read_costs_no_memory_and_skips_to_the_latest(postgres):
    fill(postgres)
    # AddressSanitizer keeps what is freed for a while, which would be all that grows here.
    env = {"ASAN_OPTIONS": SANITIZER_OPTIONS["ASAN_OPTIONS"] + ":quarantine_size_mb=0"}
    with Following(postgres, env=env) as following, contextlib.closing(postgres.connect()) as writer:
        slow = [Stream(following, TENANTS[0]) for _ in range(50)]
        writer.sql("SET synchronous_commit = off")
        sizes, wanted = [], 0
        for commits in (500, 1000):
            for _ in range(commits):
                writer.sql(INSERT.format(TENANTS[0]))
            wanted += commits
            eventually(lambda: (following.badges(TENANTS[0])["feedback"] or 0) >= wanted)
            sizes.append(resident(following))
        assert sizes[1] - sizes[0] < 6 << 20  # 50 streams of 1000 events are 18 MB
        with slow[0] as stream:
            seen = []
            stream.until(lambda badges: seen.append(1) or (badges["feedback"] or 0) >= wanted)
            assert len(seen) < 1000
        for stream in slow:
            stream.close()


def resident(badged):
    status = pathlib.Path(f"/proc/{badged.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) << 10


# How it ends, and why it does not open


def test_a_stream_ends_at_its_age(database, tmp_path):
    with serve(database, tmp_path, "stream_seconds: 1\n") as badged, Stream(badged, TENANT) as stream:
        began = time.monotonic()
        assert [event.kind for event in stream.events()] == ["badges"]
        assert time.monotonic() - began > 0.8
        assert len(stream.retries) == 2


def test_streams_end_one_after_the_other_when_it_stops_and_it_is_not_ready_meanwhile(database, tmp_path):
    with serve(database, tmp_path, "drain_seconds: 2\n") as badged:
        streams = [Stream(badged, TENANT) for _ in range(200)]
        kept = http.client.HTTPConnection(badged.host, badged.port, timeout=30)
        kept.connect()

        def await_end(stream):
            assert [event.kind for event in stream.events()] == ["badges"] and len(stream.retries) == 2
            return time.monotonic()

        with ThreadPoolExecutor(len(streams)) as pool:
            ends = [pool.submit(await_end, stream) for stream in streams]
            badged.send(signal.SIGTERM)
            badged.err.wait_for("stopping on TERM")
            answer = eventually(lambda: not_ready(kept))
            assert "stopping" in answer
            seen = sorted(end.result() for end in ends)
        assert badged.wait() == 0
        assert seen[-1] - seen[0] > 1  # of the 1.8 s that they are spread over
        tenths = [sum(1 for s in seen if n / 10 <= s - seen[0] < (n + 1) / 10) for n in range(18)]
        assert max(tenths) < 60  # a tenth of a second has eleven, and under load some more


def not_ready(connection):
    connection.request("GET", "/readyz?verbose")
    answer = connection.getresponse()
    text = answer.read().decode()
    return text if answer.status == 503 else None


def test_limits_are_problems_and_who_closes_makes_room(database, tmp_path):
    settings = "streams_max: 3\nstreams_per_tenant: 2\n"
    with serve(database, tmp_path, settings) as badged:
        first, _second = Stream(badged, TENANT), Stream(badged, TENANT)
        assert_refused(ask(badged), 429, "too-many")
        assert ask(badged, method="HEAD").status == 429
        third = Stream(badged, TENANTS[0])
        assert_refused(ask(badged, TENANTS[1]), 503, "overloaded")
        assert badged.get("/api/sidebar/badges", {"X-Tenant-Id": TENANT}).status == 200  # by polling
        first.close()
        third.close()
        assert eventually(lambda: ask(badged, method="HEAD").status == 200)


def test_an_address_has_a_limit_where_one_is_set(database, tmp_path):
    with serve(database, tmp_path, "streams_per_address: 1\n") as badged:
        first = Stream(badged, TENANT)
        assert_refused(ask(badged, TENANTS[0]), 429, "too-many")
        first.close()


def assert_refused(answer, status, kind):
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"].endswith(f"/{kind}") and answer.json()["status"] == status
    assert 5 <= int(answer.headers["Retry-After"]) <= 15


def test_the_head_alone_can_be_asked_for(badged):
    answer = ask(badged, method="HEAD")
    assert answer.status == 200 and answer.body == b""
    for name, value in (("Content-Type", "text/event-stream"), ("X-Accel-Buffering", "no"), ("Vary", "X-Tenant-Id"),
                        ("Cache-Control", "private, no-cache, no-transform")):
        assert answer.headers[name] == value


def test_a_thousand_streams_are_told_and_leave_no_descriptor_behind(badged, database, tenant):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    folder = f"/proc/{badged.process.pid}/fd"
    before = len(os.listdir(folder))
    streams = [Stream(badged, tenant) for _ in range(1000)]
    for stream in streams:
        stream.next("badges")
    assert len(os.listdir(folder)) >= before + 1000
    shell(database, COMPLAIN)
    for stream in streams:
        assert stream.next("badges").json()["feedback"] == 1
        stream.close()
    eventually(lambda: len(os.listdir(folder)) <= before + 2)


# Behind a proxy

NGINX = """\
{user}
daemon off;
pid {folder}/pid;
error_log stderr;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_pass {url}; }}
    }}
}}
"""


class Nginx:
    """nginx in front of badged, which buffers and speaks HTTP/1.0 to it, as it does when nothing else is said."""

    def __init__(self, badged, folder):
        self.host, self.port = "127.0.0.1", free_port()
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(NGINX.format(user=user, folder=folder, port=self.port, url=badged.url))
        program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
        self.process = subprocess.Popen([program, "-c", folder / "nginx.conf", "-e", "stderr"])

    def __enter__(self):
        eventually(self._answers)
        return self

    def _answers(self):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        try:
            connection.request("GET", "/livez")
            return connection.getresponse().status == 200
        except ConnectionRefusedError:
            return False
        finally:
            connection.close()

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)


def test_events_pass_a_proxy_that_buffers_at_once(badged, database, tenant, tmp_path):
    with Nginx(badged, tmp_path) as nginx, Stream(nginx, tenant) as stream:
        assert stream.next("badges").json()["feedback"] is None
        for n in range(1, 4):
            db = sqlite3.connect(database, timeout=30)
            with db:
                db.execute(COMPLAIN)
            db.close()
            began = time.monotonic()
            assert stream.next("badges").json()["feedback"] == n
            assert time.monotonic() - began < 5  # a proxy that kept it back would do so until its buffer is full
