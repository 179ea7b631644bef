"""The example for Next.js in web/examples/next, built and run before the real program. Runs with --long only."""
import http.client
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "test" / "system"))
from badged import Badged, eventually  # noqa: E402

TENANT = "0b9dd3c2-6e0c-4a9c-9f6c-000000000001"


def node(cwd, *command, **env):
    done = subprocess.run(command, cwd=cwd, text=True, capture_output=True,
                          env={**os.environ, "NEXT_TELEMETRY_DISABLED": "1", **env}, timeout=900)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
    return done.stdout


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers={"Cookie": f"tenant={TENANT}", "X-Tenant-Id": TENANT})
    return connection.getresponse()


@pytest.mark.timeout(1200)
def test_a_page_of_next_comes_with_its_numbers_and_passes_the_stream_on(tmp_path):
    client = tmp_path / "client"
    shutil.copytree(ROOT / "web" / "client", client, ignore=shutil.ignore_patterns("node_modules", "types"))
    os.symlink(ROOT / "web" / "node_modules", tmp_path / "node_modules")
    node(client, ROOT / "web" / "node_modules" / ".bin" / "tsc", "-p", "tsconfig.types.json")
    packed = re.search(r"\S+\.tgz", node(client, "npm", "pack", "--ignore-scripts"))[0]
    os.unlink(tmp_path / "node_modules")
    example = tmp_path / "next"
    shutil.copytree(ROOT / "web" / "examples" / "next", example)
    node(example, "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", client / packed)

    with Badged.serve(f"sqlite:{tmp_path / 'badged.db'}") as badged:
        subprocess.run(["sqlite3", "-cmd", ".timeout 5000", str(tmp_path / "badged.db"),
                        f"INSERT INTO tenants (id, name, slug) VALUES ('{TENANT}', 'T', 't');"
                        f"INSERT INTO feedback (tenant_id, type, priority, title)"
                        f" VALUES ('{TENANT}', 'bug', 'urgent', 'x')"], check=True)
        node(example, "npx", "next", "build", BADGED_URL=badged.url)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with subprocess.Popen([example / "node_modules" / ".bin" / "next", "start", "-p", str(port)], cwd=example,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              start_new_session=True, env={**os.environ, "BADGED_URL": badged.url}) as server:
            try:
                def page():
                    try:
                        return "Feedback, 1 open" in re.sub(r"<!-- -->", "", get(port, "/").read().decode())
                    except OSError:
                        return False
                eventually(page)
                stream = get(port, "/api/sidebar/badges/stream")
                assert stream.headers["Content-Type"].startswith("text/event-stream")
                text = ""
                while "event: badges" not in text:
                    text += stream.readline().decode()
            finally:
                os.killpg(server.pid, signal.SIGKILL)  # it would wait for the stream to end
