"""Measurements as Markdown, and their place in bench/RESULTS.md."""
from machine import ROOT, Failure

RESULTS = ROOT / "bench" / "RESULTS.md"
BUSY_ENOUGH = 0.9


def table(head, rows):
    """head and rows are lists of texts; a head that ends in ':' is of a column of numbers."""
    align = ["---:" if h.endswith(":") else "---" for h in head]
    lines = [[h.rstrip(":") for h in head], align, *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def number(n):
    """Three digits that count."""
    return f"{n:,.0f}" if n >= 100 else f"{n:.3g}"


def duel_table(found, extra=()):
    """The two sides of a duel, a column each. extra: (what, ours, theirs)."""
    sides = found.ours, found.theirs
    lines = (("reads per second, median of the turns", lambda t: t.requests_per_s, number),
             ("latency, median", lambda t: t.p50_us / 1000, "{:.2f} ms".format),
             ("latency, 99th of a hundred", lambda t: t.p99_us / 1000, "{:.2f} ms".format),
             ("processor time a read", lambda t: t.cpu_us(), "{:.2f} µs".format),
             ("… of that in the program", lambda t: t.user_us, "{:.2f} µs".format),
             ("… of that in the kernel", lambda t: t.system_us, "{:.2f} µs".format),
             ("its core was busy", lambda t: t.busy, "{:.0%}".format))
    rows = [[what, *(form(side.median(of)) for side in sides)] for what, of, form in lines] + [*map(list, extra)]
    ratios = found.ratios()
    text = (table(["", f"{found.ours.name}:", f"{found.theirs.name}:"], rows) +
            f"\nReads per second, pair by pair: **{number(found.ratio())}** times as many (median of {len(ratios)} "
            f"pairs, from {number(min(ratios))} to {number(max(ratios))}).\nProcessor time a read of the other one: "
            f"{number(found.cpu_ratio())} times as much.\n")
    if found.ours.median(lambda t: t.busy) < BUSY_ENOUGH:
        text += ("\nThe core of the first was not busy all the time: the load, or something else on the machine, held\n"
                 "it back, and processor time tells more.\n")
    return text


def verdict(reached, goal, is_at_most=False):
    is_met = reached <= goal if is_at_most else reached >= goal
    return "reached" if is_met else "**not reached**"


def write(section, text, file=RESULTS):
    """Put the text between the marks of the section, in place of what was there."""
    begin, end = f"<!-- {section}: begin -->", f"<!-- {section}: end -->"
    before, found_begin, rest = file.read_text().partition(begin)
    _, found_end, after = rest.partition(end)
    if not found_begin or not found_end:
        raise Failure(f"{file.name} has no marks {begin} and {end} to write between")
    file.write_text(f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}")
