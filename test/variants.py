"""Which unit tests are run from which of the builds that tell something of their own: by Meson's suites.

usage: test/variants.py DIRECTORY    what ninja has to build in build/tsan or build/valgrind, one target a line

All of them run from build/asan. To build the rest for the other two as well would take minutes, for nothing.
"""
import json
import pathlib
import sys

NOT_VALGRIND = {"property", "native", "threads"}  # they would take minutes there, or fork, or need threads at once
PROGRAMS = {"tsan": ["badged"], "valgrind": []}  # what else is run from there
BUILT_IN = {"plain": "valgrind"}  # whose build a variant shares


def listed(directory):
    """What Meson lists in a build directory: for each program, one entry for each set of arguments it is run with."""
    return json.loads((directory / "meson-info" / "intro-tests.json").read_text())


def suites(entry):
    return {suite.split(":")[-1] for suite in entry["suite"]}


def variants(entry):
    """The builds that a test runs from. Histories of full length are "plain": under AddressSanitizer, which sees a
    tenth of their length, they would take six times as long."""
    found = suites(entry)
    if "plain" in found:
        return ["plain"]
    return ["asan"] + ["tsan"] * ("threads" in found) + ["valgrind"] * (not found & NOT_VALGRIND)


def targets(directory):
    """What has to be built there, as ninja names it."""
    programs = {entry["cmd"][0] for entry in listed(directory)
                if directory.name in (BUILT_IN.get(variant, variant) for variant in variants(entry))}
    return PROGRAMS[directory.name] + sorted(str(pathlib.Path(p).relative_to(directory)) for p in programs)


if __name__ == "__main__":
    print("\n".join(targets(pathlib.Path(sys.argv[1]).resolve())))
