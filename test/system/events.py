"""A client of the event stream, as strict as a browser: server-sent events over HTTP/1.1.

    with Stream(badged, TENANT) as stream:
        assert stream.next("badges").json()["feedback"] == 0

Whatever else comes than what is asked for fails the test, but comments and `retry`, which are counted and kept.
"""
import http.client
import json
import re

from badged import DEADLINE_S
from following import lsn

PATH = "/api/sidebar/badges/stream"


class Event:
    def __init__(self, kind, data, id):
        self.kind, self.data, self.id = kind, data, id

    def json(self):
        return json.loads(self.data)

    def as_of(self):
        timeline, high, low = re.fullmatch(r"(\d+)-([0-9A-F]+)/([0-9A-F]+)", self.id).groups()
        return int(timeline), lsn(f"{high}/{low}")

    def __repr__(self):
        return f"<{self.kind} {self.id} {self.data[:200]}>"


class Stream:
    """An open stream. `retries` and `comments` have come so far; `last` is the as-of of its last counts."""

    def __init__(self, server, tenant, headers=None):
        self.connection = http.client.HTTPConnection(server.host, server.port, timeout=DEADLINE_S)
        self.connection.request("GET", PATH, headers={"X-Tenant-Id": str(tenant), **(headers or {})})
        self.socket = self.connection.sock
        self.response = self.connection.getresponse()
        self.status, self.headers = self.response.status, self.response.headers
        self.retries, self.comments, self.last = [], 0, (0, 0)

    def __enter__(self):
        assert self.status == 200, self.response.read()
        assert self.headers["Content-Type"] == "text/event-stream"
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.response.close()
        self.connection.close()

    def events(self):
        """Each event, until the stream ends, which it may do between two only."""
        fields = {}
        for line in iter(self.response.readline, b""):
            assert line.endswith(b"\n"), f"the stream ends within {line}"
            name, _, value = line[:-1].decode().partition(":")
            if line == b"\n" and fields:
                event = Event(fields.get("event"), fields.get("data"), fields.get("id"))
                fields = {}
                if event.kind is None:
                    continue
                if event.kind == "badges":
                    assert event.as_of() >= self.last, f"{event} after {self.last}"
                    self.last = event.as_of()
                yield event
            elif line == b":\n":
                self.comments += 1
            elif line != b"\n":
                fields[name] = value.removeprefix(" ")
                if name == "retry":
                    self.retries.append(int(value))
        assert not fields, f"the stream ends within an event: {fields}"

    def next(self, kind):
        """The next event, which must be of that kind."""
        event = next(self.events(), None)
        assert event is not None and event.kind == kind, f"{event} is no {kind}"
        return event

    def until(self, condition):
        """The first badges for which condition(their JSON) is true, other badges being passed over."""
        while True:
            event = self.next("badges")
            if condition(event.json()):
                return event
