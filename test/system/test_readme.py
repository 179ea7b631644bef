"""The README's commands do what it says, word for word, in a folder of a newcomer's."""
import json
import re
import shlex
import subprocess

from badged import Badged, ROOT, environment, program, run
from events import Stream

README = (ROOT / "README.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)


def commands(block):
    """The command lines of a console block, without what a comment says about them."""
    return [shlex.split(line[2:], comments=True) for line in block.splitlines() if line.startswith("$ ")]


def test_serving_a_database_of_ones_own(tmp_path):
    serve, *others = next(commands(b) for b in blocks("console") if "badged serve" in b)
    assert serve == ["build/badged", "serve", "--auth", "none"]
    with Badged(*serve[1:], "--listen", "127.0.0.1:0", cwd=tmp_path):
        outputs = [subprocess.run([program() if c[0] == "build/badged" else c[0], *c[1:]], cwd=tmp_path, check=True,
                                  text=True, capture_output=True, env=environment()).stdout for c in others]
    assert re.search(r"Feedback +1$", outputs[-1], re.M)


def test_defining_a_badge(tmp_path):
    definition, check = blocks("yaml")[0], next(commands(b) for b in blocks("console") if "badged check" in b)[0]
    (tmp_path / "badged.yaml").write_text(definition)
    done = run(*check[1:], cwd=tmp_path)
    assert done.returncode == 0 and "13 badges" in done.stdout


def test_the_answer_shown_has_the_shape_of_an_answer(badged):
    shown = json.loads(next(b for b in blocks("console") if b.startswith("$ curl")).split("\n", 1)[1])
    answer = badged.badges("7b1f0c9e-5a52-4d6e-8f0a-000000000001")
    assert list(shown) == list(answer)
    assert all(list(shown[k]) == list(answer[k]) for k in shown if isinstance(shown[k], dict))


def test_the_stream_shown_begins_as_a_stream_does(badged):
    shown = next(b for b in blocks("console") if "/stream\n" in b).splitlines()[1:]
    with Stream(badged, "7b1f0c9e-5a52-4d6e-8f0a-000000000001") as stream:
        came = [stream.response.readline().decode().rstrip("\n") for _ in range(5)]
    assert [line.partition(": ")[0] for line in shown[:5]] == [line.partition(": ")[0] for line in came]
    assert shown[2] == came[2] == "event: badges"


def test_every_command_of_the_program_that_is_named_exists():
    known = set(re.findall(r"^  (\w+) ", run("help").stdout, re.M))
    named = set(re.findall(r"(?:build/|`)badged (\w+)", README))
    assert named and named <= known
