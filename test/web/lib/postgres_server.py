"""A Postgres for a test in JavaScript: prints the URL of a database, then answers commands, a line of JSON each.

["psql", SQL] runs statements with the psql program; ["stop", ""] and ["start", ""] are for the server. It ends, and
takes the server with it, when its input does.
"""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "system"))
from postgres import Cluster  # noqa: E402


def say(**answer):
    print(json.dumps(answer), flush=True)


with Cluster() as cluster, cluster.database() as database:
    say(result=database.url())
    commands = {"psql": database.psql, "stop": lambda _: cluster.stop(), "start": lambda _: cluster.start()}
    for line in sys.stdin:
        name, text = json.loads(line)
        try:
            say(result=commands[name](text))
        except Exception as error:  # whatever it was, it is the test that has to hear of it
            say(error=str(error))
