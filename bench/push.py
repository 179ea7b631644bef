"""How soon subscribers hear of a commit, and what they cost, against Nchan. script/bench runs this.

usage: script/bench push [--quick] [--write] [PART…]

  one       10,000 subscribers of one tenant
  many      10,000 subscribers of 1,000 tenants, all of which a commit changes

All parts when none is named. --quick takes few subscribers and few turns: to see that it works, not to know. --write
puts what was measured into bench/RESULTS.md.
"""
import dataclasses
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import time

from cluster import Cluster
from command import Command, Part, main
from load import PATH
from machine import LOAD_CORE, ROOT, SERVER_CORE, START_S, Failure, Lab, free_port, pinned, run, say
from results import number, table, verdict
from server import Server

LAST_GOAL, MEMORY_GOAL = 0.8, 0.35
MODULE = pathlib.Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
SETTINGS = "streams_max: 15000\nstreams_per_tenant: 15000\ndrain_seconds: 0\n"
WAIT_S = 120


@dataclasses.dataclass
class Plan:
    subscribers: int = 10_000
    tenants: int = 1000
    turns: int = 20
    limit_s: int = 1800


QUICK = Plan(subscribers=1000, tenants=100, turns=5, limit_s=300)


# Who is told


class Subscribers:
    """bench/subscribers.c, on the core for load."""

    def __init__(self, lab, port, count, tenants, request):
        program = lab.folder / "subscribers"
        if not program.exists():
            run(["cc", "-O2", "-D_GNU_SOURCE", "-o", program, ROOT / "bench" / "subscribers.c"], timeout=60)
        self.process = subprocess.Popen([*pinned(LOAD_CORE), program, str(port), str(count), str(tenants), request],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.expect("ready")

    def expect(self, line):
        found = self.process.stdout.readline().strip()
        if found != line:
            raise Failure(f"the subscribers say {found!r}, not {line!r}")

    def arm(self):
        self.process.stdin.write("\n")
        self.expect("armed")

    def heard(self, since_ns):
        """Seconds from then until the first, the median and the last heard."""
        line = self.process.stdout.readline().split()
        if len(line) != 3:
            raise Failure("a subscriber was not told")
        return [(int(ns) - since_ns) / 1e9 for ns in line]

    def close(self):
        self.process.kill()
        self.process.wait(WAIT_S)


def memory_bytes(program):
    """Of a program and of what it started: each page divided by how many share it."""
    total = 0
    for pid in program.pids():
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


# Who tells


class Badged:
    """badged, following a Postgres in which one statement changes the tenants."""

    name = "badged"

    def __init__(self, lab, plan, tenants):
        (lab.folder / "badged.yaml").write_text(SETTINGS)
        self.cluster = Cluster(lab, tenants, max(tenants * 10, 1000), {"fsync": "off"})
        self.server = self.cluster.serve_badged(SERVER_CORE)
        self.program, self.tenants = self.server.program, tenants
        self.cursor = self.cluster.connect().cursor()
        self.port = int(self.server.address.rpartition(":")[2])
        self.request = (f"GET {PATH}/stream HTTP/1.1\r\nHost: {self.server.address}\r\n"
                        "X-Tenant-Id: 00000000-0000-4000-8000-@\r\n\r\n")

    def body(self):
        return next(self.server.ask([1]))[1]

    def publish(self):
        self.cursor.execute(
            "INSERT INTO page_failures (id, crawl_attempt_id, tenant_id, page_url, is_resolved, created_at, updated_at)"
            " SELECT gen_random_uuid(), gen_random_uuid(), numbered('00000000-0000-4000-8000-', n),"
            " 'https://example.org/docs/', false, now(), now() FROM generate_series(1, %s) AS n", (self.tenants,))


class Nchan:
    """nginx with Nchan, to which one connection posts a message for each of the tenants."""

    name = "Nchan"

    def __init__(self, lab, _plan, tenants, body):
        if not MODULE.exists():
            raise Failure(f"{MODULE} is not there: script/setup bench installs it")
        self.port, self.tenants = free_port(), tenants
        folder = lab.folder / "nchan"
        folder.mkdir()
        text = (ROOT / "bench" / "nchan.conf").read_text()
        for word, value in {"MODULE": MODULE, "FOLDER": folder, "PORT": self.port,
                            "USER": "user root;" if os.geteuid() == 0 else ""}.items():
            text = text.replace(f"@{word}@", str(value))
        (folder / "nginx.conf").write_text(text)
        path = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or "nginx"
        self.program = lab.start("nginx", [path, "-c", folder / "nginx.conf"], core=SERVER_CORE)
        self.server = Server("Nchan", self.program, f"http://127.0.0.1:{self.port}")
        self.socket = self.program.until(self.connect, "it took connections", START_S)
        self.messages = b"".join(
            f"POST /publish?tenant={n:012x} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body for n in range(1, tenants + 1))
        self.request = "GET /stream?tenant=@ HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
        self.publish()

    def connect(self):
        try:
            found = socket.create_connection(("127.0.0.1", self.port), timeout=WAIT_S)
        except ConnectionRefusedError:
            return None
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return found

    def publish(self):
        """Returns once all are answered, which is not waited for elsewhere."""
        self.socket.setblocking(False)
        answers, sent = 0, 0
        end = time.monotonic() + WAIT_S
        while answers < self.tenants:
            if sent < len(self.messages):
                try:
                    sent += self.socket.send(self.messages[sent:sent + 65536])
                except BlockingIOError:
                    pass
            try:
                answers += self.socket.recv(1 << 20).count(b"HTTP/1.1 20")
            except BlockingIOError:
                pass
            if time.monotonic() > end:
                raise Failure(f"Nchan has answered {answers} of {self.tenants} messages")


# A turn


@dataclasses.dataclass
class Found:
    """What one server did: seconds until the first, the median and the last heard, turn by turn, and what it cost."""
    name: str
    times: list
    memory_each: float
    cpu_each: float

    def median(self, which):
        return statistics.median(times[which] for times in self.times)


def measure_server(lab, server, plan, tenants):
    before = memory_bytes(server.program)
    subscribers = Subscribers(lab, server.port, plan.subscribers, tenants, server.request)
    try:
        memory_each = (memory_bytes(server.program) - before) / plan.subscribers
        times, spent = [], sum(server.program.cpu_s())
        for _ in range(plan.turns):
            subscribers.arm()
            since = time.monotonic_ns()
            server.publish()
            times.append(subscribers.heard(since))
        cpu_each = (sum(server.program.cpu_s()) - spent) / plan.turns / plan.subscribers
    finally:
        subscribers.close()
    found = Found(server.name, times, memory_each, cpu_each)
    say(f"  {server.name}: first {found.median(0) * 1000:.1f} ms, median {found.median(1) * 1000:.1f} ms, "
        f"last {found.median(2) * 1000:.1f} ms, {memory_each:.0f} bytes each")
    return found


TEXT = """\
### {what}

The time begins when the client sends badged's Postgres the statement that commits, so that the commit, its way through
the log and counting are within it; Nchan is sent what badged's answer was, as {messages}, by the same client.

{lines}
"""


def compare(plan, what, tenants):
    say(what)
    with Lab() as lab:
        badged = Badged(lab, plan, tenants)
        body = badged.body()
        ours = measure_server(lab, badged, plan, tenants)
        lab.stop(badged.program)
        theirs = measure_server(lab, Nchan(lab, plan, tenants, body), plan, tenants)
    last, memory = ours.median(2) / theirs.median(2), ours.memory_each / max(theirs.memory_each, 1)
    lines = [[name, form(of(ours)), form(of(theirs)), ratio(of(ours), of(theirs))] for name, of, form in (
        ("until the first heard, median of the turns", lambda f: f.median(0), milliseconds),
        ("until half had heard", lambda f: f.median(1), milliseconds),
        ("until the last heard", lambda f: f.median(2), milliseconds),
        ("from the first to the last", lambda f: statistics.median(t[2] - t[0] for t in f.times), milliseconds),
        ("memory for each subscriber", lambda f: f.memory_each, "{:,.0f} bytes".format),
        ("processor time for each event", lambda f: f.cpu_each, lambda s: f"{s * 1e6:.2f} µs"))]
    goals = [[f"{what}: time until the last heard, against Nchan", f"{number(last)} times", f"≤ {LAST_GOAL} times",
              verdict(last, LAST_GOAL, is_at_most=True)],
             [f"{what}: memory for each, against Nchan", f"{number(memory)} times", f"≤ {MEMORY_GOAL} times",
              verdict(memory, MEMORY_GOAL, is_at_most=True)]]
    messages = "one message" if tenants == 1 else f"{tenants:,} messages, one a tenant"
    return Part(goals, TEXT.format(what=what[0].upper() + what[1:], messages=messages,
                                   lines=table(["", "badged:", "Nchan:", "badged against it:"], lines)))


def ratio(ours, theirs):
    return number(ours / theirs) if theirs else "–"


def milliseconds(seconds):
    return f"{seconds * 1000:.1f} ms"


def measure_one(plan):
    return compare(plan, f"{plan.subscribers:,} subscribers of one tenant", 1)


def measure_many(plan):
    return compare(plan, f"{plan.subscribers:,} subscribers of {plan.tenants:,} tenants", plan.tenants)


# All of it

PARTS = {"one": measure_one, "many": measure_many}

REPORT_TEXT = """\
## Pushing

Made by `{command}` on {day:%-d %B %Y}.
Machine: {machine}.
The server had one core, and its subscribers (`bench/subscribers.c`, one thread) another one, which Postgres shares.
{plan.turns} commits. Memory is that of the server's processes, without the kernel's for sockets, with all subscribed
less with none.

{goals}
{texts}
"""


if __name__ == "__main__":
    main(Command("push", __doc__, Plan(), QUICK, PARTS, REPORT_TEXT))
