"""Load for a server, and two servers under the same load in turn.

One core serves and the other one asks. What one figure says by itself depends on the machine and on the minute, so two
servers are asked in turns of a few seconds, each pair of turns gives a ratio, and the median of these is the result.
"""
import dataclasses
import json
import statistics

from machine import LOAD_CORE, ROOT, Failure, pinned, run, say

CONNECTIONS = 64
PATH = "/api/sidebar/badges"


@dataclasses.dataclass
class Turn:
    requests_per_s: float
    p50_us: int
    p99_us: int
    busy: float       # share of its core that the server took, without the programs it asks
    user_us: float    # processor time for a request, of the server and the programs it asks, in themselves
    system_us: float  # and in the kernel

    def cpu_us(self):
        return self.user_us + self.system_us


def turn(server, seconds, tenants):
    """One turn: as many requests as the server answers, over connections that stay open."""
    before = [program.cpu_s() for program in server.programs]
    output = run([*pinned(LOAD_CORE), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s",
                  "--timeout", "10s", "-s", ROOT / "bench" / "wrk.lua", server.url + PATH, "--", tenants],
                 timeout=seconds + 60)
    after = [program.cpu_s() for program in server.programs]
    result = json.loads(output.splitlines()[-1])
    if result["failed"] > 0 or result["requests"] == 0:
        raise Failure(f"{server.name}: {result['failed']} of {result['requests']} requests failed:\n{output}\n"
                      f"{server.program.printed()[-2000:]}")
    spent = [(a[0] - b[0], a[1] - b[1]) for a, b in zip(after, before)]  # (user, system) of each program
    s, n = result["duration_us"] / 1e6, result["requests"]
    return Turn(n / s, result["p50_us"], result["p99_us"], sum(spent[0]) / s,
                sum(user for user, _ in spent) * 1e6 / n, sum(system for _, system in spent) * 1e6 / n)


@dataclasses.dataclass
class Side:
    """What one server did, over all its turns."""
    name: str
    turns: list

    def median(self, of):
        """The median over the turns of what of(turn) gives."""
        return statistics.median(map(of, self.turns))


@dataclasses.dataclass
class Duel:
    ours: Side
    theirs: Side

    def ratios(self):
        return [a.requests_per_s / b.requests_per_s for a, b in zip(self.ours.turns, self.theirs.turns)]

    def ratio(self):
        return statistics.median(self.ratios())

    def cpu_ratio(self):
        """How many times the processor time of ours theirs takes."""
        return statistics.median(b.cpu_us() / a.cpu_us() for a, b in zip(self.ours.turns, self.theirs.turns))

    def sure_ratio(self):
        """The lower of the two, for servers that are about as quick as the load: of one that the load does not fill,
        reads per second say too little."""
        return min(self.ratio(), self.cpu_ratio())


def duel(ours, theirs, plan, tenants):
    """Ask the two in turns: A B A B …"""
    found = Duel(Side(ours.name, []), Side(theirs.name, []))
    for server in (ours, theirs):
        turn(server, plan.seconds, tenants)  # warm: caches, and for Node the compiler
    for number in range(plan.rounds):
        found.ours.turns.append(turn(ours, plan.seconds, tenants))
        found.theirs.turns.append(turn(theirs, plan.seconds, tenants))
        say(f"  {number + 1} of {plan.rounds}: {ours.name} {found.ours.turns[-1].requests_per_s:,.0f}/s, "
            f"{theirs.name} {found.theirs.turns[-1].requests_per_s:,.0f}/s, ratio {found.ratios()[-1]:.3g}")
    return found
