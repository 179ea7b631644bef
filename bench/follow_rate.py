"""How many changes a second badged applies, and pg_recvlogical takes."""
import dataclasses
import resource
import signal
import statistics
import time

from cluster import Cluster
from command import Part
from machine import LOAD_CORE, SERVER_CORE, Failure, Lab, cpu_s, pinned, run, say
from reader import Reader
from results import number, table, verdict
from server import tenant_id

GOAL = 0.8
SIZES = (1, 10, 1000)
DRAIN_S = 600
ASK_S = 0.01

TEXT = """\
### Changes applied

{changes:,} changes of one row each (a third insertions, updates and deletions each, the updates all over a table of
{rows:,} rows), in transactions of 1, 10 and 1,000. They are written while badged is stopped (SIGSTOP) and a slot waits
for `pg_recvlogical`; then one after the other takes them from a server that has nothing else to do: badged into its
answers, `pg_recvlogical` (pgoutput, the same publication) to `/dev/null`. {turns} turns of {a_turn:,} changes for each
size, the first one to go taking turns, too. The server has one core and who follows it the other one. The time that
`pg_recvlogical` takes for no change at all, to start and to connect, is taken off.

{lines}
What is missing from both seconds and processor time is waited for: the server's `walsender`, which reads and decodes.
"""


@dataclasses.dataclass
class Drain:
    seconds: float
    follower_cpu_s: float
    sender_cpu_s: float


def children_cpu_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Bench:
    def __init__(self, cluster, plan):
        self.cluster, self.plan, self.next_change = cluster, plan, 0
        self.badged = cluster.serve_badged(core=LOAD_CORE)
        self.sender = cluster.walsender()
        self.marked = tenant_id(plan.tenants + 1)  # of whom nothing else is
        self.start_s = min(self.receive(*self.backlog(0, 1)).seconds for _ in range(3))
        say(f"  pg_recvlogical starts and ends in {self.start_s * 1000:.0f} ms")

    def backlog(self, changes, size):
        """(position, answer): where the last commit begins, and what badged answered before it."""
        before = Reader(self.badged, self.marked).ask()[1]
        self.cluster.make_slot("bench")
        self.badged.program.process.send_signal(signal.SIGSTOP)
        try:
            if changes:
                self.cluster.sql("SET synchronous_commit = off")
                self.cluster.sql("CALL make_changes(%s, %s, %s, %s, %s)",
                                 (self.next_change, changes, size, self.plan.tenants, self.plan.rows * 40 // 100))
                self.cluster.sql("RESET synchronous_commit")
                self.next_change += changes
            position = self.cluster.position()
            self.cluster.sql("CALL add_page_failure(gen_random_uuid(), %s)", (self.marked,))
        except BaseException:
            self.badged.program.process.send_signal(signal.SIGCONT)
            raise
        return position, before

    def apply(self, _position, before):
        """badged takes the backlog."""
        program = self.badged.program
        sender, ours = sum(cpu_s(self.sender)), sum(program.cpu_s())
        started = time.monotonic()
        program.process.send_signal(signal.SIGCONT)
        Reader(self.badged, self.marked).until_another(before, DRAIN_S, ASK_S)
        seconds = time.monotonic() - started
        if self.cluster.walsender() != self.sender:
            raise Failure("badged was stopped for longer than the server waits for it: make the turns shorter")
        return Drain(seconds, sum(program.cpu_s()) - ours, sum(cpu_s(self.sender)) - sender)

    def receive(self, position, before):
        """pg_recvlogical takes it."""
        spent, started = children_cpu_s(), time.monotonic()
        follower = self.cluster.recvlogical("-f", "/dev/null", "--endpos", position, slot="bench")
        run([*pinned(LOAD_CORE), *follower], timeout=DRAIN_S)
        found = Drain(time.monotonic() - started, children_cpu_s() - spent, 0.0)
        self.cluster.drop_slot("bench")
        if self.next_change == 0:
            self.apply(position, before)
        return found

    def turn(self, number_of_turn, size):
        """(ours, theirs): the same changes, taken by each."""
        backlog = self.backlog(self.plan.changes // self.plan.turns, size)
        if number_of_turn % 2:
            ours, theirs = self.apply(*backlog), self.receive(*backlog)
        else:
            theirs = self.receive(*backlog)
            ours = self.apply(*backlog)
        theirs.seconds -= self.start_s
        return ours, theirs


def measure(plan):
    say("changes applied")
    a_turn = plan.changes // plan.turns
    goals, lines = [], []
    with Lab() as lab:
        cluster = Cluster(lab, plan.tenants, plan.rows, {"fsync": "off"})
        cluster.program.pin(SERVER_CORE)
        bench = Bench(cluster, plan)
        for size in SIZES:
            turns = []
            for n in range(plan.turns):
                turns.append(bench.turn(n, size))
                ours, theirs = turns[-1]
                say(f"  transactions of {size:,}: badged {a_turn / ours.seconds:,.0f}/s, pg_recvlogical "
                    f"{a_turn / theirs.seconds:,.0f}/s, ratio {theirs.seconds / ours.seconds:.3g}")
            ratio = statistics.median(theirs.seconds / ours.seconds for ours, theirs in turns)

            def middle(of):
                return statistics.median(map(of, turns))

            lines.append([f"{size:,}", number(a_turn / middle(lambda t: t[0].seconds)),
                          number(a_turn / middle(lambda t: t[1].seconds)), f"**{number(ratio)}**",
                          *(f"{middle(of) * 1e6 / a_turn:.2f} µs" for of in (
                              lambda t: t[0].follower_cpu_s, lambda t: t[1].follower_cpu_s,
                              lambda t: t[0].sender_cpu_s))])
            goals.append([f"changes applied, transactions of {size:,}, against `pg_recvlogical` to `/dev/null`",
                          number(ratio), f"≥ {GOAL}", verdict(ratio, GOAL)])
    head = ["rows a transaction:", "badged, a second:", "`pg_recvlogical`, a second:", "ratio:",
            "processor time a change, badged:", "`pg_recvlogical`:", "badged's walsender:"]
    return Part(goals, TEXT.format(changes=plan.changes, rows=plan.rows * 40 // 100, turns=plan.turns, a_turn=a_turn,
                                   lines=table(head, lines)))
