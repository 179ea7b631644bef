"""`badged doctor` on the embedded database: each thing that can be wrong is found, and what it prints mends it."""
import os
import re
import shlex
import sqlite3
import subprocess

import pytest

from badged import Badged, run
from doctoring import Diagnosis
from migrating import A

CHECKS = ["file", "integrity", "free space", "version", "journal mode", "definitions", "table crawl_attempts",
          "table page_failures", "table feedback", "table integrations", "table integration_outbox", "indexes",
          "updated_at", "change log", "foreign keys", "answers"]


@pytest.fixture
def served(database):
    """A file that badged made and served, with one urgent feedback."""
    with Badged.serve(f"sqlite:{database}"):
        pass
    change(database, f"INSERT INTO tenants (id, name, slug) VALUES ('{A}', 'a', 'a')",
           f"INSERT INTO feedback (tenant_id, title, priority) VALUES ('{A}', 'x', 'urgent')")
    return database


def change(path, *statements):
    db = sqlite3.connect(path)
    try:
        for statement in statements:
            db.execute(statement)
            db.commit()
    finally:
        db.close()


def examine(path, *args):
    return Diagnosis(f"sqlite:{path}", path.parent, *args)


def take(path, advice):
    """Do it: commands and statements."""
    words = shlex.split(advice) if not advice.startswith("CREATE ") else []
    if words[:3] == ["badged", "migrate", "up"]:
        done = run("migrate", "up", "--database", f"sqlite:{path}")
        assert done.returncode == 0, done.stderr
    elif "start badged serve again" in advice:
        with Badged.serve(f"sqlite:{path}"):
            pass
    elif advice.startswith("CREATE "):
        db = sqlite3.connect(path)
        db.executescript(advice)
        db.close()
    else:
        subprocess.run(words, check=True, timeout=30, capture_output=True)


def test_a_sound_file_passes_every_check(served):
    before = served.read_bytes()
    diagnosis = examine(served)
    assert list(diagnosis.checks) == CHECKS and diagnosis.wrong() == {} and diagnosis.exit_code == 0
    assert served.read_bytes() == before and os.listdir(served.parent) == [served.name]
    done = run("doctor", "--database", f"sqlite:{served}", cwd=served.parent)
    assert done.stdout.endswith("\n\nnothing wrong\n")


def test_checks_are_listed(database):
    listed = run("doctor", "--list-checks", "--database", f"sqlite:{database}", cwd=database.parent).stdout
    assert [re.split("  +", line)[0] for line in listed.splitlines()] == CHECKS


def test_a_file_that_is_not_there_is_made_by_the_advice(database):
    diagnosis = examine(database)
    assert diagnosis.wrong() == {"file": "problem"} and diagnosis.exit_code == 1 and not database.exists()
    take(database, diagnosis.mend("file"))
    assert examine(database).wrong() == {}


@pytest.mark.parametrize("check, broken, found", [
    ("updated_at", "DROP TRIGGER feedback_updated_at", "feedback"),
    ("indexes", "DROP INDEX feedback_pressing", "feedback"),
    ("change log", "DROP TRIGGER {noted}", "a trigger that notes changes is missing"),
    ("journal mode", "PRAGMA journal_mode = WAL", "it is in WAL mode"),
])
def test_what_is_wrong_is_found_and_mended(served, check, broken, found):
    db = sqlite3.connect(served)
    ((noted,),) = db.execute("SELECT min(name) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'feedback' "
                             "AND name GLOB 'badged_*'").fetchall()
    db.close()
    change(served, broken.format(noted=noted))
    diagnosis = examine(served)
    assert diagnosis.wrong() == {check: "warning"} and found in diagnosis.found(check)
    take(served, diagnosis.mend(check))
    assert examine(served).wrong() == {}


def test_a_table_that_is_missing_is_a_problem(served):
    change(served, "DROP TABLE page_failures")
    diagnosis = examine(served)
    wrong = diagnosis.wrong()
    assert wrong["definitions"] == wrong["table page_failures"] == "problem"
    take(served, diagnosis.mend("table page_failures"))
    for name in ("indexes", "updated_at"):  # which went with the table
        take(served, examine(served).mend(name))
    with Badged.serve(f"sqlite:{served}"):  # which notes its changes from now on
        pass
    assert examine(served).wrong() == {}


def test_rows_of_what_is_gone_are_found(served):
    change(served, "DELETE FROM tenants")  # by a program that leaves PRAGMA foreign_keys off
    diagnosis = examine(served)
    assert diagnosis.wrong() == {"foreign keys": "warning"}
    assert diagnosis.found("foreign keys") == "1 rows refer to what is not there"


def test_a_damaged_file_is_a_problem(served):
    change(served, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) INSERT INTO feedback "
                   f"(tenant_id, title) SELECT '{A}', hex(randomblob(500)) FROM n")
    with open(served, "r+b") as file:
        file.seek(served.stat().st_size // 2)
        file.write(b"\xff" * 8192)
    diagnosis = examine(served)
    assert diagnosis.wrong()["integrity"] == "problem" and diagnosis.exit_code == 1
    assert ".recover" in diagnosis.mend("integrity")


def test_a_file_of_another_program_and_of_a_newer_badged(served, tmp_path):
    other = tmp_path / "other.db"
    change(other, "CREATE TABLE t (a)")
    assert examine(other).wrong() == {"version": "problem"}
    change(served, "PRAGMA user_version = 99")
    diagnosis = examine(served)
    assert diagnosis.wrong() == {"version": "problem"} and "of version 99" in diagnosis.found("version")
    (tmp_path / "no.db").write_text("this is no database, whatever its name says\n" * 30)
    assert examine(tmp_path / "no.db").wrong() == {"file": "problem"}


def test_answers_are_compared(served, tmp_path):
    with Badged.serve(f"sqlite:{served}") as badged:
        diagnosis = examine(served, "--url", badged.url)
        assert diagnosis.wrong() == {} and "those of 1 tenant" in diagnosis.found("answers")
    with Badged.serve(f"sqlite:{tmp_path / 'another.db'}") as other:
        diagnosis = examine(served, "answers", "--url", other.url)
        assert diagnosis.wrong() == {"answers": "problem"}
        assert f"feedback of tenant {A}: answered null" in diagnosis.found("answers")
