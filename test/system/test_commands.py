"""The command line, as a person and as a script meet it: what goes to which output, exit codes, what mistakes get."""
import json
import re
import sqlite3
import subprocess

import pytest

from badged import Badged, ROOT, environment, program, run

TENANT = "0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01"
COMMANDS = ["serve", "badges", "watch", "check", "doctor", "demo", "migrate up", "migrate status", "migrate verify",
            "migrate export", "version", "help"]
USAGE, CONFIG, NOT_FOUND, SCHEMA = 64, 78, 66, 72


@pytest.fixture
def filled(database):
    """A database with one tenant and one urgent feedback, and nobody serving it."""
    with Badged.serve(f"sqlite:{database}"):
        pass
    with sqlite3.connect(database) as db:
        db.execute("INSERT INTO tenants (id, name, slug) VALUES (?, 'Acme', 'acme')", (TENANT,))
        db.execute("INSERT INTO feedback (tenant_id, type, priority, title) VALUES (?, 'bug', 'urgent', 'x')",
                   (TENANT,))
    db.close()
    return database


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_shows_usage_options_and_examples(command):
    asked, by_option = run("help", *command.split()), run(*command.split(), "--help")
    assert asked.returncode == by_option.returncode == 0
    assert asked.stdout == by_option.stdout
    assert asked.stdout.startswith(f"Usage: badged {command}")
    assert "Options:" in asked.stdout and "Examples:" in asked.stdout
    assert max(map(len, asked.stdout.splitlines())) <= 80


@pytest.mark.parametrize("arguments", [["help"], ["--help"], ["-h"]])
def test_help_lists_every_command(arguments):
    done = run(*arguments)
    assert done.returncode == 0 and done.stderr == ""
    assert [c for c in COMMANDS if not re.search(rf"^  {c} ", done.stdout, re.M)] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_example_in_the_help_parses(command):
    examples = run("help", *command.split()).stdout.partition("Examples:\n")[2].splitlines()
    assert examples
    for example in examples:
        words = example.split("|")[0].split()
        assert words[0] == "badged"
        done = run(*words[1:], "--help")
        assert done.returncode == 0, f"{example}: {done.stderr}"


@pytest.mark.parametrize("arguments", [["help", "migrate"], ["migrate", "--help"]])
def test_help_of_a_group_lists_its_commands(arguments):
    done = run(*arguments)
    assert done.returncode == 0
    assert re.findall(r"(?m)^  (\w+ \w+) ", done.stdout) == [c for c in COMMANDS if c.startswith("migrate ")]


def test_version_names_the_libraries_in_use():
    said = json.loads(run("version", "--json").stdout)
    assert said["sqlite"] == sqlite3.sqlite_version
    assert set(said) == {"badged", "sqlite", "libmicrohttpd", "libsodium", "libcyaml"}
    assert run("--version").stdout.startswith(f"badged {said['badged']}\n")


def test_the_manual_page_has_every_command_and_no_fault(tmp_path):
    page = run("help", "--man").stdout
    assert all(f".SS badged {c}" in page for c in COMMANDS)
    path = tmp_path / "badged.1"
    path.write_text(page)
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "error", path], text=True, capture_output=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("arguments, message", [
    ([], "a command is needed"),
    (["frobnicate"], "there is no command 'frobnicate'"),
    (["migrate"], "`badged migrate` needs another word"),
    (["migrate", "frobnicate"], "there is no command 'migrate frobnicate'"),
    (["migrate", "export"], "`badged migrate export` needs a DIR"),
    (["help", "frobnicate"], "there is no command 'frobnicate'"),
    (["serve", "--frobnicate"], "has no option --frobnicate"),
    (["serve", "-z"], "has no option -z"),
    (["serve", "--listen"], "--listen needs an argument"),
    (["serve", "--auth", "none", "--auth", "none"], "--auth is given twice"),
    (["serve", "here"], "takes no 'here'"),
    (["badges"], "needs a TENANT"),
    (["badges", TENANT, TENANT], f"takes no '{TENANT}'"),
    (["badges", "acme"], "'acme' is no tenant"),
    (["badges", TENANT + "0"], "is no tenant"),
    (["badges", "x" * 10000], "is no tenant"),
    (["check", "a.yaml", "--config", "b.yaml"], "reads one file"),
    (["serve", "--auth", "none", "--threads", "0"], "threads"),
    (["serve", "--auth", "none", "--listen", "127.0.0.1:99999"], "99999"),
    (["serve", "--auth", "none", "--database", "mysql://x"], "sqlite:FILE"),
    (["serve", "--auth", "none", "--feed", "poll"], "--feed says how Postgres is followed"),
    (["serve", "--auth", "none", "--feed", "push", "--database", "postgres://"], "expected auto, stream or poll"),
    (["serve", "--auth", "none", "--database", "postgres://u:hush%zz@h/d"], "invalid percent-encoded token …;"),
    (["demo", "--every", "0"], "--every takes seconds"),
    (["demo", "--every", "1s"], "--every takes seconds"),
    (["demo", "--every", "nan"], "--every takes seconds"),
    (["demo", "--listen", "0.0.0.0:0"], "only a loopback address is allowed"),
    (["demo", "--database", "postgres://localhost/shop"], "in an embedded database and in no other"),
])
def test_a_wrong_command_line_is_refused_with_the_reason(tmp_path, arguments, message):
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == USAGE
    assert done.stdout == ""
    assert message in done.stderr
    assert done.stderr.startswith("badged: ") and done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == [], "a refused command must not make files"


def test_a_password_on_the_command_line_is_warned_of_and_not_repeated(tmp_path):
    url = "postgres://nobody:hush@localhost:1/none"
    done = run("check", "--database", url, cwd=tmp_path)
    assert "everybody on this machine can read the password in --database" in done.stderr
    assert "DATABASE_URL_FILE, PGPASSWORD_FILE and ~/.pgpass" in done.stderr
    assert "hush" not in done.stderr
    for arguments, env in ((["--database", url.replace(":hush", "")], {}), ([], {"DATABASE_URL": url})):
        done = run("check", *arguments, cwd=tmp_path, env=env)
        assert done.returncode != 0 and "hush" not in done.stderr and "everybody" not in done.stderr


@pytest.mark.parametrize("arguments, message", [
    ([], "--auth none"),
    (["--auth", "jwt"], "knows `--auth none` only"),
    (["--auth", "proxy"], "knows `--auth none` only"),
    (["--auth", "none", "--listen", "0.0.0.0:0"], "loopback"),
    (["--auth", "none", "--listen", "[::]:0"], "loopback"),
    (["--auth", "none", "--listen", "192.0.2.1:0"], "loopback"),
])
def test_a_server_that_would_expose_data_does_not_start(tmp_path, arguments, message):
    done = run("serve", *arguments, cwd=tmp_path)
    assert done.returncode == USAGE
    assert message in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_badges_prints_a_table_and_json(filled):
    table = run("badges", TENANT, "--database", f"sqlite:{filled}")
    answer = run("badges", "--json", TENANT, "-d", f"sqlite:{filled}")
    assert table.returncode == answer.returncode == 0
    assert re.search(r"^  Feedback +1$", table.stdout, re.M)
    assert re.search(r"^    Crawl Failures +–$", table.stdout, re.M)
    assert json.loads(answer.stdout)["feedback"] == 1
    with Badged.serve(f"sqlite:{filled}") as badged:
        assert badged.get("/api/sidebar/badges", {"X-Tenant-Id": TENANT}).body.decode() == answer.stdout.strip()
        assert run("badges", TENANT, "--json", "-d", f"sqlite:{filled}").stdout == answer.stdout


def test_badges_of_a_database_that_is_not_there_makes_none(tmp_path):
    done = run("badges", TENANT, "--database", "sqlite:missing.db", cwd=tmp_path)
    assert done.returncode == NOT_FOUND
    assert "missing.db" in done.stderr and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["check"], ["badges", TENANT]])
def test_another_programs_database_is_said_to_be_that(tmp_path, arguments):
    with sqlite3.connect(tmp_path / "other.db") as db:
        db.executescript("CREATE TABLE feedback (id); PRAGMA application_id = 7")
    db.close()
    done = run(*arguments, "-d", "sqlite:other.db", cwd=tmp_path)
    assert done.returncode == SCHEMA and done.stderr == (
        "badged: opening other.db: the file is not badged's database, but another one in its place "
        "(application_id 7): put the right one back, or name it\n")


def test_a_file_that_is_not_there_is_named_as_it_was_typed(tmp_path):
    done = run("check", "none.yaml", cwd=tmp_path)
    assert done.returncode == NOT_FOUND and done.stderr == "badged: there is no file 'none.yaml'\n"


def test_check_says_what_was_checked(filled, tmp_path):
    (tmp_path / "badged.yaml").write_text('badges: [{name: feedback.all, count: [{table: feedback}]}]\n')
    done = run("check", cwd=tmp_path)
    assert done.returncode == CONFIG and "collides" in done.stderr and "badged.yaml:1:" in done.stderr
    (tmp_path / "badged.yaml").write_text('badges: [{name: all, count: [{table: feedback}]}]\n')
    done = run("check", cwd=tmp_path)
    assert done.returncode == 0 and "13 badges over 7 sources" in done.stdout and "suit them" in done.stdout
    done = run("check", ROOT / "docs" / "badged.example.yaml", cwd=tmp_path.parent)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("where, caret_at, message", [
    ("priority = 5", "5", 'column "priority" is text'),
    ("priorty = 'high'", "priorty", 'has no column "priorty"'),
    ("priority = 'high' AND resolved_at < now()", "now", "functions are not read here"),
    ("priority > 'high'", "priority", "takes equality only"),
])
def test_a_predicate_fault_is_shown_with_a_caret_under_its_spot(filled, tmp_path, where, caret_at, message):
    (tmp_path / "b.yaml").write_text(
        f'badges:\n  - name: mine\n    count:\n      - table: feedback\n        where: "{where}"\n')
    done = run("check", "b.yaml", "--database", f"sqlite:{filled}", cwd=tmp_path)
    assert done.returncode == CONFIG
    assert message in done.stderr
    lines = done.stderr.splitlines()
    caret = next(i for i, line in enumerate(lines) if line.strip() == "^")
    assert lines[caret - 1][lines[caret].index("^"):].startswith(caret_at)
    served = run("serve", "--auth", "none", "--config", "b.yaml", "--database", f"sqlite:{filled}", cwd=tmp_path)
    assert served.returncode == CONFIG and served.stderr == done.stderr


@pytest.mark.parametrize("yaml, place, message", [
    ("auth: none\nlisten: 0.0.0.0:8080\n", "2:9", "cannot listen on 0.0.0.0"),
    ("auth: none\nlisten: example.com:8080\n", "2:9", "cannot listen on example.com"),
    ("auth: jwt\n", "1:7", "knows `--auth none` only"),
    ("auth: none\nbadges:\n  - name: mine\n    count:\n      - table: feedback\n        order: creatd_at\n", "6:16",
     'table "feedback" has no column "creatd_at"'),
])
def test_check_refuses_what_serve_refuses_and_says_where_it_stands(filled, tmp_path, yaml, place, message):
    (tmp_path / "b.yaml").write_text(yaml)
    done = run("check", "b.yaml", "--database", f"sqlite:{filled}", cwd=tmp_path)
    assert done.returncode == CONFIG and done.stdout == ""
    assert done.stderr.startswith(f"badged: b.yaml:{place}: ") and message in done.stderr
    served = run("serve", "--config", "b.yaml", "--database", f"sqlite:{filled}", cwd=tmp_path)
    assert served.returncode == CONFIG and served.stderr == done.stderr


def test_demo_once_prints_every_tenant_and_ends(tmp_path):
    done = run("demo", "--once", cwd=tmp_path)
    assert done.returncode == 0 and done.stderr == ""
    assert len(re.findall(r"as of \d+-[0-9A-F]+/[0-9A-F]+$", done.stdout, re.M)) == 5
    answers = [json.loads(line) for line in run("demo", "--once", "--json", cwd=tmp_path).stdout.splitlines()]
    assert len(answers) == 5 and sum(a["feedback"] or 0 for a in answers) > 0


@pytest.mark.parametrize("arguments", [["help"], ["version"], ["help", "--man"]])
def test_output_that_cannot_be_written_is_a_failure(arguments):
    with open("/dev/full", "w") as full:
        done = subprocess.run([program(), *arguments], stdout=full, stderr=subprocess.PIPE, text=True,
                              env=environment())
    assert done.returncode == 71 and "standard output" in done.stderr


def test_what_happens_in_the_demonstration_is_counted(tmp_path):
    with Badged.demo("--every", "0.05", cwd=tmp_path) as badged:
        tenants = [t["id"] for t in badged.get("/demo/tenants").json()["tenants"]]
        first = [badged.badges(t) for t in tenants]
        for _ in range(2000):
            if [badged.badges(t) for t in tenants] != first:
                break
        assert [badged.badges(t) for t in tenants] != first
    for t in tenants:
        assert run("badges", t, "--json", "-d", "sqlite:badged-demo.db", cwd=tmp_path).returncode == 0
