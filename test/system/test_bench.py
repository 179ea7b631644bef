"""What script/bench stands on, rather than figures: rows that fit, parts that run, and what becomes of figures."""
import os
import pathlib
import sqlite3
import subprocess
import sys

import pytest

import badged

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "bench"))

import callgrind  # noqa: E402
import data  # noqa: E402
import follow  # noqa: E402
import machine  # noqa: E402
import push  # noqa: E402
import results  # noqa: E402

PROFILE = """\
Profile data file 'callgrind.out' (creator: callgrind-3.19.0)
--------------------------------------------------------------------------------
Ir                  file:function
--------------------------------------------------------------------------------
1,200 (60.00%)  ./string/../memset.S:__memset_avx2 [/usr/lib/libc.so.6]
  500 (25.00%)  ???:0x0000000000007b20 [/usr/lib/libmicrohttpd.so.12.60.0]
  200 (10.00%)  ???:target_parse [/opt/badged/build/badged]
  100 ( 5.00%)  ???:target_parse'2 [/opt/badged/build/badged]
"""


@pytest.fixture(scope="module")
def rows():
    with machine.Lab() as lab:
        database = sqlite3.connect(data.make_sqlite(lab, "rows", 10, 5000, 25))
        yield database
        database.close()


def test_the_rows_that_are_measured_with_refer_to_rows_that_are_there(rows):
    assert rows.execute("PRAGMA foreign_key_check").fetchall() == []


def test_the_rows_that_are_measured_with_are_as_many_as_were_asked_for(rows):
    assert sum(rows.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in data.TABLES) == 5000


@pytest.mark.parametrize("table, predicate, count", [
    ("crawl_attempts", "status = 'failed' AND can_retry", 375),
    ("page_failures", "NOT is_resolved", 500),
    ("feedback", "priority IN ('urgent', 'high') AND resolved_at IS NULL", 187),
    ("integrations", "status IN ('error', 'disabled')", 12),
    ("integration_outbox", "status = 'failed' AND conversation_id IS NOT NULL", 175),
])
def test_of_the_rows_that_are_measured_with_a_quarter_is_live(rows, table, predicate, count):
    found, = rows.execute(f"SELECT count(*) FROM {table} WHERE {predicate}").fetchone()
    assert abs(found - count) <= 0.1 * count + 5


def test_the_indexes_are_put_back_after_the_rows(rows):
    made = sqlite3.connect(":memory:")
    made.executescript(data.statements("sql/sqlite/001_tables.sql"))
    names = "SELECT name FROM sqlite_schema WHERE type = 'index' ORDER BY name"
    assert rows.execute(names).fetchall() == made.execute(names).fetchall()


def test_a_lab_stops_its_programs_and_removes_its_folder():
    with machine.Lab() as lab:
        program = lab.start("sleep", ["sleep", "60"])
        assert lab.folder.is_dir() and program.process.poll() is None
    assert program.process.poll() is not None and not lab.folder.exists()


def test_a_profile_is_counted_by_what_the_code_is_for():
    profile = callgrind.Profile("badged", 10, callgrind.parse(PROFILE))
    assert profile.per_read() == 200
    assert profile.groups() == [("C library", 120), ("libmicrohttpd", 50), ("badged's own", 30)]
    assert profile.functions(2) == [("__memset_avx2", "C library", 120), ("target_parse", "badged's own", 30)]


def test_results_replace_what_stood_between_their_marks(tmp_path):
    file = tmp_path / "RESULTS.md"
    file.write_text("before\n<!-- read: begin -->\nold\n<!-- read: end -->\nafter\n")
    results.write("read", "new\n", file)
    assert file.read_text() == "before\n<!-- read: begin -->\n\nnew\n\n<!-- read: end -->\nafter\n"


def test_results_without_a_place_are_refused(tmp_path):
    file = tmp_path / "RESULTS.md"
    file.write_text("<!-- read: begin -->\n")
    with pytest.raises(machine.Failure):
        results.write("read", "new", file)
    assert file.read_text() == "<!-- read: begin -->\n"


@pytest.mark.parametrize("command", ["read", "follow", "push"])
def test_there_is_a_place_for_the_results(command):
    text = results.RESULTS.read_text()
    assert text.count(f"<!-- {command}: begin -->") == text.count(f"<!-- {command}: end -->") == 1


@pytest.mark.parametrize("arguments, code, usage", [
    (["--help"], 0, "read | follow | push"), (["read", "--help"], 0, "read ["), (["follow", "--help"], 0, "follow ["),
    (["push", "--help"], 0, "push ["), (["everything"], 2, "read | follow | push"), ([], 2, "read | follow | push")])
def test_the_usage_is_told_without_building(tmp_path, arguments, code, usage):
    done = subprocess.run([ROOT / "script" / "bench", *arguments], env={"PATH": os.environ["PATH"], "TMPDIR": tmp_path},
                          text=True, capture_output=True)
    assert done.returncode == code
    assert f"usage: script/bench {usage}" in (done.stdout if code == 0 else done.stderr)
    assert "setup" not in done.stderr


# Following Postgres, with as little to do as there can be


TINY = follow.Plan(tenants=10, rows=1000, rows_few=1000, rows_large=2000, commits=10, changes=300, turns=1, loads=1,
                   rounds=1, seconds=1)


@pytest.mark.parametrize("part", follow.PARTS)
def test_following_is_measured_part_by_part(monkeypatch, part):
    monkeypatch.setenv("BADGED", badged.program())
    found = follow.PARTS[part](TINY)
    assert found.goals and all(len(goal) == 4 for goal in found.goals)
    assert found.text.startswith("### ")


def test_changes_to_apply_are_as_many_as_were_asked_for():
    with machine.Lab() as lab:
        cluster = follow.Cluster(lab, 10, 1000)
        slot = cluster.value("SELECT lsn FROM pg_create_logical_replication_slot('bench', 'test_decoding')")
        cluster.sql("CALL make_changes(6, 60, 10, 10, 400)")
        lines = [line for line, in cluster.sql("SELECT data FROM pg_logical_slot_get_changes('bench', NULL, NULL)")]
        assert slot and sum(line.startswith("BEGIN") for line in lines) == 6
        kinds = [line.split(": ")[1] for line in lines if line.startswith("table")]
        assert sorted(kinds) == ["DELETE"] * 20 + ["INSERT"] * 20 + ["UPDATE"] * 20


@pytest.mark.parametrize("part", push.PARTS)
def test_pushing_is_measured_part_by_part(monkeypatch, part):
    monkeypatch.setenv("BADGED", badged.program())
    found = push.PARTS[part](push.Plan(subscribers=20, tenants=4, turns=2))
    assert len(found.goals) == 2 and all(len(goal) == 4 for goal in found.goals)
    assert found.text.startswith("### ")
