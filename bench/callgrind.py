"""Instructions that a server takes for one read, counted by callgrind, without those of the kernel."""
import collections
import dataclasses
import pathlib
import re

from machine import Failure, run
from server import request_bytes

CONNECTIONS = 64
# The C library clears memory with one instruction that repeats itself, of which callgrind counts every byte; with this
# it uses ordinary ones.
ENVIRONMENT = {"GLIBC_TUNABLES": "glibc.cpu.x86_rep_stosb_threshold=1073741824"}
LINE = re.compile(r"^\s*([\d,]+)\s+(?:\([^)]*\))?\s*(\S*?):(.+?)(?: \[(.+?)\])?\s*$")
# Object → what it is for. Everything of badged's own is linked into one.
GROUPS = (("libmicrohttpd", "libmicrohttpd"), ("libsqlite3", "SQLite, as the feed looks at the file"),
          ("libc.so", "C library"), ("libc-", "C library"), ("ld-linux", "C library"), ("badged", "badged's own"),
          ("nginx", "nginx"))


@dataclasses.dataclass
class Profile:
    name: str
    requests: int
    instructions: collections.Counter  # (group, function) → instructions, all requests

    def per_read(self):
        return sum(self.instructions.values()) / self.requests

    def groups(self):
        """[(group, instructions a read)], most first."""
        found = collections.Counter()
        for (group, _), n in self.instructions.items():
            found[group] += n
        return [(group, n / self.requests) for group, n in found.most_common()]

    def functions(self, count):
        """[(function, group, instructions a read)], most first. Debian's libmicrohttpd names only those that it offers
        to others."""
        named = collections.Counter({k: n for k, n in self.instructions.items() if not k[1].startswith("0x")})
        return [(function, group, n / self.requests) for (group, function), n in named.most_common(count)]


def under_callgrind(lab, name):
    """What to put before a program, and the file that its profile goes to."""
    out = lab.folder / f"callgrind.{name}"
    environment = [f"{key}={value}" for key, value in ENVIRONMENT.items()]
    return ["env", *environment, "valgrind", "--tool=callgrind", "--instr-atstart=no",
            f"--callgrind-out-file={out}"], out


def group_of(obj):
    base = pathlib.Path(obj or "").name
    return next((group for start, group in GROUPS if base.startswith(start)), base or "elsewhere")


def parse(text):
    """What callgrind_annotate printed, as {(group, function): instructions}."""
    found = collections.Counter()
    for line in text.partition("file:function")[2].splitlines():
        match = LINE.match(line)
        if match:
            found[group_of(match[4]), match[3].partition("'")[0]] += int(match[1].replace(",", ""))
    return found


def ask_all(sockets, request, answer_len, rounds):
    """Send a request over every connection, then read every answer, so that the server has a batch of them at hand."""
    for _ in range(rounds):
        for s in sockets:
            s.sendall(request)
        for s in sockets:
            left = answer_len
            while left > 0:
                part = s.recv(left)
                if not part:
                    raise Failure("a connection was closed while its requests were counted")
                left -= len(part)


def profile(lab, server, out, rounds):
    """Count the instructions of rounds × CONNECTIONS requests of a server that runs under callgrind."""
    control = ["callgrind_control", "-i"]
    sockets = [server.connect() for _ in range(CONNECTIONS)]
    ask = (sockets, request_bytes(server, 1), server.answer_bytes())
    ask_all(*ask, rounds=2)
    run([*control, "on", server.program.pid], timeout=60)
    ask_all(*ask, rounds=rounds)
    run([*control, "off", server.program.pid], timeout=60)
    for s in sockets:
        s.close()
    lab.stop(server.program)
    text = run(["callgrind_annotate", "--threshold=100", "--auto=no", out], timeout=120)
    found = parse(text)
    if not found:
        raise Failure(f"callgrind counted nothing for {server.name}:\n{text[:2000]}")
    return Profile(server.name, rounds * CONNECTIONS, found)
