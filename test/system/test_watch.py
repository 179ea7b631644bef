"""`badged watch`: the lines of JSON that programs read, the screen that people look at, and how it comes back."""
import contextlib
import fcntl
import json
import os
import re
import select
import signal
import socket
import sqlite3
import subprocess
import time

import pytest

from badged import (Badged, DEADLINE_S, Output, as_from_a_shell, assert_no_sanitizer_report, environment, eventually,
                    program, run)
from stream_server import StreamServer
from terminal import Terminal

TENANT = "0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01"
USAGE, REQUEST, NOT_FOUND = 64, 65, 66


@pytest.fixture
def server():
    with StreamServer() as running:
        yield running


def badges(as_of, **numbers):
    return f"event: badges\nid: {as_of}\ndata: {json.dumps(numbers)}\n\n"


def status(**said):
    return f"event: status\ndata: {json.dumps(said)}\n\n"


class Watch:
    """`badged watch` with its output in a pipe."""

    def __init__(self, url, *more, stdout=subprocess.PIPE):
        self.process = subprocess.Popen([program(), "watch", "--url", url, TENANT, *more], env=environment(), text=True,
                                        stdout=stdout, stderr=subprocess.PIPE, preexec_fn=as_from_a_shell)
        self.out = Output(self.process.stdout) if self.process.stdout else None
        self.err = Output(self.process.stderr)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        print(f"--- stdout\n{self.out.text() if self.out else ''}\n--- stderr\n{self.err.text()}")

    def lines(self, count):
        """All lines, once there are so many."""
        def enough():
            assert self.process.poll() is None or len(self.out.lines) >= count, self.err.text()
            return len(self.out.lines) >= count
        eventually(enough, what=f"{count} lines")
        return [json.loads(line) for line in self.out.lines]

    def wait(self):
        code = self.process.wait(DEADLINE_S)
        self.err.thread.join(DEADLINE_S)
        assert_no_sanitizer_report(self.err.text())
        return code

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        assert self.wait() == 0, self.err.text()


# ---- lines ----


def test_each_change_is_a_line_of_json(server):
    with Watch(server.url) as watch:
        request = server.accept()
        assert (request.method, request.target) == ("GET", "/api/sidebar/badges/stream")
        assert request.headers["x-tenant-id"] == TENANT
        assert request.headers["accept"] == "text/event-stream"
        assert "last-event-id" not in request.headers
        request.stream(badges("1-0/2A", feedback=7, knowledge={"sources": None}))
        watch.lines(1)
        request.send(":\n")
        request.send(badges("1-0/2B", feedback=8, knowledge={"sources": None}))
        watch.lines(2)
        request.send(status(status="stale", since="2026-11-24T21:00:00Z"))
        watch.lines(3)
        request.send("event: reauth\ndata: {}\n\n" + badges("1-0/2C", feedback=9, knowledge={"sources": 1}))
        watch.lines(4)
        request.send(status(status="unknown"))
        watch.lines(5)
        request.send(badges("1-0/2D", feedback=0) + status(status="live"))
        assert watch.lines(6) == [
            {"as_of": "1-0/2A", "status": "live", "badges": {"feedback": 7, "knowledge": {"sources": None}}},
            {"as_of": "1-0/2B", "status": "live", "badges": {"feedback": 8, "knowledge": {"sources": None}}},
            {"as_of": "1-0/2B", "status": "stale", "badges": {"feedback": 8, "knowledge": {"sources": None}},
             "since": "2026-11-24T21:00:00Z"},
            {"as_of": "1-0/2C", "status": "stale", "badges": {"feedback": 9, "knowledge": {"sources": 1}},
             "since": "2026-11-24T21:00:00Z"},
            {"as_of": "1-0/2C", "status": "unknown", "badges": None},
            {"as_of": "1-0/2D", "status": "live", "badges": {"feedback": 0}},
        ]
        assert watch.out.lines[0] == '{"as_of":"1-0/2A","status":"live","badges":' \
                                     '{"feedback":7,"knowledge":{"sources":null}}}\n'
        watch.stop()
        assert watch.err.text() == ""


def test_a_stream_that_ends_is_opened_again_without_a_word(server):
    with Watch(server.url) as watch:
        request = server.accept()
        request.stream(badges("1-0/2A", feedback=7), retry_ms=300)
        watch.lines(1)
        request.close()
        closed = time.monotonic()
        request = server.accept()
        assert time.monotonic() - closed >= 0.29, "sooner than retry: says"
        assert request.headers["last-event-id"] == "1-0/2A"
        request.stream(badges("1-0/2A", feedback=7), badges("1-0/2B", feedback=8))
        assert [line["as_of"] for line in watch.lines(2)] == ["1-0/2A", "1-0/2B"]
        watch.stop(signal.SIGINT)
        assert watch.err.text() == ""


def test_a_server_that_is_gone_is_told_and_its_return(server):
    with Watch(server.url) as watch:
        request = server.accept()
        request.stream(badges("1-0/2A", feedback=7))
        watch.lines(1)
        request.close()
        server.accept().close()  # without an answer
        assert watch.lines(2)[1] == {"as_of": "1-0/2A", "status": "offline", "badges": {"feedback": 7}}
        request = server.accept()
        request.stream(badges("1-0/2A", feedback=7))
        assert watch.lines(3)[2]["status"] == "live"
        assert watch.err.wait_for("following again")
        watch.stop()
        warned, back = watch.err.text().splitlines()
        assert f"warning: {server.url}: " in warned and "trying again" in warned


def test_a_refusal_that_may_end_is_tried_again_when_it_says(server):
    with Watch(server.url) as watch:
        request = server.accept()
        request.head(503, "application/problem+json", "Retry-After: 2")
        request.send('{"status":503,"detail":"counts are not known yet"}')
        request.close()
        closed = time.monotonic()
        assert watch.lines(1) == [{"as_of": None, "status": "offline", "badges": None}]
        server.accept().stream(badges("1-0/2A", feedback=7))
        assert time.monotonic() - closed >= 1.9, "sooner than Retry-After says"
        assert watch.lines(2)[1]["badges"] == {"feedback": 7}
        assert "it answered 503: counts are not known yet; trying again" in watch.err.text()
        watch.stop()


@pytest.mark.parametrize("text", [
    "event: badges\nid: 1-0/2B\ndata: {\n\n",
    "event: badges\nid: 1-0/2B\ndata: [1]\n\n",
    "event: badges\nid: never\ndata: {\"feedback\":1}\n\n",
    badges("1-0/2B", feedback=-1),
    badges("1-0/2B", feedback=1.5),
    badges("1-0/2B", **{"a b": 1}),
    badges("1-0/2B", **{"a.b": 1, "a": {"b": 2}}),
    badges("1-0/2B", a={"b": {"c": {"d": {"e": 1}}}}),
    badges("1-0/2B", **{f"b{i}": 1 for i in range(257)}),
    status(state="live"),
    "data: " + "x" * (1024 * 1024 + 1),
], ids=lambda text: text[:40])
def test_what_is_no_badges_breaks_the_stream_and_shows_nothing_of_it(server, text):
    with Watch(server.url) as watch:
        request = server.accept()
        request.stream(badges("1-0/2A", feedback=7))
        watch.lines(1)
        with contextlib.suppress(ConnectionError):
            request.send(text)
        assert watch.lines(2)[1] == {"as_of": "1-0/2A", "status": "offline", "badges": {"feedback": 7}}
        server.accept().stream(badges("1-0/2C", feedback=8))
        assert watch.lines(3)[2] == {"as_of": "1-0/2C", "status": "live", "badges": {"feedback": 8}}


@pytest.mark.parametrize("code, kind, exit_code, message", [
    (404, "application/problem+json", NOT_FOUND, r"it answered 404: so it is; no badged of at least version"),
    (400, "application/problem+json", REQUEST, r"it answered 400: so it is; .*check TENANT"),
    (401, "application/problem+json", REQUEST, r"it answered 401: so it is; .*`auth`"),
    (302, "text/html", REQUEST, r"it answered 302.*name that place with --url"),
    (200, "text/html", REQUEST, r"answered with text/html and not with an event stream.*--url"),
    (200, "text/event-streams", REQUEST, r"answered with text/event-streams"),
])
def test_what_cannot_mend_itself_ends_it(server, code, kind, exit_code, message):
    with Watch(server.url) as watch:
        request = server.accept()
        request.head(code, kind)
        request.send('{"detail":"so it is"}')
        request.close()
        assert watch.wait() == exit_code
        assert re.fullmatch(rf"badged: {re.escape(server.url)}: .*{message}.*\n", watch.err.text())
        assert watch.out.text() == "" and not server.is_asked()


def test_no_event_is_shown_only_with_the_next(server):
    reader, writer = os.pipe()
    with Watch(server.url, stdout=writer) as watch:
        os.close(writer)
        request = server.accept()
        request.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request.stream()
        for n in range(300):  # each as soon as it may
            request.send(badges(f"1-0/{n + 1:X}", feedback=n))
            assert select.select([reader], [], [], DEADLINE_S)[0], f"event {n} is not shown"
            assert json.loads(os.read(reader, 4096))["badges"] == {"feedback": n}
        watch.stop()
        os.close(reader)


STEERING = r"x\n\u001b[31m\u009b31m\u009d0;y\u009c"


@pytest.mark.parametrize("answer", [
    lambda request: (request.head(404, "application/problem+json"), request.send(f'{{"detail":"{STEERING}"}}')),
    lambda request: (request.head(503, "application/problem+json"), request.send(f'{{"detail":"{STEERING}"}}')),
    lambda request: request.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/\xC2\x9B31m\x9B31m\r\n\r\n"),
    lambda request: request.stream(f'event: badges\nid: 1-0/2A\ndata: {{"feedback":7,"{STEERING}":{{}}}}\n\n',
                                   f'event: status\ndata: {{"status":"stale","since":"{STEERING}"}}\n\n'),
], ids=["refusal", "refusal that may end", "type", "events"])
def test_nothing_a_server_says_steers_the_terminal(server, answer):
    with Watch(server.url) as watch:
        request = server.accept()
        answer(request)
        request.close()
        eventually(lambda: "31m" in watch.out.text() + watch.err.text(), what="what the server said")
        said = watch.out.text() + watch.err.text()
        assert not re.search("[^\n -~]", said)
        assert not re.search("^(?![0-9].* warning: |badged: |{)", said.rstrip("\n"), re.MULTILINE), "a line of its own"


def test_nobody_reading_any_more_ends_it_without_a_word(server):
    with Watch(server.url) as watch:
        server.accept().stream(badges("1-0/2A", feedback=7))
        watch.lines(1)
        reader, writer = os.pipe()
    with Watch(server.url, stdout=writer) as watch:
        os.close(writer)
        server.accept().stream(badges("1-0/2A", feedback=7))
        assert os.read(reader, 10)
        os.close(reader)  # and the server says no more
        assert watch.wait() == 0
        assert watch.err.text() == ""


def test_a_reader_that_stands_still_keeps_no_signal_waiting(server):
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)  # which one line fills
    with Watch(server.url, stdout=writer) as watch:
        os.close(writer)
        request = server.accept()
        request.stream(badges("1-0/2A", feedback=7))
        assert os.read(reader, 10)
        request.send(badges("1-0/2B", feedback=8))
        request.connection.setblocking(False)
        with pytest.raises(BlockingIOError):  # it stopped reading, as it waits to write
            for _ in range(10_000):
                request.send(":" + "x" * 65536 + "\n")
        watch.stop()
        os.close(reader)


@pytest.mark.parametrize("arguments, message", [
    (["watch"], "needs a TENANT"),
    (["watch", "acme"], "'acme' is no tenant"),
    (["watch", TENANT, "--url", "ftp://127.0.0.1"], "--url ftp://127.0.0.1: expected such as http://127.0.0.1:8080"),
    (["watch", TENANT, "--url", "http://me:hush@127.0.0.1"], "--url: a user and password"),
])
def test_a_wrong_command_line_is_refused(tmp_path, arguments, message):
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == USAGE and message in done.stderr and "hush" not in done.stderr


def test_the_configuration_says_where(tmp_path, server):
    config = tmp_path / "badged.yaml"
    config.write_text(f"listen: {server.url[len('http://'):]}\n")
    done = subprocess.Popen([program(), "watch", TENANT, "--config", config], env=environment(), stderr=subprocess.PIPE,
                            text=True)
    request = server.accept()
    request.head(404, "text/plain")
    request.close()
    assert done.communicate(timeout=DEADLINE_S)[1].startswith(f"badged: {server.url}: it answered 404;")
    config.write_text("listen: 127.0.0.1:0\n")
    done = run("watch", TENANT, "--config", config)
    assert done.returncode == USAGE and "--url says where badged serves" in done.stderr


# ---- the screen ----


@contextlib.contextmanager
def watching(server, *more, url=None, **terminal):
    with Terminal(program(), "watch", "--url", url or server.url, TENANT, *more, **terminal) as shown:
        yield shown


def test_the_sidebar_is_drawn_in_place_and_what_changes_is_marked(server):
    with watching(server) as terminal:
        request = server.accept()
        terminal.wait_for_text("connecting to")
        request.stream(badges("1-0/2A", knowledge={"sources": None, "crawlFailures": 1284}, feedback=7))
        terminal.wait_for_text("live")
        before = [f"{TENANT}, as of 1-0/2A",
                  "  Knowledge",
                  "    Sources                            –",
                  "    Crawl Failures                 1,284",
                  "  Feedback                             7",
                  "",
                  "live"]
        assert terminal.text().split("\n") == before
        assert terminal.modes["1049"] and not terminal.modes["25"] and not terminal.echoes()
        assert "1;33" not in terminal.colours
        request.send(badges("1-0/2B", knowledge={"sources": 2, "crawlFailures": 1284}, feedback=6))
        terminal.wait_for_text("2B")
        assert terminal.text().split("\n")[2] == "    Sources                            2 ▲"
        assert terminal.text().split("\n")[4] == "  Feedback                             6 ▼"
        assert "1;33" in terminal.colours
        terminal.wait_for(lambda: "▲" not in terminal.text(), "the end of the mark")
        terminal.type("q")
        assert terminal.wait() == 0
        assert terminal.modes["25"] and terminal.modes["7"] and not terminal.modes["1049"]
        assert terminal.text().split("\n")[-1] == "live", "the last numbers stay on the first screen"


def test_the_status_line_says_whether_numbers_are_live(server):
    with watching(server) as terminal:
        request = server.accept()
        request.stream(badges("1-0/2A", feedback=7), status(status="stale", since="2026-11-24T21:00:00Z"))
        terminal.wait_for_text(r"\nstale since 2026-11-24T21:00:00Z$")
        request.send(status(status="unknown"))
        terminal.wait_for_text(r"\nthe server does not know the counts now$")
        assert "Feedback                             ?\n" in terminal.text()
        request.send(badges("1-0/2A", feedback=7) + status(status="live"))
        terminal.wait_for_text(r"\nlive$")
        request.send("retry: 1500\n\n")
        request.close()
        for seconds in (2, 1):
            terminal.wait_for_text(rf"\nreconnecting in {seconds} s$")
        server.accept().head(200, "text/html")
        assert terminal.wait() == REQUEST
        assert re.search("badged: .* answered with text/html", terminal.raw)
        assert terminal.modes["25"] and not terminal.modes["1049"]


def test_a_narrow_and_low_terminal_shows_what_fits(server):
    numbers = {f"badge{i}": i for i in range(20)}
    with watching(server, columns=20, rows=10) as terminal:
        request = server.accept()
        request.stream(badges("1-0/2A", **numbers))
        terminal.wait_for_text("live")
        lines = terminal.text().split("\n")
        assert len(lines) == 10 and max(map(len, lines)) == 20
        assert lines[0] == TENANT[:19] + "…"
        assert lines[1] == "  Badge0         0" and lines[7] == "  … 14 more lines"
        assert lines[9] == "live"
        terminal.resize(60, 30)
        terminal.wait_for_text("Badge19")
        assert terminal.text().split("\n")[1] == "  Badge0                               0"
        terminal.send(signal.SIGTERM)
        assert terminal.wait() == 0


def test_no_color_leaves_colours_out_and_marks_in(server):
    with watching(server, env={"NO_COLOR": "1"}) as terminal:
        request = server.accept()
        request.stream(badges("1-0/2A", feedback=7))
        terminal.wait_for_text("live")
        request.send(badges("1-0/2B", feedback=8))
        terminal.wait_for_text("8 ▲")
        assert terminal.colours == []


def test_a_dumb_terminal_gets_no_sequences(server):
    with watching(server, env={"TERM": "dumb"}) as terminal:
        request = server.accept()
        request.stream(badges("1-0/2A", feedback=7))
        terminal.wait_for_text("as of 1-0/2A")
        request.send(badges("1-0/2B", feedback=8))
        terminal.wait_for_text(r"as of 1-0/2B\n  Feedback +8\n\nlive")
        assert "\x1b" not in terminal.raw
        terminal.type("\x03")
        assert terminal.wait() == 0


def test_a_stopped_job_gives_the_terminal_back(server):
    with watching(server) as terminal:
        request = server.accept()
        request.stream(badges("1-0/2A", feedback=7))
        terminal.wait_for_text("live")
        terminal.send(signal.SIGTSTP)
        terminal.wait_for(lambda: not terminal.modes["1049"], "the first screen")
        assert os.WIFSTOPPED(os.waitpid(terminal.pid, os.WUNTRACED)[1])
        assert terminal.modes["25"] and terminal.echoes()
        terminal.send(signal.SIGCONT)
        terminal.wait_for_text("live")
        assert terminal.modes["1049"] and not terminal.modes["25"] and not terminal.echoes()


def test_a_program_that_is_quit_gives_the_terminal_back(server, tmp_path):
    with watching(server, cwd=tmp_path) as terminal:
        server.accept().stream(badges("1-0/2A", feedback=7))
        terminal.wait_for_text("live")
        terminal.type("\x1c")
        assert terminal.wait() == -signal.SIGQUIT
        assert not terminal.modes["1049"] and terminal.modes["25"] and terminal.echoes()


def test_json_on_a_terminal_is_lines(server):
    with watching(server, "--json", columns=120) as terminal:
        server.accept().stream(badges("1-0/2A", feedback=7))
        terminal.wait_for_text(r'\{"as_of":"1-0/2A","status":"live","badges":\{"feedback":7\}\}')
        assert "\x1b" not in terminal.raw


# ---- a real badged ----


def add_feedback(database, count=1):
    with contextlib.closing(sqlite3.connect(database, timeout=DEADLINE_S)) as db, db:
        db.execute("INSERT OR IGNORE INTO tenants (id, name, slug) VALUES (?, 'Acme', 'acme')", (TENANT,))
        for _ in range(count):
            db.execute("INSERT INTO feedback (tenant_id, type, priority, title) VALUES (?, 'bug', 'urgent', 'x')",
                       (TENANT,))


def test_a_row_that_changes_is_a_line_within_a_second(badged, database):
    with Watch(badged.url) as watch:
        first = watch.lines(1)[0]
        assert first["status"] == "live" and first["badges"] == badged.badges(TENANT)
        took = []
        for count in range(1, 6):
            add_feedback(database)
            committed = time.monotonic()
            assert watch.lines(count + 1)[count]["badges"]["feedback"] == count
            took.append(time.monotonic() - committed)
        assert min(took) < 1, took  # the least, as the machine may have other things to do
        watch.stop()


def test_the_screen_follows_a_badged_that_is_stopped_and_started_again(database, tmp_path):
    (tmp_path / "badged.yaml").write_text("drain_seconds: 0\n")
    with Badged.serve(f"sqlite:{database}", cwd=tmp_path) as badged:
        with watching(None, url=badged.url) as terminal:
            terminal.wait_for_text(r"Feedback +–\n(.*\n)*live$")
            add_feedback(database)
            terminal.wait_for_text("Feedback +1 ▲\n")
            badged.stop()
            terminal.wait_for_text(r"\nreconnecting in \d+ s(: .*)?$")
            add_feedback(database)
            with Badged.serve(f"sqlite:{database}", cwd=tmp_path, listen=f"127.0.0.1:{badged.port}"):
                terminal.wait_for_text(r"Feedback +2 ▲\n(.*\n)*live$")
                terminal.type("\x03")
                assert terminal.wait() == 0
