"""How fast badges are read, against what else could answer, and what that costs. script/bench runs this.

usage: script/bench read [--quick] [--write] [PART…]

  nginx          against nginx, which answers with the same bytes and looks at nothing
  node           against a route of Node that runs the six counts, in Postgres and in SQLite
  rows           with 10,000,000 matching rows against 1,000, the time of the first load, and memory for each live row
  instructions   for each read, by callgrind

All parts when none is named. --quick takes few and short turns and few rows: to see that it works, not to know. --write
puts what was measured into bench/RESULTS.md.
"""
import dataclasses
import re
import time

import callgrind
import data
from command import Command, Part, main
from load import CONNECTIONS, duel
from machine import EVERY_CORE, SERVER_CORE, Failure, Lab, say
from results import duel_table, number, table, verdict
from server import live_rows, serve_badged, serve_nginx, serve_node, start_postgres

NGINX_GOAL, NODE_GOAL, ROWS_GOAL, MEMORY_GOAL = 0.9, 100, 0.95, 48
TENANTS = 1000


@dataclasses.dataclass
class Plan:
    rounds: int = 7
    seconds: int = 5
    rows_many: int = 10_000_000
    rows_few: int = 1000
    rows_node: int = 1_000_000
    callgrind_rounds: int = 100
    limit_s: int = 3600


QUICK = Plan(rounds=3, seconds=1, rows_many=200_000, rows_node=200_000, callgrind_rounds=10, limit_s=600)


def both_ratios(found):
    return f"{number(found.ratio())} (by processor time {number(found.cpu_ratio())})"


# Against nginx

NGINX_TEXT = """\
### Against nginx

nginx answers from its configuration (`return 200`) with the same body and the header fields that badged sends, so this
is what a server costs that looks at nothing. badged checks the request, reads the tenant from it and looks its numbers
up. All requests are for one tenant; nginx has one worker.

{duel}
"""


def measure_nginx(plan):
    say("against nginx")
    with Lab() as lab:
        badged = serve_badged(lab, data.make_sqlite(lab, "rows", TENANTS, 100_000, 25))
        nginx = serve_nginx(lab, badged)
        found = duel(badged, nginx, plan, tenants=1)
        sizes = [f"{server.answer_bytes()} bytes" for server in (badged, nginx)]
    goals = [["reads, against nginx `return 200` with the same bytes", both_ratios(found), f"≥ {NGINX_GOAL}",
              verdict(found.sure_ratio(), NGINX_GOAL)]]
    return Part(goals, NGINX_TEXT.format(duel=duel_table(found, [("a whole answer", *sizes)])))


# Against Node

NODE_TEXT = """\
### Against a route of Node

`bench/node/server.mjs` runs the six counts for each read, over the same rows: {rows:,} of {tenants:,} tenants, of
which a quarter match. Requests go to all tenants in turn, and both answer each with the same bytes, which is checked
first. Node has the core that badged has. Postgres has its settings as they come, a partial index for each of the six
predicates, and ten connections over a Unix socket; its processor time counts below as Node's does.
"""

NODE_KINDS = (
    # kind, name, cores of Postgres, what it does, goal
    ("postgres", "Node and Postgres", SERVER_CORE, "six statements side by side, all of it on the one core", NODE_GOAL),
    ("postgres", "Node and Postgres on two cores", EVERY_CORE, "the same, Postgres on every core", NODE_GOAL),
    ("postgres-at-once", "Node and Postgres on two cores, at once", EVERY_CORE,
     "the six counts as one statement, prepared once", None),
    ("sqlite", "Node and SQLite", None, "six statements, prepared once, in its own process (`better-sqlite3`)", None),
)


def check_same(ours, theirs):
    """Both must answer every tenant alike; else one of them would be quick because it is wrong."""
    everyone = range(1, TENANTS + 1)
    for tenant, (a, b) in enumerate(zip(ours.ask(everyone), theirs.ask(everyone)), 1):
        if a[1] != b[1]:
            raise Failure(f"tenant {tenant}: {ours.name} answers {a[1]}, {theirs.name} answers {b[1]}")


def measure_node(plan):
    say("against Node")
    goals, texts = [], [NODE_TEXT.format(rows=plan.rows_node, tenants=TENANTS)]
    with Lab() as lab:
        file = data.make_sqlite(lab, "rows", TENANTS, plan.rows_node, 25)
        badged = serve_badged(lab, file)
        socket_folder, postgres = start_postgres(lab)
        data.copy_to_postgres(file, socket_folder)
        for kind, name, cores, what, goal in NODE_KINDS:
            if cores:
                postgres.pin(cores)
            node = serve_node(lab, name, kind, *((socket_folder, [postgres]) if cores else (file, [])))
            check_same(badged, node)
            say(f"  {name}: the answers for all {TENANTS:,} tenants are badged's")
            found = duel(badged, node, plan, TENANTS)
            lab.stop(node.program)
            goals.append([f"reads, against {name}: {what}", f"{number(found.ratio())} times",
                          f"≥ {goal} times" if goal else "none", verdict(found.ratio(), goal) if goal else ""])
            texts.append(f"#### {name}\n\nIt runs {what}.\n\n{duel_table(found)}")
    return Part(goals, "\n".join(texts))


# With many rows

ROWS_TEXT = """\
### With {many:,} rows

Two of badged, each following a file of its own with {tenants:,} tenants, in which every row matches; requests go to all
tenants in turn. Of the {many:,} rows come {live:,} live rows, as a failed delivery is a live row of two sources.

{duel}
The first load of the {many:,} rows took {load_s:.1f} s, from the start of the program to its being ready: {rate} rows
a second, on one core, with the file in the page cache.

Memory is that of the whole process, less that of one that follows an empty file. Four in ten rows are of
`page_failures`, three of `crawl_attempts`; one in seven is a failed delivery, two of which share a conversation.

{memory}
"""


def memory_table(plan, none, many, live):
    whats = "resident, once it is ready (`VmRSS`)", "at most until then (`VmHWM`)"
    return table(["memory", "empty file:", f"{plan.rows_many:,} rows:", "for each row:", "for each live row:"],
                 [[what, f"{n / 2**20:.1f} MiB", f"{m / 2**20:.1f} MiB", f"{(m - n) / plan.rows_many:.1f} bytes",
                   f"{(m - n) / live:.1f} bytes"] for what, n, m in zip(whats, none, many)])


def measure_rows(plan):
    say(f"with {plan.rows_many:,} matching rows against {plan.rows_few:,}")
    with Lab() as lab:
        none = serve_badged(lab, lab.folder / "none.db")
        none_bytes = none.program.memory_bytes()
        lab.stop(none.program)
        few = serve_badged(lab, data.make_sqlite(lab, "few", TENANTS, plan.rows_few, 100), f"{plan.rows_few:,} rows")
        file = data.make_sqlite(lab, "many", TENANTS, plan.rows_many, 100, has_indexes=False)
        started = time.monotonic()
        many = serve_badged(lab, file, f"{plan.rows_many:,} rows")
        load_s = time.monotonic() - started
        say(f"  loaded in {load_s:.1f} s")
        many_bytes, live = many.program.memory_bytes(), live_rows(many)
        found = duel(many, few, plan, TENANTS)
    a_row = (many_bytes[0] - none_bytes[0]) / live
    goals = [[f"reads with {plan.rows_many:,} matching rows, against {plan.rows_few:,}", both_ratios(found),
              f"≥ {ROWS_GOAL}", verdict(found.sure_ratio(), ROWS_GOAL)],
             [f"memory for each live row, with {live:,} of them", f"{a_row:.1f} bytes", f"≤ {MEMORY_GOAL} bytes",
              verdict(a_row, MEMORY_GOAL, is_at_most=True)]]
    return Part(goals, ROWS_TEXT.format(
        many=plan.rows_many, tenants=TENANTS, live=live, duel=duel_table(found), load_s=load_s,
        rate=number(plan.rows_many / load_s), memory=memory_table(plan, none_bytes, many_bytes, live)))


# Instructions

INSTRUCTIONS_TEXT = """\
### Instructions for each read

`valgrind --tool=callgrind` counted {requests:,} reads of one tenant, over {connections} connections that stay open. The
kernel's instructions, most of the time of a read, are not among them. nginx, asked in the same way for the same bytes,
took {nginx:,.0f}.

{groups}
{functions}
"""


def measure_instructions(plan):
    say("instructions for each read")
    with Lab() as lab:
        file = data.make_sqlite(lab, "rows", TENANTS, 10_000, 25)
        under, out = callgrind.under_callgrind(lab, "badged")
        ours = callgrind.profile(lab, serve_badged(lab, file, under=under), out, plan.callgrind_rounds)
        under, out = callgrind.under_callgrind(lab, "nginx")
        nginx = serve_nginx(lab, serve_badged(lab, file), under, is_whole=False)
        theirs = callgrind.profile(lab, nginx, out, plan.callgrind_rounds)
    say(f"  badged {ours.per_read():,.0f}, nginx {theirs.per_read():,.0f}")
    groups = table(["where", "instructions a read:", "share:"],
                   [[g, f"{n:,.0f}", f"{n / ours.per_read():.0%}"] for g, n in ours.groups() if n >= 1])
    functions = table(["function", "of", "instructions a read:"],
                      [[f"`{f}`", g, f"{n:,.0f}"] for f, g, n in ours.functions(15)])
    goals = [[f"instructions a read, outside of the kernel (nginx: {theirs.per_read():,.0f})",
              f"{ours.per_read():,.0f}", "none", ""]]
    return Part(goals, INSTRUCTIONS_TEXT.format(requests=ours.requests, connections=callgrind.CONNECTIONS,
                                                nginx=theirs.per_read(), groups=groups, functions=functions))


# All of it

PARTS = {"nginx": measure_nginx, "node": measure_node, "rows": measure_rows, "instructions": measure_instructions}

REPORT_TEXT = f"""\
## Reads

Made by `{{command}}` on {{day:%-d %B %Y}}.
Machine: {{machine}}.
The server had one core, and the load (`wrk -t1 -c{CONNECTIONS}`, connections that stay open) another one. Two servers
were asked in turns of {{plan.seconds}} s, {{plan.rounds}} turns each. The load may not fill a server's core, and reads
per second then say too little of that server; so processor time has to reach a goal too where both are about as quick.

{{goals}}
{{texts}}
"""


if __name__ == "__main__":
    main(Command("read", __doc__, Plan(), QUICK, PARTS, REPORT_TEXT))
