"""A server of event streams that a test leads by the hand, for what a real badged does seldom or never.

    with StreamServer() as server:
        request = server.accept()             # the next connection, its request read
        request.head(200, "text/event-stream")
        request.send("data: x\\n\\n")
        request.close()
"""
import select
import socket

from badged import DEADLINE_S


class Request:
    """One connection, and the request that came on it. An answer has no length, so that it ends with the connection."""

    def __init__(self, connection):
        self.connection = connection
        connection.settimeout(DEADLINE_S)
        head = b""
        while b"\r\n\r\n" not in head:
            more = connection.recv(4096)
            assert more, f"a request that ended in {head!r}"
            head += more
        first, *fields = head.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
        self.method, self.target, _ = first.split(" ")
        self.headers = {name.lower(): value.strip() for name, _, value in (f.partition(":") for f in fields)}

    def head(self, status, kind, *fields):
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Type: {kind}", "Connection: close", *fields]
        self.send("\r\n".join(lines) + "\r\n\r\n")

    def stream(self, *texts, retry_ms=100):
        """The head of an event stream, and what follows."""
        self.head(200, "text/event-stream")
        self.send(f"retry: {retry_ms}\n\n" + "".join(texts))

    def send(self, text):
        self.connection.sendall(text if isinstance(text, bytes) else text.encode())

    def close(self):
        self.connection.close()

    def is_closed(self):
        """Whether the client has closed its side."""
        return bool(select.select([self.connection], [], [], 0)[0]) and self.connection.recv(1) == b""


class StreamServer:
    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.requests = []

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        for request in self.requests:
            request.close()
        self.listener.close()

    def accept(self, deadline_s=DEADLINE_S):
        """The next request."""
        self.listener.settimeout(deadline_s)
        self.requests.append(Request(self.listener.accept()[0]))
        return self.requests[-1]

    def is_asked(self):
        """Whether somebody connected who was not accepted yet."""
        return bool(select.select([self.listener], [], [], 0)[0])
