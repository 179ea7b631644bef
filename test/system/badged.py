"""The real program, as system tests drive it.

    with Badged.serve("sqlite:" + str(file)) as badged:
        answer = badged.get("/api/sidebar/badges", {"X-Tenant-Id": tenant})
        assert badged.badges(tenant)["feedback"] == 7

Leaving the block stops the program with SIGTERM, and asserts that it ended with exit code 0 and that no sanitizer
reported anything. The program is the one that BADGED names, else the one of build/asan.

Nothing here sleeps for a time that is hoped to be enough: `eventually` waits for a condition, up to a deadline.
"""
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEADLINE_S = 30.0  # for what takes milliseconds: a machine under load must not fail a test
STOP_S = 30.0
URL = re.compile(r"http://[^\s/]+")
SANITIZER = re.compile(r"ERROR: \w*Sanitizer|WARNING: \w*Sanitizer|runtime error:|Sanitizer:DEADLYSIGNAL")
SANITIZER_OPTIONS = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=1:strict_string_checks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}


def program():
    """Path of the program under test."""
    path = pathlib.Path(os.environ.get("BADGED", ROOT / "build" / "asan" / "badged")).resolve()
    assert path.is_file(), f"{path} is not there: script/test builds it, or set BADGED to the program to test"
    return str(path)


def environment(env=None):
    """What the program sees: no setting of the developer's own, the sanitizers strict, and env on top."""
    dropped = ("DATABASE_URL", "DATABASE_URL_FILE", "JOURNAL_STREAM", "NOTIFY_SOCKET")
    kept = {k: v for k, v in os.environ.items() if k not in dropped and not k.startswith(("BADGED", "PG"))}
    return {**kept, **SANITIZER_OPTIONS, "LC_ALL": "C.UTF-8", **(env or {})}


def as_from_a_shell():
    """Run in the new process: the workers of pytest-xdist ignore SIGINT, and a program inherits that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def assert_no_sanitizer_report(text):
    assert not SANITIZER.search(text), f"a sanitizer reported:\n{text}"


def run(*args, env=None, cwd=None, stdin=None, timeout=DEADLINE_S):
    """Run one command of the program to its end; stdout, stderr and returncode are in what it returns."""
    done = subprocess.run([program(), *map(str, args)], env=environment(env), cwd=cwd, input=stdin, text=True,
                          errors="replace", capture_output=True, timeout=timeout, preexec_fn=as_from_a_shell)
    assert_no_sanitizer_report(done.stderr)
    assert done.returncode >= 0, f"ended by {signal.Signals(-done.returncode).name}:\n{done.stderr}"
    return done


def eventually(condition, deadline_s=DEADLINE_S, what="the condition"):
    """Wait until condition() is truthy and return what it gave; fail once the deadline is past."""
    end = time.monotonic() + deadline_s
    while True:
        last = condition()
        if last:
            return last
        assert time.monotonic() < end, f"{what} did not come true within {deadline_s} s; last: {last!r}"
        time.sleep(0.005)


class Response:
    """An answer, read to its end. Header names compare without regard to case, as HTTP has it."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"


class Output:
    """Lines of one output of the program, gathered by a thread so that the pipe never fills up."""

    def __init__(self, stream):
        self.lines = []
        self.closed = False
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self._gather, args=(stream,), daemon=True)
        self.thread.start()

    def _gather(self, stream):
        for line in stream:
            with self.changed:
                self.lines.append(line)
                self.changed.notify_all()
        stream.close()
        with self.changed:
            self.closed = True
            self.changed.notify_all()

    def text(self):
        with self.changed:
            return "".join(self.lines)

    def wait_for(self, pattern, deadline_s=DEADLINE_S):
        """The match of the first line that pattern is found in; None when the output ended or the time is up."""
        def found():
            return next((m for m in map(re.compile(pattern).search, self.lines) if m), None)
        with self.changed:
            self.changed.wait_for(lambda: found() or self.closed, deadline_s)
            return found()


class Badged:
    """One running program. Badged.serve and Badged.demo start the two commands that serve."""

    def __init__(self, *args, env=None, cwd=None, ready=True):
        self.args = [program(), *map(str, args)]
        self.process = subprocess.Popen(self.args, env=environment(env), cwd=cwd, stdin=subprocess.DEVNULL, text=True,
                                        errors="replace", stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        preexec_fn=as_from_a_shell)
        self.out, self.err = Output(self.process.stdout), Output(self.process.stderr)
        self.url = self.host = self.port = None
        try:
            found = self.out.wait_for(URL)
            assert found, f"{' '.join(self.args)} printed no URL:\n{self.out.text()}\n{self.err.text()}"
            self.url = found[0]
            self.host, port = self.url[len("http://"):].rsplit(":", 1)
            self.host, self.port = self.host.strip("[]"), int(port)
            if ready:
                self.wait_until_ready()
        except BaseException:
            self.kill()
            self.show()
            raise

    @classmethod
    def serve(cls, database, *more, env=None, cwd=None, ready=True, listen="127.0.0.1:0"):
        """`badged serve` of one database on a free port; ready False does not wait for /readyz."""
        return cls("serve", "--database", database, "--listen", listen, "--auth", "none", *more,
                   env=env, cwd=cwd, ready=ready)

    @classmethod
    def demo(cls, *more, env=None, cwd=None):
        return cls("demo", "--listen", "127.0.0.1:0", *more, env=env, cwd=cwd)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        try:
            if kind is not None:  # the test failed already: how the program ends says nothing more
                self.kill()
            elif self.process.returncode is None:
                self.stop()
        finally:
            self.show()

    def show(self):
        """What it said: pytest shows this where a test failed."""
        print(f"--- {' '.join(self.args)}\n--- stdout\n{self.out.text()}\n--- stderr\n{self.err.text()}")

    def wait_until_ready(self, deadline_s=DEADLINE_S):
        def ready():
            assert self.process.poll() is None, f"it ended with {self.process.returncode}:\n{self.err.text()}"
            return self.get("/readyz").status == 200
        eventually(ready, deadline_s, f"{self.url}/readyz")

    def connect(self, timeout=DEADLINE_S):
        """A bare connection, for what http.client would never send."""
        return socket.create_connection((self.host, self.port), timeout)

    def get(self, path, headers=None, method="GET", body=None):
        """One request on a connection of its own, and its answer."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=DEADLINE_S)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            return Response(connection.getresponse())
        finally:
            connection.close()

    def badges(self, tenant):
        """The badges of a tenant, as the JSON says them; the answer must be a 200."""
        answer = self.get("/api/sidebar/badges", {"X-Tenant-Id": str(tenant)})
        assert answer.status == 200, f"{answer}\n{self.err.text()}"
        return answer.json()

    def send(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=STOP_S):
        """Its exit code, once it has ended and all it said was read."""
        code = self.process.wait(timeout)
        self.out.thread.join(timeout)
        self.err.thread.join(timeout)
        return code

    def stop(self, number=signal.SIGTERM):
        """Stop it the way a supervisor does; it must end well."""
        self.send(number)
        try:
            code = self.wait()
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still there {STOP_S} s after {signal.Signals(number).name}:\n{self.err.text()}")
        assert_no_sanitizer_report(self.err.text())
        assert code == 0, f"ended with {code} after {signal.Signals(number).name}:\n{self.err.text()}"

    def kill(self):
        """The end that no program can prepare for."""
        if self.process.poll() is None:
            self.process.kill()
        self.wait()
