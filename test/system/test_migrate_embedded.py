"""`badged migrate` on the embedded database."""
import contextlib
import json
import sqlite3

from badged import run
from migrating import SCHEMA, USAGE
from postgres import FOLLOWED


def test_the_embedded_file_is_made_and_looked_at_by_the_same_commands(database):
    where = ("--database", f"sqlite:{database}")
    assert run("migrate", "verify", *where).returncode == 66
    assert run("migrate", "status", "--exit-code", *where).returncode == 1
    assert run("migrate", "up", "--dry-run", *where).stdout == "would apply 001_tables.sql\n"
    assert not database.exists()
    done = run("migrate", "up", *where)
    assert (done.returncode, done.stderr) == (0, "badged: 001_tables.sql: applied\n")
    assert run("migrate", "up", "--to", "1", *where).stderr == "badged: nothing to do\n"
    assert run("migrate", "up", "--to", "2", *where).returncode == USAGE
    (file,) = json.loads(run("migrate", "status", "--json", "--exit-code", *where).stdout)
    assert (file["file"], file["state"]) == ("001_tables.sql", "applied")
    done = run("migrate", "verify", *where)
    assert done.returncode == 0 and [line.split()[1] for line in done.stdout.splitlines()[1:6]] == sorted(FOLLOWED)
    with contextlib.closing(sqlite3.connect(database)) as db:
        db.execute("DROP INDEX feedback_list")
        db.execute("DROP TABLE integrations")
    done = run("migrate", "verify", *where)
    assert done.returncode == SCHEMA
    assert "table integrations is not there" in done.stdout and "feedback has no index feedback_list" in done.stdout


def test_a_file_of_another_program_is_left_alone(database):
    with contextlib.closing(sqlite3.connect(database)) as db:
        db.execute("CREATE TABLE theirs (a)")
    for verb in ("up", "status"):
        done = run("migrate", verb, "--database", f"sqlite:{database}")
        assert done.returncode == SCHEMA and "another program" in done.stderr


def change(path, *statements):
    with contextlib.closing(sqlite3.connect(path)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()


def look(path):
    done = run("migrate", "status", "--json", "--database", f"sqlite:{path}")
    assert done.returncode == 0, done.stderr
    (file,) = json.loads(done.stdout)
    return file


def up(path, *options):
    done = run("migrate", "up", *options, "--database", f"sqlite:{path}")
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_what_was_applied_is_kept_with_its_hash_and_drift_is_told(database):
    up(database)
    made = look(database)
    assert made["state"] == "applied" and made["applied_at"] and made["version"]
    with contextlib.closing(sqlite3.connect(database)) as db:
        assert db.execute("SELECT sha256 FROM badged_migrations").fetchall() == [(made["sha256"],)]
    change(database, "UPDATE badged_migrations SET sha256 = 'x'")
    assert look(database)["state"] == "changed"
    assert run("migrate", "status", "--exit-code", "--database", f"sqlite:{database}").returncode == 1
    assert "applied before as another text" in up(database)
    assert look(database)["state"] == "applied" and up(database) == "badged: nothing to do\n"


def test_a_file_without_a_record_is_adopted(database):
    """As older badgeds made it, or the sqlite3 shell."""
    up(database)
    change(database, "DROP TABLE badged_migrations")
    assert look(database)["state"] == "applied" and look(database)["applied_at"] is None
    assert "001_tables.sql: was applied; noted down" in up(database)
    assert look(database)["applied_at"] and up(database) == "badged: nothing to do\n"


def test_what_somebody_dropped_is_told_and_made_again(database):
    up(database)
    with contextlib.closing(sqlite3.connect(database)) as db:
        wanted = sorted(db.execute("SELECT type, name, sql FROM sqlite_schema").fetchall(), key=str)
    change(database, "DROP TABLE page_failures", "DROP INDEX feedback_list", "DROP TRIGGER integrations_updated_at")
    assert look(database)["state"] == "incomplete"
    assert "would make table page_failures again" in up(database, "--dry-run")
    assert "table page_failures: made again" in up(database)
    with contextlib.closing(sqlite3.connect(database)) as db:
        assert sorted(db.execute("SELECT type, name, sql FROM sqlite_schema").fetchall(), key=str) == wanted
    change(database, "DROP INDEX feedback_pressing", "ALTER TABLE feedback DROP COLUMN metadata")
    done = run("migrate", "up", "--database", f"sqlite:{database}")
    assert done.returncode == SCHEMA and "index feedback_pressing: made again" in done.stderr
    assert "feedback has no column metadata, and no migration adds it" in done.stderr
