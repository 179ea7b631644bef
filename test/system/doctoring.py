"""What tests of `badged doctor` share: its report as JSON, and following the advice that it prints."""
import json
import re

from badged import ROOT, run
from migrating import psql_file


class Diagnosis:
    """What `badged doctor --json` says of a database."""

    def __init__(self, url, cwd, *args):
        done = run("doctor", "--json", "--database", url, *args, cwd=cwd)
        assert done.stdout, done.stderr
        self.exit_code, self.answer = done.returncode, json.loads(done.stdout)
        self.checks = {check["name"]: check for check in self.answer["checks"]}

    def wrong(self):
        return {name: check["verdict"] for name, check in self.checks.items()
                if check["verdict"] not in ("ok", "skipped")}

    def found(self, name):
        return self.checks[name]["found"]

    def mend(self, name):
        return self.checks[name]["mend"]


def take_the_advice(database, advice):
    """Do what a check says mends it, to the letter, as a superuser."""
    statement = ""
    for line in advice.splitlines():
        if "badged migrate up" in line:
            done = run("migrate", "up", "--database", database.url("postgres"))
            assert done.returncode == 0, done.stderr
        elif file := re.search(r"psql -f (sql/\w+\.sql)", line):
            psql_file(database, ROOT / file[1], "postgres")
        else:  # a statement, which may go over several lines
            statement += line + "\n"
            if line.endswith(";"):
                for one in statement.split("; "):
                    database.sql(one)
                statement = ""
