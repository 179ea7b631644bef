"""The servers that are measured, each on the core for servers: started, ready, and asked for single answers."""
import http.client
import os
import pathlib
import re
import shutil
import socket

from load import PATH
from machine import ROOT, SERVER_CORE, Failure, free_port, run

FIRST_LOAD_S = 900
# What each server says in its own way of itself, of the connection and of the body.
OWN_HEADERS = {"date", "connection", "keep-alive", "server", "content-length", "content-type"}


def tenant_id(number):
    """As bench/rows.sql numbers them, from 1."""
    return f"00000000-0000-4000-8000-{number:012x}"


class Server:
    """Where to ask, and the programs that work on an answer: the one that is asked, and those that it asks."""

    def __init__(self, name, program, url, others=()):
        self.name, self.program, self.url = name, program, url
        self.programs = [program, *others]
        self.address = url.partition("//")[2]

    def ask(self, tenants):
        """The answers to the tenants with these numbers, as (headers, body)."""
        connection = http.client.HTTPConnection(self.address, timeout=30)
        try:
            for number in tenants:
                connection.request("GET", PATH, headers={"X-Tenant-Id": tenant_id(number)})
                response = connection.getresponse()
                body = response.read()
                if response.status != 200:
                    raise Failure(f"{self.name} answered {response.status}: {body[:500]}")
                yield response.getheaders(), body
        finally:
            connection.close()

    def connect(self):
        host, _, port = self.address.partition(":")
        return socket.create_connection((host, int(port)), timeout=60)

    def answer_bytes(self):
        """The length of a whole answer, head and body."""
        body = next(self.ask([1]))[1]
        with self.connect() as s:
            s.sendall(request_bytes(self, 1))
            answer = b""
            while not answer.endswith(body):
                answer += s.recv(65536)
        return len(answer)


def request_bytes(server, number):
    """A request as wrk sends it."""
    return f"GET {PATH} HTTP/1.1\r\nHost: {server.address}\r\nX-Tenant-Id: {tenant_id(number)}\r\n\r\n".encode()


def badged_program():
    """The program that BADGED names, else the one that script/bench has built."""
    return pathlib.Path(os.environ.get("BADGED", ROOT / "build" / "badged")).resolve()


def serve_badged(lab, database, name="badged", under=(), core=SERVER_CORE):
    """badged with one thread for requests, once it has loaded the database: a file, or a text that names one. core:
    those it runs on, or None for every one."""
    where = f"sqlite:{database}" if isinstance(database, pathlib.Path) else database
    program = lab.start("badged", [*under, badged_program(), "serve", "--auth", "none", "--threads", "1", "--database",
                                   where, "--listen", "127.0.0.1:0"], core=core, cwd=lab.folder)
    url = program.until(lambda: re.search(r"http://[\d.]+:\d+", program.printed()), "it printed its address")[0]
    server = Server(name, program, url)

    def is_ready():
        connection = http.client.HTTPConnection(server.address, timeout=60)
        connection.request("GET", "/readyz")
        status = connection.getresponse().status
        connection.close()
        return status == 200

    program.until(is_ready, "it had loaded the rows", FIRST_LOAD_S)
    return server


def live_rows(badged):
    """As badged says when it has loaded them."""
    found = re.search(r"(\d+) rows counted for \d+ tenants", badged.program.printed())
    if not found:
        raise Failure(f"badged does not say how many rows are live:\n{badged.program.printed()[-2000:]}")
    return int(found[1])


def serve_nginx(lab, twin, under=(), is_whole=True):
    """nginx answering with what `twin` answers to the first tenant. is_whole: a master and one worker, as it is run;
    otherwise one process, which is easier to look into."""
    headers, body = next(twin.ask([1]))
    kept = [(name, value) for name, value in headers if name.lower() not in OWN_HEADERS]
    port = free_port()
    folder = lab.folder / f"nginx.{port}"
    folder.mkdir()
    text = (ROOT / "bench" / "nginx.conf").read_text()
    for word, value in {"MASTER": "on" if is_whole else "off", "FOLDER": folder, "PORT": port,
                        "TYPE": dict(headers)["Content-Type"], "BODY": body.decode(),
                        "HEADERS": "\n".join(f"            add_header {n} '{v}';" for n, v in kept)}.items():
        text = text.replace(f"@{word}@", str(value))
    (folder / "nginx.conf").write_text(text)
    path = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or "nginx"
    program = lab.start("nginx", [*under, path, "-c", folder / "nginx.conf"], core=SERVER_CORE)
    server = Server("nginx", program, f"http://127.0.0.1:{port}")

    def answer():
        try:
            return next(server.ask([1]))
        except ConnectionRefusedError:
            return None

    its_headers, its_body = program.until(answer, "it answered")
    missing = set(kept) - set(its_headers)
    if its_body != body or missing:
        raise Failure(f"nginx does not answer with badged's bytes, but {its_body[:200]}, and without {missing}")
    return server


def postgres_programs():
    """The folder of the newest Postgres, whose programs Debian keeps out of PATH."""
    found = [(int(p.parent.name), p) for p in pathlib.Path("/usr/lib/postgresql").glob("[0-9]*/bin")
             if (p / "initdb").exists()]
    if found:
        return max(found)[1]
    raise Failure("Postgres is not there: script/setup bench installs it")


def start_postgres(lab, settings=None):
    """(folder of its socket, program): a new cluster, with its settings as they come, or these, on no port and every
    core."""
    programs = postgres_programs()
    folder = lab.folder / "postgres"
    folder.mkdir()
    options = {}
    if os.geteuid() == 0:  # which Postgres refuses to run as
        options = {"user": "postgres", "group": "postgres", "extra_groups": []}
        shutil.chown(folder, "postgres", "postgres")
    run([programs / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"],
        timeout=120, cwd=folder, **options)
    chosen = {"listen_addresses": "", **(settings or {})}
    program = lab.start("postgres", [programs / "postgres", "-D", folder / "data", "-k", folder,
                                     *(f"--{name}={value}" for name, value in chosen.items())], cwd=folder, **options)
    program.until(lambda: "ready to accept connections" in program.printed(), "it took connections")
    return folder, program


def serve_node(lab, name, kind, place, others=()):
    """bench/node/server.mjs, on one core."""
    program = lab.start("node", ["node", ROOT / "bench" / "node" / "server.mjs", kind, place], core=SERVER_CORE,
                        env={**os.environ, "NODE_ENV": "production"})
    url = program.until(lambda: re.search(r"http://[\d.]+:\d+", program.printed()), "it printed its address")[0]
    return Server(name, program, url, others)
