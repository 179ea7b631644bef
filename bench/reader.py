"""A client of badged that waits for a change, as quickly as Python can."""
import socket
import time

from load import PATH
from machine import Failure


class Reader:
    """A connection to badged that stays open, and asks for one tenant."""

    def __init__(self, server, tenant):
        self.socket = server.connect()
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = f" HTTP/1.1\r\nHost: {server.address}\r\nX-Tenant-Id: {tenant}\r\n\r\n"

    def ask(self, query=""):
        """(status, body) of an answer."""
        self.socket.sendall(f"GET {PATH}{query}{self.rest}".encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.receive()
        head, _, body = answer.partition(b"\r\n\r\n")
        length = int(head.lower().split(b"\r\ncontent-length:")[1].split(b"\r\n")[0])
        while len(body) < length:
            body += self.receive()
        return int(head.split(b" ")[1]), body

    def receive(self):
        some = self.socket.recv(65536)
        if not some:
            raise Failure("badged closed the connection")
        return some

    def until_another(self, body, limit_s, every_s=0.0):
        """Ask, without a pause or every so many seconds, until the answer is no longer this one, and return that."""
        end = time.monotonic() + limit_s
        while True:
            status, now = self.ask()
            if status != 200:
                raise Failure(f"badged answered {status}: {now[:500]}")
            if now != body:
                return now
            if time.monotonic() > end:
                raise Failure(f"badged has not got a commit after {limit_s} s")
            if every_s:
                time.sleep(every_s)

    def can_wait(self):
        """Whether it knows ?after=, of which it refuses nonsense."""
        return self.ask("?after=nonsense")[0] == 400
